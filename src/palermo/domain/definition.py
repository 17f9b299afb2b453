"""Definition: act, means, purpose: which elements are shown, and which are missing?

A finding rests on the elements alone. Signs screen: they are scored beside it and never decide. Consent never changes a
finding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from palermo.domain.policy import Basis, listed, nearest
from palermo.domain.referral import FactsRefused, Problem, shown

SHOWN, MISSING, NOT_REQUIRED = "shown", "missing", "not_required"
POSITIVE, NEGATIVE, NOT_SCORED = "positive", "negative", "not_scored"
MEANS = "means"
UNKNOWN_AGE = "unknown"


class FindingIs(StrEnum):
    """What a finding can be."""

    TRAFFICKING = "trafficking"
    NOT_SHOWN = "not_shown"
    INSUFFICIENT = "insufficient"


@dataclass(frozen=True, slots=True)
class Element:
    """One way in which an act, a means or a purpose may be there. `words` are a first responder's."""

    code: str
    kind: str
    label: str
    also: tuple[str, ...] = ()
    words: str = ""
    meaning: str = ""
    cite: str = ""

    @property
    def key(self) -> str:
        """The label as files write it: other_forms_of_coercion."""
        return self.label.replace(" ", "_")


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the elements: its name, the name of its list in the input, and the question that asks for it."""

    name: str
    label: str
    list: str
    ask: str = ""


@dataclass(frozen=True, slots=True)
class AgeTest:
    """Which elements are needed at an age. `as_adult` is the test that an assessment of the age could lead to."""

    id: str
    age: str
    requires: tuple[str, ...]
    says: str
    basis: Basis
    cites: tuple[str, ...]
    as_adult: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Consent:
    """What is said of consent: where a means was used, where no means is needed, and otherwise."""

    where_means: str
    where_child: str
    otherwise: str
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Indicator:
    """A sign of one dimension in one set. Its strength counts only within the set; unverified ones are never scored."""

    code: str
    set: str
    dimension: str
    dimension_label: str
    text: str
    strength: str
    element: str
    scored: bool
    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class IndicatorSet:
    """Signs that belong together, and the ages they are meant for."""

    id: str
    label: str
    ages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScreeningRule:
    """How many signs of each strength make a dimension positive."""

    code: str
    says: str
    strong: int
    medium: int
    weak: int

    def met_by(self, counts: Mapping[str, int]) -> bool:
        """Whether there are at least as many signs of each strength as it asks for."""
        return (
            counts.get("strong", 0) >= self.strong
            and counts.get("medium", 0) >= self.medium
            and counts.get("weak", 0) >= self.weak
        )


STRENGTHS = ("strong", "medium", "weak")


@dataclass(frozen=True, slots=True)
class SetResult:
    """One dimension of one set: the counts that were scored, and the rule that makes it positive."""

    set: str
    result: str
    rule: str | None
    counts: Mapping[str, int]

    def as_dict(self) -> dict[str, object]:
        return {"result": self.result, "rule": self.rule, **{s: self.counts.get(s, 0) for s in STRENGTHS}}


@dataclass(frozen=True, slots=True)
class Screening:
    """One dimension: positive where one set is; not scored where only unchecked signs could make it so."""

    dimension: str
    label: str
    result: str
    sets: tuple[SetResult, ...]
    unscored: tuple[str, ...]
    other_age: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        return {
            "result": self.result,
            "sets": {one.set: one.as_dict() for one in self.sets},
            "unscored": list(self.unscored),
            "other_age": list(self.other_age),
        }


@dataclass(frozen=True, slots=True)
class Finding:
    """What the definition says to the elements of one referral. `as_dict` gives it in the names of the contract."""

    id: str | None
    finding: FindingIs
    elements: Mapping[str, str]
    screening: tuple[Screening, ...]
    missing: tuple[str, ...]
    sources: tuple[str, ...]
    explanation: str
    basis: Basis
    test: str
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        return {
            "id": self.id,
            "finding": str(self.finding),
            "elements": dict(self.elements),
            "screening": {one.dimension: one.as_dict() for one in self.screening},
            "missing": list(self.missing),
            "sources": list(self.sources),
            "explanation": self.explanation,
        }


@dataclass(frozen=True, slots=True)
class Account:
    """What was told, read: the parts of each element, None for one that nothing is known of yet."""

    id: str | None
    age: str
    parts: Mapping[str, tuple[Element, ...] | None]
    consent: bool | None
    indicators: tuple[Indicator, ...]


class Definition:
    """The elements, the test of each age, and the signs."""

    def __init__(
        self,
        *,
        kinds: Sequence[Kind],
        elements: Sequence[Element],
        tests: Sequence[AgeTest],
        consent: Consent,
        findings: Mapping[str, str],
        indicators: Sequence[Indicator] = (),
        sets: Sequence[IndicatorSet] = (),
        rules: Sequence[ScreeningRule] = (),
        screening_says: str = "",
        screening_cites: Sequence[str] = (),
        version: int = 1,
        cites: Sequence[tuple[str, str, str]] = (),
    ) -> None:
        self.kinds = tuple(kinds)
        self.elements = tuple(elements)
        self.tests = {test.age: test for test in tests}
        self.by_test = {test.id: test for test in tests}
        self.consent = consent
        self.findings = dict(findings)
        self.indicators = tuple(indicators)
        self.sets = {one.id: one for one in sets}
        self.rules = tuple(rules)
        self.screening_says = screening_says
        self.screening_cites = tuple(screening_cites)
        self.version = version
        self.cites = tuple(cites)
        self.by_word = {word: e for e in self.elements for word in (e.code, e.label, e.key, *e.also)}
        self.dimensions = tuple(dict.fromkeys(indicator.dimension for indicator in self.indicators))
        self.by_code = {indicator.code: indicator for indicator in self.indicators}
        self.names = ("id", "age", *(kind.list for kind in self.kinds), "consent", "indicators")

    def __repr__(self) -> str:
        return f"Definition(version {self.version}, {len(self.elements)} elements, {len(self.indicators)} indicators)"

    def of(self, kind: str) -> tuple[Element, ...]:
        """The ways in which one element may be there, in order."""
        return tuple(element for element in self.elements if element.kind == kind)

    def for_age(self, age: str) -> tuple[Indicator, ...]:
        """The signs of the sets that are meant for an age."""
        return tuple(indicator for indicator in self.indicators if age in self.sets[indicator.set].ages)

    def assess(self, raw: Mapping[str, object]) -> Finding:
        """The finding on what is told, in the contract's names.

        Trafficking, where every element that the age needs is shown. Otherwise *not shown*, where a needed element was
        looked for and none of its parts is there: its list is given, and empty. Otherwise *insufficient*: a needed
        element is not known yet, its list being left out or null. Raises FactsRefused with every problem.
        """
        return self.find(self.read(raw))

    def read(self, raw: Mapping[str, object]) -> Account:
        """What is told, as elements and signs. Raises FactsRefused with every problem."""
        problems = list(self.problems(raw))
        if problems:
            raise FactsRefused(problems)
        identity, consent = raw.get("id"), raw.get("consent")
        parts: dict[str, tuple[Element, ...] | None] = {}
        for kind in self.kinds:
            given = raw.get(kind.list)
            parts[kind.name] = (
                tuple(dict.fromkeys(self.by_word[word] for word in given)) if isinstance(given, list | tuple) else None
            )
        codes = raw.get("indicators")
        return Account(
            id=identity if isinstance(identity, str) else None,
            age=str(raw.get("age") or UNKNOWN_AGE),
            parts=parts,
            consent=consent if isinstance(consent, bool) else None,
            indicators=tuple(dict.fromkeys(self.by_code[code] for code in codes))
            if isinstance(codes, list | tuple)
            else (),
        )

    def problems(self, raw: Mapping[str, object]) -> Iterator[Problem]:
        """Every problem of what is told, in the order it is written."""
        lists = {kind.list: kind for kind in self.kinds}
        for name, value in raw.items():
            if name not in self.names:
                near = nearest(str(name), self.names)
                hint = f"Did you mean {listed(near, 'or')}?" if near else f"Fields: {', '.join(self.names)}"
                yield Problem(str(name), value, self.names, f"no field {shown(name)}. {hint}")
            elif value is None:
                continue
            elif name == "id":
                if not isinstance(value, str):
                    yield Problem(name, value, (), f"id {shown(value)} is not text; write it in quotes")
            elif name == "age":
                if not isinstance(value, str) or value not in self.tests:
                    ages = tuple(self.tests)
                    yield Problem(name, value, ages, f"age {shown(value)} is not a value of age ({', '.join(ages)})")
            elif name == "consent":
                if not isinstance(value, bool):
                    says = f"consent {shown(value)} is neither true nor false; give null where it is not known"
                    yield Problem(name, value, (), says)
            elif not isinstance(value, list | tuple):
                says = f"{name} {shown(value)} is not a list; write it in brackets, or give null where it is not known"
                yield Problem(name, value, (), says)
            elif name in lists:
                for word in value:
                    yield from self.element_problems(lists[name], word)
            else:
                for code in value:
                    yield from self.indicator_problems(code)

    def element_problems(self, kind: Kind, word: object) -> Iterator[Problem]:
        element = self.by_word.get(word) if isinstance(word, str) else None
        if element is not None and element.kind == kind.name:
            return
        allowed = tuple(e.key for e in self.of(kind.name))
        if element is not None:
            right = next(other for other in self.kinds if other.name == element.kind)
            says = f"{kind.list}: {shown(word)} belongs to {right.label.lower()}. Put it under {right.list}"
        else:
            near = self.near(kind, word)
            hint = f"Did you mean {listed(near, 'or')}?" if near else f"Values: {', '.join(allowed)}"
            says = f"{kind.list}: no element {shown(word)}. {hint}"
        yield Problem(kind.list, word, allowed, says)

    def near(self, kind: Kind, word: object) -> tuple[str, ...]:
        if not isinstance(word, str):
            return ()
        words = {w: e.key for w, e in self.by_word.items() if e.kind == kind.name}
        return tuple(dict.fromkeys(words[found] for found in nearest(word, tuple(words))))

    def indicator_problems(self, code: object) -> Iterator[Problem]:
        if isinstance(code, str) and code in self.by_code:
            return
        near = nearest(code, tuple(self.by_code)) if isinstance(code, str) else ()
        hint = f"Did you mean {listed(near, 'or')}?" if near else "Codes are those of the pack's indicators"
        yield Problem("indicators", code, tuple(self.by_code), f"indicators: no indicator {shown(code)}. {hint}")

    def find(self, account: Account) -> Finding:
        test = self.tests[account.age]
        elements = {kind.name: self.element(kind, account, test) for kind in self.kinds}
        missing = tuple(kind.name for kind in self.kinds if elements[kind.name] == MISSING)
        looked_for = tuple(name for name in missing if account.parts[name] is not None)
        if not missing:
            finding = FindingIs.TRAFFICKING
        else:
            finding = FindingIs.NOT_SHOWN if looked_for else FindingIs.INSUFFICIENT
        screening = tuple(self.screen(account))
        cites = [*test.cites]
        if account.consent is not None:
            cites += self.consent.cites
        if screening:
            cites += self.screening_cites
        return Finding(
            id=account.id,
            finding=finding,
            elements=elements,
            screening=screening,
            missing=missing,
            sources=tuple(dict.fromkeys(cites)),
            explanation=" ".join(self.sentences(account, test, finding, elements, bool(screening))),
            basis=test.basis,
            test=test.id,
            parts={name: tuple(part.label for part in parts or ()) for name, parts in account.parts.items()},
        )

    @staticmethod
    def element(kind: Kind, account: Account, test: AgeTest) -> str:
        if kind.name not in test.requires:
            return NOT_REQUIRED
        return SHOWN if account.parts[kind.name] else MISSING

    def sentences(
        self, account: Account, test: AgeTest, finding: FindingIs, elements: Mapping[str, str], screened: bool
    ) -> Iterator[str]:
        """The explanation: the finding, each element, the test, and what is said of age, consent and signs."""
        yield self.findings[finding]
        for kind in self.kinds:
            yield self.of_element(kind, account, elements[kind.name])
        yield f"{test.says} ({listed(test.cites)})"
        if test.as_adult:
            lacking = [
                k for k in self.kinds if k.name in self.by_test[test.as_adult].requires and not account.parts[k.name]
            ]
            names = listed([kind.label.lower() for kind in lacking]) or "nothing"
            yield f"Were the person assessed as an adult, {names} would be missing."
        if account.consent is not None:
            if account.parts.get(MEANS):
                yield self.consent.where_means
            elif MEANS not in test.requires:
                yield self.consent.where_child
            else:
                yield self.consent.otherwise
        if screened:
            yield self.screening_says

    @staticmethod
    def of_element(kind: Kind, account: Account, state: str) -> str:
        parts = account.parts[kind.name]
        if parts:
            needed = ", though none is needed" if state == NOT_REQUIRED else ""
            return f"{kind.label}: {listed([part.label for part in parts])}{needed}."
        if state == NOT_REQUIRED:
            return f"{kind.label}: none is needed."
        return f"{kind.label}: {'not known yet' if parts is None else 'looked for, none shown'}."

    def screen(self, account: Account) -> Iterator[Screening]:
        """Each dimension of which there is a sign, in the pack's order. A dimension without one is not spoken of."""
        for dimension in self.dimensions:
            here = [i for i in account.indicators if i.dimension == dimension]
            if not here:
                continue
            fitting = [i for i in here if account.age in self.sets[i.set].ages]
            unscored = [i for i in fitting if not i.scored]
            sets = tuple(
                self.score(set_, [i for i in fitting if i.set == set_ and i.scored])
                for set_ in dict.fromkeys(i.set for i in fitting if i.scored)
            )
            if any(one.result == POSITIVE for one in sets):
                result = POSITIVE
            else:
                result = NOT_SCORED if unscored or not sets else NEGATIVE
            yield Screening(
                dimension,
                here[0].dimension_label,
                result,
                sets,
                tuple(i.code for i in unscored),
                tuple(i.code for i in here if i not in fitting),
            )

    def score(self, set_: str, signs: Sequence[Indicator]) -> SetResult:
        counts = Counter(sign.strength for sign in signs)
        rule = next((rule for rule in self.rules if rule.met_by(counts)), None)
        return SetResult(set_, POSITIVE if rule else NEGATIVE, rule.code if rule else None, dict(counts))


def definition_faults(
    kinds: Sequence[Kind],
    elements: Sequence[Element],
    tests: Sequence[AgeTest],
    indicators: Sequence[Indicator],
    sets: Sequence[IndicatorSet],
    rules: Sequence[ScreeningRule],
) -> Iterator[tuple[str, str]]:
    """What keeps a definition from giving one finding to everything told: the id of a row and a sentence for each."""
    names = [kind.name for kind in kinds]
    yield from twice([kind.list for kind in kinds])
    yield from twice([test.id for test in tests])
    yield from twice([indicator.code for indicator in indicators])
    yield from twice([rule.code for rule in rules])
    if not tests:
        yield "", "it has no test. Add a [[test]] for each age."
    elif UNKNOWN_AGE not in {test.age for test in tests}:
        yield "", f"no test is for age {UNKNOWN_AGE!r}: what is left out is not known. Add one."
    for test in tests:
        if sum(other.age == test.age for other in tests) > 1:
            yield test.id, f"several tests are for age {test.age!r}. Keep one."
        if not test.requires:
            yield test.id, "it requires nothing, so everything would be trafficking. Name the elements."
        for name in test.requires:
            if name not in names:
                yield test.id, f"it requires {name!r}. Elements: {', '.join(names)}."
        if test.as_adult and test.as_adult not in {other.id for other in tests}:
            yield test.id, f"as_adult {test.as_adult!r}: there is no such test."
        if test.basis is Basis.ASSUMED and not test.why:
            yield test.id, "it is assumed and does not say why. Add `why`."
        if not test.cites:
            yield test.id, "it cites no paragraph. Add `cites`."
    for name in names:
        if not any(element.kind == name for element in elements):
            yield name, "no row of the elements is of this kind, so it can never be shown. Add one."
    for element in elements:
        if element.kind not in names:
            yield element.code, f"its kind is {element.kind!r}. Elements: {', '.join(names)}."
    yield from twice([word for e in elements for word in dict.fromkeys((e.code, e.key, *e.also))])
    for indicator in indicators:
        if indicator.set not in {one.id for one in sets}:
            yield indicator.code, f"its set is {indicator.set!r}. Sets: {', '.join(one.id for one in sets)}."
        if indicator.strength not in STRENGTHS:
            yield indicator.code, f"its strength is {indicator.strength!r}. Strengths: {', '.join(STRENGTHS)}."
        if indicator.element not in names:
            yield indicator.code, f"its element is {indicator.element!r}. Elements: {', '.join(names)}."
    for rule in rules:
        if rule.strong + rule.medium + rule.weak == 0:
            yield rule.code, "it asks for no sign, so every dimension would be positive. Give a number."


def twice(ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    for id_, count in Counter(ids).items():
        if count > 1:
            yield id_, "it is there twice. Keep one, or give the other a name of its own."
