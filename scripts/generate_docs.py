"""Write docs/reference: what the command line knows, and what each pack of policy says, printed from the code itself.

    python scripts/generate_docs.py            writes the pages that are not as they should be
    python scripts/generate_docs.py --check    writes nothing; names those pages and exits 1 if there are any

The same code and packs give the same bytes on any machine.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import typer.main

from palermo.cli.figures import value_of
from palermo.domain.access import Act, Custody, Role, Viewer, may
from palermo.domain.casework import SETTLED, TAKEN_ON, Move, Outcome, State
from palermo.domain.operations import life, meetings
from palermo.domain.policy import Period, listed
from palermo.domain.vocabulary import Condition, Vocabulary
from palermo.main import app
from palermo.packs import Pack, available, load

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "reference"
GENERATED = "<!-- Written by scripts/generate_docs.py from the code: `make fix` writes it again. -->\n"


def main(arguments: Sequence[str]) -> int:
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    wanted = {REFERENCE / name: text for name, text in pages()}
    there = {path for path in REFERENCE.rglob("*") if path.is_file()}
    stale = sorted(path for path in wanted if path not in there or path.read_text(encoding="utf-8") != wanted[path])
    left_over = sorted(there - set(wanted))
    if "--check" in arguments:
        for path in stale:
            say(f"{shown(path)}: not as the code has it")
        for path in left_over:
            say(f"{shown(path)}: nothing in the code stands behind it any more")
        if stale or left_over:
            say("Run `make fix`, or python scripts/generate_docs.py.")
            return 1
        return 0
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path], encoding="utf-8", newline="\n")
        say(f"{shown(path)}: written")
    for path in left_over:
        path.unlink()
        say(f"{shown(path)}: removed")
    return 0


def shown(path: Path) -> str:
    return f"docs/reference/{path.relative_to(REFERENCE).as_posix()}"


def say(words: str) -> None:
    print(words, file=sys.stderr)


def pages() -> Iterator[tuple[str, str]]:
    """Every page: its name under docs/reference and its text."""
    packs = [load(name) for name in available()]
    yield "README.md", index(packs)
    yield "command-line.md", GENERATED + "\n".join(command_line())
    yield "operations.md", GENERATED + "\n".join(operations())
    yield "casework.md", GENERATED + "\n".join(casework())
    for pack in packs:
        yield f"{pack.id}/rules.md", GENERATED + "\n".join(rules(pack))
        yield f"{pack.id}/vocabulary.md", GENERATED + "\n".join(vocabulary(pack))
        yield f"{pack.id}/examples.md", GENERATED + "\n".join(examples(pack))


def index(packs: Sequence[Pack]) -> str:
    lines = [
        "# Reference",
        "",
        "Printed from the code and the packs, so that it says what they do.",
        "",
        "- [The command line](command-line.md)",
        "- [The life of an operation and of a tasking meeting](operations.md)",
        "- [The life of a case](casework.md): its states and every move",
    ]
    for pack in packs:
        lines.append(
            f"- `{pack.id}`, {pack.title}: [rules]({pack.id}/rules.md), [vocabulary]({pack.id}/vocabulary.md), "
            f"[worked examples]({pack.id}/examples.md)"
        )
    return GENERATED + "\n".join(lines) + "\n"


# The life of a case

PHASES = (
    ("arriving", "From receipt to work", (Move.ACCEPT, Move.ASSESS, Move.TAKE, Move.ALLOCATE, Move.INVESTIGATE)),
    (
        "asking",
        "Another unit, or the commander, is asked",
        (Move.ESCALATE, Move.ANSWER, Move.HAND_BACK, Move.SETTLE, Move.DISPUTE, Move.ARBITRATE),
    ),
    ("ending", "Standing still and ending", (Move.SUSPEND, Move.RESUME, Move.CLOSE, Move.REOPEN)),
)
"""The moves that lead somewhere, in three pictures: one of all would be a knot."""


def casework() -> Iterator[str]:
    """The states, a picture of each phase, and every move with where it leads."""
    yield "# The life of a case"
    yield ""
    yield "A referral has one owner in every state. The table of moves is `palermo.domain.casework`; a move that it"
    yield "does not know is refused, with what would be possible instead."
    yield ""
    for _, title, moves in PHASES:
        yield f"## {title}"
        yield ""
        yield "```mermaid"
        yield "stateDiagram-v2"
        yield from picture(moves)
        yield "```"
        yield ""
    yield "## Every move"
    yield ""
    yield "| move | who | from | to |"
    yield "|---|---|---|---|"
    for move in Move:
        rule = move.rule
        to = list(dict.fromkeys(state for since in rule.since for state in State if state in rule.leads(since)))
        lands = "stays as it is" if rule.stays and not rule.to and not rule.back else states(to)
        if rule.stays and rule.to:
            lands += ", or stays as it is"
        yield f"| {rule.words} | {who_may(rule.act)} | {states(rule.since)} | {lands} |"
    yield ""
    yield "Outcomes of a closed case: " + listed([outcome.words for outcome in Outcome]) + ". Each has a reason."


GROUPS = {
    SETTLED: ("settled", "at work, or not yet accepted"),
    TAKEN_ON: ("taken_on", "at work"),
}
"""States that a picture shows as one where all of them lead the same way."""


def picture(moves: Sequence[Move]) -> Iterator[str]:
    """Arrows between the states, with the moves that take them; what a whole group has alike is one arrow."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for move in moves:
        for arrow in arrows_of(move):
            arrows.setdefault(arrow, []).append(move.rule.words.lower())
    groups = dict(GROUPS.values())
    for name in dict.fromkeys(name for arrow in arrows for name in arrow):
        yield f"    {name} : {groups.get(name) or State(name).words}"
    if Move.ACCEPT in moves:
        yield f"    [*] --> {State.RECEIVED}"
    for (since, to), words in arrows.items():
        yield f"    {since} --> {to} : {listed(words, 'or')}"


def arrows_of(move: Move) -> list[tuple[str, str]]:
    found = [(since, to) for since in move.rule.since for to in State if to in move.rule.leads(since) and to != since]
    for group, (name, _) in GROUPS.items():
        for other in (state for state in State if state not in group):
            for whole, one in (
                ([(state, other) for state in group], (name, other)),
                ([(other, state) for state in group], (other, name)),
            ):
                if set(whole) <= set(found):
                    found = [one, *(arrow for arrow in found if arrow not in whole)]
    return found


def states(some: Sequence[State]) -> str:
    if tuple(some) == tuple(State):
        return "any"
    return ", ".join(state.words for state in some)


def who_may(act: Act) -> str:
    """Which roles of which unit may, asked of the rules themselves."""
    custody = Custody(owner="owner", offered_to="asked", restricted=act is Act.NAME, involved=frozenset(range(1, 9)))
    people = {
        "officers of the owner": Viewer(1, Role.OFFICER, unit="owner"),
        "supervisors of the owner": Viewer(2, Role.SUPERVISOR, unit="owner"),
        "officers of the unit asked": Viewer(3, Role.OFFICER, unit="asked"),
        "supervisors of the unit asked": Viewer(4, Role.SUPERVISOR, unit="asked"),
        "the commander": Viewer(5, Role.COMMANDER, unit="all"),
        "auditors": Viewer(6, Role.AUDITOR),
        "analysts": Viewer(7, Role.ANALYST, unit="owner"),
        "partners": Viewer(8, Role.PARTNER, body="body"),
    }
    return listed([words for words, viewer in people.items() if may(viewer, act, custody)])


# The command line


def command_line() -> Iterator[str]:
    """Every command with what it does, its arguments and its options."""
    yield "# The command line"
    yield ""
    yield inspect.cleandoc(app.info.help or "")
    yield ""
    yield from commands(typer.main.get_command(app), "palermo")


def commands(group: Any, name: str) -> Iterator[str]:
    context = group.make_context(name, [], resilient_parsing=True)
    for word in group.list_commands(context):
        command = group.get_command(context, word)
        if hasattr(command, "list_commands"):
            yield from commands(command, f"{name} {word}")
        else:
            yield from one_command(command, f"{name} {word}")


def one_command(command: Any, name: str) -> Iterator[str]:
    context = command.make_context(name, [], resilient_parsing=True)
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"## `{name}`"
    yield ""
    yield f"    {name} {usage}".rstrip()
    yield ""
    yield inspect.cleandoc(command.help or "")
    yield ""
    for kind in ("argument", "option"):
        records = [one.get_help_record(context) for one in command.params if one.param_type_name == kind]
        rows = [(code(record[0]), " ".join(record[1].split())) for record in records if record]
        if rows:
            yield from table((kind, "means"), rows)


# Operations


def operations() -> Iterator[str]:
    """The moves of operations and of tasking meetings, as diagrams and tables."""
    yield "# The life of an operation and of a tasking meeting"
    yield ""
    yield from diagram(
        [(since, rule.leads(since), rule.words) for rule in life.RULES.values() for since in rule.since], life.State
    )
    yield from table(
        ("move", "who", "while it is", "then it is"),
        [
            (
                rule.words,
                rule.who,
                listed([state.words for state in rule.since], "or"),
                rule.to.words if rule.to else "",
            )
            for rule in life.RULES.values()
        ],
    )
    yield from section("A tasking meeting")
    yield from diagram([(since, to, words) for words, since, to in meetings.MOVES.values()], meetings.MeetingState)
    yield "What is before it:"
    yield ""
    yield from (f"1. {part.words}" for part in meetings.Section)
    yield ""


def diagram(moves: Iterable[tuple[Any, Any, str]], states: Iterable[Any]) -> Iterator[str]:
    """A diagram of states, beginning with the first of them; moves between the same two share an arrow."""
    first = next(iter(states))
    arrows: dict[tuple[str, str], list[str]] = {}
    for since, to, words in moves:
        if since != to:
            arrows.setdefault((since.value, to.value), []).append(words)
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield f"    [*] --> {first.value}"
    for (since, to), words in arrows.items():
        yield f"    {since} --> {to}: {', '.join(words)}"
    yield "```"
    yield ""


# A pack


def rules(pack: Pack) -> Iterator[str]:
    """What the pack decides by: every row with its days, its paragraph and how firmly it stands."""
    yield f"# {pack.title}"
    yield ""
    yield (
        f"The pack `{pack.id}`. *From A to B* is from A up to, and without, B. The basis of a row is *stated* where "
        "the source says it, *inferred* where it follows from the source, and *assumed* where the source is silent or "
        "gives the same thing to two; then the row says why."
    )
    yield ""
    yield from table(
        ("source", "title", "date"),
        [(code(source.id), source.title, str(source.date or "")) for source in pack.sources],
    )
    words = pack.vocabulary
    yield from section("Whose referral is it?")
    yield from table(
        ("rule", "owner", "when", "days", "goes before", "source", "basis", "why"),
        [
            (
                code(rule.id),
                f"{rule.owner}: {rule.function}" if rule.function else rule.owner,
                when(words, rule.when),
                days(rule.period),
                ", ".join(map(code, rule.overrides)),
                *standing(rule),
            )
            for rule in pack.remit.rules
        ],
    )
    yield from section("NIM level")
    yield from table(
        ("row", "level", "when", "days", "reason", "source", "basis", "why"),
        [
            (
                code(row.id),
                "not known" if row.level is None else str(row.level),
                when(words, row.when),
                days(row.period),
                row.reason,
                *standing(row),
            )
            for row in pack.policy.levels.rows
        ],
    )
    yield from section("Support")
    yield from table(
        ("row", "unit", "when", "days", "why it is drawn on", "source", "basis"),
        [
            (
                code(row.id),
                row.unit,
                with_owner(when(words, row.when), row.owner),
                days(row.period),
                row.why,
                *standing(row)[:2],
            )
            for row in pack.policy.supports.rows
        ],
    )
    yield from section("What one unit can ask another for")
    yield from table(
        ("row", "resource", "of whom", "owned by", "days", "source", "basis", "why"),
        [
            (
                code(row.id),
                f"{row.label} ({code(row.resource)})",
                f"{listed(row.units, 'or')}: {row.function}" if row.function else listed(row.units, "or"),
                listed(row.owner, "or") or "any other unit",
                days(row.period),
                *standing(row),
            )
            for row in pack.resources.rows
        ],
    )
    yield from section("Safeguarding partner")
    yield from table(
        ("row", "partner", "where the borough is not known", "when", "days", "source", "basis", "why"),
        [
            (
                code(row.id),
                row.partner,
                row.unknown_borough,
                when(words, row.when),
                days(row.period),
                *standing(row),
            )
            for row in pack.policy.safeguards.rows
        ],
    )
    yield from section("Clocks")
    yield from table(
        ("row", "what is due", "after", "from", "when", "days", "by whom", "source", "basis", "why"),
        [
            (
                code(row.id),
                f"{row.label} ({code(row.clock)})",
                row.length,
                row.starts.replace("_", " "),
                with_owner(when(words, row.when), row.owner),
                days(row.period),
                row.holder,
                *standing(row),
            )
            for row in pack.policy.clocks.rows
        ],
    )
    yield from section("Breaches")
    yield "Of a clock that has run out with nothing done: who hears of it, and how long after it was due."
    yield ""
    yield from table(
        ("row", "goes up to", "after", "of", "when", "days", "source", "basis", "why"),
        [
            (
                code(row.id),
                row.to,
                "at once" if row.at_once else row.length,
                listed([code(clock) for clock in row.clock]) or "every clock that the force has to see to",
                when(words, row.when),
                days(row.period),
                *standing(row),
            )
            for row in pack.policy.breaches.rows
        ],
    )
    yield from matrix(pack)
    yield from definition(pack)
    yield from organisation(pack)
    yield from figures(pack)
    yield from section("What must hold, whatever the rules say")
    for invariant in pack.invariants:
        limits = f", {days(invariant.period)}" if days(invariant.period) else ""
        cites = f" ({listed(invariant.cites)})" if invariant.cites else ""
        yield f"- {invariant.says.rstrip('.')}{limits}{cites}."
    yield ""


def matrix(pack: Pack) -> Iterator[str]:
    yield from section("How proposed operations are ranked")
    yield "The points of a level, from 0 up, times the weight add up to the score."
    yield ""
    yield from table(
        ("criterion", "weight", "question", "levels from 0 up", "days", "source", "basis", "why"),
        [
            (
                f"{row.name} ({code(row.id)})",
                str(row.weight),
                row.asks,
                "; ".join(f"{place} {words}" for place, words in enumerate(row.levels)),
                days(row.period),
                *standing(row),
            )
            for row in pack.tasking.matrix.criteria
        ],
    )
    held = pack.tasking.meetings
    yield f"Tasking meetings are {held.days} days apart ({held.basis}, {listed(held.cites)}). {held.why}"
    yield ""


def definition(pack: Pack) -> Iterator[str]:
    found = pack.definition
    yield from section("The definition")
    yield from table(
        ("test", "age", "needs", "says", "source", "basis", "why"),
        [(code(test.id), test.age, listed(test.requires), test.says, *standing(test)) for test in found.tests.values()],
    )
    yield from table(
        ("element", "key", "code", "also read", "in a first responder’s words"),
        [
            (
                f"{element.kind}: {element.label}",
                code(element.key),
                code(element.code),
                ", ".join(map(code, element.also)),
                element.words,
            )
            for element in found.elements
        ],
    )
    scored = sum(indicator.scored for indicator in found.indicators)
    yield (
        f"{len(found.indicators)} indicators, {scored} of them fit for scoring, are in the pack’s `indicators.csv`. "
        f"{found.screening_says}"
    )
    yield ""


def organisation(pack: Pack) -> Iterator[str]:
    yield from section("Units")
    yield from table(
        ("unit", "name", "kind", "under", "officers", "staff", "days", "became", "source", "basis", "why"),
        [
            (
                code(unit.id),
                unit.name,
                unit.kind,
                unit.parent or "",
                number(unit.officers),
                number(unit.staff),
                days(unit.period),
                " ".join(part for part in (unit.successor or "", unit.became) if part),
                *standing(unit),
            )
            for unit in pack.units.units
        ],
    )
    if pack.units.posts:
        yield from section("Posts")
        yield from table(
            ("post", "at", "answers for", "days", "source", "basis", "why"),
            [
                (post.title, post.unit, listed(post.leads), days(post.period), *standing(post))
                for post in pack.units.posts
            ],
        )


def figures(pack: Pack) -> Iterator[str]:
    found = pack.figures
    if not found.figures:
        return
    yield from section("Figures")
    yield from table(
        ("figure", "value", "unit", "what", "period", "source"),
        [(code(one.id), value_of(one), one.unit, one.what, one.period, one.cite) for one in found.figures],
    )
    for checked in found.check():
        yield f"- {checked.words}"
    yield ""


def vocabulary(pack: Pack) -> Iterator[str]:
    """The facts that the pack reads, with their values and the words people are asked in."""
    yield f"# The words of `{pack.id}`"
    yield ""
    yield (
        f"What `palermo remit decide` reads, beside `id` (text) and `received` (a date, 2010-04-01). "
        f"{pack.vocabulary.size:,} combinations of values are told apart. A field that is left out, or null, has the "
        "value in bold; a value that is not here is refused."
    )
    yield ""
    for field in pack.vocabulary.fields:
        yield f"## `{field.name}`"
        yield ""
        if field.ask:
            yield f"{field.ask}"
            yield ""
        rows = []
        for value in field.values:
            shown = code(value)
            rows.append((f"**{shown}**" if value == field.missing else shown, field.words(value)))
        yield from table(("value", "in words"), rows)
        if field.booleans:
            told = [f"{'true' if given else 'false'} is {code(value)}" for given, value in field.booleans]
            yield f"JSON’s {listed(told)}."
            yield ""
        if field.numbers:
            told = [f"from {start} {code(value)}" for start, value in field.numbers]
            yield f"A whole number is taken too: {listed(told)}."
            yield ""
        if field.derived_from:
            yield f"It follows from `{field.derived_from}` and from nothing else: leave it out."
            yield ""
    yield "## `borough`"
    yield ""
    yield "A name or a code of these, in any capitals; left out or null where it is not known."
    yield ""
    derived = [field.name for field in pack.vocabulary.fields if field.derived_from == "borough"]
    yield from table(
        ("borough", "code", *derived, "policed by"),
        [
            (
                borough.name,
                code(borough.gss),
                *(borough.facts.get(name, pack.vocabulary.by_name[name].missing) for name in derived),
                borough.police_force,
            )
            for borough in pack.boroughs.values()
        ],
    )


def examples(pack: Pack) -> Iterator[str]:
    """The worked examples, which are tests too."""
    yield f"# Worked examples of `{pack.id}`"
    yield ""
    yield "Each is run as a test, and the pack is refused where one comes out otherwise."
    yield ""
    yield from table(
        ("what it shows", "on", "facts", "what must come out"),
        [
            (
                example.says,
                str(example.on),
                code(json.dumps(dict(example.facts), ensure_ascii=False)),
                ", ".join(f"{what} {spelt(expected)}" for what, expected in example.expects.items()),
            )
            for example in pack.examples
        ],
    )


# Parts of pages


def section(title: str) -> Iterator[str]:
    yield f"## {title}"
    yield ""


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table and an empty line; columns in which nothing stands are left out."""
    cells = [tuple(str(cell).replace("|", "\\|").replace("\n", " ") for cell in row) for row in rows]
    kept = [place for place in range(len(columns)) if any(row[place] for row in cells)]
    if not cells:
        yield "None."
        yield ""
        return
    yield f"| {' | '.join(columns[place] for place in kept)} |"
    yield f"|{'---|' * len(kept)}"
    for row in cells:
        yield f"| {' | '.join(row[place] for place in kept)} |"
    yield ""


def when(words: Vocabulary, condition: Condition) -> str:
    return words.words(condition)


def with_owner(condition: str, owners: Sequence[str]) -> str:
    return f"{condition}; owned by {listed(owners, 'or')}" if owners else condition


def days(period: Period) -> str:
    return "" if period.start is None and period.end is None else period.words


def standing(row: Any) -> tuple[str, str, str]:
    """On what the row rests: paragraphs, basis, and why where it is assumed."""
    return listed(row.cites), str(row.basis), row.why


def number(found: int | None) -> str:
    return "" if found is None else f"{found:,}"


def spelt(expected: object) -> str:
    if isinstance(expected, list | tuple):
        return listed([str(part) for part in expected]) or "none"
    return "none" if expected is None else str(expected)


def code(text: str) -> str:
    return f"`{text}`" if text else ""


if __name__ == "__main__":
    # some commands stand with the site, whose settings want an address; nothing connects to it
    os.environ.setdefault("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "palermo.web.settings")
    sys.exit(main(sys.argv[1:]))
