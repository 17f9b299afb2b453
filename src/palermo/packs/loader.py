"""Loader: which policy is this, and does it hold together?

A pack is a folder of files. All of them are read, and all faults in them told at once; a pack with a fault, a referral
without an owner or one with two is refused.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from palermo.domain.clocks import Clock, ClockRow, Step
from palermo.domain.definition import Definition, Finding
from palermo.domain.figures import Figures
from palermo.domain.policy import Fault, Period, PolicyFaults, content_hash, listed, nearest
from palermo.domain.referral import Borough, Boroughs, Facts, FactsRefused, Reader
from palermo.domain.remit import NoOwner, OutsideRemit, Remit, RemitFaults, Rule
from palermo.domain.remit.invariants import Broken, Invariant
from palermo.domain.remit.tables import double_versions
from palermo.domain.support import ResourceRow, Resources
from palermo.domain.tasking import Decision, Policy, SupportRow
from palermo.domain.units import Units
from palermo.domain.vocabulary import Field, Vocabulary, VocabularyFault
from palermo.packs import definition as definition_files
from palermo.packs import figures as figure_files
from palermo.packs import invariants as invariant_files
from palermo.packs import operations as operation_files
from palermo.packs import units as unit_files
from palermo.packs.files import Cites, TomlFile, read_csv
from palermo.packs.rows import Rows

PACKS = Path(__file__).parent

FIELD = (
    "name",
    "values",
    "missing",
    "label",
    "ask",
    "labels",
    "phrase",
    "numbers",
    "booleans",
    "derived_from",
    "column",
)

REMIT = ("remit", "from", "by_borough", "unknown_borough", "tiers", "rules", "block")
TASKING = ("levels", "support", "safeguarding", "resources")


@dataclass(frozen=True, slots=True)
class Source:
    """A document that rows rest on."""

    id: str
    title: str
    date: date | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example: facts on a day, and what the decision on them must say."""

    says: str
    on: date
    facts: Mapping[str, object]
    expects: Mapping[str, object]
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Differs:
    """An example that comes out otherwise than it says."""

    example: Example
    what: str
    expected: object
    found: object

    def __str__(self) -> str:
        return f"{self.example.says}: {self.what} should be {self.expected!r} and is {self.found!r}"


@dataclass(frozen=True)
class Pack:
    """The policy of one jurisdiction: everything that is decided by, for every day."""

    id: str
    title: str
    hash: str
    document: str
    sources: tuple[Source, ...]
    vocabulary: Vocabulary
    boroughs: Boroughs
    units: Units
    policy: Policy
    resources: Resources
    definition: Definition
    figures: Figures
    tasking: operation_files.Tasking
    examples: tuple[Example, ...]
    invariants: tuple[Invariant, ...]
    reader: Reader = field(repr=False)
    cites: Cites = field(repr=False)

    @property
    def version(self) -> str:
        """The first 12 digits of the content hash."""
        return self.hash[:12]

    @property
    def remit(self) -> Remit:
        return self.policy.remit

    def read_facts(self, raw: Mapping[str, object]) -> Facts:
        """The facts of a referral in the contract's names. Raises FactsRefused with every problem."""
        return self.reader.read(raw)

    def decide(
        self, facts: Facts, on: date | None = None, *, at: datetime | None = None, holidays: Container[date] = ()
    ) -> Decision:
        """The decision under this pack; see `Policy.decide`."""
        return self.policy.decide(facts, on, at=at, holidays=holidays)

    def start_clocks(
        self,
        event: str,
        facts: Facts,
        owner: str,
        *,
        on: date,
        at: datetime | None = None,
        holidays: Container[date] = (),
    ) -> tuple[Clock, ...]:
        """The clocks that an event starts for a referral with this owner; see `Policy.start_clocks`."""
        return self.policy.start_clocks(event, facts, owner, on=on, at=at, holidays=holidays)

    def breach_steps(
        self, clock: str, holder: str, facts: Facts, due: datetime, *, holidays: Container[date] = ()
    ) -> tuple[Step, ...]:
        """To whom the breach of a clock goes up, and when; see `Policy.breach_steps`."""
        return self.policy.breach_steps(clock, holder, facts, due, holidays=holidays)

    def assess(self, raw: Mapping[str, object]) -> Finding:
        """The finding on elements and indicators in the contract's names. Raises FactsRefused with every problem."""
        return self.definition.assess(raw)

    def broken_invariants(self) -> tuple[Broken, ...]:
        """The invariants that do not hold for some profile on some day."""
        return self.remit.broken(self.invariants)

    def differing_examples(self) -> Iterator[Differs]:
        """The worked examples that come out otherwise than they say."""
        for example in self.examples:
            try:
                decision = self.decide(self.read_facts(example.facts), example.on)
            except (FactsRefused, OutsideRemit, NoOwner) as refused:
                yield Differs(example, "decision", "one", str(refused))
                continue
            found: dict[str, object] = decision.as_dict()
            found["level"] = decision.nim_level
            found["support"] = [support.unit for support in decision.support]
            found["cites"] = list(decision.sources)
            found["overrode"] = [rule.id for rule in decision.overrode]
            for what, expected in example.expects.items():
                if found[what] != expected:
                    yield Differs(example, what, expected, found[what])


EXPECTED = (
    "owner",
    "function",
    "owner_borough",
    "basis",
    "rule",
    "sources",
    "cites",
    "contested_by",
    "overrode",
    "support",
    "safeguarding_partner",
    "nim_level",
    "level",
    "level_reason",
)


def available() -> tuple[str, ...]:
    """The ids of the packs that come with the software."""
    return tuple(sorted(path.parent.name for path in PACKS.glob("*/pack.toml")))


def load(which: str | Path, *, proved: bool = True) -> Pack:
    """The pack of that id, or in that folder. Raises PolicyFaults with every fault of every file.

    With `proved` off, a remit that leaves referrals to nobody or to two units is let through, to be looked at: its
    decisions raise NoOwner for those.
    """
    folder = find(which)
    faults: list[Fault] = []
    loading = Loading(folder, faults)
    pack = loading.pack()
    if pack is not None and proved and not faults:
        faults += loading.unproved(pack)
    if faults or pack is None:
        raise PolicyFaults(faults)
    return pack


def find(which: str | Path) -> Path:
    """The pack's folder. A name with no slash in it is the id of a pack that comes with the software."""
    folder = Path(which)
    if isinstance(which, str) and which in available():
        folder = PACKS / which
    if not (folder / "pack.toml").is_file():
        near = nearest(str(which), available())
        hint = f"Did you mean {listed(near, 'or')}?" if near else f"Packs here: {', '.join(available()) or 'none'}."
        raise PolicyFaults([Fault(str(which), "", f"no pack of this id, and no folder with a pack.toml. {hint}")])
    return folder.resolve()


WHICH_IS_WRONG = "Either the rules are wrong or this is."


def in_place_of(vocabulary: Vocabulary, boroughs: Boroughs) -> dict[tuple[str, str], tuple[str, str]]:
    """For each derived value a borough that it follows from, so that an example can be written down and read again."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for borough in boroughs.values():
        if borough.own_force:
            for fact in borough.facts.items():
                found.setdefault(fact, ("borough", borough.name))
    return {fact: place for fact, place in found.items() if vocabulary.by_name[fact[0]].missing != fact[1]}


NOT_POLICY = {"README.md", "sample", "proposals"}
"""What stands in a pack and decides nothing: its hash does not depend on it."""


def hash_of(folder: Path) -> str:
    """The content hash over names and bytes of all files of a pack that say what its policy is."""
    files = sorted(
        (path.relative_to(folder).as_posix(), path)
        for path in folder.rglob("*")
        if path.is_file()
        and path.relative_to(folder).parts[0] not in NOT_POLICY
        and not any(part.startswith((".", "__")) for part in path.relative_to(folder).parts)
    )
    return content_hash(*(part for name, path in files for part in (name, path.read_bytes())))


class Loading:
    """One pack on its way from files to a Pack; faults are collected on the way."""

    def __init__(self, folder: Path, faults: list[Fault]) -> None:
        self.folder = folder
        self.faults = faults
        self.columns: dict[str, str] = {}
        self.about = TomlFile(folder, "pack.toml", faults)
        self.tasking = TomlFile(folder, "tasking.toml", faults)
        self.cites = self.read_cites()

    def pack(self) -> Pack | None:
        """The pack, or None where its files hold too little for one."""
        about = self.about.document
        title = self.about.text_of("", about, "title")
        identity = self.about.text_of("", about, "id")
        vocabulary = self.read_vocabulary()
        units = unit_files.read(self.folder, self.faults)
        definition = definition_files.read(self.folder, self.faults)
        figures = figure_files.read(self.folder, self.faults)
        tasking = operation_files.read(self.folder, self.faults)
        for part in (units, definition, figures, tasking):
            self.check_cites(part.cites if part else ())
        examples = self.read_examples()
        if vocabulary is None:
            # what the rows say cannot be read without the words they use
            return None
        boroughs = self.read_boroughs(vocabulary)
        policy = self.read_policy(vocabulary, identity, units, boroughs)
        resources = self.read_resources(vocabulary, units, policy)
        invariants = invariant_files.read(self.folder, self.faults, vocabulary, units)
        for invariant in invariants:
            self.check_cites((invariant_files.FILE, invariant.says, cite) for cite in invariant.cites)
        if policy is None or units is None or definition is None or figures is None or tasking is None:
            return None
        return Pack(
            id=identity,
            title=title,
            hash=policy.pack_hash,
            document=self.cites.document,
            sources=self.read_sources(),
            vocabulary=vocabulary,
            boroughs=boroughs,
            units=units,
            policy=policy,
            resources=resources,
            definition=definition,
            figures=figures,
            tasking=tasking,
            examples=examples,
            invariants=invariants,
            reader=Reader(vocabulary, boroughs),
            cites=self.cites,
        )

    def unproved(self, pack: Pack) -> Iterator[Fault]:
        """What the proof, the invariants and the examples find, as faults."""
        name = f"{self.folder.name}/remit.toml"
        if not pack.remit.sound:
            yield from (Fault(name, "", says) for says in pack.remit.check().faults)
            return
        for broken in pack.broken_invariants():
            line = broken.invariant.line
            yield Fault(f"{self.folder.name}/{invariant_files.FILE}", "", f"{broken} {WHICH_IS_WRONG}", line)
        for differs in pack.differing_examples():
            yield Fault(f"{self.folder.name}/examples.toml", "", f"{differs}. {WHICH_IS_WRONG}", differs.example.line)

    def check_cites(self, cites: Iterable[tuple[str, str, str]]) -> None:
        for file, row, cite in cites:
            for says in self.cites.faults([cite]):
                self.faults.append(Fault(f"{self.folder.name}/{file}", row, f"{says}"))

    # pack.toml

    def read_sources(self) -> tuple[Source, ...]:
        return tuple(
            Source(
                self.about.text_of("", row, "id"),
                self.about.text_of(str(row.get("id", "")), row, "title"),
                self.about.day_of(str(row.get("id", "")), row, "date"),
            )
            for row in self.about.tables("sources")
        )

    def read_cites(self) -> Cites:
        about = self.about.document
        document = self.about.text_of("", about, "document")
        others = {
            str(row.get("id", "")): self.about.texts_of("", row, "paragraphs") if "paragraphs" in row else None
            for row in self.about.tables("sources")
            if row.get("id") != document
        }
        return Cites(document, self.about.texts_of("", about, "paragraphs"), others)

    # vocabulary.toml and boroughs.csv

    def read_vocabulary(self) -> Vocabulary | None:
        file = TomlFile(self.folder, "vocabulary.toml", self.faults)
        file.allow("", file.document, ("version", "field"))
        before = len(self.faults)
        version = file.number_of("", file.document, "version")
        fields = [self.read_field(file, row) for row in file.tables("field")]
        if not fields:
            file.fault("", "it has no field. Add [[field]] tables.")
        if len(self.faults) > before or file.document == {}:
            return None
        wanted = self.about.number_of("", self.about.document, "vocabulary")
        if version is None:
            file.fault("", "`version` is missing: a whole number, raised whenever fields or values change.")
        elif wanted != version:
            self.about.fault("", f"`vocabulary` is {wanted}, and vocabulary.toml has version {version}.")
        try:
            return Vocabulary(version or 0, [field_ for field_ in fields if field_])
        except VocabularyFault as wrong:
            for says in wrong.says:
                file.fault("", says)
            return None

    def read_field(self, file: TomlFile, row: Mapping[str, Any]) -> Field | None:
        name = file.text_of("", row, "name")
        values = file.texts_of(name, row, "values")
        file.allow(name, row, FIELD)
        if column := file.text_of(name, row, "column", required=False):
            self.columns[name] = column
        try:
            return Field(
                name=name,
                values=values,
                missing=file.text_of(name, row, "missing"),
                label=file.text_of(name, row, "label", required=False),
                ask=file.text_of(name, row, "ask", required=False),
                labels=dict(row.get("labels", {})),
                phrase=dict(row.get("phrase", {})),
                numbers=tuple((int(cut["from"]), str(cut["value"])) for cut in row.get("numbers", [])),
                booleans=tuple((word == "true", str(value)) for word, value in row.get("booleans", {}).items()),
                derived_from=file.text_of(name, row, "derived_from", required=False),
            )
        except VocabularyFault as wrong:
            for says in wrong.says:
                file.fault(name, says)
        except (KeyError, TypeError, ValueError, AttributeError) as wrong:
            file.fault(name, f"labels, phrase, booleans or numbers have another shape than they should: {wrong!r}.")
        return None

    def read_boroughs(self, vocabulary: Vocabulary) -> Boroughs:
        derived = [field_ for field_ in vocabulary.fields if field_.derived_from == "borough"]
        columns = {field_.name: self.columns.get(field_.name, field_.name) for field_ in derived}
        needed = ("gss", "name", "police_force", *columns.values())
        rows = read_csv(self.folder, "boroughs.csv", needed, self.faults)
        force = self.about.text_of("", self.about.document, "force", required=False)
        found = []
        for line, row in rows:
            facts = {}
            for field_ in derived:
                column = columns[field_.name]
                cell = row[column]
                words = {str(flag).lower(): value for flag, value in field_.booleans}
                value = cell if cell in field_.values else words.get(cell.casefold())
                if value is None:
                    allowed = listed([*words, *field_.values], "or")
                    says = f"{column} {cell!r} gives no {field_.name}. Write {allowed}."
                    self.faults.append(Fault(f"{self.folder.name}/boroughs.csv", row["name"], says, line))
                else:
                    facts[field_.name] = value
            own = not force or row["police_force"] == force
            found.append(Borough(row["gss"], row["name"], facts, row["police_force"], own))
        names = [folded for borough in found for folded in (borough.name, borough.gss)]
        for name in sorted({name for name in names if names.count(name) > 1}):
            self.faults.append(Fault(f"{self.folder.name}/boroughs.csv", name, "it is there twice. Keep one."))
        return Boroughs(found)

    # remit.toml, tasking.toml and clocks.toml

    def read_policy(
        self, vocabulary: Vocabulary, identity: str, units: Units | None, boroughs: Boroughs
    ) -> Policy | None:
        before = len(self.faults)
        remit_file, clocks_file = (TomlFile(self.folder, name, self.faults) for name in ("remit.toml", "clocks.toml"))
        tasking_file = self.tasking
        remit_file.allow("", remit_file.document, REMIT)
        tasking_file.allow("", tasking_file.document, TASKING)
        clocks_file.allow("", clocks_file.document, ("clocks", "breaches"))
        remit_rows, tasking_rows, clock_rows = (
            Rows(file, vocabulary, self.cites) for file in (remit_file, tasking_file, clocks_file)
        )
        start = remit_file.day_of("", remit_file.document, "from") or self.about.day_of("", self.about.document, "from")
        if start is None:
            remit_file.fault("", "`from` is missing: the first day that the remit knows.")
            return None
        rules = remit_rows.rules()
        if not rules:
            remit_file.fault("", "it has no rules. Add [[block]] with rules = [ … ].")
        by_borough = remit_file.texts_of("", remit_file.document, "by_borough")
        tiers = self.read_tiers(remit_file)
        levels, support, safeguarding = tasking_rows.levels(), tasking_rows.support(), tasking_rows.safeguarding()
        clocks = clock_rows.clocks()
        breaches = clock_rows.breaches(clocks)
        if units and rules:
            check = UnitCheck(units, start, {rule.owner for rule in rules})
            check.rules(remit_file, rules)
            check.named(remit_file, (*tiers, *by_borough))
            check.support(tasking_file, support)
            check.owners(tasking_file, support)
            check.owners(clocks_file, clocks)
        try:
            remit = Remit(
                remit_file.text_of("", remit_file.document, "remit"),
                vocabulary,
                rules,
                start=start,
                tiers=tiers,
                by_borough=by_borough,
                in_place_of=in_place_of(vocabulary, boroughs),
            )
        except RemitFaults as wrong:
            told = {(fault.row, fault.says) for fault in self.faults}
            for row, says in wrong.faults:
                if (row, says) not in told:
                    remit_file.fault(row, says)
        if len(self.faults) > before:
            return None
        policy = Policy(
            remit,
            levels=levels,
            support=support,
            safeguarding=safeguarding,
            clocks=clocks,
            breaches=breaches,
            pack=identity,
            pack_hash=hash_of(self.folder),
            unknown_borough=remit_file.text_of("", remit_file.document, "unknown_borough", required=False),
            names_on=units.names_on if units else lambda day: {},
            name_changes=units.change_days if units else (),
        )
        for table, row, says in policy.faults():
            (clocks_file if table in ("clocks", "breaches") else tasking_file).fault(
                row, says if row else f"{table}: {says}"
            )
        return policy

    def read_tiers(self, file: TomlFile) -> dict[str, int]:
        tiers = file.table_of("", file.document, "tiers")
        wrong = [unit for unit, tier in tiers.items() if not isinstance(tier, int) or isinstance(tier, bool)]
        for unit in wrong:
            file.fault(unit, f"its tier is {tiers[unit]!r}, not a whole number.")
        return {} if wrong else tiers

    def read_resources(self, vocabulary: Vocabulary, units: Units | None, policy: Policy | None) -> Resources:
        """What one unit can draw on another for; a unit that is not there, or two rows for one thing, are faults."""
        rows = Rows(self.tasking, vocabulary, self.cites).resources()
        found = Resources(rows)
        if policy is None or units is None:
            return found
        check = UnitCheck(units, policy.remit.start, set(policy.remit.owners))
        check.resources(self.tasking, rows, policy.remit.by_borough)
        check.owners(self.tasking, rows)
        for row, says in (*double_versions(rows), *found.faults(policy.remit.owners)):
            self.tasking.fault(row, says)
        return found

    # examples.toml

    def read_examples(self) -> tuple[Example, ...]:
        file = TomlFile(self.folder, "examples.toml", self.faults)
        file.allow("", file.document, ("example",))
        found = []
        for row in file.tables("example"):
            says = file.text_of("", row, "says")
            file.allow(says, row, ("says", "on", "facts", *EXPECTED))
            on = file.day_of(says, row, "on")
            facts = row.get("facts", {})
            if on is None:
                file.fault(says, "`on` is missing: the day of the decision.")
                continue
            if not isinstance(facts, dict):
                file.fault(says, f'`facts` is {facts!r}. Write {{ field = "value" }}.')
                continue
            expects = {name: row[name] for name in EXPECTED if name in row}
            if not expects:
                file.fault(says, "it expects nothing. Add `owner`.")
            found.append(Example(says, on, facts, expects, file.line(says)))
        return tuple(found)


class UnitCheck:
    """Puts down a fault for each row that names a unit which is not there, or not on all days of the row."""

    def __init__(self, units: Units, start: date, owners: set[str]) -> None:
        self.units = units
        self.start = start
        self.all_owners = owners

    def rules(self, file: TomlFile, rules: Iterable[Rule]) -> None:
        for rule in rules:
            self.unit(file, rule.id, rule.owner, rule.period)
            self.function(file, rule.id, rule.owner, rule.function or "")

    def support(self, file: TomlFile, rows: Iterable[SupportRow]) -> None:
        for row in rows:
            self.unit(file, row.id, row.unit, row.period)

    def resources(self, file: TomlFile, rows: Iterable[ResourceRow], by_borough: Container[str]) -> None:
        for row in rows:
            for unit in row.units:
                self.unit(file, row.id, unit, row.period)
                self.function(file, row.id, unit, row.function)
                if unit in by_borough:
                    file.fault(row.id, f"{unit} works by borough, and a request for support names none. Take it out.")

    def function(self, file: TomlFile, row: str, unit: str, function: str) -> None:
        functions = {f.id for known in self.units.units if known.id == unit for f in known.functions}
        if function and function not in functions:
            there = f"Functions: {listed(sorted(functions))}." if functions else "Take it out."
            file.fault(row, f"{unit} has no function {function!r}. {there}")

    def owners(self, file: TomlFile, rows: Iterable[SupportRow | ClockRow | ResourceRow]) -> None:
        for row in rows:
            for owner in row.owner:
                if owner not in self.all_owners:
                    file.fault(row.id, f"no rule makes {owner!r} an owner. Owners: {listed(sorted(self.all_owners))}.")

    def named(self, file: TomlFile, units: Iterable[str]) -> None:
        for unit in dict.fromkeys(units):
            self.unit(file, "", unit, None)

    def unit(self, file: TomlFile, row: str, unit: str, period: Period | None) -> None:
        if not unit:
            return  # that it is missing has been told
        if unit not in self.units.kinds:
            near = nearest(unit, tuple(self.units.kinds))
            hint = f"Did you mean {listed(near, 'or')}?" if near else "Correct it, or add it to units.toml."
            file.fault(row, f"there is no unit {unit!r}. {hint}")
        elif period is not None:
            days = Period(max(period.start or self.start, self.start), period.end)
            if not days.empty and not self.throughout(unit, days):
                file.fault(row, f"{unit} does not exist on all days {days.words}. Change the row's days or the unit's.")

    def throughout(self, unit: str, days: Period) -> bool:
        """Whether some row of the unit is in force on each of the days."""
        day = days.start or self.start
        while row := next((row for row in self.units.units if row.id == unit and day in row.period), None):
            if row.period.end is None or (days.end is not None and days.end <= row.period.end):
                return True
            day = row.period.end
        return False
