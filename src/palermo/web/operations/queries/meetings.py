"""Tasking meetings, one whole, the decisions in it, and the tasks that came of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import Count, Q, QuerySet

from palermo.domain.access import WORKING, Act, Role, Viewer, may
from palermo.domain.operations import Move, Place, Scope, Section, Span, State
from palermo.domain.operations.meetings import may_answer, may_attend, may_read_task
from palermo.domain.policy import content_hash
from palermo.packs import Pack
from palermo.web import clock, policy
from palermo.web.accounts.models import User
from palermo.web.audit.actions import record
from palermo.web.audit.models import Duty
from palermo.web.cases.queries import PAGE, Work, at, unit_name
from palermo.web.intake.models import Referral
from palermo.web.operations.models import (
    Addendum,
    AgendaLine,
    Decision,
    Meeting,
    MeetingFor,
    Operation,
    Task,
)
from palermo.web.operations.queries.agenda import Agenda, Moment, Part, agenda_for, lines_of, numbers, operations_in
from palermo.web.operations.queries.operations import Held, held, named_to
from palermo.web.operations.queries.places import place_today

DECISIONS = dict(Decision.Kind.choices)
TASK_STATES = dict(Task.State.choices)


def scope_of(meeting: Meeting) -> Scope:
    """Whom the meeting is for today: what a unit that is gone had to do falls to what became of it."""
    pack, day = policy.pack(), clock.today()
    return Scope(frozenset(place_today(pack, one.unit, one.borough, day) for one in meeting.places.all()))


def scope_words(meeting: Meeting) -> str:
    """Whom it is for, in the words of its day."""
    pack = policy.pack()
    names = sorted(unit_name(pack, one.unit, one.borough, meeting.day) for one in meeting.places.all())
    return ", ".join(names) if names else "The whole response"


# The list


def theirs(viewer: Viewer) -> QuerySet[Meeting]:
    """The meetings that the viewer may read; `may_attend` as a condition on rows."""
    if viewer.role in (Role.COMMANDER, Role.AUDITOR):
        return Meeting.objects.all()
    if viewer.role is not Role.SUPERVISOR or not viewer.unit:
        return Meeting.objects.none()
    of_them = MeetingFor.objects.filter(at(viewer)).values("meeting")
    return Meeting.objects.filter(Q(pk__in=of_them) | Q(places__isnull=True))


def meetings_for(user: User, page: object = 1) -> Page:
    """One page of the meetings that the account may read, the latest first. The reading is noted."""
    found = theirs(user.viewer).prefetch_related("places").select_related("chair")
    found = found.annotate(decided=Count("decisions", distinct=True)).order_by("-day", "-pk")
    shown = Paginator(found, PAGE).get_page(page)
    with transaction.atomic():
        record(user, Duty.CONSULTATION, "meetings_listed", "meetings", meetings=[one.pk for one in shown.object_list])
    return shown


# One meeting


@dataclass(frozen=True)
class Ruling:
    """A decision as one reader may see it.

    What was written of a case is the case's own: who may not open it sees that something was decided, and nothing else.
    """

    decision: Decision
    task: Task
    able: bool
    """Whether the reader may open the case that it is about, if it is about one."""

    @property
    def reference(self) -> str:
        """The case that it is about, where the reader may open that."""
        return self.decision.referral.reference if self.decision.referral and self.able else ""

    @property
    def hidden(self) -> str:
        """What may be said of a case that the reader may not open; empty where all of the decision may be read."""
        return "" if self.able else hidden_case(self.decision.referral)


def hidden_case(referral: Referral) -> str:
    return "a restricted case" if referral.restricted else "a case of another unit"


@dataclass(frozen=True)
class Sitting:
    """One meeting that was opened, as one reader may see it."""

    meeting: Meeting
    scope: Scope
    agenda: Agenda
    decisions: tuple[Ruling, ...]
    addenda: tuple[Addendum, ...]

    @property
    def sound(self) -> bool:
        """Whether the minutes are what they were when the meeting was closed."""
        return minutes_hash(self.meeting.minutes) == self.meeting.minutes_hash


def meeting(key: int, *, lock: bool = False) -> Meeting | None:
    """The meeting of that number, whoever asks. The caller checks access."""
    rows = Meeting.objects.select_for_update(of=("self",)) if lock else Meeting.objects
    rows = rows.select_related("chair", "planned_by", "after").prefetch_related("places")
    return rows.filter(pk=key).first()


def meeting_for(user: User, key: int, page: str, references: Iterable[str] = ()) -> Meeting | None:
    """The meeting, if the account may read it; None where there is none that it may know of. The opening is noted."""
    with transaction.atomic():
        found = meeting(key)
        if found is None:
            return None
        seen = may_attend(user.viewer, scope_of(found))
        action = "meeting_opened" if seen else "meeting_refused"
        record(user, Duty.CONSULTATION, action, f"meeting:{key}", page=page, references=list(references))
        return found if seen else None


def sitting_for(user: User, key: int, page: str, *, shown: int | None = None) -> Sitting | None:
    """All of an opened meeting that the account may see. The opening is noted with the cases that it names."""
    with transaction.atomic():
        found = meeting(key)
        if found is None or not may_attend(user.viewer, scope_of(found)) or found.opened_at is None:
            return None
        agenda = agenda_for(found, user.viewer) if shown is None else agenda_for(found, user.viewer, shown=shown)
        decisions = rulings(found, user.viewer)
        named = [one.reference for one in decisions if one.reference]
        meeting_for(user, key, page, sorted({*agenda.references, *named}))
        return Sitting(
            meeting=found,
            scope=scope_of(found),
            agenda=agenda,
            decisions=decisions,
            addenda=tuple(Addendum.objects.filter(meeting=found).select_related("by").order_by("pk")),
        )


@dataclass(frozen=True)
class Listed:
    """The lines of one section of a kept agenda, a page at a time."""

    meeting: Meeting
    part: Part
    page: Page


def section_for(user: User, key: int, section: Section, page: object) -> Listed | None:
    """One page of a section, as the account may see it. The reading is noted with the cases that it names."""
    with transaction.atomic():
        found = meeting(key)
        if found is None or not may_attend(user.viewer, scope_of(found)) or found.opened_at is None:
            return None
        whole = agenda_for(found, user.viewer, shown=0).part(section)
        shown = lines_of(found, user.viewer, section, page)
        lines = tuple(shown.object_list)
        meeting_for(user, key, f"agenda-{section}", [line.referral.reference for line in lines])
        return Listed(found, Part(section, lines, whole.named, whole.restricted, whole.others), shown)


def rulings(found: Meeting, viewer: Viewer) -> tuple[Ruling, ...]:
    """The decisions of a meeting, in order."""
    rows = Decision.objects.filter(meeting=found).select_related("operation", "referral", "by", "task__account")
    rows = list(rows.order_by("number"))
    able = named_to(viewer, (one.referral_id for one in rows if one.referral_id))
    return tuple(Ruling(one, one.task, one.referral_id is None or one.referral_id in able) for one in rows)


def moment_of(found: Meeting, at: datetime) -> Moment:
    """For whom, as of when, and since when an agenda of this meeting is gathered.

    New is what came since the last meeting that had all of this one's units before it; where there was none, what came
    in as many days as the pack has between two meetings. As many days is capacity looked at ahead.
    """
    pack, scope = policy.pack(), scope_of(found)
    length = timedelta(days=pack.tasking.meetings.days)
    opened = Meeting.objects.filter(opened_at__isnull=False).exclude(pk=found.pk).prefetch_related("places")
    after = next((one for one in opened.order_by("-opened_at") if scope_of(one).covers(scope)), None)
    today = clock.today()
    return Moment(
        scope=scope,
        pack=pack,
        at=at,
        since=after.opened_at if after else at - length,
        after=after,
        ahead=Span(today, today + length - timedelta(days=1)),
    )


def preview(found: Meeting) -> list[tuple[Section, int]]:
    """How much would be before the meeting if it were opened now."""
    return numbers(moment_of(found, clock.now()))


def attending(scope: Scope) -> list[User]:
    """Whose posts may be there: supervisors of its units, and commanders."""
    posts = User.objects.filter(role__in=(Role.SUPERVISOR, Role.COMMANDER), is_active=True).order_by("post", "pk")
    return [one for one in posts if may_attend(one.viewer, scope)]


# What can be decided


def on_agenda(found: Meeting, operation: Operation) -> bool:
    """Whether the proposal was before the meeting when it was opened."""
    lines = AgendaLine.objects.filter(meeting=found, section=Section.PROPOSED, operation=operation)
    return lines.exists()


def undecided(found: Meeting) -> list[Held]:
    """The proposals on the agenda that are still to be decided, in their places."""
    lines = AgendaLine.objects.filter(meeting=found, section=Section.PROPOSED, operation__state=State.PROPOSED)
    lines = lines.exclude(operation__decisions__meeting=found).select_related("operation").order_by("place")
    whole = held([line.operation for line in lines])
    return [whole[line.operation_id] for line in lines]


def resourced(found: Meeting) -> list[Held]:
    """The operations of its units whose resources the meeting may change, by name."""
    able = operations_in(scope_of(found), *Move.RESOURCE.rule.since)
    return sorted(able, key=lambda one: one.operation.name.casefold())


def accounts_to_task() -> QuerySet[User]:
    """The posts that can be given a task."""
    return User.objects.filter(role__in=WORKING | {Role.COMMANDER}, is_active=True).order_by("post", "pk")


def could_open(work: Work, place: Place) -> bool:
    """Whether somebody who works there could open the case: of a restricted one, its supervisor."""
    role = Role.SUPERVISOR if work.referral.restricted else Role.OFFICER
    return bool(may(Viewer(0, role, *place), Act.SEE, work.custody))


def last_number(found: Meeting) -> int:
    return Decision.objects.filter(meeting=found).count()


def decisions_since(found: Meeting, number: int) -> list[Decision]:
    """What was decided after the decision of that number."""
    return list(Decision.objects.filter(meeting=found, number__gt=number).select_related("by").order_by("number"))


# Tasks


@dataclass(frozen=True)
class Given:
    """A task as one reader may see it; of a task on a case that the reader may not open, nothing that was written."""

    task: Task
    able: bool
    may_answer: bool

    @property
    def reference(self) -> str:
        """Its case, where the reader may open that."""
        referral = self.task.decision.referral
        return referral.reference if referral and self.able else ""

    @property
    def hidden(self) -> str:
        return "" if self.able else hidden_case(self.task.decision.referral)

    @property
    def overdue(self) -> bool:
        return self.task.state == Task.State.OPEN and self.task.due_on < clock.today()


def tasks_of(viewer: Viewer) -> QuerySet[Task]:
    """The tasks that the viewer may read; `may_read_task` as a condition on rows."""
    if viewer.role in (Role.COMMANDER, Role.AUDITOR):
        return Task.objects.all()
    if viewer.role not in WORKING or not viewer.unit:
        return Task.objects.filter(account=viewer.id)
    return Task.objects.filter(at(viewer) | Q(account=viewer.id))


def tasks_for(user: User, *, answered: bool = False, page: object = 1) -> Page:
    """One page of the account's tasks: those to do, what is due first before the others, or those answered."""
    found = tasks_of(user.viewer)
    if answered:
        found = found.exclude(state=Task.State.OPEN).order_by("-answered_at", "-pk")
    else:
        found = found.filter(state=Task.State.OPEN).order_by("due_on", "pk")
    shown = Paginator(with_decisions(found), PAGE).get_page(page)
    shown.object_list = given_to(user.viewer, shown.object_list)
    with transaction.atomic():
        references = [one.reference for one in shown.object_list if one.reference]
        record(user, Duty.CONSULTATION, "tasks_listed", f"account:{user.pk}", references=references)
    return shown


def with_decisions(found: QuerySet[Task]) -> QuerySet[Task]:
    return found.select_related(
        "decision__meeting", "decision__operation", "decision__referral", "account", "answered_by"
    )


def given_to(viewer: Viewer, found: Iterable[Task]) -> list[Given]:
    """These tasks as the viewer may see them, in a fixed number of queries."""
    found = list(found)
    referrals = [one.decision.referral_id for one in found if one.decision.referral_id]
    able = named_to(viewer, referrals)
    return [given(viewer, one, one.decision.referral_id is None or one.decision.referral_id in able) for one in found]


def given(viewer: Viewer, task: Task, able: bool) -> Given:
    open_to = may_answer(viewer, place_of(task), task.account_id)
    return Given(task, able, able and task.state == Task.State.OPEN and bool(open_to))


def place_of(task: Task) -> Place:
    """Who has the task today: what a unit that is gone had to do falls to what became of it."""
    return place_today(policy.pack(), task.unit, task.borough, clock.today())


def task(key: int, *, lock: bool = False) -> Task | None:
    """The task of that number, whoever asks. The caller checks access."""
    rows = Task.objects.select_for_update(of=("self",)) if lock else Task.objects
    return with_decisions(rows).filter(pk=key).first()


def task_for(user: User, key: int, page: str) -> Given | None:
    """The task, if the account may read it. The opening is noted."""
    with transaction.atomic():
        found = task(key)
        if found is None or not may_read_task(user.viewer, place_of(found), found.account_id):
            return None
        shown = given_to(user.viewer, [found])[0]
        record(user, Duty.CONSULTATION, "task_opened", f"task:{key}", page=page)
        return shown


def owner_words(task: Task, pack: Pack) -> str:
    """Whose the task is: a post, or a unit."""
    return task.account.post if task.account else unit_name(pack, task.unit, task.borough, clock.today())


# Minutes


def minutes_of(found: Meeting) -> dict[str, object]:
    """All that was before the meeting and was decided, whoever may read it: what is kept when it is closed."""
    pack = policy.pack()
    lines = (
        AgendaLine.objects.filter(meeting=found).select_related("referral", "operation").order_by("section", "place")
    )
    return {
        "meeting": found.pk,
        "day": found.day.isoformat(),
        "for": sorted([one.unit, one.borough] for one in found.places.all()),
        "chair": found.chair.post,
        "present": found.present,
        "opened": found.opened_at.isoformat(),
        "since": found.since.isoformat(),
        "ahead": [found.ahead_from.isoformat(), found.ahead_to.isoformat()],
        "pack": pack.id,
        "pack_hash": pack.hash,
        "agenda": [
            {
                "section": line.section,
                "place": line.place,
                "referral": line.referral.reference if line.referral else None,
                "operation": line.operation.key if line.operation else None,
                "task": line.task_id,
                "detail": line.detail,
            }
            for line in lines
        ],
        "decisions": [decision_document(one.decision, one.task) for one in rulings(found, found.chair.viewer)],
    }


def decision_document(one: Decision, task: Task) -> dict[str, object]:
    return {
        "number": one.number,
        "kind": one.kind,
        "operation": one.operation.key if one.operation else None,
        "referral": one.referral.reference if one.referral else None,
        "says": one.says,
        "reason": one.reason,
        "beyond": one.beyond,
        "at": one.at.isoformat(),
        "task": {
            "unit": task.unit,
            "borough": task.borough,
            "post": task.account.post if task.account else None,
            "due": task.due_on.isoformat(),
        },
    }


def minutes_hash(minutes: object) -> str:
    """The hash of what was kept, in the order of the names."""
    return content_hash(json.dumps(minutes, sort_keys=True, ensure_ascii=False, separators=(",", ":")))
