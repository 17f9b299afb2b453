"""Planning, opening and closing tasking meetings, deciding in them, and answering the tasks that come of it.

Everything goes through `sitting`: the meeting is locked, whoever acts is its chair, and nobody decides on what they
have not seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from palermo.domain.access import Act, Answer, Role
from palermo.domain.operations import (
    Line,
    Load,
    MeetingMove,
    MeetingState,
    Move,
    Place,
    Scope,
    Span,
)
from palermo.domain.operations.life import may_task
from palermo.domain.operations.meetings import MOVES, may_answer, may_attend, may_chair, may_read_task, possible
from palermo.packs import Pack
from palermo.web import clock, policy
from palermo.web.accounts.models import User
from palermo.web.audit.actions import record
from palermo.web.audit.models import Duty
from palermo.web.cases.actions import NoReferral, Refused, Seen, recording
from palermo.web.cases.queries import unit_name
from palermo.web.intake.models import Referral
from palermo.web.notices.actions import To, notify
from palermo.web.operations.actions.operations import Hand as OperationHand
from palermo.web.operations.actions.operations import Planned, moving
from palermo.web.operations.models import Addendum, AgendaLine, Decision, Meeting, MeetingFor, Operation, Task
from palermo.web.operations.queries import meetings as queries
from palermo.web.operations.queries.agenda import gather
from palermo.web.operations.queries.places import Desk, beyond

TASKING = 0x7461_736B
"""The advisory lock under which officers are given out: two meetings at once cannot give the same ones away."""


class NoMeeting(LookupError):
    """There is no meeting or task of this number, or none that the account may know of."""


class Overtaken(Exception):
    """The meeting or task has moved on since this account looked; `since` is what was decided."""

    def __init__(self, since: Sequence[Decision]):
        super().__init__("; ".join(one.says for one in since))
        self.since = list(since)


class BeyondCapacity(Exception):
    """More officers would be given away than there are, and the chair has not said that it is meant."""

    def __init__(self, lines: tuple[tuple[Line, Span], ...]):
        super().__init__("more than there is")
        self.lines = lines


@dataclass(frozen=True, slots=True)
class Assigned:
    """Who sees to a decision, and by when: a unit, or one account of it."""

    place: Place
    account: User | None
    due_on: date


@dataclass
class Hand:
    """One move of a meeting in the making."""

    user: User
    meeting: Meeting
    scope: Scope
    pack: Pack
    at: datetime
    detail: dict[str, object] = field(default_factory=dict)

    @property
    def day(self) -> date:
        return timezone.localdate(self.at)


@contextmanager
def sitting(user: User, key: int, move: MeetingMove, seen: Seen) -> Iterator[Hand]:
    """Lock the meeting and let its chair make the move, or say why it cannot be made.

    Raises NoMeeting, Overtaken where the account has not seen how it stands now, and Refused. Whatever is raised inside
    undoes all of the move.
    """
    with transaction.atomic():
        found = queries.meeting(key, lock=True)
        if found is None or not may_attend(user.viewer, queries.scope_of(found)):
            raise NoMeeting(str(key))
        if found.version != seen.version:
            raise Overtaken(queries.decisions_since(found, seen.event))
        answer = able(user, found, move)
        if not answer:
            raise Refused(answer.because)
        hand = Hand(user, found, queries.scope_of(found), policy.pack(), clock.now())
        yield hand
        found.state = MOVES[move][2]
        found.version += 1
        if MOVES[move][1] is not MeetingState.CLOSED:
            found.save()
        record(
            user,
            Duty.ALTERATION,
            f"meeting_{move.name.lower()}",
            f"meeting:{found.pk}",
            version=found.version,
            **hand.detail,
        )


def able(user: User, found: Meeting, move: MeetingMove) -> Answer:
    """Whether the account may make the move with the meeting now, and why or why not."""
    may = may_chair(user.viewer, queries.scope_of(found))
    if not may:
        return may
    if found.chair_id and found.chair_id != user.pk and move in (MeetingMove.DECIDE, MeetingMove.CLOSE):
        return Answer(False, f"{found.chair.post} chairs it, and decides")
    return possible(MeetingState(found.state), move)


# The meeting


def plan(user: User, day: date, places: Sequence[Place]) -> Meeting:
    """Plan a meeting for some units, or with none named for the whole response; their supervisors are told."""
    with transaction.atomic():
        scope = Scope(frozenset(places))
        answer = may_chair(user.viewer, scope)
        if not answer:
            raise Refused(answer.because)
        at = clock.now()
        made = Meeting.objects.create(day=day, planned_by=user, planned_at=at)
        MeetingFor.objects.bulk_create(
            MeetingFor(meeting=made, unit=unit, borough=borough) for unit, borough in sorted(scope.places)
        )
        says = f"A tasking meeting is planned for {day.day} {day:%B %Y}."
        for unit, borough in sorted(scope.places) or [("", "")]:
            to = To(unit=unit, borough=borough, role=Role.SUPERVISOR)
            notify(user, to, key=f"meeting:{made.pk}:{unit}:{borough}", kind="meeting_planned", says=says, at=at)
        record(user, Duty.COLLECTION, "meeting_planned", f"meeting:{made.pk}", day=day.isoformat())
        return made


def open_meeting(user: User, key: int, seen: Seen, present: Sequence[str]) -> Meeting:
    """Open it: what is before it is gathered now and does not change any more."""
    with sitting(user, key, MeetingMove.OPEN, seen) as hand:
        moment = queries.moment_of(hand.meeting, hand.at)
        meeting = hand.meeting
        meeting.chair, meeting.present = user, sorted({*present, user.post})
        meeting.opened_at, meeting.fixed_at = hand.at, Now()
        meeting.since, meeting.after = moment.since, moment.after
        meeting.ahead_from, meeting.ahead_to = moment.ahead.first, moment.ahead.last
        meeting.state = MeetingState.OPEN
        meeting.save()
        meeting.refresh_from_db(fields=["fixed_at"])
        places: dict[str, int] = {}
        lines = []
        for item in gather(moment):
            places[item.section] = places.get(item.section, 0) + 1
            lines.append(
                AgendaLine(
                    meeting=meeting,
                    section=item.section,
                    place=places[item.section],
                    referral_id=item.referral,
                    operation_id=item.operation,
                    task_id=item.task,
                    detail=item.detail,
                )
            )
        AgendaLine.objects.bulk_create(lines, batch_size=2_000)
        hand.detail.update(lines=len(lines))
        return meeting


def cancel(user: User, key: int, seen: Seen, reason: str) -> Meeting:
    with sitting(user, key, MeetingMove.CANCEL, seen) as hand:
        hand.meeting.cancelled_because = reason
        return hand.meeting


def close(user: User, key: int, seen: Seen) -> Meeting:
    """Close it: its minutes are kept with their hash, and do not change any more."""
    with sitting(user, key, MeetingMove.CLOSE, seen) as hand:
        hand.meeting.closed_at = hand.at
        hand.meeting.minutes = queries.minutes_of(hand.meeting)
        hand.meeting.minutes_hash = queries.minutes_hash(hand.meeting.minutes)
        hand.detail.update(hash=hand.meeting.minutes_hash)
        return hand.meeting


def add(user: User, key: int, seen: Seen, words: str) -> Addendum:
    """Put something right in closed minutes, or add to them, without a change to them."""
    with sitting(user, key, MeetingMove.ADD, seen) as hand:
        return Addendum.objects.create(meeting=hand.meeting, words=words, at=hand.at, by=user)


def note_download(user: User, meeting: Meeting) -> None:
    """Note that somebody has taken the minutes away as a file."""
    with transaction.atomic():
        record(user, Duty.DISCLOSURE, "minutes_downloaded", f"meeting:{meeting.pk}", hash=meeting.minutes_hash)


# Decisions


DECIDED = {
    Move.APPROVE: ("operation_approved", "Approved by the tasking meeting of {day}.", "Start Operation {name}."),
    Move.REFUSE: (
        "operation_refused",
        "Refused by the tasking meeting of {day}.",
        "Tell those who prepared Operation {name} that it is refused.",
    ),
    Move.DEFER: (
        "operation_deferred",
        "Deferred by the tasking meeting of {day}.",
        "Bring Operation {name} before the meeting again.",
    ),
    Move.RESOURCE: (
        "operation_resourced",
        "The tasking meeting of {day} changed what it has and how long it runs.",
        "Work to the new plan of Operation {name}.",
    ),
}
"""Of each decision on an operation: the kind and words of its line in the timeline, and what is to be done."""


def decide(
    user: User,
    key: int,
    seen: Seen,
    operation: str,
    operation_seen: Seen,
    move: Move,
    reason: str,
    assigned: Assigned,
    *,
    meant: bool = False,
) -> Decision:
    """Approve, refuse or defer a proposal that was before the meeting.

    Raises BeyondCapacity for an approval that gives away more officers than there are, unless that is `meant`.
    """
    with sitting(user, key, MeetingMove.DECIDE, seen) as hand:
        with moving(user, operation, move, operation_seen, in_meeting=True) as of_it:
            if not queries.on_agenda(hand.meeting, of_it.operation):
                raise Refused("it was proposed after the agenda was fixed, so it comes before the next meeting")
            lines = ()
            if move is Move.APPROVE:
                span = Span(of_it.held.plan.starts_on, of_it.held.plan.ends_on)
                asked = {Desk(one.unit, one.borough, one.function): one.officer_days for one in of_it.held.resources}
                lines = give_out(hand, of_it, asked, span, meant)
            tell_operation(hand, of_it, move, reason)
        return keep(hand, Decision.Kind(move.value), of_it, move, reason, assigned, lines)


def resource(
    user: User,
    key: int,
    seen: Seen,
    operation: str,
    operation_seen: Seen,
    resources: dict[Desk, int],
    last: date,
    reason: str,
    assigned: Assigned,
    *,
    meant: bool = False,
) -> Decision:
    """Give an approved or running operation more or fewer officers, or more or less time."""
    with sitting(user, key, MeetingMove.DECIDE, seen) as hand:
        with moving(user, operation, Move.RESOURCE, operation_seen, in_meeting=True) as of_it:
            allowed = may_task(user.viewer, frozenset(desk.place for desk in resources))
            if not allowed:
                raise Refused(allowed.because)
            if not any(hand.scope.takes_in(*place) for place in of_it.held.parties.all):
                raise Refused("none of its units is among those that the meeting is for")
            plan = of_it.held.plan
            span = Span(plan.starts_on, last)
            lines = give_out(hand, of_it, resources, span, meant)
            planned = Planned(
                objective=plan.objective,
                kind=plan.kind,
                nim_level=plan.nim_level,
                lead=(plan.lead_unit, plan.lead_borough),
                span=span,
                resources=resources,
            )
            of_it.keep_plan(planned, reason)
            tell_operation(hand, of_it, Move.RESOURCE, reason)
        return keep(hand, Decision.Kind.RESOURCE, of_it, Move.RESOURCE, reason, assigned, lines)


def give_out(
    hand: Hand, of_it: OperationHand, resources: dict[Desk, int], span: Span, meant: bool
) -> tuple[tuple[Line, Span], ...]:
    """What would be too much, one meeting at a time. Raises BeyondCapacity where anything is and it is not meant."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TASKING])
    more = [Load(desk.unit, desk.function, days, span) for desk, days in resources.items()]
    lines = beyond(hand.pack, more, without=of_it.operation.pk)
    if lines and not meant:
        raise BeyondCapacity(lines)
    return lines


def tell_operation(hand: Hand, of_it: OperationHand, move: Move, reason: str) -> None:
    kind, says, _ = DECIDED[move]
    of_it.tell(kind, says.format(day=day_words(hand.meeting.day)), reason)


def keep(
    hand: Hand,
    kind: Decision.Kind,
    of_it: OperationHand,
    move: Move,
    reason: str,
    assigned: Assigned,
    lines: tuple[tuple[Line, Span], ...],
) -> Decision:
    """Keep a decision on an operation, and its task; the unit that leads it is told."""
    says = DECIDED[move][2].format(name=of_it.operation.name)
    document = [
        {
            "unit": line.unit,
            "function": line.function,
            "has": 10 * (line.has or 0),
            "tasked": round(10 * line.tasked),
            "first": span.first.isoformat(),
            "last": span.last.isoformat(),
        }
        for line, span in lines
    ]
    made = record_decision(hand, kind, says, reason, assigned, operation=of_it.operation, beyond=document)
    lead = of_it.held.parties.lead
    if lead != assigned.place or assigned.account:
        notify(
            hand.user,
            To(unit=lead[0], borough=lead[1]),
            key=f"decision:{made.pk}:lead",
            kind=f"operation_{kind.value}",
            says=f"Operation {of_it.operation.name}: {DECIDED[move][1].format(day=day_words(hand.meeting.day))}",
            at=hand.at,
        )
    return made


def task_case(user: User, key: int, seen: Seen, reference: str, says: str, reason: str, assigned: Assigned) -> Decision:
    """Task a unit on a case. It is told on the case; the unit is one that may open it already."""
    with sitting(user, key, MeetingMove.DECIDE, seen) as hand:
        refuse_others(hand, assigned)
        try:
            with recording(user, reference, Act.DECIDE) as case:
                if not any(hand.scope.takes_in(*place) for place in (case.work.place, assigned.place)):
                    raise Refused("neither its owner nor that unit is among those that the meeting is for")
                name = unit_name(hand.pack, *assigned.place, hand.day)
                if not queries.could_open(case.work, assigned.place):
                    raise Refused(
                        f"{name} may not open this case. Ask it for support on the case first, or task its owner"
                    )
                day = day_words(hand.meeting.day)
                due = day_words(assigned.due_on)
                case.tell("case_tasked", f"The tasking meeting of {day} tasked {name} on it, by {due}.", says)
                record(user, Duty.ALTERATION, "case_tasked", f"referral:{reference}", meeting=hand.meeting.pk)
                referral = case.case.referral
        except NoReferral:
            raise Refused("there is no case of this reference that you may open") from None
        return record_decision(hand, Decision.Kind.CASE, says, reason, assigned, referral=referral)


def decide_other(user: User, key: int, seen: Seen, says: str, reason: str, assigned: Assigned) -> Decision:
    """Decide anything else that somebody is to see to."""
    with sitting(user, key, MeetingMove.DECIDE, seen) as hand:
        refuse_others(hand, assigned)
        return record_decision(hand, Decision.Kind.OTHER, says, reason, assigned)


def refuse_others(hand: Hand, assigned: Assigned) -> None:
    """A supervisor gives out the work of the own unit."""
    allowed = may_task(hand.user.viewer, frozenset({assigned.place}))
    if not allowed:
        raise Refused(allowed.because)


def record_decision(
    hand: Hand,
    kind: Decision.Kind,
    says: str,
    reason: str,
    assigned: Assigned,
    *,
    operation: Operation | None = None,
    referral: Referral | None = None,
    beyond: Sequence[dict[str, object]] = (),
) -> Decision:
    """Keep the decision and the task that comes of it; whoever is to see to it is told."""
    refuse_others(hand, assigned)
    made = Decision.objects.create(
        meeting=hand.meeting,
        number=queries.last_number(hand.meeting) + 1,
        kind=kind,
        operation=operation,
        referral=referral,
        says=says,
        reason=reason,
        beyond=list(beyond),
        at=hand.at,
        by=hand.user,
    )
    task = Task.objects.create(
        decision=made,
        unit=assigned.place[0],
        borough=assigned.place[1],
        account=assigned.account,
        due_on=assigned.due_on,
    )
    hand.detail.update(decision=made.number, kind=kind.value, task=task.pk)
    to = To(account=assigned.account) if assigned.account else To(unit=assigned.place[0], borough=assigned.place[1])
    notify(
        hand.user,
        to,
        key=f"task:{task.pk}",
        kind="task_given",
        says=f"The tasking meeting of {day_words(hand.meeting.day)} gives you a task, due {day_words(task.due_on)}.",
        # a restricted case is not named to a whole unit
        reference=referral.reference if referral and not referral.restricted else "",
        at=hand.at,
    )
    return made


# Tasks


def answer_task(user: User, key: int, version: int, done: bool, note: str) -> Task:
    """Say that a task is done, or that it is not and will not be; the chair who gave it is told."""
    with transaction.atomic():
        task = queries.task(key, lock=True)
        if task is None or not may_read_task(user.viewer, queries.place_of(task), task.account_id):
            raise NoMeeting(str(key))
        if task.version != version or task.state != Task.State.OPEN:
            raise Overtaken([])
        answer = may_answer(user.viewer, queries.place_of(task), task.account_id)
        if not answer:
            raise Refused(answer.because)
        if not queries.given_to(user.viewer, [task])[0].able:
            raise Refused("it is about a case that you may not open")
        task.state = Task.State.DONE if done else Task.State.NOT_DONE
        task.note, task.answered_at, task.answered_by = note, clock.now(), user
        task.version += 1
        task.save()
        notify(
            user,
            To(account=task.decision.by),
            key=f"task:{task.pk}:answered",
            kind="task_answered",
            says=f"A task of the tasking meeting of {day_words(task.decision.meeting.day)} is "
            f"{'done' if done else 'not done'}.",
            at=task.answered_at,
        )
        record(user, Duty.ALTERATION, "task_answered", f"task:{task.pk}", state=task.state)
        return task


def day_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
