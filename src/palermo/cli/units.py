"""`palermo units`: which units are there on a day, and what became of the others?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from palermo.cli.calling import AsJson, PackName, day_given, pack_named, refuse
from palermo.cli.showing import console, document, table
from palermo.domain.policy import listed
from palermo.domain.units import Branch, NoOrganisation, Organisation, UnitOnDay


def units(
    on: Annotated[str, typer.Option(metavar="DATE", help="The day.")],
    pack: PackName = "mps-2010",
    as_json: AsJson = False,
) -> None:
    """Show the organisation of a day: units, functions, officers and staff, and what became of the others.

    A number that the source does not state is left empty; it is not 0.

    Exit 0: done; 2: the call was wrong, or the organisation is not known that day.

    Examples:

        palermo units --on 2010-03-31

        palermo units --on 2010-04-01 --json
    """
    day = day_given("--on", on)
    policy = pack_named(pack)
    try:
        found = policy.units.on(day)
    except NoOrganisation as unknown:
        refuse(f"--on {on}: {unknown}")
    if as_json:
        print(document({"pack": policy.id, "pack_version": policy.version, **found.as_dict()}))
    else:
        show(found)


def show(found: Organisation) -> None:
    out = console()
    rows = [row for top in found.tree() for row in lines(top, 0)]
    numbers = ("officers", "staff")
    out.print(table(("unit", "name", *numbers, "led by", "source"), rows, title=f"On {found.day}", right=numbers))
    posts = [(post.title, post.unit, listed(post.leads), listed(post.cites)) for post in found.posts]
    if posts:
        out.print(table(("post", "at", "answers for", "source"), posts, title="Posts"))
    gone = [(one.id, one.name, one.since, one.became, listed(one.cites)) for one in found.gone]
    if gone:
        out.print(table(("unit", "name", "gone since", "what became of it", "source"), gone, title="Gone"))
    coming = [(one.id, one.name, one.on, one.predecessor, listed(one.cites)) for one in found.to_come]
    if coming:
        out.print(table(("unit", "name", "from", "comes from", "source"), coming, title="To come"))


def lines(branch: Branch, depth: int) -> Iterator[tuple[object, ...]]:
    """The unit, its functions, and the units beneath it; those that differ in their name alone on one line."""
    unit = branch.unit
    indent = "  " * depth
    led = listed([post.title for post in unit.led_by])
    yield f"{indent}{unit.id}", unit.name, unit.officers, unit.staff, led, listed(unit.unit.cites)
    for function in unit.functions:
        yield f"{indent}  · {function.id}", function.name, function.officers, None, None, None
    alike = [child for child in branch.beneath if is_plain(child)]
    for child in branch.beneath:
        if child not in alike or len(alike) < MANY:
            yield from lines(child, depth + 1)
    if len(alike) >= MANY:
        names = listed([child.unit.name for child in alike])
        yield f"{indent}  {len(alike)} {alike[0].unit.kind}s", names, None, None, None, None


MANY = 5
"""So many units with nothing but a name are told in one line."""


def is_plain(branch: Branch) -> bool:
    unit: UnitOnDay = branch.unit
    return not (branch.beneath or unit.functions or unit.led_by or unit.officers or unit.staff)
