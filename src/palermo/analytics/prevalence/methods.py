"""Methods: the total by each estimator, checked, with its interval and what it assumes.

`estimate` is the one door. Every method refuses counts that cannot carry a
number, and says what it looked at either way.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from palermo.analytics.prevalence import graphs, latent
from palermo.analytics.prevalence.estimate import Check, Estimate, MethodRefused, NoEstimate, Variation
from palermo.analytics.prevalence.existence import Checker, Status
from palermo.analytics.prevalence.fitting import fit
from palermo.analytics.prevalence.forward import THRESHOLD, Stepped, forward
from palermo.analytics.prevalence.lattice import Bools, Floats
from palermo.analytics.prevalence.lists import Lists
from palermo.analytics.prevalence.loglinear import by_aic, profile, wald
from palermo.analytics.prevalence.models import (
    MOST_LISTS_FOR_ALL_MODELS,
    NotAModel,
    in_words,
    independence,
    largest_order,
    notation,
    parse,
)
from palermo.analytics.prevalence.modelspace import ModelSpace, best_of, explore, weighted
from palermo.analytics.prevalence.resampling import Interval, bca, leave_one_out, resamples
from palermo.analytics.prevalence.two_lists import chao_bound, chapman

RESAMPLES = 5_000
FEWEST_RESAMPLES = 100
SEED = 1
LEVEL = 0.95
LEAST_SHARED = 10
CANDIDATES = 100
MOST_UNBOUNDED = 0.05
_LARGEST_PRIOR_CELL = 100.0

CLOSED = "nobody entered or left the population while the lists were kept"
LINKED = "the same person was recognised on every list they are on, and nobody else taken for them"
CAPTURABLE = "everyone counted had some chance of being on a list"
NO_HIGHEST = (
    "the odds of being unseen follow from the lists' dependence among those seen (no effect of all lists together); "
    "no data can test this"
)


@dataclass(frozen=True, slots=True)
class Options:
    """What may be asked of a method beside its name.

    `resampled` gives tables, one a column, to use instead of drawing them. `ties_count` is how much of a resample
    below the estimate one that equals it counts for. `least_shared` is how many people must be on two lists or more.
    """

    seed: int = SEED
    level: float = LEVEL
    resamples: int = RESAMPLES
    threshold: float = THRESHOLD
    model: str | None = None
    interval: str = "bca"
    order: int | None = None
    candidates: int = CANDIDATES
    ties_count: float = 0.5
    resampled: Floats | None = None
    prior_cell: float | None = None
    prior_total: graphs.LogPrior = graphs.inverse_prior
    least_shared: int = LEAST_SHARED
    refuse_thin: bool = True


def estimate(lists: Lists, method: str = "sparse", options: Options | None = None) -> Estimate:
    """Return the estimate of everyone, seen and unseen, by the named method.

    Raises NoEstimate where the counts give none, with an `Estimate` that says why and holds no number; MethodRefused
    where the method does not fit the call.
    """
    options = options or Options()
    _check(options)
    if method not in METHODS:
        raise MethodRefused(f"no method is called {method!r}: choose from {', '.join(METHODS)}")
    began = time.perf_counter()
    used, warnings = _without_empty(lists)
    checks = minima(used, options)
    missing = [check for check in checks if not check.passed]
    if missing and (options.refuse_thin or any(check.check in _NEVER_WITHOUT for check in missing)):
        raise NoEstimate(nothing(lists, method, options, tuple(checks), warnings))
    if missing:
        warnings += tuple(f"reported although {check.says}" for check in missing)
    try:
        found = METHODS[method](used, options)
    except NoEstimate as reason:
        said = reason.estimate.with_(checks=tuple(checks), warnings=warnings, seconds=time.perf_counter() - began)
        raise NoEstimate(said) from None
    return found.with_(checks=tuple(checks), warnings=warnings, seconds=time.perf_counter() - began)


def nothing(
    lists: Lists,
    method: str,
    options: Options,
    checks: tuple[Check, ...],
    warnings: tuple[str, ...] = (),
    model: str = "",
) -> Estimate:
    """Return the estimate that says there is none, and why."""
    return Estimate(
        method=method,
        observed=lists.seen,
        people=math.nan,
        lower=math.nan,
        upper=math.nan,
        level=options.level,
        model=model,
        assumptions=(),
        checks=checks,
        warnings=warnings,
        seed=options.seed,
    )


_ENOUGH_LISTS, _SOME_SHARED, _ALL_LINKED, _ENOUGH_SHARED, _SIMPLEST_EXISTS = (
    "two lists or more",
    "somebody on two lists",
    "every list overlaps another",
    "enough people on two lists",
    "the simplest model has an estimate",
)
_FINITE = "resamples have finite estimates"
_NEVER_WITHOUT = frozenset({_ENOUGH_LISTS, _SOME_SHARED, _SIMPLEST_EXISTS})


def minima(lists: Lists, options: Options) -> list[Check]:
    """Return whether the counts can carry a number at all: below these no method gives one."""
    unlinked = lists.unlinked()
    shared = lists.shared
    enough = lists.number >= 2
    checks = [
        Check(
            _ENOUGH_LISTS,
            enough,
            f"there are {lists.number} lists with people on them"
            if enough
            else "there is one list only, and one list says nothing about people on no list",
        )
    ]
    if not enough:
        return checks
    checks.append(
        Check(
            _SOME_SHARED,
            shared > 0,
            "some people are on two lists or more"
            if shared
            else "nobody is on two lists, so nothing bounds the number on none",
        )
    )
    if not shared:
        return checks
    checks.append(
        Check(
            _ALL_LINKED,
            not unlinked,
            "every list shares people with another"
            if not unlinked
            else f"nobody on {', '.join(unlinked)} is on any other list, so it says nothing about the number on none: "
            f"leave it out, or merge it with the list it is nearest to",
        )
    )
    enough_shared = shared >= options.least_shared
    checks.append(
        Check(
            _ENOUGH_SHARED,
            enough_shared,
            f"at least {options.least_shared} people are on two lists or more"
            if enough_shared
            else f"fewer than {options.least_shared} people are on two lists or more: any number would rest on chance",
        )
    )
    independent = independence(lists.number)
    status = Status(int(Checker().statuses(lists.counts[:, None], independent[:, None])[0]))
    checks.append(
        Check(
            _SIMPLEST_EXISTS,
            status == 0,
            f"even with all lists independent, {status.says}"
            if status
            else f"with all lists independent {status.says}",
        )
    )
    return checks


def _check(options: Options) -> None:
    if not 0.5 <= options.level < 1:
        raise MethodRefused(f"a level of {options.level} is no use: give one from 0.5 to below 1, such as 0.95")
    if options.resampled is None and not FEWEST_RESAMPLES <= options.resamples <= 1_000_000:
        raise MethodRefused(f"{options.resamples} resamples: give {FEWEST_RESAMPLES} to 1,000,000")
    if not 0 < options.threshold < 1:
        raise MethodRefused(f"a threshold of {options.threshold} is no p-value: give one between 0 and 1, such as 0.02")
    if options.candidates < 1:
        raise MethodRefused(f"{options.candidates} candidate models: give 1 or more")
    if options.prior_cell is not None and not 0 < options.prior_cell <= _LARGEST_PRIOR_CELL:
        raise MethodRefused(f"a prior of {options.prior_cell} in each cell: give a number above 0, 1 at most as a rule")
    if not 0 <= options.seed < 2**63:
        raise MethodRefused(f"a seed of {options.seed}: give a whole number from 0 to 2**63 - 1")


def _without_empty(lists: Lists) -> tuple[Lists, tuple[str, ...]]:
    empty = lists.empty()
    if not empty:
        return lists, ()
    return lists.without(*empty), (f"nobody is on {', '.join(empty)}: left out, which changes nothing",)


# The methods, one function each ---------------------------------------------------------------------------------------


def _chapman(lists: Lists, options: Options) -> Estimate:
    if lists.number != 2:
        raise MethodRefused(
            f"chapman is for two lists and these are {lists.number}: use sparse, or see every pair in the panel"
        )
    first, second = lists.list_sizes.values()
    found = chapman(first=first, second=second, both=lists.shared)
    lower, upper = found.interval(options.level)
    return Estimate(
        method="chapman",
        observed=lists.seen,
        people=found.people,
        lower=lower,
        upper=upper,
        level=options.level,
        model="(first + 1)(second + 1)/(both + 1) - 1",
        assumptions=(
            "being on one list makes nobody more or less likely to be on the other",
            "everyone is as likely as anyone else to be on a list",
            CLOSED,
            LINKED,
        ),
        warnings=("two lists cannot show whether they depend on each other: if they do, this is wrong by any amount",),
        seed=options.seed,
    )


def _chao(lists: Lists, options: Options) -> Estimate:
    try:
        found = chao_bound(lists)
    except ZeroDivisionError:
        check = Check(
            "somebody on exactly two lists", False, "nobody is on exactly two lists, which the bound divides by"
        )
        raise NoEstimate(nothing(lists, "chao", options, (check,))) from None
    lower, upper = found.interval(options.level)
    return Estimate(
        method="chao",
        observed=lists.seen,
        people=found.people,
        lower=lower,
        upper=upper,
        level=options.level,
        model=f"seen + ({lists.number} - 1)/{lists.number} f1**2/(2 f2)",
        assumptions=("people differ in how likely lists are to reach them, lists do not differ much", CLOSED, LINKED),
        warnings=(
            "a lower bound where people differ in how likely they are to be found, but no bound where lists avoid each "
            "other's people",
        ),
        seed=options.seed,
    )


def _loglinear(lists: Lists, options: Options) -> Estimate:
    terms = parse_model(options.model or "independence", lists)
    checker = Checker()
    status = Status(int(checker.statuses(lists.counts[:, None], terms[:, None])[0]))
    model = notation(terms)
    check = Check("existence and identifiability", status == 0, f"model {model}: {status.says}")
    if status:
        raise NoEstimate(nothing(lists, "loglinear", options, (check,), model=model))
    warnings: tuple[str, ...] = (
        "the interval takes the model as given, and is too short where it was chosen by looking",
    )
    checks = [check]
    if options.interval == "bca":
        point = wald(lists.counts, terms, level=options.level).people
        start = fit(lists.counts[:, None], terms[:, None]).coefficients

        def again(tables: Floats) -> Floats:
            able = checker.statuses(tables, terms[:, None]) == 0
            found = fit(tables[:, able], terms[:, None], start=start)
            people = np.full(tables.shape[1], np.inf)
            people[able] = np.where(found.converged, tables[1:, able].sum(axis=0) + found.unseen, np.inf)
            return people

        interval = resampled_interval(lists, "loglinear", point, again, options)
        said, worries = shape_of(interval)
        checks += said
        warnings += worries
        lower, upper = interval.lower, interval.upper
    elif options.interval in ("profile", "poisson-profile"):
        found = profile(lists.counts, terms, level=options.level, poisson=options.interval == "poisson-profile")
        point, lower, upper = found.people, found.lower, found.upper
    elif options.interval == "wald":
        found = wald(lists.counts, terms, level=options.level)
        point, lower, upper = found.people, found.lower, found.upper
    else:
        raise MethodRefused(
            f"no interval is called {options.interval!r}: choose from bca, profile, poisson-profile, wald"
        )
    return Estimate(
        method="loglinear",
        observed=lists.seen,
        people=point,
        lower=lower,
        upper=upper,
        level=options.level,
        model=model,
        assumptions=(
            f"dependence between lists: {in_words(terms, lists.names)}",
            NO_HIGHEST,
            CLOSED,
            LINKED,
            CAPTURABLE,
        ),
        checks=tuple(checks),
        warnings=warnings,
        seed=options.seed,
    )


def parse_model(text: str, lists: Lists) -> Bools:
    """Return the model's terms; MethodRefused where the text names none of these lists."""
    try:
        return parse(text, lists.names)
    except NotAModel as reason:
        raise MethodRefused(str(reason)) from None


def _sparse(lists: Lists, options: Options) -> Estimate:
    found, _resampled = sparse_with_paths(lists, options)
    return found


def sparse_with_paths(lists: Lists, options: Options) -> tuple[Estimate, Stepped]:
    """Return the estimate by forward steps and the path that each resample took."""
    checker = Checker()
    stepped = forward(lists.counts[:, None], threshold=options.threshold, checker=checker)
    status = Status(int(stepped.status[0]))
    model = notation(stepped.terms[:, 0])
    check = Check("existence and identifiability", status == 0, f"model {model}: {status.says}")
    if status or not np.isfinite(stepped.people[0]):
        raise NoEstimate(nothing(lists, "sparse", options, (check,), model=model))
    paths: list[Stepped] = []

    def again(tables: Floats) -> Floats:
        paths.append(forward(tables, threshold=options.threshold, checker=checker))
        return paths[-1].people

    interval = resampled_interval(lists, "sparse", float(stepped.people[0]), again, options)
    said, worries = shape_of(interval)
    same = float((paths[0].terms == stepped.terms).all(axis=0).mean())
    return (
        Estimate(
            method="sparse",
            observed=lists.seen,
            people=float(stepped.people[0]),
            lower=interval.lower,
            upper=interval.upper,
            level=options.level,
            model=model,
            assumptions=(
                f"dependence between lists, found by forward steps at p < {options.threshold:g}: "
                + in_words(stepped.terms[:, 0], lists.names),
                "lists depend on each other in pairs only",
                NO_HIGHEST,
                CLOSED,
                LINKED,
                CAPTURABLE,
            ),
            checks=(
                check,
                *said,
                Check(
                    "choice of model",
                    same >= 0.5,
                    f"{same:.0%} of resamples choose the same model"
                    + ("" if same >= 0.5 else "; the interval carries that, but the model itself is not settled"),
                ),
            ),
            warnings=worries,
            seed=options.seed,
        ),
        paths[0],
    )


def _bic(lists: Lists, options: Options) -> Estimate:
    space = space_of(lists, options, "bic")
    checker = Checker()

    def again(tables: Floats) -> Floats:
        return best_of(tables, space, options.candidates, checker=checker)[0]

    interval = resampled_interval(lists, "bic", float(space.people[0]), again, options)
    said, worries = shape_of(interval)
    near = space.within(2)
    return Estimate(
        method="bic",
        observed=lists.seen,
        people=float(space.people[0]),
        lower=interval.lower,
        upper=interval.upper,
        level=options.level,
        model=notation(space.terms[:, 0]),
        assumptions=(
            f"dependence between lists, best BIC of {space.bic.size:,} admissible models with terms of up to "
            f"{space.order} lists: {in_words(space.terms[:, 0], lists.names)}",
            NO_HIGHEST,
            CLOSED,
            LINKED,
            CAPTURABLE,
        ),
        checks=(_admissible(space), *said),
        sensitivity=(
            Variation(
                "models within 2 BIC units of the best",
                float(np.median(near)),
                float(near.min()),
                float(near.max()),
                f"{near.size} models that the counts support as well give {near.min():,.0f} to {near.max():,.0f}",
            ),
        ),
        warnings=worries
        + (
            (f"each resample chose among the best {options.candidates} models of the original counts",)
            if options.candidates < space.bic.size
            else ()
        ),
        seed=options.seed,
    )


def _bic_averaged(lists: Lists, options: Options) -> Estimate:
    space = space_of(lists, options, "bic-averaged")
    mixture = weighted(space, float(lists.seen), level=options.level)
    return Estimate(
        method="bic-averaged",
        observed=lists.seen,
        people=mixture.median,
        lower=mixture.lower,
        upper=mixture.upper,
        level=options.level,
        model=f"{mixture.models:,} admissible models with terms of up to {space.order} lists, weighted by exp(-BIC/2)",
        assumptions=(
            "one of the models looked at is near the truth, and none was likelier beforehand",
            NO_HIGHEST,
            CLOSED,
            LINKED,
            CAPTURABLE,
        ),
        checks=(
            _admissible(space),
            Check(
                "no model decides alone",
                mixture.best_weight <= 0.9,
                f"the best model has {mixture.best_weight:.0%} of the weight",
            ),
        ),
        seed=options.seed,
    )


def space_of(lists: Lists, options: Options, method: str, *, spreads: bool = True) -> ModelSpace:
    """Return the admissible models; NoEstimate where there are none, MethodRefused where there are too many."""
    try:
        space = explore(lists.counts, order=options.order, spreads=spreads)
    except NotAModel as reason:
        raise MethodRefused(str(reason)) from None
    if not space.bic.size:
        check = Check(
            "admissible models", False, f"none of {space.looked_at:,} models has a finite, identified estimate"
        )
        raise NoEstimate(nothing(lists, method, options, (check,)))
    return space


def _admissible(space: ModelSpace) -> Check:
    return Check(
        "existence and identifiability",
        True,
        f"{space.bic.size:,} of {space.looked_at:,} models have a finite, identified estimate; the other "
        f"{space.inadmissible:,} were left out",
    )


def _aic(lists: Lists, options: Options) -> Estimate:
    threshold = 0.05 if options.threshold == THRESHOLD else options.threshold
    checker = Checker()
    terms, _order = by_aic(lists.counts, threshold=threshold, checker=checker)
    found = profile(lists.counts, terms, level=options.level)
    return Estimate(
        method="aic",
        observed=lists.seen,
        people=found.people,
        lower=found.lower,
        upper=found.upper,
        level=options.level,
        model=notation(terms),
        assumptions=(
            f"dependence between lists, by AIC steps at p < {threshold:g}: {in_words(terms, lists.names)}",
            "lists depend on each other in pairs only",
            NO_HIGHEST,
            CLOSED,
            LINKED,
            CAPTURABLE,
        ),
        checks=(Check("existence and identifiability", True, f"model {notation(terms)}: {Status.EXISTS.says}"),),
        warnings=(
            "kept to reproduce the 2014 figure for the United Kingdom: the interval takes the chosen model as "
            "given and is too short",
        ),
        seed=options.seed,
    )


def _bma(lists: Lists, options: Options) -> Estimate:
    try:
        posterior = graphs.average(lists.counts, prior_cell=options.prior_cell, prior_total=options.prior_total)
    except graphs.NoPosterior as reason:
        if not graphs.FEWEST_LISTS <= lists.number <= graphs.MOST_LISTS:
            raise MethodRefused(str(reason)) from None
        raise NoEstimate(nothing(lists, "bma", options, (Check("posterior has an end", False, str(reason)),))) from None
    tail = (1 - options.level) / 2
    edges, weight = posterior.graphs[0]
    return Estimate(
        method="bma",
        observed=lists.seen,
        people=posterior.quantile(0.5),
        lower=posterior.quantile(tail),
        upper=posterior.quantile(1 - tail),
        level=options.level,
        model=f"{posterior.averaged:,} decomposable graphs; the best has {weight:.0%} of the weight: "
        + (", ".join(" with ".join(_members(edge, lists)) for edge in edges) or "all lists independent"),
        assumptions=(
            "dependence between lists is a decomposable graph, none likelier beforehand than another",
            "the prior for the total is flat over its logarithm"
            if options.prior_total is graphs.inverse_prior
            else "the prior for the total is the one given",
            NO_HIGHEST,
            CLOSED,
            LINKED,
            CAPTURABLE,
        ),
        checks=(
            Check(
                "posterior ends before the grid does",
                True,
                f"{posterior.mass_at_the_end:.2g} of the posterior lies in the last tenth of a grid to "
                f"{posterior.bound:,.0f} times the people seen"
                + (f", extended {posterior.extended} times" if posterior.extended else ""),
            ),
            Check(
                "one peak",
                posterior.modes == 1,
                "the posterior has one peak"
                if posterior.modes == 1
                else f"the posterior has {posterior.modes} peaks: the counts fit several sizes and not those between, "
                f"so the median stands for none of them",
            ),
        ),
        seed=options.seed,
    )


def _members(term: int, lists: Lists) -> list[str]:
    return [name for j, name in enumerate(lists.names) if term >> j & 1]


def _latent(lists: Lists, options: Options) -> Estimate:
    if lists.number < 3:
        raise MethodRefused("latent-class needs three lists or more: with two it is its own prior; use chapman")
    found = latent.sample(lists.counts, options.seed)
    tail = (1 - options.level) / 2
    return Estimate(
        method="latent-class",
        observed=lists.seen,
        people=found.quantile(0.5),
        lower=found.quantile(tail),
        upper=found.quantile(1 - tail),
        level=options.level,
        model=f"up to {latent.CLASSES} latent classes, of which {found.classes_used:.1f} on average hold 1% or more",
        assumptions=(
            "people fall into classes, and within a class lists do not depend on each other",
            "the prior prefers few classes",
            CLOSED,
            LINKED,
            CAPTURABLE,
        ),
        checks=(
            Check(
                "chains agree",
                found.r_hat <= 1.05,
                f"R-hat is {found.r_hat:.3f} over {latent.CHAINS} chains"
                + ("" if found.r_hat <= 1.05 else ": the chains sit in different places, so the figure is not settled"),
            ),
            Check(
                "enough independent draws",
                found.effective >= 400,
                f"the draws amount to {found.effective:,.0f} independent ones"
                + ("" if found.effective >= 400 else ", fewer than 400"),
            ),
            Check(
                "no draws far out",
                found.far_out == 0,
                f"{found.far_out:,} of {found.draws.size:,} draws exceed {latent.FAR_OUT} times the people seen; none "
                f"was cut off",
            ),
        ),
        warnings=("a check on the other methods, not a figure to publish alone",),
        seed=options.seed,
    )


METHODS: Mapping[str, Callable[[Lists, Options], Estimate]] = {
    "chapman": _chapman,
    "chao": _chao,
    "loglinear": _loglinear,
    "sparse": _sparse,
    "bic": _bic,
    "bic-averaged": _bic_averaged,
    "aic": _aic,
    "bma": _bma,
    "latent-class": _latent,
}


def fits_all_models(lists: Lists) -> bool:
    """Return whether there are few enough models to look at every one."""
    return 2 <= lists.number <= MOST_LISTS_FOR_ALL_MODELS and largest_order(lists.number) >= 1


def resampled_interval(
    lists: Lists, method: str, point: float, again: Callable[[Floats], Floats], options: Options
) -> Interval:
    """Return the BCa interval of whatever `again` makes of a batch of tables.

    Raises NoEstimate where more than half of the resamples have no finite estimate: the correction for bias could then
    put both limits among the few that have one. Raises MethodRefused where the resamples handed in are of other lists.
    """
    tables = options.resampled
    if tables is None:
        tables = resamples(lists.counts, options.resamples, options.seed)
    elif tables.shape[0] != lists.counts.size:
        raise MethodRefused(
            f"the resamples have {tables.shape[0]} cells where these lists have {lists.counts.size} "
            f"(lists that nobody is on are left out)"
        )
    people = again(tables)
    fewer, weights = leave_one_out(lists.counts)
    found = bca(point, people, again(fewer), weights, level=options.level, ties_count=options.ties_count)
    if math.isinf(found.lower) or found.unbounded > found.resampled / 2:
        says = f"{found.unbounded:,} of {found.resampled:,} resamples have no finite estimate, so no interval exists"
        raise NoEstimate(nothing(lists, method, options, (Check(_FINITE, False, says),)))
    return found


def shape_of(interval: Interval) -> tuple[list[Check], tuple[str, ...]]:
    """Return what the resamples say of the interval: unbounded ones, ties, limits that are single resamples."""
    share = interval.unbounded / interval.resampled
    checks = [
        Check(
            _FINITE,
            share <= MOST_UNBOUNDED,
            f"{interval.unbounded:,} of {interval.resampled:,} resamples have no finite estimate"
            + (", and count as without limit" if interval.unbounded else ""),
        )
    ]
    warnings = []
    if math.isinf(interval.upper):
        warnings.append(
            f"unbounded above: {share:.1%} of resamples have no finite estimate, so these counts put no upper limit on "
            f"the total"
        )
    if interval.extreme and math.isfinite(interval.upper):
        warnings.append("a limit is the most extreme resample itself: ask for more resamples before quoting it")
    if interval.ties:
        warnings.append(
            f"{interval.ties:,} resamples equal the estimate but for rounding; each counts as half below it"
        )
    return checks, tuple(warnings)
