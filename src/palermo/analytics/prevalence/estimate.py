"""Estimate: what every method hands back, and what is said where there is nothing to hand back."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Check:
    """Something looked at before an estimate is trusted, with a plain sentence on what it means here."""

    check: str
    passed: bool
    says: str

    def as_dict(self) -> dict[str, object]:
        return {"check": self.check, "passed": self.passed, "says": self.says}


@dataclass(frozen=True, slots=True)
class Variation:
    """The total under another defensible choice. `lower` and `upper` are NaN where the choice gives no interval."""

    choice: str
    people: float
    lower: float
    upper: float
    says: str

    def as_dict(self) -> dict[str, object]:
        return {
            "choice": self.choice,
            "estimate": _number(self.people),
            "lower": _number(self.lower),
            "upper": _number(self.upper),
            "says": self.says,
        }


@dataclass(frozen=True, slots=True)
class Estimate:
    """How many people there are, seen and unseen, by one method, with what it assumes.

    `people` is NaN where no estimate exists, and `upper` infinite where the counts put no upper limit on the total;
    neither ever stands for a number. `lower` and `upper` hold the total with the probability `level`, by the method's
    own reckoning and only under its assumptions: the spread between methods is usually wider.
    """

    method: str
    observed: int
    people: float
    lower: float
    upper: float
    level: float
    model: str
    assumptions: tuple[str, ...]
    checks: tuple[Check, ...] = ()
    sensitivity: tuple[Variation, ...] = ()
    warnings: tuple[str, ...] = ()
    seed: int | None = None
    seconds: float = 0.0

    @property
    def unbounded(self) -> bool:
        return self.upper == math.inf

    @property
    def unseen(self) -> float:
        return self.people - self.observed

    def with_(
        self,
        *,
        checks: tuple[Check, ...] = (),
        sensitivity: tuple[Variation, ...] = (),
        warnings: tuple[str, ...] = (),
        seconds: float | None = None,
    ) -> Estimate:
        """Return the estimate with more said about it; nothing already said is lost."""
        return replace(
            self,
            checks=(*checks, *self.checks),
            sensitivity=(*self.sensitivity, *sensitivity),
            warnings=(*warnings, *self.warnings),
            seconds=self.seconds if seconds is None else seconds,
        )

    def rounded(self, to: int) -> Estimate:
        """Return the estimate with its numbers rounded, limits outwards, for a table with small counts held back."""
        return replace(
            self,
            observed=to * round(self.observed / to),
            people=_to_nearest(self.people, to),
            lower=_down(self.lower, to),
            upper=_up(self.upper, to),
            sensitivity=tuple(
                replace(v, people=_to_nearest(v.people, to), lower=_down(v.lower, to), upper=_up(v.upper, to))
                for v in self.sensitivity
            ),
        )

    def as_dict(self) -> dict[str, object]:
        """Return the shape other software reads; a number that does not exist is None, an unbounded limit None too."""
        return {
            "method": self.method,
            "observed": self.observed,
            "estimate": _number(self.people),
            "lower": _number(self.lower),
            "upper": _number(self.upper),
            "upper_unbounded": self.unbounded,
            "level": self.level,
            "model": self.model,
            "assumptions": list(self.assumptions),
            "checks": [check.as_dict() for check in self.checks],
            "sensitivity": [variation.as_dict() for variation in self.sensitivity],
            "warnings": list(self.warnings),
            "seed": self.seed,
            "seconds": round(self.seconds, 3),
        }


class NoEstimate(ValueError):
    """These counts give no estimate by this method. `estimate` says so in the shape of one, without a number."""

    def __init__(self, estimate: Estimate) -> None:
        self.estimate = estimate
        super().__init__("; ".join(c.says for c in estimate.checks if not c.passed) or "no estimate exists")


class MethodRefused(ValueError):
    """The method cannot be asked for in this way; the message says what to ask for instead."""


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _to_nearest(value: float, to: int) -> float:
    return float(to * round(value / to)) if math.isfinite(value) else value


def _down(value: float, to: int) -> float:
    return float(to * math.floor(value / to)) if math.isfinite(value) else value


def _up(value: float, to: int) -> float:
    return float(to * math.ceil(value / to)) if math.isfinite(value) else value
