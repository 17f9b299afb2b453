"""Sampling: what could have been referred in a year? Invented referrals, made from the shares in a pack's data.

Shares are dealt, not drawn: of so many referrals exactly the part of a margin comes, by largest remainder; only the
order and the free choices come from the seed. One seed gives the same referrals on any machine and any day.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any, TypeVar

from palermo.domain.policy import Fault, PolicyFaults, listed
from palermo.domain.referral import FactsRefused
from palermo.packs.files import TomlFile, read_csv
from palermo.packs.loader import Pack, find

FOLDER = "sample"
OTHER = "other"
UNKNOWN = "unknown"
BODY = ("margin", "body", "weight", "borough", "police", "post", "invented")
PERSON = (
    "given_names",
    "family_name",
    "other_names",
    "date_of_birth",
    "sex",
    "nationality",
    "language",
    "safe_contact",
)
"""What a sample tells of a person, in the order of a table."""
WORK = (
    "unaccepted",
    "minutes",
    "shares",
    "done",
    "assessment",
    "investigation",
    "next",
    "closing",
    "correction",
    "escalation",
    "hand_back",
    "answers",
    "latest",
    "safeguarding",
    "support",
    "supporting",
)
MINUTES = 60
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Margin:
    """How many were referred by one kind of agency, as published; the bodies here stand for it in that share."""

    id: str
    published_as: str
    count: int
    period: str
    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Body:
    """A referring body. `facts` follow from who it is: whoever works at a port refers people found there."""

    margin: str
    name: str
    weight: int
    borough: str
    police: bool
    post: str
    invented: bool
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """Words of an account, and the elements and indicators that they say. None: nothing is known of that element."""

    says: str
    weight: int
    elements: Mapping[str, tuple[str, ...] | None]
    indicators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A kind of referral: the facts that hold, the shares of the others, who it happens to, and in which words.

    `what` are the parts by the value of the exploitation they go with; an empty one goes with every value.
    """

    id: str
    facts: Mapping[str, str]
    share: Mapping[str, int]
    dealt: Mapping[str, Mapping[str, int]]
    sex: Mapping[str, int]
    nationality: Mapping[str, int]
    years: tuple[int, int] | None
    how: tuple[Part, ...]
    what: Mapping[str, tuple[Part, ...]]
    account: str


@dataclass(frozen=True, slots=True)
class People:
    """Names of one language, by sex."""

    nationality: str
    language: str
    given: Mapping[str, tuple[str, ...]]
    family: Mapping[str, tuple[str, ...]]
    other: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One invented referral. Day and time are the force's own; `facts` are in the contract's names, without id and day.

    `elements` is what `assess` reads, and `people` has the fields that a referral keeps of a person.
    """

    id: str
    received: date
    at: time
    facts: Mapping[str, str | None]
    margin: str
    referring_body: str
    invented_body: bool
    first_responder: str
    sent_by_borough: str
    account: str
    elements: Mapping[str, object]
    people: tuple[Mapping[str, str], ...]

    def as_facts(self) -> dict[str, object]:
        """What `palermo remit decide` reads, and nothing else."""
        return {"id": self.id, "received": self.received.isoformat(), **self.facts}

    def as_dict(self) -> dict[str, object]:
        """Everything that was made up, with the margin that the referring body stands for."""
        return {
            **self.as_facts(),
            "received_time": self.at.isoformat("minutes"),
            "referring_body": self.referring_body,
            "stands_for_margin": self.margin,
            "invented_body": self.invented_body,
            "first_responder": self.first_responder,
            "sent_by_borough": self.sent_by_borough,
            "account": self.account,
            "elements": dict(self.elements),
            "people": [dict(person) for person in self.people],
        }


@dataclass(frozen=True, slots=True)
class Sampling:
    """All that samples are made from, for one pack."""

    pack: Pack = field(repr=False)
    start: date
    end: date
    seed: int
    """What chance starts from where nobody names another seed."""
    margins: tuple[Margin, ...]
    bodies: tuple[Body, ...]
    boroughs: Mapping[str, int]
    people: Mapping[str, People]
    scenarios: tuple[Scenario, ...]
    says: Mapping[str, Mapping[str, str]]
    weekdays: tuple[int, ...]
    hours: tuple[int, ...]
    consent: Mapping[str, int]
    born: Mapping[str, int]
    named: Mapping[str, int]
    work: Mapping[str, Any]
    """What is done with them afterwards, where they are loaded into a site; the tables of work.toml."""

    def samples(self, count: int, seed: int) -> tuple[Sample, ...]:
        """So many referrals, in the order in which they were received."""
        return Maker(self, Dice(seed)).make(count)


# Shares and chance


def apportion(shares: Mapping[str, int], count: int) -> dict[str, int]:
    """The count in these shares, by largest remainder (Hamilton); of equal remainders the first goes first."""
    total = sum(shares.values())
    if total <= 0:
        raise ValueError("there is nothing to share out by: every share is 0")
    whole = {name: count * share // total for name, share in shares.items()}
    by_remainder = sorted(shares, key=lambda name: -(count * shares[name] % total))
    for name in by_remainder[: count - sum(whole.values())]:
        whole[name] += 1
    return whole


class Dice:
    """Chance from a seed, in whole numbers alone: no rounding, and no method of `random` that a version may change."""

    def __init__(self, seed: int) -> None:
        self.bits = random.Random(seed).getrandbits  # noqa: S311 - nothing here is secret

    def below(self, end: int) -> int:
        """A whole number from 0 up to, and without, the end."""
        return self.bits(32) * end >> 32

    def among(self, start: int, last: int) -> int:
        """A whole number from the first to the last."""
        return start + self.below(last - start + 1)

    def one_of(self, things: Sequence[T]) -> T:
        return things[self.below(len(things))]

    def shuffled(self, things: Iterable[T]) -> list[T]:
        """The things in another order (Fisher and Yates)."""
        found = list(things)
        for place in range(len(found) - 1, 0, -1):
            other = self.below(place + 1)
            found[place], found[other] = found[other], found[place]
        return found

    def dealt(self, shares: Mapping[str, int], count: int) -> list[str]:
        """Names in exactly these shares, in an order of chance."""
        return self.shuffled(name for name, times in apportion(shares, count).items() for _ in range(times))

    def weighted(self, weights: Sequence[int]) -> int:
        """A place, as likely as its weight."""
        left = self.below(sum(weights))
        for place, weight in enumerate(weights):
            left -= weight
            if left < 0:
                return place
        raise ValueError("every weight is 0")


# Making


@dataclass(slots=True)
class Draft:
    """A referral in the making: its margin, its scenario, and what has been dealt to it so far."""

    margin: str
    scenario: Scenario
    dealt: dict[str, str] = field(default_factory=dict)
    body: Body | None = None


class Maker:
    """Deals what a share says, then makes up the rest of each referral."""

    def __init__(self, sampling: Sampling, dice: Dice) -> None:
        self.of = sampling
        self.dice = dice
        self.asked = [one.name for one in sampling.pack.vocabulary.fields if not one.derived_from]
        self.missing = {one.name: one.missing for one in sampling.pack.vocabulary.fields}
        self.scenarios = {one.id: one for one in sampling.scenarios}

    def make(self, count: int) -> tuple[Sample, ...]:
        drafts = list(self.dealt(count))
        moments = sorted(self.moment() for _ in drafts)
        width = max(4, len(str(count)))
        return tuple(
            self.sample(f"SAMPLE-{number:0{width}}", received, at, draft)
            for number, ((received, at), draft) in enumerate(
                zip(moments, self.dice.shuffled(drafts), strict=True), start=1
            )
        )

    def moment(self) -> tuple[date, time]:
        """A day and a time of day, busier on some weekdays and at some hours."""
        days = (self.of.end - self.of.start).days
        most = max(self.of.weekdays)
        while True:
            day = self.of.start + timedelta(days=self.dice.below(days))
            if self.dice.below(most) < self.of.weekdays[day.weekday()]:
                return day, time(self.dice.weighted(self.of.hours), self.dice.below(MINUTES))

    def dealt(self, count: int) -> Iterable[Draft]:
        """Every referral with its margin, scenario, body and dealt facts."""
        drafts: list[Draft] = []
        for margin, many in apportion({one.id: one.count for one in self.of.margins}, count).items():
            kinds = {one.id: one.share.get(margin, one.share.get(OTHER, 0)) for one in self.of.scenarios}
            here = [Draft(margin, self.scenarios[name]) for name in self.dice.dealt(kinds, many)]
            bodies = {one.name: one for one in self.of.bodies if one.margin == margin}
            weights = {name: one.weight for name, one in bodies.items()}
            for draft, name in zip(here, self.dice.dealt(weights, many), strict=True):
                draft.body = bodies[name]
            drafts += here
        for scenario in self.of.scenarios:
            here = [draft for draft in drafts if draft.scenario is scenario]
            shares_of: dict[str, Mapping[str, int]] = {
                **scenario.dealt,
                "sex": scenario.sex,
                "nationality": scenario.nationality,
                "consent": self.of.consent,
                "born": self.of.born,
                "named": self.of.named,
                "place": self.of.boroughs,
            }
            for name, shares in shares_of.items():
                if shares:
                    for draft, value in zip(here, self.dice.dealt(shares, len(here)), strict=True):
                        draft.dealt[name] = value
        return drafts

    def sample(self, identity: str, received: date, at: time, draft: Draft) -> Sample:
        body, scenario = draft.body, draft.scenario
        if body is None:
            raise ValueError(f"no body stands for the margin {draft.margin}")
        facts = self.facts(draft, body)
        account, elements = self.told(draft, facts)
        post = body.post
        return Sample(
            id=identity,
            received=received,
            at=at,
            facts=facts,
            margin=draft.margin,
            referring_body=body.name,
            invented_body=body.invented,
            first_responder=post,
            sent_by_borough=body.borough if body.police else "",
            account=account,
            elements=elements,
            people=(self.person(draft, received, post),) if scenario.nationality else (),
        )

    def facts(self, draft: Draft, body: Body) -> dict[str, str | None]:
        """The contract's facts, in its order; only those of the vocabulary that are asked for."""
        known = {**self.missing, **draft.scenario.facts, **draft.dealt, **body.facts}
        found: dict[str, str | None] = {name: known[name] for name in self.asked}
        # a borough that the body's own place does not settle may not be known yet
        if body.borough and (body.facts or draft.dealt.get("borough", "known") == "known"):
            found["borough"] = body.borough
        else:
            found["borough"] = draft.dealt["place"] if draft.dealt.get("borough", "known") == "known" else None
        return found

    def told(self, draft: Draft, facts: Mapping[str, str | None]) -> tuple[str, dict[str, object]]:
        """The account, and the elements and indicators that its words say."""
        scenario, kinds = draft.scenario, [kind.list for kind in self.of.pack.definition.kinds]
        if scenario.account:
            return scenario.account, {**dict.fromkeys(kinds), "consent": None, "indicators": []}
        parts = scenario.what.get(str(facts["exploitation"])) or scenario.what[""]
        how, what = (pool[self.dice.weighted([part.weight for part in pool])] for pool in (scenario.how, parts))
        who = {"female": "She", "male": "He"}.get(draft.dealt.get("sex", ""), "This person")
        adds = {name: words.get(str(facts.get(name)), "") for name, words in self.of.says.items()}
        before = adds.pop("port", "")
        second = ", ".join([what.says, *(words for words in adds.values() if words)])
        account = f"{before}{who.lower() if before else who} {how.says}. {who} {second}."
        found: dict[str, list[str] | None] = dict.fromkeys(kinds)
        for part in (how, what):
            for kind, words in part.elements.items():
                if words is not None:
                    found[kind] = [*(found[kind] or ()), *words]
        consent = draft.dealt["consent"] if any(found.values()) else UNKNOWN
        elements: dict[str, object] = {**found, "consent": {"true": True, "false": False}.get(consent)}
        return account, {**elements, "indicators": [*how.indicators, *what.indicators]}

    def person(self, draft: Draft, received: date, post: str) -> dict[str, str]:
        """The person as far as is known; the fields of a referral."""
        people, sex = self.of.people[draft.dealt["nationality"]], draft.dealt["sex"]
        given, family = self.dice.one_of(people.given[sex]), self.dice.one_of(people.family[sex])
        named = draft.dealt["named"] == "yes"
        return {
            "given_names": given if named else "",
            "family_name": family if named else "",
            "other_names": people.other if named else "",
            "date_of_birth": self.born(draft, received),
            "sex": sex,
            "nationality": people.nationality,
            "language": people.language,
            "safe_contact": f"Through the {post[0].lower()}{post[1:]} only.",
        }

    def born(self, draft: Draft, received: date) -> str:
        """As much of a date of birth as is known, at an age that the scenario allows on the day of receipt."""
        known, span = draft.dealt["born"], draft.scenario.years
        year, month, day = self.dice.among(*span) if span else 0, self.dice.among(1, 12), self.dice.among(1, 28)
        if not span or known == "nothing":
            return ""
        # a birthday still to come this year would make the person a year younger than was meant
        born = date(received.year - year, month, day)
        if (month, day) > (received.month, received.day):
            born = born.replace(year=born.year - 1)
        return born.isoformat()[: {"day": 10, "month": 7, "year": 4}[known]]


# Reading


def has_samples(which: str | Path) -> bool:
    """Whether the pack has something to make samples from."""
    return (find(which) / FOLDER).is_dir()


def read_sampling(pack: Pack, which: str | Path) -> Sampling:
    """What samples are made from under a loaded pack. Raises PolicyFaults with every fault of every file."""
    folder = find(which) / FOLDER
    if not has_samples(which):
        raise PolicyFaults([Fault(pack.id, "", f"the pack has no folder {FOLDER}: nothing to make referrals from.")])
    faults: list[Fault] = []
    sampling = Reading(pack, folder, faults).sampling()
    if faults or sampling is None:
        raise PolicyFaults(faults)
    return sampling


class Reading:
    """Reads the files of a sample folder and holds them against the pack and against each other."""

    def __init__(self, pack: Pack, folder: Path, faults: list[Fault]) -> None:
        self.pack = pack
        self.folder = folder
        self.faults = faults
        self.kinds = tuple(kind.list for kind in pack.definition.kinds)

    def sampling(self) -> Sampling | None:
        file = TomlFile(self.folder, "scenarios.toml", self.faults)
        margins, bodies, boroughs = self.margins(), self.bodies(), self.boroughs()
        people = self.people()
        scenarios = tuple(self.scenario(file, row) for row in file.tables("scenario"))
        start, end = file.day_of("", file.document, "from"), file.day_of("", file.document, "until")
        if start is None or end is None or start >= end:
            file.fault("", "`from` and `until` are needed: the first day, and the day after the last.")
        work = self.work()
        self.whole(file, margins, bodies, people, scenarios)
        if self.faults or start is None or end is None:
            return None
        return Sampling(
            pack=self.pack,
            start=start,
            end=end,
            seed=file.number_of("", file.document, "seed") or 0,
            margins=margins,
            bodies=bodies,
            boroughs=boroughs,
            people=people,
            scenarios=scenarios,
            says=file.table_of("", file.document, "says"),
            weekdays=self.weights(file, "weekdays", 7),
            hours=self.weights(file, "hours", 24),
            consent=self.shares(file, "", file.document, "consent"),
            born=self.shares(file, "", file.document, "born"),
            named=self.shares(file, "", file.document, "named"),
            work=work,
        )

    def margins(self) -> tuple[Margin, ...]:
        columns = ("margin", "published_as", "count", "period", "source", "confidence")
        found = []
        for line, row in read_csv(self.folder, "margins.csv", columns, self.faults):
            count = self.number("margins.csv", line, row, "count")
            found.append(
                Margin(row["margin"], row["published_as"], count, row["period"], row["source"], row["confidence"])
            )
        return tuple(found)

    def bodies(self) -> tuple[Body, ...]:
        found = []
        for line, row in read_csv(self.folder, "bodies.csv", BODY, self.faults):
            facts = {name: value for name, value in row.items() if name not in BODY and value}
            self.facts("bodies.csv", row["body"], {**facts, "borough": row["borough"] or None}, line)
            body = Body(
                margin=row["margin"],
                name=row["body"],
                weight=self.number("bodies.csv", line, row, "weight"),
                borough=row["borough"],
                police=row["police"] == "yes",
                post=row["post"],
                invented=row["invented"] == "yes",
                # what is as it would be without being said says nothing of the place
                facts={
                    name: value for name, value in facts.items() if value != self.pack.vocabulary.by_name[name].missing
                }
                if all(name in self.pack.vocabulary.by_name for name in facts)
                else {},
            )
            found.append(body)
        return tuple(found)

    def boroughs(self) -> dict[str, int]:
        found = {}
        for line, row in read_csv(self.folder, "boroughs.csv", ("borough", "weight"), self.faults):
            self.facts("boroughs.csv", row["borough"], {"borough": row["borough"]}, line)
            found[row["borough"]] = self.number("boroughs.csv", line, row, "weight")
        return found

    def people(self) -> dict[str, People]:
        file = TomlFile(self.folder, "people.toml", self.faults)
        found = {}
        for row in file.tables("people"):
            name = file.text_of("", row, "nationality")
            file.allow(name, row, ("nationality", "language", "female", "male", "family", "family_male", "other"))
            family = file.texts_of(name, row, "family")
            found[name] = People(
                nationality=name,
                language=file.text_of(name, row, "language"),
                given={sex: file.texts_of(name, row, sex) for sex in ("female", "male")},
                family={"female": family, "male": file.texts_of(name, row, "family_male") or family},
                other=file.text_of(name, row, "other", required=False),
            )
            if not family or not all(found[name].given.values()):
                file.fault(name, "`female`, `male` and `family` are needed: names to choose from.")
        return found

    def work(self) -> dict[str, Any]:
        file = TomlFile(self.folder, "work.toml", self.faults)
        file.allow("", file.document, WORK)
        for name in WORK:
            if not file.document.get(name):
                file.fault("", f"`{name}` is missing, or nothing is in it.")
        for row in file.tables("correction"):
            for value in (row.get("from"), row.get("to")):
                self.facts(file.name, "correction", {file.text_of("correction", row, "field"): value})
        for row in file.tables("support"):
            owner, resource = file.text_of("support", row, "owner"), file.text_of("support", row, "resource")
            rows = [known for known in self.pack.resources.rows if known.resource == resource]
            if not any(not known.owner or owner in known.owner for known in rows):
                file.fault("support", f"{owner} can ask nobody for {resource!r}. See `resources` in tasking.toml.")
        return file.document

    def scenario(self, file: TomlFile, row: Mapping[str, Any]) -> Scenario:
        name = file.text_of("", row, "id")
        allowed = (
            "id", "facts", "share", "facts_dealt", "sex", "nationality", "years", "how", "what", "account"
        )  # fmt: skip
        file.allow(name, row, allowed)
        facts = file.table_of(name, row, "facts")
        dealt_rows = file.table_of(name, row, "facts_dealt")
        dealt = {fact: self.shares(file, name, dealt_rows, fact) for fact in dealt_rows}
        self.facts(file.name, name, facts)
        for fact, shares in dealt.items():
            for value in shares if fact != "borough" else ():
                self.facts(file.name, name, {fact: value})
        what = row.get("what", [])
        pools = what if isinstance(what, dict) else {"": what}
        years = row.get("years")
        return Scenario(
            id=name,
            facts=facts,
            share=self.shares(file, name, row, "share"),
            dealt=dealt,
            sex=self.shares(file, name, row, "sex", required=False),
            nationality=self.shares(file, name, row, "nationality", required=False),
            years=(years[0], years[1]) if isinstance(years, list) and len(years) == 2 else None,
            how=self.parts(file, name, row.get("how", [])),
            what={value: self.parts(file, name, pool) for value, pool in pools.items()},
            account=file.text_of(name, row, "account", required=False),
        )

    def parts(self, file: TomlFile, scenario: str, rows: object) -> tuple[Part, ...]:
        found = []
        for row in file.tables_in({"parts": rows}, "parts"):
            file.allow(scenario, row, ("says", "weight", *self.kinds, "indicators"))
            lists = {kind: file.texts_of(scenario, row, kind) if kind in row else None for kind in self.kinds}
            indicators = file.texts_of(scenario, row, "indicators")
            try:
                self.pack.assess({**{k: v and list(v) for k, v in lists.items()}, "indicators": list(indicators)})
            except FactsRefused as refused:
                for problem in refused.problems:
                    file.fault(scenario, f"{problem.says}.")
            weight = file.number_of(scenario, row, "weight")
            found.append(Part(file.text_of(scenario, row, "says"), weight or 0, lists, indicators))
        return tuple(found)

    def whole(
        self,
        file: TomlFile,
        margins: Sequence[Margin],
        bodies: Sequence[Body],
        people: Mapping[str, People],
        scenarios: Sequence[Scenario],
    ) -> None:
        """Put down what is missing between the files."""
        for margin in margins:
            if not any(body.margin == margin.id and body.weight for body in bodies):
                file.fault("", f"no body in bodies.csv stands for the margin {margin.id!r}.")
            if not any(one.share.get(margin.id, one.share.get(OTHER, 0)) for one in scenarios):
                file.fault("", f"no scenario has a share of the margin {margin.id!r}.")
        for body in bodies:
            if body.margin not in {margin.id for margin in margins}:
                file.fault("", f"bodies.csv: {body.name} stands for {body.margin!r}, which margins.csv does not have.")
        for one in scenarios:
            lacking = [name for name in one.nationality if name not in people]
            if lacking:
                file.fault(one.id, f"people.toml has no names for {listed(lacking)}.")
            if not one.account and not (one.how and one.what and all(one.what.values()) and one.sex):
                file.fault(one.id, "it has no `account`, and not all of `how`, `what` and `sex` to make one from.")

    def shares(
        self, file: TomlFile, row: str, table: Mapping[str, Any], name: str, *, required: bool = True
    ) -> dict[str, int]:
        there = file.table_of(row, table, name)
        whole = all(isinstance(share, int) and not isinstance(share, bool) and share >= 0 for share in there.values())
        if not whole or (required and not there):
            file.fault(row, f"`{name}` is {there!r}. Write shares as whole numbers: {{ yes = 3, no = 1 }}.")
            return {}
        return there

    def weights(self, file: TomlFile, name: str, many: int) -> tuple[int, ...]:
        found = file.table_of("", file.document, name).get("weights")
        if not isinstance(found, list) or len(found) != many or not all(isinstance(one, int) for one in found):
            file.fault("", f"`weights` of {name} is {found!r}. Write {many} whole numbers.")
            return ()
        return tuple(found)

    def number(self, file: str, line: int, row: Mapping[str, str], column: str) -> int:
        text = row[column]
        if text.isascii() and text.isdigit():
            return int(text)
        self.faults.append(Fault(f"{FOLDER}/{file}", "", f"{column} {text!r} is not a whole number from 0.", line))
        return 0

    def facts(self, file: str, row: str, facts: Mapping[str, object], line: int | None = None) -> None:
        """Put down whatever of these facts the pack would refuse."""
        try:
            self.pack.read_facts(facts)
        except FactsRefused as refused:
            where = file if "/" in file else f"{FOLDER}/{file}"
            self.faults += [Fault(where, row, f"{problem.says}.", line) for problem in refused.problems]
