"""Requests for support as short calls: what is asked, and brought to each stage."""

from palermo.domain.support import Stage
from palermo.web.accounts.models import User
from palermo.web.cases.models import SupportRequest
from palermo.web.intake.models import Referral
from palermo.web.support import actions
from web.cases.casebook import OF_PALADIN, a_referral

HELP = "operational_support"
"""What SCD9 can be asked for, by Paladin and by boroughs."""


def of_paladin(accounts: dict[str, User], **other: object) -> Referral:
    """A child's referral, which Operation Paladin owns."""
    return a_referral(OF_PALADIN, by=accounts["partner"], **other)


def asked(accounts: dict[str, User], referral: Referral, resource: str = HELP, unit: str = "SCD9") -> SupportRequest:
    """A request of Operation Paladin's, as its supervisor makes it."""
    actions.ask(accounts["paladin-supervisor"], referral.reference, resource, unit, "Two officers to watch the address")
    return SupportRequest.objects.get(referral=referral, resource=resource, to_unit=unit, stage=Stage.ASKED)


def taken_to(stage: Stage, accounts: dict[str, User], referral: Referral) -> SupportRequest:
    """A request that stands at that stage."""
    request = asked(accounts, referral)
    ours, theirs, one = accounts["paladin-supervisor"], accounts["supervisor"], (referral.reference, request.pk)
    if stage is Stage.WITHDRAWN:
        actions.withdraw(ours, *one, "The child was found elsewhere")
    elif stage in (Stage.GIVEN, Stage.ENDED):
        actions.accept(theirs, *one, "Detective sergeant, vice", "From Monday")
    elif stage in (Stage.REFUSED, Stage.DISPUTED, Stage.DECLINED):
        actions.refuse(theirs, *one, "Nobody is free this week")
    if stage is Stage.ENDED:
        actions.end(theirs, *one, "The address was watched; nobody came")
    if stage in (Stage.DISPUTED, Stage.DECLINED):
        actions.dispute(ours, *one, "The child is at risk now")
    if stage is Stage.DECLINED:
        actions.settle(accounts["commander"], *one, given=False, reason="Another operation comes first")
    request.refresh_from_db()
    return request
