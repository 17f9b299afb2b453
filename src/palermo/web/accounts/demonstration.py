"""Who may try the demonstration? One account for each kind of work; they exist nowhere else."""

from dataclasses import dataclass

from django.contrib.auth import get_user_model

from palermo.domain.access import Role

# not a secret: it is printed at start-up and on the sign-in page, and opens invented referrals only
PASSWORD = "palermo-demonstration"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Account:
    """One account of the demonstration."""

    username: str
    post: str
    role: Role
    unit: str = ""
    borough: str = ""
    body: str = ""


ACCOUNTS = (
    Account("partner", "Caseworker, Harbour Project (NGO)", Role.PARTNER, body="Harbour Project"),
    Account("borough", "Officer, Newham borough", Role.OFFICER, unit="TP", borough="Newham"),
    Account("borough-supervisor", "Supervisor, Newham borough", Role.SUPERVISOR, unit="TP", borough="Newham"),
    Account("officer", "Officer, SCD9", Role.OFFICER, unit="SCD9"),
    Account("supervisor", "Supervisor, SCD9", Role.SUPERVISOR, unit="SCD9"),
    Account("paladin", "Officer, Operation Paladin", Role.OFFICER, unit="SCD5-PALADIN"),
    Account("paladin-supervisor", "Supervisor, Operation Paladin", Role.SUPERVISOR, unit="SCD5-PALADIN"),
    Account("analyst", "Analyst, SCD9 intelligence", Role.ANALYST, unit="SCD9"),
    Account("commander", "Commander, SCD", Role.COMMANDER, unit="SCD"),
    Account("auditor", "Auditor", Role.AUDITOR),
    Account("administrator", "Administrator", Role.ADMINISTRATOR),
)


def make_accounts() -> None:
    """Make the accounts that are not there yet."""
    users = get_user_model().objects
    there = set(users.values_list("username", flat=True))
    for account in ACCOUNTS:
        if account.username not in there:
            users.create_user(
                username=account.username,
                password=PASSWORD,
                post=account.post,
                role=account.role,
                unit=account.unit,
                borough=account.borough,
                body=account.body,
                email=f"{account.username}@palermo.example",
            )
