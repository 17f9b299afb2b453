"""`palermo estimate`: how many are on none of the lists?"""

from __future__ import annotations

import json
import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from palermo.analytics import prevalence
from palermo.analytics.prevalence import graphs, page
from palermo.analytics.prevalence.methods import LEVEL, RESAMPLES, SEED

_NO_ESTIMATE = 1
_WRONG_INPUT = 2


def estimate(
    lists: Annotated[Path, typer.Argument(help="CSV with one 0/1 column a list and a `count` column.")],
    method: Annotated[
        str,
        typer.Option(
            help="chapman (two lists), chao (a lower bound), loglinear (a named model), sparse (pairs of lists by "
            "forward steps), bic (best of all models), bic-averaged, aic (the 2014 way), bma (decomposable graphs) or "
            "latent-class."
        ),
    ] = "sparse",
    model: Annotated[
        str | None,
        typer.Option(help="With loglinear: `[12;13;4]`, `police*charity + port`, `independence` or `pairs`."),
    ] = None,
    interval: Annotated[str, typer.Option(help="With loglinear: bca, profile, poisson-profile or wald.")] = "bca",
    seed: Annotated[int, typer.Option(help="The same seed gives the same answer.")] = SEED,
    resamples: Annotated[int, typer.Option(help="How many resamples an interval rests on.")] = RESAMPLES,
    level: Annotated[float, typer.Option(help="How sure the interval is meant to be.")] = LEVEL,
    threshold: Annotated[float | None, typer.Option(help="With sparse and aic: the p-value a pair needs.")] = None,
    order: Annotated[int | None, typer.Option(help="With bic: the most lists in one effect.")] = None,
    prior_cell: Annotated[float | None, typer.Option(help="With bma: the prior count of each cell.")] = None,
    prior_total: Annotated[
        str | None, typer.Option(help="With bma: `SHAPE,SCALE` of a gamma-Poisson prior for the total, instead of 1/N.")
    ] = None,
    linked_version: Annotated[
        list[Path] | None,
        typer.Option(help="The same lists linked another way; give it again for more. The estimate then carries both."),
    ] = None,
    thin_anyway: Annotated[
        bool, typer.Option("--thin-anyway", help="Give a number although the lists overlap too little, with a warning.")
    ] = False,
    suppress: Annotated[
        int, typer.Option(help="Hold back counts of people below this, and round all others to 5.")
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the estimate as JSON.")] = False,
    panel: Annotated[
        Path | None, typer.Option(help="Also write all methods and diagnostics, with charts, to this HTML file.")
    ] = None,
    typst: Annotated[Path | None, typer.Option(help="Also write that panel as a Typst page for a report.")] = None,
    pdf: Annotated[Path | None, typer.Option(help="Also write that page as PDF.")] = None,
    at: Annotated[
        list[float] | None,
        typer.Option(help="In the panel: a total that would change a decision; say when it is reached."),
    ] = None,
    population: Annotated[str, typer.Option(help="In the panel: whom the lists are about.")] = "",
    area: Annotated[str, typer.Option(help="In the panel: where.")] = "",
    period: Annotated[str, typer.Option(help="In the panel: when.")] = "",
    definition: Annotated[str, typer.Option(help="In the panel: by what definition.")] = "",
    referrals: Annotated[str, typer.Option(help="In the panel: which lists refer people to each other.")] = "",
) -> None:
    """Estimate how many people are on none of the lists, with checks, and with what other methods say.

    Exit 0: an estimate; 1: these counts give none, and why; 2: the call or the file is wrong.

    Examples:

        palermo estimate lists.csv

        palermo estimate lists.csv --method bma --json

        palermo estimate lists.csv --panel panel.html --period "2009" --area "London"
    """
    try:
        options = prevalence.Options(
            seed=seed,
            level=level,
            resamples=resamples,
            model=model,
            interval=interval,
            order=order,
            prior_cell=prior_cell,
            prior_total=_prior_total(prior_total),
            refuse_thin=not thin_anyway,
        )
        if threshold is not None:
            options = replace(options, threshold=threshold)
        if suppress < 0:
            raise prevalence.MethodRefused(
                f"--suppress {suppress}: give the smallest count that may be shown, such as 10"
            )
        counted = prevalence.read_lists(lists)
        others = [prevalence.read_lists(path) for path in linked_version or ()]
        _fits_together(counted, others)
        scope = prevalence.Scope(population, area, period, definition, referrals)
        if panel or typst or pdf:
            found_panel = prevalence.panel(counted, options, scope=scope, thresholds=at or (), progress=_say)
            _write_panel(found_panel, page.Showing(smallest=suppress), panel, typst, pdf)
        found = prevalence.with_sensitivity(prevalence.estimate(counted, method, options), counted, options)
        if others:
            found = _over_versions(found, [counted, *others], method, options)
        _show(found, as_json, suppress)
    except prevalence.NoEstimate as reason:
        if as_json:
            _show(reason.estimate, as_json, suppress)
        _say(f"{lists}: no estimate: {reason}")
        raise typer.Exit(_NO_ESTIMATE) from None
    except (prevalence.ListsRefused, prevalence.MethodRefused) as reason:
        _refuse(str(reason))
    except OSError as reason:
        if reason.filename is None:
            raise
        _refuse(f"{reason.filename}: {reason.strerror}")


def _prior_total(text: str | None) -> graphs.LogPrior:
    if text is None:
        return graphs.inverse_prior
    try:
        shape, scale = (float(part) for part in text.split(","))
    except ValueError:
        raise prevalence.MethodRefused(f"--prior-total {text}: give two numbers, as in 13.14,55.17") from None
    if not (0 < shape < math.inf and 0 < scale < math.inf):
        raise prevalence.MethodRefused(f"--prior-total {text}: both numbers must be above 0")
    return graphs.gamma_poisson_prior(shape, scale)


def _fits_together(lists: prevalence.Lists, others: list[prevalence.Lists]) -> None:
    for other in others:
        if set(other.names) != set(lists.names):
            raise prevalence.MethodRefused(
                f"a linked version has the lists {', '.join(other.names)}, the first file {', '.join(lists.names)}: "
                f"give the same lists in every version"
            )


def _over_versions(
    found: prevalence.Estimate, versions: list[prevalence.Lists], method: str, options: prevalence.Options
) -> prevalence.Estimate:
    combined = prevalence.over_versions(
        versions, lambda version: prevalence.estimate(version, method, options), level=options.level
    )
    carried = (
        "the interval has no upper limit in one of them"
        if math.isinf(combined.upper)
        else f"{combined.between:.0%} of the variance comes from not knowing which records are the same person"
    )
    check = prevalence.Check("linkage carried through", True, f"{combined.versions} linked versions: {carried}")
    return replace(found, people=combined.people, lower=combined.lower, upper=combined.upper).with_(checks=(check,))


def _write_panel(
    found: prevalence.Panel, showing: page.Showing, html: Path | None, typst: Path | None, pdf: Path | None
) -> None:
    if html:
        html.write_text(page.html(found, showing), encoding="utf-8")
    if typst:
        typst.write_text(page.typst(found, showing), encoding="utf-8")
    if pdf:
        pdf.write_bytes(page.pdf(found, showing))
    for path in filter(None, (html, typst, pdf)):
        _say(f"written: {path}")


def _show(found: prevalence.Estimate, as_json: bool, suppress: int) -> None:
    shown = found.rounded(page.Showing().round_to) if suppress else found
    if as_json:
        json.dump(shown.as_dict(), sys.stdout, ensure_ascii=False, allow_nan=False)
        sys.stdout.write("\n")
    else:
        sys.stdout.write(_in_words(shown))


def _in_words(found: prevalence.Estimate) -> str:
    upper = "no upper limit" if found.unbounded else f"{found.upper:,.0f}"
    lines = [
        f"{found.people:,.0f} people in all, {found.lower:,.0f} to {upper} ({found.level:.0%}, {found.method})",
        f"{found.observed:,} of them seen; {found.unseen:,.0f} on none of the lists",
        f"model: {found.model}",
        "",
        "assuming:",
        *(f"  - {words}" for words in found.assumptions),
        "checks:",
        *(f"  {'passed' if c.passed else 'FAILED'}  {c.check}: {c.says}" for c in found.checks),
        "other defensible choices:",
        *(f"  {_variation(v)}" for v in found.sensitivity),
    ]
    if found.warnings:
        lines += ["warnings:", *(f"  - {words}" for words in found.warnings)]
    return "\n".join([*lines, f"seed {found.seed}, {found.seconds:.2f} s", ""])


def _variation(variation: prevalence.Variation) -> str:
    upper = "no limit" if variation.upper == math.inf else f"{variation.upper:,.0f}"
    return f"{variation.choice}: {variation.people:,.0f} ({variation.lower:,.0f} to {upper}); {variation.says}"


def _say(words: str) -> None:
    print(words, file=sys.stderr)


def _refuse(words: str) -> NoReturn:
    _say(words)
    raise typer.Exit(_WRONG_INPUT)
