"""A referral in every custody that access tells apart."""

from palermo.domain.support import Stage
from palermo.web import clock
from palermo.web.accounts.models import User
from palermo.web.cases import actions
from palermo.web.cases.models import SupportRequest
from palermo.web.intake.models import Referral
from web.cases.casebook import OF_A_BOROUGH, OF_PALADIN, OF_SCD9, a_referral, accepted, escalated, seen


def support_asked(referral: Referral, to: str, stage: Stage) -> None:
    """A request that stands at that stage, with what the database asks of it there."""
    at = clock.now()
    over = stage in (Stage.WITHDRAWN, Stage.ENDED)
    refused = stage in (Stage.REFUSED, Stage.DISPUTED, Stage.DECLINED)
    disputed = stage in (Stage.DISPUTED, Stage.DECLINED)
    SupportRequest.objects.create(
        referral=referral,
        resource="advice",
        from_unit="TP",
        to_unit=to,
        wanted="advice on tactics",
        stage=stage,
        asked_at=at,
        answered_at=None if stage in (Stage.ASKED, Stage.WITHDRAWN) else at,
        answer_reason="nobody is free" if refused else "",
        disputed_at=at if disputed else None,
        dispute_reason="it cannot wait" if disputed else "",
        settled_at=at if stage is Stage.DECLINED else None,
        settled_reason="it can" if stage is Stage.DECLINED else "",
        ended_at=at if over else None,
        result="over" if over else "",
    )


def every_custody(accounts: dict[str, User], **other: object) -> None:
    """Referrals in every custody, each restricted and not, with what else they have."""
    partner, borough = accounts["partner"], accounts["borough"]
    for restricted in (False, True):
        these = {"restricted": restricted, **other}
        for facts in (OF_A_BOROUGH, {**OF_A_BOROUGH, "borough": "Hackney"}, OF_SCD9, OF_PALADIN):
            a_referral(facts, by=partner, **these)
        a_referral({**OF_A_BOROUGH, "borough": None}, by=partner, **these)
        escalated(accounts["borough-supervisor"], **these)
        allocated = a_referral(OF_SCD9, by=partner, **these)
        actions.accept(accounts["supervisor"], allocated.reference, seen(allocated))
        actions.allocate(
            accounts["supervisor"], allocated.reference, seen(allocated), accounts["officer"].pk, "she knows it"
        )
        for stage in Stage:
            support_asked(a_referral(by=partner, **these), "SCD5-PALADIN", stage)
    named = a_referral(OF_PALADIN, by=partner, **{"restricted": True, **other})
    actions.name_person(
        accounts["paladin-supervisor"], named.reference, seen(named), accounts["officer"].pk, "she translates"
    )
    back = accepted(borough, **other)
    actions.hand_back(borough, back.reference, seen(back), "not ours")
