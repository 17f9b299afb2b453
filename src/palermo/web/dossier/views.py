"""The file of a referral: ask for it, wait for it, read it, take it out."""

from __future__ import annotations

from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from palermo.reports.document import sections_html
from palermo.web import policy
from palermo.web.cases import showing
from palermo.web.cases.actions import NoReferral, Refused
from palermo.web.dossier import actions, queries
from palermo.web.dossier.forms import AskForm
from palermo.web.dossier.telling import MARKING, document_of


@require_http_methods(["GET", "HEAD", "POST"])
def file(request: HttpRequest, reference: str) -> HttpResponse:
    """What the file is, who may have it, what was made so far; and asking for one."""
    form = AskForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            asked = actions.ask_for_file(request.user, reference, given["recipient"], given["reason"])
        except NoReferral:
            raise Http404 from None
        except Refused as refused:
            return page(request, reference, form, because=refused.because, status=409)
        return redirect("dossier:made", reference=reference, key=asked.pk)
    return page(request, reference, form, status=400 if form.errors else 200)


def page(request: HttpRequest, reference: str, form: AskForm, *, because: str = "", status: int = 200) -> HttpResponse:
    shelf = queries.shelf_for(request.user, reference)
    if shelf is None:
        raise Http404
    context = {
        "reference": reference,
        "parts": showing.parts(reference, "dossier:file"),
        "shelf": shelf,
        "form": form,
        "because": because,
        "problem": bool(form.errors or because),
    }
    return render(request, "dossier/file.html", context, status=status)


@require_safe
def story(request: HttpRequest, reference: str) -> HttpResponse:
    """The whole story on one page, for those who may give it away."""
    found = queries.story_for(request.user, reference)
    if found is None:
        raise Http404
    context = {
        "reference": reference,
        "parts": showing.parts(reference, "dossier:file"),
        "marking": MARKING,
        "sections": sections_html(document_of(found, policy.pack(), ())),
    }
    return render(request, "dossier/story.html", context)


@require_safe
def made(request: HttpRequest, reference: str, key: UUID) -> HttpResponse:
    """One file: how far its making is, or where to take it out. Looks again by itself while it is made."""
    found = queries.file_for(request.user, reference, key)
    if found is None:
        raise Http404
    context = {"reference": reference, "parts": showing.parts(reference, "dossier:file"), "file": found}
    response = render(request, "dossier/made.html", context)
    if not found.made_at:
        response.headers["Refresh"] = "2"
    return response


@require_POST
def download(request: HttpRequest, reference: str, key: UUID) -> HttpResponse:
    """The file itself."""
    given = actions.give_away(request.user, reference, key)
    if given is None:
        raise Http404
    found, content = given
    response = FileResponse(content, as_attachment=True, filename=f"{reference}.zip", content_type="application/zip")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-File-SHA256"] = found.sha256
    return response
