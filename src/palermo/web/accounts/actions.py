"""Making accounts, and noting what locks one out: every write of this stage."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from palermo.domain.access import Role
from palermo.web.accounts.models import User
from palermo.web.audit.actions import record
from palermo.web.audit.actors import Actor, Command
from palermo.web.audit.models import Duty


class AccountRefused(ValueError):
    """No account is made; the text says why, one reason a line."""


def make_account(
    username: str,
    password: str,
    *,
    post: str,
    role: Role,
    unit: str,
    borough: str,
    body: str,
    email: str = "",
    by: Actor,
) -> User:
    """Make an account for a post. Raises AccountRefused with every reason there is."""
    faults = []
    if User.objects.filter(username=username).exists():
        faults.append(f"there is an account {username!r} already. Choose another sign-in name")
    if role is Role.PARTNER and (unit or not body):
        faults.append("a partner has a referring body and no unit. Give --body, and leave --unit out")
    if role is not Role.PARTNER and body:
        faults.append("only a partner has a referring body. Leave --body out")
    if role in (Role.OFFICER, Role.SUPERVISOR) and not unit:
        faults.append(f"{role.words.lower()}s work for a unit. Give --unit")
    faults += faults_of_address(email)
    try:
        validate_password(password)
    except ValidationError as reason:
        faults += reason.messages
    if faults:
        raise AccountRefused("\n".join(faults))
    with transaction.atomic():
        made = User.objects.create_user(
            username=username,
            password=password,
            post=post,
            role=role,
            unit=unit,
            borough=borough,
            body=body,
            email=email,
        )
        record(by, Duty.ACCESS, "account_made", f"account:{made.pk}", role=role, unit=unit)
    return made


def change_address(username: str, email: str, *, by: Actor) -> User:
    """Let notices for an account go to that address from now on; empty: nowhere. Raises AccountRefused."""
    if faults := faults_of_address(email):
        raise AccountRefused("\n".join(faults))
    with transaction.atomic():
        user = User.objects.select_for_update().filter(username=username).first()
        if user is None:
            raise AccountRefused(f"there is no account {username!r}")
        user.email = email
        user.save(update_fields=["email"])
        record(by, Duty.ACCESS, "account_address_changed", f"account:{user.pk}")
    return user


def faults_of_address(email: str) -> list[str]:
    try:
        if email:
            validate_email(email)
    except ValidationError:
        return [f"{email!r} is not an e-mail address"]
    return []


def note_lock(sender: object, username: str = "", **about: object) -> None:
    """Note that an account, if it is one, is locked out from somewhere after wrong passwords."""
    there = User.objects.filter(username=username).values_list("pk", flat=True).first()
    with transaction.atomic():
        record(Command("sign-in"), Duty.ACCESS, "locked_out", f"account:{there or 'unknown'}")
