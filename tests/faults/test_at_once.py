"""Eight officers at one case, for as long as it takes; and a clock that is set back a day."""

from datetime import timedelta
from random import Random
from threading import Barrier, Thread

import pytest
from django.db import connections

from palermo.web import clock, policy
from palermo.web.audit.actions import seal
from palermo.web.audit.models import Entry
from palermo.web.audit.verifying import verify
from palermo.web.cases import actions
from palermo.web.intake.models import Clock, FactVersion, Ownership
from web.cases.casebook import accepted, case_of, escalated, owner_of, seen

pytestmark = pytest.mark.django_db(transaction=True)

OFFICERS, EDITS = 8, 12
VALUES = ("borough", "cross_borough", "national", "international", "unknown")


@pytest.fixture(autouse=True)
def key_of_its_own(settings, tmp_path):
    settings.LEDGER_KEY = tmp_path / "ledger-key"


def test_of_eight_officers_at_one_case_nobody_loses_an_edit(accounts):
    """Each reads, corrects, and where another was first reads again: 96 edits, each on what was there before it."""
    referral = accepted(accounts["borough"])
    before = case_of(referral).version
    gate, made, overtaken = Barrier(OFFICERS), [], []
    policy.pack()

    def work(officer: int) -> None:
        choose = Random(officer)
        gate.wait()
        try:
            for edit in range(EDITS):
                reason = f"officer {officer}, edit {edit}"
                while True:
                    then, value = seen(referral), choose.choice(VALUES)
                    try:
                        actions.correct(accounts["borough"], referral.reference, then, "reach", value, reason)
                    except actions.Overtaken:
                        overtaken.append(reason)
                    except actions.Refused:
                        # it says so already; another value, then
                        continue
                    else:
                        made.append((reason, value))
                        break
        finally:
            connections.close_all()

    threads = [Thread(target=work, args=(officer,)) for officer in range(OFFICERS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert len(made) == OFFICERS * EDITS
    kept = list(FactVersion.objects.filter(referral=referral, version__gt=1).order_by("version"))
    assert sorted((one.reason, one.facts["reach"]) for one in kept) == sorted(made)
    assert [one.version for one in kept] == list(range(2, OFFICERS * EDITS + 2))
    assert case_of(referral).version == before + OFFICERS * EDITS
    assert overtaken
    print(f"\n{len(made)} edits kept, {len(overtaken)} times another was first and the officer was told")


def test_a_clock_set_back_a_day_leaves_the_ledger_the_owners_and_the_deadlines_in_order(accounts):
    today = clock.now()
    with clock.standing_at(today):
        referral = escalated(accounts["borough"])
        seal()
    with clock.standing_at(today - timedelta(days=1)):
        actions.accept_offer(accounts["officer"], referral.reference, seen(referral))
        later = accepted(accounts["borough"])
        seal()

    entries = list(Entry.objects.order_by("id"))
    # the site's clock went back, as each entry says, and the ledger goes by neither clock
    assert entries[-1].at < entries[0].at
    assert [one.recorded_at for one in entries] == sorted(one.recorded_at for one in entries)
    assert (verify().faults, verify().unsealed) == ([], 0)
    assert owner_of(referral) == ("SCD9", "")
    first, second = Ownership.objects.filter(referral=referral).order_by("id")
    assert first.period.lower < first.period.upper == second.period.lower
    assert all(one.due_at >= one.started_at for one in Clock.objects.all())
    assert later.received_at < referral.received_at
