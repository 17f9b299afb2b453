"""`palermo sample`: invented referrals, to look at, to practise on and to test with."""

from __future__ import annotations

import csv
import io
import json
from enum import StrEnum
from typing import Annotated

import typer

from palermo.cli.calling import PackName, pack_named, refuse, say
from palermo.cli.lines import Answers
from palermo.domain.policy import PolicyFaults
from palermo.packs.sampling import PERSON, Sample, read_sampling

FEW, MANY = 1, 1_000_000


class Format(StrEnum):
    """How they are written down."""

    JSONL = "jsonl"
    CSV = "csv"


def sample(
    count: Annotated[int, typer.Option(help="How many referrals.", min=FEW, max=MANY)] = 700,
    seed: Annotated[
        int | None, typer.Option(help="The same seed gives the same referrals; without it, the pack's own.", min=0)
    ] = None,
    pack: PackName = "mps-2010",
    format: Annotated[Format, typer.Option(help="One JSON object a line, or a table.")] = Format.JSONL,
    whole: Annotated[
        bool, typer.Option("--whole", help="Everything: body, person, account and elements beside the facts.")
    ] = False,
) -> None:
    """Referrals that are made up: nobody in them exists. In shares that follow published counts.

    Examples:

        palermo sample | palermo remit decide -

        palermo sample --count 50 --seed 7 --whole --format csv
    """
    loaded = pack_named(pack)
    try:
        sampling = read_sampling(loaded, pack)
    except PolicyFaults as faults:
        refuse(str(faults))
    seed = sampling.seed if seed is None else seed
    made = sampling.samples(count, seed)
    with Answers() as answers:
        if format is Format.JSONL:
            for one in made:
                answers.add(json.dumps(one.as_dict() if whole else one.as_facts(), ensure_ascii=False))
        else:
            for line in table_lines([cells(one, whole) for one in made]):
                answers.add(line)
    say(f"{count:,} invented referrals of {sampling.start} to {sampling.end} (before that day); seed {seed}.")


def table_lines(rows: list[dict[str, object]]) -> list[str]:
    """The lines of a CSV file, the names of its columns first. No cell has a line break in it."""
    written = io.StringIO()
    table = csv.DictWriter(written, list(rows[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return written.getvalue().splitlines()


def cells(one: Sample, whole: bool) -> dict[str, object]:
    """A row of a table, in the columns of `palermo import`: what is not known is empty, lists have semicolons."""
    if not whole:
        return {name: cell(value) for name, value in one.as_facts().items()}
    first = one.people[0] if one.people else {}
    found = {
        **one.as_facts(),
        "received": f"{one.received} {one.at:%H:%M}",
        "referring_body": one.referring_body,
        "first_responder": one.first_responder,
        "account": one.account,
        **one.elements,
        **{name: first.get(name, "") for name in PERSON},
    }
    return {name: cell(value) for name, value in found.items()}


def cell(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ";".join(value)
    return "" if value is None else value
