"""Diagnostics: why should anybody believe the number, and how far would it move?

Each looks at one weakness, and says in a sentence what it found on these lists,
with the figures behind it. A diagnostic passes, fails, or only informs.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri

from palermo.analytics.prevalence import graphs
from palermo.analytics.prevalence.estimate import Estimate, MethodRefused, NoEstimate
from palermo.analytics.prevalence.existence import Checker
from palermo.analytics.prevalence.fitting import at_least, fit
from palermo.analytics.prevalence.forward import Stepped, forward, one_sided_p
from palermo.analytics.prevalence.lattice import Floats, add_supersets, pairs, sizes
from palermo.analytics.prevalence.lists import Lists
from palermo.analytics.prevalence.methods import Options, estimate
from palermo.analytics.prevalence.models import independence, notation
from palermo.analytics.prevalence.modelspace import ModelSpace
from palermo.analytics.prevalence.shape import peaks_of_draws
from palermo.analytics.prevalence.two_lists import chapman

Cell = str | int | float | None
_MODELS_SHOWN = 30
_WITHIN = (2.0, 6.0, 10.0)
_SHARES_SEEN = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_TIMES_THINNED = 40
_SCALES = (-1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0)
_MISSED = (0.01, 0.02, 0.05, 0.1)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One weakness looked at: `passed` is None where there is nothing to pass, only something to know.

    The table's first column names the row. A number that does not exist is None, one without limit infinite.
    """

    key: str
    title: str
    says: str
    passed: bool | None
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def as_dict(self) -> dict[str, object]:
        return {
            "diagnostic": self.key,
            "title": self.title,
            "says": self.says,
            "passed": self.passed,
            "columns": list(self.columns),
            "rows": [[_finite(value) for value in row] for row in self.rows],
        }


def _finite(value: Cell) -> Cell:
    return None if isinstance(value, float) and not math.isfinite(value) else value


@dataclass(frozen=True, slots=True)
class Scope:
    """What the lists are about; an estimate is of nothing until this is said."""

    population: str = ""
    area: str = ""
    period: str = ""
    definition: str = ""
    referrals_between_lists: str = ""


def overlaps(lists: Lists) -> Diagnostic:
    """Return how the lists overlap, pair by pair, against independence and with Chapman's estimate of each."""
    cells = lists.counts.size
    held = sizes(lists.number)
    table = lists.counts[:, None]
    observed = at_least(table)[:, 0]
    expected = np.full(cells, np.nan)
    terms = independence(lists.number)[:, None]
    if Checker().statuses(table, terms)[0] == 0:
        means = np.array(fit(table, terms).means)
        means[0] = 0
        add_supersets(means)
        expected = means[:, 0]
    rows: list[tuple[Cell, ...]] = []
    ranges = []
    for pair in pairs(lists.number):
        first, second = (j for j in range(lists.number) if pair >> j & 1)
        both = round(float(observed[pair]))
        row: list[Cell] = [f"{lists.names[first]} with {lists.names[second]}", both, float(expected[pair])]
        row.append(float(one_sided_p(observed[pair : pair + 1], expected[pair : pair + 1])[0]))
        if both:
            found = chapman(
                first=round(float(observed[1 << first])), second=round(float(observed[1 << second])), both=both
            )
            ranges.append(found.people)
            row += [found.people, *found.interval(0.95)]
        else:
            row += [None, None, None]
        rows.append(tuple(row))
    empty = sum(1 for row in rows if row[1] == 0)
    several = float(lists.counts[held >= 2].sum()) / lists.seen
    spread = f" Two at a time they give from {min(ranges):,.0f} to {max(ranges):,.0f}." if len(ranges) > 1 else ""
    return Diagnostic(
        "overlaps",
        "How the lists overlap",
        f"{lists.shared:,} of {lists.seen:,} people ({several:.1%}) are on two lists or more, and {empty} of "
        f"{len(rows)} pairs of lists share nobody.{spread} Lists that refer to each other overlap more than chance "
        f"has it, and pull the estimate down unless the model allows for it.",
        None,
        ("pair", "on both", "expected if independent", "chance of that", "Chapman", "lower", "upper"),
        tuple(rows),
    )


def model_space(space: ModelSpace) -> Diagnostic:
    """Return what the models say that the counts support about as well as the best."""
    ranges = {units: space.within(units) for units in _WITHIN}
    near = ranges[_WITHIN[0]]
    ratio = float(near.max() / near.min())
    said = "; ".join(
        f"{found.size} within {units:g} units of the best BIC give {found.min():,.0f} to {found.max():,.0f}"
        for units, found in ranges.items()
    )
    return Diagnostic(
        "model-space",
        "What other models say",
        f"Of {space.bic.size:,} admissible models, {said}. "
        + (
            "The choice of model moves the figure more than chance does: publish the range."
            if ratio > 1.5
            else "Models that fit as well agree about the figure."
        ),
        ratio <= 1.5,
        ("model", "BIC above the best", "estimate"),
        tuple(
            (notation(space.terms[:, place]), float(space.bic[place] - space.bic[0]), float(space.people[place]))
            for place in range(min(_MODELS_SHOWN, space.bic.size))
        ),
    )


def list_as_truth(lists: Lists, options: Options) -> Diagnostic:
    """Return how well the known size of each list is told from the other lists alone."""
    rows: list[tuple[Cell, ...]] = []
    covered = tested = 0
    errors = []
    for name, size in lists.list_sizes.items():
        found = _perhaps(lists.within(name), replace(options, least_shared=1, refuse_thin=False))
        if found is None:
            rows.append((name, size, None, None, None, "cannot be told"))
            continue
        tested += 1
        holds = found.lower <= size <= found.upper
        covered += holds
        errors.append(math.log(found.people / size))
        rows.append((name, size, found.people, found.lower, found.upper, "yes" if holds else "no"))
    said = "None of the lists' sizes can be told from the others."
    if tested:
        mean = sum(errors) / tested
        side = "below" if mean < 0 else "above"
        said = (
            f"Of {tested} lists whose size can be told from the others, {covered} lie in their {options.level:.0%} "
            f"interval; on average the estimate is {abs(math.expm1(mean)):.0%} {side} the truth."
        )
    return Diagnostic(
        "list-as-truth",
        "Does the method find what is known?",
        said,
        covered >= tested * 0.8 if tested else None,
        ("list", "known size", "estimate", "lower", "upper", "interval holds it"),
        tuple(rows),
    )


def leave_one_list_out(lists: Lists, options: Options) -> Diagnostic:
    """Return the estimate without each list, and with each pair of lists made one."""
    rows: list[tuple[Cell, ...]] = []
    people = []
    if lists.number > 2:
        variants = [(f"without {name}", lists.without(name)) for name in lists.names]
        for variant, fewer in variants:
            found = _perhaps(fewer, replace(options, refuse_thin=False))
            rows.append((variant, *((found.people, found.lower, found.upper) if found else (None, None, None))))
            if found:
                people.append(found.people)
        for pair in pairs(lists.number) if lists.number > 3 else ():
            first, second = (lists.names[j] for j in range(lists.number) if pair >> j & 1)
            total = point(lists.merged(first, second), options)
            rows.append((f"{first} and {second} as one", total, "not worked out", "not worked out"))
    if not people:
        said, passed = "With fewer lists no estimate exists, so no list can be left out.", None
    else:
        said = f"Leaving out one list at a time moves the estimate between {min(people):,.0f} and {max(people):,.0f}."
        passed = max(people) / min(people) <= 1.5
        if not passed:
            worst = max(
                (row for row in rows[: lists.number] if isinstance(row[1], float)),
                key=lambda row: abs(math.log(float(row[1] or 1) / float(np.median(people)))),
            )
            said += f" It hangs most on one list ({worst[0]}): ask how that list came about."
    return Diagnostic(
        "leave-one-list-out",
        "Without each list",
        said,
        passed,
        ("lists", "estimate", "lower", "upper"),
        tuple(rows),
    )


def assumption(found: Estimate, thresholds: Sequence[float] = ()) -> Diagnostic:
    """Return the total if the number unseen were exp(x) times what the untestable assumption makes it."""
    rows: list[tuple[Cell, ...]] = [
        (f"{scale:+g}", math.exp(scale), found.observed + math.exp(scale) * found.unseen) for scale in _SCALES
    ]
    crossed = []
    for threshold in thresholds:
        if threshold > found.observed:
            scale = math.log((threshold - found.observed) / found.unseen)
            rows.append((f"{scale:+.2f}", math.exp(scale), threshold))
            crossed.append(f"{threshold:,.0f} is reached at {scale:+.2f}")
    return Diagnostic(
        "assumption",
        "The assumption that no data can test",
        "Every method here reads the number unseen from how lists depend on each other among people seen. If that "
        f"differed for the unseen by half a unit either way on the log scale, the total would run from "
        f"{rows[1][2]:,.0f} to {rows[5][2]:,.0f}." + (f" {'; '.join(crossed)}." if crossed else ""),
        None,
        ("log of the factor", "factor on the number unseen", "total"),
        tuple(rows),
    )


def bootstrap(lists: Lists, found: Estimate, paths: Stepped) -> Diagnostic:
    """Return what the resamples look like: peaks, limits, and which models they choose."""
    unseen = paths.people - lists.seen
    number = unseen.size
    modes = peaks_of_draws(unseen)
    unbounded = int(np.count_nonzero(~np.isfinite(unseen)))
    tied = int(np.count_nonzero(np.abs(paths.people - found.people) <= 1e-8 * found.people))
    models = Counter(notation(paths.terms[:, place]) for place in range(number))
    chosen = paths.terms.mean(axis=1)
    rows: list[tuple[Cell, ...]] = [(f"model {model}", times / number) for model, times in models.most_common(5)]
    for pair in pairs(lists.number):
        if chosen[pair] > 0:
            rows.append(
                (" with ".join(lists.names[j] for j in range(lists.number) if pair >> j & 1), float(chosen[pair]))
            )
    return Diagnostic(
        "bootstrap",
        "What the resamples look like",
        f"{number:,} resamples choose {len(models):,} different models; their estimates have "
        f"{'one peak' if modes == 1 else f'{modes} peaks'}, {unbounded:,} have no finite estimate and {tied:,} equal "
        f"the original but for rounding."
        + ("" if modes == 1 else " With several peaks the truth is least likely to be in the middle."),
        modes == 1 and unbounded <= 0.05 * number,
        ("chosen", "share of resamples"),
        tuple(rows),
    )


def _inverse_square(total: Floats) -> Floats:
    return 2 * graphs.inverse_prior(total)


def bayesian(lists: Lists, level: float, latent_class: Estimate | None) -> Diagnostic:
    """Return how the posterior over graphs moves with its prior, and whether the sampled method settled."""
    tail = (1 - level) / 2
    rows: list[tuple[Cell, ...]] = []
    medians = []
    ends = []
    cells = lists.counts.size
    for words, people, prior_total in (
        ("one person over all cells, 1/N (the default)", 1.0, graphs.inverse_prior),
        ("half a person over all cells, 1/N", 0.5, graphs.inverse_prior),
        ("two people over all cells, 1/N", 2.0, graphs.inverse_prior),
        ("one person over all cells, 1/N squared", 1.0, _inverse_square),
    ):
        try:
            found = graphs.average(lists.counts, prior_cell=people / cells, prior_total=prior_total)
        except graphs.NoPosterior:
            rows.append((words, None, None, None, None))
            continue
        medians.append(found.quantile(0.5))
        ends.append(found.mass_at_the_end)
        rows.append(
            (words, found.quantile(0.5), found.quantile(tail), found.quantile(1 - tail), float(found.mass_at_the_end))
        )
    settled = latent_class is None or all(check.passed for check in latent_class.checks if check.check in _SETTLED)
    said = "Averaging over graphs is for three to six lists."
    passed: bool | None = None
    if medians:
        passed = max(medians) / min(medians) <= 1.25 and settled
        said = (
            f"With other priors the median runs from {min(medians):,.0f} to {max(medians):,.0f}; at most "
            f"{max(ends):.1g} of the posterior lies near the end of its grid."
        )
    if latent_class is not None:
        said += " The latent class chains " + (
            "agree." if settled else "do not agree with each other, so that method settles nothing here."
        )
        rows.append(("latent classes", latent_class.people, latent_class.lower, latent_class.upper, None))
    return Diagnostic(
        "bayesian",
        "How much the priors decide",
        said,
        passed,
        ("prior", "median", "lower", "upper", "mass near the end"),
        tuple(rows),
    )


_SETTLED = frozenset({"chains agree", "enough independent draws"})


def trajectory(lists: Lists, options: Options) -> Diagnostic:
    """Return the estimate from growing shares of the people seen, taken at random many times over.

    A share of the people seen stands for that share of everyone, so each estimate is divided by the share: without
    drift the figures stay where they are.
    """
    whole = np.rint(lists.counts).astype(np.int64)
    random = np.random.Generator(np.random.PCG64(options.seed))
    checker = Checker()
    rows: list[tuple[Cell, ...]] = []
    middles: dict[float, float] = {}
    for share in _SHARES_SEEN:
        many = round(share * lists.seen)
        times = _TIMES_THINNED if share < 1 else 1
        tables = random.multivariate_hypergeometric(whole, many, times, method="marginals").T.astype(np.float64)
        found = forward(np.ascontiguousarray(tables), threshold=options.threshold, checker=checker).people / share
        middle, low, high = (float(np.quantile(found, q, method="nearest")) for q in (0.5, 0.1, 0.9))
        middles[share] = middle
        rows.append((f"{share:.0%}", many, middle, low, high))
    half, last = middles[0.5], middles[1.0]
    steady = math.isfinite(half) and 0.8 <= last / half <= 1.25
    return Diagnostic(
        "trajectory",
        "As the lists grew",
        (
            f"From half of the people seen the estimate, scaled up, is {half:,.0f}; from all {last:,.0f}. "
            if math.isfinite(half)
            else f"From half of the people seen no finite estimate exists; from all it is {last:,.0f}. "
        )
        + (
            "It does not drift."
            if steady
            else "It drifts with the number seen: dependence between lists comes to light as they grow, so expect "
            "it to move again."
        ),
        steady,
        ("share of people", "people seen", "median estimate, scaled", "lower tenth", "upper tenth"),
        tuple(rows),
    )


def linkage_error(lists: Lists, options: Options) -> Diagnostic:
    """Return the estimate if a further share of the links between lists had been missed.

    Each missed link turns one person on several lists into two, one of them on a single list. Expected counts are used,
    so the figures are not whole numbers of people and do not depend on chance.
    """
    base = point(lists, options)
    rows: list[tuple[Cell, ...]] = [("0%", lists.seen, base, None)]
    for share in _MISSED:
        worse = missed_links(lists, share)
        total = point(worse, options)
        rows.append((f"{share:.0%}", worse.seen, total, None if total is None or base is None else total / base - 1))
    each = rows[1][3]
    said = "No estimate exists once links are missed."
    if isinstance(each, float) and base is not None:
        said = (
            f"Each 1% of links missed moves the estimate by {each:+.1%} ({each * base:+,.0f} people). Links "
            f"missed make it too high, false links too low; give several linked versions of the lists to carry "
            f"this through."
        )
    return Diagnostic(
        "linkage-error",
        "If links between lists were missed",
        said,
        None,
        ("further links missed", "people seen", "estimate", "change"),
        tuple(rows),
    )


def missed_links(lists: Lists, share: float) -> Lists:
    """Return the lists as they would be expected with this share of people on several lists split in two."""
    counts = np.array(lists.counts)
    for cell in np.flatnonzero(lists.counts):
        members = [1 << j for j in range(lists.number) if int(cell) >> j & 1]
        if len(members) < 2:
            continue
        moved = share * lists.counts[cell]
        counts[cell] -= moved
        for member in members:
            counts[member] += moved / len(members)
            counts[int(cell) & ~member] += moved / len(members)
    return Lists(lists.names, counts)


def scope_statement(scope: Scope | None) -> Diagnostic:
    """Return what the estimate is of, and what nobody has said yet."""
    scope = scope or Scope()
    asked = (
        ("population", scope.population),
        ("area", scope.area),
        ("period", scope.period),
        ("definition", scope.definition),
        ("which lists refer people to each other", scope.referrals_between_lists),
    )
    unsaid = [name for name, words in asked if not words.strip()]
    return Diagnostic(
        "scope",
        "What the estimate is of",
        "Stated in full."
        if not unsaid
        else f"Not stated: {', '.join(unsaid)}. Until it is, nobody can tell whom the figure counts.",
        not unsaid,
        ("what", "stated as"),
        tuple((name, words or "not stated") for name, words in asked),
    )


@dataclass(frozen=True, slots=True)
class Combined:
    """One estimate over several linked versions of the same lists.

    `between` is the share of the whole variance (of the log of the number unseen) that comes from not knowing which
    records are the same person.
    """

    people: float
    lower: float
    upper: float
    between: float
    versions: int


def over_versions(versions: Sequence[Lists], how: Callable[[Lists], Estimate], *, level: float = 0.95) -> Combined:
    """Return the estimate over linked versions, by Rubin's rules on the log of the number unseen.

    Raises NoEstimate where one version has none, and ValueError for fewer than two versions.
    """
    if len(versions) < 2:
        raise ValueError("linkage error can be carried through from two linked versions on")
    found = [how(version) for version in versions]
    z = float(ndtri((1 + level) / 2))
    seen = float(np.mean([e.observed for e in found]))
    centre = np.array([_log_unseen(e, e.people) for e in found])
    if any(e.unbounded for e in found):
        upper, share, spread = math.inf, math.nan, math.nan
    else:
        within = np.array([(_log_unseen(e, e.upper) - _log_unseen(e, e.lower)) / (2 * z) for e in found])
        between = float(centre.var(ddof=1)) * (1 + 1 / len(found))
        spread = math.sqrt(float((within**2).mean()) + between)
        share = between / spread**2 if spread else 0.0
        upper = seen + math.exp(float(centre.mean()) + z * spread)
    lower = seen + math.exp(float(centre.mean()) - z * spread) if math.isfinite(spread) else min(e.lower for e in found)
    return Combined(seen + math.exp(float(centre.mean())), lower, upper, share, len(found))


def _log_unseen(found: Estimate, people: float) -> float:
    """Return the log of the number unseen; nobody unseen counts as half a person, which has a log."""
    return math.log(max(people - found.observed, 0.5))


def point(lists: Lists, options: Options) -> float | None:
    """Return the estimate by forward steps without an interval, or None where there is none."""
    if lists.number < 2 or not lists.shared:
        return None
    people = float(forward(lists.counts[:, None], threshold=options.threshold).people[0])
    return people if math.isfinite(people) else None


def _perhaps(lists: Lists, options: Options) -> Estimate | None:
    if not lists.number or not lists.seen:
        return None
    try:
        return estimate(lists, "sparse", options)
    except (NoEstimate, MethodRefused):
        return None
