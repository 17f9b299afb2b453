"""Notes and documents, decisions, and the crimes of a referral: their pages, and one page to add each."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views import View
from django.views.decorators.http import require_safe

from palermo.domain.access import Act, may
from palermo.domain.papers import NoteKind, Standing
from palermo.web import clock
from palermo.web.cases import showing
from palermo.web.cases.actions import NoReferral, Refused
from palermo.web.cases.moves import typed
from palermo.web.cases.queries import Work, work_for
from palermo.web.papers import actions, queries
from palermo.web.papers.actions import Noted
from palermo.web.papers.forms import NoteForm, PaperForm
from palermo.web.papers.queries import Note, Paper


class PaperPage(View):
    """Ask, keep what is given, and go back to where such papers are listed."""

    act = Act.RECORD
    name = ""
    title = ""
    button = "Add it"
    template = "papers/add.html"
    http_method_names = ("get", "head", "post")

    def get(self, request: HttpRequest, reference: str, **about: object) -> HttpResponse:
        work = self.open(request, reference)
        answer = may(request.user.viewer, self.act, work.custody)
        if not answer:
            raise PermissionDenied(f"{showing.capital(answer.because)}.")
        form = self.form(None, work, **about)
        if because := self.hindrance(work, **about):
            return self.refused(request, work, form, because)
        return self.page(request, work, form, about)

    def post(self, request: HttpRequest, reference: str, **about: object) -> HttpResponse:
        work = self.open(request, reference)
        form = self.form(request.POST, work, **about)
        if not form.is_valid():
            return self.page(request, work, form, about)
        try:
            kept = self.keep(request, reference, form, **about)
        except NoReferral:
            raise Http404 from None
        except Refused as refused:
            return self.refused(request, work, form, refused.because)
        return redirect(f"{self.listed(reference)}?{kept._meta.model_name}={kept.number}")

    def open(self, request: HttpRequest, reference: str) -> Work:
        work = work_for(request.user, reference, self.name)
        if work is None:
            raise Http404
        return work

    def page(self, request: HttpRequest, work: Work, form: PaperForm, about: Mapping[str, object]) -> HttpResponse:
        reference = work.referral.reference
        context = {
            "reference": reference,
            "form": form,
            "title": self.title_of(**about),
            "button": self.button,
            "back": self.listed(reference),
            "token": form.data.get("page") or secrets.token_urlsafe(16),
            "problem": bool(form.errors),
            **self.more(work, **about),
        }
        return render(request, self.template, context, status=400 if form.errors else 200)

    def refused(self, request: HttpRequest, work: Work, form: PaperForm, because: str) -> HttpResponse:
        context = {
            "reference": work.referral.reference,
            "move": self.title,
            "because": because,
            "open": [],
            "typed": typed(form) if form.is_bound else [],
            "since": [],
        }
        return render(request, "cases/refused.html", context, status=409)

    # what each page fills in

    def form(self, data: Mapping | None, work: Work, **about: object) -> PaperForm:
        raise NotImplementedError

    def keep(self, request: HttpRequest, reference: str, form: PaperForm, **about: object) -> Paper:
        raise NotImplementedError

    def hindrance(self, work: Work, **about: object) -> str:
        """Why it cannot be done now, whoever asks; empty where it can."""
        return ""

    def listed(self, reference: str) -> str:
        """The address of the page that such papers stand on."""
        return reverse("papers:papers", args=[reference])

    def title_of(self, **about: object) -> str:
        return self.title

    def more(self, work: Work, **about: object) -> dict[str, object]:
        """What the page shows beside the form."""
        return {}


# Notes and documents


@require_safe
def papers(request: HttpRequest, reference: str) -> HttpResponse:
    """The notes and documents of a referral."""
    found = queries.papers_for(request.user, reference, notes=request.GET.get("notes", 1))
    if found is None:
        raise Http404
    context = {
        "reference": reference,
        "parts": showing.parts(reference, "papers:papers"),
        "papers": found,
        "note": queries.written_by(request.user, found.work.referral, Note, request.GET.get("note", "")),
        "kinds": {kind.value: kind.words for kind in NoteKind},
    }
    return render(request, "papers/papers.html", context)


class AddNote(PaperPage):
    name = "add-note"
    title = "Add a note"

    def form(self, data, work, **about) -> PaperForm:
        return NoteForm(data, now=clock.now())

    def keep(self, request, reference, form, **about) -> Paper:
        return actions.add_note(request.user, reference, noted(form), page=form.cleaned_data["page"])


class CorrectNote(PaperPage):
    name = "correct-note"
    title = "Correct a note"
    button = "Replace it"

    def form(self, data, work, **about) -> PaperForm:
        note = self.replaced(work, about["number"])
        when = timezone.localtime(note.happened_at)
        as_it_is = {
            "kind": note.kind,
            "standing": note.standing,
            "text": note.text,
            "day": when.date(),
            "time": f"{when:%H:%M}" if note.time_known else "",
        }
        return NoteForm(data, now=clock.now(), replaced=True, initial=as_it_is)

    def keep(self, request, reference, form, **about) -> Paper:
        given = form.cleaned_data
        return actions.correct_note(
            request.user, reference, about["number"], noted(form), given["reason"], page=given["page"]
        )

    def title_of(self, **about: object) -> str:
        return f"Correct note {about['number']}"

    def hindrance(self, work, **about) -> str:
        return actions.replaced_already(self.replaced(work, about["number"]))

    def more(self, work, **about) -> dict[str, object]:
        return {"says": "What you write here takes its place. The note as it is now stays readable, with your reason."}

    def replaced(self, work: Work, number: int) -> Note:
        note = queries.note_of(work.referral, number)
        if note is None:
            raise Http404
        return note


def noted(form: NoteForm) -> Noted:
    given = form.cleaned_data
    return Noted(NoteKind(given["kind"]), Standing(given["standing"]), given["text"], given["at"], given["time_known"])
