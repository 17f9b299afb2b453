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

from palermo.domain.clocks import Clock, ClockRow
from palermo.domain.definition import Definition, Finding
from palermo.domain.figures import Figures
from palermo.domain.policy import Basis, Fault, Period, PolicyFaults, content_hash, listed, nearest
from palermo.domain.referral import Borough, Boroughs, Facts, FactsRefused, Reader
from palermo.domain.remit import NoOwner, OutsideRemit, Remit, RemitFaults, Rule
from palermo.domain.remit.invariants import Broken, Invariant
from palermo.domain.tasking import Decision, LevelRow, Policy, SafeguardingRow, SupportRow
from palermo.domain.units import Units
from palermo.domain.vocabulary import Field, Vocabulary, VocabularyFault
from palermo.packs import definition as definition_files
from palermo.packs import figures as figure_files
from palermo.packs import invariants as invariant_files
from palermo.packs import units as unit_files
from palermo.packs.files import Cites, TomlFile, read_csv

PACKS = Path(__file__).parent

DEFAULTS = ("owner", "from", "until", "cites", "basis", "why")
"""What a block may say once for all its rows."""

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

ROW = ("id", "when", "from", "until", "cites", "basis", "why")


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
    definition: Definition
    figures: Figures
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


def from_start(period: Period, start: date) -> Period:
    """The period without the days before the remit knows any rule."""
    return Period(max(period.start or start, start), period.end)


def in_place_of(vocabulary: Vocabulary, boroughs: Boroughs) -> dict[tuple[str, str], tuple[str, str]]:
    """For each derived value a borough that it follows from, so that an example can be written down and read again."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for borough in boroughs.values():
        if borough.own_force:
            for fact in borough.facts.items():
                found.setdefault(fact, ("borough", borough.name))
    return {fact: place for fact, place in found.items() if vocabulary.by_name[fact[0]].missing != fact[1]}


def hash_of(folder: Path) -> str:
    """The content hash over names and bytes of all files of a pack."""
    files = sorted(
        (path.relative_to(folder).as_posix(), path)
        for path in folder.rglob("*")
        if path.is_file() and not any(part.startswith((".", "__")) for part in path.relative_to(folder).parts)
    )
    return content_hash(*(part for name, path in files for part in (name, path.read_bytes())))


class Loading:
    """One pack on its way from files to a Pack; faults are collected on the way."""

    def __init__(self, folder: Path, faults: list[Fault]) -> None:
        self.folder = folder
        self.faults = faults
        self.columns: dict[str, str] = {}
        self.about = TomlFile(folder, "pack.toml", faults)
        self.cites = self.read_cites()

    def pack(self) -> Pack | None:
        """The pack, or None where its files hold too little for one."""
        about = self.about.document
        title = self.about.text_of("", about, "title")
        identity = self.about.text_of("", about, "id")
        vocabulary = self.read_vocabulary()
        if vocabulary is None:
            return None
        boroughs = self.read_boroughs(vocabulary)
        units = unit_files.read(self.folder, self.faults)
        definition = definition_files.read(self.folder, self.faults)
        figures = figure_files.read(self.folder, self.faults)
        for part in (units, definition, figures):
            self.check_cites(part.cites if part else ())
        policy = self.read_policy(vocabulary, identity, units, boroughs)
        examples = self.read_examples()
        invariants = invariant_files.read(self.folder, self.faults, vocabulary, units)
        for invariant in invariants:
            self.check_cites((invariant_files.FILE, invariant.says, cite) for cite in invariant.cites)
        if policy is None or units is None or definition is None or figures is None:
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
            definition=definition,
            figures=figures,
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
        before = len(self.faults)
        version = file.number_of("", file.document, "version")
        fields = [self.read_field(file, row) for row in file.tables("field")]
        if not fields:
            file.fault("", "it has no field. Add [[field]] tables.")
        if len(self.faults) > before or file.document == {}:
            return None
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
        remit_file = TomlFile(self.folder, "remit.toml", self.faults)
        start = remit_file.day_of("", remit_file.document, "from") or self.about.day_of("", self.about.document, "from")
        if start is None:
            remit_file.fault("", "`from` is missing: the first day that the remit knows.")
        rules = self.read_rules(remit_file, vocabulary)
        tasking_file = TomlFile(self.folder, "tasking.toml", self.faults)
        levels = [self.read_level(tasking_file, row, vocabulary) for row in tasking_file.tables("levels")]
        support = [self.read_support(tasking_file, row, vocabulary) for row in tasking_file.tables("support")]
        partners = [self.read_partner(tasking_file, row, vocabulary) for row in tasking_file.tables("safeguarding")]
        clocks_file = TomlFile(self.folder, "clocks.toml", self.faults)
        clocks = [self.read_clock(clocks_file, row, vocabulary) for row in clocks_file.tables("clocks")]
        if len(self.faults) > before or start is None:
            return None
        try:
            remit = Remit(
                remit_file.text_of("", remit_file.document, "remit"),
                vocabulary,
                rules,
                start=start,
                tiers=self.read_tiers(remit_file),
                by_borough=remit_file.texts_of("", remit_file.document, "by_borough"),
                in_place_of=in_place_of(vocabulary, boroughs),
            )
        except RemitFaults as wrong:
            for row, says in wrong.faults:
                remit_file.fault(row, says)
            return None
        policy = Policy(
            remit,
            levels=levels,
            support=support,
            safeguarding=partners,
            clocks=clocks,
            pack=identity,
            pack_hash=hash_of(self.folder),
            unknown_borough=remit_file.text_of("", remit_file.document, "unknown_borough", required=False),
            names_on=units.names_on if units else lambda day: {},
            name_changes=units.change_days if units else (),
        )
        if units:
            self.check_units(units, policy, remit_file, tasking_file, clocks_file)
        for table, row, says in policy.faults():
            (clocks_file if table == "clocks" else tasking_file).fault(row or table, says)
        return policy

    def check_units(self, units: Units, policy: Policy, remit: TomlFile, tasking: TomlFile, clocks: TomlFile) -> None:
        """Put down a fault for each row that names a unit which is not there on all days of the row."""
        start = policy.remit.start
        for rule in policy.remit.rules:
            self.check_unit(units, remit, rule.id, rule.owner, from_start(rule.period, start))
            functions = {f.id for unit in units.units if unit.id == rule.owner for f in unit.functions}
            if rule.function and rule.function not in functions:
                says = f"{rule.owner} has no function {rule.function!r}. Functions: {listed(sorted(functions))}."
                remit.fault(rule.id, says)
        for support in policy.supports.rows:
            self.check_unit(units, tasking, support.id, support.unit, from_start(support.period, start))
        for file, rows in ((tasking, policy.supports.rows), (clocks, policy.clocks.rows)):
            for row in rows:
                for owner in row.owner:
                    if owner not in policy.remit.owners:
                        file.fault(row.id, f"no rule makes {owner!r} an owner. Owners: {listed(policy.remit.owners)}.")
        for unit in (*policy.remit.tiers, *policy.remit.by_borough):
            if unit not in units.kinds:
                remit.fault("", f"there is no unit {unit!r}; `tiers` and `by_borough` name units.")

    def check_unit(self, units: Units, file: TomlFile, row: str, unit: str, period: Period) -> None:
        if unit not in units.kinds:
            near = nearest(unit, tuple(units.kinds))
            file.fault(
                row, f"there is no unit {unit!r}. " + (f"Did you mean {listed(near, 'or')}?" if near else "Add it.")
            )
        elif not units.exists(unit, period):
            file.fault(row, f"{unit} does not exist on all days {period.words}. Change the row's days or the unit's.")

    def read_tiers(self, file: TomlFile) -> dict[str, int]:
        tiers = self.table_of(file, "", file.document, "specialisation").get("tiers", {})
        if isinstance(tiers, dict) and all(isinstance(tier, int) for tier in tiers.values()):
            return tiers
        file.fault("", "`tiers` of [specialisation] is not a table of unit ids and whole numbers.")
        return {}

    def read_rules(self, file: TomlFile, vocabulary: Vocabulary) -> list[Rule]:
        rules = []
        for block in [{"rules": file.document.get("rules", [])}, *file.tables("block")]:
            file.allow("", block, ("with", "rules", *DEFAULTS))
            common = self.table_of(file, "", block, "with")
            defaults = {name: block[name] for name in DEFAULTS if name in block}
            for row in file.tables_in(block, "rules"):
                when = self.table_of(file, str(row.get("id", "")), row, "when")
                rules.append(self.read_rule(file, {**defaults, **row, "when": {**common, **when}}, vocabulary))
        if not rules:
            file.fault("", "it has no rules. Add [[block]] with rules = [ … ].")
        return rules

    def table_of(self, file: TomlFile, id_: str, row: Mapping[str, Any], name: str) -> dict[str, Any]:
        there = row.get(name, {})
        if isinstance(there, dict):
            return there
        file.fault(id_, f'`{name}` is {there!r}. Write {{ field = "value" }}.')
        return {}

    def read_rule(self, file: TomlFile, row: Mapping[str, Any], vocabulary: Vocabulary) -> Rule:
        common = self.read_row(file, row, vocabulary, "owner", "function", "overrides")
        id_ = common["id"]
        return Rule(
            owner=file.text_of(id_, row, "owner"),
            function=file.text_of(id_, row, "function", required=False) or None,
            overrides=file.texts_of(id_, row, "overrides"),
            **common,
        )

    def read_row(
        self, file: TomlFile, row: Mapping[str, Any], vocabulary: Vocabulary, *more: str, why: bool = True
    ) -> dict[str, Any]:
        """What every row has: id, condition, days, paragraphs, basis and reason."""
        id_ = file.text_of("", row, "id")
        file.allow(id_, row, (*ROW, *more))
        cites = file.texts_of(id_, row, "cites")
        for says in self.cites.faults(cites):
            file.fault(id_, says)
        basis = file.basis_of(id_, row)
        reason = file.text_of(id_, row, "why", required=False)
        found = {
            "id": id_,
            "when": file.condition_of(id_, row, vocabulary),
            "period": file.period_of(id_, row),
            "cites": cites,
            "basis": basis,
            "why": reason,
            "line": file.line(id_),
        }
        if why and basis is Basis.ASSUMED and not reason:
            file.fault(id_, "it is assumed and does not say why. Add `why`.")
        if basis is not Basis.ASSUMED and not cites:
            file.fault(id_, f"it is {basis} and cites no paragraph. Add `cites`.")
        return found

    def read_level(self, file: TomlFile, row: Mapping[str, Any], vocabulary: Vocabulary) -> LevelRow:
        common = self.read_row(file, row, vocabulary, "level", "reason", why=False)
        id_ = common["id"]
        level = file.number_of(id_, row, "level")
        if level not in (None, 1, 2, 3):
            file.fault(id_, f"level {level} is none. Levels: 1, 2, 3, or leave it out where it is not known.")
        return LevelRow(level=level, reason=file.text_of(id_, row, "reason"), **common)

    def read_support(self, file: TomlFile, row: Mapping[str, Any], vocabulary: Vocabulary) -> SupportRow:
        common = self.read_row(file, row, vocabulary, "unit", "owner")
        id_ = common["id"]
        if not common["why"]:
            file.fault(id_, "it does not say why the unit is drawn on. Add `why`.")
        return SupportRow(unit=file.text_of(id_, row, "unit"), owner=file.texts_of(id_, row, "owner"), **common)

    def read_partner(self, file: TomlFile, row: Mapping[str, Any], vocabulary: Vocabulary) -> SafeguardingRow:
        common = self.read_row(file, row, vocabulary, "partner", "unknown_borough")
        id_ = common["id"]
        return SafeguardingRow(
            partner=file.text_of(id_, row, "partner"),
            unknown_borough=file.text_of(id_, row, "unknown_borough", required=False),
            **common,
        )

    def read_clock(self, file: TomlFile, row: Mapping[str, Any], vocabulary: Vocabulary) -> ClockRow:
        lengths = ("hours", "days", "working_days")
        common = self.read_row(file, row, vocabulary, "clock", "label", "starts", "owner", "holder", *lengths)
        id_ = common["id"]
        if sum(name in row for name in lengths) != 1:
            file.fault(id_, "it needs exactly one length: hours, days or working_days.")
        return ClockRow(
            clock=file.text_of(id_, row, "clock"),
            label=file.text_of(id_, row, "label"),
            starts=file.text_of(id_, row, "starts", required=False) or "received",
            hours=file.number_of(id_, row, "hours"),
            days=file.number_of(id_, row, "days"),
            working_days=file.number_of(id_, row, "working_days"),
            owner=file.texts_of(id_, row, "owner"),
            holder=file.text_of(id_, row, "holder", required=False) or "owner",
            **common,
        )

    # examples.toml

    def read_examples(self) -> tuple[Example, ...]:
        file = TomlFile(self.folder, "examples.toml", self.faults)
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
