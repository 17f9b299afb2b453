"""The operations, one operation whole, and the operations of a referral."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from palermo.domain.access import Act, may
from palermo.domain.operations import State, may_propose, reads
from palermo.domain.operations.life import may_list
from palermo.web import clock, policy
from palermo.web.cases import showing as cases_showing
from palermo.web.cases.actions import NoReferral, Refused
from palermo.web.cases.queries import work_for
from palermo.web.cases.showing import capital
from palermo.web.operations import showing
from palermo.web.operations.actions import operations as actions
from palermo.web.operations.forms import ChooseForm
from palermo.web.operations.moves import page_of
from palermo.web.operations.queries import operations as queries


@require_safe
def operations(request: HttpRequest) -> HttpResponse:
    """The operations that the account may open."""
    able = may_list(request.user.viewer)
    if not able:
        raise PermissionDenied(f"{capital(able.because)}.")
    wanted = request.GET.get("state", "")
    state = wanted if wanted in set(State) else ""
    page = queries.operations_for(request.user, state=state, page=request.GET.get("page", 1))
    pack, day = policy.pack(), clock.today()
    context = {
        "page": page,
        "rows": [
            {
                "row": row,
                "lead": queries.lead_name(row.held, day),
                "span": showing.span_words(row.held.plan.starts_on, row.held.plan.ends_on),
                "tag": showing.state_tag(row.held.state),
                "used": showing.days_words(row.used),
                "stale": showing.stale(row.held, pack, day),
            }
            for row in page.object_list
        ],
        "state": state,
        "states": [(one.value, capital(one.words)) for one in State],
        "proposes": bool(may_propose(request.user.viewer)),
        "reads": bool(reads(request.user.viewer)),
    }
    return render(request, "operations/operations.html", context)


@require_safe
def operation(request: HttpRequest, key: str) -> HttpResponse:
    """The whole operation, for those who may open it; its cases as far as each may be named."""
    viewer = request.user.viewer
    found = queries.record_for(request.user, key)
    if found is None:
        raise Http404
    context = {
        "record": found,
        "held": found.held,
        "operation": found.held.operation,
        "plan": found.held.plan,
        "reads": bool(reads(viewer)),
        "told": queries.told_by(request.user, found.held.operation, request.GET.get("told", "")),
        "back": reverse("operations:operations"),
        **showing.page(found, viewer, policy.pack(), clock.today()),
    }
    return render(request, "operations/operation.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def of_referral(request: HttpRequest, reference: str) -> HttpResponse:
    """The operations that a referral belongs to; sent, it is linked to one more."""
    work = work_for(request.user, reference, "operations")
    if work is None:
        raise Http404
    viewer = request.user.viewer
    able = may(viewer, Act.RECORD, work.custody)
    choices = [(one.key, one.name) for one in queries.linkable_to(request.user, work.referral)] if able else []
    form = ChooseForm(request.POST if request.method == "POST" else None, operations=choices)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            actions.link(request.user, given["operation"], page_of(request), reference, given["reason"])
            return redirect("operations:of-referral", reference=reference)
        except actions.Repeated:
            return redirect("operations:of-referral", reference=reference)
        except (actions.NoOperation, NoReferral):
            raise Http404 from None
        except Refused as refused:
            refusal = refused.because
    opens = {one.key for one in queries.openable_operations(viewer, work.referral)}
    context = {
        "reference": reference,
        "parts": cases_showing.parts(reference, "operations:of-referral"),
        "operations": [(one, one.key in opens) for one in queries.operations_of(work.referral)],
        "tags": {state: showing.state_tag(state) for state in State},
        "form": form if choices else None,
        "page": page_of(request),
        "refusal": refusal,
        "problem": bool(form.errors or refusal),
    }
    status = 409 if refusal else 400 if form.errors else 200
    return render(request, "operations/of_referral.html", context, status=status)
