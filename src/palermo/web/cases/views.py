"""The queues, and one referral whole."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from palermo.domain.access import WORKING, Role
from palermo.web import clock, policy
from palermo.web.cases import queries, showing
from palermo.web.cases.forms import QueueForm

COLUMNS = (
    ("reference", "Reference"),
    ("received", "Received"),
    ("exploitation", "About"),
    ("state", "State"),
    ("due", "Due next"),
)


@require_safe
def my_queue(request: HttpRequest) -> HttpResponse:
    """The queue of the caller's own unit."""
    working_only(request)
    return queue(request, title="Queue")


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """Of the caller's unit's queue, what is allocated to the caller."""
    working_only(request)
    return queue(request, title="Allocated to you", mine=True)


@require_safe
def queues(request: HttpRequest) -> HttpResponse:
    """How every unit's queue stands."""
    all_only(request)
    return render(request, "cases/queues.html", {"lines": queries.standing_for(request.user)})


@require_safe
def unit_queue(request: HttpRequest, unit: str) -> HttpResponse:
    """One unit's queue, for those who see all of them."""
    all_only(request)
    if unit not in policy.pack().units.names_on(clock.today()):
        raise Http404
    return queue(request, title="Queue", unit=unit)


def working_only(request: HttpRequest) -> None:
    if request.user.viewer.role not in WORKING:
        raise PermissionDenied("Officers and supervisors have a queue of their unit. Your role has none.")


def all_only(request: HttpRequest) -> None:
    if not queries.sees_all(request.user.viewer):
        raise PermissionDenied("The queues of all units are open to the commander and the auditor.")


def queue(request: HttpRequest, *, title: str, unit: str = "", mine: bool = False) -> HttpResponse:
    viewer, pack = request.user.viewer, policy.pack()
    form = QueueForm(
        request.GET, vocabulary=pack.vocabulary, officers=[] if mine else queries.officers_for(viewer, unit)
    )
    if mine:
        del form.fields["officer"]
    wanted = form.wanted
    page = queries.queue_for(request.user, wanted, unit=unit, mine=mine, page=request.GET.get("page", 1))
    standing = [] if mine else queries.standing_for(request.user, unit or viewer.unit)
    context = {
        "title": title,
        "unit_name": queries.unit_name(pack, unit or viewer.unit, "" if unit else viewer.borough, clock.today()),
        "page": page,
        "form": form,
        "wanted": wanted,
        "columns": [column(request.GET, wanted.sort, name, words) for name, words in COLUMNS],
        "standing": standing[0] if standing else None,
        "offers": None if mine or unit else queries.offers_for(request.user, request.GET.get("offers", 1)),
        "offers_of": lambda number: f"{address(request.GET, offers=str(number))}#offers",
        "mine": mine,
        "own": not unit,
        "changes": viewer.role is Role.SUPERVISOR,
        "words": {name: pack.vocabulary.by_name[name] for name in ("exploitation", "age")},
        "page_of": lambda number: address(request.GET, page=str(number)),
        "clear": address(QueryDict(), sort=wanted.sort) if wanted.sort != "due" else "?",
        "tags": showing.STATE_TAGS,
        "problem": bool(form.errors),
    }
    return render(request, "cases/queue.html", context, status=400 if form.errors else 200)


def column(asked: QueryDict, sort: str, name: str, words: str) -> dict[str, str]:
    """A column's head: where a press on it leads, and which way it is ordered now."""
    now = {name: "ascending", f"-{name}": "descending"}.get(sort, "none")
    return {"words": words, "now": now, "href": address(asked, sort=f"-{name}" if sort == name else name, page="")}


ASKED = ("state", "exploitation", "age", "officer", "due", "sort", "page", "offers")
"""What the address of a queue asks."""


def address(asked: QueryDict, names: Sequence[str] = ASKED, **other: str) -> str:
    """The address of the same list, asked otherwise; what is empty is left out."""
    kept = QueryDict(mutable=True)
    for name in names:
        if value := other.get(name, asked.get(name, "")):
            kept[name] = value
    return f"?{kept.urlencode()}"


@require_safe
def referral(request: HttpRequest, reference: str) -> HttpResponse:
    """The whole record, for those who may see it; who sent it is led to its status. For all others it is not there."""
    viewer = request.user.viewer
    found = queries.record_for(request.user, reference)
    if found is None:
        if queries.sender_sees_status(viewer, reference):
            return redirect("intake:status", reference=reference)
        raise Http404
    context = {
        "record": found,
        "work": found.work,
        "reference": reference,
        "parts": showing.parts(reference, "cases:referral"),
        "told": queries.told_by(request.user, found.work.referral, request.GET.get("told", "")),
        "back": reverse("cases:my-queue" if viewer.role in WORKING else "cases:queues"),
        **showing.page(found, viewer, policy.pack(), clock.today()),
    }
    return render(request, "cases/referral.html", context)
