"""Estimates: the list, a new one, and one as it stands."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from palermo.domain.access import Role
from palermo.web.intelligence import actions, queries
from palermo.web.intelligence.forms import EstimateForm
from palermo.web.jobs.queries import workers
from palermo.web.layout import looks_again

READERS_ONLY = "Estimates of prevalence are open to analysts, the commander and auditors. Your role reads none."
MAKERS_ONLY = "Analysts and the commander make estimates of prevalence. Your role may read them."
TAGS = {
    queries.WAITING: ("Waiting", "govuk-tag--yellow"),
    queries.RUNNING: ("Being made", "govuk-tag--yellow"),
    queries.STOPPED: ("Stopped: start again", "govuk-tag--red"),
    queries.FAILED: ("Failed: start again", "govuk-tag--red"),
    queries.DONE: ("Made", "govuk-tag--green"),
}


def for_roles(
    roles: frozenset[Role], reason: str
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """The view, for these roles; 403 with the reason for all others."""

    def around(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def opened(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if request.user.viewer.role not in roles:
                raise PermissionDenied(reason if request.user.viewer.role in queries.READERS else READERS_ONLY)
            return view(request, *args, **kwargs)

        return opened

    return around


@for_roles(queries.READERS, READERS_ONLY)
@require_safe
def estimates(request: HttpRequest) -> HttpResponse:
    page = queries.estimates_page(request.GET.get("page", 1))
    return render(request, "intelligence/estimates.html", {"page": page, "tags": TAGS, "makes": makes(request)})


@for_roles(queries.MAKERS, MAKERS_ONLY)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The questions; with the answers, the estimate is begun, or the one that was made before is shown."""
    if request.method != "POST":
        return render(request, "intelligence/new.html", {"form": EstimateForm()})
    form = EstimateForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(request, "intelligence/new.html", {"form": form, "problem": True}, status=400)
    estimate, is_new = actions.ask_for_estimate(request.user, form.request)
    address = reverse("intelligence:estimate", args=[estimate.pk])
    return redirect(address if is_new else f"{address}?told=before")


@for_roles(queries.READERS, READERS_ONLY)
@require_http_methods(["GET", "HEAD", "POST"])
def estimate(request: HttpRequest, id: UUID) -> HttpResponse:
    """The panel; before it is there, how far it is. What is sent here asks for a file, or to start again."""
    if request.method == "POST":
        if kind := request.POST.get("download"):
            return download(request, id, kind)
        return again(request, id)
    return show(request, id)


def show(request: HttpRequest, id: UUID) -> HttpResponse:
    found = queries.estimate_shown(id)
    if found is None:
        raise Http404
    under_way = found.state in queries.UNDER_WAY
    context = {
        "shown": found,
        "estimate": found.estimate,
        "sections": outcome.sections if (outcome := queries.outcome_of(id)) else "",
        "tag": TAGS[found.state],
        "under_way": under_way,
        "refresh": looks_again(request) if under_way else None,
        "nobody": found.state == queries.WAITING and not workers(),
        "most_steps": queries.MOST_STEPS,
        "made_before": request.GET.get("told") == "before",
        "makes": makes(request),
    }
    return render(request, "intelligence/estimate.html", context)


def download(request: HttpRequest, id: UUID, kind: str) -> HttpResponse:
    """The outcome as a file. It is asked for by a button, not a link: each time leaves an entry in the audit trail."""
    content = actions.give_away(request.user, id, kind) if kind in actions.DOWNLOADS else None
    if content is None:
        raise Http404
    response = HttpResponse(content, content_type=actions.DOWNLOADS[kind])
    response["Content-Disposition"] = f'attachment; filename="estimate-{id}.{kind}"'
    return response


def again(request: HttpRequest, id: UUID) -> HttpResponse:
    if not makes(request):
        raise PermissionDenied(MAKERS_ONLY)
    actions.start_again(request.user, id)
    return redirect("intelligence:estimate", id=id)


def makes(request: HttpRequest) -> bool:
    return request.user.viewer.role in queries.MAKERS
