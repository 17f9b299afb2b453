"""The pages of tasking meetings: planned, open with its decisions, closed with its minutes; and of tasks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from palermo.domain.access import WORKING, Answer, Role
from palermo.domain.operations import Load, MeetingMove, MeetingState, Move, Place, Section, Span
from palermo.domain.operations.life import may_task
from palermo.domain.operations.meetings import OF_CASES, may_chair
from palermo.web import clock, policy
from palermo.web.cases.actions import Refused, Seen
from palermo.web.cases.forms import MoveForm
from palermo.web.cases.moves import seen_by, typed
from palermo.web.cases.showing import capital
from palermo.web.operations import charts, minutes, showing
from palermo.web.operations.actions import meetings as actions
from palermo.web.operations.actions import operations as operation_actions
from palermo.web.operations.actions.meetings import Assigned
from palermo.web.operations.forms import (
    SOME,
    AddendumForm,
    CaseForm,
    DecideForm,
    MeetingForm,
    OpenForm,
    OtherForm,
    ReasonForm,
    ResourceForm,
    TaskForm,
)
from palermo.web.operations.queries import meetings as queries
from palermo.web.operations.queries import operations as operation_queries
from palermo.web.operations.queries.meetings import Meeting
from palermo.web.operations.queries.operations import Held
from palermo.web.operations.queries.places import Desk, beyond, desks, taskable_places

READERS = frozenset({Role.SUPERVISOR, Role.COMMANDER, Role.AUDITOR})
STATE_TAGS = {
    "planned": "govuk-tag--blue",
    "open": "govuk-tag--green",
    "closed": "govuk-tag--purple",
    "cancelled": "govuk-tag--grey",
}
READERS_ONLY = "Tasking meetings are open to the supervisors of their units, the commander and auditors."


@require_safe
def meetings(request: HttpRequest) -> HttpResponse:
    """The meetings that the account may read."""
    readers_only(request)
    page = queries.meetings_for(request.user, request.GET.get("page", 1))
    context = {
        "page": page,
        "rows": [(one, queries.scope_words(one), tag(one)) for one in page.object_list],
        "plans": request.user.viewer.role in (Role.SUPERVISOR, Role.COMMANDER),
    }
    return render(request, "operations/meetings.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A meeting is planned."""
    readers_only(request)
    viewer = request.user.viewer
    if viewer.role not in (Role.SUPERVISOR, Role.COMMANDER):
        raise PermissionDenied("The commander and supervisors plan tasking meetings.")
    sent = request.POST if request.method == "POST" else None
    form = MeetingForm(sent, today=clock.today(), places=scopes_for(request), whole=viewer.role is Role.COMMANDER)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        some = given.get("scope", SOME) == SOME
        try:
            made = actions.plan(request.user, given["day"], [place_of(one) for one in given["places"]] if some else [])
            return redirect("operations:meeting", key=made.pk)
        except Refused as refused:
            form.add_error("places", f"Units: {refused.because}")
    context = {"form": form, "problem": bool(form.errors), "back": reverse("operations:meetings")}
    return render(request, "operations/meeting_new.html", context, status=400 if form.errors else 200)


def scopes_for(request: HttpRequest) -> list[tuple[str, str]]:
    """The units that a meeting can be for: each unit as a whole, and the account's own borough."""
    viewer, pack, day = request.user.viewer, policy.pack(), clock.today()
    found: dict[Place, str] = {}
    for unit, borough, name in taskable_places(pack, day):
        if not borough:
            found[unit, ""] = name
        elif (unit, borough) == (viewer.unit, viewer.borough):
            found[unit, borough] = name
        elif not viewer.borough:
            found.setdefault((unit, ""), operation_queries.desk_name(pack, Desk(unit), day))
    return [(Desk(*place).value, name) for place, name in sorted(found.items(), key=lambda one: one[1].casefold())]


def place_of(value: str) -> Place:
    return Desk.of(value).place


def readers_only(request: HttpRequest) -> None:
    if request.user.viewer.role not in READERS:
        raise PermissionDenied(READERS_ONLY)


def tag(meeting: Meeting) -> tuple[str, str]:
    return capital(meeting.state), STATE_TAGS[meeting.state]


@require_safe
def meeting(request: HttpRequest, key: int) -> HttpResponse:
    """The meeting as it stands: what would be before it, what is, or its minutes."""
    readers_only(request)
    viewer = request.user.viewer
    sitting = queries.sitting_for(request.user, key, "meeting")
    found = sitting.meeting if sitting else queries.meeting_for(request.user, key, "meeting")
    if found is None:
        raise Http404
    pack = policy.pack()
    context = {
        "meeting": found,
        "scope": queries.scope_words(found),
        "tag_of": tag(found),
        "back": reverse("operations:meetings"),
        "moves": {move.value: bool(actions.able(request.user, found, move)) for move in MeetingMove},
        "chairs": bool(may_chair(viewer, queries.scope_of(found))),
    }
    if sitting is None:
        if found.state == MeetingState.PLANNED:
            context["preview"] = queries.preview(found)
        return render(request, "operations/meeting_planned.html", context)
    part = sitting.agenda.part(Section.CAPACITY)
    context |= {
        "sitting": sitting,
        "facts": minutes.facts(sitting, pack),
        "tables": minutes.tables(sitting, pack),
        "of_cases": OF_CASES,
        "drawing": charts.drawn(minutes.bars(part, pack, found.day)),
        "caseloads": minutes.caseloads(part, pack, found.day),
        "decisions": [
            {
                "ruling": one,
                "kind": queries.DECISIONS[one.decision.kind],
                "owner": queries.owner_words(one.task, pack),
                "beyond": minutes.beyond(one, pack, found.day),
                "state": queries.TASK_STATES[one.task.state],
            }
            for one in sitting.decisions
        ],
        "undecided": [one.operation for one in queries.undecided(found)] if context["moves"]["decide"] else [],
        "resourced": [one.operation for one in queries.resourced(found)] if context["moves"]["decide"] else [],
        "seen": seen_of(found),
    }
    return render(request, "operations/meeting.html", context)


@require_safe
def section(request: HttpRequest, key: int, section: str) -> HttpResponse:
    """All the lines of one section of a kept agenda that the account may read, a page at a time."""
    readers_only(request)
    if section not in set(OF_CASES):
        raise Http404
    found = queries.section_for(request.user, key, Section(section), request.GET.get("page", 1))
    if found is None:
        raise Http404
    context = {
        "meeting": found.meeting,
        "table": minutes.table(found.part, policy.pack(), found.meeting.day),
        "page": found.page,
        "back": reverse("operations:meeting", args=[key]),
    }
    return render(request, "operations/section.html", context)


@require_POST
def download(request: HttpRequest, key: int) -> HttpResponse:
    """The minutes as PDF. They are asked for by a button, not a link: each time leaves an entry in the audit trail."""
    readers_only(request)
    sitting = queries.sitting_for(request.user, key, "minutes-pdf", shown=minutes.ON_PAPER)
    if sitting is None or sitting.meeting.state != MeetingState.CLOSED:
        raise Http404
    actions.note_download(request.user, sitting.meeting)
    answer = HttpResponse(minutes.pdf(sitting, policy.pack()), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="tasking-meeting-{sitting.meeting.day}.pdf"'
    return answer


# Moves


class MeetingPage(View):
    """Ask, make the move, and go back to the meeting.

    Where the meeting or the operation has moved on meanwhile, the page comes again with what was typed.
    """

    move: MeetingMove
    title = ""
    button = ""
    template = "operations/meeting_move.html"
    http_method_names = ("get", "head", "post")

    def get(self, request: HttpRequest, key: int, **about: object) -> HttpResponse:
        found = self.open(request, key)
        answer = self.answer(request, found, **about)
        if not answer:
            return self.refused(request, found, answer.because, None)
        return self.page(request, found, self.form(None, request, found, **about), about)

    def post(self, request: HttpRequest, key: int, **about: object) -> HttpResponse:
        seen = seen_by(request)
        found = self.open(request, key)
        form = self.form(request.POST, request, found, **about)
        if not form.is_valid():
            answer = self.answer(request, found, **about)
            if not answer:
                return self.refused(request, found, answer.because, form)
            return self.page(request, found, form, about, seen=seen)
        try:
            self.make(request, found, seen, form.cleaned_data, **about)
        except (actions.NoMeeting, operation_actions.NoOperation):
            raise Http404 from None
        except Refused as refused:
            return self.refused(request, self.open(request, key), refused.because, form)
        except actions.BeyondCapacity as too_much:
            return self.too_much(request, found, about, too_much, seen)
        except (actions.Overtaken, operation_actions.Overtaken):
            return self.overtaken(request, self.open(request, key), form, about)
        return redirect("operations:meeting", key=key)

    def open(self, request: HttpRequest, key: int) -> Meeting:
        readers_only(request)
        found = queries.meeting_for(request.user, key, self.move.value)
        if found is None:
            raise Http404
        return found

    def answer(self, request: HttpRequest, found: Meeting, **about: object) -> Answer:
        return actions.able(request.user, found, self.move)

    def overtaken(
        self, request: HttpRequest, found: Meeting, form: forms.Form, about: Mapping[str, object]
    ) -> HttpResponse:
        answer = self.answer(request, found, **about)
        if not answer:
            return self.refused(request, found, answer.because, form)
        again = self.form(request.POST, request, found, **about)
        return self.page(request, found, again, about, since=True, status=409)

    def too_much(
        self,
        request: HttpRequest,
        found: Meeting,
        about: Mapping[str, object],
        too_much: actions.BeyondCapacity,
        seen: Seen,
    ) -> HttpResponse:
        raise NotImplementedError

    def page(
        self,
        request: HttpRequest,
        found: Meeting,
        form: forms.Form,
        about: Mapping[str, object],
        *,
        seen: Seen | None = None,
        since: bool = False,
        status: int = 0,
    ) -> HttpResponse:
        context = {
            "meeting": found,
            "form": form,
            "title": self.title_of(**about),
            "button": self.button,
            "says": self.says(request, found, **about),
            "seen": seen or seen_of(found),
            "since": since,
            "decided": queries.rulings(found, request.user.viewer) if since else [],
            "problem": bool(form.errors or since),
            **self.more(request, found, form, **about),
        }
        return render(request, self.template, context, status=status or (400 if form.errors else 200))

    def refused(self, request: HttpRequest, found: Meeting, because: str, form: forms.Form | None) -> HttpResponse:
        context = {
            "meeting": found,
            "move": self.title or self.move.words,
            "because": because,
            "typed": typed(form) if form else [],
        }
        return render(request, "operations/meeting_refused.html", context, status=409)

    # what each move fills in

    def form(self, data: Mapping | None, request: HttpRequest, found: Meeting, **about: object) -> forms.Form:
        return MoveForm(data)

    def title_of(self, **about: object) -> str:
        return self.title

    def says(self, request: HttpRequest, found: Meeting, **about: object) -> list[tuple[str, str]]:
        return []

    def more(self, request: HttpRequest, found: Meeting, form: forms.Form, **about: object) -> dict[str, object]:
        """What the page shows beside the form."""
        return {}

    def make(self, request: HttpRequest, found: Meeting, seen: Seen, given: dict, **about: object) -> object:
        raise NotImplementedError


def seen_of(found: Meeting) -> Seen:
    """What a page about the meeting is made of now: its version and the number of its last decision."""
    return Seen(found.version, queries.last_number(found))


class Open(MeetingPage):
    move = MeetingMove.OPEN
    title = "Open the meeting"
    button = "Open it"

    def form(self, data, request, found, **about) -> forms.Form:
        posts = queries.attending(queries.scope_of(found))
        return OpenForm(data, posts=[(one.post, one.post) for one in posts if one.pk != request.user.pk])

    def says(self, request, found, **about) -> list[tuple[str, str]]:
        return [
            ("What follows", "The agenda is made of what is open, late or proposed now, and does not change after."),
            ("For", queries.scope_words(found)),
        ]

    def make(self, request, found, seen, given, **about) -> object:
        return actions.open_meeting(request.user, found.pk, seen, given["present"])


class Cancel(MeetingPage):
    move = MeetingMove.CANCEL
    title = "Cancel the meeting"
    button = "Cancel it"

    def form(self, data, request, found, **about) -> forms.Form:
        return ReasonForm(data, label="Why is it cancelled?")

    def make(self, request, found, seen, given, **about) -> object:
        return actions.cancel(request.user, found.pk, seen, given["reason"])


class Close(MeetingPage):
    move = MeetingMove.CLOSE
    title = "Close the meeting"
    button = "Close it and keep the minutes"

    def says(self, request, found, **about) -> list[tuple[str, str]]:
        left = queries.undecided(found)
        waiting = ", ".join(one.operation.name for one in left) or "none"
        return [
            ("What follows", "The minutes are kept and never change. What is put right later is added to them."),
            ("Proposals not decided", waiting),
        ]

    def make(self, request, found, seen, given, **about) -> object:
        return actions.close(request.user, found.pk, seen)


class Add(MeetingPage):
    move = MeetingMove.ADD
    title = "Add to the minutes"
    button = "Add it"

    def form(self, data, request, found, **about) -> forms.Form:
        return AddendumForm(data)

    def says(self, request, found, **about) -> list[tuple[str, str]]:
        return [("What follows", "The minutes stay as they are; what you write stands beneath them, with your post.")]

    def make(self, request, found, seen, given, **about) -> object:
        return actions.add(request.user, found.pk, seen, given["words"])


# Decisions


def owners_for(request: HttpRequest) -> list[tuple[str, str]]:
    """Who can be asked to see to something: units and posts; of a supervisor, the own unit and its posts."""
    viewer, pack, day = request.user.viewer, policy.pack(), clock.today()
    places = [
        (Desk(unit, borough).value, name)
        for unit, borough, name in taskable_places(pack, day)
        if may_task(viewer, frozenset({(unit, borough)}))
    ]
    posts = [
        (f"account:{one.pk}", f"{one.post} (post)")
        for one in queries.accounts_to_task()
        if may_task(viewer, frozenset({(one.unit, one.borough)}))
    ]
    return [*places, *posts]


def assigned(given: Mapping[str, object]) -> Assigned:
    """Whom the form names, and by when."""
    owner = str(given["owner"])
    if owner.startswith("account:"):
        account = queries.accounts_to_task().get(pk=int(owner.removeprefix("account:")))
        return Assigned((account.unit, account.borough), account, given["due_on"])
    return Assigned(place_of(owner), None, given["due_on"])


def operation_seen(request: HttpRequest) -> Seen:
    """What the page was made of, of the operation it decides on."""
    version, event = request.POST.get("operation_version", ""), request.POST.get("operation_event", "")
    if not (version.isascii() and version.isdigit() and event.isascii() and event.isdigit()):
        return Seen(0, 0)
    return Seen(int(version[:18]), int(event[:18]))


class OperationDecision(MeetingPage):
    """A decision on an operation, which may give out more officers than there are: that is shown before it is taken."""

    move = MeetingMove.DECIDE

    def held(self, request: HttpRequest, found: Meeting, operation: str) -> Held:
        there = operation_queries.operation(operation)
        scope = queries.scope_of(found)
        if there is None or not any(scope.takes_in(*place) for place in there.parties.all):
            raise Http404
        return there

    def answer(self, request, found, **about) -> Answer:
        answer = super().answer(request, found)
        if not answer:
            return answer
        held = self.held(request, found, about["operation"])
        return held.answer(request.user.viewer, self.moves_of(held)[0], in_meeting=True)

    def moves_of(self, held: Held) -> tuple[Move, ...]:
        raise NotImplementedError

    def asked(self, held: Held, form: forms.Form) -> tuple[dict[Desk, int], Span]:
        """The officer-days that are asked for, and between which days."""
        raise NotImplementedError

    def title_of(self, **about: object) -> str:
        found = operation_queries.operation(about["operation"])
        return f"{self.title}: Operation {found.operation.name}"

    def more(self, request, found, form, **about) -> dict[str, object]:
        held = self.held(request, found, about["operation"])
        pack, day = policy.pack(), clock.today()
        # what was typed may ask for more; only a page that comes again knows
        lines = beyond(pack, loads_of(*self.asked(held, form)), without=held.operation.pk)
        version = request.POST.get("operation_version") or held.operation.version
        event = request.POST.get("operation_event") or operation_queries.last_event(held.operation)
        return {
            "held": held,
            "beyond": showing.beyond_words(lines, pack, day),
            "operation_version": version,
            "operation_event": event,
            "levels": list(showing.levels(held)),
            "since_operation": [],
        }

    def too_much(self, request, found, about, too_much, seen) -> HttpResponse:
        form = self.form(request.POST, request, found, **about, ask=True)
        form.is_valid()
        form.add_error("meant", "More is asked for than there is: tick that it is meant, or decide otherwise")
        return self.page(request, found, form, about, seen=seen, status=409)

    def overtaken(self, request, found, form, about) -> HttpResponse:
        """With the operation as it stands now, so that it is decided on as it is."""
        fresh = request.POST.copy()
        fresh.pop("operation_version", None)
        fresh.pop("operation_event", None)
        request.POST = fresh
        return super().overtaken(request, found, form, about)


def loads_of(asked: Mapping[Desk, int], span: Span) -> list[Load]:
    return [Load(desk.unit, desk.function, days, span) for desk, days in asked.items()]


def resources_of(held: Held) -> dict[Desk, int]:
    return {Desk(one.unit, one.borough, one.function): one.officer_days for one in held.resources}


class Decide(OperationDecision):
    title = "Decide"
    button = "Decide it"
    template = "operations/decide.html"

    def moves_of(self, held: Held) -> tuple[Move, ...]:
        return (Move.APPROVE, Move.REFUSE, Move.DEFER)

    def asked(self, held: Held, form: forms.Form) -> tuple[dict[Desk, int], Span]:
        return resources_of(held), Span(held.plan.starts_on, held.plan.ends_on)

    def form(self, data, request, found, **about) -> forms.Form:
        held = self.held(request, found, about["operation"])
        lines = beyond(policy.pack(), loads_of(*self.asked(held, None)), without=held.operation.pk)
        return DecideForm(
            data,
            owners=owners_for(request),
            today=clock.today(),
            beyond=bool(lines) or about.get("ask", False),
            initial={"owner": Desk(*held.parties.lead).value, "due_on": later(held.plan.starts_on)},
        )

    def make(self, request, found, seen, given, **about) -> object:
        return actions.decide(
            request.user,
            found.pk,
            seen,
            about["operation"],
            operation_seen(request),
            Move(given["choice"]),
            given["reason"],
            assigned(given),
            meant=bool(given.get("meant")),
        )


def later(day: date) -> date:
    """That day, or today where it is past."""
    return max(day, clock.today())


class Resources(OperationDecision):
    title = "Change what it has"
    button = "Decide it"
    template = "operations/decide_resources.html"

    def moves_of(self, held: Held) -> tuple[Move, ...]:
        return (Move.RESOURCE,)

    def asked(self, held: Held, form: forms.Form) -> tuple[dict[Desk, int], Span]:
        if form.is_bound and not form.errors:
            return form.cleaned_data["resources"], Span(held.plan.starts_on, form.cleaned_data["ends_on"])
        if form.is_bound and form.cleaned_data.get("resources") and form.cleaned_data.get("ends_on"):
            return form.cleaned_data["resources"], Span(held.plan.starts_on, form.cleaned_data["ends_on"])
        return resources_of(held), Span(held.plan.starts_on, held.plan.ends_on)

    def form(self, data, request, found, **about) -> forms.Form:
        held = self.held(request, found, about["operation"])
        return ResourceForm(
            data,
            desks=desks(policy.pack(), clock.today()),
            there=resources_of(held),
            first=held.plan.starts_on,
            owners=owners_for(request),
            today=clock.today(),
            beyond=about.get("ask", False) or (data is not None and "meant" in data),
            initial={
                "ends_on": held.plan.ends_on,
                "owner": Desk(*held.parties.lead).value,
                "due_on": later(held.plan.ends_on),
            },
        )

    def make(self, request, found, seen, given, **about) -> object:
        return actions.resource(
            request.user,
            found.pk,
            seen,
            about["operation"],
            operation_seen(request),
            given["resources"],
            given["ends_on"],
            given["reason"],
            assigned(given),
            meant=bool(given.get("meant")),
        )


class TaskCase(MeetingPage):
    move = MeetingMove.DECIDE
    title = "Task a unit on a case"
    button = "Decide it"

    def form(self, data, request, found, **about) -> forms.Form:
        reference = request.GET.get("reference", "")[:20]
        return CaseForm(data, owners=owners_for(request), today=clock.today(), reference=reference)

    def says(self, request, found, **about) -> list[tuple[str, str]]:
        return [("What follows", "It is told on the case. Who may open the case stays as it is.")]

    def make(self, request, found, seen, given, **about) -> object:
        return actions.task_case(
            request.user, found.pk, seen, given["reference"], given["says"], given["reason"], assigned(given)
        )


class Other(MeetingPage):
    move = MeetingMove.DECIDE
    title = "Decide something else"
    button = "Decide it"

    def form(self, data, request, found, **about) -> forms.Form:
        return OtherForm(data, owners=owners_for(request), today=clock.today())

    def make(self, request, found, seen, given, **about) -> object:
        return actions.decide_other(request.user, found.pk, seen, given["says"], given["reason"], assigned(given))


# Tasks


@require_safe
def tasks(request: HttpRequest) -> HttpResponse:
    """The tasks of the account and its unit: those to do, or those answered."""
    if request.user.viewer.role not in WORKING | {Role.COMMANDER, Role.AUDITOR}:
        raise PermissionDenied("Tasks are given to officers, supervisors and the commander.")
    answered = request.GET.get("show") == "answered"
    page = queries.tasks_for(request.user, answered=answered, page=request.GET.get("page", 1))
    pack = policy.pack()
    context = {
        "page": page,
        "rows": [(one, queries.owner_words(one.task, pack)) for one in page.object_list],
        "answered": answered,
        "states": queries.TASK_STATES,
    }
    return render(request, "operations/tasks.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def task(request: HttpRequest, key: int) -> HttpResponse:
    """One task; sent, it is answered."""
    given = queries.task_for(request.user, key, "task")
    if given is None:
        raise Http404
    form = TaskForm(request.POST if request.method == "POST" else None)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        version = request.POST.get("version", "")
        try:
            done = form.cleaned_data["choice"] == "done"
            number = int(version[:9]) if version.isascii() and version.isdigit() else 0
            actions.answer_task(request.user, key, number, done, form.cleaned_data["note"])
            return redirect("operations:tasks")
        except actions.NoMeeting:
            raise Http404 from None
        except Refused as refused:
            refusal = refused.because
        except actions.Overtaken:
            given = queries.task_for(request.user, key, "task")
            refusal = "somebody else has answered it meanwhile; what you wrote is below and not saved"
    context = {
        "given": given,
        "task": given.task,
        "owner": queries.owner_words(given.task, policy.pack()),
        "state": queries.TASK_STATES[given.task.state],
        "form": form if given.may_answer else None,
        "typed": typed(form) if refusal else [],
        "refusal": capital(refusal),
        "problem": bool(form.errors or refusal),
        "back": reverse("operations:tasks"),
    }
    return render(request, "operations/task.html", context, status=409 if refusal else 400 if form.errors else 200)
