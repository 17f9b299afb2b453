"""Rows: the remit of a day as a table in which no two rows overlap and nothing is left out.

That is the form in which other programs hold it. A table that comes back is proved before it is believed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt

from palermo.domain.policy import Basis, listed, nearest
from palermo.domain.remit.tables import Grid
from palermo.domain.vocabulary import Condition, Field, Vocabulary
from palermo.packs.loader import Pack

MOST_ROWS = 5_000
"""More rows are refused: each is held against each other one."""

MOST_TOLD = 20
"""Faults of one kind that are told one by one."""


class TableRefused(ValueError):
    """Raised once for a table: a sentence for each thing that is wrong."""

    def __init__(self, *says: str) -> None:
        self.says = says
        super().__init__("\n".join(says))


@dataclass(frozen=True, slots=True)
class Row:
    """A box of profiles and who owns it; `place` says where it stands in its file."""

    when: Condition
    owner: str
    rule: str = ""
    basis: str = ""
    cites: tuple[str, ...] = ()
    place: str = field(default="", compare=False)


@dataclass(frozen=True)
class Table:
    """Disjoint rows that leave nothing out. Raises TableRefused where they do overlap, or do leave something out."""

    vocabulary: Vocabulary
    rows: tuple[Row, ...]

    def __post_init__(self) -> None:
        if len(self.rows) > MOST_ROWS:
            raise TableRefused(f"{len(self.rows):,} rows are more than {MOST_ROWS:,}; a remit has some dozens")
        faults = [*limited(self.overlaps(), "overlaps"), *limited(self.gaps(), "gaps")]
        if faults:
            raise TableRefused(*faults)

    def overlaps(self) -> list[str]:
        """A sentence for each pair of rows that share a profile."""
        masks = np.array([row.when.masks for row in self.rows], dtype=np.int64)
        found = []
        for place, row in enumerate(self.rows):
            meeting = np.flatnonzero((masks[:place] & masks[place]).all(axis=1)) if place else ()
            for other in meeting:
                shared = row.when & self.rows[other].when
                found.append(
                    f"{self.rows[other].place} ({self.rows[other].owner}) and {row.place} ({row.owner}) both claim "
                    f"{len(shared):,} profiles: {self.vocabulary.words(shared)}; narrow one of them"
                )
        return found

    def gaps(self) -> list[str]:
        """A sentence for each box that no row covers. Sizes that add up, of rows that do not overlap, leave no gap."""
        if sum(len(row.when) for row in self.rows) == self.vocabulary.size and not self.overlaps():
            return []
        grid = Grid(self.vocabulary, [row.when for row in self.rows])
        left = np.ones(grid.shape, dtype=np.bool_)
        for row in self.rows:
            left &= ~grid.only(row.when)
        return [
            f"no row covers {len(box):,} of {self.vocabulary.size:,} profiles: {self.vocabulary.words(box)}; add a row"
            for box in grid.boxes(left, most=MOST_TOLD + 1)
        ]

    def numbers(self) -> npt.NDArray[np.int16]:
        """For each profile the place of the row it falls in."""
        found = np.full(self.vocabulary.sizes, -1, dtype=np.int16)
        for place, row in enumerate(self.rows):
            bits = [[n for n in range(mask.bit_length()) if mask >> n & 1] for mask in row.when.masks]
            found[np.ix_(*bits)] = place
        return found.reshape(-1)

    def owners(self) -> npt.NDArray[np.str_]:
        """For each profile who owns it."""
        return np.array([row.owner for row in self.rows])[self.numbers()]

    def differing(self, pack: Pack, day: date) -> list[str]:
        """A sentence for each box of profiles whose owner is another one than under the pack's remit of a day."""
        theirs = self.owners()
        ours = pack.remit.owners_of(pack.remit.on(day).winners)
        grid = Grid.fine(self.vocabulary)
        found = []
        for was, will in sorted(set(zip(ours[ours != theirs].tolist(), theirs[ours != theirs].tolist(), strict=True))):
            for box in grid.boxes(((ours == was) & (theirs == will)).reshape(grid.shape), most=MOST_TOLD):
                found.append(f"{was} owns, and here {will} does: {self.vocabulary.words(box)} ({len(box):,} profiles)")
        return found


def of_day(pack: Pack, day: date) -> Table:
    """The remit of a day. Raises OutsideRemit for a day before it starts."""
    return Table(
        pack.vocabulary,
        tuple(
            Row(box, rule.owner, rule.id, str(rule.basis), rule.cites, f"row {place}")
            for place, (rule, box) in enumerate(pack.remit.disjoint_rows(day), start=1)
        ),
    )


def values_of(field_: Field, mask: int) -> list[str]:
    """The values that a row lets in."""
    return [value for bit, value in enumerate(field_.values) if mask >> bit & 1]


def mask_of(field_: Field, values: Sequence[str], place: str, faults: list[str]) -> int:
    """The bits of these values; a fault for each that the field has not."""
    mask = 0
    for value in values:
        if value in field_.values:
            mask |= 1 << field_.values.index(value)
        else:
            near = nearest(value, field_.values)
            hint = f" Did you mean {listed(near, 'or')}?" if near else ""
            faults.append(f"{place}: {field_.no_value(value)}{hint}")
    return mask


def owner_fault(owner: str, units: Collection[str], place: str) -> str | None:
    """What is wrong with an owner's id, if anything."""
    if owner in units:
        return None
    near = nearest(owner, sorted(units))
    hint = f"Did you mean {listed(near, 'or')}?" if near else "Write the id of one of the pack's units."
    return f"{place}: there is no unit {owner!r}. {hint}"


def basis_fault(basis: str, place: str) -> str | None:
    if not basis or basis in tuple(Basis):
        return None
    return f"{place}: basis {basis!r} is none. Values: {', '.join(Basis)}."


def limited(says: Sequence[str], what: str) -> list[str]:
    if len(says) <= MOST_TOLD:
        return list(says)
    return [*says[:MOST_TOLD], f"and more {what} like these"]
