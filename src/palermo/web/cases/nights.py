"""The pages of the changeover: rehearse a day, run its night, and the certificate of a night that was run."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from palermo.domain.access import Role
from palermo.domain.policy import is_day
from palermo.domain.units import NoOrganisation
from palermo.web import clock, policy
from palermo.web.cases import changeover, queries

READING = frozenset({Role.COMMANDER, Role.AUDITOR, Role.SUPERVISOR})
CAUSES = {"unit_ends": "Its unit is not there any more", "remit_changed": "The remit changed"}
FATES = {"withdrawn": "Its offer is withdrawn", "asked_elsewhere": "Its offer goes to somebody else"}


@require_http_methods(["GET", "HEAD", "POST"])
def rehearse(request: HttpRequest) -> HttpResponse:
    """The rehearsal of a day; sent by the commander, the night itself."""
    role = readers_only(request)
    if request.method == "POST" and role is not Role.COMMANDER:
        raise PermissionDenied("Only the commander runs a changeover.")
    asked = (request.POST if request.method == "POST" else request.GET).get("on", "")
    day, problem, status = day_of(asked), "", 200
    if asked and day is None:
        problem, status = f"{asked}: not a date; write it as year-month-day, such as 2010-04-01", 400
    if request.method == "POST" and day:
        try:
            done = changeover.run(day, request.user)
            return redirect(
                f"{reverse('cases:changeover-night', args=[done.changeover.pk])}{'' if done.new else '?again=1'}"
            )
        except (changeover.Refused, NoOrganisation) as refused:
            problem, status = str(refused), 409
    found = None
    try:
        found = changeover.rehearsal_for(request.user, day, request.GET.get("page", 1)) if day else None
    except NoOrganisation as unknown:
        problem, status = str(unknown), 400
    pack = policy.pack()
    context = {
        "day": day,
        "asked": asked,
        "problem": problem,
        "found": found,
        "loads": [(unit_name(load.unit, day), load) for load in found.totals.loads] if found and day else [],
        "days": changeover.days_of_change(pack),
        "nights": changeover.changeovers(),
        "may_run": role is Role.COMMANDER and bool(day and day <= clock.today() and found and not found.totals.orphans),
        "back": reverse("cases:my-queue" if role is Role.SUPERVISOR else "cases:queues"),
        "causes": CAUSES,
        "fates": FATES,
        "name": unit_name,
    }
    return render(request, "cases/changeover.html", context, status=status)


@require_safe
def night(request: HttpRequest, key: int) -> HttpResponse:
    """A night that was run: its certificate, and how far the receiving units have accepted what they were given."""
    readers_only(request)
    found = changeover.night_for(request.user, key, request.GET.get("page", 1))
    if found is None:
        raise Http404
    certificate = found.changeover.certificate
    context = {
        "found": found,
        "night": found.changeover,
        "certificate": certificate,
        "sound": changeover.hash_of(certificate) == certificate["hash"],
        "again": "again" in request.GET,
        "owners": [(unit_name(unit, found.changeover.day), many) for unit, many in certificate["owners"].items()],
        "back": reverse("cases:changeover"),
        "causes": CAUSES,
        "fates": FATES,
        "name": unit_name,
    }
    return render(request, "cases/changeover_night.html", context)


@require_safe
def certificate(request: HttpRequest, key: int) -> HttpResponse:
    """The certificate as a file."""
    readers_only(request)
    found = changeover.changeovers().filter(pk=key).first()
    if found is None:
        raise Http404
    answer = JsonResponse(found.certificate, json_dumps_params={"ensure_ascii": False, "indent": 2})
    answer["Content-Disposition"] = f'attachment; filename="changeover-{found.day}.json"'
    return answer


def readers_only(request: HttpRequest) -> Role:
    role = request.user.viewer.role
    if role not in READING:
        raise PermissionDenied("The changeover is open to the commander, supervisors and the auditor.")
    return role


def day_of(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if is_day(day) else None


def unit_name(unit: str, day: date, borough: str = "") -> str:
    return queries.unit_name(policy.pack(), unit, borough, day)
