"""`palermo remit`: whose referral is it, and is that always exactly one unit's?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from palermo.cli import replaying
from palermo.cli.calling import NO, AsJson, PackName, day_given, pack_named, refuse, say
from palermo.cli.lines import answer_each
from palermo.cli.showing import console, document, table
from palermo.domain.referral import FactsRefused, Problem
from palermo.domain.remit import NoOwner, OutsideRemit
from palermo.domain.remit.proof import Report, Worked
from palermo.packs import Pack, bank_holidays

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="Whose referral is it, and is that always exactly one unit's?",
)


@app.command()
def decide(
    file: Annotated[str, typer.Argument(help="Referral facts as JSON Lines; `-` is standard input.")] = "-",
    pack: PackName = "mps-2010",
    on: Annotated[
        str | None, typer.Option(metavar="DATE", help="Decide by the remit of this day, not of the day of receipt.")
    ] = None,
) -> None:
    """Decide who owns each referral: facts in, one decision a line out, in the same order.

    A line that cannot be decided is refused on standard error, with its number, the field and what to do; the others
    are decided. Lines with nothing on them are passed over.

    Exit 0: every line decided; 2: a line was refused, or the call was wrong.

    Examples:

        palermo remit decide referrals.jsonl > decisions.jsonl

        echo '{"id": "R1", "received": "2010-04-01", "age": "child"}' | palermo remit decide

        palermo sample | palermo remit decide --on 2010-03-31
    """
    policy = pack_named(pack)
    answer_each(file, deciding(policy, day_for(policy, on)))


def day_for(pack: Pack, on: str | None) -> date | None:
    """The day of the decisions where one is given; leaves with exit 2 where the pack has no remit that day."""
    if on is None:
        return None
    day = day_given("--on", on)
    try:
        pack.remit.at(day)
    except OutsideRemit as outside:
        refuse(f"--on {on}: {outside}")
    return day


def deciding(pack: Pack, on: date | None = None) -> Callable[[dict[str, Any]], str]:
    """What answers one line: the decision by this pack, as a line."""
    # one object for all lines: the engine keeps what it worked out for it
    free = bank_holidays()

    def decision(raw: dict[str, Any]) -> str:
        facts = pack.read_facts(raw)
        try:
            return pack.decide(facts, on, holidays=free).to_json()
        except (OutsideRemit, NoOwner) as outside:
            raise FactsRefused([Problem("received", raw.get("received"), (), str(outside))]) from None

    return decision


@app.command()
def check(
    source: Annotated[
        Path | None,
        typer.Argument(
            metavar="[IN]",
            help="Past referrals as Parquet or CSV, or a histogram: each gap and overlap says how many it holds.",
        ),
    ] = None,
    pack: PackName = "mps-2010",
    from_: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="The first day to look at; without it, the remit's.")
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="DATE", help="The last day to look at; without it, there is no last one."),
    ] = None,
    stated: Annotated[
        bool,
        typer.Option(
            "--stated", help="Only the rules that the source states: what it alone leaves to nobody, or to two."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Look for referrals that nobody owns, or two units: each gap and overlap, with its dates and a worked example.

    Every combination of facts is looked at on every day, so that nothing found means that there is nothing. The report
    gives periods as the pack does: `to` is the first day that a period does not hold any more.

    Exit 0: none; 1: there are some; 2: the call or the pack was wrong.

    Examples:

        palermo remit check

        palermo remit check --stated --from 2010-04-01 --json

        palermo remit check --stated referrals.parquet
    """
    start = day_given("--from", from_) if from_ is not None else None
    last = day_given("--to", to) if to is not None else None
    if start and last and last < start:
        refuse(f"--from {start} --to {last}: the last day is before the first; give a later one with --to")
    policy = pack_named(pack, proved=False)
    # periods are half-open: the last day looked at is the one before their end
    end = last + timedelta(days=1) if last else None
    history = replaying.dated_history(policy, source, *filter(None, (start, end))) if source else None
    report = policy.remit.check(stated=stated, start=start, end=end, history=history)
    if not report.intervals:
        refuse(f"--to {last}: the remit has no rules before {policy.remit.starts[0]}; give a later day")
    if start and start < policy.remit.starts[0]:
        say(f"The remit starts on {policy.remit.starts[0]}: there is nothing to look at before that day.")
    if as_json:
        print(document({"pack": policy.id, "pack_version": policy.version, **report.as_dict()}))
    else:
        show(report)
    if not report.ok:
        raise typer.Exit(NO)


def show(report: Report) -> None:
    out = console()
    which = ", only what the source states" if report.stated else ""
    sound = "every possible referral has exactly one owner" if report.ok else "not sound"
    out.print(f"{report.remit}{which}: {sound}")
    rows = [
        (
            one.period.words,
            one.rules,
            f"{one.profiles:,}",
            share(one.unowned, one.profiles),
            share(one.disputed, one.profiles),
        )
        for one in report.intervals
    ]
    numbers = ("rules", "profiles", "owned by nobody", "claimed by two")
    out.print(table(("days", *numbers), rows, right=numbers))
    sections: tuple[tuple[str, Iterator[str]], ...] = (
        ("Gaps: nobody owns these", (with_example(gap.says, gap.example) for gap in report.gaps)),
        ("Overlaps: two units claim these", (with_example(both.says, both.example) for both in report.overlaps)),
        ("Rules that never decide", (dead.says for dead in report.dead)),
        ("Notes", (lapse.says for lapse in report.lapses)),
    )
    for title, sentences in sections:
        found = list(sentences)
        if found:
            out.print(f"{title} ({len(found)})", *(f"  {words}" for words in found), sep="\n", soft_wrap=True)
            out.print()


def share(count: int, of: int) -> str:
    return f"{count:,} ({100 * count / of:.1f} %)"


def with_example(says: str, example: Worked) -> str:
    facts = json.dumps(example.facts, ensure_ascii=False)
    return f"{says}\n    Example, on {example.on}: {facts}"


replaying.register(app)
