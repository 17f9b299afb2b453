"""The pages of the journey, and of what was sent. They read the clock, ask the queries, and call the actions."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from palermo.domain.access import Role
from palermo.web import clock, policy
from palermo.web.intake import actions, queries
from palermo.web.intake.questions import (
    MOST_PEOPLE,
    PERSON_PAGES,
    PERSON_QUESTIONS,
    QUESTIONS,
    SECTIONS,
    Journey,
    Question,
    asked,
    following,
    missing,
    new_person,
)
from palermo.web.intake.sending import NotReady, Problem, fingerprint, problems, submission_of

REFERRING = frozenset({Role.PARTNER, Role.OFFICER, Role.SUPERVISOR})
LAST_PAGE = "check"


def referring(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let only those refer who work with people; send pages of a sent draft to its confirmation."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        role = request.user.viewer.role
        if role not in REFERRING:
            raise PermissionDenied(
                f"Partners, officers and supervisors refer, and see what they sent. Your role is {role.words.lower()}."
            )
        try:
            return view(request, *args, **kwargs)
        except actions.NoSuchDraft:
            # sent, perhaps a moment ago in another window; or never this account's
            if queries.reference_from_draft_for(request.user, kwargs["key"]):
                return redirect("intake:done", key=kwargs["key"])
            raise Http404 from None

    return guarded


def journey_for(request: HttpRequest, key: UUID) -> Journey:
    """The account's own draft, as a journey. Raises NoSuchDraft."""
    draft = queries.draft_for(request.user, key)
    if draft is None:
        raise actions.NoSuchDraft(key)
    return journey_of(request, draft.answers)


def journey_of(request: HttpRequest, answers: dict[str, dict]) -> Journey:
    return Journey(policy.pack(), request.user.viewer, answers, clock.today(), request.user.post)


# Drafts


@require_safe
@referring
def start(request: HttpRequest) -> HttpResponse:
    return render(request, "intake/start.html", {"drafts": queries.drafts_for(request.user)})


@require_POST
@referring
def begin(request: HttpRequest) -> HttpResponse:
    return redirect("intake:tasks", key=actions.begin_draft(request.user).id)


@require_http_methods(["GET", "HEAD", "POST"])
@referring
def delete(request: HttpRequest, key: UUID) -> HttpResponse:
    journey_for(request, key)
    if request.method == "POST":
        actions.delete_draft(request.user, key)
        return redirect("intake:start")
    return render(request, "intake/delete.html", {"key": key})


@require_safe
@referring
def tasks(request: HttpRequest, key: UUID) -> HttpResponse:
    journey = journey_for(request, key)
    sections = []
    for section in SECTIONS:
        items = [item for question in section.questions for item in tasks_of(question, journey, key)]
        if items:
            sections.append({"title": section.title, "items": items})
    left = missing(journey)
    context = {"key": key, "sections": sections, "left": len(left), "questions": len(asked(journey))}
    return render(request, "intake/tasks.html", context)


def tasks_of(question: Question, journey: Journey, key: UUID) -> list[dict]:
    """The lines of the task list for a question: itself, and after the number of people the people themselves."""
    title = question.title_for(journey) if question.applies(journey) else question.title
    if not question.applies(journey):
        if question.not_needed and journey.trafficking:
            # the page says why
            why = reverse("intake:question", args=[key, question.slug])
            return [{"title": {"text": title}, "href": why, "status": {"text": question.not_needed}}]
        return []
    found = [
        {
            "title": {"text": title},
            "href": reverse("intake:question", args=[key, question.slug]),
            "status": status_words(journey.answered(question.slug), question.optional),
        }
    ]
    if question.slug == "victims":
        number = len(journey.people)
        words = {"text": f"{number} {'person' if number == 1 else 'people'}"} if number else status_words(False, True)
        found.append({"title": {"text": "Who they are"}, "href": reverse("intake:people", args=[key]), "status": words})
    return found


def status_words(answered: bool, optional: bool) -> dict:
    if answered:
        return {"text": "Completed"}
    if optional:
        return {"text": "Optional"}
    return {"tag": {"text": "Incomplete", "classes": "govuk-tag--blue"}}


# Questions


@require_http_methods(["GET", "HEAD", "POST"])
@referring
def question(request: HttpRequest, key: UUID, slug: str) -> HttpResponse:
    journey = journey_for(request, key)
    asking = QUESTIONS.get(slug)
    if asking is None:
        raise Http404
    tasks_page = reverse("intake:tasks", args=[key])
    if not asking.applies(journey):
        if asking.not_needed and journey.trafficking:
            context = {
                "question": asking,
                "back": tasks_page,
                "age_page": reverse("intake:question", args=[key, "age"]),
            }
            return render(request, "intake/not_needed.html", context)
        return redirect(tasks_page)
    checking = request.GET.get("back") == LAST_PAGE
    back = reverse("intake:check", args=[key]) if checking else tasks_page
    kept = journey.answers.get(slug)
    form = asking.form(journey, request.POST if request.method == "POST" else None, dict(kept or {}))
    if request.method == "POST":
        if "later" in request.POST and form.unchanged:
            return redirect("intake:start")
        if form.is_valid():
            actions.save_answer(request.user, key, slug, form.answer())
            if "later" in request.POST:
                return redirect("intake:start")
            if checking:
                return redirect(back)
            onward = following(journey_for(request, key), slug)
            return redirect(reverse("intake:question", args=[key, onward]) if onward else tasks_page)
    section = next(section.title for section in SECTIONS if asking in section.questions)
    return render(request, "intake/question.html", {"question": asking, "form": form, "section": section, "back": back})


@require_safe
@referring
def people(request: HttpRequest, key: UUID) -> HttpResponse:
    journey = journey_for(request, key)
    shown = [person_card(journey, person) for person in journey.people]
    context = {
        "key": key,
        "people": shown,
        "next_person": new_person()["id"] if len(shown) < MOST_PEOPLE else "",
        "most": MOST_PEOPLE,
        "back": reverse("intake:tasks", args=[key]),
    }
    return render(request, "intake/people.html", context)


def person_card(journey: Journey, person: dict) -> dict:
    """A person's answers read back: for each page its rows."""
    pages = [
        {"slug": page.slug, "title": page.title, "rows": list(page.form(journey, None, person.get(page.slug)).rows())}
        for page in PERSON_QUESTIONS
    ]
    return {"id": person["id"], "pages": pages}


@require_http_methods(["GET", "HEAD", "POST"])
@referring
def person_question(request: HttpRequest, key: UUID, person: str, slug: str) -> HttpResponse:
    journey = journey_for(request, key)
    asking = PERSON_PAGES.get(slug)
    if asking is None:
        raise Http404
    known = next((there for there in journey.people if there["id"] == person), None)
    back = reverse("intake:people", args=[key])
    if known is None and (slug != PERSON_QUESTIONS[0].slug or len(journey.people) >= MOST_PEOPLE):
        return redirect(back)
    checking = request.GET.get("back") == LAST_PAGE
    if checking:
        back = reverse("intake:check", args=[key])
    form = asking.form(journey, request.POST if request.method == "POST" else None, dict((known or {}).get(slug) or {}))
    if request.method == "POST":
        if "later" in request.POST and form.unchanged:
            return redirect("intake:start")
        if form.is_valid():
            actions.save_person(request.user, key, person, slug, form.answer())
            if "later" in request.POST:
                return redirect("intake:start")
            slugs = list(PERSON_PAGES)
            onward = slugs[slugs.index(slug) + 1 :]
            if checking or not onward:
                return redirect(back)
            return redirect("intake:person-question", key=key, person=person, slug=onward[0])
    context = {"question": asking, "form": form, "section": "Who it is about", "back": back}
    return render(request, "intake/question.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@referring
def remove_person(request: HttpRequest, key: UUID, person: str) -> HttpResponse:
    journey = journey_for(request, key)
    back = reverse("intake:people", args=[key])
    if request.method == "POST":
        actions.remove_person(request.user, key, person)
        return redirect(back)
    known = next((there for there in journey.people if there["id"] == person), None)
    if known is None:
        return redirect(back)
    names = person_card(journey, known)["pages"][0]["rows"]
    return render(request, "intake/remove_person.html", {"rows": [row for row in names if row[1]], "back": back})


# The last page, and after


@require_http_methods(["GET", "HEAD", "POST"])
@referring
def check(request: HttpRequest, key: UUID) -> HttpResponse:
    if request.method == "POST":
        try:
            actions.send_draft(request.user, key, lambda answers: shown_and_sent(request, key, answers))
            return redirect("intake:done", key=key)
        except NotReady as refused:
            return check_page(request, key, refused.problems)
    return check_page(request, key, [])


def shown_and_sent(request: HttpRequest, key: UUID, answers: dict[str, dict]) -> actions.Submission:
    """The submission, provided the answers are still those that the page showed."""
    submission = submission_of(journey_of(request, answers), str(key), clock.now())
    if request.POST.get("shown") != fingerprint(answers):
        raise NotReady([Problem("", "An answer was changed in another window. Check your answers again")])
    return submission


def check_page(request: HttpRequest, key: UUID, refused: list[Problem]) -> HttpResponse:
    journey = journey_for(request, key)
    sections = []
    for section in SECTIONS:
        shown = [question for question in section.questions if question.applies(journey)]
        rows = [
            {"slug": question.slug, "label": label, "words": words, "optional": question.optional}
            for question in shown
            for label, words in question.form(journey, None, dict(journey.answers.get(question.slug, {}))).rows()
        ]
        if rows:
            sections.append({"title": section.title, "rows": rows})
    context = {
        "key": key,
        "sections": sections,
        "people": [person_card(journey, person) for person in journey.people],
        "refused": refused,
        "open": problems(journey),
        "shown": fingerprint(journey.answers),
        "back": reverse("intake:tasks", args=[key]),
    }
    return render(request, "intake/check.html", context)


@require_safe
@referring
def done(request: HttpRequest, key: UUID) -> HttpResponse:
    reference = queries.reference_from_draft_for(request.user, key)
    there = queries.sent_one_for(request.user, reference, policy.pack())
    if there is None:
        raise Http404
    return render(request, "intake/done.html", {"sent": there})


@require_safe
@referring
def sent(request: HttpRequest) -> HttpResponse:
    page = queries.sent_for(request.user, policy.pack(), request.GET.get("page", 1))
    return render(request, "intake/sent.html", {"page": page})


@require_safe
@referring
def status(request: HttpRequest, reference: str) -> HttpResponse:
    there = queries.sent_one_for(request.user, reference, policy.pack())
    if there is None:
        raise Http404
    return render(request, "intake/status.html", {"sent": there})
