"""Support and safeguarding: what other units are asked for and the partner is told, a page a step, and the lists."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View
from django.views.decorators.http import require_safe

from palermo.domain.access import Act, Answer
from palermo.domain.support import Resource, Stage, Step
from palermo.web import clock, policy
from palermo.web.cases import showing
from palermo.web.cases.actions import NoReferral, Refused
from palermo.web.cases.forms import ACCEPT, MoveForm, ReasonForm
from palermo.web.cases.moves import owner_name, typed
from palermo.web.cases.queries import Event, Work, heir, told_by, unit_name, work_for
from palermo.web.support import actions, queries
from palermo.web.support.actions import Contact
from palermo.web.support.forms import AppointForm, AskForm, ContactForm, EndForm, RequestAnswerForm, SettlementForm
from palermo.web.support.queries import Request, Show

STAGE_TAGS = {
    Stage.ASKED: "govuk-tag--blue",
    Stage.GIVEN: "govuk-tag--green",
    Stage.REFUSED: "govuk-tag--orange",
    Stage.DISPUTED: "govuk-tag--purple",
    Stage.DECLINED: "govuk-tag--orange",
    Stage.WITHDRAWN: "govuk-tag--grey",
    Stage.ENDED: "govuk-tag--grey",
}


@require_safe
def support(request: HttpRequest, reference: str) -> HttpResponse:
    """What is asked of other units on a referral, and what came of it."""
    found = queries.support_for(request.user, reference)
    if found is None:
        raise Http404
    context = {
        "reference": reference,
        "parts": showing.parts(reference, "support:support"),
        "support": found,
        "suggested": suggested(found.work),
        "told": told_by(request.user, found.work.referral, request.GET.get("told", "")),
        "tags": STAGE_TAGS,
        "days_words": actions.days_words,
    }
    return render(request, "support/support.html", context)


def suggested(work: Work) -> list[tuple[str, str]]:
    """The units that the remit suggests, and why."""
    pack, day = policy.pack(), clock.today()
    return [(unit_name(pack, one["unit"], "", day), one["why"]) for one in work.decision.document["support"]]


class SupportPage(View):
    """Ask, take the step, and go back to the referral's support."""

    name = ""
    title = ""
    button = ""
    listed, listed_words = "support:support", "Support on this referral"
    """The page of the referral that it leads back to."""
    http_method_names = ("get", "head", "post")

    def get(self, request: HttpRequest, reference: str, **about: object) -> HttpResponse:
        work = self.open(request, reference)
        if work is None:
            return self.gone(request, reference, None, **about)
        answer = self.answer(request, work, **about)
        if not answer:
            return self.refused(request, work, answer.because, None)
        return self.page(request, work, self.form(None, work, **about), about)

    def post(self, request: HttpRequest, reference: str, **about: object) -> HttpResponse:
        work = self.open(request, reference)
        if work is None:
            return self.gone(request, reference, request.POST, **about)
        form = self.form(request.POST, work, **about)
        if not form.is_valid():
            answer = self.answer(request, work, **about)
            return (
                self.page(request, work, form, about) if answer else self.refused(request, work, answer.because, form)
            )
        try:
            told = self.make(request, reference, form.cleaned_data, **about)
        except NoReferral:
            return self.gone(request, reference, request.POST, **about)
        except Refused as refused:
            return self.refused(request, self.open(request, reference) or work, refused.because, form)
        if not queries.sees(request.user.viewer, reference):
            # whoever refuses has nothing to do with the referral any more
            return redirect(f"{reverse('support:requests')}?done")
        return redirect(f"{reverse(self.listed, args=[reference])}?told={told.pk}")

    def open(self, request: HttpRequest, reference: str) -> Work | None:
        return work_for(request.user, reference, self.name)

    def page(self, request: HttpRequest, work: Work, form: MoveForm, about: Mapping[str, object]) -> HttpResponse:
        reference = work.referral.reference
        context = {
            "reference": reference,
            "form": form,
            "title": self.title,
            "button": self.button,
            "says": self.says(request, work, **about),
            "back": reverse(self.listed, args=[reference]),
            "problem": bool(form.errors),
        }
        return render(request, "support/step.html", context, status=400 if form.errors else 200)

    def refused(self, request: HttpRequest, work: Work, because: str, form: MoveForm | None) -> HttpResponse:
        reference = work.referral.reference
        context = {
            "reference": reference,
            "move": self.title,
            "because": because,
            "open": [{"text": self.listed_words, "href": reverse(self.listed, args=[reference])}],
            "typed": typed(form) if form else [],
            "since": [],
        }
        return render(request, "cases/refused.html", context, status=409)

    def gone(self, request: HttpRequest, reference: str, data: Mapping | None, **about: object) -> HttpResponse:
        """What whoever may not know of the referral is told: nothing."""
        raise Http404

    # what each page fills in

    def answer(self, request: HttpRequest, work: Work, **about: object) -> Answer:
        raise NotImplementedError

    def form(self, data: Mapping | None, work: Work, **about: object) -> MoveForm:
        raise NotImplementedError

    def says(self, request: HttpRequest, work: Work, **about: object) -> list[tuple[str, str]]:
        return []

    def make(self, request: HttpRequest, reference: str, given: dict, **about: object) -> Model:
        """Do it; what is kept of it is told on the page that follows."""
        raise NotImplementedError


class Ask(SupportPage):
    name = "ask-support"
    title = "Ask another unit for support"
    button = "Ask for it"

    def answer(self, request, work, **about) -> Answer:
        able = queries.may_ask(request.user.viewer, work)
        if able and not queries.can_be_asked(work, policy.pack(), clock.today()):
            return Answer(False, "no other unit has anything that could be asked for and is not asked for already")
        return able

    def form(self, data, work, **about) -> MoveForm:
        pack, day = policy.pack(), clock.today()
        why = {one["unit"]: f"The remit suggests it: {one['why']}." for one in work.decision.document["support"]}
        found: list[tuple[Resource, str, str]] = [
            (one, unit_name(pack, one.unit, "", day), why.get(one.unit, ""))
            for one in queries.can_be_asked(work, pack, day)
        ]
        return AskForm(data, resources=found)

    def says(self, request, work, **about) -> list[tuple[str, str]]:
        return [
            ("Owner", owner_name(work)),
            ("What follows", "The unit that is asked can open the referral. It stays yours, whatever it answers."),
        ]

    def make(self, request, reference, given, **about) -> Event:
        resource, _, unit = given["resource"].partition("|")
        return actions.ask(request.user, reference, resource, unit, given["wanted"], given["days"])


class StepPage(SupportPage):
    """One step with one request."""

    step: Step

    @property
    def name(self) -> str:
        return f"support-{self.step.value}"

    def row(self, work: Work, key: int):
        row = queries.request_in(work, key)
        if row is None:
            raise Http404
        return row

    def request_of(self, request: HttpRequest, work: Work, key: int) -> Request:
        return queries.request_of(self.row(work, key), request.user.viewer, work)

    def answer(self, request, work, **about) -> Answer:
        return queries.answer(request.user.viewer, self.step, self.row(work, about["key"]), work)

    def says(self, request, work, **about) -> list[tuple[str, str]]:
        one = self.request_of(request, work, about["key"])
        row = one.row
        found = [
            ("What is asked for", one.words),
            ("Owner", owner_name(work)),
            ("What is wanted, and why", row.wanted),
        ]
        if row.days_wanted is not None:
            found.append(("Officer-days expected", actions.days_words(row.days_wanted)))
        if row.answer_reason and one.stage in (Stage.REFUSED, Stage.DISPUTED):
            found.append(("Why it was refused", row.answer_reason))
        if one.stage is Stage.DISPUTED:
            found.append(("Why it is put to you", row.dispute_reason))
        if row.responsible:
            found.append(("Post responsible", row.responsible))
        return found

    def gone(self, request, reference, data, **about) -> HttpResponse:
        """A unit that was asked is told that this is over, with whatever it had typed; others are told nothing."""
        theirs = Act.ANSWER_SUPPORT in self.step.rule.acts
        row = queries.once_asked(request.user.viewer, reference, about["key"]) if theirs else None
        if row is None:
            raise Http404
        form = self.form(data, None, **about) if data is not None else None
        context = {
            "reference": reference,
            "move": self.title,
            "because": f"your unit is not asked any more: the request is {Stage(row.stage).words}",
            "open": [{"text": "What your unit is asked for", "href": reverse("support:requests")}],
            "typed": typed(form) if form else [],
            "since": [],
            "over": True,
        }
        return render(request, "cases/refused.html", context, status=409)


class AnswerRequest(StepPage):
    step = Step.ANSWER
    title = "Answer the request for support"
    button = "Send the answer"

    def form(self, data, work, **about) -> MoveForm:
        return RequestAnswerForm(data)

    def make(self, request, reference, given, **about) -> Event:
        if given["choice"] == ACCEPT:
            return actions.accept(request.user, reference, about["key"], given["responsible"], given["reason"])
        return actions.refuse(request.user, reference, about["key"], given["reason"])


class Withdraw(StepPage):
    step = Step.WITHDRAW
    title = "Withdraw the request for support"
    button = "Withdraw it"

    def form(self, data, work, **about) -> MoveForm:
        return ReasonForm(data, label="Why is it not wanted any more?")

    def make(self, request, reference, given, **about) -> Event:
        return actions.withdraw(request.user, reference, about["key"], given["reason"])


class Dispute(StepPage):
    step = Step.DISPUTE
    title = "Put the refusal to the commander"
    button = "Put it to the commander"

    def form(self, data, work, **about) -> MoveForm:
        return ReasonForm(data, label="Why is it needed all the same?")

    def says(self, request, work, **about) -> list[tuple[str, str]]:
        return [
            *super().says(request, work, **about),
            ("What follows", "The commander decides, and that binds you both."),
        ]

    def make(self, request, reference, given, **about) -> Event:
        return actions.dispute(request.user, reference, about["key"], given["reason"])


class Settle(StepPage):
    step = Step.ARBITRATE
    title = "Decide whether the support is given"
    button = "Decide"

    def form(self, data, work, **about) -> MoveForm:
        row = self.row(work, about["key"])
        return SettlementForm(data, asked=unit_name(policy.pack(), heir(row.to_unit), "", clock.today()))

    def make(self, request, reference, given, **about) -> Event:
        return actions.settle(
            request.user, reference, about["key"], given=given["choice"] == ACCEPT, reason=given["reason"]
        )


class Appoint(StepPage):
    step = Step.APPOINT
    title = "Name the post responsible"
    button = "Name it"

    def form(self, data, work, **about) -> MoveForm:
        return AppointForm(data)

    def make(self, request, reference, given, **about) -> Event:
        return actions.appoint(request.user, reference, about["key"], given["responsible"])


class End(StepPage):
    step = Step.END
    title = "End the support"
    button = "End it"

    def form(self, data, work, **about) -> MoveForm:
        return EndForm(data)

    def make(self, request, reference, given, **about) -> Event:
        return actions.end(request.user, reference, about["key"], given["result"], given["days"])


# Lists


@require_safe
def requests(request: HttpRequest, show: str = "") -> HttpResponse:
    """One list of requests: what the caller's unit is asked for, gives, asks for; or those of all units."""
    lists = queries.lists_of(request.user.viewer)
    if not lists:
        raise PermissionDenied("Requests for support are open to officers, supervisors, the commander and the auditor.")
    if show and show not in lists:
        raise Http404
    found = queries.listing_for(request.user, Show(show) if show else lists[0], request.GET.get("page", 1))
    context = {
        "listing": found,
        "done": "done" in request.GET,
        "lists_children": request.user.viewer.role in queries.LISTS_CHILDREN,
        "tags": STAGE_TAGS,
    }
    return render(request, "support/requests.html", context)


# The safeguarding partner


@require_safe
def safeguarding(request: HttpRequest, reference: str) -> HttpResponse:
    """Who is to be told of a child, by when, and every contact with the partner so far."""
    found = queries.safeguarding_for(request.user, reference)
    if found is None:
        raise Http404
    context = {
        "reference": reference,
        "parts": showing.parts(reference, "support:safeguarding"),
        "safeguarding": found,
        "owner": owner_name(found.work),
        "told": queries.contact_by(request.user, reference, request.GET.get("told", "")),
    }
    return render(request, "support/safeguarding.html", context)


class ContactPage(SupportPage):
    """A contact with the partner."""

    listed, listed_words = "support:safeguarding", "Safeguarding of this referral"
    later = False

    def form(self, data, work, **about) -> MoveForm:
        form = ContactForm(data, now=clock.now(), later=self.later)
        form.initial["page"] = secrets.token_urlsafe(16)
        return form

    def says(self, request, work, **about) -> list[tuple[str, str]]:
        return [("Safeguarding partner", work.decision.safeguarding_partner or "None now"), ("Owner", owner_name(work))]

    def make(self, request, reference, given, **about) -> Model:
        contact = Contact(
            kind=given.get("kind") or queries.TOLD,
            at=given["at"],
            how=given["how"],
            to_post=given["to_post"],
            says=given["says"],
            their_reference=given["their_reference"],
            does=given["does"],
        )
        return actions.add_contact(request.user, reference, contact, page=given["page"])


class TellPartner(ContactPage):
    name = "tell-partner"
    title = "Record that the safeguarding partner was told"
    button = "Record it"

    def answer(self, request, work, **about) -> Answer:
        return queries.may_tell(request.user.viewer, work)


class AddContact(ContactPage):
    name = "partner-contact"
    title = "Record a contact with the safeguarding partner"
    button = "Record it"
    later = True

    def answer(self, request, work, **about) -> Answer:
        return queries.may_add(request.user.viewer, work)


@require_safe
def untold(request: HttpRequest) -> HttpResponse:
    """The children whose safeguarding partner has not been told."""
    if request.user.viewer.role not in queries.LISTS_CHILDREN:
        raise PermissionDenied("Whose partner is not told is open to supervisors, the commander and the auditor.")
    shown = queries.untold_for(request.user, request.GET.get("page", 1))
    context = {"page": shown, "tags": showing.STATE_TAGS}
    return render(request, "support/untold.html", context)
