"""How is an operation shown? Rows and words for its pages; nothing is read here that `queries` has not given."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.urls import reverse

from palermo.domain.access import Viewer
from palermo.domain.operations import Line, Move, Span
from palermo.packs import Pack
from palermo.web.cases.showing import capital
from palermo.web.layout import day_words
from palermo.web.operations.queries.operations import (
    CERTAINTIES,
    COSTS,
    IN_POUNDS,
    RESULTS,
    Held,
    Record,
    standing,
)
from palermo.web.operations.queries.places import Desk, desk_name

STATE_TAGS = {
    "proposed": "govuk-tag--blue",
    "approved": "govuk-tag--turquoise",
    "refused": "govuk-tag--grey",
    "running": "govuk-tag--green",
    "ended": "govuk-tag--purple",
}
LINKED_MOVES = (
    Move.START,
    Move.END,
    Move.REVISE,
    Move.SCORE,
    Move.PROPOSE_AGAIN,
    Move.LINK,
    Move.USE,
    Move.RESULT,
    Move.COST,
    Move.REPORT,
)
"""The moves that have a page of their own; the others are made in a tasking meeting."""


def state_tag(state: str) -> tuple[str, str]:
    return capital(state), STATE_TAGS[state]


def span_words(first: date, last: date) -> str:
    return day_words(first) if first == last else f"{day_words(first)} to {day_words(last)}"


def days_words(number: int | Decimal | Fraction) -> str:
    """Officer-days to a tenth, without an empty one: 12, 12.5."""
    tenths = round(Fraction(number) * 10)
    return f"{tenths // 10:,}" if tenths % 10 == 0 else f"{tenths / 10:,.1f}"


def pounds_words(amount: Decimal) -> str:
    return f"£{amount:,.2f}"


def beyond_words(found: tuple[tuple[Line, Span], ...], pack: Pack, day: date) -> list[str]:
    """Each function that would be tasked beyond its capacity, in a sentence."""
    return [
        f"{desk_name(pack, Desk(line.unit, '', line.function), day)}: {days_words(line.tasked)} officer-days tasked of "
        f"{days_words(line.has or 0)} there are, {span_words(span.first, span.last)}; {days_words(line.over)} too many"
        for line, span in found
    ]


def move_links(held: Held, viewer: Viewer) -> list[dict[str, str]]:
    """The moves that this viewer may make now, as words and addresses."""
    able = held.moves(viewer)
    return [
        {"text": move.words, "href": reverse(f"operations:{move.value}", args=[held.operation.key])}
        for move in LINKED_MOVES
        if move in able
    ]


def page(found: Record, viewer: Viewer, pack: Pack, today: date) -> dict[str, object]:
    """What an operation's page shows beside the record itself."""
    held = found.held
    able = held.moves(viewer)
    return {
        "state": state_tag(held.state),
        "lead": desk_name(pack, Desk(held.plan.lead_unit, held.plan.lead_borough), today),
        "kind": capital(held.plan.kind),
        "span": span_words(held.plan.starts_on, held.plan.ends_on),
        "earlier": [(one, span_words(one.starts_on, one.ends_on)) for one in found.plans[:-1]],
        "levels": list(levels(held)),
        "resources": list(resources(found, pack, today)),
        "used": days_words(sum(found.used.values(), Decimal(0))),
        "achieved": list(achieved(found)),
        "results": list(entries(found, "result", Move.RESULT in able)),
        "costs": list(costs(found)),
        "cost_entries": list(entries(found, "cost", Move.COST in able)),
        "uses": list(entries(found, "use", Move.USE in able, pack, today)),
        "moves": move_links(held, viewer),
        "may_link": Move.LINK in able,
        "stale": stale(held, pack, today),
    }


def levels(held: Held) -> Iterator[dict[str, object]]:
    """Each criterion with the level stated, its points, and why."""
    for one in held.scoring.levels if held.scoring else ():
        yield {**one, "points": one["weight"] * one["level"], "most": one["weight"] * one["highest"]}


def stale(held: Held, pack: Pack, today: date) -> bool:
    """Whether the proposal was scored under another matrix than that of today."""
    return bool(held.scoring and held.scoring.matrix_hash != pack.tasking.matrix.version(today))


def resources(found: Record, pack: Pack, today: date) -> Iterator[tuple[str, str, str, bool]]:
    """Each function with its officer-days planned and used, and whether more were used than planned."""
    planned = {Desk(one.unit, one.borough, one.function): one.officer_days for one in found.held.resources}
    used = found.used
    for desk in sorted({*planned, *used}):
        more = used.get(desk, Decimal(0)) > planned.get(desk, 0)
        yield (
            desk_name(pack, desk, today),
            days_words(planned.get(desk, 0)),
            days_words(used.get(desk, Decimal(0))),
            more,
        )


def achieved(found: Record) -> Iterator[tuple[str, str]]:
    words = dict(RESULTS)
    for kind, total in found.achieved:
        yield words[kind], pounds_words(total) if kind in IN_POUNDS else f"{int(total):,}"


def costs(found: Record) -> Iterator[tuple[str, list[str]]]:
    """Each kind of cost with its pounds by certainty and together; the last row is of all kinds."""
    totals = [Decimal(0)] * len(CERTAINTIES)
    for kind, words in COSTS:
        row = [found.cost.get((kind, certainty), Decimal(0)) for certainty, _ in CERTAINTIES]
        if any(row):
            totals = [total + one for total, one in zip(totals, row, strict=True)]
            yield words, [*map(pounds_words, row), pounds_words(sum(row))]
    if any(totals):
        yield "All", [*map(pounds_words, totals), pounds_words(sum(totals))]


def entries(
    found: Record, kind: str, may_put_right: bool, pack: Pack | None = None, today: date | None = None
) -> Iterator[dict[str, object]]:
    """Each entry of a kind, those that were put right among them and marked."""
    all_of_it = {"result": found.results, "cost": found.costs, "use": found.uses}[kind]
    there = {one.pk for one in standing(all_of_it)}
    for one in all_of_it:
        if kind == "use":
            desk = Desk(one.unit, one.borough, one.function)
            words = f"{days_words(one.officer_days)} officer-days, {desk_name(pack, desk, today)}"
        elif kind == "cost":
            words = f"{pounds_words(one.pounds)}, {one.get_kind_display().lower()} ({one.certainty})"
        elif one.kind in IN_POUNDS:
            words = f"{one.get_kind_display()}: {pounds_words(one.pounds)}"
        else:
            words = f"{one.get_kind_display()}: {one.number:,}"
        href = reverse("operations:put-right", args=[found.held.operation.key, kind, one.pk])
        yield {
            "entry": one,
            "words": words,
            "stands": one.pk in there,
            "href": href if may_put_right and one.pk in there else "",
        }
