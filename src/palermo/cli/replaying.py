"""`palermo remit replay`, `compare` and their like: the remit over many referrals, and what a change of it moves."""

from __future__ import annotations

import csv
import io
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from palermo.analytics import disclosure
from palermo.cli.calling import NO, AsJson, PackName, day_given, pack_named, refuse, say
from palermo.cli.lines import of_problem
from palermo.cli.showing import console, document, table
from palermo.domain.policy import PolicyFaults, day_before, listed
from palermo.domain.remit import NoOwner, OutsideRemit, Remit, Rule
from palermo.domain.remit.compare import Comparison, Downgrade, Version, shared_cuts
from palermo.domain.remit.compare import compare as compared
from palermo.domain.remit.history import Histogram
from palermo.domain.remit.proof import Lapse
from palermo.domain.vocabulary import Vocabulary
from palermo.packs import Pack, propose
from palermo.packs.loader import find

# Parquet and CSV are read by a library that takes longer to load than a decision takes: it is loaded where it is used.

PATIENCE = 1.0
"""Seconds after which people are told how far it is."""

MOST_TOLD = 20
"""Kinds of wrong values that are told one by one."""

MOST_SHOWN = 15
"""Rows of a table on a terminal; the JSON has all."""

Referrals = Annotated[
    Path | None,
    typer.Argument(
        metavar="[IN]",
        help="Referrals as Parquet or CSV, or a histogram of them; without it, every possible profile counts once.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add these commands to `palermo remit`."""
    for name, command in (
        ("replay", replay),
        ("compare", compare),
        ("histogram", histogram),
        ("sunset", sunset),
        ("dmn", dmn),
        ("rules-csv", rules_csv),
        ("reread", reread),
    ):
        app.command(name)(command)


def replay(
    source: Annotated[Path, typer.Argument(metavar="IN", help="Referrals, one a row: .parquet or .csv.")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="Where to write them with their decisions.")],
    on: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Decide by the remit of this day, not of each row's day of receipt."),
    ] = None,
    pack: PackName = "mps-2010",
) -> None:
    """Decide millions of referrals: the same rows with owner, rule, nim_level and basis added to each.

    Columns are named as the facts of a referral; those that are left out are missing for every row, and columns that
    are no facts are passed on as they are. A column `profile` of stored profile numbers stands for all facts. Memory
    does not grow with the file, and OUT is written whole or not at all.

    Exit 0: every row decided; 2: a value, a column or the call was wrong, and nothing was written.

    Examples:

        palermo remit replay --on 2010-04-01 referrals.parquet decided.parquet

        palermo remit replay referrals.csv decided.csv
    """
    from palermo.packs.exchange import replays

    policy = pack_named(pack)
    day = day_given("--on", on) if on else None
    if source.resolve() == target.resolve():
        refuse(f"{target}: that is also the file to read; give OUT another name")
    with table_refused(source), Watch() as watch:
        try:
            read = replays.replay(policy, source, target, day, progress=watch)
        except OutsideRemit as outside:
            refuse(f"--on {on}: {outside}")
    say(f"{target}: {read.rows:,} referrals decided under {policy.id} {policy.version}")
    if read.lacking:
        missing = policy.vocabulary.missing
        told = [f"{name} {missing[name]}" if name in missing else f"no {name}" for name in read.lacking]
        say(f"No column tells, so for every row: {', '.join(told)}.")
    if read.passed:
        say(f"Passed on unread: {', '.join(read.passed)}.")


def histogram(
    source: Annotated[Path, typer.Argument(metavar="IN", help="Referrals, one a row: .parquet or .csv.")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="Where to write the counts: .parquet.")],
    pack: PackName = "mps-2010",
    cut: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DATE",
            help="A day on which a proposal would change rules; again for more. The remit's own days are always cuts.",
        ),
    ] = None,
) -> None:
    """Count referrals by profile and by the days between changes: all that `compare` and `sunset` need of the past.

    The file holds no referral, but it holds small counts: it is for analysts of the force, not for publication.

    Exit 0: written; 2: a value, a column or the call was wrong.

    Examples:

        palermo remit histogram referrals.parquet history.parquet

        palermo remit histogram referrals.csv history.parquet --cut 2010-10-01
    """
    from palermo.packs.exchange import histograms, replays

    policy = pack_named(pack)
    days = {day_given("--cut", text) for text in cut or ()}
    if early := [day for day in sorted(days) if day < policy.remit.start]:
        refuse(f"--cut {early[0]}: the remit starts on {policy.remit.start}; give a later day")
    if target.suffix.lower() not in (".parquet", ".pq"):
        refuse(f"{target}: counts are written as Parquet; give a name that ends in .parquet")
    with table_refused(source), Watch() as watch:
        found = replays.count(policy, source, sorted({*policy.remit.starts, *days}), dated=True, progress=watch)
        written = histograms.write(found, target)
    say(f"{target}: {found.total:,} referrals in {written:,} counts. Small ones are in it: not for publication.")


def compare(
    source: Referrals = None,
    on: Annotated[
        list[str] | None,
        typer.Option(metavar="DATE", help="The day before, and given again, the day after; once, one day for both."),
    ] = None,
    pack: Annotated[
        list[str] | None,
        typer.Option(metavar="PACK", help="The pack (mps-2010), and given again, the one to compare it with."),
    ] = None,
    proposal: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="A proposal to lay over the pack: a file, or the name of one of the pack's."),
    ] = None,
    as_json: AsJson = False,
    export: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Also write the matrix for others, small counts protected.")
    ] = None,
    smallest_shown: Annotated[
        int, typer.Option(help="With --export: hold back counts below this.")
    ] = disclosure.SMALLEST_SHOWN,
    round_to: Annotated[int, typer.Option(help="With --export: round all other counts to this.")] = disclosure.ROUND_TO,
) -> None:
    """Who gains and loses what between two days, between two packs, or with a proposal?

    Without IN every possible profile counts once: that shows what can change, not how often it does.

    Exit 0: compared, whether or not anything moves; 2: the call, a file, a pack or the proposal was wrong.

    Examples:

        palermo remit compare --on 2010-03-31 --on 2010-04-01

        palermo remit compare --on 2010-03-31 --on 2010-04-01 history.parquet --export moves.csv

        palermo remit compare --proposal swale-golf referrals.parquet --json
    """
    before, after, policy, names = versions(on or [], pack or [], proposal)
    check_release(export, smallest_shown, round_to)
    alike(before.remit.vocabulary, after.remit.vocabulary)
    history = past(policy, source, (before, after)) if source else None
    try:
        found = compared(before, after, history)
    except ValueError as lacking:
        cuts = " ".join(f"--cut {day}" for day in shared_cuts(before, after)[1:])
        refuse(f"{source}: {lacking}: palermo remit histogram … {cuts}")
    if export:
        write_released(found, export, smallest_shown, round_to)
    finding = Examples(found)
    examples = [finding.of(move.before, move.after) for move in found.by_rule]
    if as_json:
        print(document(as_dict(found, examples, policy, names)))
    else:
        show(found, examples, names)


def versions(on: list[str], packs: list[str], proposal: str | None) -> tuple[Version, Version, Pack, tuple[str, str]]:
    """The two remits to compare, the pack whose words referrals are read in, and what to call the two."""
    if len(on) > 2 or len(packs) > 2:
        refuse("two are compared: give --on at most twice, and --pack at most twice")
    if len(packs) == 2 and proposal:
        refuse("give a second --pack or a --proposal, not both")
    if len(on) < 2 and len(packs) < 2 and not proposal:
        refuse("nothing to compare with: give --on twice, --pack twice, or a --proposal")
    days = [day_given("--on", text) for text in on]
    first, last = (days[0], days[-1]) if days else (None, None)
    policy = pack_named(packs[0] if packs else "mps-2010")
    other, name = policy.remit, policy.id
    if len(packs) == 2:
        second = pack_named(packs[1])
        other, name = second.remit, second.id
    if proposal:
        other = proposed(policy, packs[0] if packs else policy.id, proposal)
        name = f"{policy.id} with the proposal"
    names = f"{policy.id} on {first}" if first else policy.id, f"{name} on {last}" if last else name
    return held(policy.remit, first), held(other, last), policy, names


def held(remit: Remit, day: date | None) -> Version:
    try:
        return Version(remit) if day is None else remit.at(day)
    except OutsideRemit as outside:
        refuse(f"--on {day}: {outside}")


def proposed(policy: Pack, which: str, name: str) -> Remit:
    """The remit with a proposal; leaves with exit 2 and all its faults where it does not hold together."""
    folder = find(which) / "proposals"
    path = Path(name)
    if not path.suffix and not path.exists():
        path = folder / f"{name}.toml"
    if not path.is_file():
        there = ", ".join(sorted(one.stem for one in folder.glob("*.toml"))) or "none"
        refuse(f"--proposal {name}: no such file; proposals of this pack: {there}")
    try:
        proposal, remit = propose(policy, path)
    except PolicyFaults as faults:
        refuse(str(faults))
    say(f"{proposal.title or path.name}, from {proposal.effective}")
    return remit


def alike(ours: Vocabulary, theirs: Vocabulary) -> None:
    """Leave with exit 2 and the reasons where profiles of the one are not those of the other."""
    if ours.hash == theirs.hash:
        return
    says = []
    for names, others, which in (
        (ours.by_name, theirs.by_name, "the first"),
        (theirs.by_name, ours.by_name, "the second"),
    ):
        if only := [name for name in names if name not in others]:
            says.append(f"only {which} asks for {listed(only)}")
    for field in ours.fields:
        other = theirs.by_name.get(field.name)
        if other and (field.values, field.missing) != (other.values, other.missing):
            says.append(f"{field.name} is one of {', '.join(field.values)}, or of {', '.join(other.values)}")
    if not says:
        says.append("they have another version, or another order of fields")
    refuse(f"these packs cannot be compared, as they see other things in a referral: {'; '.join(says)}")


def past(policy: Pack, source: Path, both: tuple[Version, Version]) -> Histogram:
    """The history in a file, of counts or of referrals, as these two versions need it."""
    from palermo.packs.exchange import histograms, replays

    with table_refused(source), Watch() as watch:
        if histograms.is_histogram(source):
            return histograms.read(source, policy.vocabulary)
        # where both are held fast at a day, it does not matter when a referral came
        dated = any(version.day is None for version in both)
        return replays.count(policy, source, shared_cuts(*both), dated=dated, progress=watch)


def dated_history(policy: Pack, source: Path, *days: date) -> Histogram:
    """The history in a file, of counts or of referrals, cut on every day on which rules change, and on these days."""
    from palermo.packs.exchange import histograms, replays

    starts = policy.remit.starts
    cuts = sorted({*starts, *(day for day in days if day > starts[0])})
    with table_refused(source), Watch() as watch:
        if not histograms.is_histogram(source):
            return replays.count(policy, source, cuts, dated=True, progress=watch)
        found = histograms.read(source, policy.vocabulary)
    if lacking := [day for day in cuts if day not in found.cuts]:
        asked = " ".join(f"--cut {day}" for day in lacking if day not in starts)
        again = f": palermo remit histogram … {asked}" if asked else " with this pack"
        refuse(f"{source}: it is not cut on {listed([str(day) for day in lacking])}; count it again{again}")
    return found


def as_dict(
    found: Comparison, examples: list[dict[str, str]], policy: Pack, names: tuple[str, str]
) -> dict[str, object]:
    whole = found.as_dict()
    moves: Any = whole["by_rule"]
    whole["by_rule"] = [{**move, "example": facts} for move, facts in zip(moves, examples, strict=True)]
    about = {"pack": policy.id, "pack_version": policy.version, "before": names[0], "after": names[1]}
    return {**about, **{key: value for key, value in whole.items() if key not in about}}


class Examples:
    """Finds facts that move from one rule to another: those of the most referrals, and of them the fewest."""

    def __init__(self, found: Comparison) -> None:
        self.found = found
        vocabulary = found.history.vocabulary
        # how many facts of each profile are not simply missing
        self.told = np.zeros(vocabulary.sizes, dtype=np.int8)
        for place, field in enumerate(vocabulary.fields):
            axis = np.array([value != field.missing for value in field.values], dtype=np.int8)
            self.told += axis.reshape([-1 if n == place else 1 for n in range(len(vocabulary.sizes))])
        self.told = self.told.reshape(-1)

    def of(self, before: Rule, after: Rule) -> dict[str, str]:
        was, will = self.found.before.remit, self.found.after.remit
        old, new = was.rules.index(before), will.rules.index(after)
        moving = np.zeros(len(self.told), dtype=np.int64)
        for period, (profiles, counts) in zip(self.found.history.periods, self.found.history.occurring, strict=True):
            if period.start is not None:
                here = self.found.before.winners(period.start)[profiles] == old
                here &= self.found.after.winners(period.start)[profiles] == new
                moving[profiles[here]] += counts[here]
        most = np.flatnonzero(moving == moving.max())
        chosen = int(most[np.argmin(self.told[most])])
        return was.facts_of(chosen)


def show(found: Comparison, examples: list[dict[str, str]], names: tuple[str, str]) -> None:
    out = console()
    what = "referrals"
    if not found.counted:
        spans = len(found.history.periods)
        each = f", each once in each of {spans} spans of days" if spans > 1 else ""
        what = f"possible profiles (no referrals were given{each})"
    out.print(f"From {names[0]} to {names[1]}: {found.moved:,} of {found.total:,} {what} move.", soft_wrap=True)
    befores = list(dict.fromkeys(was for was, _ in found.matrix))
    afters = list(dict.fromkeys(will for _, will in found.matrix))
    rows = [
        (was, *(f"{found.matrix[was, will]:,}" if (was, will) in found.matrix else "" for will in afters))
        for was in sorted(befores)
    ]
    out.print(table(("from \\ to", *afters), rows, title="Owners, before and after", right=afters))
    moves = [
        (
            f"{move.before.id} ({move.before.owner})",
            f"{move.after.id} ({move.after.owner})",
            f"{move.referrals:,}",
            facts,
        )
        for move, facts in zip(found.by_rule, examples, strict=True)
    ]
    if moves:
        shown = [(was, will, count, in_words(facts)) for was, will, count, facts in moves[:MOST_SHOWN]]
        out.print(table(("by rule", "then by", "count", "for example"), shown, title="Moves", right=("count",)))
        if len(moves) > MOST_SHOWN:
            out.print(f"and {len(moves) - MOST_SHOWN} more; --json has all of them")
    if downs := found.downgrades:
        out.print(f"Moves to a less specialised unit ({len(downs)}):")
        for down in downs[:MOST_SHOWN]:
            out.print(f"  {of_downgrade(found, down)}", soft_wrap=True)
        if len(downs) > MOST_SHOWN:
            out.print(f"  and {len(downs) - MOST_SHOWN} more; --json has all of them")
    elif found.moved:
        out.print("Nothing moves to a less specialised unit.")


def of_downgrade(found: Comparison, down: Downgrade) -> str:
    box = found.before.remit.vocabulary.words(down.box)
    past = f", {down.referrals:,} past referrals" if found.counted else ""
    when = "" if found.before.day and found.after.day else f" {down.period.words}"
    return f"{down.before} to {down.after}{when}: {box} ({down.profiles:,} profiles{past})"


def in_words(facts: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in facts.items()) or "nothing known"


def check_release(export: Path | None, smallest_shown: int, round_to: int) -> None:
    if round_to < 1 or smallest_shown < 0:
        refuse(f"--round-to {round_to} --smallest-shown {smallest_shown}: give 1 or more, and 0 or more")
    if export and export.suffix.lower() != ".csv":
        refuse(f"--export {export}: the matrix is written as CSV; give a name that ends in .csv")


def write_released(found: Comparison, path: Path, smallest_shown: int, round_to: int) -> None:
    """Write the matrix of owners as it may leave: one line for each move that the two remits can make at all.

    Moves by rule are not in it: they would be a second table of the same people, and differences between the two would
    give counts away.
    """
    from palermo.packs.exchange.columns import put_in_place

    if found.counted:
        possible = compared(found.before, found.after)
        released = disclosure.release(
            {pair: found.matrix.get(pair, 0) for pair in possible.matrix},
            smallest_shown=smallest_shown,
            round_to=round_to,
        )
        cells, note = released.cells, released.says
    else:
        cells, note = dict(found.matrix), "Possible profiles, not referrals: nothing is held back."
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow(("from", "to", "count"))
    for was, will in sorted(cells):
        count = cells[was, will]
        writer.writerow((was or "all", will or "all", HELD_BACK if count is None else count))
    try:
        with put_in_place(path) as part:
            part.write_text(lines.getvalue(), encoding="utf-8", newline="")
    except OSError as failed:
        refuse(f"{path}: {failed.strerror}; give a place that can be written to")
    say(f"{path}: {note} A count held back is written {HELD_BACK}.")


HELD_BACK = "[c]"
"""The sign for confidential that official statistics use."""


def sunset(
    source: Referrals = None,
    pack: PackName = "mps-2010",
    as_json: AsJson = False,
) -> None:
    """What ends, when, and who inherits it? Every rule that lapses, with the units and rules that take over.

    With IN, also how many past referrals each rule decided, and where such referrals would go from then on.

    Exit 0: done; 2: a file or the call was wrong.

    Examples:

        palermo remit sunset

        palermo remit sunset referrals.parquet --json
    """
    policy = pack_named(pack)
    history = dated_history(policy, source) if source else None
    report = policy.remit.check(history=history)
    found = [Sunset(policy.remit, lapse, history) for lapse in report.lapses]
    if as_json:
        about = {"pack": policy.id, "pack_version": policy.version, "counts": "referrals" if source else "profiles"}
        print(document({**about, "ends": [one.as_dict() for one in found]}))
        return
    out = console()
    if not found:
        out.print("No rule of this pack ends without an heir of its own.")
    for day in dict.fromkeys(one.lapse.day for one in found):
        these = [one for one in found if one.lapse.day == day]
        gone = sorted({one.lapse.rule.owner for one in these if one.last})
        out.print(
            f"On {day}" + (f": from then {listed(gone)} {'owns' if len(gone) == 1 else 'own'} nothing" if gone else "")
        )
        rows = [row for one in these for row in one.rows()]
        columns = ("rule ends", "of", "goes to", "by", "profiles", *(("past referrals",) if source else ()))
        out.print(table(columns, rows, right=("profiles", "past referrals")))


class Sunset:
    """A rule that lapses, with what it decided by the unit that inherits it."""

    def __init__(self, remit: Remit, lapse: Lapse, history: Histogram | None) -> None:
        self.lapse = lapse
        self.past = inherited(remit, lapse, history) if history else {}
        later = [rule for rule in remit.rules if rule.owner == lapse.rule.owner]
        self.last = all(rule.period.end is not None and rule.period.end <= lapse.day for rule in later)

    def rows(self) -> Iterator[tuple[object, ...]]:
        """A line for each heir; the rule on the first of them."""
        rule = self.lapse.rule
        for place, (owner, ids, profiles) in enumerate(self.lapse.heirs):
            first = (rule.id, rule.owner) if not place else ("", "")
            past = (f"{self.past.get(owner, 0):,}",) if self.lapse.past is not None else ()
            yield *first, owner, listed(ids), f"{profiles:,}", *past

    def as_dict(self) -> dict[str, object]:
        rule = self.lapse.rule
        counted = self.lapse.past is not None
        return {
            "on": self.lapse.day.isoformat(),
            "rule": rule.id,
            "owner": rule.owner,
            "owns_nothing_after": self.last,
            "sources": list(rule.cites),
            "past": self.lapse.past,
            "heirs": [
                {
                    "owner": owner,
                    "rules": list(ids),
                    "profiles": profiles,
                    "past": self.past.get(owner, 0) if counted else None,
                }
                for owner, ids, profiles in self.lapse.heirs
            ],
            "says": self.lapse.says,
        }


def inherited(remit: Remit, lapse: Lapse, history: Histogram) -> dict[str, int]:
    """Of the past referrals that a rule decided, how many each heir would have from the day it ends."""
    before = remit.on(day_before(lapse.day)).winners
    after = remit.on(lapse.day).winners
    # the same profiles and days that the engine counts for a lapse
    profiles = np.flatnonzero(before == remit.rules.index(lapse.rule))
    counted = np.zeros(len(profiles), dtype=np.int64)
    for span, counts in zip(history.periods, history.counts, strict=True):
        if span.start is not None and span.start < lapse.day and span.start in lapse.rule.period:
            counted += counts[profiles]
    found: dict[str, int] = {}
    for number in np.unique(after[profiles]).tolist():
        owner = remit.rules[number].owner
        found[owner] = found.get(owner, 0) + int(counted[after[profiles] == number].sum())
    return found


def dmn(
    target: Annotated[Path, typer.Argument(metavar="OUT.dmn", help="Where to write the decision table.")],
    on: Annotated[str, typer.Option(metavar="DATE", help="The day whose remit is written.")],
    pack: PackName = "mps-2010",
) -> None:
    """Write the remit of a day as a DMN 1.3 decision table: rows that never overlap and leave nothing out.

    Each row has its rule, basis and paragraphs as annotations. `palermo remit reread` reads such a table back.

    Exit 0: written; 2: the call was wrong.

    Example:

        palermo remit dmn --on 2010-04-01 owner.dmn
    """
    from palermo.packs.exchange import dmn as dmn_files

    policy = pack_named(pack)
    day = day_within(policy, on)
    write_text(target, ".dmn", dmn_files.write(policy, day))


def rules_csv(
    target: Annotated[Path, typer.Argument(metavar="OUT.csv", help="Where to write the rows.")],
    on: Annotated[str, typer.Option(metavar="DATE", help="The day whose remit is written.")],
    pack: PackName = "mps-2010",
) -> None:
    """Write the remit of a day for a spreadsheet: rows that never overlap and leave nothing out.

    `palermo remit reread` reads such a file back.

    Exit 0: written; 2: the call was wrong.

    Example:

        palermo remit rules-csv --on 2010-04-01 owner.csv
    """
    from palermo.packs.exchange import sheet

    policy = pack_named(pack)
    day = day_within(policy, on)
    write_text(target, ".csv", sheet.write(policy, day))


def reread(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="A decision table: .dmn or .csv.")],
    on: Annotated[str, typer.Option(metavar="DATE", help="The day whose remit it is held against.")],
    pack: PackName = "mps-2010",
) -> None:
    """Read a decision table back, prove it, and say where it differs from the remit of a day.

    A table with rows that overlap, or that leaves something out, is refused with what is wrong.

    Exit 0: the same owner for every possible referral; 1: others, and where; 2: the table or the call was wrong.

    Example:

        palermo remit reread --on 2010-04-01 owner.dmn
    """
    from palermo.packs.exchange import dmn as dmn_files
    from palermo.packs.exchange import sheet
    from palermo.packs.exchange.rows import TableRefused

    policy = pack_named(pack)
    day = day_within(policy, on)
    readers = {".dmn": dmn_files.read, ".csv": sheet.read}
    read = readers.get(source.suffix.lower())
    if read is None:
        refuse(f"{source}: the name must end in {listed(list(readers), 'or')}, so that its kind is known")
    try:
        found = read(source.read_bytes(), policy)
    except OSError as failed:
        refuse(f"{source}: {failed.strerror}; give a file that can be read")
    except TableRefused as refused:
        refuse("\n".join(f"{source}: {says}" for says in refused.says))
    differing = found.differing(policy, day)
    for says in differing:
        print(says)
    if differing:
        raise typer.Exit(NO)
    print(f"{len(found.rows)} rows: the same owner as {policy.id} on {day} for all {policy.vocabulary.size:,} profiles")


def day_within(policy: Pack, on: str) -> date:
    day = day_given("--on", on)
    held(policy.remit, day)
    return day


def write_text(path: Path, suffix: str, text: str) -> None:
    from palermo.packs.exchange.columns import put_in_place

    if path.suffix.lower() != suffix:
        refuse(f"{path}: give a name that ends in {suffix}")
    try:
        with put_in_place(path) as part:
            part.write_text(text, encoding="utf-8", newline="")
    except OSError as failed:
        refuse(f"{path}: {failed.strerror}; give a place that can be written to")
    say(f"written: {path}")


@contextmanager
def table_refused(source: Path) -> Iterator[None]:
    """Leave with exit 2, and say all that is wrong with a table."""
    from palermo.packs.exchange.columns import ColumnsRefused, ValuesRefused

    try:
        yield
    except ColumnsRefused as refused:
        told = [f"{source}: {says}" for says in refused.says[:MOST_TOLD]]
        if len(refused.says) > MOST_TOLD:
            told.append(f"{source}: and {len(refused.says) - MOST_TOLD:,} more like these")
        refuse("\n".join(told))
    except ValuesRefused as refused:
        for kind in refused.kinds[:MOST_TOLD]:
            again = f" (and in {kind.rows - 1:,} more rows)" if kind.rows > 1 else ""
            say(f"{source}: row {kind.row:,}: {of_problem(kind.problem)}{again}")
        if more := sum(kind.rows for kind in refused.kinds[MOST_TOLD:]) + refused.more:
            say(f"{source}: and {more:,} more wrong values")
        refuse(f"{source}: nothing was decided; correct these values, row 1 being the first below the names")
    except NoOwner as nobody:
        refuse(str(nobody))
    except OSError as failed:
        if failed.filename is None and failed.strerror is None:
            refuse(f"{source}: {failed}")
        refuse(f"{failed.filename or source}: {failed.strerror}; give a file that can be read, and room to write")


class Watch:
    """Tells people how far it is, where it takes longer than a moment."""

    def __init__(self) -> None:
        self.start = time.monotonic()
        self.told = 0.0

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *error: Any) -> None:
        if self.told and sys.stderr.isatty():
            print(file=sys.stderr)

    def __call__(self, rows: int, of: int | None) -> None:
        passed = time.monotonic() - self.start
        if passed - self.told < PATIENCE:
            return
        self.told = passed
        share = f" of {of:,}" if of else ""
        words = f"{rows:,}{share} rows, {passed:.0f} s"
        print(f"\r{words}" if sys.stderr.isatty() else words, end="" if sys.stderr.isatty() else "\n", file=sys.stderr)
