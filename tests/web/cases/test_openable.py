"""Which referrals an account may open, as a condition on rows: the same answer as access gives for each one."""

import pytest

from palermo.domain.access import Act, may
from palermo.domain.support import Stage
from palermo.web import clock
from palermo.web.cases import actions, queries
from palermo.web.cases.models import SupportRequest
from palermo.web.intake.models import Referral
from web.cases.casebook import OF_A_BOROUGH, OF_PALADIN, OF_SCD9, a_referral, accepted, escalated, seen

pytestmark = pytest.mark.django_db


def support_asked(referral, to, stage):
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


@pytest.fixture
def referrals(accounts):
    """Referrals in every custody that access tells apart, each restricted and not."""
    partner, borough = accounts["partner"], accounts["borough"]
    for restricted in (False, True):
        other = {"restricted": restricted}
        for facts in (OF_A_BOROUGH, {**OF_A_BOROUGH, "borough": "Hackney"}, OF_SCD9, OF_PALADIN):
            a_referral(facts, by=partner, **other)
        a_referral({**OF_A_BOROUGH, "borough": None}, by=partner, **other)
        escalated(accounts["borough-supervisor"], **other)
        allocated = a_referral(OF_SCD9, by=partner, **other)
        actions.accept(accounts["supervisor"], allocated.reference, seen(allocated))
        actions.allocate(
            accounts["supervisor"], allocated.reference, seen(allocated), accounts["officer"].pk, "she knows it"
        )
        for stage in Stage:
            support_asked(a_referral(by=partner, **other), "SCD5-PALADIN", stage)
    named = a_referral(OF_PALADIN, by=partner, restricted=True)
    actions.name_person(
        accounts["paladin-supervisor"], named.reference, seen(named), accounts["officer"].pk, "she translates"
    )
    back = accepted(borough)
    actions.hand_back(borough, back.reference, seen(back), "not ours")


@pytest.mark.parametrize(
    "who",
    [
        *("borough", "borough-supervisor", "officer", "supervisor", "paladin", "paladin-supervisor"),
        *("commander", "auditor", "analyst", "administrator", "partner"),
    ],
)
@pytest.mark.usefixtures("referrals")
def test_rows_and_access_agree_on_every_referral(accounts, who):
    viewer = accounts[who].viewer
    works = queries.works(Referral.objects.values_list("pk", flat=True))

    open_to = {key for key, work in works.items() if may(viewer, Act.SEE, work.custody)}

    assert set(queries.openable(viewer).values_list("referral", flat=True)) == open_to
    assert len(works) == 30


@pytest.mark.usefixtures("referrals")
def test_each_account_at_work_may_open_some_and_not_others(accounts):
    for who in ("borough", "borough-supervisor", "officer", "supervisor", "paladin", "paladin-supervisor", "commander"):
        assert 0 < queries.openable(accounts[who].viewer).count() < Referral.objects.count()
