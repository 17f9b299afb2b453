"""The demonstration's referrals: as if a year of work lay behind them."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from palermo.web import clock, policy
from palermo.web.accounts.models import User
from palermo.web.audit.models import Entry
from palermo.web.cases.models import Case, Offer
from palermo.web.commands.samples import hand_over_on, receive_samples
from palermo.web.intake.actions import Submission, receive_referral
from palermo.web.intake.models import Clock, Event, FactVersion, Ownership, Referral, RouteDecision

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

    def test_nobody_owns_anything_who_is_not_there_any_more(self):
        here = policy.pack().units.on(timezone.localdate(PRESENT))
        owners = set(Ownership.objects.filter(period__endswith__isnull=True).values_list("unit", flat=True))
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
        assert old.filter(state="allocated").count() > old.count() / 2

    def test_a_few_clocks_have_run_out_and_the_rest_of_the_old_ones_were_stopped(self):
        running = Clock.objects.filter(met_at__isnull=True)
        assert 0 < running.filter(due_at__lt=PRESENT).count() < MANY / 5
        assert not running.filter(started_at__lt=PRESENT - timedelta(days=90)).exists()

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
        assert handed.count() > MANY / 4
        for ownership in handed.select_related("decision__fact_version", "referral"):
            assert ownership.decision.day == CHANGE
            assert ownership.decision.fact_version.reason == "changeover: the remit of 1 April 2010"
            assert ownership.decision.owner == ownership.unit
            subject = f"referral:{ownership.referral.reference}"
            assert Entry.objects.filter(subject=subject, action="referral_handed_over").count() == 1

    def test_posts_of_other_units_cannot_sign_in(self):
        made = User.objects.filter(username__startswith="post-")
        assert made.exists()
        assert not any(user.is_active or user.has_usable_password() for user in made)


def received(accounts, **facts):
    submission = Submission(
        key=str(facts),
        channel="sample",
        received_at=datetime(2010, 3, 30, 9, 0, tzinfo=LONDON),
        referring_body="Harbour Project",
        facts=facts,
    )
    return receive_referral(submission, accounts["partner"]).referral


def test_a_changeover_moves_what_the_new_remit_gives_to_another_unit_and_nothing_else(accounts):
    moving = received(accounts, age="adult", exploitation="sexual", organised="yes", reach="borough")
    staying = received(accounts, age="child", exploitation="sexual")
    assert hand_over_on(CHANGE, [moving.reference, staying.reference]) == (moving.reference,)
    units = list(moving.ownerships.order_by("period").values_list("unit", flat=True))
    assert units == ["CO14", "SCD9"]
    assert staying.ownerships.get().unit == "SCD5-PALADIN"
    assert moving.ownerships.get(unit="SCD9").period.lower == datetime(2010, 4, 1, tzinfo=LONDON)
    assert Clock.objects.filter(referral=moving, met_at__isnull=True).count() == 3


def test_a_changeover_leaves_the_first_decision_as_it_was_and_is_not_made_twice(accounts):
    moving = received(accounts, age="adult", exploitation="sexual", organised="yes", reach="borough")
    first = RouteDecision.objects.get(fact_version__referral=moving)
    hand_over_on(CHANGE, [moving.reference])
    assert hand_over_on(CHANGE, [moving.reference]) == ()
    versions = FactVersion.objects.filter(referral=moving).order_by("version")
    assert [version.version for version in versions] == [1, 2]
    assert versions[0].facts == versions[1].facts
    assert RouteDecision.objects.get(pk=first.pk).owner == "CO14"


def test_an_offer_to_a_unit_that_is_gone_is_withdrawn_at_the_changeover(accounts):
    from palermo.web.cases import actions

    referral = received(
        accounts,
        age="adult",
        exploitation="labour",
        organised="no",
        reach="borough",
        victims="one",
        borough="Newham",
    )
    with clock.standing_at(datetime(2010, 3, 31, 9, 0, tzinfo=LONDON)):
        actions.escalate(accounts["borough"], referral.reference, actions.Seen(1, 0), "Too much for us.")
    assert Offer.objects.get(referral=referral).to_unit == "HTT"
    assert hand_over_on(CHANGE, [referral.reference]) == (referral.reference,)
    assert Offer.objects.get(referral=referral).answer == "withdrawn"
    assert Case.objects.get(referral=referral).state == "received"
    assert referral.ownerships.get().unit == "TP"
    assert FactVersion.objects.filter(referral=referral).latest("version").facts["escalation"] == "none"
    assert not Clock.objects.filter(referral=referral, clock="escalation_answer", met_at__isnull=True).exists()


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
