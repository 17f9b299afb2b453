"""Panel: what do all defensible methods say together, and what weakens them?

One number with one interval cannot be defended: on the same lists, methods that
fit equally well differ by more than any of their intervals. The panel is the
default answer, and its headline is a range with the reasons.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from palermo.analytics.prevalence import diagnostics, graphs
from palermo.analytics.prevalence.diagnostics import Diagnostic, Scope
from palermo.analytics.prevalence.estimate import Estimate, MethodRefused, NoEstimate, Variation
from palermo.analytics.prevalence.lists import Lists
from palermo.analytics.prevalence.methods import (
    Options,
    estimate,
    fits_all_models,
    space_of,
    sparse_with_paths,
)
from palermo.analytics.prevalence.modelspace import weighted
from palermo.analytics.prevalence.two_lists import chao_bound

HEADLINE = ("sparse", "bic", "bic-averaged", "bma")
_RESAMPLES = 1_000
_BIC_CANDIDATES = 50
_MOST_LISTS_QUICKLY = 5


@dataclass(frozen=True, slots=True)
class Headline:
    """The range of the methods' figures, and the outermost of their limits (`upper` infinite where unbounded)."""

    lowest: float
    highest: float
    lower: float
    upper: float
    says: str

    def as_dict(self) -> dict[str, object]:
        return {
            "lowest": self.lowest,
            "highest": self.highest,
            "lower": self.lower,
            "upper": self.upper if math.isfinite(self.upper) else None,
            "says": self.says,
        }


@dataclass(frozen=True, slots=True)
class Panel:
    """Every method and diagnostic on one set of lists. `refused` has the methods that gave nothing, and why."""

    lists: Lists
    estimates: tuple[Estimate, ...]
    refused: tuple[tuple[str, str], ...]
    diagnostics: tuple[Diagnostic, ...]
    headline: Headline | None
    seed: int
    level: float
    seconds: float

    def diagnostic(self, key: str) -> Diagnostic | None:
        return next((d for d in self.diagnostics if d.key == key), None)

    def as_dict(self) -> dict[str, object]:
        return {
            "lists": list(self.lists.names),
            "observed": self.lists.seen,
            "inputs_sha256": self.lists.digest,
            "headline": self.headline.as_dict() if self.headline else None,
            "estimates": [found.as_dict() for found in self.estimates],
            "refused": [{"method": method, "says": says} for method, says in self.refused],
            "diagnostics": [diagnostic.as_dict() for diagnostic in self.diagnostics],
            "seed": self.seed,
            "seconds": round(self.seconds, 3),
        }


_WEAKNESS = {
    "scope": "nobody has said in full whom it counts",
    "model-space": "models that fit as well disagree",
    "list-as-truth": "list sizes that are known are missed",
    "leave-one-list-out": "it hangs on a single list",
    "bootstrap": "resamples fall into several groups or have no limit",
    "bayesian": "the priors decide much, or the latent classes do not settle",
    "trajectory": "it drifts with the number seen",
}

Progress = Callable[[str], None]


def panel(
    lists: Lists,
    options: Options | None = None,
    *,
    scope: Scope | None = None,
    thresholds: Sequence[float] = (),
    progress: Progress = lambda step: None,
) -> Panel:
    """Return the panel; `progress` is told each step before it is taken.

    A method that cannot be used on these lists is named with its reason, never left out silently. Where the counts are
    too thin for any estimate there are diagnostics and no estimates. BIC and the diagnostics that repeat whole
    estimates use at most 1,000 resamples.
    """
    options = options or Options()
    began = time.perf_counter()
    lists = lists.without(*lists.empty())
    lighter = replace(options, resamples=min(options.resamples, _RESAMPLES), candidates=_BIC_CANDIDATES, resampled=None)
    estimates: list[Estimate] = []
    refused: list[tuple[str, str]] = []
    checks: list[Diagnostic] = [diagnostics.scope_statement(scope)]
    if lists.number >= 2:
        progress("overlaps")
        checks.append(diagnostics.overlaps(lists))
    for method in _methods_for(lists):
        progress(method)
        try:
            found = estimate(lists, method, lighter if method == "bic" else options)
            estimates.append(found)
        except (NoEstimate, MethodRefused) as reason:
            refused.append((method, str(reason)))
    by_method = {found.method: found for found in estimates}
    if "sparse" in by_method:
        _again, paths = sparse_with_paths(lists, lighter)
        checks += _around(lists, by_method, lighter, thresholds, progress)
        checks.append(diagnostics.bootstrap(lists, by_method["sparse"], paths))
    return Panel(
        lists=lists,
        estimates=tuple(estimates),
        refused=tuple(refused),
        diagnostics=tuple(checks),
        headline=headline_of(estimates, checks),
        seed=options.seed,
        level=options.level,
        seconds=time.perf_counter() - began,
    )


def _methods_for(lists: Lists) -> Iterator[str]:
    if lists.number == 2:
        yield "chapman"
    yield "sparse"
    if fits_all_models(lists):
        yield from ("bic", "bic-averaged")
    if graphs.FEWEST_LISTS <= lists.number <= graphs.MOST_LISTS:
        yield "bma"
    if lists.number >= 3:
        yield from ("chao", "latent-class")
    yield "loglinear"


def _around(
    lists: Lists,
    found: dict[str, Estimate],
    options: Options,
    thresholds: Sequence[float],
    progress: Progress,
) -> Iterator[Diagnostic]:
    if fits_all_models(lists) and "bic" in found:
        progress("model space")
        yield diagnostics.model_space(space_of(lists, options, "bic", spreads=False))
    if lists.number > 2:
        progress("list as truth")
        yield diagnostics.list_as_truth(lists, options)
        progress("leave one list out")
        yield diagnostics.leave_one_list_out(lists, options)
    yield diagnostics.assumption(found["sparse"], thresholds)
    progress("priors")
    if "bma" in found:
        yield diagnostics.bayesian(lists, options.level, found.get("latent-class"))
    progress("trajectory")
    yield diagnostics.trajectory(lists, options)
    progress("linkage error")
    yield diagnostics.linkage_error(lists, options)


def headline_of(estimates: Sequence[Estimate], checks: Sequence[Diagnostic]) -> Headline | None:
    """Return the range over the methods that fit the lists, with what speaks against it; None where none fits."""
    counted = [found for found in estimates if found.method in HEADLINE]
    if not counted:
        return None
    lowest, highest = min(e.people for e in counted), max(e.people for e in counted)
    lower, upper = min(e.lower for e in counted), max(e.upper for e in counted)
    failed = [_WEAKNESS[check.key] for check in checks if check.passed is False]
    said = f"From {lowest:,.0f} to {highest:,.0f} people by {len(counted)} methods that fit these lists, "
    said += (
        f"with limits from {lower:,.0f} to {upper:,.0f}."
        if math.isfinite(upper)
        else f"with a lower limit of {lower:,.0f} and no upper limit."
    )
    if failed:
        said += f" Against it: {'; '.join(failed)}."
    return Headline(lowest, highest, lower, upper, said)


def with_sensitivity(found: Estimate, lists: Lists, options: Options | None = None) -> Estimate:
    """Return the estimate with what a quick look at other defensible choices gives, so that it never stands alone."""
    options = options or Options()
    lists = lists.without(*lists.empty())
    variations: list[Variation] = []
    if found.method != "loglinear" or options.model is not None:
        variations += _by("loglinear", "all lists independent", lists, replace(options, model=None, interval="wald"))
    if lists.number >= 3 and found.method != "chao":
        try:
            bound = chao_bound(lists)
            variations.append(
                Variation("chao", bound.people, *bound.interval(options.level), "a lower bound, if lists do not repel")
            )
        except ZeroDivisionError:
            pass
    if found.method != "bma" and graphs.FEWEST_LISTS <= lists.number <= graphs.MOST_LISTS:
        variations += _by("bma", "averaged over decomposable graphs", lists, options)
    if found.method not in ("bic", "bic-averaged") and 3 <= lists.number <= _MOST_LISTS_QUICKLY:
        variations += _over_models(lists, replace(options, order=None))
    if found.method == "sparse" and lists.number > 2:
        fewer = {name: diagnostics.point(lists.without(name), options) for name in lists.names}
        known = {name: people for name, people in fewer.items() if people is not None}
        if known:
            low, high = min(known, key=lambda n: known[n]), max(known, key=lambda n: known[n])
            variations.append(
                Variation(
                    "leave one list out",
                    found.people,
                    known[low],
                    known[high],
                    f"from {known[low]:,.0f} without {low} to {known[high]:,.0f} without {high}",
                )
            )
    half = [found.observed + math.exp(scale) * found.unseen for scale in (-0.5, 0.5)]
    variations.append(
        Variation(
            "identifying assumption",
            found.people,
            half[0],
            half[1],
            "if the number unseen were exp(-0.5) to exp(0.5) times what the untestable assumption makes it",
        )
    )
    counted = [found.people, *(v.people for v in variations if math.isfinite(v.people) and v.choice != "chao")]
    warnings: tuple[str, ...] = ()
    if max(counted) > 1.5 * min(counted):
        warnings = (
            f"methods that fit these lists differ from {min(counted):,.0f} to {max(counted):,.0f}: publish the range, "
            f"not one figure",
        )
    return found.with_(sensitivity=tuple(variations), warnings=warnings)


def _over_models(lists: Lists, options: Options) -> list[Variation]:
    try:
        space = space_of(lists, options, "bic-averaged")
    except NoEstimate:
        return []
    mixture, near = weighted(space, float(lists.seen), level=options.level), space.within(2)
    says = (
        f"averaged over {mixture.models:,} models; those within 2 BIC units of the best give {near.min():,.0f} to "
        f"{near.max():,.0f}"
    )
    return [Variation("bic-averaged", mixture.median, mixture.lower, mixture.upper, says)]


def _by(method: str, says: str, lists: Lists, options: Options) -> list[Variation]:
    try:
        other = estimate(lists, method, replace(options, resampled=None))
    except (NoEstimate, MethodRefused):
        return []
    return [Variation(method, other.people, other.lower, other.upper, says)]
