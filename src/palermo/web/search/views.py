"""The page to search on. What is looked for is sent in a form, and stands in no address (docs/decisions/0014)."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from palermo.domain.access import may_open_in_emergency
from palermo.web import clock, policy
from palermo.web.search import queries, showing
from palermo.web.search.forms import SearchForm


@sensitive_variables()
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """The form, and under it what answers to what it was sent with."""
    if request.user.viewer.role not in queries.SEARCHING:
        raise PermissionDenied("Records are searched by those who open them. Your role opens none.")
    names = policy.pack().units.names_on(clock.today())
    units = sorted(names.items(), key=lambda unit: unit[1].casefold())
    form = SearchForm(request.POST if request.method == "POST" else None, units=units)
    found = None
    if form.is_valid():
        found = queries.found_for(request.user, form.wanted, request.POST.get("page", 1)).page
        if found is None:
            form.add_error("words", too_broad())
    context = {
        "form": form,
        "page": found,
        "shelves": showing.shelves(found.object_list) if found is not None else [],
        "problem": bool(form.errors),
        "emergency": bool(may_open_in_emergency(request.user.viewer)),
        "narrowed": form.is_bound and form.narrowed,
    }
    return render(request, "search/search.html", context, status=400 if form.errors else 200)


def too_broad() -> str:
    return (
        f"More than {queries.MOST:,} places answer to this. Add a word, or narrow the search by where it stands, "
        "owner, state or dates"
    )
