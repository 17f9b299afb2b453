"""`palermo changeover`: every open case whose owner changes that day, rehearsed or handed over."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from palermo.domain.policy import PolicyFaults, is_day
from palermo.domain.units import NoOrganisation
from palermo.web.audit.actors import Command
from palermo.web.commands import django_ready
from palermo.web.commands.importing import tables_ready

if TYPE_CHECKING:
    from palermo.domain.changeover import Line, Place, Plan
    from palermo.domain.remit import Remit

REFUSED, WRONG = 1, 2


def changeover(
    on: Annotated[str, typer.Option(metavar="DATE", help="The first day of the new organisation or remit.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing; show what the night would do.")] = False,
    proposal: Annotated[
        Path | None, typer.Option(help="With --dry-run: lay this file's proposal over the remit first.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
) -> None:
    """Hand over every open case that the day's change leaves in the wrong hands, in one transaction.

    A case moves when its unit is not there any more, or when it stands where the remit had put it and the remit of the
    day names another unit. The receiving units accept as usual. Referrals received on the day or later are untouched.

    It is refused before the day has begun, after a later changeover, and where a case would be left without a unit that
    exists: such cases are named. It can be run again and finds what is left to do.

    Exit 0: done; 1: refused, and nothing is changed; 2: the call was wrong.

    Examples:

    `palermo changeover --on 2010-04-01 --dry-run`

    `palermo changeover --on 2010-04-01 --json`
    """
    try:
        day = date.fromisoformat(on)
    except ValueError:
        leave(WRONG, f"--on {on}: not a date; write it as year-month-day, such as 2010-04-01")
    if not is_day(day):
        leave(WRONG, f"--on {on}: no policy reaches that far")
    if proposal is not None and not dry_run:
        leave(WRONG, "--proposal: a proposal is not policy, and can only be rehearsed. Add --dry-run")
    if proposal is not None and not proposal.is_file():
        leave(WRONG, f"--proposal {proposal}: no such file")
    django_ready()
    tables_ready()
    try:
        raise typer.Exit(rehearsed(day, proposal, as_json) if dry_run else handed_over(day, as_json))
    except NoOrganisation as unknown:
        leave(WRONG, f"--on {on}: {unknown}")
    except PolicyFaults as faults:
        leave(WRONG, str(faults))


def rehearsed(day: date, proposal: Path | None, as_json: bool) -> int:
    from palermo.packs.proposals import propose
    from palermo.web import policy
    from palermo.web.cases import changeover as changing

    pack = policy.pack()
    remit: Remit | None = propose(pack, proposal)[1] if proposal else None
    plan = changing.rehearse(day, pack, remit)
    if as_json:
        show_json({"dry_run": True, "pack": pack.id, "pack_version": pack.version, **plan.as_dict()})
    else:
        show(plan, "would move")
    for line in plan.orphans:
        say(f"{line.case.reference}: {'restricted' if line.case.restricted else line.orphan}")
    return REFUSED if plan.orphans else 0


def handed_over(day: date, as_json: bool) -> int:
    from palermo.web.cases import changeover as changing

    try:
        outcome = changing.run(day, Command("command:changeover"))
    except changing.Refused as refused:
        if as_json:
            orphans = refused.plan.orphans if isinstance(refused, changing.Orphans) else ()
            document = {"refused": str(refused), "orphans": [line.case.reference for line in orphans]}
            show_json({"dry_run": False, "on": day.isoformat(), **document})
        leave(REFUSED, str(refused))
    certificate = outcome.changeover.certificate
    if as_json:
        show_json({"dry_run": False, "done": outcome.new, **outcome.plan.as_dict(), "certificate": certificate})
        return 0
    if not outcome.new:
        print(f"nothing to do: the changeover of {day} is done, and no case is in the wrong hands")
    else:
        show(outcome.plan, "moved")
    print(f"{certificate['says']}\ncertificate {certificate['hash']}")
    return 0


def show(plan: Plan, moved: str) -> None:
    """The plan for reading: the counts, a line a unit, and a line a case that is touched."""
    print(
        f"{plan.day}: {len(plan.lines)} open, {len(plan.moving)} {moved}, {len(plan.orphans)} without a unit, "
        f"{len(plan.disputed)} offered or handed back, {len(plan.overdue)} overdue, "
        f"{len(plan.running_out)} with a clock that runs out within two days"
    )
    for load in plan.loads:
        ends = "" if load.exists_after else ", not there any more"
        officers = ("not stated" if n is None else n for n in (load.officers_before, load.officers_after))
        print(
            f"  {load.unit}: {load.before} before, {load.after} after (loses {load.loses}, gains {load.gains}); "
            f"officers {' then '.join(str(n) for n in officers)}{ends}"
        )
    for line in plan.touched:
        print(f"{line.case.reference}  {told(line)}")


def told(line: Line) -> str:
    """What happens to one case, in words."""
    said = []
    if line.moves:
        rule = "" if line.case.restricted else f" (rule {line.rule})"
        said.append(f"{place(line.before)} to {place(line.after)}{rule}: {line.why}")
    if line.fate:
        asked = (line.asked.unit or "the supervisor, to settle it") if line.asked else ""
        said.append(f"its offer goes to {asked}." if asked else "its offer is withdrawn.")
    return " ".join(said)


def place(where: Place) -> str:
    unit, borough = where.unit, where.borough
    return f"{unit} {borough}" if borough else unit


def show_json(document: dict[str, object]) -> None:
    print(json.dumps(document, ensure_ascii=False, indent=2))


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def leave(code: int, what: str) -> NoReturn:
    say(what)
    raise typer.Exit(code)
