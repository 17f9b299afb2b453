"""One page a move on an operation: what is asked, what it does, and what is said where it cannot be made."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from decimal import Decimal

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View

from palermo.domain.access import Answer, Role
from palermo.domain.operations import Move, State
from palermo.web import clock, policy
from palermo.web.cases.actions import NoReferral, Refused, Seen
from palermo.web.cases.forms import MoveForm
from palermo.web.cases.moves import seen_by, typed
from palermo.web.operations import showing
from palermo.web.operations.actions import operations as actions
from palermo.web.operations.forms import (
    CostForm,
    EndForm,
    LinkForm,
    ReasonForm,
    ReportForm,
    ResultForm,
    ReviseForm,
    ScoreForm,
    UseForm,
    planned,
)
from palermo.web.operations.queries import operations as queries
from palermo.web.operations.queries.operations import Event, Held
from palermo.web.operations.queries.places import Desk, desk_name, desks, taskable_places


class OperationPage(View):
    """Ask, make the move, and go back to the operation.

    Where somebody else was first, the page comes again with what they did, and with everything that was typed.
    """

    move: Move
    title = ""
    button = ""
    template = "operations/move.html"
    http_method_names = ("get", "head", "post")

    def get(self, request: HttpRequest, key: str, **about: object) -> HttpResponse:
        held = self.open(request, key)
        answer = self.answer(request, held, **about)
        if not answer:
            return self.refused(request, held, answer.because, None)
        return self.page(request, held, self.form(None, request, held, **about), about)

    def post(self, request: HttpRequest, key: str, **about: object) -> HttpResponse:
        seen = seen_by(request)
        held = self.open(request, key)
        form = self.form(request.POST, request, held, **about)
        if not form.is_valid():
            answer = self.answer(request, held, **about)
            if not answer:
                return self.refused(request, held, answer.because, form)
            return self.page(request, held, form, about, seen=seen)
        try:
            told = self.make(request, held, seen, form.cleaned_data, **about)
        except (actions.NoOperation, NoReferral):
            raise Http404 from None
        except actions.Repeated as repeated:
            told = repeated.event
        except Refused as refused:
            return self.refused(request, self.open(request, key), refused.because, form)
        except actions.Overtaken as overtaken:
            return self.overtaken(request, self.open(request, key), form, about, overtaken.since)
        return redirect(f"{reverse('operations:operation', args=[key])}?told={told.pk}")

    def open(self, request: HttpRequest, key: str) -> Held:
        held = queries.operation_for(request.user, key, self.move.value)
        if held is None:
            raise Http404
        return held

    def overtaken(
        self, request: HttpRequest, held: Held, form: forms.Form, about: Mapping[str, object], since: list[Event]
    ) -> HttpResponse:
        answer = self.answer(request, held, **about)
        if not answer:
            return self.refused(request, held, answer.because, form, since)
        # what was typed stays; what is chosen from is made of how it stands now
        again = self.form(request.POST, request, held, **about)
        return self.page(request, held, again, about, since=since, status=409)

    def page(
        self,
        request: HttpRequest,
        held: Held,
        form: forms.Form,
        about: Mapping[str, object],
        *,
        seen: Seen | None = None,
        since: list[Event] | None = None,
        status: int = 0,
    ) -> HttpResponse:
        context = {
            "held": held,
            "operation": held.operation,
            "form": form,
            "title": self.title_of(held, **about),
            "button": self.button,
            "says": self.says(held, **about),
            "seen": seen or Seen(held.operation.version, queries.last_event(held.operation)),
            "page": page_of(request),
            "since": since or [],
            "problem": bool(form.errors or since),
        }
        return render(request, self.template, context, status=status or (400 if form.errors else 200))

    def refused(
        self,
        request: HttpRequest,
        held: Held,
        because: str,
        form: forms.Form | None,
        since: list[Event] | None = None,
    ) -> HttpResponse:
        context = {
            "operation": held.operation,
            "move": self.move.words,
            "because": because,
            "open": showing.move_links(held, request.user.viewer),
            "typed": typed(form) if form else [],
            "since": since or [],
        }
        return render(request, "operations/refused.html", context, status=409)

    # what each move fills in

    def answer(self, request: HttpRequest, held: Held, **about: object) -> Answer:
        """Whether the move can be made now."""
        return held.answer(request.user.viewer, self.move)

    def form(self, data: Mapping | None, request: HttpRequest, held: Held, **about: object) -> forms.Form:
        return MoveForm(data)

    def title_of(self, held: Held, **about: object) -> str:
        return self.title

    def says(self, held: Held, **about: object) -> list[tuple[str, str]]:
        """What the page puts before the question: labels and words."""
        return []

    def make(self, request: HttpRequest, held: Held, seen: Seen, given: dict, **about: object) -> Event:
        raise NotImplementedError


def page_of(request: HttpRequest) -> str:
    """What tells this opening of the page from another; kept when it comes again with what was typed."""
    return request.POST.get("page", "")[:64] or secrets.token_urlsafe(16)


def leads_for(request: HttpRequest, also: tuple[str, str] | None = None) -> list[tuple[str, str]]:
    """The units that the account may propose for: its own, or for the commander any; and the one that leads now."""
    viewer, pack, day = request.user.viewer, policy.pack(), clock.today()
    if viewer.role is Role.COMMANDER:
        found = [((unit, borough), name) for unit, borough, name in taskable_places(pack, day)]
    else:
        own = (viewer.unit, viewer.borough)
        found = [(own, desk_name(pack, Desk(*own), day))]
    if also and also not in {place for place, _ in found}:
        found.append((also, desk_name(pack, Desk(*also), day)))
    return [(Desk(*place).value, name) for place, name in found]


class Revise(OperationPage):
    move = Move.REVISE
    title = "Change the plan"
    button = "Change it"
    template = "operations/revise.html"

    def form(self, data, request, held, **about) -> forms.Form:
        plan = held.plan
        lead = (plan.lead_unit, plan.lead_borough)
        return ReviseForm(
            data,
            leads=leads_for(request, lead),
            desks=desks(policy.pack(), clock.today()),
            there={Desk(one.unit, one.borough, one.function): one.officer_days for one in held.resources},
            initial={
                "name": held.operation.name,
                "objective": plan.objective,
                "kind": plan.kind,
                "nim_level": str(plan.nim_level),
                "lead": Desk(*lead).value,
                "starts_on": plan.starts_on,
                "ends_on": plan.ends_on,
            },
        )

    def make(self, request, held, seen, given, **about) -> Event:
        plan = planned(given, given["resources"])
        return actions.revise(request.user, held.operation.key, seen, given["name"], plan, given["reason"])


class Score(OperationPage):
    move = Move.SCORE
    title = "Score the proposal"
    button = "Score it"
    template = "operations/score.html"

    def form(self, data, request, held, **about) -> forms.Form:
        criteria = policy.pack().tasking.matrix.on(clock.today())
        known = {one.id: one.highest for one in criteria}
        there = {one["id"]: one for one in held.scoring.levels}
        kept = {id_: one for id_, one in there.items() if id_ in known and one["level"] <= known[id_]}
        return ScoreForm(data, criteria=criteria, initial=kept)

    def make(self, request, held, seen, given, **about) -> Event:
        return actions.score_again(request.user, held.operation.key, seen, given["levels"])


class ProposeAgain(OperationPage):
    move = Move.PROPOSE_AGAIN
    title = "Propose it again"
    button = "Propose it again"

    def form(self, data, request, held, **about) -> forms.Form:
        return ReasonForm(data, label="What has changed since it was refused?")

    def make(self, request, held, seen, given, **about) -> Event:
        return actions.propose_again(request.user, held.operation.key, seen, given["reason"])


class Start(OperationPage):
    move = Move.START
    title = "Start the operation"
    button = "Start it"

    def form(self, data, request, held, **about) -> forms.Form:
        return ReasonForm(data, label="What starts it?")

    def says(self, held: Held, **about: object) -> list[tuple[str, str]]:
        return [
            ("Planned", showing.span_words(held.plan.starts_on, held.plan.ends_on)),
            ("Officer-days planned", showing.days_words(held.planned)),
        ]

    def make(self, request, held, seen, given, **about) -> Event:
        return actions.start(request.user, held.operation.key, seen, given["reason"])


class End(OperationPage):
    move = Move.END
    title = "End the operation"
    button = "End it"

    def form(self, data, request, held, **about) -> forms.Form:
        return EndForm(data, ran=held.state is State.RUNNING)

    def says(self, held: Held, **about: object) -> list[tuple[str, str]]:
        return [
            ("What follows", "Results, costs and officer-days used can still be recorded. It cannot be started again.")
        ]

    def make(self, request, held, seen, given, **about) -> Event:
        return actions.end(request.user, held.operation.key, seen, given.get("report", ""), given["reason"])


class Link(OperationPage):
    move = Move.LINK
    title = "Link a case"
    button = "Link it"

    def form(self, data, request, held, **about) -> forms.Form:
        return LinkForm(data, reference=request.GET.get("reference", "")[:20])

    def says(self, held: Held, **about: object) -> list[tuple[str, str]]:
        return [
            (
                "What follows",
                "The case’s timeline says so. Who may open the case stays as it is; others see only that there is one.",
            )
        ]

    def make(self, request, held, seen, given, **about) -> Event:
        try:
            return actions.link(request.user, held.operation.key, page_of(request), given["reference"], given["reason"])
        except NoReferral:
            raise Refused("there is no case of this reference that you may open") from None


class Unlink(OperationPage):
    move = Move.LINK
    title = "Take a case out"
    button = "Take it out"

    def form(self, data, request, held, **about) -> forms.Form:
        if queries.link_of(held.operation, about["reference"], request.user.viewer) is None:
            raise Http404
        return ReasonForm(data, label="Why does it not belong to it any more?")

    def says(self, held: Held, **about: object) -> list[tuple[str, str]]:
        return [("Case", str(about["reference"]))]

    def make(self, request, held, seen, given, **about) -> Event:
        return actions.unlink(request.user, held.operation.key, page_of(request), about["reference"], given["reason"])


class EntryPage(OperationPage):
    """Something that came to pass; with an entry's number in the address, what puts that entry right."""

    kind = ""

    def entry(self, held: Held, **about: object) -> object:
        """The entry to be put right, if there is one."""
        if "entry" not in about:
            return None
        found = queries.entry_of(held.operation, self.kind, about["entry"])
        if found is None:
            raise Http404
        return found

    def title_of(self, held: Held, **about: object) -> str:
        return "Put an entry right" if "entry" in about else self.title

    def says(self, held: Held, **about: object) -> list[tuple[str, str]]:
        if "entry" not in about:
            return []
        return [("What follows", "The entry stays to be read and does not count any more; what you enter counts.")]


def entered(given: Mapping[str, object], **about: object) -> actions.Entered:
    return actions.Entered(given["day"], given["note"], about.get("entry"))


class Use(EntryPage):
    move = Move.USE
    kind = "use"
    title = "Record officer-days used"
    button = "Record them"

    def form(self, data, request, held, **about) -> forms.Form:
        there = self.entry(held, **about)
        pack, day = policy.pack(), clock.today()
        planned_for = {Desk(one.unit, one.borough, one.function) for one in held.resources}
        mine = planned_for | ({Desk(there.unit, there.borough, there.function)} if there else set())
        choices = [(desk.value, desk_name(pack, desk, day)) for desk in sorted(mine)]
        replaces = None
        if there:
            desk = Desk(there.unit, there.borough, there.function).value
            replaces = {"desk": desk, "officer_days": there.officer_days, "day": there.day}
        return UseForm(data, desks=choices, today=day, replaces=replaces)

    def make(self, request, held, seen, given, **about) -> Event:
        return actions.use(
            request.user,
            held.operation.key,
            page_of(request),
            Desk.of(given["desk"]),
            given["officer_days"],
            entered(given, **about),
        )


class Result(EntryPage):
    move = Move.RESULT
    kind = "result"
    title = "Record a result"
    button = "Record it"

    def form(self, data, request, held, **about) -> forms.Form:
        there = self.entry(held, **about)
        replaces = None
        if there:
            amount = there.number if there.pounds is None else there.pounds
            replaces = {"kind": there.kind, "amount": amount, "day": there.day}
        return ResultForm(data, today=clock.today(), replaces=replaces)

    def make(self, request, held, seen, given, **about) -> Event:
        return actions.result(
            request.user,
            held.operation.key,
            page_of(request),
            given["kind"],
            Decimal(given["amount"]),
            entered(given, **about),
        )


class Cost(EntryPage):
    move = Move.COST
    kind = "cost"
    title = "Record a cost"
    button = "Record it"

    def form(self, data, request, held, **about) -> forms.Form:
        there = self.entry(held, **about)
        replaces = None
        if there:
            replaces = {"kind": there.kind, "certainty": there.certainty, "pounds": there.pounds, "day": there.day}
        return CostForm(data, today=clock.today(), replaces=replaces)

    def make(self, request, held, seen, given, **about) -> Event:
        return actions.cost(
            request.user,
            held.operation.key,
            page_of(request),
            given["kind"],
            given["certainty"],
            given["pounds"],
            entered(given, **about),
        )


class Report(OperationPage):
    move = Move.REPORT
    title = "Add to the outcome report"
    button = "Add it"

    def form(self, data, request, held, **about) -> forms.Form:
        return ReportForm(data)

    def make(self, request, held, seen, given, **about) -> Event:
        return actions.add_report(request.user, held.operation.key, page_of(request), given["words"])


PUT_RIGHT = {"use": Use, "result": Result, "cost": Cost}


def put_right(request: HttpRequest, key: str, kind: str, entry: int) -> HttpResponse:
    """The page that puts an entry right: the page of its kind, with the entry filled in."""
    if kind not in PUT_RIGHT:
        raise Http404
    return PUT_RIGHT[kind].as_view()(request, key=key, entry=entry)
