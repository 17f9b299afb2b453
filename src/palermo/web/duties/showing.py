"""How is what is due and first known shown? Words for rows; nothing is read here that `queries` has not given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse

from palermo.domain.clocks import COMMANDER, SUPERVISOR
from palermo.web.cases.queries import ASKED, OFFERED, unit_name
from palermo.web.cases.showing import capital
from palermo.web.duties.picture import Picture, Span, picture
from palermo.web.duties.queries import Allegation, ClockPause, Known, Late, Measured
from palermo.web.layout import moment_words, time_left

WHO = {"owner": "{unit}", OFFERED: "{unit}", ASKED: "{unit}", "safeguarding": "{unit}"}
WHO |= {SUPERVISOR: "The supervisor, {unit}", COMMANDER: "The commander"}
"""Who has to act on a clock, by its holder; of any other holder the word itself."""


@dataclass(frozen=True, slots=True)
class Line:
    """One clock in words."""

    late: Late
    whose: str
    tag: tuple[str, str]
    stands: str
    pauses: tuple[str, ...]
    up: tuple[str, ...]
    href: str = ""


def line(late: Late, today: date, *, may_answer: bool) -> Line:
    """How a clock stands, who has heard of it, and where to say what is done about it."""
    about = [late.work.referral.reference, late.clock.pk]
    return Line(
        late=late,
        whose=whose(late, today),
        tag=tag(late),
        stands=stands(late),
        pauses=tuple(paused(one) for one in late.pauses),
        up=tuple(going_up(late)),
        href=reverse("duties:answer", args=about) if late.overdue and may_answer else "",
    )


def whose(late: Late, today: date) -> str:
    """Who has to act."""
    who = WHO.get(late.clock.holder, capital(late.clock.holder))
    return who.format(unit=unit_name(late.pack, *late.place, today))


def tag(late: Late) -> tuple[str, str]:
    if late.clock.met_at:
        return ("Ended", "govuk-tag--grey")
    if not late.runs:
        return ("Paused", "govuk-tag--yellow")
    return ("Overdue", "govuk-tag--red") if late.overdue else ("Running", "govuk-tag--blue")


def stands(late: Late) -> str:
    clock = late.clock
    if late.runs:
        return capital(time_left(clock.due_at))
    if clock.met_at is None:
        return "It stands still, and nobody is late"
    after = ", after it was due" if clock.met_at > clock.due_at else ", in time"
    return f"{capital(clock.ended_because)}, {moment_words(clock.met_at)}{after}"


def paused(pause: ClockPause) -> str:
    """From when until when it stood still, and why."""
    until = f" to {moment_words(pause.ended_at)}" if pause.ended_at else ""
    return f"Paused {moment_words(pause.at)}{until}: {pause.reason}"


def going_up(late: Late) -> list[str]:
    """Who was told, who is to be told, and who comes next, each as a sentence without its end."""
    said = [f"Told {moment_words(one.told_at)}: {one.told}" for one in late.told]
    if not late.runs:
        return said
    said += [f"Gone up to the {step.to}, who is about to be told" for step in late.untold]
    if following := late.standing.next:
        said.append(f"To the {following.to} after {moment_words(following.after)}")
    return said


def drawn(clocks: tuple[Late, ...], now: datetime) -> Picture | None:
    """The clocks as a picture."""
    return picture([span(one) for one in clocks], now)


def span(late: Late) -> Span:
    clock = late.clock
    pauses = tuple((one.at, one.ended_at) for one in late.pauses)
    return Span(clock.label, clock.started_at, clock.due_at, clock.met_at, pauses)


# Since when the force has known


@dataclass(frozen=True, slots=True)
class DutyLine:
    """A clock that is measured from the first credible allegation, in words."""

    label: str
    due: str
    tag: tuple[str, str]
    says: str


def duty(one: Measured, now: datetime) -> DutyLine:
    """How such a clock stands, or how it ended, measured from there."""
    clock = one.clock
    due = moment_words(one.fit.due) if one.fit else "Not due on the facts as they are now"
    if clock.met_at is None:
        tag = ("Overdue", "govuk-tag--red") if clock.due_at < now else ("Running", "govuk-tag--blue")
        return DutyLine(clock.label, due, tag, capital(time_left(clock.due_at)))
    says = f"{capital(clock.ended_because)}, {moment_words(clock.met_at)}"
    if one.in_time is None:
        return DutyLine(clock.label, due, ("Ended", "govuk-tag--grey"), says)
    tag = ("In time", "govuk-tag--green") if one.in_time else ("Not in time", "govuk-tag--red")
    kept = clock.due_at >= clock.met_at
    if kept and not one.in_time:
        says += f". By the referral alone it was due {moment_words(clock.due_at)}, and was in time"
    return DutyLine(clock.label, due, tag, says)


def entries(known: Known) -> list[Allegation | None]:
    """What reached the force, in the order in which it did; None stands for the referral itself."""
    received = known.work.referral.received_at
    before = [one for one in known.allegations if one.reached_at < received]
    return [*before, None, *known.allegations[len(before) :]]
