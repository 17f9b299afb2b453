"""What is asked of a person, a place or a thing, and of how it is known? One thing at a time, in few fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from django import forms

from palermo.domain.partial_dates import PartialDate as Partial
from palermo.domain.people import TIE_OF_ROLE, CaseRole, Grounds, Kind, Side, Tie, roles_of, ties_between
from palermo.web.intake.fields import AnyOf, OneOf, PartialDate, Words
from palermo.web.people.actions import HowKnown, NameGiven, article
from palermo.web.people.queries import Name, PhoneVersion

ABOUT, BETWEEN = "about", "between"
NO_VICTIMS = "Do not name a potential victim here: the text also stands where subjects are shown."
SEXES = (("female", "Female"), ("male", "Male"), ("other", "Other"), ("unknown", "Not known yet"))


def capital(words: str) -> str:
    return words[:1].upper() + words[1:]


class WriteForm(forms.Form):
    """One page to write on. What is asked is said in `ask`."""

    use_required_attribute = False

    def __init__(self, data: Mapping | None = None, *, today: date, initial: Mapping | None = None):
        super().__init__(data, initial=dict(initial or {}))
        self.today = today
        self.ask()

    def ask(self) -> None:
        raise NotImplementedError

    def ask_how(self) -> None:
        """How what is written here is known."""
        self.fields["grounds"] = OneOf(
            "How is this known?",
            [(grounds.value, capital(grounds.words)) for grounds in Grounds],
            required="Select how this is known",
        )
        self.fields["said"] = Words(
            "How it was verified, or whose word it is",
            longest=400,
            required="Enter how it was verified, or whose opinion, allegation or intelligence it is",
            hint=f"For example: passport seen; the social worker. {NO_VICTIMS}",
        )
        self.fields["source"] = Words(
            "Source",
            longest=400,
            required="Enter where this stands",
            hint="For example: statement of 3 June 2010; the number of a report.",
        )
        self.fields["since"] = PartialDate(
            "Since when? (optional)",
            latest=self.today,
            called="Since when",
            hint="As much as is known: the year alone is enough.",
        )

    def ask_until(self) -> None:
        self.fields["until"] = PartialDate(
            "Until when was it so? (optional)",
            latest=self.today,
            called="Until when",
            hint="Leave it empty if it never was so.",
        )

    def ask_reason(self, label: str, hint: str = "") -> None:
        self.fields["reason"] = Words(
            label, longest=4000, rows=4, hint=hint, required=f"{label}: write it in a few words"
        )

    @property
    def how(self) -> HowKnown:
        given = self.cleaned_data
        return HowKnown(
            Grounds(given["grounds"]), given["said"], given["source"], given["since"], given.get("until", "")
        )

    @property
    def role(self) -> CaseRole:
        return CaseRole(self.cleaned_data["role"])

    def clean(self) -> dict[str, object]:
        given = super().clean()
        since, until = given.get("since"), given.get("until")
        if since and until and not ordered(since, until):
            self.add_error("until", "Until when: it must not be before the date since when it was so")
        return given


def ordered(first: str, last: str) -> bool:
    try:
        Partial(first, last)
    except ValueError:
        return False
    return True


# A record in the case


class AddForm(WriteForm):
    """A record that is not there yet, as what it stands in the case, and how that is known."""

    kind: ClassVar[Kind]

    def __init__(self, data: Mapping | None = None, *, people: Iterable[tuple[str, str]] = (), **other: object):
        self.people = list(people)
        super().__init__(data, **other)

    def ask(self) -> None:
        self.ask_what()
        self.fields["role"] = role_field(self.kind)
        self.ask_about()
        self.ask_how()

    def ask_what(self) -> None:
        raise NotImplementedError

    def ask_about(self) -> None:
        """Whose it is: somebody of the case."""
        if self.people:
            self.fields["about"] = OneOf(
                "Who is that? (optional)",
                self.people,
                long=True,
                required="",
                hint="Somebody of this case. Leave it empty where it is not known. An address where a potential victim "
                "lives, or nobody knows who, is kept from this case’s lists.",
            )

    @property
    def about(self) -> UUID | None:
        chosen = self.cleaned_data.get("about")
        return UUID(chosen) if chosen else None

    @property
    def name(self) -> NameGiven | None:
        return None

    @property
    def content(self) -> dict[str, object]:
        raise NotImplementedError

    def clean(self) -> dict[str, object]:
        given = super().clean()
        if given.get("about") and given.get("role") and CaseRole(given["role"]) not in TIE_OF_ROLE:
            self.add_error("about", "Who is that: leave it empty, or select a role that is about somebody")
        return given


def role_field(kind: Kind) -> OneOf:
    return OneOf(
        "As what does it stand in this case?" if kind is not Kind.PERSON else "Who is this in the case?",
        [(role.value, capital(role.words)) for role in roles_of(kind)],
        required="Select as what it stands in this case"
        if kind is not Kind.PERSON
        else "Select who this is in the case",
    )


class AddPerson(AddForm):
    kind = Kind.PERSON

    def ask_what(self) -> None:
        self.fields["words"] = Words(
            "Name (optional)",
            longest=400,
            hint="The whole name in any script, in the order in which it is said. Leave it empty if it is not known. "
            "Other names, and what else is known, can be added afterwards.",
        )

    def ask_about(self) -> None:
        """Nobody else: how people are connected is recorded between their records."""

    @property
    def name(self) -> NameGiven | None:
        words = self.cleaned_data["words"]
        return NameGiven(Name.Sort.USED, words) if words else None

    @property
    def content(self) -> dict[str, object]:
        return {}


class AddAddress(AddForm):
    kind = Kind.ADDRESS

    def ask_what(self) -> None:
        address_fields(self, ("lines", "postcode"))

    @property
    def content(self) -> dict[str, object]:
        return {name: self.cleaned_data[name] for name in ("lines", "postcode")}


class AddVehicle(AddForm):
    kind = Kind.VEHICLE

    def ask_what(self) -> None:
        vehicle_fields(self, ("registration", "description"))

    @property
    def content(self) -> dict[str, object]:
        return {name: self.cleaned_data[name] for name in ("registration", "description")}

    def clean(self) -> dict[str, object]:
        return says_something(self, super().clean())


class AddPhone(AddForm):
    kind = Kind.PHONE

    def ask_what(self) -> None:
        phone_fields(self)

    @property
    def content(self) -> dict[str, object]:
        return {name: self.cleaned_data[name] for name in ("sort", "given", "service")}


ADD: dict[Kind, type[AddForm]] = {form.kind: form for form in (AddPerson, AddAddress, AddVehicle, AddPhone)}


def address_fields(form: forms.Form, names: Iterable[str], boroughs: Iterable[str] = ()) -> None:
    asked = {
        "lines": Words(
            "Address",
            longest=1000,
            rows=3,
            required="Enter the address, as much of it as is known",
            hint="Without postcode and country. An address abroad as it is written there.",
        ),
        "postcode": Words("Postcode (optional)", longest=20, width="govuk-input--width-10"),
        "borough": OneOf("Borough (optional)", [(name, name) for name in boroughs], long=True, required=""),
        "country": Words("Country (optional)", longest=80, hint="Only if it is abroad."),
    }
    form.fields.update({name: asked[name] for name in names})


def vehicle_fields(form: forms.Form, names: Iterable[str]) -> None:
    asked = {
        "registration": Words("Registration (optional)", longest=40, width="govuk-input--width-10"),
        "country": Words("Country of registration (optional)", longest=80),
        "description": Words(
            "Description (optional)", longest=1000, rows=2, hint="Make, model, colour, and what is striking."
        ),
    }
    form.fields.update({name: asked[name] for name in names})


def says_something(form: forms.Form, given: dict[str, object]) -> dict[str, object]:
    """A vehicle of which nothing is known is none."""
    known = given.get("registration") or given.get("description")
    if not known and not {"registration", "description"} & set(form.errors):
        form.add_error("registration", "Registration: enter it, or describe the vehicle below")
    return given


def phone_fields(form: forms.Form) -> None:
    form.fields["sort"] = OneOf("What is it?", PhoneVersion.Sort.choices, required="Select what it is")
    form.fields["given"] = Words(
        "Number, address or name",
        longest=200,
        required="Enter the number, the address or the name online",
        hint="As it was given. Spaces, brackets and a prefix make no difference when it is searched.",
    )
    form.fields["service"] = Words(
        "Where it is used (optional)", longest=80, hint="For a name online: the site or app."
    )


class LinkForm(WriteForm):
    """As what a record stands in this case too, and why."""

    def __init__(self, data: Mapping | None = None, *, kind: Kind, here: bool = False, **other: object):
        self.kind, self.here = kind, here
        super().__init__(data, **other)

    def ask(self) -> None:
        self.fields["role"] = role_field(self.kind)
        self.ask_how()
        self.ask_reason("Reason" if self.here else "Why is it the same?", NO_VICTIMS)


class RoleForm(LinkForm):
    """Another role, or another footing for it."""

    def ask(self) -> None:
        self.fields["role"] = role_field(self.kind)
        self.ask_how()
        self.ask_until()
        self.ask_reason("Why is it changed?", NO_VICTIMS)


class EndForm(WriteForm):
    """That something is not so any more, or never was."""

    def ask(self) -> None:
        self.ask_until()
        self.ask_reason("Reason", NO_VICTIMS)


class ReasonForm(WriteForm):
    def ask(self) -> None:
        self.ask_reason("Reason", NO_VICTIMS)


SIDES = (
    (Side.VICTIM.value, "A potential victim"),
    (Side.SUBJECT.value, "A subject"),
    (Side.OTHER.value, "Somebody else"),
)


class FindForm(WriteForm):
    """What to look for among the records that the viewer may see."""

    HINTS: ClassVar[dict[Kind, str]] = {
        Kind.PERSON: "All or part of a name, in any script.",
        Kind.ADDRESS: "A postcode, or a part of the address.",
        Kind.VEHICLE: "A registration, or a word of the description.",
        Kind.PHONE: "The whole number, address or name online.",
    }

    def __init__(self, data: Mapping | None = None, *, kind: Kind, side: Side | None = None, **other: object):
        self.kind, self.given_side = kind, side
        super().__init__(data, **other)

    def ask(self) -> None:
        self.fields["words"] = Words(
            "What do you look for?", longest=200, required="Enter what to look for", hint=self.HINTS[self.kind]
        )
        if self.kind is Kind.PERSON and self.given_side is None:
            self.fields["side"] = OneOf(
                "Whom do you look for?",
                SIDES,
                required="Select whom you look for",
                hint="Potential victims are named only to those who look for a potential victim.",
            )

    @property
    def side(self) -> Side:
        return self.given_side or Side(self.cleaned_data.get("side") or Side.THING)


BACK = "-back"
"""What marks a connection that runs from the other record to this one."""


@dataclass(frozen=True, slots=True)
class Other:
    """A record of the case that another can be connected with."""

    id: UUID
    kind: Kind
    title: str


class ConnectForm(WriteForm):
    """How a record is connected with another of the case."""

    def __init__(self, data: Mapping | None = None, *, kind: Kind, others: Iterable[Other], **other: object):
        self.kind, self.others = kind, {str(one.id): one for one in others}
        super().__init__(data, **other)

    def ask(self) -> None:
        self.fields["other"] = OneOf(
            "With what is it connected?",
            [(key, f"{capital(one.kind.words)}: {one.title}") for key, one in self.others.items()],
            long=True,
            required="Select with what it is connected",
            hint="Only records of this case are offered. Add what is missing to the case first.",
        )
        self.fields["tie"] = OneOf(
            "How is it connected?", self.ties(), long=True, required="Select how it is connected"
        )
        self.ask_how()

    def ties(self) -> Iterator[tuple[str, str]]:
        """Every connection that a record of this kind can have, read from its own end."""
        for tie in Tie:
            rule = tie.rule
            if self.kind in rule.of:
                yield tie.value, capital(rule.words)
            if self.kind in rule.to and not (self.kind in rule.of and rule.words == rule.back):
                yield tie.value + BACK, capital(rule.back)

    @property
    def tie(self) -> tuple[Tie, bool]:
        """The connection, and whether it runs from the other record to this one."""
        chosen = self.cleaned_data["tie"]
        return Tie(chosen.removesuffix(BACK)), chosen.endswith(BACK)

    def clean(self) -> dict[str, object]:
        given = super().clean()
        if given.get("tie") and given.get("other"):
            tie, back = self.tie
            other = self.others[given["other"]].kind
            if tie not in (ties_between(other, self.kind) if back else ties_between(self.kind, other)):
                words = dict(self.ties())[given["tie"]].lower()
                self.add_error("tie", f"How is it connected: “{words}” does not go with {article(other)}")
        return given


# What is known of a record


class ChangeForm(WriteForm):
    """One thing that is known of a record, and why it is changed."""

    title: ClassVar[str]

    def __init__(self, data: Mapping | None = None, *, boroughs: Iterable[str] = (), **other: object):
        self.boroughs = list(boroughs)
        super().__init__(data, **other)

    def ask(self) -> None:
        self.ask_what()
        self.ask_reason("How do you know?", NO_VICTIMS)

    def ask_what(self) -> None:
        raise NotImplementedError

    @property
    def changed(self) -> dict[str, object]:
        """The columns with what they are to be."""
        return {name: value for name, value in self.cleaned_data.items() if name != "reason"}

    @staticmethod
    def initial_of(content: Mapping[str, object]) -> dict[str, object]:
        """What the fields show of what is known now."""
        return dict(content)


class BornForm(ChangeForm):
    title = "Date of birth"

    def ask_what(self) -> None:
        self.fields["first"] = PartialDate(
            "When was the person born?",
            latest=self.today,
            hint="As much as is known: the year alone is enough. For example, 27 3 1991. Empty if nothing is known.",
        )
        self.fields["sure"] = OneOf(
            "How sure is that?",
            [
                ("", "It is that date, as far as it is given"),
                (ABOUT, "It is about then"),
                (BETWEEN, "It is some time from then until another date"),
            ],
            required="",
        )
        self.fields["last"] = PartialDate(
            "Until which date?", latest=self.today, hint="Only if it lies between two dates.", called="Until which date"
        )

    def clean(self) -> dict[str, object]:
        given = super().clean()
        first, last, sure = (given.get(name, "") for name in ("first", "last", "sure"))
        if (sure or last) and not first and "first" not in self.errors:
            self.add_error("first", "Date of birth: enter it, or leave the rest empty as well")
        elif sure == BETWEEN and not last and "last" not in self.errors:
            self.add_error("last", "Until which date: enter the later of the two dates")
        elif last and sure != BETWEEN:
            self.add_error("last", "Until which date: leave it empty, or select that it lies between two dates")
        elif first and last and not ordered(first, last):
            self.add_error("last", "Until which date: it must not be before the first date")
        return given

    @property
    def changed(self) -> dict[str, object]:
        given = self.cleaned_data
        first, last = given["first"], given["last"]
        return {"born": Partial(first, last, given["sure"] == ABOUT).text if first else ""}

    @staticmethod
    def initial_of(content: Mapping[str, object]) -> dict[str, object]:
        first, _, last = str(content["born"]).partition("/")
        sure = BETWEEN if last else ABOUT if first.endswith("~") else ""
        return {"first": first.removesuffix("~"), "last": last, "sure": sure}


class SexForm(ChangeForm):
    title = "Sex"

    def ask_what(self) -> None:
        self.fields["sex"] = OneOf(
            "Sex", SEXES, required="Select an answer; if you do not know, select “Not known yet”"
        )


class LinesForm(ChangeForm):
    """Several of a kind, one a line."""

    column: ClassVar[str]
    hint: ClassVar[str]

    def ask_what(self) -> None:
        self.fields[self.column] = Words(self.title, longest=2000, rows=3, hint=f"One a line. {self.hint}")

    @property
    def changed(self) -> dict[str, object]:
        return {self.column: list(lines(self.cleaned_data[self.column]))}

    @staticmethod
    def initial_of(content: Mapping[str, object]) -> dict[str, object]:
        return {name: "\n".join(value) for name, value in content.items() if isinstance(value, list)}


def lines(text: str) -> Iterator[str]:
    """The lines of a text that say something, each once."""
    yield from dict.fromkeys(line.strip() for line in text.splitlines() if line.strip())


class NationalitiesForm(LinesForm):
    title, column, hint = "Nationalities", "nationalities", "Leave it empty if none is known."


class LanguagesForm(LinesForm):
    title, column, hint = "Languages", "languages", "First the one that the person is most at ease in."


class PapersForm(LinesForm):
    title, column = "Identity papers", "papers"
    hint = "What it is, its number, and of which country. For example: passport 051234567, Romania."


class AddressForm(ChangeForm):
    title = "Address"

    def ask_what(self) -> None:
        address_fields(self, ("lines", "postcode", "borough", "country"), self.boroughs)


class SecretForm(ChangeForm):
    title = "Whether it is marked secret"

    def ask_what(self) -> None:
        self.fields["secret"] = AnyOf(
            "Is it secret?",
            [("yes", "Keep this address secret")],
            hint="It is then in no list and on no page but a potential victim’s. Those who answer for the case open it "
            "there, and each opening is logged. Where a potential victim lives is kept so in any case.",
        )

    @property
    def changed(self) -> dict[str, object]:
        return {"secret": bool(self.cleaned_data["secret"])}

    @staticmethod
    def initial_of(content: Mapping[str, object]) -> dict[str, object]:
        return {"secret": ["yes"] if content["secret"] else []}


class VehicleForm(ChangeForm):
    title = "Vehicle"

    def ask_what(self) -> None:
        vehicle_fields(self, ("registration", "country", "description"))

    def clean(self) -> dict[str, object]:
        return says_something(self, super().clean())


class PhoneForm(ChangeForm):
    title = "Number, address or name online"

    def ask_what(self) -> None:
        phone_fields(self)


CHANGES: dict[Kind, dict[str, type[ChangeForm]]] = {
    Kind.PERSON: {
        "born": BornForm,
        "sex": SexForm,
        "nationalities": NationalitiesForm,
        "languages": LanguagesForm,
        "papers": PapersForm,
    },
    Kind.ADDRESS: {"address": AddressForm, "secret": SecretForm},
    Kind.VEHICLE: {"vehicle": VehicleForm},
    Kind.PHONE: {"phone": PhoneForm},
}
"""What can be changed of a record, each on a page of its own."""


class NameForm(WriteForm):
    """One more name of a person."""

    def ask(self) -> None:
        sorts = [choice for choice in Name.Sort.choices if choice[0] != Name.Sort.REFERRED]
        self.fields["sort"] = OneOf("What kind of name is it?", sorts, required="Select what kind of name it is")
        self.fields["words"] = Words(
            "Name",
            longest=400,
            required="Enter the name",
            hint="The whole name in any script, in the order in which it is said.",
        )
        self.fields["given"] = Words(
            "Of it, given names (optional)", longest=200, hint="Only if you know which part that is."
        )
        self.fields["family"] = Words("Of it, family name (optional)", longest=200)
        self.ask_reason("How do you know?", NO_VICTIMS)

    @property
    def name(self) -> NameGiven:
        given = self.cleaned_data
        return NameGiven(given["sort"], given["words"], given["given"], given["family"])


class ContactForm(WriteForm):
    """How a potential victim can be reached safely."""

    def ask(self) -> None:
        self.fields["words"] = Words(
            "How can the person be reached safely?",
            longest=2000,
            rows=4,
            hint="How, when and through whom. Say what must not be done. Leave it empty if what stands here does not "
            "hold any more.",
        )
        self.ask_reason("How do you know?")
