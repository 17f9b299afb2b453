"""What is overdue, what is due on one referral and what is done about it, and when the force first knew."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views import View
from django.views.decorators.http import require_safe

from palermo.domain.access import Act, Viewer, may
from palermo.domain.allegations import Source
from palermo.packs import Pack
from palermo.web import clock, policy
from palermo.web.cases.actions import NoReferral, Refused
from palermo.web.cases.moves import typed
from palermo.web.cases.queries import Work, places, sees_all, unit_name, work_for
from palermo.web.cases.showing import capital, due_words, parts
from palermo.web.cases.views import address
from palermo.web.duties import actions, queries, showing
from palermo.web.duties.actions import Alleged
from palermo.web.duties.forms import AddForm, AllegationForm, AnswerForm, OverdueForm
from palermo.web.duties.queries import Allegation, Late
from palermo.web.layout import moment_words

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
        "kept": queries.answer_by(request.user, reference, request.GET.get("kept", "")),
    }
    return render(request, "duties/due.html", context)


class AddPage(View):
    """Ask for something to be added to the record, keep it, and go back to where it stands."""

    act: Act
    name = ""
    title = ""
    button = "Keep it"
    listed = ""
    http_method_names = ("get", "head", "post")

    def get(self, request: HttpRequest, reference: str, **about: int) -> HttpResponse:
        work = self.open(request, reference)
        answer = may(request.user.viewer, self.act, work.custody)
        if not answer:
            raise PermissionDenied(f"{capital(answer.because)}.")
        return self.page(request, work, self.form(None, work, **about), about)

    def post(self, request: HttpRequest, reference: str, **about: int) -> HttpResponse:
        work = self.open(request, reference)
        form = self.form(request.POST, work, **about)
        if not form.is_valid():
            return self.page(request, work, form, about)
        try:
            kept = self.keep(request, reference, form.cleaned_data, **about)
        except NoReferral:
            raise Http404 from None
        except Refused as refused:
            return self.refused(request, work, form, refused.because)
        return redirect(f"{reverse(self.listed, args=[reference])}?kept={kept}")

    def open(self, request: HttpRequest, reference: str) -> Work:
        work = work_for(request.user, reference, self.name)
        if work is None:
            raise Http404
        return work

    def page(self, request: HttpRequest, work: Work, form: AddForm, about: Mapping[str, int]) -> HttpResponse:
        if because := self.hindrance(work, **about):
            return self.refused(request, work, form, because)
        reference = work.referral.reference
        context = {
            "reference": reference,
            "form": form,
            "title": self.title,
            "button": self.button,
            "says": self.says(work, **about),
            "back": reverse(self.listed, args=[reference]),
            "token": form.data.get("page") or secrets.token_urlsafe(16),
            "problem": bool(form.errors),
        }
        return render(request, "duties/add.html", context, status=400 if form.errors else 200)

    def refused(self, request: HttpRequest, work: Work, form: AddForm, because: str) -> HttpResponse:
        reference = work.referral.reference
        context = {
            "reference": reference,
            "move": self.title,
            "because": because,
            "open": [{"text": "Go back to where it stands", "href": reverse(self.listed, args=[reference])}],
            "typed": typed(form) if form.is_bound else [],
            "since": [],
        }
        return render(request, "cases/refused.html", context, status=409)

    # what each page fills in

    def form(self, data: Mapping | None, work: Work, **about: int) -> AddForm:
        raise NotImplementedError

    def keep(self, request: HttpRequest, reference: str, given: dict, **about: int) -> int:
        """Keep what was given; the key of what is kept."""
        raise NotImplementedError

    def hindrance(self, work: Work, **about: int) -> str:
        """Why it cannot be done now, whoever asks; empty where it can."""
        return ""

    def says(self, work: Work, **about: int) -> list[tuple[str, str]]:
        """What the page puts before the question: labels and words."""
        return []


class AnswerBreach(AddPage):
    act = Act.ANSWER_BREACH
    name = "answer-breach"
    title = "Say what is done about it"
    listed = "duties:due"

    def form(self, data, work, **about) -> AddForm:
        return AnswerForm(data)

    def keep(self, request, reference, given, **about) -> int:
        made = actions.answer_breach(request.user, reference, about["clock"], given["text"], page=given["page"])
        return made.pk

    def hindrance(self, work, **about) -> str:
        return "" if queries.overdue_one(work, about["clock"], clock.now()) else actions.NOT_OVERDUE

    def says(self, work, **about) -> list[tuple[str, str]]:
        overdue = queries.overdue_one(work, about["clock"], clock.now())
        return [
            ("What is overdue", overdue.label),
            ("It was due", due_words(overdue.due_at)),
            ("What follows", "It stays overdue until the work itself is recorded as done."),
        ]


# Since when the force has known


@require_safe
def first_known(request: HttpRequest, reference: str) -> HttpResponse:
    """When the force first knew, everything that reached it, and what that makes of the duty to investigate."""
    found = queries.known_for(request.user, reference)
    if found is None:
        raise Http404
    context = {
        "reference": reference,
        "parts": parts(reference, "duties:first-known"),
        "known": found,
        "received": found.work.referral.received_at,
        "duties": [showing.duty(one, clock.now()) for one in found.measured],
        "entries": showing.entries(found),
        "sources": {source.value: source.words for source in Source},
        "kept": queries.allegation_by(request.user, found.work.referral, request.GET.get("kept", "")),
    }
    return render(request, "duties/first_known.html", context)


class RecordAllegation(AddPage):
    act = Act.RECORD
    name = "add-allegation"
    title = "Record what reached the force"
    listed = "duties:first-known"

    def form(self, data, work, **about) -> AddForm:
        return AllegationForm(data, now=clock.now())

    def keep(self, request, reference, given, **about) -> int:
        return actions.record_allegation(request.user, reference, alleged(given), page=given["page"]).pk

    def says(self, work, **about) -> list[tuple[str, str]]:
        return [
            ("Referral received", moment_words(work.referral.received_at)),
            (
                "What follows",
                "The duty to investigate runs from the first credible allegation. One from before the referral makes "
                "it due earlier; none makes it due later.",
            ),
        ]


class JudgeAgain(AddPage):
    act = Act.JUDGE
    name = "judge-allegation"
    title = "Judge it again"
    button = "Put this in its place"
    listed = "duties:first-known"

    def form(self, data, work, **about) -> AddForm:
        old = self.judged(work, about["key"])
        when = timezone.localtime(old.reached_at)
        as_it_is = {
            "day": when.date(),
            "time": f"{when:%H:%M}" if old.time_known else "",
            "to": old.to,
            "source": old.source,
            "credible": "yes" if old.credible else "no",
            "why": old.why,
        }
        return AllegationForm(data, now=clock.now(), again=True, initial=as_it_is)

    def keep(self, request, reference, given, **about) -> int:
        made = actions.judge_again(
            request.user, reference, about["key"], alleged(given), given["reason"], page=given["page"]
        )
        return made.pk

    def hindrance(self, work, **about) -> str:
        return "" if self.judged(work, about["key"]).stands else actions.JUDGED_ALREADY

    def says(self, work, **about) -> list[tuple[str, str]]:
        return [("What follows", "What is recorded now stays readable, with your reason.")]

    def judged(self, work: Work, key: int) -> Allegation:
        found = queries.allegation_of(work.referral, key)
        if found is None:
            raise Http404
        return found


def alleged(given: Mapping) -> Alleged:
    return Alleged(
        reached_at=given["at"],
        time_known=given["time"] is not None,
        to=given["to"],
        source=Source(given["source"]),
        credible=given["credible"] == "yes",
        why=given["why"],
    )
