"""Operations and meetings to work on, and moves on them as short calls."""

from datetime import date, timedelta
from itertools import count

from palermo.domain.operations import Move, Span
from palermo.web import clock, policy
from palermo.web.accounts.models import User
from palermo.web.cases.actions import Seen
from palermo.web.operations.actions import meetings
from palermo.web.operations.actions import operations as actions
from palermo.web.operations.actions.meetings import Assigned
from palermo.web.operations.actions.operations import Entered, Level, Planned
from palermo.web.operations.models import Decision, Meeting, Operation
from palermo.web.operations.queries import meetings as meeting_queries
from palermo.web.operations.queries import operations as queries
from palermo.web.operations.queries.places import Desk

numbers = count(1)
VICE = Desk("SCD9", "", "vice")
FINANCE = Desk("SCD9", "", "financial_investigation")
JULY = Span(date(2010, 7, 5), date(2010, 7, 30))


def a_plan(**other: object) -> Planned:
    return Planned(
        **{
            "objective": "Find who runs the flats and make those in them safe.",
            "kind": "proactive",
            "nim_level": 2,
            "lead": ("SCD9", ""),
            "span": JULY,
            "resources": {VICE: 40},
            **other,
        }
    )


def a_score(level: int = 2, **other: int) -> dict[str, Level]:
    """The same level on every criterion, but for those named."""
    criteria = policy.pack().tasking.matrix.on(clock.today())
    return {one.id: Level(other.get(one.id, level), f"what is known of {one.id}") for one in criteria}


def letters(number: int) -> str:
    """A number as letters: code names have no digits."""
    found = ""
    while number:
        number, rest = divmod(number - 1, 26)
        found = chr(ord("a") + rest) + found
    return found


def proposed(by: User, *, name: str = "", levels: dict[str, Level] | None = None, **plan: object) -> Operation:
    draft = actions.begin(by)
    name = name or f"Heron {letters(next(numbers))}"
    return actions.propose(by, draft.pk, name, a_plan(**plan), levels or a_score())


def seen(operation: Operation) -> Seen:
    """What somebody sees who opens its page now."""
    return Seen(now(operation).version, queries.last_event(operation))


def now(operation: Operation) -> Operation:
    return Operation.objects.get(pk=operation.pk)


def in_state(operation: Operation, state: str) -> Operation:
    """Where a meeting would have put it."""
    Operation.objects.filter(pk=operation.pk).update(state=state)
    return now(operation)


def linked(operation: Operation, referral, by: User) -> None:
    actions.link(by, operation.key, a_page(), referral.reference, "the same flats")


def a_page() -> str:
    return f"page-{next(numbers)}"


def today(**other: object) -> Entered:
    return Entered(**{"day": clock.today(), **other})


def told(operation: Operation) -> list[str]:
    return [event.kind for event in queries.events_since(operation, 0)]


def sent(operation: Operation, **fields: object) -> dict[str, object]:
    """A move's form as the page of now would send it."""
    there = seen(operation)
    return {"version": there.version, "event": there.event, "page": a_page(), **fields}


def day_parts(name: str, day: date) -> dict[str, object]:
    return {f"{name}-day": day.day, f"{name}-month": day.month, f"{name}-year": day.year}


def a_plan_sent(**other: object) -> dict[str, object]:
    return {
        "name": "Heron",
        "objective": "Find who runs the flats.",
        "kind": "proactive",
        "nim_level": "2",
        **day_parts("starts_on", JULY.first),
        **day_parts("ends_on", JULY.last),
        **other,
    }


def lines_sent(resources: dict[Desk, int]) -> dict[str, object]:
    return {
        name: value
        for line, (desk, days) in enumerate(resources.items())
        for name, value in ((f"desk_{line}", desk.value), (f"days_{line}", days))
    }


def scores_sent(level: int = 2) -> dict[str, object]:
    return {
        name: value
        for id_, one in a_score(level).items()
        for name, value in ((f"level_{id_}", one.level), (f"reason_{id_}", one.reason))
    }


# Meetings


def planned(by: User, *places: tuple[str, str], day: date | None = None) -> Meeting:
    return meetings.plan(by, day or clock.today(), places)


def opened(by: User, *places: tuple[str, str], present: tuple[str, ...] = ()) -> Meeting:
    """A meeting with its agenda."""
    made = planned(by, *places)
    return meetings.open_meeting(by, made.pk, seen_of(made), present)


def closed(meeting: Meeting) -> Meeting:
    return meetings.close(meeting.chair, meeting.pk, seen_of(meeting))


def seen_of(meeting: Meeting) -> Seen:
    """What somebody sees who opens the meeting now."""
    return Seen(Meeting.objects.get(pk=meeting.pk).version, meeting_queries.last_number(meeting))


def to(place: tuple[str, str] = ("SCD9", ""), *, account: User | None = None, days: int = 7) -> Assigned:
    """Who sees to a decision, by when."""
    place = (account.unit, account.borough) if account else place
    return Assigned(place, account, clock.today() + timedelta(days=days))


def decided(meeting: Meeting, operation: Operation, move: Move = Move.APPROVE, **other: object) -> Decision:
    given = {"reason": "it comes first", "assigned": to(), **other}
    return meetings.decide(meeting.chair, meeting.pk, seen_of(meeting), operation.key, seen(operation), move, **given)


def on_case(meeting: Meeting, referral, says: str = "Visit the flats.", **other: object) -> Decision:
    given = {"reason": "somebody may be there", "assigned": to(), **other}
    return meetings.task_case(meeting.chair, meeting.pk, seen_of(meeting), referral.reference, says, **given)


def decided_other(meeting: Meeting, says: str = "Ask for a second interpreter.", **other: object) -> Decision:
    given = {"reason": "one is not enough", "assigned": to(), **other}
    return meetings.decide_other(meeting.chair, meeting.pk, seen_of(meeting), says, **given)


def meeting_sent(meeting: Meeting, **fields: object) -> dict[str, object]:
    """A meeting's form as the page of now would send it."""
    there = seen_of(meeting)
    return {"version": there.version, "event": there.event, **fields}


def decision_sent(meeting: Meeting, operation: Operation | None = None, **fields: object) -> dict[str, object]:
    there = seen(operation) if operation else Seen(0, 0)
    return meeting_sent(
        meeting,
        **{
            "reason": "it comes first",
            "owner": "SCD9||",
            **day_parts("due_on", clock.today()),
            "operation_version": there.version,
            "operation_event": there.event,
            **fields,
        },
    )
