"""`palermo breaches`: what is overdue, and telling those it goes up to."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from palermo.web.audit.actors import Command
from palermo.web.commands import django_ready
from palermo.web.commands.importing import tables_ready

if TYPE_CHECKING:
    from palermo.web.duties.actions import Telling
    from palermo.web.duties.queries import Late

FAILED = 1


def breaches(as_json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False) -> None:
    """List what is overdue, and tell at once those whom each breach has gone up to and who were not told yet.

    A worker does the same every few minutes (`palermo work`). Both can be run at any time and any number of times:
    each step is told once. Of a restricted referral the list says no more than that something of it is overdue.

    Exit 0: done; 1: something could not be told, and is named; the next run tries it again.

    Examples:

    `palermo breaches`

    `palermo breaches --json`
    """
    django_ready()
    tables_ready()
    from palermo.web import clock
    from palermo.web.duties import actions, queries

    now = clock.now()
    telling = actions.tell_breaches(Command("command:breaches"), now)
    late = list(queries.everything_late(now))
    if as_json:
        print(json.dumps(document(telling, late, now), ensure_ascii=False, indent=2))
    else:
        show(telling, late)
    for reference in telling.failed:
        print(f"{reference}: its breaches could not be told; the log says why", file=sys.stderr, flush=True)
    raise typer.Exit(FAILED if telling.failed else 0)


def document(telling: Telling, late: list[Late], now: datetime) -> dict[str, object]:
    return {
        "at": moment(now),
        "told": [
            {
                "reference": one.clock.referral.reference,
                "to": one.to,
                "unit": one.unit,
                "borough": one.borough or None,
                "due": moment(one.due_at),
                "after": moment(one.after),
                "told": one.told,
            }
            for one in telling.told
        ],
        "failed": list(telling.failed),
        "overdue": [row(one) for one in late if one.work.referral.reference not in telling.failed],
    }


def row(late: Late) -> dict[str, object]:
    """One clock that has run out; of a restricted referral neither which clock it is nor what was done."""
    referral, (unit, borough) = late.work.referral, late.place
    last, following = late.standing.reached[-1:], late.standing.next
    return {
        "reference": referral.reference,
        "restricted": referral.restricted,
        "clock": None if referral.restricted else late.clock.clock,
        "unit": unit,
        "borough": borough or None,
        "due": moment(late.clock.due_at),
        "gone_up_to": last[0].to if last else None,
        "since": moment(last[0].after) if last else None,
        "next": following.to if following else None,
        "next_after": moment(following.after) if following else None,
        "answered": bool(late.answers),
    }


def moment(when: datetime) -> str:
    """In the force's own time zone."""
    from django.utils import timezone

    return timezone.localtime(when).isoformat()


def show(telling: Telling, late: list[Late]) -> None:
    """The same for reading: a line for each clock, and how many steps were told."""
    from palermo.web.layout import moment_words

    for one in late:
        if one.work.referral.reference in telling.failed:
            continue
        what = "restricted" if one.work.referral.restricted else one.clock.clock
        place = " ".join(part for part in one.place if part)
        reached = one.standing.reached
        gone = f"gone up to the {reached[-1].to}" if reached else "not gone up yet"
        print(f"{one.work.referral.reference}  {place}: due {moment_words(one.clock.due_at)}, {gone} ({what})")
    print(f"{len(late)} overdue; told now: {len(telling.told)}")
