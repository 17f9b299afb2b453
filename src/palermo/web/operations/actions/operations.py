"""Proposing, planning, starting and ending operations, and recording what they use, cost and achieve.

What changes an operation goes through `moving`: it is locked, access and the table of moves are asked, and nobody
overwrites what they have not seen. What is only added to it goes through `adding`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from palermo.domain.access import Act
from palermo.domain.operations import Criterion, Move, Span, State, may_propose, name_faults, score, sees
from palermo.domain.policy import listed
from palermo.packs import Pack
from palermo.web import clock, policy
from palermo.web.accounts.models import User
from palermo.web.audit.actions import record
from palermo.web.audit.models import Duty
from palermo.web.cases.actions import Refused, Seen, recording
from palermo.web.operations.models import (
    Cost,
    Draft,
    Event,
    Linked,
    Operation,
    Plan,
    Report,
    Resource,
    Result,
    Scoring,
    Use,
)
from palermo.web.operations.queries import operations as queries
from palermo.web.operations.queries.operations import IN_POUNDS, Held
from palermo.web.operations.queries.places import Desk, desk_name


class NoOperation(LookupError):
    """There is no operation of this key, or none that the account may know of."""


class Overtaken(Exception):
    """Somebody else has moved the operation since this account looked; `since` is what happened."""

    def __init__(self, since: list[Event]):
        super().__init__("; ".join(event.says for event in since))
        self.since = since


class Repeated(Exception):
    """What this page recorded has been recorded before; `event` is the line that told it."""

    def __init__(self, event: Event):
        super().__init__(event.says)
        self.event = event


@dataclass(frozen=True, slots=True)
class Planned:
    """What a plan says, as it is typed."""

    objective: str
    kind: str
    nim_level: int
    lead: tuple[str, str]
    span: Span
    resources: Mapping[Desk, int]


@dataclass(frozen=True, slots=True)
class Level:
    """The level of a proposal on one criterion, and why."""

    level: int
    reason: str


@dataclass(frozen=True, slots=True)
class Entered:
    """On which day something came to pass, and a note; with `replaces`, the number of the entry that it puts right."""

    day: date
    note: str = ""
    replaces: int | None = None


@dataclass
class Hand:
    """One move in the making: who makes it, on what, at which moment."""

    user: User
    held: Held
    pack: Pack
    at: datetime
    page: str = ""
    detail: dict[str, object] = field(default_factory=dict)

    @property
    def operation(self) -> Operation:
        return self.held.operation

    @property
    def day(self) -> date:
        return timezone.localdate(self.at)

    def tell(self, kind: str, says: str, reason: str = "") -> Event:
        return tell(self.operation, kind, says, self.user, self.at, reason, self.page)

    def keep_plan(self, planned: Planned, reason: str) -> Plan:
        """Keep a new version of the plan."""
        made = keep_plan(self.operation, planned, self.user, self.at, version=self.held.plan.version + 1, reason=reason)
        self.detail.update(plan=made.version)
        return made


def tell(operation: Operation, kind: str, says: str, by: User, at: datetime, reason: str = "", page: str = "") -> Event:
    """Add a line to the operation's timeline."""
    return Event.objects.create(
        operation=operation, kind=kind, says=says, reason=reason, at=at, by=by, by_words=by.post, page=page or None
    )


@contextmanager
def moving(user: User, key: str, move: Move, seen: Seen, *, in_meeting: bool = False) -> Iterator[Hand]:
    """Lock the operation and let the move be made on it, or say why it cannot be.

    Raises NoOperation, Overtaken where the account has not seen how it stands now, and Refused. Whatever is raised
    inside undoes all of the move.
    """
    with transaction.atomic():
        found = locked(user, key)
        if found.operation.version != seen.version:
            raise Overtaken(queries.events_since(found.operation, seen.event))
        answer = found.answer(user.viewer, move, in_meeting=in_meeting)
        if not answer:
            raise Refused(answer.because)
        hand = Hand(user, found, policy.pack(), clock.now())
        before = found.state
        yield hand
        hand.operation.state = move.rule.leads(before)
        hand.operation.version += 1
        hand.operation.save()
        note(hand, move)


@contextmanager
def adding(user: User, key: str, move: Move, page: str) -> Iterator[Hand]:
    """Let something be added to the operation that overwrites nothing of what others wrote.

    `page` tells one opening of a page from another. Raises NoOperation, Refused, and Repeated where the same page was
    sent before: nothing is counted twice.
    """
    with transaction.atomic():
        found = locked(user, key)
        if there := queries.told_of_page(found.operation, page):
            raise Repeated(there)
        answer = found.answer(user.viewer, move)
        if not answer:
            raise Refused(answer.because)
        hand = Hand(user, found, policy.pack(), clock.now(), page)
        yield hand
        note(hand, move)


def locked(user: User, key: str) -> Held:
    found = queries.operation(key, lock=True)
    if found is None or not sees(user.viewer, found.parties):
        raise NoOperation(key)
    return found


def note(hand: Hand, move: Move) -> None:
    record(
        hand.user,
        Duty.ALTERATION,
        f"operation_{move.name.lower()}",
        f"operation:{hand.operation.key}",
        version=hand.operation.version,
        state=str(hand.operation.state),
        **hand.detail,
    )


# Proposing


def begin(user: User) -> Draft:
    """An empty draft of a proposal."""
    able = may_propose(user.viewer)
    if not able:
        raise Refused(able.because)
    return Draft.objects.create(owner=user)


def save_draft(user: User, key: UUID, step: str, answers: Mapping[str, object]) -> Draft | None:
    """Keep what was answered on one page of a draft; None where the account has no such draft."""
    with transaction.atomic():
        draft = Draft.objects.select_for_update().filter(owner=user, pk=key).first()
        if draft:
            draft.answers = {**draft.answers, step: dict(answers)}
            draft.save()
        return draft


def delete_draft(user: User, key: UUID) -> None:
    Draft.objects.filter(owner=user, pk=key).delete()


def propose(user: User, key: UUID, name: str, planned: Planned, levels: Mapping[str, Level]) -> Operation:
    """Make the proposal of a draft, which is gone then. Made twice it is made once: the draft is locked."""
    with transaction.atomic():
        draft = Draft.objects.select_for_update().filter(owner=user, pk=key).first()
        if draft is None:
            raise NoOperation(str(key))
        able = may_propose(user.viewer)
        if not able:
            raise Refused(able.because)
        refuse_name(name, [])
        at = clock.now()
        operation = Operation(name=name, proposed_at=at, proposed_by=user, begun_as=key)
        try:
            with transaction.atomic():
                operation.save()
        except IntegrityError:
            raise Refused(TAKEN) from None
        keep_plan(operation, planned, user, at)
        kept = keep_score(operation, levels, user, at, timezone.localdate(at))
        tell(operation, "operation_proposed", f"{user.post} proposed it, with {score_words(kept)}.", user, at)
        record(
            user,
            Duty.COLLECTION,
            "operation_proposed",
            f"operation:{operation.key}",
            lead=planned.lead[0],
            points=kept.points,
            matrix=kept.matrix_hash[:12],
        )
        draft.delete()
        return operation


TAKEN = "another operation has this name. Choose another one"


def refuse_name(name: str, people: Sequence[str]) -> None:
    if faults := list(name_faults(name, people)):
        raise Refused(f"this is not a code name: {listed(faults)}")


def keep_plan(
    operation: Operation, planned: Planned, by: User, at: datetime, *, version: int = 1, reason: str = ""
) -> Plan:
    made = Plan.objects.create(
        operation=operation,
        version=version,
        objective=planned.objective,
        kind=planned.kind,
        nim_level=planned.nim_level,
        lead_unit=planned.lead[0],
        lead_borough=planned.lead[1],
        starts_on=planned.span.first,
        ends_on=planned.span.last,
        reason=reason,
        at=at,
        by=by,
    )
    Resource.objects.bulk_create(
        Resource(plan=made, unit=desk.unit, borough=desk.borough, function=desk.function, officer_days=days)
        for desk, days in planned.resources.items()
    )
    return made


def keep_score(
    operation: Operation, levels: Mapping[str, Level], by: User, at: datetime, day: date, *, version: int = 1
) -> Scoring:
    """Keep what the proposal reaches under the matrix of the day, with the words it was read by."""
    pack = policy.pack()
    criteria = pack.tasking.matrix.on(day)
    found = score(criteria, {id_: one.level for id_, one in levels.items()})
    return Scoring.objects.create(
        operation=operation,
        version=version,
        pack=pack.id,
        pack_hash=pack.hash,
        matrix_hash=pack.tasking.matrix.version(day),
        points=found.points,
        most=found.most,
        levels=[level_document(criterion, levels[criterion.id]) for criterion in criteria],
        at=at,
        by=by,
    )


def level_document(criterion: Criterion, stated: Level) -> dict[str, object]:
    return {
        "id": criterion.id,
        "name": criterion.name,
        "weight": criterion.weight,
        "level": stated.level,
        "highest": criterion.highest,
        "words": criterion.levels[stated.level],
        "reason": stated.reason,
    }


def score_words(scoring: Scoring) -> str:
    return f"{scoring.points} of {scoring.most} points"


# Moves


def revise(user: User, key: str, seen: Seen, name: str, planned: Planned, reason: str) -> Event:
    """Change the plan of a proposal, and its name."""
    with moving(user, key, Move.REVISE, seen) as hand:
        if name != hand.operation.name:
            linked = queries.cases_of(hand.operation, user.viewer).named
            refuse_name(name, queries.people_on(one.referral for one in linked))
            if queries.is_taken(name, hand.operation):
                raise Refused(TAKEN)
            before, hand.operation.name = hand.operation.name, name
            hand.tell("operation_renamed", f"It is called {name} now; before, {before}.", reason)
        hand.keep_plan(planned, reason)
        return hand.tell("operation_revised", f"The plan was changed: version {hand.held.plan.version + 1}.", reason)


def score_again(user: User, key: str, seen: Seen, levels: Mapping[str, Level]) -> Event:
    """State the levels of a proposal anew, under the matrix of today."""
    with moving(user, key, Move.SCORE, seen) as hand:
        before = hand.held.scoring
        kept = keep_score(hand.operation, levels, user, hand.at, hand.day, version=before.version + 1)
        hand.detail.update(points=kept.points, matrix=kept.matrix_hash[:12])
        return hand.tell(
            "operation_scored", f"It was scored again: {score_words(kept)}; before, {score_words(before)}."
        )


def propose_again(user: User, key: str, seen: Seen, reason: str) -> Event:
    """Bring an operation that was refused before a meeting again."""
    with moving(user, key, Move.PROPOSE_AGAIN, seen) as hand:
        hand.operation.proposed_at, hand.operation.proposed_by = hand.at, user
        return hand.tell("operation_proposed", f"{user.post} proposed it again.", reason)


def start(user: User, key: str, seen: Seen, reason: str) -> Event:
    with moving(user, key, Move.START, seen) as hand:
        return hand.tell("operation_started", "It was started.", reason)


def end(user: User, key: str, seen: Seen, report: str, reason: str) -> Event:
    """End it, with what came of it; one that never ran is ended with the reason alone."""
    with moving(user, key, Move.END, seen) as hand:
        ran = hand.held.state is State.RUNNING
        if ran and not report:
            raise Refused("an operation that has run is ended with a report of what came of it")
        if report:
            Report.objects.create(operation=hand.operation, words=report, at=hand.at, by=user)
        return hand.tell("operation_ended", "It was ended." if ran else "It was ended before it ran.", reason)


def link(user: User, key: str, page: str, reference: str, reason: str) -> Event:
    """Link a case. It is told on the case too; whom the case is open to does not change."""
    with adding(user, key, Move.LINK, page) as hand, recording(user, reference, Act.RECORD) as case:
        referral = case.case.referral
        if Linked.objects.filter(operation=hand.operation, referral=referral, ended_at__isnull=True).exists():
            raise Refused(f"{reference} is linked to it already")
        if hand.held.state is State.PROPOSED:
            refuse_name(hand.operation.name, queries.people_on([referral]))
        Linked.objects.create(operation=hand.operation, referral=referral, reason=reason, at=hand.at, by=user)
        case.tell("operation_linked", f"Linked to Operation {hand.operation.name}.", reason)
        record(user, Duty.ALTERATION, "operation_linked", f"referral:{reference}", operation=hand.operation.key)
        hand.detail.update(linked=str(referral.pk))
        # whoever reads this line need not be able to open the case
        return hand.tell("operation_case_linked", "A case was linked.")


def unlink(user: User, key: str, page: str, reference: str, reason: str) -> Event:
    """Take a case out again; that it was linked is kept."""
    with adding(user, key, Move.LINK, page) as hand, recording(user, reference, Act.RECORD) as case:
        there = queries.link_of(hand.operation, reference, user.viewer)
        if there is None:
            raise Refused(f"{reference} is not linked to it")
        there.ended_at, there.ended_by, there.ended_because = hand.at, user, reason
        there.save(update_fields=["ended_at", "ended_by", "ended_because"])
        case.tell("operation_unlinked", f"No longer linked to Operation {hand.operation.name}.", reason)
        record(user, Duty.ALTERATION, "operation_unlinked", f"referral:{reference}", operation=hand.operation.key)
        hand.detail.update(unlinked=str(there.referral_id))
        return hand.tell("operation_case_unlinked", "A case was taken out.")


# Entries


def use(user: User, key: str, page: str, desk: Desk, officer_days: Decimal, entered: Entered) -> Event:
    """Record officer-days that a function has spent, or put such an entry right."""
    with adding(user, key, Move.USE, page) as hand:
        kept = Use.objects.create(
            unit=desk.unit,
            borough=desk.borough,
            function=desk.function,
            officer_days=officer_days,
            **made(hand, "use", entered),
        )
        hand.detail.update(use=kept.pk, replaces=entered.replaces)
        where = desk_name(hand.pack, desk, hand.day)
        says = f"{officer_days.normalize():f} officer-days of {where} were used."
        return hand.tell("operation_used", *put_right(says, entered))


def result(user: User, key: str, page: str, kind: str, amount: Decimal, entered: Entered) -> Event:
    """Record what was achieved, or put such an entry right."""
    with adding(user, key, Move.RESULT, page) as hand:
        amounts = {"pounds": amount} if kind in IN_POUNDS else {"number": int(amount)}
        kept = Result.objects.create(kind=kind, **amounts, **made(hand, "result", entered))
        hand.detail.update(result=kept.pk, kind=kind, replaces=entered.replaces)
        words = f"£{amount:,.2f}" if kind in IN_POUNDS else f"{int(amount)}"
        return hand.tell("operation_result", *put_right(f"{kept.get_kind_display()}: {words}.", entered))


def cost(user: User, key: str, page: str, kind: str, certainty: str, pounds: Decimal, entered: Entered) -> Event:
    """Record a cost, or put such an entry right: also when what was estimated is spent."""
    with adding(user, key, Move.COST, page) as hand:
        kept = Cost.objects.create(kind=kind, certainty=certainty, pounds=pounds, **made(hand, "cost", entered))
        hand.detail.update(cost=kept.pk, kind=kind, replaces=entered.replaces)
        says = f"{kept.get_kind_display()}: £{pounds:,.2f}, {certainty}."
        return hand.tell("operation_cost", *put_right(says, entered))


def put_right(says: str, entered: Entered) -> tuple[str, str]:
    """What is told of an entry, and why where it puts another one right."""
    return (says, "") if entered.replaces is None else (f"{says} It replaces an earlier entry.", entered.note)


def made(hand: Hand, kind: str, entered: Entered) -> dict[str, object]:
    """What every entry has. Two who put the same entry right at once: the second is refused."""
    if entered.replaces is not None and queries.entry_of(hand.operation, kind, entered.replaces) is None:
        raise Refused("this entry has been put right already. Look at it again")
    return {
        "operation": hand.operation,
        "replaces_id": entered.replaces,
        "day": entered.day,
        "note": entered.note,
        "at": hand.at,
        "by": hand.user,
    }


def add_report(user: User, key: str, page: str, words: str) -> Event:
    """Add to the outcome report of an operation that has ended."""
    with adding(user, key, Move.REPORT, page) as hand:
        Report.objects.create(operation=hand.operation, words=words, at=hand.at, by=user)
        return hand.tell("operation_reported", "The outcome report was added to.")
