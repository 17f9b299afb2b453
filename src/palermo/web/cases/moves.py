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
from palermo.domain.policy import listed
from palermo.domain.referral import FactsRefused
from palermo.web import clock, policy
from palermo.web.cases import actions, queries, showing
from palermo.web.cases.actions import Seen
from palermo.web.cases.forms import (
    ACCEPT,
    NOT_KNOWN,
    REFUSE,
    AnswerForm,
    AssessForm,
    ChoiceForm,
    CloseForm,
    MoveForm,
    PlanForm,
    ReasonForm,
    SettleForm,
    SuspendForm,
)
from palermo.web.cases.queries import Event, Work
from palermo.web.layout import moment_words

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
        return SettleForm(data, owner=owner_name(work), places=other_places(work))

    def says(self, work: Work, **about: object) -> list[tuple[str, str]]:
        found = [("Owner", owner_name(work))]
        if work.offer:
            found.append(("Why it is handed back", work.offer.reason))
        return found

    def make(self, request, reference, seen, given, **about) -> Event:
        if given["choice"] == REFUSE:
            return actions.keep_with_owner(request.user, reference, seen, given["reason"])
        return actions.name_another_owner(request.user, reference, seen, place_of(given["unit"]), given["reason"])


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


class OfClock(MovePage):
    """A move on one clock, with its reason."""

    ask = ""

    def form(self, data, work, **about) -> MoveForm:
        return ReasonForm(data, label=self.ask)

    def says(self, work: Work, **about: object) -> list[tuple[str, str]]:
        found = queries.clock_of(work.referral, about["clock"])
        if found is None:
            return []
        return [
            ("What is due", found.label),
            ("By", moment_words(found.due_at) if found.paused_at else showing.due_words(found.due_at)),
        ]


class Pause(OfClock):
    move = Move.PAUSE
    title = "Pause a clock"
    button = "Pause it"
    ask = "What does it wait for?"

    def answer(self, request, work, **about) -> Answered:
        able = super().answer(request, work)
        running = queries.clock_of(work.referral, about["clock"])
        if able and not (running and queries.may_be_paused(running, policy.pack(), clock.now())):
            return Answered(False, actions.NOT_PAUSED)
        return able

    def make(self, request, reference, seen, given, **about) -> Event:
        return actions.pause_clock(request.user, reference, seen, about["clock"], given["reason"])


class Restart(OfClock):
    move = Move.RESTART
    title = "Let the clock run again"
    button = "Let it run"
    ask = "What has changed?"

    def answer(self, request, work, **about) -> Answered:
        able = super().answer(request, work)
        paused = queries.clock_of(work.referral, about["clock"])
        if able and not (paused and paused.paused_at):
            return Answered(False, "this clock is not paused")
        return able

    def make(self, request, reference, seen, given, **about) -> Event:
        return actions.restart(request.user, reference, seen, about["clock"], given["reason"])


class Plan(MovePage):
    move = Move.PLAN
    title = "What is done next"
    button = "Save it"

    def form(self, data, work, **about) -> MoveForm:
        return PlanForm(data, today=clock.today())

    def make(self, request, reference, seen, given, **about) -> Event:
        return actions.plan_next(request.user, reference, seen, given["what"], given["due"])


class Assess(MovePage):
    move = Move.ASSESS
    title = "Record the assessment"
    button = "Record it"

    def form(self, data, work, **about) -> MoveForm:
        return AssessForm(data, definition=policy.pack().definition, elements=work.facts.elements)

    def says(self, work: Work, **about: object) -> list[tuple[str, str]]:
        return [
            ("Finding now", work.decision.finding_document["explanation"]),
            (
                "What follows",
                "What is shown is held against the definition again. Facts are corrected on their own page.",
            ),
        ]

    def make(self, request, reference, seen, given, **about) -> Event:
        elements = {kind.list: given[kind.list] for kind in policy.pack().definition.kinds}
        return actions.assess(
            request.user,
            reference,
            seen,
            elements=elements,
            risk=given["risk"],
            course=given["course"],
            reason=given["reason"],
        )


class Investigate(MovePage):
    move = Move.INVESTIGATE
    title = "Start the investigation"
    button = "Start it"

    def answer(self, request, work, **about) -> Answered:
        able = super().answer(request, work)
        if able and work.case.officer is None:
            return Answered(False, "nobody has it. Allocate it to an officer first")
        return able

    def form(self, data, work, **about) -> MoveForm:
        return ReasonForm(data, label="Why is it investigated, and what is done first?")

    def says(self, work: Work, **about: object) -> list[tuple[str, str]]:
        return [("With", work.case.officer.post if work.case.officer else "nobody yet")]

    def make(self, request, reference, seen, given, **about) -> Event:
        return actions.investigate(request.user, reference, seen, given["reason"])


class Suspend(MovePage):
    move = Move.SUSPEND
    title = "Suspend this case"
    button = "Suspend it"

    def form(self, data, work, **about) -> MoveForm:
        return SuspendForm(data, today=clock.today())

    def says(self, work: Work, **about: object) -> list[tuple[str, str]]:
        return [("What follows", "Clocks stand still, but for those about what cannot wait. It stays its owner’s.")]

    def make(self, request, reference, seen, given, **about) -> Event:
        return actions.suspend(request.user, reference, seen, given["review_on"], given["reason"])


class Resume(MovePage):
    move = Move.RESUME
    title = "Take this case up again"
    button = "Take it up again"

    def form(self, data, work, **about) -> MoveForm:
        return ReasonForm(data, label="What has changed?")

    def make(self, request, reference, seen, given, **about) -> Event:
        return actions.resume(request.user, reference, seen, given["reason"])


class Close(MovePage):
    move = Move.CLOSE
    title = "Close this case"
    button = "Close it"

    def form(self, data, work, **about) -> MoveForm:
        return CloseForm(data)

    def says(self, work: Work, **about: object) -> list[tuple[str, str]]:
        running = [one.label for one in queries.due_of(work.referral)]
        ends = f"These clocks end: {listed(running)}." if running else "No clock runs."
        return [("Owner", owner_name(work)), ("What follows", f"{ends} Support that others give ends as well.")]

    def make(self, request, reference, seen, given, **about) -> Event:
        return actions.close(request.user, reference, seen, given["outcome"], given["reason"], given["force"])


class Reopen(MovePage):
    move = Move.REOPEN
    title = "Reopen this case"
    button = "Reopen it"

    def form(self, data, work, **about) -> MoveForm:
        return ReasonForm(data, label="Why is it opened again?")

    def says(self, work: Work, **about: object) -> list[tuple[str, str]]:
        if queries.is_there(policy.pack(), work.owner.unit, clock.today()):
            return [("Owner", owner_name(work))]
        after = "The remit of today names who has it, and that unit is to accept."
        return [("Owner", f"{owner_name(work)} is not there any more. {after}")]

    def make(self, request, reference, seen, given, **about) -> Event:
        return actions.reopen(request.user, reference, seen, given["reason"])


class Dispute(MovePage):
    move = Move.DISPUTE
    title = "Put this case in dispute"
    button = "Put it in dispute"

    def form(self, data, work, **about) -> MoveForm:
        reason = "Why is it not yours, or theirs?"
        if work.offer:
            return ReasonForm(data, label=reason)
        return ChoiceForm(
            data,
            label="Which unit has a claim?",
            choices=other_places(work),
            refusal="Select which unit has a claim",
            reason=reason,
            long=True,
        )

    def says(self, work: Work, **about: object) -> list[tuple[str, str]]:
        found = [("Owner", owner_name(work))]
        if work.offer:
            asked = queries.unit_name(policy.pack(), work.offer.to_unit, work.offer.to_borough, clock.today())
            found.append(("Offered to", asked))
        return [*found, ("What follows", "The commander settles whose it is. Until then it stays its owner’s.")]

    def make(self, request, reference, seen, given, **about) -> Event:
        return actions.dispute(request.user, reference, seen, place_of(given.get("choice", "")), given["reason"])


class Arbitrate(MovePage):
    move = Move.ARBITRATE
    title = "Settle the dispute"
    button = "Settle it"

    def form(self, data, work, **about) -> MoveForm:
        owner = ("|".join(work.place), f"{owner_name(work)}, which owns it now")
        return ChoiceForm(
            data,
            label="Whose is it?",
            choices=[owner, *other_places(work)],
            refusal="Select whose it is",
            reason="Reason, as both units are told",
            long=True,
        )

    def says(self, work: Work, **about: object) -> list[tuple[str, str]]:
        if work.offer is None:
            return []
        other = queries.unit_name(policy.pack(), work.offer.to_unit, work.offer.to_borough, clock.today())
        return [("Owner", owner_name(work)), ("In dispute with", other), ("Why", work.offer.reason)]

    def make(self, request, reference, seen, given, **about) -> Event:
        return actions.arbitrate(request.user, reference, seen, place_of(given["choice"]), given["reason"])


def other_places(work: Work) -> list[tuple[str, str]]:
    """Every other unit that can own it today, as a choice."""
    there = queries.places(policy.pack(), clock.today())
    return [(f"{unit}|{borough}", name) for unit, borough, name in there if (unit, borough) != work.place]


def place_of(choice: str) -> tuple[str, str]:
    unit, _, borough = choice.partition("|")
    return unit, borough


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
