"""The people and places of a case, one record, and one page for each thing that can be written of it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from uuid import UUID

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View
from django.views.decorators.http import require_safe

from palermo.domain.access import Act, may
from palermo.domain.people import CaseRole, Kind, Shown, Side
from palermo.web import clock, policy
from palermo.web.cases import showing as cases_showing
from palermo.web.cases.actions import NoReferral, Refused
from palermo.web.cases.moves import NUMBER, typed
from palermo.web.cases.queries import Work, work_for
from palermo.web.people import actions, queries, showing
from palermo.web.people.forms import (
    ADD,
    CHANGES,
    AddForm,
    ChangeForm,
    ConnectForm,
    ContactForm,
    EndForm,
    FindForm,
    LinkForm,
    NameForm,
    Other,
    ReasonForm,
    RoleForm,
    WriteForm,
    capital,
)


@require_safe
def case(request: HttpRequest, reference: str) -> HttpResponse:
    """The people and places of a case, by what they stand as in it."""
    found = queries.case_for(request.user, reference)
    if found is None:
        raise Http404
    context = {
        "reference": reference,
        "parts": cases_showing.parts(reference, "people:case"),
        "groups": showing.groups(found),
        "kinds": [(kind.value, actions.article(kind)) for kind in Kind] if found.view.works else [],
        "done": showing.DONE.get(request.GET.get("done", "")),
    }
    return render(request, "people/case.html", context)


@require_safe
def record(request: HttpRequest, id: UUID) -> HttpResponse:
    """One person, address, vehicle or phone, as it stands in a case that the viewer may see."""
    asked = request.GET
    found = queries.page_for(request.user, id, asked.get("in", ""), asked.get("as", ""))
    if found is None:
        raise Http404
    context = {
        **showing.page(found),
        "id": id,
        "kind": found.record.kind.value,
        "done": showing.DONE.get(asked.get("done", "")),
        "back": reverse("people:case", args=[found.reference]),
    }
    return render(request, "people/record.html", context)


@require_safe
def secret(request: HttpRequest, id: UUID, key: int) -> HttpResponse:
    """An address that is kept, opened from a potential victim's page by those who answer for the case."""
    found = queries.secret_for(request.user, id, key)
    if found is None:
        raise Http404
    reference, address = found.reference, found.address
    context = {
        "reference": reference,
        "rows": [showing.Row(row.label, row.words) for row in showing.plain_rows(Kind.ADDRESS, address.version)],
        "changes": [
            showing.Row(form.title, "", reverse("people:change", args=[reference, address.id, what]))
            for what, form in CHANGES[Kind.ADDRESS].items()
        ],
        "back": showing.record_page(found.person, reference, Side.VICTIM),
    }
    return render(request, "people/secret.html", context)


class WritePage(View):
    """Ask, keep what is given, and go back to the record that it was written on."""

    title = ""
    button = "Save"
    template = "people/write.html"
    http_method_names = ("get", "head", "post")

    def get(self, request: HttpRequest, reference: str, **about: object) -> HttpResponse:
        work = self.open(request, reference)
        self.prepare(request, work, **about)
        return self.page(request, self.form(None, **about), **about)

    def post(self, request: HttpRequest, reference: str, **about: object) -> HttpResponse:
        work = self.open(request, reference)
        self.prepare(request, work, **about)
        form = self.form(request.POST, **about)
        if not form.is_valid():
            return self.page(request, form, **about)
        try:
            return redirect(self.keep(form, **about))
        except NoReferral:
            raise Http404 from None
        except Refused as refused:
            return self.refused(request, form, refused.because)
        except actions.Overtaken as overtaken:
            self.prepare(request, work, **about)
            return self.page(request, form, seen=overtaken.number, **about)

    def open(self, request: HttpRequest, reference: str) -> Work:
        """The case, for those who may add to its record."""
        work = work_for(request.user, reference, f"people-{request.resolver_match.url_name}")
        if work is None:
            raise Http404
        answer = may(request.user.viewer, Act.RECORD, work.custody)
        if not answer:
            raise PermissionDenied(f"{cases_showing.capital(answer.because)}.")
        self.request, self.user, self.work, self.reference = request, request.user, work, reference
        self.referral = work.referral
        return work

    def page(self, request: HttpRequest, form: WriteForm, *, seen: int | None = None, **about: object) -> HttpResponse:
        overtaken = seen is not None
        context = {
            "reference": self.reference,
            "form": form,
            "title": self.title_of(**about),
            "button": self.button,
            "says": self.says(**about),
            "seen": seen if overtaken else self.number(form),
            "token": form.data.get("page") or str(uuid.uuid4()),
            "overtaken": overtaken,
            "back": self.back(**about),
            "problem": bool(form.errors) or overtaken,
            **self.more(**about),
        }
        return render(request, self.template, context, status=409 if overtaken else 400 if form.errors else 200)

    def refused(self, request: HttpRequest, form: WriteForm, because: str) -> HttpResponse:
        context = {
            "reference": self.reference,
            "move": self.title_of(),
            "because": because,
            "open": [{"text": "People and places of this case", "href": reverse("people:case", args=[self.reference])}],
            "typed": typed(form),
            "since": [],
        }
        return render(request, "cases/refused.html", context, status=409)

    def number(self, form: WriteForm) -> int | str:
        """The version that the page was made of, as it was sent or as it is."""
        sent = form.data.get("seen", "")
        return sent if NUMBER.fullmatch(sent) else self.present_number()

    def sent_number(self) -> int:
        """The version that the page was made of; a page that does not say is not one of ours."""
        sent = self.request.POST.get("seen", "")
        if not NUMBER.fullmatch(sent):
            raise SuspiciousOperation("a change without the version that it was made on")
        return int(sent)

    # what each page fills in

    def prepare(self, request: HttpRequest, work: Work, **about: object) -> None:
        """Find what the page is about, or raise Http404."""

    def form(self, data: Mapping | None, **about: object) -> WriteForm:
        raise NotImplementedError

    def keep(self, form: WriteForm, **about: object) -> str:
        """Keep what is given; the address to go to afterwards."""
        raise NotImplementedError

    def present_number(self) -> int:
        return 0

    def title_of(self, **about: object) -> str:
        return self.title

    def says(self, **about: object) -> list[showing.Row]:
        """What the page puts before the question."""
        return []

    def back(self, **about: object) -> str:
        return reverse("people:case", args=[self.reference])

    def more(self, **about: object) -> dict[str, object]:
        return {}


# Records in the case


def kind_of(value: object) -> Kind:
    try:
        return Kind(value)
    except ValueError:
        raise Http404 from None


class Find(WritePage):
    """Look whether a record is there before another is made."""

    template = "people/find.html"
    button = "Search"

    def prepare(self, request, work, **about) -> None:
        self.kind = kind_of(about["kind"])
        self.cards = None

    def form(self, data, **about) -> FindForm:
        return FindForm(data, kind=self.kind, today=clock.today())

    def post(self, request: HttpRequest, reference: str, **about: object) -> HttpResponse:
        work = self.open(request, reference)
        self.prepare(request, work, **about)
        form = self.form(request.POST, **about)
        if form.is_valid():
            self.cards = queries.found_for(request.user, self.kind, form.cleaned_data["words"], form.side)
        return self.page(request, form, **about)

    def title_of(self, **about: object) -> str:
        return f"Find {actions.article(self.kind)}"

    def more(self, **about) -> dict[str, object]:
        there = {one.record.id for one in queries.standing_in(self.referral)}
        return {
            "results": None if self.cards is None else [self.result(card, card.id in there) for card in self.cards],
            "add": reverse("people:add", args=[self.reference, self.kind.value]),
            "add_words": f"Add a new record of {actions.article(self.kind)}",
            "most": queries.FOUND,
        }

    def result(self, card: queries.Card, here: bool) -> dict[str, object]:
        title, named, href = showing.card_words(None, card)
        return {
            "title": title,
            "named": named,
            "href": href,
            "role": f"{capital(card.role.words)} in {card.reference}" if card.role else "",
            "here": here,
            "choose": self.choose(card) if card.id and not here else "",
            "choose_words": "Link to this case",
        }

    def choose(self, card: queries.Card) -> str:
        side = card.role.side.value if card.shown is Shown.NAMED and card.role else Side.THING.value
        return f"{reverse('people:link', args=[self.reference, card.id])}?as={side}"


class Add(WritePage):
    """A record that is not there yet."""

    button = "Add it"

    def prepare(self, request, work, **about) -> None:
        self.kind = kind_of(about["kind"])

    def form(self, data, **about) -> AddForm:
        there = {str(one.record.id): one for one in queries.standing_in(self.referral, Kind.PERSON)}
        whose = self.request.GET.get("whose", "")
        if whose in there:
            # from a person's page, which names nobody else
            there = {whose: there[whose]}
        people = [(key, f"{one.record.title or showing.NO_NAME} ({one.role.words})") for key, one in there.items()]
        return ADD[self.kind](data, people=people, today=clock.today(), initial={"about": whose})

    def keep(self, form, **about) -> str:
        made = actions.add_record(
            self.user,
            self.reference,
            self.kind,
            form.role,
            form.how,
            form.content,
            key=self.token(),
            name=form.name,
            about=form.about,
        )
        if not queries.kept([made.pk]):
            return showing.record_page(made.pk, self.reference, done="added")
        # it has no page of its own
        if form.about:
            return showing.record_page(form.about, self.reference, done="added")
        return f"{reverse('people:case', args=[self.reference])}?done=added"

    def token(self) -> UUID:
        """What tells this page from every other: the key of the record that it adds, once."""
        try:
            return UUID(self.request.POST.get("page", ""))
        except ValueError:
            raise SuspiciousOperation("a record to add without its page's key") from None

    def title_of(self, **about: object) -> str:
        return f"Add {actions.article(self.kind)}"


class Link(WritePage):
    """A record of another case that stands in this one too; or a place or thing of this one, in one more role."""

    button = "Link it"

    def prepare(self, request, work, **about) -> None:
        side = next((side for side in Side if side == request.GET.get("as")), Side.THING)
        cards = queries.cards_for(request.user, [about["id"]], side)
        self.card = next((card for card in cards if card.id), None)
        if self.card is None:
            raise Http404
        self.here = any(one.record.id == about["id"] for one in queries.standing_in(self.referral))

    def form(self, data, **about) -> LinkForm:
        return LinkForm(data, kind=self.card.kind, here=self.here, today=clock.today())

    def title_of(self, **about) -> str:
        return "Add one more role in this case" if self.here else "Link a record of another case"

    def says(self, **about) -> list[showing.Row]:
        named = showing.Row("Record", showing.card_words(None, self.card)[0])
        return [named] if self.here else [named, showing.Row("What follows", LINKED)]

    def keep(self, form, **about) -> str:
        actions.link(self.user, self.reference, about["id"], form.role, form.how, form.cleaned_data["reason"])
        return showing.record_page(about["id"], self.reference, done="changed" if self.here else "linked")


LINKED = (
    "It is one record in both cases from then on: whoever may see either reads what is known of it, and what is added "
    "later. Reasons, connections and safe contact stay with the case they are recorded in. If you are not certain, add "
    "a new record here and note that the two may be the same."
)


# One record


class RecordWritePage(WritePage):
    """A page to write on a record that stands in the case."""

    def prepare(self, request, work, **about) -> None:
        found = queries.to_write_on(request.user, work, about["id"])
        if found is None:
            raise Http404
        self.found = found

    def back(self, **about: object) -> str:
        return self.onward()

    def onward(self, done: str = "") -> str:
        """The record's page; of an address that is kept by now, the case's."""
        if queries.kept([self.found.record.id]):
            return f"{reverse('people:case', args=[self.reference])}{f'?done={done}' if done else ''}"
        return showing.record_page(self.found.record.id, self.reference, self.found.side, done=done)

    def says(self, **about) -> list[showing.Row]:
        if self.found.kept:
            return [showing.Row("Record", showing.KEPT)]
        return [showing.Row("Record", self.found.record.title or showing.NO_NAME)]


class Change(RecordWritePage):
    """One thing that is known of it."""

    def prepare(self, request, work, **about) -> None:
        super().prepare(request, work, **about)
        self.asking = CHANGES[self.found.record.kind].get(about["what"])
        if self.asking is None:
            raise Http404

    def form(self, data, **about) -> ChangeForm:
        content = queries.content_of(self.found.record)
        return self.asking(
            data,
            today=clock.today(),
            boroughs=sorted(policy.pack().boroughs),
            initial=self.asking.initial_of(content),
        )

    def keep(self, form, **about) -> str:
        actions.change(
            self.user,
            self.reference,
            about["id"],
            form.changed,
            form.cleaned_data["reason"],
            seen=self.sent_number(),
        )
        return self.onward("changed")

    def present_number(self) -> int:
        return self.found.record.version.number

    def title_of(self, **about) -> str:
        return f"Change: {self.asking.title.lower()}"

    def more(self, **about) -> dict[str, object]:
        rows = showing.plain_rows(self.found.record.kind, self.found.record.version)
        return {"present": [row for row in rows if row.words]}


class AddName(RecordWritePage):
    title = "Add a name"
    button = "Add it"

    def form(self, data, **about) -> NameForm:
        return NameForm(data, today=clock.today())

    def keep(self, form, **about) -> str:
        actions.add_name(self.user, self.reference, about["id"], form.name, form.cleaned_data["reason"])
        return self.onward("changed")


class EndName(RecordWritePage):
    title = "Take a name back"
    button = "Take it back"

    def form(self, data, **about) -> ReasonForm:
        return ReasonForm(data, today=clock.today())

    def says(self, **about) -> list[showing.Row]:
        name = next((name for name in self.found.record.names if name.pk == about["key"]), None)
        if name is None:
            raise Http404
        return [showing.Row("Name", name.words), showing.Row("Kind", name.get_sort_display())]

    def keep(self, form, **about) -> str:
        actions.end_name(self.user, self.reference, about["id"], about["key"], form.cleaned_data["reason"])
        return self.onward("ended")


class Contact(RecordWritePage):
    title = "How to reach this person safely"

    def prepare(self, request, work, **about) -> None:
        super().prepare(request, work, **about)
        if self.found.side is not Side.VICTIM:
            raise Http404
        self.contact = queries.contact_in(self.referral, about["id"])

    def form(self, data, **about) -> ContactForm:
        words = self.contact.words if self.contact else ""
        return ContactForm(data, today=clock.today(), initial={"words": words})

    def keep(self, form, **about) -> str:
        given = form.cleaned_data
        actions.record_safe_contact(
            self.user, self.reference, about["id"], given["words"], given["reason"], seen=self.sent_number()
        )
        return self.onward("changed")

    def present_number(self) -> int:
        return self.contact.number if self.contact else 0

    def more(self, **about) -> dict[str, object]:
        return {"present": [showing.Row("Safe contact", self.contact.words if self.contact else "Nothing recorded")]}


class RolePage(RecordWritePage):
    """A page about one role that the record stands in."""

    def prepare(self, request, work, **about) -> None:
        super().prepare(request, work, **about)
        self.role = queries.involvement_of(self.referral, about["key"])
        if self.role is None or self.role.entity_id != about["id"]:
            raise Http404

    def says(self, **about) -> list[showing.Row]:
        return [*super().says(**about), showing.Row("Stands as", capital(CaseRole(self.role.role).words))]


class ChangeRole(RolePage):
    title = "Change as what it stands in this case"

    def form(self, data, **about) -> RoleForm:
        now = {name: getattr(self.role, name) for name in ("role", "grounds", "said", "source", "since", "until")}
        return RoleForm(data, kind=self.found.record.kind, today=clock.today(), initial=now)

    def keep(self, form, **about) -> str:
        actions.change_role(self.user, self.reference, about["key"], form.role, form.how, form.cleaned_data["reason"])
        return f"{reverse('people:case', args=[self.reference])}?done=changed"


class EndRole(RolePage):
    title = "Take it out of this case"
    button = "Take it out"

    def form(self, data, **about) -> EndForm:
        return EndForm(data, today=clock.today())

    def keep(self, form, **about) -> str:
        given = form.cleaned_data
        actions.end_role(self.user, self.reference, about["key"], given["until"], given["reason"])
        return f"{reverse('people:case', args=[self.reference])}?done=ended"


class Connect(RecordWritePage):
    title = "Connect with another record"
    button = "Record it"

    def form(self, data, **about) -> ConnectForm:
        others = [
            Other(card.id, card.kind, card.title or showing.NO_NAME)
            for card in queries.connectable(self.user, self.work, self.found)
        ]
        return ConnectForm(data, kind=self.found.record.kind, others=others, today=clock.today())

    def keep(self, form, **about) -> str:
        tie, back = form.tie
        pair = (about["id"], UUID(form.cleaned_data["other"]))
        one, other = reversed(pair) if back else pair
        actions.connect(self.user, self.reference, one, other, tie, form.how)
        return self.onward("connected")


class EndConnection(RecordWritePage):
    title = "End a connection"
    button = "End it"

    def form(self, data, **about) -> EndForm:
        if queries.connection_in(self.referral, about["id"], about["key"]) is None:
            raise Http404
        return EndForm(data, today=clock.today())

    def keep(self, form, **about) -> str:
        given = form.cleaned_data
        actions.disconnect(self.user, self.reference, about["id"], about["key"], given["until"], given["reason"])
        return self.onward("ended")


class FindSame(RecordWritePage, Find):
    """Look for a record of another case that may be of the same."""

    template = "people/find.html"
    button = "Search"

    def prepare(self, request, work, **about) -> None:
        RecordWritePage.prepare(self, request, work, **about)
        self.kind = self.found.record.kind
        self.cards = None

    def form(self, data, **about) -> FindForm:
        return FindForm(data, kind=self.kind, side=self.found.side, today=clock.today())

    def title_of(self, **about) -> str:
        return "Find a record that may be the same"

    def more(self, **about) -> dict[str, object]:
        found = Find.more(self, **about)
        return {**found, "add": ""}

    def result(self, card, here) -> dict[str, object]:
        own = card.id == self.found.record.id
        choose = (
            ""
            if own or not card.id
            else reverse("people:note-same", args=[self.reference, self.found.record.id, card.id])
        )
        return {**super().result(card, False), "here": own, "choose": choose, "choose_words": "It may be the same"}


class NoteSame(RecordWritePage):
    title = "Note that two records may be the same"
    button = "Note it"

    def prepare(self, request, work, **about) -> None:
        super().prepare(request, work, **about)
        cards = queries.cards_for(request.user, [about["other"]], self.found.side)
        self.card = next((card for card in cards if card.id and card.id != about["id"]), None)
        if self.card is None:
            raise Http404

    def form(self, data, **about) -> ReasonForm:
        return ReasonForm(data, today=clock.today())

    def says(self, **about) -> list[showing.Row]:
        return [
            *super().says(**about),
            showing.Row("May be the same as", showing.card_words(None, self.card)[0]),
            showing.Row("What follows", "Nothing is joined. The note stands on the pages of both."),
        ]

    def keep(self, form, **about) -> str:
        actions.note_same(self.user, self.reference, about["id"], about["other"], form.cleaned_data["reason"])
        return self.onward("noted")


class EndSame(RecordWritePage):
    title = "Say that it is not the same"
    button = "It is not the same"

    def prepare(self, request, work, **about) -> None:
        super().prepare(request, work, **about)
        if about["key"] not in [note.pk for note in queries.notes_of_the_same(self.found.record.entity)]:
            raise Http404

    def form(self, data, **about) -> ReasonForm:
        return ReasonForm(data, today=clock.today())

    def keep(self, form, **about) -> str:
        actions.drop_same(self.user, self.reference, about["id"], about["key"], form.cleaned_data["reason"])
        return self.onward("ended")
