"""How is what is due and overdue shown? Words for rows; nothing is read here that `queries` has not given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse

from palermo.domain.clocks import COMMANDER
from palermo.web.cases.queries import OFFERED, unit_name
from palermo.web.cases.showing import capital
from palermo.web.duties.picture import Picture, Span, picture
from palermo.web.duties.queries import Late
from palermo.web.layout import moment_words, time_left

WHO = {"owner": "", OFFERED: "", "safeguarding": "", COMMANDER: "The commander"}
"""Who has to act on a clock, where that is not a unit that is named."""


@dataclass(frozen=True, slots=True)
class Line:
    """One clock in words."""

    late: Late
    whose: str
    tag: tuple[str, str]
    stands: str
    up: tuple[str, ...]
    href: str = ""


def line(late: Late, today: date, *, may_answer: bool) -> Line:
    """How a clock stands, who has heard of it, and where to say what is done about it."""
    clock = late.clock
    overdue = clock.met_at is None and clock.due_at < late.now
    reference = late.work.referral.reference
    return Line(
        late=late,
        whose=whose(late, today),
        tag=tag(late, overdue),
        stands=stands(late, overdue),
        up=tuple(going_up(late)),
        href=reverse("duties:answer", args=[reference, clock.pk]) if overdue and may_answer else "",
    )


def whose(late: Late, today: date) -> str:
    """Who has to act."""
    named = WHO.get(late.clock.holder, capital(late.clock.holder))
    return named or unit_name(late.pack, *late.place, today)


def tag(late: Late, overdue: bool) -> tuple[str, str]:
    if late.clock.met_at:
        return ("Ended", "govuk-tag--grey")
    return ("Overdue", "govuk-tag--red") if overdue else ("Running", "govuk-tag--blue")


def stands(late: Late, overdue: bool) -> str:
    clock = late.clock
    if clock.met_at is None:
        return capital(time_left(clock.due_at))
    after = ", after it was due" if clock.met_at > clock.due_at else ", in time"
    return f"{capital(clock.ended_because)}, {moment_words(clock.met_at)}{after}"


def going_up(late: Late) -> list[str]:
    """Who was told, who is to be told, and who comes next, each as a sentence without its end."""
    said = [f"Told {moment_words(one.told_at)}: {one.told}" for one in late.told]
    if late.clock.met_at:
        return said
    said += [f"Gone up to the {step.to}, who is about to be told" for step in late.untold]
    if following := late.standing.next:
        said.append(f"To the {following.to} after {moment_words(following.after)}")
    return said


def drawn(clocks: tuple[Late, ...], now: datetime) -> Picture | None:
    """The clocks as a picture."""
    spans = [Span(one.clock.label, one.clock.started_at, one.clock.due_at, one.clock.met_at) for one in clocks]
    return picture(spans, now)
