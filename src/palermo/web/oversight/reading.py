"""The policy as a person reads it: rules in words, what they rest on, and where the source leaves a silence.

Everything is worked out once a process and kept: a pack does not change within it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from urllib.parse import urlencode

import numpy as np

from palermo.domain.clocks import BreachRow, ClockRow
from palermo.domain.figures import Figure
from palermo.domain.policy import Basis, Period, day_before, listed
from palermo.domain.referral import Facts
from palermo.domain.remit import Interval, Rule
from palermo.domain.remit.proof import Gap, Lapse, Overlap
from palermo.domain.support import ResourceRow
from palermo.domain.tasking import Decision, LevelRow, SafeguardingRow, SupportRow
from palermo.domain.vocabulary import Condition, Vocabulary
from palermo.packs import Pack
from palermo.packs.loader import Differs, Example
from palermo.web import policy
from palermo.web.layout import day_words

CURRENCIES = {"GBP": "£", "EUR": "€"}


@dataclass(frozen=True, slots=True)
class Limit:
    """One field that a row asks about, and the values it lets in: briefly for a table, and as a sentence."""

    label: str
    values: str
    says: str


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule as the tables show it; `others` are its versions on other days."""

    rule: Rule
    when: tuple[Limit, ...]
    overridden_by: tuple[str, ...]

    @property
    def id(self) -> str:
        return self.rule.id

    @property
    def period(self) -> Period:
        return self.rule.period


@dataclass(frozen=True, slots=True)
class Share:
    """Of one interval, how many profiles are decided on each basis, and how many because the pack broke a tie."""

    period: Period
    total: int
    profiles: dict[str, int]
    ties: int

    def percent(self, basis: str) -> float:
        return 100 * self.profiles[basis] / self.total


@dataclass(frozen=True, slots=True)
class Worked:
    """A worked example, what the pack decides on it, and in what that differs from what it should be."""

    example: Example
    facts: str
    decision: Decision
    differs: tuple[Differs, ...]


@dataclass(frozen=True, slots=True)
class Silence:
    """A box of referrals that the source alone gives to nobody, or to two units; with one of them to try."""

    when: tuple[Limit, ...]
    profiles: int
    rules: tuple[Rule, ...]
    example: str
    address: str


@dataclass(frozen=True, slots=True)
class Silences:
    """What the source alone leaves open in one interval: to nobody, and to two units."""

    period: Period
    total: int
    unowned: int
    disputed: int
    gaps: tuple[Silence, ...]
    overlaps: tuple[Silence, ...]


@dataclass(frozen=True, slots=True)
class SiblingRow:
    """A row of a table beside the remit: what it says, for which referrals, and what it rests on."""

    id: str
    says: str
    when: tuple[Limit, ...]
    period: Period
    cites: tuple[str, ...]
    basis: Basis
    why: str


def when_words(vocabulary: Vocabulary, condition: Condition) -> tuple[Limit, ...]:
    """The condition field by field; by what it leaves out, where that is shorter than what it lets in."""
    found = []
    for name, values in vocabulary.limits(condition).items():
        field = vocabulary.by_name[name]
        left_out = [value for value in field.values if value not in values]
        turned = len(left_out) < len(values) and len(values) > 2
        told = left_out if turned else values
        brief = listed([value.replace("_", " ") for value in told], "or")
        says = listed([field.says(value) for value in told], "or")
        found.append(Limit(field.title, f"not {brief}" if turned else brief, f"unless {says}" if turned else says))
    return tuple(found)


@cache
def rules() -> tuple[RuleRow, ...]:
    """Every rule, in the order of the pack."""
    pack = policy.pack()
    everything = pack.remit.rules
    return tuple(
        RuleRow(
            rule,
            when_words(pack.vocabulary, rule.when),
            tuple(
                dict.fromkeys(
                    other.id for other in everything if rule.id in other.overrides and other.period.meets(rule.period)
                )
            ),
        )
        for rule in everything
    )


def rules_on(day: date | None, basis: Basis | None) -> tuple[RuleRow, ...]:
    """The rules in force that day, and of that basis; None of either: no matter which."""
    return tuple(
        row for row in rules() if (day is None or day in row.period) and (basis is None or row.rule.basis is basis)
    )


def versions(id: str) -> tuple[RuleRow, ...]:
    """The versions of a rule, earliest first; none where there is no such rule."""
    found = [row for row in rules() if row.id == id]
    return tuple(sorted(found, key=lambda row: row.period.start or date.min))


@cache
def shares() -> tuple[tuple[str, tuple[Share, ...]], ...]:
    """On what the owner of every possible referral rests, by interval; then the same for the matter meant by silence.

    The rules read every field for that matter only. Without the second table the other matters, which the source gives
    away in one word each, would make the whole look firmer than it is.
    """
    vocabulary = policy.pack().vocabulary
    matter = vocabulary.fields[0]
    condition = vocabulary.condition({matter.name: matter.missing})
    return (
        ("All combinations", shares_of(vocabulary.anything)),
        (f"Only where {matter.says(matter.missing)}", shares_of(condition)),
    )


def shares_of(condition: Condition) -> tuple[Share, ...]:
    remit = policy.pack().remit
    sizes = remit.vocabulary.sizes
    chosen = np.ix_(
        *([n for n in range(size) if mask >> n & 1] for size, mask in zip(sizes, condition.masks, strict=True))
    )
    return tuple(share(interval, interval.combination.reshape(sizes)[chosen].ravel()) for interval in remit.intervals)


def share(interval: Interval, labels: np.ndarray) -> Share:
    counts = np.bincount(labels, minlength=len(interval.routes))
    profiles = {str(basis): 0 for basis in Basis}
    ties = 0
    for route, count in zip(interval.routes, counts.tolist(), strict=True):
        profiles[str(route.basis)] += count
        ties += count if route.contested else 0
    return Share(interval.period, len(labels), profiles, ties)


@cache
def siblings() -> dict[str, tuple[SiblingRow, ...]]:
    """The tables beside the remit, by their heading."""
    pack = policy.pack()
    tables = pack.policy
    labels = {row.clock: row.label for row in reversed(tables.clocks.rows)}
    return {
        "NIM level": tuple(sibling(pack, row, level_words(row)) for row in tables.levels.rows),
        "Support": tuple(sibling(pack, row, support_words(row)) for row in tables.supports.rows),
        "What one unit can ask another for": tuple(resource_row(row) for row in pack.resources.rows),
        "Safeguarding partner": tuple(sibling(pack, row, partner_words(row)) for row in tables.safeguards.rows),
        "Clocks": tuple(sibling(pack, row, clock_words(row)) for row in tables.clocks.rows),
        "Breaches": tuple(sibling(pack, row, breach_words(row, labels)) for row in tables.breaches.rows),
    }


def sibling(pack: Pack, row: LevelRow | SupportRow | SafeguardingRow | ClockRow | BreachRow, says: str) -> SiblingRow:
    return SiblingRow(row.id, says, when_words(pack.vocabulary, row.when), row.period, row.cites, row.basis, row.why)


def resource_row(row: ResourceRow) -> SiblingRow:
    says = f"{row.label}, from {listed(row.units, 'or')}{for_owners(row.owner)}"
    return SiblingRow(row.id, says, (), row.period, row.cites, row.basis, row.why)


def level_words(row: LevelRow) -> str:
    return f"Level {row.level}: {row.reason}" if row.level else f"Not known: {row.reason}"


def support_words(row: SupportRow) -> str:
    return f"{row.unit} supports{for_owners(row.owner)}"


def partner_words(row: SafeguardingRow) -> str:
    return row.partner.replace("{borough}", "the borough’s")


def clock_words(row: ClockRow) -> str:
    begins = row.starts.replace("_", " ")
    return f"{row.label}: within {row.length} of “{begins}”, by the {row.holder}{for_owners(row.owner)}"


def breach_words(row: BreachRow, labels: Mapping[str, str]) -> str:
    what = listed([f"“{labels[clock]}”" for clock in row.clock], "or") if row.clock else "What the force has to see to"
    after = "at once" if row.at_once else f"{row.length} later"
    return f"{what} has run out: the {row.to} hears of it {after}"


def for_owners(owners: Sequence[str]) -> str:
    return f", where {listed(owners, 'or')} owns it" if owners else ""


def span(period: Period) -> str:
    """The days of a period in words, the last one being the last on which it holds."""
    if period.start is None and period.end is None:
        return "every day of the pack"
    if period.end is None:
        return f"from {day_words(period.start)}"
    last = day_words(day_before(period.end))
    return f"{day_words(period.start)} to {last}" if period.start else f"to {last}"


@cache
def examples() -> tuple[Worked, ...]:
    """Every worked example of the pack, decided again by this process."""
    pack = policy.pack()
    differing = tuple(pack.differing_examples())
    found = []
    for example in pack.examples:
        facts = pack.read_facts(example.facts)
        decision = pack.decide(facts, example.on)
        differs = tuple(row for row in differing if row.example is example)
        found.append(Worked(example, facts_in_words(facts, example.facts), decision, differs))
    return tuple(found)


def examples_of(rule: str) -> tuple[Worked, ...]:
    """The worked examples that a rule decides."""
    return tuple(worked for worked in examples() if worked.decision.rule == rule)


def facts_in_words(facts: Facts, given: Iterable[str]) -> str:
    """The facts that were given, as a sentence without its end; nothing where none was."""
    values = facts.values
    said = [facts.vocabulary.by_name[name].says(values[name]) for name in given if name in values]
    if facts.borough:
        said.append(f"the borough is {facts.borough.name}")
    return listed(said) or "nothing is known"


@cache
def silences() -> tuple[Silences, ...]:
    """For each interval of the rules that the source states, what they leave to nobody or to two units."""
    pack = policy.pack()
    report = pack.remit.check(stated=True)
    return tuple(
        Silences(
            looked.period,
            looked.profiles,
            looked.unowned,
            looked.disputed,
            tuple(silence(pack, gap.box, gap, ()) for gap in report.gaps if gap.period == looked.period),
            tuple(silence(pack, o.boxes[0], o, o.rules) for o in report.overlaps if o.period == looked.period),
        )
        for looked in report.intervals
    )


def silence(pack: Pack, box: Condition, found: Gap | Overlap, rules: tuple[Rule, ...]) -> Silence:
    facts = found.example.facts
    query = urlencode([("on", found.example.on.isoformat()), *facts.items()])
    # also what is not known is said, where it is what the silence is about
    words = facts_in_words(pack.read_facts(facts), pack.vocabulary.limits(box))
    return Silence(when_words(pack.vocabulary, box), found.profiles, rules, words, f"?{query}")


@cache
def lapses() -> tuple[Lapse, ...]:
    """The rules that end, and who owns from then on what they decided."""
    return policy.pack().remit.check().lapses


def amount(figure: Figure) -> str:
    """A figure as a person writes it: £600,000, 1 April 2010, level 2, 1 post."""
    number = figure.number
    if isinstance(figure.value, date):
        return day_words(figure.value)
    if figure.unit == "month":
        return f"{date.fromisoformat(f'{figure.value}-01'):%B %Y}"
    if number is None or figure.unit == "year":
        return str(figure.value)
    if figure.unit in CURRENCIES:
        return f"{CURRENCIES[figure.unit]}{number:,}"
    if figure.unit == "level":
        return f"level {number}"
    return f"{number:,} {figure.unit.removesuffix('s') if number == 1 else figure.unit}"


def of_basis(rows: Iterable[RuleRow]) -> dict[str, int]:
    """How many of the rows stand on each basis."""
    counted = {str(basis): 0 for basis in Basis}
    for row in rows:
        counted[str(row.rule.basis)] += 1
    return counted
