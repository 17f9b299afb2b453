"""Proposing an operation, one thing at a time: the plan, who it needs, its score, and then all of it to be checked."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from palermo.domain.operations import Load, may_propose
from palermo.web import clock, policy
from palermo.web.cases.actions import Refused
from palermo.web.cases.showing import capital
from palermo.web.operations import showing
from palermo.web.operations.actions import operations as actions
from palermo.web.operations.forms import PlanForm, ResourcesForm, ScoreForm, planned
from palermo.web.operations.moves import leads_for
from palermo.web.operations.queries import operations as queries
from palermo.web.operations.queries.places import beyond, desk_name, desks

STEPS = (("plan", "The plan"), ("resources", "Who it needs"), ("scoring", "Its score"))
HINTS = {
    "plan": "An operation is proposed to a tasking meeting, which ranks and decides it.",
    "resources": "The officer-days that are asked of each function between the first day and the last.",
    "scoring": "State its level on each criterion, and why. The same scale holds for all proposals.",
}


@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest) -> HttpResponse:
    """What has been begun, and a button that begins another."""
    proposers_only(request)
    if request.method == "POST":
        return redirect("operations:propose-plan", id=actions.begin(request.user).pk)
    return render(request, "operations/propose.html", {"drafts": queries.drafts_for(request.user)})


@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, id: UUID, name: str) -> HttpResponse:
    """One page of a proposal; what is sent is kept, and leads to the next."""
    proposers_only(request)
    draft = queries.draft_for(request.user, id)
    if draft is None:
        raise Http404
    data = request.POST if request.method == "POST" else draft.answers.get(name)
    form = form_of(name, request, data)
    problem = request.method == "POST" and not form.is_valid()
    if request.method == "POST" and not problem:
        sent = {field: value for field, value in request.POST.items() if field != "csrfmiddlewaretoken"}
        actions.save_draft(request.user, id, name, sent)
        return redirect(after(name), id=id)
    if request.method != "POST" and data is not None:
        # what was kept is shown as it was typed; it is looked at again when it is sent
        form.errors.clear()
    context = {
        "draft": draft,
        "form": form,
        "step": name,
        "title": dict(STEPS)[name],
        "hint": HINTS[name],
        "number": [one for one, _ in STEPS].index(name) + 1,
        "steps": len(STEPS),
        "back": before(name, id),
        "problem": problem,
    }
    return render(request, f"operations/propose_{name}.html", context, status=400 if problem else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, id: UUID) -> HttpResponse:
    """All of the proposal to be read once more; sent, it is made."""
    proposers_only(request)
    draft = queries.draft_for(request.user, id)
    if draft is None:
        if made := queries.made_of(request.user, id):
            return redirect("operations:operation", key=made.key)
        raise Http404
    filled = {name: form_of(name, request, draft.answers.get(name, {})) for name, _ in STEPS}
    for name, form in filled.items():
        if not form.is_valid():
            return redirect(f"operations:propose-{name}", id=id)
    plan = planned(filled["plan"].cleaned_data, filled["resources"].cleaned_data["resources"])
    levels = filled["scoring"].cleaned_data["levels"]
    problem = ""
    if request.method == "POST":
        try:
            made = actions.propose(request.user, id, filled["plan"].cleaned_data["name"], plan, levels)
            return redirect("operations:operation", key=made.key)
        except actions.NoOperation:
            # sent twice: the other one has made it
            return redirect("operations:propose-check", id=id)
        except Refused as refused:
            problem = refused.because
    pack, day = policy.pack(), clock.today()
    loads = [Load(desk.unit, desk.function, days, plan.span) for desk, days in plan.resources.items()]
    criteria = filled["scoring"].criteria
    context = {
        "draft": draft,
        "given": filled["plan"].cleaned_data,
        "plan": plan,
        "lead": dict(leads_for(request)).get(filled["plan"].cleaned_data["lead"], ""),
        "span": showing.span_words(plan.span.first, plan.span.last),
        "resources": [(desk_name(pack, desk, day), days) for desk, days in plan.resources.items()],
        "levels": [(one, levels[one.id]) for one in criteria],
        "points": sum(one.weight * levels[one.id].level for one in criteria),
        "most": sum(one.most for one in criteria),
        "beyond": showing.beyond_words(beyond(pack, loads), pack, day),
        "refusal": problem,
        "problem": bool(problem),
        "back": reverse("operations:propose-scoring", args=[id]),
    }
    return render(request, "operations/propose_check.html", context, status=409 if problem else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, id: UUID) -> HttpResponse:
    """A proposal that was begun is thrown away."""
    proposers_only(request)
    draft = queries.draft_for(request.user, id)
    if draft is None:
        raise Http404
    if request.method == "POST":
        actions.delete_draft(request.user, id)
        return redirect("operations:propose")
    return render(request, "operations/propose_delete.html", {"draft": draft, "back": reverse("operations:propose")})


def proposers_only(request: HttpRequest) -> None:
    able = may_propose(request.user.viewer)
    if not able:
        raise PermissionDenied(f"{capital(able.because)}.")


def form_of(name: str, request: HttpRequest, data: object) -> forms.Form:
    if name == "plan":
        return PlanForm(data, leads=leads_for(request))
    if name == "resources":
        return ResourcesForm(data, desks=desks(policy.pack(), clock.today()), there={})
    return ScoreForm(data, criteria=policy.pack().tasking.matrix.on(clock.today()))


def after(name: str) -> str:
    names = [one for one, _ in STEPS]
    place = names.index(name) + 1
    return f"operations:propose-{names[place]}" if place < len(names) else "operations:propose-check"


def before(name: str, id: UUID) -> str:
    names = [one for one, _ in STEPS]
    place = names.index(name)
    return reverse(f"operations:propose-{names[place - 1]}", args=[id]) if place else reverse("operations:propose")
