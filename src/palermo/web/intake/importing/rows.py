"""What does a row say? A referral ready to be received, or everything that is wrong with it.

The facts are the pack's; what else a row may tell, and how long, stands here.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from palermo.domain.policy import listed, nearest
from palermo.domain.referral import OWN, Facts, FactsRefused, Problem, folded, shown
from palermo.domain.remit import OutsideRemit
from palermo.packs import Pack
from palermo.web.intake.actions import Submission
from palermo.web.intake.fields import ALLOWED_CONTROLS, OLDEST_YEAR
from palermo.web.intake.importing.tables import FileRefused, Row
from palermo.web.intake.questions import NONE, NOT_KNOWN
from palermo.web.intake.sending import under_age

PERSON = {
    "given_names": 200,
    "family_name": 200,
    "other_names": 400,
    "date_of_birth": 10,
    "sex": 20,
    "nationality": 80,
    "language": 80,
    "safe_contact": 2_000,
}
ABOUT = {
    "account": 20_000,
    "first_responder": 200,
    "referring_body": 120,
    "sender_reference": 120,
    "restricted": 10,
    "id": 120,
}
"""The columns besides the facts and the elements, with the most characters that each may have."""
SEVERAL_LINES = ("account", "safe_contact")
LONGEST = 2_000
"""Of every other column: facts are checked by the pack, and a list has no longer words than its."""
ADULT = "adult"
SEXES = ("female", "male", "other", NOT_KNOWN)
TRUTHS = {"yes": True, "no": False, "true": True, "false": False}
NOT_NAMED = "a body not named"

MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)
PARTIAL = re.compile(r"\d{4}(-\d\d(-\d\d)?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file's rows are read by: the columns, the pack, the present moment and who sent it."""

    columns: tuple[str, ...]
    """The name of each column in its place; empty for one without a name, in which nothing may stand."""
    pack: Pack
    now: datetime
    """In the force's own time zone."""
    source: str
    ragged: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A row that can be received; `content` is what it says, by part, to be held against what was kept before."""

    row: Row
    submission: Submission
    given_id: str
    content: Mapping[str, object]


def names(pack: Pack) -> tuple[str, ...]:
    """Every column that a file may have under the pack."""
    facts = [*OWN, *pack.vocabulary.by_name]
    return (*dict.fromkeys([*facts, *elements(pack), *PERSON, *ABOUT]),)


def elements(pack: Pack) -> tuple[str, ...]:
    return (*(kind.list for kind in pack.definition.kinds), "consent", "indicators")


def column(text: str) -> str:
    """The name of a column as it is meant: any capitals; spaces, hyphens and underscores alike."""
    return "_".join(re.split(r"[\s_-]+", text.casefold())).strip("_")


def columns(header: Row, pack: Pack) -> tuple[str, ...]:
    """The columns of a header. Raises FileRefused with everything that is wrong with it."""
    known = names(pack)
    found = tuple(column(cell) for cell in header.cells)
    faults = [f"column {place + 1}: {says}" for place, says in header.faults]
    if not set(found) & set(known):
        raise FileRefused(
            (header.line, f"the first line names no column that is known. Put the names there: {', '.join(known)}")
        )
    for place, name in enumerate(found):
        if not name:
            continue
        if name not in known:
            near = nearest(name, known)
            hint = f"Did you mean {listed(near, 'or')}?" if near else f"Columns: {', '.join(known)}"
            faults.append(f"no column {shown(header.cells[place])}. {hint} Rename it, or delete the column")
        elif name in found[:place]:
            faults.append(f"the column {name} is there twice. Delete one of the two")
    if "received" not in found:
        faults.append("there is no column received. Add it, with the day each referral was received: 2010-04-01")
    if faults:
        raise FileRefused(*((header.line, says) for says in faults))
    return found


def read(row: Row, by: Reading) -> Told | tuple[Problem, ...]:
    """The referral that the row tells, or all its problems."""
    problems = [*misshapen(row, by)]
    if problems:
        return tuple(problems)
    given: dict[str, str] = {}
    for name, cell in zip(by.columns, row.cells, strict=False):
        if name:
            value, found = tidy(name, cell)
            problems += found
            if value:
                given[name] = value
    cells = Cells(given, by, problems)
    received = cells.received()
    facts = cells.facts()
    elements_ = cells.elements(facts)
    person = cells.person(received, facts)
    restricted = cells.truth("restricted")
    if received and facts and not problems:
        cells.try_out(facts, received)
    if problems or received is None or facts is None:
        return tuple(problems)
    identity = given.get("id", "")
    body = given.get("referring_body") or by.source or NOT_NAMED
    submission = Submission(
        key=key(by.source or body, identity, given, elements_),
        channel="import",
        received_at=received,
        referring_body=body,
        facts=cells.raw_facts(),
        elements=elements_,
        potential_victims=(person,) if person else (),
        account=given.get("account", ""),
        first_responder=given.get("first_responder", ""),
        sender_reference=given.get("sender_reference") or identity,
        restricted=restricted is True,
    )
    return Told(row, submission, identity, content(submission, facts))


def content(submission: Submission, facts: Facts) -> dict[str, object]:
    """What a submission says, by part, in the same words as `queries.kept_under` gives back what was kept."""
    return {
        "received": submission.received_at.astimezone(UTC).isoformat(),
        "referring_body": folded(submission.referring_body),
        "sender_reference": submission.sender_reference,
        "first_responder": submission.first_responder,
        "account": submission.account,
        "restricted": submission.restricted,
        **facts.values,
        "borough": facts.borough.name if facts.borough else "",
        **submission.elements,
        **{name: person.get(name, "") for person in submission.potential_victims or ({},) for name in PERSON},
    }


def key(sender: str, identity: str, given: Mapping[str, str], elements_: Mapping[str, object]) -> str:
    """One key for one sender and id; where there is no id, for one sender and content."""
    told = ["id", folded(sender), identity] if identity else ["content", folded(sender), {**given, **elements_}]
    return f"import:{digest(told)}"


def digest(told: object) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def misshapen(row: Row, by: Reading) -> Iterator[Problem]:
    """What is wrong with the row before any cell is looked at: its length, and cells without a plain value."""
    wanted, there = len(by.columns), len(row.cells)
    if by.ragged and there != wanted:
        says = f"the row has {there} cells and the header {wanted}. Put a cell with a delimiter in it in quotes"
        yield Problem("", there, (), says)
        return
    for place, says in row.faults:
        named = by.columns[place] if place < wanted else ""
        yield Problem(named or f"column {place + 1}", cell_of(row, place), (), says)
    for place, cell in enumerate(row.cells):
        if cell.strip() and not (place < wanted and by.columns[place]):
            says = "something stands in a column that the header does not name. Name the column, or empty the cell"
            yield Problem(f"column {place + 1}", short(cell), (), says)


def cell_of(row: Row, place: int) -> str:
    return short(row.cells[place]) if place < len(row.cells) else ""


def short(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:199]}…"


def tidy(name: str, cell: str) -> tuple[str, list[Problem]]:
    """The cell's text without what surrounds it, and what keeps it from being kept as it is."""
    text = cell.replace("\r\n", "\n").replace("\r", "\n")
    for place, character in enumerate(text, start=1):
        if unicodedata.category(character) in ("Cc", "Cs") and character not in ALLOWED_CONTROLS:
            says = f"character {place} (U+{ord(character):04X}) is not text and cannot be kept. Delete it"
            return "", [Problem(name, short(ascii(cell)), (), says)]
    text = text.strip()
    if name not in SEVERAL_LINES:
        text = " ".join(text.split("\n"))
    longest = {**PERSON, **ABOUT}.get(name, LONGEST)
    if len(text) > longest:
        says = f"the text has {len(text):,} characters; the most is {longest:,}. Shorten it"
        return "", [Problem(name, short(text), (), says)]
    # spaces and marks that nobody sees are no answer
    return (text if any(unicodedata.category(one)[0] in "LNPS" for one in text) else ""), []


class Cells:
    """The cells of one row that something stands in, each read as what it must be; problems are added to the list."""

    def __init__(self, given: Mapping[str, str], by: Reading, problems: list[Problem]):
        self.given = given
        self.by = by
        self.problems = problems

    def refuse(self, name: str, says: str, allowed: Sequence[str] = ()) -> None:
        self.problems.append(Problem(name, short(self.given.get(name, "")), tuple(allowed), says))

    def received(self) -> datetime | None:
        """The moment of receipt; a day without a time counts from its beginning."""
        text = self.given.get("received", "")
        if not text:
            if not any(problem.field == "received" for problem in self.problems):
                self.refuse("received", "there is no day of receipt. Give it: 2010-04-01, or 2010-04-01T14:30")
            return None
        try:
            moment = datetime.fromisoformat(text) if MOMENT.fullmatch(text) else None
            if moment is not None:
                at = moment if moment.tzinfo else moment.replace(tzinfo=self.by.now.tzinfo)
                at = at.astimezone(self.by.now.tzinfo)
        except (ValueError, OverflowError):
            moment = None
        if moment is None:
            self.refuse("received", f"{shown(text)} is no date. Write it as 2010-04-01, or 2010-04-01T14:30")
            return None
        if at > self.by.now:
            today = self.by.now.date()
            self.refuse("received", f"{text} is in the future; today is {today}. Check the year, the month and the day")
            return None
        return at

    def raw_facts(self) -> dict[str, object]:
        """The facts in the contract's words: counts as numbers, true and false as such."""
        found: dict[str, object] = {}
        for name in (*self.by.pack.vocabulary.by_name, "borough"):
            if name in self.given:
                found[name] = self.meant(name, self.given[name])
        return found

    def meant(self, name: str, text: str) -> object:
        field = self.by.pack.vocabulary.by_name.get(name)
        if field is None or text in field.values:
            return text
        if field.numbers and text.isascii() and text.isdigit():
            return int(text)
        if field.booleans and text.lower() in ("true", "false"):
            return text.lower() == "true"
        return text

    def facts(self) -> Facts | None:
        try:
            return self.by.pack.read_facts(self.raw_facts())
        except FactsRefused as refused:
            self.problems += refused.problems
            return None

    def elements(self, facts: Facts | None) -> dict[str, object]:
        """The elements and indicators. An empty cell: not known yet; `none`: looked for, and there was none."""
        told: dict[str, object] = {kind.list: self.list_of(kind.list) for kind in self.by.pack.definition.kinds}
        told |= {"consent": self.truth("consent"), "indicators": self.list_of("indicators") or []}
        for problem in self.by.pack.definition.problems(told):
            comma = " Separate several with ; or |" if "," in str(problem.value) else ""
            self.problems.append(replace(problem, says=problem.says + comma))
        return {name: self.as_kept(value) if isinstance(value, list) else value for name, value in told.items()}

    def as_kept(self, words: list[str]) -> list[str]:
        """Each element once, by the name that the form keeps it under; codes of signs as they are."""
        elements_ = self.by.pack.definition.by_word
        return [*dict.fromkeys(elements_[word].key if word in elements_ else word for word in words)]

    def list_of(self, name: str) -> list[str] | None:
        words = [word.strip() for word in re.split("[;|]", self.given.get(name, ""))]
        words = [word for word in words if word]
        if NONE in words and len(words) > 1:
            self.refuse(name, f"{NONE} stands beside others. Give {NONE} alone, or leave it out")
        return None if not words or words == [NOT_KNOWN] else [word for word in words if word != NONE]

    def truth(self, name: str) -> bool | None:
        """Yes or no; None where nothing is said. Only consent may be `unknown`: restricted is yes or no."""
        text = self.given.get(name)
        if text is None or (name == "consent" and text == NOT_KNOWN):
            return None
        if text.lower() not in TRUTHS or not (text.islower() or text.isupper()):
            self.refuse(name, f"{shown(text)} is neither yes nor no", tuple(TRUTHS))
        return TRUTHS.get(text.lower())

    def person(self, received: datetime | None, facts: Facts | None) -> dict[str, str]:
        """What is told of the person; empty where nothing is."""
        told = {name: self.given[name] for name in PERSON if name in self.given}
        if told.get("sex", NOT_KNOWN) not in SEXES:
            self.refuse("sex", f"{shown(told['sex'])} is not one of {', '.join(SEXES)}", SEXES)
        if born := told.get("date_of_birth"):
            self.check_birth(born, received, facts)
        return told

    def check_birth(self, born: str, received: datetime | None, facts: Facts | None) -> None:
        try:
            first = date.fromisoformat(f"{born}-01-01"[:10]) if PARTIAL.fullmatch(born) else None
        except ValueError:
            first = None
        day = (received or self.by.now).date()
        if first is None:
            says = f"{shown(born)} is no date. Write as much as is known: 1991, 1991-04 or 1991-04-02"
            self.refuse("date_of_birth", says)
        elif first.year < OLDEST_YEAR or first > day:
            says = f"{born} is before {OLDEST_YEAR} or after the day of receipt. Check the year"
            self.refuse("date_of_birth", says)
        elif facts and facts.values.get("age") == ADULT and under_age(born, day):
            says = f"born {born}, the person was a child on {day}, but age says {ADULT}. Change one of the two"
            self.refuse("age", says)

    def try_out(self, facts: Facts, received: datetime) -> None:
        """Whether the remit of the day decides on it at all."""
        try:
            self.by.pack.decide(facts, on=received.date())
        except OutsideRemit as outside:
            self.refuse("received", str(outside))
