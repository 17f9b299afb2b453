"""Whole: a remit with all that is asked of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from palermo.domain.remit import proof
from palermo.domain.remit.compare import Comparison, Version, compare
from palermo.domain.remit.compiled import Compiled
from palermo.domain.remit.history import Histogram
from palermo.domain.remit.invariants import Broken, Invariant, broken
from palermo.domain.remit.proposal import Proposal, with_proposal
from palermo.domain.remit.rules import Rule
from palermo.domain.vocabulary import Condition


class Remit(Compiled):
    """Whose referral is it, on every day; proved, compared, and with what-ifs laid over it."""

    def check(
        self,
        *,
        stated: bool = False,
        start: date | None = None,
        end: date | None = None,
        history: Histogram | None = None,
    ) -> proof.Report:
        """See `proof.check`."""
        return proof.check(self, stated=stated, start=start, end=end, history=history)

    @property
    def sound(self) -> bool:
        """Whether `check` would find nothing: every profile has one owner on every day, and every rule decides some."""
        return all(interval.whole for interval in self.intervals) and not any(proof.dead_rules(self, self.intervals))

    def broken(self, invariants: Sequence[Invariant]) -> tuple[Broken, ...]:
        """The invariants that do not hold, span by span."""
        return tuple(broken(self, invariants))

    def at(self, day: date) -> Version:
        """The remit held fast at a day. Raises OutsideRemit for a day before it starts."""
        self.on(day)
        return Version(self, day)

    def compare(self, after: Version | Compiled, history: Histogram | None = None) -> Comparison:
        """What changes from this remit to another; see `compare`."""
        return compare(self, after, history)

    def summary(self) -> list[dict[str, object]]:
        """How many profiles each unit owns in each span of days, and how many came from where at its start.

        Committed beside a pack and compared on every change, it shows whoever edits a rule what the edit moves.
        """
        spans: list[dict[str, object]] = []
        for number, interval in enumerate(self.intervals):
            owned = Counter(self.owners_of(interval.winners).tolist())
            span: dict[str, object] = {**proof.dates(interval.period), "owned": dict(sorted(owned.items()))}
            if number:
                before = self.owners_of(self.intervals[number - 1].winners)
                after = self.owners_of(interval.winners)
                moved = Counter(zip(before[before != after].tolist(), after[before != after].tolist(), strict=True))
                span["moved"] = [{"from": was, "to": will, "profiles": n} for (was, will), n in sorted(moved.items())]
            spans.append(span)
        return spans

    def with_proposal(self, proposal: Proposal) -> Remit:
        """Another remit, as the proposal would have it. Raises RemitFaults where it does not fit.

        An heir that the remit does not rank is as specialised as the unit it takes over from: a name alone is no
        downgrade.
        """
        found = self.replaced(with_proposal(self.rules, proposal))
        inherited = {heir: self.tier(unit) for unit, heir in proposal.reassign.items()}
        found.tiers = inherited | self.tiers
        return found

    def disjoint_rows(self, day: date) -> tuple[tuple[Rule, Condition], ...]:
        """The table of that day as boxes that share no profile and leave none out, each with the rule that decides."""
        interval = self.on(day)
        found = []
        for place in sorted(set(interval.deciding)):
            cells = interval.holding.cells_where([other == place for other in interval.deciding])
            if place >= 0:
                found += [(interval.rules[place], box) for box in interval.holding.grid.parts(cells)]
        return tuple(found)
