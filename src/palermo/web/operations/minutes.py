"""Minutes as a document: what one reader may read of a meeting, as parts for the page and as a PDF.

The PDF is tagged for screen readers (PDF/UA-1), uses the fonts that come with Typst, and the same minutes give the same
reader the same bytes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from palermo.domain.operations import Section
from palermo.packs import Pack
from palermo.web.cases.queries import unit_name
from palermo.web.layout import day_words, moment_words
from palermo.web.operations.queries.agenda import Part
from palermo.web.operations.queries.meetings import DECISIONS, Ruling, Sitting, owner_words, scope_words
from palermo.web.operations.queries.places import Desk, desk_name
from palermo.web.operations.showing import days_words, span_words

UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co"})
"""Marks of direction and of order, and codes that stand for nothing: a PDF cannot show them."""
ON_PAPER = 200
"""So many lines of a section are printed; how many more there are is said."""

OFFERS = {"escalation": "escalation", "hand_back": "hand-back", "dispute": "dispute"}
STATES = {"handed_back": "handed back, to be settled", "in_dispute": "in dispute"}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of an agenda in words; `reference` names its case, `key` its operation, `task` its task."""

    cells: tuple[str, ...]
    reference: str = ""
    key: str = ""
    task: int | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A section of an agenda in words: its columns, its lines, and what is not shown."""

    section: Section
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    number: int
    more: int
    hidden: str
    numeric: int = 0
    """How many columns at the end hold numbers."""


COLUMNS = {
    Section.TASKS: ("What", "Who", "Due"),
    Section.BREACHED: ("Case", "Owner", "What was due"),
    Section.TO_SETTLE: ("Case", "Owner", "How it stands", "Since"),
    Section.ESCALATIONS: ("Case", "From", "To", "What", "Since"),
    Section.SUPPORT: ("Case", "From", "To", "Asked", "Answer due"),
    Section.NEW: ("Case", "Owner", "Received"),
    Section.LATE: ("Operation", "Lead unit", "What is late", "Since"),
    Section.PROPOSED: ("Place and operation", "Lead unit", "Planned", "Score", "Officer-days"),
    Section.CAPACITY: ("Function", "Officers", "Officer-days", "Tasked", "Left"),
}
NUMERIC = {Section.PROPOSED: 1, Section.CAPACITY: 4}


def tables(sitting: Sitting, pack: Pack) -> list[Table]:
    """The agenda in words, section by section, in the names of the meeting's day."""
    return [table(part, pack, sitting.meeting.day) for part in sitting.agenda.parts]


def table(part: Part, pack: Pack, day: date) -> Table:
    lines = part.lines
    if part.section is Section.CAPACITY:
        lines = [line for line in lines if "function" in line.detail]
    return Table(
        section=part.section,
        columns=COLUMNS[part.section],
        rows=tuple(row(part.section, line, pack, day) for line in lines),
        number=part.number if part.section is not Section.CAPACITY else len(lines),
        more=part.more if part.section is not Section.CAPACITY else 0,
        hidden=part.hidden,
        numeric=NUMERIC.get(part.section, 0),
    )


def row(section: Section, line: object, pack: Pack, day: date) -> Row:
    """One line of an agenda in words."""
    found = line.detail
    place = unit_name(pack, found["unit"], found.get("borough", ""), day)
    reference = line.referral.reference if line.referral else ""
    case = f"{reference} (restricted)" if line.referral and line.referral.restricted else reference
    key = line.operation.key if line.operation else ""
    if section is Section.TASKS:
        who = line.task.account.post if line.task.account else place
        late = found["due"] < day.isoformat()
        cells = (line.task.decision.says, who, f"{day_words(found['due'])}{' (overdue)' if late else ''}")
        return Row(cells, task=line.task.pk, late=late)
    if section is Section.BREACHED:
        clocks = "; ".join(f"{one['label']}, due {moment(one['due'])}" for one in found["clocks"])
        return Row((case, place, clocks), reference, late=True)
    if section is Section.TO_SETTLE:
        return Row((case, place, STATES.get(found["state"], found["state"]), moment(found["since"])), reference)
    if section in (Section.ESCALATIONS, Section.SUPPORT):
        to = unit_name(pack, found["to_unit"], found["to_borough"], day)
        if section is Section.SUPPORT:
            due = moment(found["due"]) if found["due"] else "no time set"
            return Row((case, place, to, moment(found["since"]), due), reference)
        kind = OFFERS.get(found["kind"], found["kind"])
        return Row((case, place, to, kind, moment(found["since"])), reference)
    if section is Section.NEW:
        return Row((case, place, moment(found["received"])), reference)
    if section is Section.LATE:
        return Row((found["name"], place, found["late"], day_words(found["due"])), key=key, late=True)
    if section is Section.PROPOSED:
        score = f"{found['points']} of {found['most']}"
        said = [f"({found['tie']})"] * bool(found["tie"]) + ["(scored by an earlier matrix)"] * bool(found["stale"])
        span = span_words(date.fromisoformat(found["first"]), date.fromisoformat(found["last"]))
        return Row(
            (f"{found['rank']}. {found['name']}", place, span, " ".join([score, *said]), f"{found['officer_days']:,}"),
            key=key,
        )
    has, tasked = found["has"], found["tasked"]
    left = "not known" if has is None else tenths(has - tasked)
    cells = (
        desk_name(pack, Desk(found["unit"], "", found["function"]), day),
        "not stated" if found["officers"] is None else f"{found['officers']:,}",
        "not stated" if has is None else tenths(has),
        tenths(tasked),
        f"{left}: too much is tasked" if found["over"] else left,
    )
    return Row(cells, late=bool(found["over"]))


def tenths(number: int) -> str:
    sign = "−" if number < 0 else ""
    return f"{sign}{days_words(Fraction(abs(number), 10))}"


def moment(iso: str | None) -> str:
    return moment_words(datetime.fromisoformat(iso)) if iso else "not known"


def caseloads(part: Part, pack: Pack, day: date) -> list[tuple[str, int, int]]:
    """Each unit with its open cases and how many of them are overdue."""
    lines = [line.detail for line in part.lines if "open" in line.detail]
    return [(unit_name(pack, one["unit"], "", day), one["open"], one["overdue"]) for one in lines]


def bars(part: Part, pack: Pack, day: date) -> list[tuple[str, int | None, int]]:
    """Of the functions of a kept agenda, what the chart draws."""
    lines = [line.detail for line in part.lines if "function" in line.detail]
    return [(desk_name(pack, Desk(one["unit"], "", one["function"]), day), one["has"], one["tasked"]) for one in lines]


def beyond(ruling: Ruling, pack: Pack, day: date) -> list[str]:
    """What a decision tasked beyond capacity, as the chair was shown it."""
    return [
        f"{desk_name(pack, Desk(one['unit'], '', one['function']), day)}: {tenths(one['tasked'])} officer-days tasked "
        f"of {tenths(one['has'])}, {span_words(date.fromisoformat(one['first']), date.fromisoformat(one['last']))}"
        for one in ruling.decision.beyond
    ]


# As PDF


def pdf(sitting: Sitting, pack: Pack) -> bytes:
    """The minutes as PDF. Typst is imported here: nothing else of this stage needs it.

    Where a word has a letter that its fonts lack, the machine's own fonts help out, and the PDF does not claim the
    standard, which wants every letter shown.
    """
    import typst as compiler

    source = typst(sitting, pack).encode()
    try:
        made = compiler.compile(source, format="pdf", ignore_system_fonts=True, pdf_standards="ua-1")
    except compiler.TypstError as fault:
        if "could not be displayed" not in fault.message:
            raise
        made = compiler.compile(source, format="pdf")
    return bytes(made)


def typst(sitting: Sitting, pack: Pack) -> str:
    """The minutes as Typst source."""
    return "\n".join(source(sitting, pack))


def source(sitting: Sitting, pack: Pack) -> Iterator[str]:
    meeting = sitting.meeting
    title = f"Minutes of the tasking meeting of {day_words(meeting.day)}"
    yield '#set page(paper: "a4", margin: 2cm, numbering: "1 of 1")'
    yield f"#set document(title: {quoted(title)}, date: none)"
    yield '#set text(lang: "en", region: "GB", size: 9pt)'
    yield '#show table.cell.where(y: 0): set text(weight: "bold")'
    yield "#set table(stroke: (x, y) => (bottom: 0.5pt + luma(180)), inset: (x: 3pt, y: 4pt))"
    yield f"= {escaped(title)}"
    yield ""
    for label, words in facts(sitting, pack):
        yield f"- *{escaped(label)}*: {escaped(words)}"
    yield ""
    yield "== Decisions"
    if not sitting.decisions:
        yield "None was taken."
    for one in sitting.decisions:
        yield from decision(one, sitting, pack)
    for found in tables(sitting, pack):
        yield ""
        yield f"== {escaped(found.section.words)}: {found.number}"
        if found.rows:
            yield from printed(found.columns, [one.cells for one in found.rows], found.numeric)
        if found.more:
            yield f"And {found.more} more."
        if found.hidden:
            yield f"{escaped(capital(found.hidden))} not named in this copy."
        if not found.number:
            yield "Nothing."
    loads = caseloads(sitting.agenda.part(Section.CAPACITY), pack, meeting.day)
    if loads:
        yield ""
        yield "== Open cases of each unit"
        yield from printed(("Unit", "Open", "Overdue"), [(name, f"{n:,}", f"{late:,}") for name, n, late in loads], 2)
    if sitting.addenda:
        yield ""
        yield "== Added since"
        for one in sitting.addenda:
            yield f"- {escaped(moment_words(one.at))}, {escaped(one.by.post)}: {escaped(one.words)}"
    yield ""
    yield f"Minutes with SHA-256 #raw({quoted(meeting.minutes_hash)})."
    yield ""


def facts(sitting: Sitting, pack: Pack) -> list[tuple[str, str]]:
    """What stands at the head of the minutes."""
    meeting = sitting.meeting
    return [
        ("For", scope_words(meeting)),
        ("Chair", meeting.chair.post),
        ("Present", ", ".join(meeting.present)),
        ("Opened", moment_words(meeting.opened_at)),
        ("Closed", moment_words(meeting.closed_at) if meeting.closed_at else "Not yet"),
        ("New is what came since", moment_words(meeting.since)),
        ("Capacity is looked at for", span_words(meeting.ahead_from, meeting.ahead_to)),
    ]


def decision(one: Ruling, sitting: Sitting, pack: Pack) -> Iterator[str]:
    found, day = one.decision, sitting.meeting.day
    about = (
        f" (Operation {found.operation.name})" if found.operation else f" ({one.reference})" if one.reference else ""
    )
    yield f"=== {found.number}. {escaped(DECISIONS[found.kind] + about)}"
    if one.hidden:
        yield f"On {one.hidden}."
        yield ""
        return
    yield f"- *What*: {escaped(found.says)}"
    yield f"- *Why*: {escaped(found.reason)}"
    yield f"- *Who*: {escaped(owner_words(one.task, pack))}, by {escaped(day_words(one.task.due_on))}"
    for words in beyond(one, pack, day):
        yield f"- *More than there is*: {escaped(words)}"
    yield ""


def printed(columns: Sequence[str], rows: Sequence[Sequence[str]], numeric: int) -> Iterator[str]:
    """A table, its head repeated on each page."""
    aligned = ["left"] * (len(columns) - numeric) + ["right"] * numeric
    # words share what numbers and references leave
    widths = ["auto"] + ["1fr"] * (len(columns) - 1 - numeric) + ["auto"] * numeric
    yield f"#table(columns: ({', '.join(widths)}), align: ({', '.join(aligned)}),"
    yield f"  table.header({', '.join(f'[{escaped(one)}]' for one in columns)}),"
    for cells in rows:
        yield f"  {', '.join(f'[{escaped(cell)}]' for cell in cells)},"
    yield ")"


def escaped(words: str) -> str:
    """Words as Typst source: its marks escaped, lines joined, and without characters that nobody can see."""
    seen = (c if c not in "\n\t" else " " for c in words)
    seen = (c for c in seen if unicodedata.category(c) not in UNSEEN)
    return "".join(f"\\{c}" if c in "\\#$*_`<>@[]~=-+/'\"" else c for c in seen)


def quoted(words: str) -> str:
    """Words as a string of Typst."""
    seen = "".join(c for c in words if unicodedata.category(c) not in UNSEEN)
    return '"' + seen.replace("\\", "\\\\").replace('"', '\\"') + '"'


def capital(words: str) -> str:
    return words[:1].upper() + words[1:]
