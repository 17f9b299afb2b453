"""Accepting, allocating, handing back, correcting, escalating and answering: every write of this stage.

Each is one transaction with its line in the timeline and its audit entry, and goes through `moving`: the referral is
locked, access and the table of moves are asked, and nobody overwrites what they have not seen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from palermo.domain.access import EMERGENCY, Act, Role, is_at, may, may_open_in_emergency
from palermo.domain.casework import OPEN, TAKEN_ON, Move, Outcome, State
from palermo.domain.clocks import RECEIVED, due_after_pause
from palermo.domain.clocks import Clock as StartedClock
from palermo.domain.support import CONCERNED, Stage, pointless
from palermo.packs import Pack
from palermo.web import clock, policy
from palermo.web.accounts.models import User
from palermo.web.audit.actions import record
from palermo.web.audit.models import Duty
from palermo.web.cases import queries
from palermo.web.cases.models import (
    Assessment,
    Case,
    ClockPause,
    Closing,
    EmergencyOpening,
    Named,
    Offer,
    SupportRequest,
    Suspension,
)
from palermo.web.cases.queries import (
    ACCEPTANCE,
    MADE_BY_MOVES,
    NEXT_STEP,
    OFFERED,
    SUSPENSION_REVIEW,
    Place,
    Work,
    place_under,
    stays_at,
)
from palermo.web.intake.actions import announce, decide, keep_facts, pass_ownership, start_clocks, tell
from palermo.web.intake.models import Clock, Event, Ownership, RouteDecision
from palermo.web.layout import day_words, moment_words
from palermo.web.notices.actions import To, notify

ESCALATION_REQUESTED = "escalation_requested"
"""The event that starts the clocks of an offer; they end with its answer."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody had before them when they decided on a move: the case's version and the newest line told of it."""

    version: int
    event: int


DISPUTED = "disputed"
REOPENED = "reopened"
INVESTIGATING = "investigating"
NOTHING_DUE = "nothing_due"
"""The other events with which the pack may start clocks: a dispute, a reopening, an investigation, and that an open
case has nothing due any more."""
FIRST_ASSESSMENT = "first_assessment"
DUTY_TO_INVESTIGATE = "duty_to_investigate"
ARBITRATION = "arbitration"
"""Clocks that a move ends by itself."""


class NoReferral(LookupError):
    """There is no referral of this reference, or none that the account may know of."""


class Refused(Exception):
    """The move is not made, and nothing is changed; the text says why."""

    def __init__(self, because: str):
        super().__init__(because)
        self.because = because


class Overtaken(Exception):
    """Somebody else has moved the referral since this account looked; `since` is what happened."""

    def __init__(self, since: list[Event]):
        super().__init__("; ".join(event.says for event in since))
        self.since = since


@dataclass(frozen=True, slots=True)
class Started:
    """Clocks to be started, in the shape of a decision's."""

    clocks: tuple[StartedClock, ...]


@dataclass
class Hand:
    """One move in the making: who makes it, on what, at which moment."""

    user: User
    work: Work
    pack: Pack
    at: datetime
    detail: dict[str, object] = field(default_factory=dict)
    told: Event | None = None
    """The first line that the move told."""
    owned: Ownership | None = None

    @property
    def case(self) -> Case:
        return self.work.case

    @property
    def state(self) -> State:
        return State(self.case.state)

    @property
    def owner(self) -> Ownership:
        """Who owns it now, whatever this move has done."""
        return self.owned or self.work.owner

    def tell(self, kind: str, says: str, reason: str = "", by_words: str = "") -> Event:
        told = tell(self.case.referral, kind, says, self.user, at=self.at, reason=reason, by_words=by_words)
        self.told = self.told or told
        return told

    def name(self, place: Place) -> str:
        return queries.unit_name(self.pack, *place, timezone.localdate(self.at))

    def clocks_of(self, event: str, unit: str) -> tuple[StartedClock, ...]:
        """The clocks that an event starts now under the pack, for the facts as they are and this owner."""
        day = timezone.localdate(self.at)
        facts = self.pack.read_facts(queries.facts_as_given(self.work.facts, self.pack))
        return self.pack.start_clocks(
            event, facts, unit, on=day, at=timezone.localtime(self.at), holidays=policy.bank_holidays()
        )

    def start(self, clocks: tuple[StartedClock, ...]) -> None:
        start_clocks(self.case.referral, Started(clocks), self.at)

    def end(self, names: set[str], because: str) -> None:
        """End the clocks of these names that run or are paused."""
        for running in Clock.objects.filter(referral=self.case.referral, clock__in=names, met_at__isnull=True):
            if running.paused_at:
                end_pause(running, self.user, self.at, because)
            running.met_at, running.ended_because, running.paused_at = max(self.at, running.started_at), because, None
            running.save(update_fields=["met_at", "ended_because", "paused_at"])

    def end_all(self, because: str) -> None:
        """End every clock that runs or is paused."""
        running = Clock.objects.filter(referral=self.case.referral, met_at__isnull=True)
        self.end(set(running.values_list("clock", flat=True)), because)

    def pause(self, running: Clock, reason: str) -> None:
        """Let a clock stand still."""
        ClockPause.objects.create(clock=running, at=self.at, by=self.user, reason=reason, due_before=running.due_at)
        running.paused_at = self.at
        running.save(update_fields=["paused_at"])

    def restart(self, paused: Clock, reason: str) -> None:
        """Let a clock that stands still run again, with what was left of it."""
        restart_clock(paused, self.user, self.at, reason)

    def pausable(self, running: Clock) -> bool:
        return queries.may_be_paused(running, self.pack, self.at)

    def keep_something_due(self) -> None:
        """An open case always has a next step with a clock: where nothing is due any more, that is to be said."""
        due = Clock.objects.filter(referral=self.case.referral, met_at__isnull=True)
        if self.state in OPEN and not due.exists():
            self.start(self.clocks_of(NOTHING_DUE, self.owner.unit))

    def end_waiting(self, because: str) -> None:
        """End the clocks that wait for the answer to an offer."""
        waiting = Clock.objects.filter(referral=self.case.referral, holder=OFFERED, met_at__isnull=True)
        self.end(set(waiting.values_list("clock", flat=True)), because)

    def decide_again(self, given: dict[str, object], reason: str) -> RouteDecision:
        """Keep a new version of the facts and what the remit of today says to it."""
        facts = self.pack.read_facts(given)
        before = self.work.facts
        version = keep_facts(
            self.case.referral,
            facts,
            before.elements,
            at=self.at,
            by=self.user,
            version=before.version + 1,
            reason=reason,
        )
        decision, decided = decide(version, facts, self.pack)
        self.work = replace(self.work, facts=version)
        self.detail.update(rule=decided.rule, decided=decided.owner, pack=self.pack.version)
        self.tell("decided", decided.explanation, by_words="the remit")
        if decided.safeguarding_partner != before.decision.safeguarding_partner:
            self.partner_is_to_be_told(self.work.place)
        return decision

    def partner_is_to_be_told(self, owner: Place) -> None:
        """There is another safeguarding partner, or another owner: it is told, or told again, by a clock of its own."""
        facts = self.pack.read_facts(queries.facts_as_given(self.work.facts, self.pack))
        decided = self.pack.decide(facts, on=self.work.decision.day)
        if decided.safeguarding_partner is None:
            return
        self.start(tuple(one for one in self.clocks_of(RECEIVED, owner[0]) if one.clock == queries.SAFEGUARDING))
        announce(self.work.facts, decided, owner, self.user, at=self.at)

    def keep_elements(self, elements: dict[str, object], reason: str) -> RouteDecision:
        """Keep the same facts with other elements, and hold them against the definition."""
        facts = self.pack.read_facts(queries.facts_as_given(self.work.facts, self.pack))
        before = self.work.facts
        version = keep_facts(
            self.case.referral,
            facts,
            elements,
            at=self.at,
            by=self.user,
            version=before.version + 1,
            reason=reason,
        )
        # what the remit said stays what it said: only the elements are others
        decision, _ = decide(version, facts, self.pack, on=before.decision.day)
        self.work = replace(self.work, facts=version)
        return decision

    def own(self, place: Place, how: str, decision: RouteDecision) -> None:
        """Pass the referral on."""
        before = self.name(self.work.place)
        self.owned = pass_ownership(self.case.referral, *place, how=how, decision=decision, at=self.at)
        self.detail.update(owner=place[0])
        self.tell("owner_changed", f"{self.name(place)} owns it now; before, {before} did.", by_words="the record")
        self.partner_is_to_be_told(place)
        # what others are asked for stays asked, by the new owner; nobody is asked by itself
        here = self.pack.units.on(timezone.localdate(self.at))
        for one in self.requests():
            if because := pointless(queries.heir(one.to_unit), place[0], here):
                self.end_requests([one], because)

    def requests(self) -> list[SupportRequest]:
        """What other units are asked for and have not refused, or give."""
        found = SupportRequest.objects.filter(referral=self.case.referral, stage__in=CONCERNED)
        return list(found.select_related("answer_clock", "decision_clock").order_by("pk"))

    def end_requests(self, requests: Iterable[SupportRequest], because: str) -> None:
        """Withdraw what is not given yet, end what is, and tell the units concerned."""
        for request in requests:
            self.end({one.clock for one in (request.answer_clock, request.decision_clock) if one}, because)
            request.stage = Stage.ENDED if request.stage == Stage.GIVEN else Stage.WITHDRAWN
            request.ended_at, request.ended_by, request.result = self.at, self.user, because
            request.save(update_fields=["stage", "ended_at", "ended_by", "result"])
            asked = self.name((queries.heir(request.to_unit), ""))
            resource = self.pack.resources.label(request.resource, timezone.localdate(self.at))
            kind = f"support_{request.stage}"
            self.tell(kind, f"{resource} from {asked}: {Stage(request.stage).words}, since {because}.")
            self.tell_asked(request, kind, f"support is not asked of your unit any more: {because}.")
            record(
                self.user,
                Duty.ALTERATION,
                kind,
                f"referral:{self.case.referral.reference}",
                request=request.pk,
                resource=request.resource,
                unit=request.to_unit,
                stage=request.stage,
            )

    def tell_asked(self, request: SupportRequest, kind: str, says: str) -> None:
        """Give notice to the unit that is asked: of a restricted referral, to those of it who may open it."""
        unit, referral = queries.heir(request.to_unit), self.case.referral
        whom = [To(unit=unit, role=Role.SUPERVISOR if referral.restricted else None)]
        if referral.restricted:
            people = User.objects.filter(pk__in=self.work.named, unit=unit, is_active=True).order_by("pk")
            whom += [To(account=person) for person in people]
        for to in whom:
            notify(
                self.user,
                to,
                key=f"support:{request.pk}:{kind}:{to.account.pk if to.account else unit}",
                kind=kind,
                says=f"{referral.reference}: {says}",
                reference=referral.reference,
                at=self.at,
            )

    def offer(self, kind: Offer.Kind, to: Place, reason: str, state_before: str) -> Offer:
        """Ask a unit to take it over; with an empty place, ask whoever settles hand-backs."""
        self.detail.update(offered_to=to[0])
        return Offer.objects.create(
            referral=self.case.referral,
            kind=kind,
            from_unit=self.work.owner.unit,
            from_borough=self.work.owner.borough,
            to_unit=to[0],
            to_borough=to[1],
            decision=self.work.decision,
            reason=reason,
            offered_at=self.at,
            offered_by=self.user,
            state_before=state_before,
        )

    def end_suspension(self, because: str) -> Suspension:
        """Let the work go on, and with it the clocks that were paused for it."""
        found = Suspension.objects.get(referral=self.case.referral, ended_at__isnull=True)
        found.ended_at, found.ended_by, found.ended_because = self.at, self.user, because
        found.save(update_fields=["ended_at", "ended_by", "ended_because"])
        self.end({SUSPENSION_REVIEW}, "taken up again")
        return found

    def close_offer(self, answer: Offer.Answer, reason: str) -> Offer:
        """Answer the open offer."""
        offer = self.work.offer
        if offer is None:
            raise Refused("no offer is open")
        offer.answer, offer.answered_at, offer.answered_by, offer.answer_reason = answer, self.at, self.user, reason
        offer.save(update_fields=["answer", "answered_at", "answered_by", "answer_reason"])
        return offer


@contextmanager
def moving(user: User, reference: str, move: Move, seen: Seen) -> Iterator[Hand]:
    """Lock the referral and let the move be made on it, or say why it cannot be.

    Raises NoReferral, Overtaken where the account has not seen how it stands now, and Refused. Whatever is raised
    inside undoes all of the move.
    """
    with transaction.atomic():
        work = queries.work(reference, lock=True)
        if work is None or not may(user.viewer, Act.SEE, work.custody):
            raise NoReferral(reference)
        if work.case.version != seen.version:
            raise Overtaken(queries.events_since(work.referral, seen.event))
        answer = work.answer(user.viewer, move)
        if not answer:
            raise Refused(answer.because)
        hand = Hand(user, work, policy.pack(), clock.now())
        before = work.state
        yield hand
        if State(hand.case.state) not in move.rule.leads(before):
            raise RuntimeError(f"{move} led from {before} to {hand.case.state}, which the table of moves does not know")
        hand.keep_something_due()
        hand.case.version += 1
        hand.case.save()
        tell_the_borough(hand, move)
        record(
            user,
            Duty.ALTERATION,
            f"referral_{move.name.lower()}",
            f"referral:{reference}",
            version=hand.case.version,
            state=str(hand.case.state),
            **hand.detail,
        )


@contextmanager
def recording(user: User, reference: str, act: Act = Act.RECORD) -> Iterator[Hand]:
    """Let something be added to the record of a referral: a note, a person, a request. It moves nothing.

    Nothing of what others write is overwritten, so what the account has seen does not matter. The caller keeps what is
    added, with its audit entry. Raises NoReferral, and Refused where the account may not do this.
    """
    with transaction.atomic():
        work = queries.work(reference, lock=True)
        if work is None or not may(user.viewer, Act.SEE, work.custody):
            raise NoReferral(reference)
        answer = may(user.viewer, act, work.custody)
        if not answer:
            raise Refused(answer.because)
        hand = Hand(user, work, policy.pack(), clock.now())
        yield hand
        hand.keep_something_due()


def key_of(page: str, content: object) -> str:
    """What makes something the same as another: the page that it was sent from, and all that was on it.

    A second press on the button is the same; something else written on the same page is another.
    """
    return hashlib.sha256(json.dumps([page, content], default=str, sort_keys=True).encode()).hexdigest()


def tell_the_borough(hand: Hand, move: Move) -> None:
    """Tell the borough that sent it what was decided (§11)."""
    if move.rule.told and hand.told:
        tell_who_sent(hand, str(hand.case.version), hand.told.says)


def tell_who_sent(hand: Hand, which: str, says: str) -> None:
    """Tell the borough that sent it of a decision, once for each `which`, unless it was that borough's own.

    Of a restricted referral only the account that sent it is told.
    """
    referral = hand.case.referral
    borough = referral.sent_by_borough
    if not borough or hand.user.borough == borough:
        return
    unit = next(iter(hand.pack.remit.by_borough), "")
    to = To(account=referral.sent_by) if referral.restricted else To(unit=unit, borough=borough)
    notify(
        hand.user,
        to,
        key=f"decided:{referral.reference}:{which}",
        kind="decided",
        says=f"{referral.reference}: {says}",
        reference=referral.reference,
        at=hand.at,
    )


def open_in_emergency(user: User, reference: str, reason: str) -> EmergencyOpening | None:
    """Open a referral that is not open to the account, for a time; its supervisors are told at once.

    None where it is open to the account anyway: then there is nothing to open. Raises NoReferral where there is none,
    which is noted too, and Refused for who never opens referrals.
    """
    answer = may_open_in_emergency(user.viewer)
    if not answer:
        raise Refused(answer.because)
    with transaction.atomic():
        found = queries.work(reference, lock=True)
        if found is None:
            record(user, Duty.CONSULTATION, "emergency_without_referral", f"account:{user.pk}")
        elif may(user.viewer, Act.SEE, found.custody):
            return None
        else:
            return keep_opening(user, found, reason)
    raise NoReferral(reference)


def keep_opening(user: User, found: Work, reason: str) -> EmergencyOpening:
    referral, pack, at = found.referral, policy.pack(), clock.now()
    until = at + EMERGENCY
    to = To(role=Role.COMMANDER)
    told = "the commander"
    if found.supervised:
        to = To(unit=found.owner.unit, borough=found.owner.borough, role=Role.SUPERVISOR)
        told = f"the supervisors of {queries.unit_name(pack, *found.place, timezone.localdate(at))}"
    made = EmergencyOpening.objects.create(referral=referral, user=user, at=at, until=until, reason=reason, told=told)
    says = f"{user.post} opened it in an emergency, until {moment_words(until)}. Told: {told}."
    tell(referral, "emergency", says, user, at=at, reason=reason)
    notify(
        user,
        to,
        key=f"emergency:{made.pk}",
        kind="emergency",
        says=f"{referral.reference}: {user.post} opened it in an emergency, until {moment_words(until)}.",
        reference=referral.reference,
        at=at,
    )
    record(
        user,
        Duty.CONSULTATION,
        "emergency_opening",
        f"referral:{referral.reference}",
        opening=made.pk,
        until=until.isoformat(),
    )
    return made


def accept(user: User, reference: str, seen: Seen) -> Event:
    """The owner says that it has the referral."""
    with moving(user, reference, Move.ACCEPT, seen) as hand:
        hand.case.state = Case.State.ACCEPTED
        hand.case.accepted_at = hand.at
        hand.end({ACCEPTANCE}, "accepted")
        return hand.tell("accepted", f"{hand.name(hand.work.place)} accepted it.")


def take(user: User, reference: str, seen: Seen) -> Event:
    """An officer of the owner takes the referral on."""
    with moving(user, reference, Move.TAKE, seen) as hand:
        return give_to(hand, user, f"{user.post} took it on.", "")


def allocate(user: User, reference: str, seen: Seen, officer: int, reason: str) -> Event:
    """A supervisor gives the referral to somebody of the unit that owns it."""
    with moving(user, reference, Move.ALLOCATE, seen) as hand:
        chosen = queries.working_there(*hand.work.place).filter(pk=officer).first()
        if chosen is None:
            raise Refused(f"that account does not work for {hand.name(hand.work.place)}")
        return give_to(hand, chosen, f"Allocated to {chosen.post}.", reason)


def give_to(hand: Hand, officer: User, says: str, reason: str) -> Event:
    if hand.case.officer_id == officer.pk:
        raise Refused(f"it is with {officer.post} already")
    hand.case.officer = officer
    if hand.case.state != Case.State.INVESTIGATING:
        hand.case.state = Case.State.ALLOCATED
    hand.detail.update(officer=officer.pk)
    return hand.tell("allocated", says, reason)


def name_person(user: User, reference: str, seen: Seen, person: int, reason: str) -> Event:
    """Open a restricted referral to one more account."""
    with moving(user, reference, Move.NAME, seen) as hand:
        chosen = queries.nameable(hand.work).filter(pk=person).first()
        if chosen is None:
            raise Refused("that account cannot be named on it, or is already")
        Named.objects.create(referral=hand.case.referral, user=chosen, by=user, at=hand.at, reason=reason)
        hand.detail.update(named=chosen.pk)
        return hand.tell("named", f"{chosen.post} can open it from now on.", reason)


def finish(user: User, reference: str, seen: Seen, key: int, done: str) -> Event:
    """Stop a clock: what was due is done."""
    with moving(user, reference, Move.FINISH, seen) as hand:
        running = queries.clock_of(hand.case.referral, key)
        if running is None or not queries.stopped_by_hand(running):
            raise Refused(STOPPED)
        hand.detail.update(clock=running.clock)
        return meet(hand, running, done)


def meet(hand: Hand, running: Clock, done: str) -> Event:
    """Stop a clock because what was due is done: on its own page, or by what else was recorded."""
    hand.end({running.clock}, "done")
    late = " It was overdue." if running.due_at < hand.at else ""
    return hand.tell("clock_met", f"Done: {running.label}.{late}", done)


def plan_next(user: User, reference: str, seen: Seen, what: str, due: date) -> Event:
    """Say what is done next, and by when. It takes the place of what was planned before."""
    with moving(user, reference, Move.PLAN, seen) as hand:
        if due < timezone.localdate(hand.at):
            raise Refused("the day is past; name today or a later day")
        hand.end({NEXT_STEP}, "planned anew")
        hand.start((StartedClock(NEXT_STEP, what, hand.at, due, "planned by the officer", "owner", "days"),))
        return hand.tell("planned", f"Next: {what}, by {day_words(due)}.")


# Assessing and investigating


def assess(
    user: User, reference: str, seen: Seen, *, elements: dict[str, object], risk: str, course: str, reason: str
) -> Event:
    """Record what the assessment came to: the elements that are shown now, the risk, and what is to be done.

    The elements are held against the definition again; the facts, and so the owner, stay.
    """
    with moving(user, reference, Move.ASSESS, seen) as hand:
        hand.end({FIRST_ASSESSMENT}, "assessed")
        known = {**hand.work.facts.elements, **elements}
        course_words = Assessment.Course(course).label
        told = hand.tell("assessed", f"Assessed. Risk: {Assessment.Risk(risk).label} Course: {course_words}.", reason)
        decision = hand.work.decision
        if known != hand.work.facts.elements:
            decision = hand.keep_elements(known, reason)
            words = decision.finding_document["explanation"]
            hand.tell("found", words, by_words="the definition")
        Assessment.objects.create(
            referral=hand.case.referral,
            at=hand.at,
            by=user,
            risk=risk,
            course=course,
            decision=decision,
            reason=reason,
        )
        hand.detail.update(risk=risk, course=course, finding=decision.finding)
        if hand.state in (State.ACCEPTED, State.REOPENED):
            hand.case.state = Case.State.ASSESSED
        return told


def investigate(user: User, reference: str, seen: Seen, reason: str) -> Event:
    """Decide that it is investigated: the decision that the duty to investigate asks for (§17)."""
    with moving(user, reference, Move.INVESTIGATE, seen) as hand:
        if hand.case.officer is None:
            raise Refused("nobody has it. Allocate it to an officer first")
        hand.case.state = Case.State.INVESTIGATING
        hand.end({DUTY_TO_INVESTIGATE}, "the investigation has begun")
        hand.start(hand.clocks_of(INVESTIGATING, hand.work.owner.unit))
        return hand.tell("investigating", f"The investigation has begun, with {hand.case.officer.post}.", reason)


# Clocks that stand still


def pause_clock(user: User, reference: str, seen: Seen, key: int, reason: str) -> Event:
    """Let a clock stand still: what it waits for is not in the owner's hands."""
    with moving(user, reference, Move.PAUSE, seen) as hand:
        running = queries.clock_of(hand.case.referral, key)
        if running is None or running.paused_at:
            raise Refused("this clock does not run any more, or is paused already")
        if not hand.pausable(running):
            raise Refused(NOT_PAUSED)
        hand.pause(running, reason)
        hand.detail.update(clock=running.clock)
        return hand.tell("clock_paused", f"Paused: {running.label}.", reason)


def restart(user: User, reference: str, seen: Seen, key: int, reason: str) -> Event:
    """Let a clock run again, with what was left of it."""
    with moving(user, reference, Move.RESTART, seen) as hand:
        paused = queries.clock_of(hand.case.referral, key)
        if paused is None or not paused.paused_at:
            raise Refused("this clock is not paused")
        hand.restart(paused, reason)
        hand.detail.update(clock=paused.clock)
        return hand.tell("clock_restarted", f"Runs again: {paused.label}.", reason)


def restart_clock(paused: Clock, by: User | None, at: datetime, because: str) -> None:
    """Let a clock run again from that moment, and end its pause."""
    pause = end_pause(paused, by, at, because)
    paused.due_at = max(
        paused.due_at,
        due_after_pause(
            paused.counted,
            timezone.localtime(pause.due_before),
            timezone.localtime(pause.at),
            timezone.localtime(pause.ended_at),
            policy.bank_holidays(),
        ),
    )
    paused.paused_at = None
    paused.save(update_fields=["due_at", "paused_at"])


def end_pause(paused: Clock, by: User | None, at: datetime, because: str) -> ClockPause:
    found = ClockPause.objects.get(clock=paused, ended_at__isnull=True)
    found.ended_at, found.ended_by, found.ended_because = max(at, found.at), by, because
    found.save(update_fields=["ended_at", "ended_by", "ended_because"])
    return found


# Suspending, closing and reopening


def suspend(user: User, reference: str, seen: Seen, review_on: date, reason: str) -> Event:
    """Let the work stand still until a day on which it is looked at again; clocks that may be paused are."""
    with moving(user, reference, Move.SUSPEND, seen) as hand:
        if review_on <= timezone.localdate(hand.at):
            raise Refused("the day on which it is looked at again is a later day than today")
        Suspension.objects.create(
            referral=hand.case.referral,
            at=hand.at,
            by=user,
            reason=reason,
            review_on=review_on,
            state_before=hand.case.state,
        )
        hand.case.state = Case.State.SUSPENDED
        running = Clock.objects.filter(referral=hand.case.referral, met_at__isnull=True, paused_at__isnull=True)
        for one in running:
            if hand.pausable(one):
                hand.pause(one, f"suspended: {reason}")
        hand.start(
            (
                StartedClock(
                    SUSPENSION_REVIEW,
                    "Look at the suspension again",
                    hand.at,
                    review_on,
                    "set with the suspension",
                    "supervisor",
                    "days",
                ),
            )
        )
        hand.detail.update(review_on=review_on.isoformat())
        return hand.tell("suspended", f"Suspended. It is looked at again by {day_words(review_on)}.", reason)


def resume(user: User, reference: str, seen: Seen, reason: str) -> Event:
    """Go on with the work, and let the clocks run that were paused for the suspension."""
    with moving(user, reference, Move.RESUME, seen) as hand:
        go_on(hand, reason)
        return hand.tell("resumed", "Taken up again.", reason)


def go_on(hand: Hand, because: str) -> None:
    suspension = hand.end_suspension(because)
    hand.case.state = suspension.state_before
    paused = Clock.objects.filter(
        referral=hand.case.referral, met_at__isnull=True, pauses__at=suspension.at, pauses__ended_at__isnull=True
    )
    for one in paused:
        hand.restart(one, because)


def close(user: User, reference: str, seen: Seen, outcome: str, reason: str, force: str = "") -> Event:
    """Close it with an outcome and the reason. Its clocks end, and so does support that others give."""
    with moving(user, reference, Move.CLOSE, seen) as hand:
        if (outcome == Outcome.PASSED_TO_ANOTHER_FORCE) != bool(force):
            raise Refused("a case that is passed to another force names it, and no other outcome does")
        if hand.state is State.SUSPENDED:
            hand.end_suspension(f"closed: {reason}")
        Closing.objects.create(
            referral=hand.case.referral, at=hand.at, by=user, outcome=outcome, reason=reason, force=force
        )
        words = Outcome(outcome).words
        hand.end_all(f"closed: {words}")
        hand.case.state, hand.case.closed_at = Case.State.CLOSED, hand.at
        hand.detail.update(outcome=outcome)
        told = hand.tell("closed", f"Closed: {words}{f' ({force})' if force else ''}.", reason)
        hand.end_requests(hand.requests(), "the case is closed")
        return told


def reopen(user: User, reference: str, seen: Seen, reason: str) -> Event:
    """Open a closed case again. Where its unit is not there any more, it goes to whom the remit of today names."""
    with moving(user, reference, Move.REOPEN, seen) as hand:
        closing = Closing.objects.get(referral=hand.case.referral, reopened_at__isnull=True)
        closing.reopened_at, closing.reopened_by, closing.reopened_because = hand.at, user, reason
        closing.save(update_fields=["reopened_at", "reopened_by", "reopened_because"])
        hand.case.closed_at = None
        told = hand.tell("reopened", "Reopened.", reason)
        if queries.is_there(hand.pack, hand.work.owner.unit, timezone.localdate(hand.at)):
            hand.case.state = Case.State.REOPENED
            hand.start(hand.clocks_of(REOPENED, hand.work.owner.unit))
            return told
        given = queries.facts_as_given(hand.work.facts, hand.pack)
        decision = hand.decide_again({**given, "escalation": "none"}, f"reopened: {reason}")
        hand.own((decision.owner, decision.owner_borough), Ownership.How.REOPENING, decision)
        hand.case.state, hand.case.officer, hand.case.accepted_at = Case.State.RECEIVED, None, None
        due = hand.clocks_of(RECEIVED, decision.owner)
        hand.start(tuple(one for one in due if one.clock == ACCEPTANCE))
        hand.start(hand.clocks_of(REOPENED, decision.owner))
        return told


# Disputes


def dispute(user: User, reference: str, seen: Seen, with_: Place, reason: str) -> Event:
    """Say that it is disputed whose it is: by its owner or the unit it is offered to. The commander settles it."""
    with moving(user, reference, Move.DISPUTE, seen) as hand:
        owner, offer = hand.work.place, hand.work.offer
        state_before = hand.case.state
        if offer:
            with_ = (offer.to_unit, offer.to_borough)
            state_before = offer.state_before
            hand.close_offer(Offer.Answer.WITHDRAWN, f"in dispute: {reason}")
            hand.end_waiting("in dispute")
        elif with_ == owner or with_ not in queries.known_places(hand.pack, timezone.localdate(hand.at)):
            raise Refused("that is not another unit that can own referrals today")
        hand.offer(Offer.Kind.DISPUTE, with_, reason, rest_state(state_before))
        hand.case.state = Case.State.IN_DISPUTE
        hand.end({ACCEPTANCE}, "in dispute")
        hand.start(hand.clocks_of(DISPUTED, hand.work.owner.unit))
        given = queries.facts_as_given(hand.work.facts, hand.pack)
        if given["escalation"] == "requested":
            hand.decide_again({**given, "escalation": "none"}, f"in dispute: {reason}")
        told = hand.tell(
            "disputed",
            f"In dispute between {hand.name(owner)} and {hand.name(with_)}. {hand.name(owner)} owns it until the "
            "commander has settled it.",
            reason,
        )
        notify(
            user,
            To(role=Role.COMMANDER),
            key=f"dispute:{reference}:{hand.case.version}",
            kind="dispute",
            says=f"{reference} is in dispute between {hand.name(owner)} and {hand.name(with_)}. It is yours to settle.",
            reference=reference,
            at=hand.at,
        )
        return told


def rest_state(state: str) -> str:
    """A dispute ends where nothing is asked: a hand-back that was on its way is not settled a second time."""
    return state if State(state) in (State.RECEIVED, *TAKEN_ON) else State.ACCEPTED.value


def arbitrate(user: User, reference: str, seen: Seen, to: Place, reason: str) -> Event:
    """Settle a dispute: the commander names the owner, and that unit has it from then on."""
    with moving(user, reference, Move.ARBITRATE, seen) as hand:
        owner = hand.work.place
        if to != owner and to not in queries.known_places(hand.pack, timezone.localdate(hand.at)):
            raise Refused("that is not a unit that can own referrals today")
        kept = to == owner
        offer = hand.close_offer(Offer.Answer.REFUSED if kept else Offer.Answer.ACCEPTED, reason)
        hand.end({ARBITRATION}, "settled")
        told = hand.tell("arbitrated", f"The dispute is settled: it is {hand.name(to)}’s.", reason)
        if kept:
            received = offer.state_before == State.RECEIVED
            hand.case.state = Case.State.ACCEPTED if received else offer.state_before
            hand.case.accepted_at = hand.case.accepted_at or hand.at
        else:
            hand.own(to, Ownership.How.ARBITRATION, hand.work.decision)
            hand.case.officer, hand.case.state, hand.case.accepted_at = None, Case.State.ACCEPTED, hand.at
            ever = set(Clock.objects.filter(referral=hand.case.referral).values_list("clock", flat=True))
            hand.start(tuple(one for one in hand.clocks_of(RECEIVED, to[0]) if one.clock not in ever))
        for unit, borough in {owner, to, (offer.to_unit, offer.to_borough)}:
            notify(
                user,
                To(unit=unit, borough=borough, role=Role.SUPERVISOR),
                key=f"arbitrated:{reference}:{hand.case.version}:{unit}:{borough}",
                kind="arbitrated",
                says=f"{reference}: the dispute is settled. It is {hand.name(to)}’s.",
                reference=reference,
                at=hand.at,
            )
        return told


# Handing back


def hand_back(user: User, reference: str, seen: Seen, reason: str) -> Event:
    """The owner asks to be rid of it. It stays the owner's until another unit has accepted it."""
    with moving(user, reference, Move.HAND_BACK, seen) as hand:
        hand.offer(Offer.Kind.HAND_BACK, ("", ""), reason, hand.case.state)
        hand.case.state = Case.State.HANDED_BACK
        hand.end({ACCEPTANCE}, "handed back")
        owner = hand.name(hand.work.place)
        return hand.tell("handed_back", f"{owner} handed it back, and owns it until another unit accepts it.", reason)


def keep_with_owner(user: User, reference: str, seen: Seen, reason: str) -> Event:
    """Settle a hand-back by refusing it: the owner keeps the referral and the work goes on where it was."""
    with moving(user, reference, Move.SETTLE, seen) as hand:
        offer = hand.close_offer(Offer.Answer.REFUSED, reason)
        hand.case.state = offer.state_before
        if offer.state_before == Case.State.RECEIVED:
            # handing back had stopped it
            clocks = hand.clocks_of(RECEIVED, hand.work.owner.unit)
            hand.start(tuple(one for one in clocks if one.clock == ACCEPTANCE))
        owner = hand.name(hand.work.place)
        return hand.tell("hand_back_refused", f"The hand-back was refused: {owner} keeps it.", reason)


def name_another_owner(user: User, reference: str, seen: Seen, to: Place, reason: str) -> Event:
    """Settle a hand-back by asking another unit to take the referral over."""
    with moving(user, reference, Move.SETTLE, seen) as hand:
        if to == hand.work.place or to not in queries.known_places(hand.pack, timezone.localdate(hand.at)):
            raise Refused("that is not another unit that can own referrals today")
        hand.close_offer(Offer.Answer.ACCEPTED, reason)
        hand.offer(Offer.Kind.HAND_BACK, to, reason, Case.State.HANDED_BACK)
        hand.case.state = Case.State.OFFERED
        return hand.tell(
            "offered",
            f"Offered to {hand.name(to)}. {hand.name(hand.work.place)} owns it until that is accepted.",
            reason,
        )


# Facts and escalation


def correct(user: User, reference: str, seen: Seen, name: str, value: str | None, reason: str) -> Event:
    """Correct one fact. The remit of today decides again; where it names another owner, that unit is asked.

    The referral stays with its owner until the other unit accepts. Raises FactsRefused for a value that the pack does
    not know.
    """
    with moving(user, reference, Move.CORRECT, seen) as hand:
        given = queries.facts_as_given(hand.work.facts, hand.pack)
        if name not in given or name in MADE_BY_MOVES:
            raise Refused("this fact is not corrected by hand")
        before, given[name] = given[name], value
        if before == value:
            raise Refused("that is what the record says already; choose another value, or leave the fact as it is")
        now, then = words_of(hand.pack, name, value), words_of(hand.pack, name, before)
        says = f"{title_of(hand.pack, name)}: {now}. Before: {then}."
        to, given = target_of(hand, given)
        hand.detail.update(field=name)
        clocks_before = {one["clock"] for one in hand.work.decision.document["clocks"]}
        hand.tell("corrected", says, reason)
        hand.decide_again(given, reason)
        renew_clocks(hand, clocks_before)
        said = follow(hand, to, reason)
        return hand.tell("remit_answered", said, by_words="the remit")


def title_of(pack: Pack, name: str) -> str:
    return "Borough" if name == "borough" else pack.vocabulary.by_name[name].title


def words_of(pack: Pack, name: str, value: object) -> str:
    if value is None:
        return "not known yet"
    return str(value) if name == "borough" else pack.vocabulary.by_name[name].words(str(value))


def target_of(hand: Hand, given: dict[str, object]) -> tuple[Place, dict[str, object]]:
    """Who would own it under the remit of today, and the facts to keep.

    Where escalation is asked for, that is whoever would own it once that is accepted; where that is the owner itself,
    there is nothing to ask for any more and the facts say so.
    """
    asked = given["escalation"] == "requested"
    day = timezone.localdate(hand.at)
    to = place_under({**given, "escalation": "accepted"} if asked else given, hand.pack, day)
    if asked and stays_at(to, hand.work.place):
        given = {**given, "escalation": "none"}
        to = place_under(given, hand.pack, day)
    return to, given


def follow(hand: Hand, to: Place, reason: str) -> str:
    """Do what the remit's new answer asks for, and say it."""
    owner, offer = hand.work.place, hand.work.offer
    name = hand.name(owner)
    if offer and offer.kind == Offer.Kind.DISPUTE:
        return "It stays in dispute: the commander settles whose it is."
    if offer and offer.to_unit and offer.kind == Offer.Kind.HAND_BACK:
        return f"It stays offered to {hand.name((offer.to_unit, offer.to_borough))}, which has the answer."
    if stays_at(to, owner):
        if offer and offer.kind == Offer.Kind.ESCALATION:
            withdraw(hand, "a fact was corrected, and the remit leaves it with its owner")
            return f"The owner does not change: it stays with {name}. The offer is withdrawn."
        return f"The owner does not change: it stays with {name}."
    if to[0] == owner[0] and not owner[1] and is_at(hand.user.viewer, *to):
        # the borough has been found, and it is the borough of whoever found it
        hand.own(to, Ownership.How.CORRECTION, hand.work.decision)
        return f"It is {hand.name(to)}’s."
    if offer and offer.to_unit and (offer.to_unit, offer.to_borough) == to:
        return f"It stays offered to {hand.name(to)}."
    state_before = hand.case.state
    if offer:
        state_before = offer.state_before
        withdraw(hand, "a fact was corrected, and the remit gives it to another unit")
    escalate_to(hand, to, reason, state_before)
    return f"The remit gives it to {hand.name(to)} now. {name} owns it until {hand.name(to)} accepts it."


def withdraw(hand: Hand, because: str) -> None:
    offer = hand.close_offer(Offer.Answer.WITHDRAWN, because)
    hand.case.state = offer.state_before
    hand.end_waiting("the offer was withdrawn")


def escalate_to(hand: Hand, to: Place, reason: str, state_before: str) -> None:
    hand.offer(Offer.Kind.ESCALATION, to, reason, state_before)
    hand.case.state = Case.State.OFFERED
    hand.start(hand.clocks_of(ESCALATION_REQUESTED, hand.work.owner.unit))


def renew_clocks(hand: Hand, clocks_before: set[str]) -> None:
    """Fit the clocks to the corrected facts.

    What was never due and is due now starts; what is due earlier now is due then; what is not due any more ends. No
    clock gets longer, and none that was met starts again.
    """
    referral = hand.case.referral
    due = {one.clock: one for one in hand.clocks_of(RECEIVED, hand.work.owner.unit) if one.clock != ACCEPTANCE}
    ever = set(Clock.objects.filter(referral=referral).values_list("clock", flat=True))
    sooner = [
        due[running.clock]
        for running in Clock.objects.filter(referral=referral, clock__in=due, met_at__isnull=True)
        if due[running.clock].due < running.due_at
    ]
    hand.end({one.clock for one in sooner}, "a fact was corrected: due earlier")
    hand.end(clocks_before - set(due) - {ACCEPTANCE}, "a fact was corrected: not due any more")
    hand.start((*sooner, *(one for name, one in due.items() if name not in ever)))


NOBODY_TO_ASK = (
    "the remit leaves it with its owner whether escalation is accepted or not, so there is nobody to ask. If it is in "
    "the wrong hands, correct a fact or hand it back"
)
NOT_PAUSED = "this clock is overdue, or is one that always runs: what it is about cannot wait"
STOPPED = "this clock does not run any more, or is stopped by another move"


def escalate(user: User, reference: str, seen: Seen, reason: str) -> Event:
    """Ask the unit that the remit gives escalated referrals to, to take this one over."""
    with moving(user, reference, Move.ESCALATE, seen) as hand:
        to = queries.would_take(hand.work, hand.pack, timezone.localdate(hand.at))
        if to is None:
            raise Refused(NOBODY_TO_ASK)
        told = hand.tell(
            "offered",
            f"Escalation asked for: {hand.name(to)} is to answer. {hand.name(hand.work.place)} owns it until then.",
            reason,
        )
        given = queries.facts_as_given(hand.work.facts, hand.pack)
        hand.decide_again({**given, "escalation": "requested"}, reason)
        escalate_to(hand, to, reason, hand.case.state)
        return told


# Answering


def accept_offer(user: User, reference: str, seen: Seen, reason: str = "") -> Event:
    """The unit that was asked takes the referral over; nobody there has it yet."""
    with moving(user, reference, Move.ANSWER, seen) as hand:
        offer = hand.close_offer(Offer.Answer.ACCEPTED, reason)
        to = (offer.to_unit, offer.to_borough)
        before = hand.name(hand.work.place)
        told = hand.tell("offer_accepted", f"{hand.name(to)} accepted it from {before}.", reason)
        if offer.kind == Offer.Kind.ESCALATION:
            given = queries.facts_as_given(hand.work.facts, hand.pack)
            if given["escalation"] == "requested":
                hand.decide_again({**given, "escalation": "accepted"}, f"escalation accepted: {offer.reason}")
        hand.own(to, offer.kind, hand.work.decision)
        hand.case.officer, hand.case.state, hand.case.accepted_at = None, Case.State.ACCEPTED, hand.at
        hand.end({ACCEPTANCE}, "accepted by the new owner")
        hand.end_waiting("accepted")
        ever = set(Clock.objects.filter(referral=hand.case.referral).values_list("clock", flat=True))
        hand.start(tuple(one for one in hand.clocks_of(RECEIVED, to[0]) if one.clock not in ever))
        return told


def refuse_offer(user: User, reference: str, seen: Seen, reason: str) -> Event:
    """The unit that was asked does not take it: the owner keeps it, and it is as it was before it was offered."""
    with moving(user, reference, Move.ANSWER, seen) as hand:
        offer = hand.close_offer(Offer.Answer.REFUSED, reason)
        to = hand.name((offer.to_unit, offer.to_borough))
        hand.end_waiting("refused")
        hand.case.state = offer.state_before
        told = hand.tell("offer_refused", f"{to} refused it: {hand.name(hand.work.place)} keeps it.", reason)
        if offer.state_before == Case.State.HANDED_BACK:
            ask_again(hand, reason)
        given = queries.facts_as_given(hand.work.facts, hand.pack)
        if offer.kind == Offer.Kind.ESCALATION and given["escalation"] == "requested":
            hand.decide_again({**given, "escalation": "none"}, f"escalation refused: {reason}")
        return told


def ask_again(hand: Hand, reason: str) -> None:
    """A hand-back that no unit took is to be settled again: by another unit, or by refusing it."""
    first = Offer.objects.filter(referral=hand.case.referral, kind=Offer.Kind.HAND_BACK, to_unit="").latest("pk")
    hand.offer(Offer.Kind.HAND_BACK, ("", ""), reason, first.state_before)
