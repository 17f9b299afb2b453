"""Vocabulary: in which words does a referral reach the rules, and which number stands for a combination of them?

Every field has a finite set of values, "not known" among them. So all referrals fall into finitely many *profiles*, and
a profile has a number that no rule has a part in: rules change, a stored number stays. A vocabulary of another version
gives other numbers; its hash tells them apart.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from palermo.domain.policy import content_hash, listed, nearest

LARGEST = 1 << 22
"""Profiles that are looked at one by one within a moment; a larger vocabulary is refused."""

Profiles = npt.NDArray[np.int32]


class VocabularyFault(ValueError):
    """Raised where fields, values or conditions do not fit together; `says` holds one sentence for each fault."""

    def __init__(self, *says: str) -> None:
        self.says = says
        super().__init__("\n".join(says))


@dataclass(frozen=True, slots=True)
class Field:
    """One thing the rules ask of a referral, its values, and the words people use for them."""

    name: str
    values: tuple[str, ...]
    missing: str
    label: str = ""
    ask: str = ""
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    phrase: Mapping[str, str] = dataclasses.field(default_factory=dict)
    numbers: tuple[tuple[int, str], ...] = ()
    booleans: tuple[tuple[bool, str], ...] = ()
    derived_from: str = ""

    def __post_init__(self) -> None:
        if faults := tuple(self.faults()):
            raise VocabularyFault(*faults)

    def faults(self) -> Iterator[str]:
        if not self.values:
            yield f"{self.name} has no values. Give at least one."
        for value in sorted({value for value in self.values if self.values.count(value) > 1}):
            yield f"{self.name} lists {value!r} twice. Keep one."
        named = [
            self.missing,
            *self.labels,
            *self.phrase,
            *(v for _, v in self.numbers),
            *(v for _, v in self.booleans),
        ]
        for value in dict.fromkeys(named):
            if value not in self.values:
                yield self.no_value(value)
        starts = [start for start, _ in self.numbers]
        if starts != sorted(set(starts)):
            yield f"{self.name}: the cut points of `numbers` must rise. They are {listed([str(s) for s in starts])}."

    def no_value(self, value: object) -> str:
        """The message for a value that the field has not."""
        return f"{self.name} has no value {value!r}. Values: {', '.join(self.values)}."

    @property
    def title(self) -> str:
        return self.label or self.name.replace("_", " ").capitalize()

    def words(self, value: str) -> str:
        """The value as a person says it: "more than one"."""
        return self.labels.get(value, value.replace("_", " "))

    def says(self, value: str) -> str:
        """The fact as part of a sentence: its own phrase, or "age is adult"."""
        return self.phrase.get(value) or f"{self.title[:1].lower()}{self.title[1:]} is {self.words(value)}"

    def of_number(self, number: int) -> str | None:
        """The value of the class that a count falls in, by the cut points; None below the first."""
        found = None
        for start, value in self.numbers:
            if number >= start:
                found = value
        return found


@dataclass(frozen=True, slots=True)
class Condition:
    """A box of profiles: of each field, in the vocabulary's order, the values that it lets in, as the bits of a number.

    An empty condition lets everything in. Two boxes meet in a box.
    """

    masks: tuple[int, ...]

    def __len__(self) -> int:
        """How many profiles lie in it."""
        return math.prod(mask.bit_count() for mask in self.masks)

    def __and__(self, other: Condition) -> Condition:
        return Condition(tuple(a & b for a, b in zip(self.masks, other.masks, strict=True)))

    def meets(self, other: Condition) -> bool:
        return all(a & b for a, b in zip(self.masks, other.masks, strict=True))

    def covers(self, other: Condition) -> bool:
        return all(a & b == b for a, b in zip(self.masks, other.masks, strict=True))


class Vocabulary:
    """The fields in their order, and the numbers of their profiles.

    The last field changes fastest: a profile's number is its place in the table with one axis for each field.
    """

    def __init__(self, version: int, fields: Sequence[Field]) -> None:
        self.version = version
        self.fields = tuple(fields)
        self.by_name = {field.name: field for field in self.fields}
        self.sizes = tuple(len(field.values) for field in self.fields)
        self.size = math.prod(self.sizes)
        if len(self.by_name) != len(self.fields):
            raise VocabularyFault("two fields have the same name. Rename one.")
        if self.size > LARGEST:
            largest = max(self.fields, key=lambda field: len(field.values))
            raise VocabularyFault(
                f"the owner depends on {len(self.fields)} fields: {self.size:,} profiles, limit {LARGEST:,}. "
                f"Largest: {largest.name} ({len(largest.values)}). "
                f"All: {', '.join(f'{field.name} {len(field.values)}' for field in self.fields)}."
            )
        self.strides = tuple(math.prod(self.sizes[place + 1 :]) for place in range(len(self.sizes)))
        self.steps = {
            field.name: {value: place * stride for place, value in enumerate(field.values)}
            for field, stride in zip(self.fields, self.strides, strict=True)
        }
        self.place = {field.name: place for place, field in enumerate(self.fields)}
        self.full = tuple((1 << size) - 1 for size in self.sizes)

    def __repr__(self) -> str:
        return f"Vocabulary(version {self.version}, {len(self.fields)} fields, {self.size:,} profiles)"

    @cached_property
    def hash(self) -> str:
        """Depends on all that a profile number depends on: fields, values and what missing means, in their order."""
        return content_hash(
            json.dumps(
                [self.version, [[field.name, field.values, field.missing] for field in self.fields]], ensure_ascii=False
            )
        )

    @property
    def missing(self) -> dict[str, str]:
        """The values of a referral of which nothing is known."""
        return {field.name: field.missing for field in self.fields}

    def encode(self, values: Mapping[str, str]) -> int:
        """The profile number of complete values. Raises VocabularyFault for a field or value that is not there."""
        try:
            # a third quicker than `sum` over a generator, and most of what a single route takes
            total = 0
            for name, steps in self.steps.items():
                total += steps[values[name]]
            return total
        except KeyError:
            raise VocabularyFault(*self.misfits(values)) from None

    def decode(self, profile: int) -> dict[str, str]:
        """The values that a profile number stands for."""
        if not 0 <= profile < self.size:
            raise VocabularyFault(f"there is no profile {profile}. They run from 0 to {self.size - 1}.")
        return {
            field.name: field.values[profile // stride % len(field.values)]
            for field, stride in zip(self.fields, self.strides, strict=True)
        }

    def value(self, profile: int, name: str) -> str:
        """One value of a profile."""
        place = self.place[name]
        return self.fields[place].values[profile // self.strides[place] % self.sizes[place]]

    def encode_columns(self, columns: Mapping[str, Sequence[str | None] | npt.NDArray[np.object_]]) -> Profiles:
        """The profile numbers of many referrals, one column a field; a column left out, or a None, means missing.

        Raises VocabularyFault naming the field, the value and the first row that has it (counted from 0), for all
        columns at once.
        """
        lengths = {len(column) for column in columns.values()}
        if len(lengths) > 1:
            raise VocabularyFault(f"the columns differ in length: {listed([str(n) for n in sorted(lengths)])} rows.")
        faults = [self.no_field(name) for name in columns if name not in self.by_name]
        rows = lengths.pop() if lengths else 0
        total = np.zeros(rows, dtype=np.int32)
        for field in self.fields:
            steps = self.steps[field.name]
            column = columns.get(field.name)
            if column is None:
                total += np.int32(steps[field.missing])
                continue
            found: dict[str | None, int] = dict(steps.items())
            found[None] = steps[field.missing]
            try:
                total += np.fromiter((found[value] for value in column), dtype=np.int32, count=rows)
            except (KeyError, TypeError):
                row, bad = next(
                    (row, value) for row, value in enumerate(column) if not (value is None or value in field.values)
                )
                faults.append(f"row {row}: {field.no_value(bad)}")
        if faults:
            raise VocabularyFault(*faults)
        return total

    def condition(self, when: Mapping[str, object]) -> Condition:
        """The box of `{field = "value" | ["value", …] | "!value"}`. Raises VocabularyFault with every fault in it."""
        masks = list(self.full)
        faults: list[str] = []
        for name, wanted in when.items():
            if name not in self.by_name:
                faults.append(self.no_field(name))
                continue
            field = self.by_name[name]
            mask = 0
            for value in wanted if isinstance(wanted, list | tuple) else [wanted]:
                if not isinstance(value, str):
                    faults.append(f'{field.no_value(value)} Write values as words: {name} = "{field.values[0]}".')
                    continue
                plain = value.removeprefix("!")
                if plain not in field.values:
                    faults.append(field.no_value(plain))
                elif plain == value:
                    mask |= 1 << field.values.index(plain)
                else:
                    mask |= self.full[self.place[name]] & ~(1 << field.values.index(plain))
            if not mask and not faults:
                faults.append(f"{name} lets no value in. Name one, or leave the field out for any.")
            masks[self.place[name]] = mask
        if faults:
            raise VocabularyFault(*faults)
        return Condition(tuple(masks))

    @property
    def anything(self) -> Condition:
        """The box of all profiles."""
        return Condition(self.full)

    def no_field(self, name: str) -> str:
        near = nearest(name, tuple(self.by_name))
        return f"no field {name!r}. " + (
            f"Did you mean {listed(near, 'or')}?" if near else f"Fields: {', '.join(self.by_name)}."
        )

    def misfits(self, values: Mapping[str, str]) -> list[str]:
        """One sentence for each thing that keeps these values from being a profile."""
        faults = [self.no_field(name) for name in values if name not in self.by_name]
        for field in self.fields:
            if field.name not in values:
                faults.append(f"no {field.name} is given; use {field.missing!r} if it is not known")
            elif values[field.name] not in field.values:
                faults.append(field.no_value(values[field.name]))
        return faults

    def limits(self, condition: Condition) -> dict[str, tuple[str, ...]]:
        """Of each field that the box limits, the values it lets in."""
        return {
            field.name: tuple(value for bit, value in enumerate(field.values) if mask >> bit & 1)
            for field, mask, full in zip(self.fields, condition.masks, self.full, strict=True)
            if mask != full
        }

    def words(self, condition: Condition) -> str:
        """The box as messages say it: "age adult, organised no or unknown"."""
        limits = self.limits(condition)
        return ", ".join(f"{name} {listed(values, 'or')}" for name, values in limits.items()) or "every referral"

    def within(self, condition: Condition, profile: int) -> bool:
        """Whether the profile lies in the box."""
        return all(
            mask >> (profile // stride % size) & 1
            for mask, stride, size in zip(condition.masks, self.strides, self.sizes, strict=True)
        )

    def one_of(self, condition: Condition) -> int:
        """A profile in the box: where the box limits a field its first value there, else what missing means.

        What is known stands before what is not in a field's values, so the profile says what the box is about.
        """
        total = 0
        for field, mask, full in zip(self.fields, condition.masks, self.full, strict=True):
            value = field.missing if mask == full else field.values[(mask & -mask).bit_length() - 1]
            total += self.steps[field.name][value]
        return total

    def boxed(self, profile: int) -> Condition:
        """The box that holds this profile alone."""
        return Condition(
            tuple(1 << (profile // stride % size) for stride, size in zip(self.strides, self.sizes, strict=True))
        )
