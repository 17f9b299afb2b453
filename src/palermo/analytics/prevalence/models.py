"""Models: which log-linear models are there, and how is one written?

A hierarchical model is a set of terms that holds every subset of its terms. It
is written by its largest terms, with lists numbered from one: `[12;13;4]` has
the effects of lists 1 to 4 and the pairs 12 and 13. From the tenth list on the
numbers in a term are joined by points: `[1.10;2]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np

from palermo.analytics.prevalence.lattice import Bools, sizes

MOST_LISTS_FOR_ALL_MODELS = 6
_PAIRS_ONLY_FROM = 6


class NotAModel(ValueError):
    """What was written names no hierarchical model of these lists; the message says what to write instead."""


def closed(generators: Iterable[int], lists: int) -> Bools:
    """Return the terms of the model with these largest terms; every list's own effect is always in."""
    wanted = [*generators, *(1 << j for j in range(lists))]
    return np.array([any(term & g == term for g in wanted) for term in range(1 << lists)], dtype=np.bool_)


def independence(lists: int) -> Bools:
    """Return the model without any dependence between lists."""
    return sizes(lists) <= 1


def notation(terms: Sequence[bool] | Bools) -> str:
    """Return the model as it is written."""
    held = [int(term) for term in np.flatnonzero(terms)]
    largest = [t for t in held if not any(t != o and t & o == t for o in held)]
    lists = len(terms).bit_length() - 1
    joint = "." if lists > 9 else ""
    named = sorted(
        ([j + 1 for j in range(lists) if t >> j & 1] for t in largest if t),
        key=lambda members: (-len(members), members),
    )
    return "[" + ";".join(joint.join(map(str, members)) for members in named) + "]"


def in_words(terms: Sequence[bool] | Bools, names: Sequence[str]) -> str:
    """Return what a reader should take from a model: which lists it lets depend on each other."""
    together = [part for part in notation(terms).strip("[]").split(";") if len(_members(part)) > 1]
    if not together:
        return "all lists independent of each other"
    return ", ".join(" with ".join(names[j - 1] for j in _members(part)) for part in together)


def parse(text: str, names: Sequence[str]) -> Bools:
    """Return the model written as `[12;13;4]`, as `LA*NG + PF`, or as `independence` or `pairs`.

    Raises NotAModel for a list that is not there, and for the model with all lists in one term: it fits any counts
    and says nothing about the people unseen.
    """
    lists = len(names)
    plain = text.strip()
    if plain in ("independence", "main"):
        return independence(lists)
    if plain == "pairs":
        model = sizes(lists) <= 2
    elif plain.startswith("["):
        if not re.fullmatch(r"\[[\d.;, ]+\]", plain):
            raise NotAModel(f"model {text!r}: write it as [12;13;4], terms of list numbers between semicolons")
        parts = [_members(part) for part in plain.strip("[]").split(";") if part.strip()]
        model = closed((_as_set(part, lists, text) for part in parts), lists)
    else:
        parts = [[_number(name, names, text) for name in re.split(r"[*:]", part)] for part in plain.split("+")]
        model = closed((_as_set(part, lists, text) for part in parts), lists)
    if model.all():
        raise NotAModel(
            f"model {text!r} holds the effect of all {lists} lists together, which no counts can tell from people "
            f"unseen: leave that term out"
        )
    return model


def _members(part: str) -> list[int]:
    plain = part.strip()
    return [int(x) for x in (plain.split(".") if "." in plain else plain) if x.strip()]


def _number(name: str, names: Sequence[str], text: str) -> int:
    plain = name.strip()
    if plain not in names:
        raise NotAModel(f"model {text!r} names {plain!r}, which is not a list here; the lists are {', '.join(names)}")
    return list(names).index(plain) + 1


def _as_set(members: list[int], lists: int, text: str) -> int:
    outside = [m for m in members if not 1 <= m <= lists]
    if outside or not members:
        wrong = ", ".join(map(str, outside)) or "an empty term"
        raise NotAModel(f"model {text!r}: lists are numbered 1 to {lists}, so {wrong} cannot stand")
    return sum(1 << (m - 1) for m in set(members))


def largest_order(lists: int) -> int:
    """Return the largest term that `all_models` can offer: all but one list, from six lists on pairs."""
    return 2 if lists >= _PAIRS_ONLY_FROM else lists - 1


@cache
def all_models(lists: int, order: int) -> Bools:
    """Return every hierarchical model with terms of at most this many lists, one a column.

    With all but one list allowed there are 1, 8, 113 and 6,893 of them for 2 to 5 lists; six lists with pairs have
    32,768. Raises NotAModel where there would be too many to look at one by one.
    """
    if lists > MOST_LISTS_FOR_ALL_MODELS or not 1 <= order <= max(1, largest_order(lists)):
        raise NotAModel(
            f"{lists} lists with terms of up to {order} lists have too many models to compare them all: "
            f"use terms of up to {largest_order(min(lists, MOST_LISTS_FOR_ALL_MODELS))} "
            f"and at most {MOST_LISTS_FOR_ALL_MODELS} lists"
        )
    base = independence(lists)[:, None]
    models = base
    for size in range(2, order + 1):
        for term in (int(t) for t in np.flatnonzero(sizes(lists) == size)):
            below = [term & ~(1 << j) for j in range(lists) if term >> j & 1]
            able = models[below].all(axis=0)
            more = models[:, able].copy()
            more[term] = True
            models = np.concatenate([models, more], axis=1)
    models.flags.writeable = False
    return models
