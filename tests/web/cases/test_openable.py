"""Which referrals an account may open, as a condition on rows: the same answer as access gives for each one."""

import pytest

from palermo.domain.access import Act, may
from palermo.web.cases import queries
from palermo.web.intake.models import Referral
from web.cases.custodies import every_custody

pytestmark = pytest.mark.django_db


@pytest.fixture
def referrals(accounts):
    every_custody(accounts)


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
