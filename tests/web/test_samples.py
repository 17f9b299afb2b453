"""The demonstration's referrals: as if a year of work lay behind them."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from palermo.web import clock, policy
from palermo.web.accounts.models import User
from palermo.web.audit.models import Entry
from palermo.web.cases.models import Case, Changeover, Closing, Offer, SupportRequest
from palermo.web.commands.samples import receive_samples
from palermo.web.intake.models import Clock, Event, FactVersion, Ownership, Referral, RouteDecision
from palermo.web.support import queries as support
from palermo.web.support.models import SafeguardingContact

LONDON = ZoneInfo("Europe/London")
PRESENT = datetime(2010, 6, 30, 11, 0, tzinfo=LONDON)
MANY = 120
CHANGE = date(2010, 4, 1)


@pytest.fixture(scope="module")
def a_year(django_db_setup, django_db_blocker):
    """A smaller year, loaded once for the tests that only look; undone afterwards."""
    from django.db import transaction

    from palermo.web.accounts.demonstration import make_accounts

    with django_db_blocker.unblock():
        atomic = transaction.atomic()
        atomic.__enter__()
        make_accounts()
        with clock.standing_at(PRESENT):
            receive_samples(MANY)
        yield
        transaction.set_rollback(True)
        atomic.__exit__(None, None, None)


@pytest.mark.usefixtures("a_year")
class TestAYear:
    def test_every_sample_is_received_with_its_own_day(self):
        received = list(Referral.objects.order_by("received_at").values_list("received_at", flat=True))
        assert len(received) == MANY
        assert timezone.localdate(received[0]) < date(2009, 8, 1)
        assert PRESENT - timedelta(days=14) < received[-1] <= PRESENT
        assert set(Referral.objects.values_list("channel", flat=True)) == {"sample"}

    def test_nobody_owns_an_open_case_who_is_not_there_any_more(self):
        here = policy.pack().units.on(timezone.localdate(PRESENT))
        present = Ownership.objects.filter(period__endswith__isnull=True).exclude(referral__case__state="closed")
        owners = set(present.values_list("unit", flat=True))
        assert "SCD9" in owners
        assert all(owner in here for owner in owners)

    def test_nothing_happens_before_its_referral_or_after_the_present(self):
        for event in Event.objects.select_related("referral"):
            assert event.referral.received_at <= event.at <= PRESENT
        assert not Entry.objects.filter(at__gt=PRESENT).exists()

    def test_a_timeline_is_told_in_the_order_of_time(self):
        for referral in Referral.objects.all():
            moments = list(Event.objects.filter(referral=referral).order_by("pk").values_list("at", flat=True))
            assert moments == sorted(moments)

    def test_old_referrals_are_worked_and_a_few_of_the_latest_are_not(self):
        waiting = Case.objects.filter(state="received").select_related("referral")
        assert 0 < waiting.count() < MANY / 5
        assert all(case.referral.received_at > PRESENT - timedelta(days=60) for case in waiting)
        old = Case.objects.filter(referral__received_at__lt=PRESENT - timedelta(days=60))
        assert old.filter(state="closed").count() > old.count() / 4
        assert old.filter(state="investigating").exists()
        assert set(Closing.objects.values_list("outcome", flat=True)) >= {"charge", "no_further_action"}

    def test_the_partner_of_nearly_every_child_was_told_and_units_draw_on_each_other(self):
        auditor = User.objects.get(username="auditor").viewer
        children = RouteDecision.objects.filter(safeguarding_partner__isnull=False)
        untold = support.untold(auditor)
        assert 0 < untold.count() < children.count() / 3
        assert SafeguardingContact.objects.filter(kind="told").exists()
        stages = set(SupportRequest.objects.values_list("stage", flat=True))
        assert {"ended"} < stages
        assert not [one for one in SupportRequest.objects.all() if one.ended_at and one.ended_at > PRESENT]

    def test_a_few_clocks_have_run_out_and_every_open_case_has_its_next_step(self):
        running = Clock.objects.filter(met_at__isnull=True)
        assert 0 < running.filter(due_at__lt=PRESENT).count() < MANY / 5
        assert not running.filter(started_at__lt=PRESENT - timedelta(days=90)).exists()
        open_cases = Case.objects.exclude(state="closed")
        assert set(running.values_list("referral", flat=True)) == set(open_cases.values_list("pk", flat=True))

    def test_some_referrals_are_offered_and_some_are_handed_back(self):
        assert Offer.objects.filter(answer="").exclude(to_unit="").exists()
        assert Case.objects.filter(state="handed_back").exists()

    def test_nobody_with_a_known_date_of_birth_turns_out_to_be_a_child(self):
        turned = FactVersion.objects.filter(version__gt=1, facts__age="child", reason__contains="sixteen")
        for version in turned:
            births = version.referral.potential_victims.values_list("date_of_birth", flat=True)
            assert set(births) == {""}

    def test_the_changeover_stands_in_timeline_decision_and_audit(self):
        handed = Ownership.objects.filter(how="changeover")
        assert handed.count() > MANY / 8
        assert Changeover.objects.get(day=CHANGE).certificate["orphans"] == 0
        for ownership in handed.select_related("decision__fact_version", "referral"):
            assert ownership.decision.day == CHANGE
            words = "changeover: the organisation and the remit of 1 April 2010"
            assert ownership.decision.fact_version.reason == words
            assert ownership.decision.owner == ownership.unit
            subject = f"referral:{ownership.referral.reference}"
            assert Entry.objects.filter(subject=subject, action="referral_handed_over").count() == 1

    def test_posts_of_other_units_cannot_sign_in(self):
        made = User.objects.filter(username__startswith="post-")
        assert made.exists()
        assert not any(user.is_active or user.has_usable_password() for user in made)


def test_the_clock_stands_only_as_long_as_it_is_told_to():
    before = clock.now()
    with clock.standing_at(PRESENT):
        assert clock.now() == PRESENT
    assert clock.now() >= before


def test_a_pack_with_nothing_to_make_referrals_from_loads_none(db, settings, capsys):
    settings.PACK = "uk-nrm"
    receive_samples(5)
    assert not Referral.objects.exists()
    assert "uk-nrm" in capsys.readouterr().err
