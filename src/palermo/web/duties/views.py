"""What is overdue, what is due on one referral, and what is done about it."""

from __future__ import annotations

import secrets
from datetime import date

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View
from django.views.decorators.http import require_safe

from palermo.domain.access import Act, Viewer, may
from palermo.packs import Pack
from palermo.web import clock, policy
from palermo.web.cases.actions import NoReferral, Refused
from palermo.web.cases.moves import typed
from palermo.web.cases.queries import Work, places, sees_all, unit_name, work_for
from palermo.web.cases.showing import capital, due_words, parts
from palermo.web.cases.views import address
from palermo.web.duties import actions, queries, showing
from palermo.web.duties.forms import AnswerForm, OverdueForm
from palermo.web.duties.queries import Late

FILTERS = ("unit", "step", "answered", "page")


@require_safe
def breaches(request: HttpRequest) -> HttpResponse:
    """What is overdue in the viewer's hands, or in all of them."""
    viewer, pack, today = request.user.viewer, policy.pack(), clock.today()
    if viewer.role not in queries.SEEING:
        raise PermissionDenied("What is overdue is shown to supervisors, the commander and the auditor.")
    form = OverdueForm(request.GET, units=units_for(viewer, pack, today, request.GET.get("unit", "")))
    sought = form.sought
    found = queries.overdue_for(request.user, sought, clock.now(), page=request.GET.get("page", 1))
    context = {
        "form": form,
        "sought": sought,
        "found": found,
        "page": found.page,
        "lines": [showing.line(late, today, may_answer=answers(viewer, late)) for late in found.page.object_list],
        "unit_name": "" if sees_all(viewer) else unit_name(pack, viewer.unit, viewer.borough, today),
        "page_of": lambda number: address(request.GET, names=FILTERS, page=str(number)),
        "problem": bool(form.errors),
    }
    return render(request, "duties/breaches.html", context, status=400 if form.errors else 200)


def units_for(viewer: Viewer, pack: Pack, today: date, asked: str) -> list[tuple[str, str]]:
    """Which units those who see all can narrow to: the owners of today, and one that is asked for by its link."""
    if not sees_all(viewer):
        return []
    names = pack.units.names_on(today)
    found = {unit for unit, _, _ in places(pack, today)} | ({asked} & names.keys())
    return sorted(((unit, names[unit]) for unit in found), key=lambda unit: unit[1].casefold())


def answers(viewer: Viewer, late: Late) -> bool:
    return bool(may(viewer, Act.ANSWER_BREACH, late.work.custody))


@require_safe
def due(request: HttpRequest, reference: str) -> HttpResponse:
    """Every clock of a referral: since when, until when, how it stands, and who heard of it."""
    now = clock.now()
    found = queries.due_for(request.user, reference, now)
    if found is None:
        raise Http404
    lines = [showing.line(late, clock.today(), may_answer=found.may_answer) for late in found.clocks]
    context = {
        "reference": reference,
        "parts": parts(reference, "duties:due"),
        "lines": sorted(lines, key=lambda line: (line.late.clock.met_at is not None, line.late.clock.due_at)),
        "picture": showing.drawn(found.clocks, now),
        "answered": queries.answer_by(request.user, reference, request.GET.get("answered", "")),
    }
    return render(request, "duties/due.html", context)


class AnswerBreach(View):
    """Ask what is done about a clock that has run out, keep it, and go back to what is due."""

    http_method_names = ("get", "head", "post")

    def get(self, request: HttpRequest, reference: str, clock: int) -> HttpResponse:
        work = self.open(request, reference)
        answer = may(request.user.viewer, Act.ANSWER_BREACH, work.custody)
        if not answer:
            raise PermissionDenied(f"{capital(answer.because)}.")
        return self.page(request, work, clock, AnswerForm(None))

    def post(self, request: HttpRequest, reference: str, clock: int) -> HttpResponse:
        work = self.open(request, reference)
        form = AnswerForm(request.POST)
        if not form.is_valid():
            return self.page(request, work, clock, form)
        given = form.cleaned_data
        try:
            made = actions.answer_breach(request.user, reference, clock, given["text"], page=given["page"])
        except NoReferral:
            raise Http404 from None
        except Refused as refused:
            return self.refused(request, work, form, refused.because)
        return redirect(f"{reverse('duties:due', args=[reference])}?answered={made.pk}")

    def open(self, request: HttpRequest, reference: str) -> Work:
        work = work_for(request.user, reference, "answer-breach")
        if work is None:
            raise Http404
        return work

    def page(self, request: HttpRequest, work: Work, key: int, form: AnswerForm) -> HttpResponse:
        overdue = queries.overdue_one(work, key, clock.now())
        if overdue is None:
            return self.refused(request, work, form, actions.NOT_OVERDUE)
        context = {
            "reference": work.referral.reference,
            "overdue": overdue,
            "was_due": due_words(overdue.due_at),
            "form": form,
            "token": form.data.get("page") or secrets.token_urlsafe(16),
            "problem": bool(form.errors),
        }
        return render(request, "duties/answer.html", context, status=400 if form.errors else 200)

    def refused(self, request: HttpRequest, work: Work, form: AnswerForm, because: str) -> HttpResponse:
        reference = work.referral.reference
        context = {
            "reference": reference,
            "move": "Say what is done about it",
            "because": because,
            "open": [{"text": "See what is due", "href": reverse("duties:due", args=[reference])}],
            "typed": typed(form) if form.is_bound else [],
            "since": [],
        }
        return render(request, "cases/refused.html", context, status=409)
