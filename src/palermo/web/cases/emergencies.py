"""Opening a referral in an emergency, and what was opened so."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from palermo.domain.access import EMERGENCY, Role, may_open_in_emergency
from palermo.web.cases import actions, queries
from palermo.web.cases.actions import NoReferral
from palermo.web.cases.forms import EmergencyForm

LISTING = frozenset({Role.SUPERVISOR, Role.COMMANDER, Role.AUDITOR})


@require_safe
def openings(request: HttpRequest) -> HttpResponse:
    """What was opened in an emergency, by whom, why, and who was told."""
    if request.user.viewer.role not in LISTING:
        raise PermissionDenied("What was opened so is shown to supervisors, the commander and the auditor.")
    page = queries.openings_for(request.user, request.GET.get("page", 1))
    return render(
        request, "cases/emergencies.html", {"page": page, "opens": bool(may_open_in_emergency(request.user.viewer))}
    )


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def open_one(request: HttpRequest) -> HttpResponse:
    """Which one, and why; then the referral itself."""
    may = may_open_in_emergency(request.user.viewer)
    if not may:
        raise PermissionDenied(f"{may.because[:1].upper()}{may.because[1:]}.")
    form = EmergencyForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        reference = "".join(form.cleaned_data["reference"].split()).upper()
        try:
            actions.open_in_emergency(request.user, reference, form.cleaned_data["reason"])
        except NoReferral:
            form.add_error("reference", "Reference: no referral has it. Check it; that you asked is noted")
        else:
            return redirect("cases:referral", reference=reference)
    context = {"form": form, "problem": bool(form.errors), "hours": EMERGENCY.seconds // 3600}
    return render(request, "cases/emergency.html", context, status=400 if form.errors else 200)
