"""Accepting, allocating, handing back, correcting, escalating and answering: every write of this stage.

Each is one transaction with its line in the timeline and its audit entry, and goes through `moving`: the referral is
locked, access and the table of moves are asked, and nobody overwrites what they have not seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from palermo.domain.access import Act, is_at, may
from palermo.domain.casework import Move, State
from palermo.domain.clocks import RECEIVED
from palermo.domain.clocks import Clock as StartedClock
from palermo.packs import Pack
from palermo.web import clock, policy
from palermo.web.accounts.models import User
from palermo.web.audit.actions import record
from palermo.web.audit.models import Duty
from palermo.web.cases import queries
from palermo.web.cases.models import Case, Named, Offer
from palermo.web.cases.queries import ACCEPTANCE, MADE_BY_MOVES, OFFERED, Place, Work, place_under, stays_at
from palermo.web.intake.actions import decide, keep_facts, pass_ownership, start_clocks, tell
from palermo.web.intake.models import Clock, Event, Ownership, RouteDecision

ESCALATION_REQUESTED = "escalation_requested"
"""The event that starts the clocks of an offer; they end with its answer."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody had before them when they decided on a move: the case's version and the newest line told of it."""

    version: int
    event: int


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

    @property
    def case(self) -> Case:
        return self.work.case

    def tell(self, kind: str, says: str, reason: str = "", by_words: str = "") -> Event:
        return tell(self.case.referral, kind, says, self.user, at=self.at, reason=reason, by_words=by_words)

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
        """End the clocks of these names that run."""
        for running in Clock.objects.filter(referral=self.case.referral, clock__in=names, met_at__isnull=True):
            running.met_at, running.ended_because = max(self.at, running.started_at), because
            running.save(update_fields=["met_at", "ended_because"])

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
        return decision

    def own(self, place: Place, how: str, decision: RouteDecision) -> None:
        """Pass the referral on."""
        before = self.name(self.work.place)
        pass_ownership(self.case.referral, *place, how=how, decision=decision, at=self.at)
        self.detail.update(owner=place[0])
        self.tell("owner_changed", f"{self.name(place)} owns it now; before, {before} did.", by_words="the record")

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
        hand.case.version += 1
        hand.case.save()
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
        yield Hand(user, work, policy.pack(), clock.now())


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
    hand.case.officer, hand.case.state = officer, Case.State.ALLOCATED
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
        known = {(unit, borough) for unit, borough, _ in queries.places(hand.pack, timezone.localdate(hand.at))}
        if to not in known or to == hand.work.place:
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
