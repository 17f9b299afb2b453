"""One page a move: what is asked, what it does, and what is said where it cannot be made."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View

from palermo.domain.access import Answer as Answered
from palermo.domain.casework import Move
from palermo.domain.referral import FactsRefused
from palermo.web import clock, policy
from palermo.web.cases import actions, queries, showing
from palermo.web.cases.actions import Seen
from palermo.web.cases.forms import (
    ACCEPT,
    NOT_KNOWN,
    REFUSE,
    AnswerForm,
    ChoiceForm,
    MoveForm,
    ReasonForm,
    SettleForm,
)
from palermo.web.cases.queries import Event, Work

NUMBER = re.compile(r"\d{1,18}", re.ASCII)


class MovePage(View):
    """Ask, make the move, and go back to the referral.

    Where somebody else was first, the page comes again with what they did, and with everything that was typed.
    """

    move: Move
    title = ""
    button = ""
    http_method_names = ("get", "head", "post")

    def get(self, request: HttpRequest, reference: str, **about: object) -> HttpResponse:
        work = self.open(request, reference)
        answer = self.answer(request, work, **about)
        if not answer:
            return self.refused(request, work, answer.because, None, 409)
        return self.page(request, work, self.form(None, work, **about), about)

    def post(self, request: HttpRequest, reference: str, **about: object) -> HttpResponse:
        seen = seen_by(request)
        work = self.open(request, reference)
        form = self.form(request.POST, work, **about)
        if not form.is_valid():
            answer = self.answer(request, work, **about)
            if not answer:
                return self.refused(request, work, answer.because, form, 409)
            return self.page(request, work, form, about, seen=seen)
        try:
            told = self.make(request, reference, seen, form.cleaned_data, **about)
        except actions.NoReferral:
            raise Http404 from None
        except actions.Refused as refused:
            return self.refused(request, self.open(request, reference), refused.because, form, 409)
        except FactsRefused as refused:
            return self.refused(request, work, str(refused), form, 409)
        except actions.Overtaken as overtaken:
            return self.overtaken(request, self.open(request, reference), form, about, overtaken.since)
        return redirect(f"{reverse('cases:referral', args=[reference])}?told={told.pk}")

    def open(self, request: HttpRequest, reference: str) -> Work:
        work = queries.work_for(request.user, reference, self.move.value)
        if work is None:
            raise Http404
        return work

    def overtaken(
        self, request: HttpRequest, work: Work, form: MoveForm, about: Mapping[str, object], since: list[Event]
    ) -> HttpResponse:
        answer = self.answer(request, work, **about)
        if not answer:
            return self.refused(request, work, answer.because, form, 409, since)
        # what was typed stays; what is chosen from is made of how it stands now
        again = self.form(request.POST, work, **about)
        return self.page(request, work, again, about, since=since, status=409)

    def page(
        self,
        request: HttpRequest,
        work: Work,
        form: MoveForm,
        about: Mapping[str, object],
        *,
        seen: Seen | None = None,
        since: list[Event] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        context = {
            "work": work,
            "reference": work.referral.reference,
            "form": form,
            "title": self.title_of(work, **about),
            "button": self.button,
            "says": self.says(work, **about),
            "seen": seen or Seen(work.case.version, queries.last_event(work.referral)),
            "since": since or [],
            "problem": bool(form.errors or since),
        }
        return render(request, "cases/move.html", context, status=status)

    def refused(
        self,
        request: HttpRequest,
        work: Work,
        because: str,
        form: MoveForm | None,
        status: int,
        since: list[Event] | None = None,
    ) -> HttpResponse:
        context = {
            "reference": work.referral.reference,
            "move": self.move.words,
            "because": because,
            "open": showing.move_links(work, request.user.viewer, policy.pack(), clock.today()),
            "typed": typed(form) if form else [],
            "since": since or [],
        }
        return render(request, "cases/refused.html", context, status=status)

    # what each move fills in

    def answer(self, request: HttpRequest, work: Work, **about: object) -> Answered:
        """Whether the move can be made now."""
        return work.answer(request.user.viewer, self.move)

    def form(self, data: Mapping | None, work: Work, **about: object) -> MoveForm:
        return MoveForm(data)

    def title_of(self, work: Work, **about: object) -> str:
        return self.title

    def says(self, work: Work, **about: object) -> list[tuple[str, str]]:
        """What the page puts before the question: labels and words."""
        return []

    def make(self, request: HttpRequest, reference: str, seen: Seen, given: dict, **about: object) -> Event:
        raise NotImplementedError


def seen_by(request: HttpRequest) -> Seen:
    """What the page was made of; a page that does not say is not one of ours."""
    version, event = request.POST.get("version", ""), request.POST.get("event", "")
    if not (NUMBER.fullmatch(version) and NUMBER.fullmatch(event)):
        raise SuspiciousOperation("a move without the version that it was made on")
    return Seen(int(version), int(event))


def typed(form: MoveForm) -> list[tuple[str, str]]:
    """What was typed, to be read and copied where there is no form to put it in any more."""
    return [(field.label, str(field.value())) for field in form.visible_fields() if field.value()]


def owner_name(work: Work) -> str:
    return queries.unit_name(policy.pack(), *work.place, clock.today())


class Accept(MovePage):
    move = Move.ACCEPT
    title = "Accept this referral?"
    button = "Accept"

    def says(self, work: Work, **about: object) -> list[tuple[str, str]]:
        return [("Accepted for", owner_name(work)), ("What follows", "The clock for acceptance stops.")]

    def make(self, request, reference, seen, given, **about) -> Event:
        return actions.accept(request.user, reference, seen)


class Take(MovePage):
    move = Move.TAKE
    title = "Take this referral on yourself?"
    button = "Take it on"

    def answer(self, request, work, **about) -> Answered:
        able = super().answer(request, work)
        if able and work.case.officer_id == request.user.pk:
            return Answered(False, "it is with you already")
        return able

    def says(self, work: Work, **about: object) -> list[tuple[str, str]]:
        return [("With", work.case.officer.post if work.case.officer else "nobody yet")]

    def make(self, request, reference, seen, given, **about) -> Event:
        return actions.take(request.user, reference, seen)


class Allocate(MovePage):
    move = Move.ALLOCATE
    title = "Allocate this referral"
    button = "Allocate"

    def form(self, data, work, **about) -> MoveForm:
        people = [(str(person.pk), person.post) for person in queries.working_there(*work.place)]
        return ChoiceForm(
            data,
            label="Who takes it on?",
            choices=people,
            refusal="Select who takes it on",
            reason="Note for the officer (optional)",
            optional=True,
        )

    def says(self, work: Work, **about: object) -> list[tuple[str, str]]:
        return [("With", work.case.officer.post if work.case.officer else "nobody yet")]

    def make(self, request, reference, seen, given, **about) -> Event:
        return actions.allocate(request.user, reference, seen, int(given["choice"]), given["reason"])


class HandBack(MovePage):
    move = Move.HAND_BACK
    title = "Hand this referral back"
    button = "Hand it back"

    def form(self, data, work, **about) -> MoveForm:
        return ReasonForm(data, label="Why does it not belong here?")

    def says(self, work: Work, **about: object) -> list[tuple[str, str]]:
        return [
            ("Owner", owner_name(work)),
            ("What follows", "A supervisor or the commander settles it. It stays yours until another unit accepts it."),
        ]

    def make(self, request, reference, seen, given, **about) -> Event:
        return actions.hand_back(request.user, reference, seen, given["reason"])


class Settle(MovePage):
    move = Move.SETTLE
    title = "Settle the hand-back"
    button = "Settle it"

    def form(self, data, work, **about) -> MoveForm:
        there = queries.places(policy.pack(), clock.today())
        others = [(f"{unit}|{borough}", name) for unit, borough, name in there if (unit, borough) != work.place]
        return SettleForm(data, owner=owner_name(work), places=others)

    def says(self, work: Work, **about: object) -> list[tuple[str, str]]:
        found = [("Owner", owner_name(work))]
        if work.offer:
            found.append(("Why it is handed back", work.offer.reason))
        return found

    def make(self, request, reference, seen, given, **about) -> Event:
        if given["choice"] == REFUSE:
            return actions.keep_with_owner(request.user, reference, seen, given["reason"])
        unit, _, borough = given["unit"].partition("|")
        return actions.name_another_owner(request.user, reference, seen, (unit, borough), given["reason"])


class Correct(MovePage):
    move = Move.CORRECT
    button = "Correct it"

    def form(self, data, work, **about) -> MoveForm:
        name = about["field"]
        given = queries.facts_as_given(work.facts, policy.pack())
        if name not in given or name in queries.MADE_BY_MOVES:
            raise Http404
        pack = policy.pack()
        if name == "borough":
            choices = [(NOT_KNOWN, "Not known yet"), *((borough, borough) for borough in sorted(pack.boroughs))]
        else:
            asked = pack.vocabulary.by_name[name]
            choices = [(value, showing.capital(asked.words(value))) for value in asked.values]
        now = given[name] if given[name] is not None else NOT_KNOWN
        return ChoiceForm(
            data,
            label="What is right?",
            choices=[(value, words) for value, words in choices if value != now],
            refusal="Select what is right",
            reason="How do you know?",
            long=name == "borough",
        )

    def title_of(self, work: Work, **about: object) -> str:
        return f"Correct: {actions.title_of(policy.pack(), about['field'])}"

    def says(self, work: Work, **about: object) -> list[tuple[str, str]]:
        pack = policy.pack()
        now = queries.facts_as_given(work.facts, pack)[about["field"]]
        return [
            ("Recorded now", showing.capital(actions.words_of(pack, about["field"], now))),
            ("Owner", owner_name(work)),
            (
                "What follows",
                "The remit of today decides again. Where it names another unit, that unit is asked; until it accepts, "
                "the referral stays where it is.",
            ),
        ]

    def make(self, request, reference, seen, given, **about) -> Event:
        value = None if given["choice"] == NOT_KNOWN else given["choice"]
        return actions.correct(request.user, reference, seen, about["field"], value, given["reason"])


class Escalate(MovePage):
    move = Move.ESCALATE
    title = "Ask for escalation"
    button = "Ask for escalation"

    def answer(self, request, work, **about) -> Answered:
        able = super().answer(request, work)
        if able and queries.would_take(work, policy.pack(), clock.today()) is None:
            return Answered(False, actions.NOBODY_TO_ASK)
        return able

    def form(self, data, work, **about) -> MoveForm:
        return ReasonForm(data, label="Why is it beyond what your unit can do?")

    def says(self, work: Work, **about: object) -> list[tuple[str, str]]:
        to = queries.would_take(work, policy.pack(), clock.today())
        asked = queries.unit_name(policy.pack(), *to, clock.today()) if to else ""
        return [
            ("Owner", owner_name(work)),
            ("Who is asked", asked),
            ("What follows", "It stays yours until that unit accepts it."),
        ]

    def make(self, request, reference, seen, given, **about) -> Event:
        return actions.escalate(request.user, reference, seen, given["reason"])


class Answer(MovePage):
    move = Move.ANSWER
    title = "Answer the offer"
    button = "Send the answer"

    def form(self, data, work, **about) -> MoveForm:
        choices = [(ACCEPT, "Accept: it is ours from now on"), (REFUSE, f"Refuse: it stays with {owner_name(work)}")]
        return AnswerForm(data, label="Does your unit take it?", choices=choices)

    def says(self, work: Work, **about: object) -> list[tuple[str, str]]:
        if work.offer is None:
            return []
        asked_by = work.offer.offered_by.post if work.offer.offered_by else "a command"
        return [("Owner", owner_name(work)), ("Asked by", asked_by), ("Why you are asked", work.offer.reason)]

    def make(self, request, reference, seen, given, **about) -> Event:
        move = actions.accept_offer if given["choice"] == ACCEPT else actions.refuse_offer
        return move(request.user, reference, seen, given["reason"])


class Done(MovePage):
    move = Move.FINISH
    title = "Record what was done"
    button = "Record it"

    def answer(self, request, work, **about) -> Answered:
        able = super().answer(request, work)
        running = queries.clock_of(work.referral, about["clock"])
        if able and not (running and queries.stopped_by_hand(running)):
            return Answered(False, actions.STOPPED)
        return able

    def form(self, data, work, **about) -> MoveForm:
        return ReasonForm(data, label="What was done?")

    def says(self, work: Work, **about: object) -> list[tuple[str, str]]:
        running = queries.clock_of(work.referral, about["clock"])
        return [] if running is None else [("What was due", running.label), ("By", showing.due_words(running.due_at))]

    def make(self, request, reference, seen, given, **about) -> Event:
        return actions.finish(request.user, reference, seen, about["clock"], given["reason"])


class Name(MovePage):
    move = Move.NAME
    title = "Name somebody on this restricted referral"
    button = "Name them"

    def form(self, data, work, **about) -> MoveForm:
        return ChoiceForm(
            data,
            label="Who may open it?",
            choices=[(str(person.pk), person.post) for person in queries.nameable(work)],
            refusal="Select who may open it",
            reason="Why do they need to?",
            long=True,
        )

    def make(self, request, reference, seen, given, **about) -> Event:
        return actions.name_person(request.user, reference, seen, int(given["choice"]), given["reason"])
