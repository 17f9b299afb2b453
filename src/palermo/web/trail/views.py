"""The trail as a page: of a referral, of a person, of an account, and the sample of a month."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from palermo.domain.access import Role
from palermo.web.cases import showing
from palermo.web.trail import actions, queries
from palermo.web.trail.forms import FindForm, ReviewForm


@require_http_methods(["GET", "HEAD", "POST"])
def trail(request: HttpRequest) -> HttpResponse:
    """Where to begin: a referral, an account, what was refused, and how the ledger stands."""
    role = request.user.viewer.role
    if role not in queries.BEGINNING:
        raise PermissionDenied("The audit trail is read by auditors, and by supervisors for their own unit.")
    form = FindForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        reference = "".join(form.cleaned_data["reference"].split()).upper()
        return redirect("trail:referral", reference=reference)
    auditor = role is Role.AUDITOR
    context = {
        "form": form,
        "problem": bool(form.errors),
        "accounts": queries.accounts_for(request.user),
        "ledger": queries.ledger() if auditor else None,
        "refused": queries.refused_for(request.user, request.GET.get("page", 1)) if auditor else None,
    }
    return render(request, "trail/trail.html", context, status=400 if form.errors else 200)


@require_safe
def referral(request: HttpRequest, reference: str) -> HttpResponse:
    """Who has seen this referral, and all that was done with it."""
    found = queries.referral_for(request.user, reference, request.GET.get("page", 1))
    if found is None:
        raise Http404
    context = {"found": found, "reference": reference, "parts": showing.parts(reference, "dossier:file")}
    return render(request, "trail/referral.html", context)


@require_safe
def person(request: HttpRequest, id: UUID) -> HttpResponse:
    """Who has seen this person, place or thing."""
    found = queries.person_for(request.user, id, request.GET.get("page", 1))
    if found is None:
        raise Http404
    return render(request, "trail/person.html", {"found": found, "id": id})


@require_safe
def account(request: HttpRequest, key: int) -> HttpResponse:
    """What this account has done."""
    found = queries.account_for(request.user, key, request.GET.get("page", 1))
    if found is None:
        raise Http404
    return render(request, "trail/account.html", {"account": found[0], "page": found[1]})


@require_safe
def sample(request: HttpRequest) -> HttpResponse:
    """Some openings of the month that is over, to be looked at again."""
    supervises(request)
    month, found = queries.sample_for(request.user)
    left = sum(one.review is None for one in found)
    return render(request, "trail/sample.html", {"month": month, "found": found, "left": left})


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, entry: int) -> HttpResponse:
    """What was found about one of them."""
    supervises(request)
    _, found = queries.sample_for(request.user)
    one = next((one for one in found if one.line.pk == entry and one.review is None), None)
    if one is None:
        raise Http404
    form = ReviewForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            actions.review(request.user, entry, form.cleaned_data["finding"], form.cleaned_data["note"])
        except actions.NotInSample:
            raise Http404 from None
        return redirect("trail:sample")
    context = {"form": form, "line": one.line, "problem": bool(form.errors)}
    return render(request, "trail/review.html", context, status=400 if form.errors else 200)


def supervises(request: HttpRequest) -> None:
    if request.user.viewer.role is not Role.SUPERVISOR:
        raise PermissionDenied("The sample of a month is looked at by the supervisors of each unit.")
