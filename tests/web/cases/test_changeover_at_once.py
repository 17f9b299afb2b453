"""Two who run one night in the same moment: one waits for the other, and finds it done."""

from datetime import timedelta

import pytest

from palermo.web import clock
from palermo.web.cases import changeover
from palermo.web.cases.models import Changeover
from palermo.web.intake.models import Ownership
from web.cases.casebook import a_referral
from web.cases.test_at_once import at_once
from web.cases.test_changeover import DAY, MIDNIGHT, OF_CO14

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_second_run_waits_and_finds_nothing_to_do(accounts):
    with clock.standing_at(MIDNIGHT - timedelta(days=2)):
        referral = a_referral(OF_CO14, by=accounts["officer"], received_at=clock.now())

    found = at_once(*[lambda: changeover.run(DAY, accounts["commander"])] * 2)

    assert sorted(outcome.new for outcome in found) == [False, True]
    assert Changeover.objects.count() == 1
    assert Ownership.objects.filter(referral=referral).count() == 2
