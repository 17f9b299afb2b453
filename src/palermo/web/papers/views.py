"""Notes and documents, decisions, and the crimes of a referral: their pages, and one page to add each."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views import View
from django.views.decorators.http import require_POST, require_safe

from palermo.domain.access import Act, may
from palermo.domain.papers import FEWEST_OPTIONS, MOST_OPTIONS, Follows, NoteKind, Standing
from palermo.domain.policy import listed
from palermo.web import clock
from palermo.web.cases import showing
from palermo.web.cases.actions import NoReferral, Refused
from palermo.web.cases.queries import Work, sees_all, work_for
from palermo.web.errors import say
from palermo.web.layout import moment_words
from palermo.web.papers import actions, queries
from palermo.web.papers.actions import ChangedMeanwhile, Crimes, Deciding, Filed, Noted
from palermo.web.papers.content.kinds import KINDS as FILES
from palermo.web.papers.content.kinds import FileRefused
from palermo.web.papers.content.names import shown
from palermo.web.papers.forms import (
    YES,
    CrimeForm,
    DecisionForm,
    DocumentForm,
    NoteForm,
    PaperForm,
    WhyForm,
)
from palermo.web.papers.queries import CrimeReference, Document, Note, Paper, PolicyDecision
from palermo.web.papers.store import NotAsKept

logger = logging.getLogger(__name__)


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
        except FileRefused as refused:
            form.add_error("file", refused.says)
            return self.page(request, work, form, about)
        except ChangedMeanwhile:
            form.add_error(
                None, "Somebody changed this while you had the page open. Read what it says now, then send it again"
            )
            return self.page(request, work, form, about, status=409)
        return redirect(self.after(reference, kept))

    def open(self, request: HttpRequest, reference: str) -> Work:
        work = work_for(request.user, reference, self.name)
        if work is None:
            raise Http404
        return work

    def page(
        self, request: HttpRequest, work: Work, form: PaperForm, about: Mapping[str, object], status: int = 0
    ) -> HttpResponse:
        reference = work.referral.reference
        context = {
            "reference": reference,
            "form": form,
            "title": self.title_of(**about),
            "button": self.button,
            "back": self.listed(reference),
            "token": request.POST.get("page") or secrets.token_urlsafe(16),
            "problem": bool(form.errors),
            **self.more(work, **about),
        }
        return render(request, self.template, context, status=status or (400 if form.errors else 200))

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

    def after(self, reference: str, kept: Paper) -> str:
        """The address that it goes on to, where it is said what was kept."""
        return f"{self.listed(reference)}?{kept._meta.model_name}={kept.number}"

    def title_of(self, **about: object) -> str:
        return self.title

    def more(self, work: Work, **about: object) -> dict[str, object]:
        """What the page shows beside the form."""
        return {}


def typed(form: PaperForm) -> list[tuple[str, str]]:
    """What was filled in, in words, to be read and copied where there is no form to put it in any more."""
    found = []
    for bound in form.visible_fields():
        value = bound.value()
        if isinstance(value, dict):
            # the boxes of a date
            value = " ".join(part for part in value.values() if part)
        if value:
            found.append((bound.label, dict(getattr(bound.field, "choices", ())).get(value, value)))
    return found


# Notes and documents


@require_safe
def papers(request: HttpRequest, reference: str) -> HttpResponse:
    """The notes and documents of a referral."""
    found = queries.papers_for(
        request.user, reference, notes=request.GET.get("notes", 1), documents=request.GET.get("documents", 1)
    )
    if found is None:
        raise Http404
    context = {
        "reference": reference,
        "parts": showing.parts(reference, "papers:papers"),
        "papers": found,
        "told": told_of_papers(request, found),
        "kinds": {kind.value: kind.words for kind in NoteKind},
        "files": FILES,
        "page_of": lambda name, page: f"?{urlencode({**request.GET.dict(), name: page})}#{name}",
    }
    return render(request, "papers/papers.html", context)


def told_of_papers(request: HttpRequest, found: queries.Papers) -> str:
    """What the account has just added, to be read back to it."""
    referral = found.work.referral
    if note := queries.written_by(request.user, referral, Note, request.GET.get("note", "")):
        return f"Note {note.number} is added."
    if document := queries.written_by(request.user, referral, Document, request.GET.get("document", "")):
        left_out = [REMOVED[what] for what in document.removed]
        without = f" Left out of it: {listed(left_out)}." if left_out else ""
        return f"Document {document.number} is added.{without}"
    return ""


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


REMOVED = {
    "location": "where it was taken",
    "metadata": "what the camera or a program wrote into it",
    "pictures": "further pictures in the same file",
}
NOTICED = {
    "hidden": "It has characters that nobody sees, such as marks that turn text round. Here they are shown by their "
    "numbers: ⟨U+202E⟩.",
    "formulas": "Some cells begin as formulas do. A spreadsheet program works those out when it opens the file: open "
    "it as text.",
}


class AddDocument(PaperPage):
    name = "add-document"
    title = "Add a document"
    template = "papers/add_document.html"

    def form(self, data, work, **about) -> PaperForm:
        form = DocumentForm(data, self.request.FILES if data is not None else None)
        if data is not None:
            if getattr(self.request, "too_large", False):
                # what came of it is thrown away already
                form.errors.pop("file", None)
                form.add_error("file", actions.too_large().says)
            form.ask_again()
        return form

    def keep(self, request, reference, form, **about) -> Paper:
        given = form.cleaned_data
        file = given["file"]
        filed = Filed(file.name, given["description"], given["sealed_because"])
        return actions.add_document(request.user, reference, file.chunks(), filed, page=given["page"])


@require_safe
def document(request: HttpRequest, reference: str, number: int) -> HttpResponse:
    """One document: what it is, what came and what is kept of it."""
    found = queries.document_page_for(request.user, reference, number)
    if found is None:
        raise Http404
    one = found.document
    context = {
        "reference": reference,
        "back": reverse("papers:papers", args=[reference]),
        "found": found,
        "document": one,
        "name": shown(one.name),
        "kind": FILES[one.kind],
        "removed": [REMOVED[what] for what in one.removed],
        "noticed": [NOTICED[what] for what in one.noticed],
        "begins": shown(found.begins),
    }
    return render(request, "papers/document.html", context)


@require_POST
def download(request: HttpRequest, reference: str, number: int) -> HttpResponse:
    """The file itself. It is asked for by a button, not a link: each time leaves an entry in the audit trail."""
    try:
        given = actions.give_document(request.user, reference, number)
    except NotAsKept as wrong:
        return not_as_kept(request, reference, number, wrong)
    except Refused as refused:
        return say(request, 409, "This document is not given any more", f"{showing.capital(refused.because)}.")
    if given is None:
        raise Http404
    one, file = given
    return as_a_file(FileResponse(file, as_attachment=True, filename=one.name, content_type=FILES[one.kind].media_type))


def as_a_file(response: FileResponse) -> FileResponse:
    """To be saved and never shown: whatever is in it, it runs nothing here."""
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def not_as_kept(request: HttpRequest, reference: str, number: int, wrong: NotAsKept) -> HttpResponse:
    logger.error("document %s of %s is not given: %s", number, reference, wrong)
    actions.note_not_as_kept(request.user, reference, number)
    words = (
        "Its file is not what was kept, so it is not given to anybody. It has been noted. "
        "Tell whoever operates Palermo: the file can come back from a copy."
    )
    return say(request, 500, "This document cannot be given", words)


class Original(PaperPage):
    """The sealed original of a picture: asked for with a reason, which stands in the timeline."""

    act = Act.DECIDE
    name = "original"
    title = "Open the sealed original"
    button = "Open it"

    def post(self, request: HttpRequest, reference: str, **about: object) -> HttpResponse:
        work = self.open(request, reference)
        form = self.form(request.POST, work, **about)
        if not form.is_valid():
            return self.page(request, work, form, about)
        try:
            one, file = actions.break_seal(request.user, reference, about["number"], form.cleaned_data["reason"])
        except NoReferral:
            raise Http404 from None
        except Refused as refused:
            return self.refused(request, work, form, refused.because)
        except NotAsKept as wrong:
            return not_as_kept(request, reference, about["number"], wrong)
        # what is in it was never written anew, so it goes out as nothing that any program opens by itself
        return as_a_file(
            FileResponse(
                file, as_attachment=True, filename=f"original {one.name}", content_type="application/octet-stream"
            )
        )

    def hindrance(self, work, **about) -> str:
        return actions.withdrawn(queries.document_of(work.referral, about["number"]))

    def form(self, data, work, **about) -> PaperForm:
        one = queries.document_of(work.referral, about["number"])
        if one is None or not one.sealed:
            raise Http404
        return WhyForm(data, "Why do you need the original?")

    def listed(self, reference: str) -> str:
        return reverse("papers:document", args=[reference, self.kwargs["number"]])

    def title_of(self, **about: object) -> str:
        return f"Open the sealed original of document {about['number']}"

    def more(self, work, **about) -> dict[str, object]:
        return {
            "says": "It holds what was left out of the kept picture, such as where it was taken. That you opened it, "
            "and why, will stand in the referral’s timeline and in the audit trail."
        }


class Withdraw(PaperPage):
    """Take a document out of the record: it was another referral’s, or one too many."""

    act = Act.DECIDE
    name = "withdraw"
    title = "Withdraw the document"
    button = "Withdraw it"

    def form(self, data, work, **about) -> PaperForm:
        if queries.document_of(work.referral, about["number"]) is None:
            raise Http404
        return WhyForm(data, "Why should it not be here?")

    def hindrance(self, work, **about) -> str:
        return actions.withdrawn(queries.document_of(work.referral, about["number"]))

    def keep(self, request, reference, form, **about) -> Paper:
        return actions.withdraw_document(request.user, reference, about["number"], form.cleaned_data["reason"])

    def listed(self, reference: str) -> str:
        return reverse("papers:document", args=[reference, self.kwargs["number"]])

    def after(self, reference: str, kept: Paper) -> str:
        return self.listed(reference)

    def title_of(self, **about: object) -> str:
        return f"Withdraw document {about['number']}"

    def more(self, work, **about) -> dict[str, object]:
        return {
            "says": "From then on nobody can download it, or read what it is called. That it was here, and why it is "
            "not any more, stays on the record: do not repeat in the reason what nobody here should read. It cannot be "
            "undone."
        }


# Decisions


@require_safe
def decisions(request: HttpRequest, reference: str) -> HttpResponse:
    """The decision log of a referral, and its crimes."""
    found = queries.decisions_for(request.user, reference, page=request.GET.get("page", 1))
    if found is None:
        raise Http404
    referral = found.work.referral
    context = {
        "reference": reference,
        "parts": showing.parts(reference, "papers:decisions"),
        "decisions": found,
        "told": told(request, found),
        "changed": actions.changed_already,
        "today": clock.today(),
        "crimes": found.crimes[0] if found.crimes else None,
        "referral": referral,
    }
    return render(request, "papers/decisions.html", context)


def told(request: HttpRequest, found: queries.Decisions) -> str:
    """What the account has just entered, to be read back to it."""
    referral = found.work.referral
    if made := queries.written_by(request.user, referral, PolicyDecision, request.GET.get("policydecision", "")):
        stopped = " Its clock is stopped." if made.met_id else ""
        return f"D{made.number} is entered.{stopped}"
    if queries.written_by(request.user, referral, CrimeReference, request.GET.get("crimereference", "")):
        return "The crime record is kept."
    return ""


class Decide(PaperPage):
    """Enter a decision; with `number`, one that reviews or changes an earlier one."""

    act = Act.DECIDE
    name = "decide"
    title = "Enter a decision"
    button = "Enter it"
    template = "papers/decide.html"

    def post(self, request: HttpRequest, reference: str, **about: object) -> HttpResponse:
        if "more" not in request.POST:
            return super().post(request, reference, **about)
        work = self.open(request, reference)
        before = self.form(request.POST, work, **about)
        as_typed = {
            name: field.widget.value_from_datadict(request.POST, {}, name) for name, field in before.fields.items()
        }
        form = self.form(None, work, number=min(len(before.places) + 1, MOST_OPTIONS), initial=as_typed, **about)
        return self.page(request, work, form, about)

    def form(self, data, work, *, number=0, initial=None, **about) -> PaperForm:
        return DecisionForm(
            data,
            now=clock.now(),
            earlier=about.get("earlier"),
            investigation=self.investigation(work)[0],
            number=number or options_sent(data),
            initial=initial,
        )

    def investigation(self, work: Work) -> tuple[str, str]:
        """What marking it as the decision on the investigation does, or why this viewer cannot do that."""
        running = queries.investigation_due(work.referral)
        if because := queries.not_on_investigation(self.request.user.viewer, work):
            return "", f"{showing.capital(because)}." if running else ""
        if running is None:
            return "The clock for it is stopped already.", ""
        return f"It stops the clock “{running.label}”, due {moment_words(running.due_at)}.", ""

    def keep(self, request, reference, form, **about) -> Paper:
        given = form.cleaned_data
        deciding = Deciding(
            decision=given["decision"],
            options=given["options"],
            chosen=given["place"],
            reason=given["reason"],
            based_on=given["based_on"],
            taken_at=given["at"],
            time_known=given["time_known"],
            review_on=given["review_on"],
            sensitive_because=given["sensitive_because"],
            on_investigation=given.get("on_investigation") == YES,
            earlier=about.get("earlier"),
            follows=Follows(given["follows"]) if "follows" in given else None,
        )
        return actions.decide(request.user, reference, deciding, page=given["page"])

    def listed(self, reference: str) -> str:
        return reverse("papers:decisions", args=[reference])

    def title_of(self, **about: object) -> str:
        return f"Review or change D{about['earlier']}" if "earlier" in about else self.title

    def hindrance(self, work, **about) -> str:
        earlier = self.earlier(work, **about)
        return actions.changed_already(earlier) if earlier else ""

    def more(self, work, **about) -> dict[str, object]:
        return {"earlier": self.earlier(work, **about), "not_theirs": self.investigation(work)[1], "most": MOST_OPTIONS}

    def earlier(self, work: Work, **about: object) -> PolicyDecision | None:
        if "earlier" not in about:
            return None
        found = queries.decision_of(work.referral, about["earlier"])
        if found is None:
            raise Http404
        return found


def options_sent(data: Mapping | None) -> int:
    """How many options the page had."""
    sent = str((data or {}).get("options", ""))
    number = int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 3 else FEWEST_OPTIONS
    return max(FEWEST_OPTIONS, min(number, MOST_OPTIONS))


# Crimes


class ReferToCrimes(PaperPage):
    act = Act.DECIDE
    name = "crime"
    title = "Crime record"
    button = "Keep it"
    template = "papers/crime.html"

    def form(self, data, work, **about) -> PaperForm:
        now = queries.crimes_of(work.referral)
        return CrimeForm(data, changed=now is not None)

    def keep(self, request, reference, form, **about) -> Paper:
        given = form.cleaned_data
        crimes = Crimes(given["crimes"], given["none_because"])
        return actions.refer_to_crimes(
            request.user, reference, crimes, given.get("reason", ""), seen=given["seen"] or 0, page=given["page"]
        )

    def listed(self, reference: str) -> str:
        return reverse("papers:decisions", args=[reference])

    def more(self, work, **about) -> dict[str, object]:
        return {"crimes": queries.crimes_of(work.referral)}


KIND_WORDS = {
    queries.NEITHER: "Neither a crime nor a reason",
    queries.WITHOUT: "No crime, with a reason",
    queries.WITH_A_CRIME: "With a crime",
}


@require_safe
def crimes(request: HttpRequest) -> HttpResponse:
    """Referrals held against crime records, by owner: what is recorded, what has a reason, and what is missing."""
    viewer = request.user.viewer
    if viewer.role not in queries.RECONCILING:
        raise PermissionDenied("Supervisors, the commander and auditors hold referrals against the crime records.")
    kind = request.GET.get("kind", queries.NEITHER)
    if kind not in queries.KINDS:
        raise Http404
    unit, borough = request.GET.get("unit", ""), request.GET.get("borough", "")
    found = queries.reconciliation_for(request.user, kind, unit=unit, borough=borough, page=request.GET.get("page", 1))
    here = {"unit": unit, "borough": borough} if unit else {}
    context = {
        "found": found,
        "kind": kind,
        "kinds": [(one, KIND_WORDS[one], address(kind=one, **here)) for one in queries.KINDS],
        "words": KIND_WORDS[kind],
        "unit": unit,
        "owner": next((one.name for one in found.standings if (one.unit, one.borough) == (unit, borough)), ""),
        "address": address,
        "page_of": lambda number: address(kind=kind, page=number, **here),
        "sees_all": sees_all(viewer),
        "tags": showing.STATE_TAGS,
    }
    return render(request, "papers/crimes.html", context)


def address(**asked: object) -> str:
    """The address of the same page, asked otherwise."""
    return f"?{urlencode({name: value for name, value in asked.items() if value})}"
