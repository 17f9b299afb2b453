"""Searches in short calls."""

import html
import re

from palermo.web.accounts.models import User
from palermo.web.search import queries
from palermo.web.search.asking import asked
from palermo.web.search.queries import Result, Wanted


def found(user: User, typed: str, **narrowed: object) -> list[Result]:
    """The results of the first page."""
    return list(queries.found_for(user, Wanted(asked(typed), **narrowed)).page.object_list)


def references(user: User, typed: str, **narrowed: object) -> list[str]:
    return [one.reference for one in found(user, typed, **narrowed)]


def said(results: list[Result]) -> list[str]:
    """What the results say of each place that answers."""
    return [
        "".join(part.text for part in match.parts) or match.because or match.card.shown.value
        for one in results
        for match in one.matches
    ]


def page_of(client, words: str, status: int = 200, **more: str) -> str:
    """The words of the page that a search leads to."""
    response = client.post("/search/", {"words": words, **more})
    assert response.status_code == status, response.status_code
    main = re.search(r"<main.*</main>", response.content.decode(), re.DOTALL)[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())
