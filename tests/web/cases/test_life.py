"""Any order of moves on a real database: an owner at every moment, one at a time, and a timeline that tells of all."""

import itertools
from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from palermo.domain.casework import ASKING, Move, State, open_moves
from palermo.web import clock
from palermo.web.accounts.models import User
from palermo.web.audit.models import Entry
from palermo.web.cases import actions, queries
from palermo.web.cases.actions import Overtaken, Refused, Seen
from palermo.web.cases.models import Case, ClockPause, Closing, Offer, Suspension
from palermo.web.intake.models import Clock, Event, FactVersion, Ownership
from web.cases.casebook import OF_A_BOROUGH, OF_PALADIN, OF_SCD9, a_referral, seen

PEOPLE = ("borough", "borough-supervisor", "officer", "supervisor", "paladin", "commander")
FACTS = (
    ("age", "adult"),
    ("age", "child"),
    ("victims", "one"),
    ("victims", "multiple"),
    ("organised", "yes"),
    ("organised", "no"),
    ("reach", "borough"),
    ("reach", "national"),
    ("borough", "Newham"),
    ("borough", None),
)
PLACES = (("SCD9", ""), ("TP", "Newham"), ("TP", ""), ("SCD5-PALADIN", ""))


class Life(RuleBasedStateMachine):
    """One referral, and whoever does whatever with it."""

    def __init__(self):
        super().__init__()
        self.users = {user.username: user for user in User.objects.filter(username__in=PEOPLE)}
        self.made = 0
        self.stale: Seen | None = None

    @initialize(facts=st.sampled_from((OF_A_BOROUGH, OF_SCD9, OF_PALADIN, {**OF_A_BOROUGH, "borough": None})))
    def receive(self, facts):
        self.referral = a_referral(facts, by=self.users["borough"], received_at=clock.now() - timedelta(hours=1))

    @rule(who=st.sampled_from(PEOPLE), move=st.sampled_from(Move), data=st.data())
    def somebody_moves(self, who, move, data):
        self.make(self.users[who], move, data, seen(self.referral))

    @rule(data=st.data())
    def somebody_makes_an_open_move(self, data):
        """As above, of what is possible: so that long lives happen."""
        work = queries.work(self.referral.reference)
        able = [
            (user, move)
            for user in self.users.values()
            for move in open_moves(user.viewer, work.custody, work.state)
            if move is not Move.NAME
        ]
        user, move = data.draw(st.sampled_from(able))
        self.make(user, move, data, seen(self.referral))

    @precondition(lambda self: self.stale is not None)
    @rule(who=st.sampled_from(PEOPLE), move=st.sampled_from(Move), data=st.data())
    def somebody_moves_on_an_old_page(self, who, move, data):
        assert not self.make(self.users[who], move, data, self.stale)

    def make(self, user: User, move: Move, data: st.DataObject, before: Seen) -> bool:
        """Make the move if it is allowed; a refusal changes nothing at all."""
        reference = self.referral.reference
        acts = {
            Move.ACCEPT: lambda: actions.accept(user, reference, before),
            Move.TAKE: lambda: actions.take(user, reference, before),
            Move.ALLOCATE: lambda: actions.allocate(user, reference, before, self.users["borough"].pk, ""),
            Move.HAND_BACK: lambda: actions.hand_back(user, reference, before, "not ours"),
            Move.SETTLE: lambda: data.draw(
                st.sampled_from(
                    [
                        lambda: actions.keep_with_owner(user, reference, before, "it stays"),
                        *(
                            lambda place=place: actions.name_another_owner(user, reference, before, place, "theirs")
                            for place in PLACES
                        ),
                    ]
                )
            )(),
            Move.CORRECT: lambda: actions.correct(
                user, reference, before, *data.draw(st.sampled_from(FACTS)), "it was seen"
            ),
            Move.ESCALATE: lambda: actions.escalate(user, reference, before, "beyond us"),
            Move.ANSWER: lambda: data.draw(
                st.sampled_from(
                    [
                        lambda: actions.accept_offer(user, reference, before),
                        lambda: actions.refuse_offer(user, reference, before, "not ours either"),
                    ]
                )
            )(),
            Move.FINISH: lambda: actions.finish(user, reference, before, self.a_clock(data), "done"),
            Move.PLAN: lambda: actions.plan_next(user, reference, before, "a visit", clock.today() + timedelta(days=3)),
            Move.PAUSE: lambda: actions.pause_clock(user, reference, before, self.a_clock(data), "waiting for abroad"),
            Move.RESTART: lambda: actions.restart(user, reference, before, self.a_clock(data), "it came"),
            Move.ASSESS: lambda: actions.assess(
                user,
                reference,
                before,
                elements={"means": data.draw(st.sampled_from([[], ["deception"], ["coercion"]]))},
                risk="medium",
                course="investigate",
                reason="seen",
            ),
            Move.INVESTIGATE: lambda: actions.investigate(user, reference, before, "credible"),
            Move.SUSPEND: lambda: actions.suspend(
                user, reference, before, clock.today() + timedelta(days=9), "the witness is abroad"
            ),
            Move.RESUME: lambda: actions.resume(user, reference, before, "the witness is back"),
            Move.CLOSE: lambda: actions.close(
                user,
                reference,
                before,
                *data.draw(
                    st.sampled_from(
                        [
                            ("charge", "charged"),
                            ("passed_to_another_force", "theirs", "Kent Police"),
                            ("charge", "x", "Y"),
                        ]
                    )
                ),
            ),
            Move.REOPEN: lambda: actions.reopen(user, reference, before, "a new witness"),
            Move.DISPUTE: lambda: actions.dispute(
                user, reference, before, data.draw(st.sampled_from(PLACES)), "it is theirs"
            ),
            Move.ARBITRATE: lambda: actions.arbitrate(
                user, reference, before, data.draw(st.sampled_from(PLACES)), "settled"
            ),
            Move.NAME: lambda: actions.name_person(user, reference, before, user.pk, "needed"),
        }
        now = seen(self.referral)
        try:
            acts[move]()
        except (Refused, Overtaken, actions.NoReferral):
            assert seen(self.referral) == now
            return False
        self.stale = now
        self.made += 1
        return True

    def a_clock(self, data: st.DataObject) -> int:
        running = list(Clock.objects.filter(referral=self.referral, met_at=None).order_by("pk"))
        return data.draw(st.sampled_from(running)).pk if running else 0

    @invariant()
    def owned_without_gap_or_overlap(self):
        owners = list(Ownership.objects.filter(referral=self.referral).order_by("period"))
        assert owners[0].period.lower == self.referral.received_at
        for one, following in itertools.pairwise(owners):
            assert one.period.upper == following.period.lower
        assert owners[-1].period.upper is None
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")

    @invariant()
    def the_state_and_the_offers_agree(self):
        case = Case.objects.get(referral=self.referral)
        offer = Offer.objects.filter(referral=self.referral, answer="").first()
        assert (case.state in ASKING) is (offer is not None)
        assert (case.state == State.HANDED_BACK) is (offer is not None and not offer.to_unit)
        assert (case.state == State.IN_DISPUTE) is (offer is not None and offer.kind == "dispute")
        waiting = Clock.objects.filter(referral=self.referral, clock="escalation_answer", met_at=None).exists()
        assert waiting is (offer is not None and offer.kind == "escalation")

    @invariant()
    def an_open_case_always_has_a_next_step_and_a_closed_one_has_none(self):
        due = Clock.objects.filter(referral=self.referral, met_at=None)
        assert due.exists() is (Case.objects.get(referral=self.referral).state != State.CLOSED)

    @invariant()
    def what_is_closed_or_stands_still_is_kept_with_its_end(self):
        case, of_it = Case.objects.get(referral=self.referral), {"referral": self.referral}
        assert (case.state == State.CLOSED) is Closing.objects.filter(**of_it, reopened_at=None).exists()
        assert (case.state == State.SUSPENDED) is Suspension.objects.filter(**of_it, ended_at=None).exists()
        paused = set(Clock.objects.filter(**of_it, paused_at__isnull=False).values_list("pk", flat=True))
        open_pauses = ClockPause.objects.filter(clock__referral=self.referral, ended_at=None)
        assert paused == set(open_pauses.values_list("clock", flat=True))

    @invariant()
    def the_facts_have_a_decision_each_and_no_number_is_left_out(self):
        versions = list(FactVersion.objects.filter(referral=self.referral).order_by("version"))
        assert [one.version for one in versions] == list(range(1, len(versions) + 1))
        assert all(one.decision for one in versions)

    @invariant()
    def every_move_is_told_and_noted(self):
        events = list(Event.objects.filter(referral=self.referral).order_by("pk"))
        assert [event.at for event in events] == sorted(event.at for event in events)
        noted = Entry.objects.filter(duty="alteration", subject=f"referral:{self.referral.reference}").count()
        assert noted == self.made == Case.objects.get(referral=self.referral).version - 1
        changes = sum(event.kind == "owner_changed" for event in events)
        assert changes == Ownership.objects.filter(referral=self.referral).count() - 1


@pytest.mark.django_db
def test_a_referral_is_always_owned_once_whatever_is_done_with_it(accounts):
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=20,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
