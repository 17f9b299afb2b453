"""What is a first responder asked, one question a page, and in which words?

The words for facts, elements and indicators are the pack's: another pack asks in other words. Here stand the order, the
pages, and what is asked of whom.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from django import forms

from palermo.domain.access import Role, Viewer
from palermo.packs import Pack
from palermo.web.intake import words
from palermo.web.intake.fields import AnyOf, OneOf, PartialDate, Words

POLICE = frozenset({Role.OFFICER, Role.SUPERVISOR})
NOT_KNOWN = "unknown"
NONE = "none"
MOST_PEOPLE = 50


@dataclass(frozen=True, slots=True)
class Journey:
    """One referral in the making: who writes it, by which pack, on which day, and what has been answered so far."""

    pack: Pack
    viewer: Viewer
    answers: Mapping[str, dict]
    today: date
    post: str = ""

    def answered(self, slug: str) -> bool:
        return slug in self.answers

    def fact(self, name: str) -> str:
        """The value given, or what the pack takes a missing one to mean."""
        return self.answers.get(name, {}).get(name) or self.pack.vocabulary.by_name[name].missing

    @property
    def people(self) -> list[dict]:
        return self.answers.get("people", {}).get("list", [])

    @property
    def police(self) -> bool:
        return self.viewer.role in POLICE

    @property
    def trafficking(self) -> bool:
        """Whether it is about what the definition is for, and not another duty of the unit."""
        matter = self.pack.vocabulary.by_name.get("matter")
        return matter is None or self.fact("matter") == matter.missing

    def needs(self, element: str) -> bool:
        """Whether the definition asks for the element at this age, or would if a doubtful age turned out adult."""
        definition = self.pack.definition
        test = definition.tests[self.fact("age")]
        as_adult = definition.by_test.get(test.as_adult)
        return element in test.requires or bool(as_adult and element in as_adult.requires)


class QuestionForm(forms.Form):
    """One page's fields. `answer` is what is kept; `rows` is how it is read back.

    `initial` may fill in what is likely; only what was saved is `kept`.
    """

    use_required_attribute = False
    heading: ClassVar[str] = ""
    one_question: ClassVar[bool] = True

    def __init__(self, journey: Journey, data: Mapping[str, str] | None = None, kept: dict | None = None):
        super().__init__(data, initial=dict(kept or {}))
        self.journey = journey
        self.kept = kept or {}
        self.ask()

    def ask(self) -> None:
        raise NotImplementedError

    def answer(self) -> dict:
        return dict(self.cleaned_data)

    @property
    def unchanged(self) -> bool:
        """Whether the page was sent back as it was shown."""

        def plain(value: object) -> object:
            return {key: part for key, part in value.items() if part} if isinstance(value, dict) else value

        return all(
            (plain(field.widget.value_from_datadict(self.data, {}, name)) or None)
            == (plain(field.prepare_value(self.initial.get(name))) or None)
            for name, field in self.fields.items()
        )

    def rows(self) -> Iterator[tuple[str, str]]:
        """Label and words of each field, as kept."""
        for name, field in self.fields.items():
            yield field.label, spoken(field, self.kept.get(name))


def spoken(field: forms.Field, value: object) -> str:
    """A kept answer in words; empty where nothing was said."""
    if isinstance(field, PartialDate):
        return words.partial_date(str(value or ""))
    if isinstance(field, forms.ChoiceField):
        chosen = value if isinstance(value, list) else [value]
        return "; ".join(label for key, label in field.choices if key and key in chosen)
    return str(value or "")


# Who is referring


class ReferrerForm(QuestionForm):
    heading = "How can we reach you?"
    one_question = False

    def ask(self) -> None:
        viewer = self.journey.viewer
        if not viewer.body:
            # an officer also writes down what a body told them: then it is that body's referral
            self.fields["body"] = Words(
                "Which organisation is referring?",
                longest=120,
                required="Enter the organisation that is referring",
                hint="Your own, or the one that told you.",
            )
            self.initial.setdefault("body", words.own_body(self.journey.pack, viewer, self.journey.today))
        self.fields["post"] = Words(
            "Your post",
            longest=80,
            required="Enter your post",
            hint="What you do, not your name. For example, caseworker.",
        )
        self.initial.setdefault("post", self.journey.post[:80])
        self.fields["contact"] = Words(
            "Telephone or email",
            longest=110,
            required="Enter a telephone number or an email address",
            hint="Where we can ask you more. We use it for this referral only.",
        )
        self.fields["sender_reference"] = Words(
            "Your own reference (optional)", longest=120, hint="What you call this case, so that you find it again."
        )

    def rows(self) -> Iterator[tuple[str, str]]:
        if self.journey.viewer.body:
            yield "Organisation", self.journey.viewer.body
        yield from super().rows()


# Facts that the remit reads


class FactForm(QuestionForm):
    """A fact of the pack's vocabulary, asked in the pack's words; {unknown} in the hint is its answer "not known"."""

    fact: ClassVar[str]
    hint: ClassVar[str] = ""

    def ask(self) -> None:
        field = self.journey.pack.vocabulary.by_name[self.fact]
        unknown = NOT_KNOWN in field.values
        self.fields[self.fact] = OneOf(
            field.ask or field.title,
            [(value, words.sentence(field.words(value))) for value in field.values],
            hint=self.hint.format(unknown=words.sentence(field.words(NOT_KNOWN))),
            required=f"Select an answer; if you do not know, select “{words.sentence(field.words(NOT_KNOWN))}”"
            if unknown
            else "Select an answer",
        )


class BoroughForm(QuestionForm):
    def ask(self) -> None:
        self.fields["borough"] = OneOf(
            "Which borough did it happen in?",
            [
                (NOT_KNOWN, "Not known yet"),
                *((name, name) for name in sorted(words.borough_names(self.journey.pack))),
            ],
            hint="If in several, the one where the person was found, or is now.",
            required="Select a borough, or “Not known yet”",
            long=True,
        )
        if self.journey.viewer.borough:
            self.initial.setdefault("borough", self.journey.viewer.borough)


# What happened, element by element


class ElementForm(QuestionForm):
    """The parts of one element of the definition, in the pack's words; several may be true at once.

    "None of these" and "not known yet" are two answers: the one says that it was looked for, the other that it was not.
    """

    element: ClassVar[str]
    hint: ClassVar[str] = ""

    def ask(self) -> None:
        definition = self.journey.pack.definition
        kind = next(kind for kind in definition.kinds if kind.name == self.element)
        parts = definition.of(self.element)
        self.fields[kind.list] = AnyOf(
            kind.ask or kind.label,
            [(part.key, words.sentence(part.words or part.label)) for part in parts],
            hint=self.hint,
            hints={part.key: part.meaning for part in parts},
            required="Select what applies; if you do not know, select “Not known yet”",
            alone=[(NONE, "None of these"), (NOT_KNOWN, "Not known yet")],
        )


class ActsForm(ElementForm):
    element = "act"
    hint = "Select all that apply, to anyone this referral is about."


class MeansForm(ElementForm):
    element = "means"
    hint = "Select all that apply. One is enough."


class PurposesForm(ElementForm):
    element = "purpose"
    hint = "Select all that apply. It counts even if it was only meant and has not happened."


class ConsentForm(QuestionForm):
    def ask(self) -> None:
        self.fields["consent"] = OneOf(
            "Did the person agree to what was intended? (optional)",
            [("yes", "Yes"), ("no", "No"), (NOT_KNOWN, "Not known yet")],
            hint="Your answer decides nothing. Where force, threats, deception or any other means was used, "
            "the law takes no account of consent. We keep the answer only so that nobody has to ask again.",
            required="",
        )


class IndicatorsForm(QuestionForm):
    heading = "Which signs have you noticed? (optional)"
    one_question = False
    intro = (
        "Open a list and tick what you saw or were told. Signs help whoever assesses the referral; they decide "
        "nothing. Leave out what you are not sure of."
    )

    def ask(self) -> None:
        self.groups = words.indicator_groups(self.journey.pack, self.journey.fact("age"))
        # kept as one list: a sign may stand in another group once the age is known
        kept = self.kept.get("indicators", [])
        for group in self.groups:
            self.fields[group.key] = AnyOf(group.title, group.choices)
            self.initial[group.key] = [code for code, _ in group.choices if code in kept]

    def folds(self) -> list[dict[str, object]]:
        """The groups by their set, each to be opened; one in which something is ticked is open."""
        found: dict[str, dict] = {}
        for group in self.groups:
            fold = found.setdefault(group.set, {"title": group.set, "fields": [], "chosen": 0})
            fold["fields"].append(self[group.key])
            fold["chosen"] += len(self[group.key].value() or [])
        return list(found.values())

    def answer(self) -> dict:
        return {"indicators": sorted({code for chosen in self.cleaned_data.values() for code in chosen})}

    def rows(self) -> Iterator[tuple[str, str]]:
        said = [(field.label, spoken(field, self.initial[name])) for name, field in self.fields.items()]
        yield from [row for row in said if row[1]] or [("Signs", "")]


class AccountForm(QuestionForm):
    def ask(self) -> None:
        self.fields["account"] = Words(
            "What happened, in your own words?",
            longest=20_000,
            rows=12,
            required="Write what happened; a few words are enough",
            hint="What you saw or were told, by whom, when and where. What is left out here can be added later. "
            "Do not press the person to tell you more.",
        )


class RestrictedForm(QuestionForm):
    def ask(self) -> None:
        self.fields["restricted"] = AnyOf(
            "Should this be kept to named people? (optional)",
            [("yes", "Keep this referral to named people")],
            hint="Only where colleagues in the unit must not read it. It still goes to the unit that owns it and its "
            "clocks still run, but only people named on it, the officer who has it and their supervisor can open it. "
            "Auditors always can.",
        )


# The people


class NamesForm(QuestionForm):
    heading = "What is the person called?"
    one_question = False

    def ask(self) -> None:
        self.fields["given_names"] = Words(
            "Given names (optional)", longest=200, hint="In any script, as the person writes it if you know."
        )
        self.fields["family_name"] = Words("Family name (optional)", longest=200)
        self.fields["other_names"] = Words(
            "Other names (optional)", longest=400, hint="Nicknames, names in other spellings or on papers."
        )


class BirthForm(QuestionForm):
    def ask(self) -> None:
        self.fields["date_of_birth"] = PartialDate(
            "When was the person born? (optional)",
            latest=self.journey.today,
            hint="As much as you know: the year alone is enough. For example, 27 3 1991.",
        )


class BackgroundForm(QuestionForm):
    heading = "About the person"
    one_question = False

    def ask(self) -> None:
        self.fields["sex"] = OneOf(
            "Sex (optional)",
            [("female", "Female"), ("male", "Male"), ("other", "Other"), (NOT_KNOWN, "Not known yet")],
            required="",
        )
        self.fields["nationality"] = Words(
            "Nationality (optional)", longest=80, hint="If more than one, write each. It does not decide anything."
        )
        self.fields["language"] = Words(
            "Language (optional)", longest=80, hint="The one the person is most at ease in."
        )


class ContactForm(QuestionForm):
    def ask(self) -> None:
        self.fields["safe_contact"] = Words(
            "How can the person be reached safely? (optional)",
            longest=2_000,
            rows=4,
            hint="How, when and through whom. Say what must not be done: for example, do not call in the evening.",
        )


@dataclass(frozen=True, slots=True)
class Question:
    """One page. `tab` is what the browser's tab and history show: it gives nothing away.

    A question without a title is a fact of the pack's vocabulary and has the pack's title.
    """

    slug: str
    title: str
    tab: str
    form: type[QuestionForm]
    applies: Callable[[Journey], bool] = lambda journey: True
    not_needed: str = ""
    optional: bool = False

    def title_for(self, journey: Journey) -> str:
        return self.title or journey.pack.vocabulary.by_name[self.slug].title


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    questions: tuple[Question, ...]


def police(journey: Journey) -> bool:
    return journey.police


def trafficking(journey: Journey) -> bool:
    return journey.trafficking


def where_means_count(journey: Journey) -> bool:
    return journey.trafficking and journey.needs("means")


def fact(name: str, tab: str, hint: str = "", applies: Callable[[Journey], bool] = lambda journey: True) -> Question:
    """The page that asks one fact; under a pack that has no such fact it is not asked."""
    form = type(f"{name.title()}Form", (FactForm,), {"fact": name, "hint": hint})

    def applies_here(journey: Journey) -> bool:
        return name in journey.pack.vocabulary.by_name and applies(journey)

    return Question(name, "", tab, form, applies=applies_here)


SECTIONS = (
    Section(
        "About you",
        (
            Question("referrer", "How to reach you", "Your details", ReferrerForm),
            fact("matter", "Subject", applies=police),
        ),
    ),
    Section(
        "Who it is about",
        (
            fact("victims", "Number"),
            fact(
                "age",
                "Age",
                "If the age is in doubt, select “{unknown}”: the person is then treated as a child. If there are "
                "several people, answer for the youngest.",
            ),
        ),
    ),
    Section(
        "What happened",
        (
            Question("account", "In your own words", "Account", AccountForm),
            Question("acts", "What was done", "What", ActsForm, applies=trafficking),
            Question(
                "means",
                "How it was done",
                "How",
                MeansForm,
                applies=where_means_count,
                not_needed="Not needed for a child",
            ),
            Question("purposes", "What it was for", "What for", PurposesForm, applies=trafficking),
            Question("consent", "Whether the person agreed", "Agreed", ConsentForm, where_means_count, optional=True),
            fact("exploitation", "Kind", applies=trafficking),
            Question("indicators", "Signs noticed", "Signs", IndicatorsForm, applies=trafficking, optional=True),
        ),
    ),
    Section(
        "How far it goes",
        (
            fact("organised", "Who else"),
            fact("reach", "Distance"),
            fact("port", "Arrival"),
            Question("borough", "Borough", "Borough", BoroughForm),
            fact("nexus", "Link", "An intelligence link only. A nationality is never a link.", applies=police),
        ),
    ),
    Section(
        "Before you send",
        (
            Question(
                "restricted", "Kept to named people", "Who may open it", RestrictedForm, applies=police, optional=True
            ),
        ),
    ),
)
PERSON_QUESTIONS = (
    Question("names", "Names", "Name", NamesForm, optional=True),
    Question("birth", "Date of birth", "Date", BirthForm, optional=True),
    Question("background", "About the person", "Background", BackgroundForm, optional=True),
    Question("contact", "Safe contact", "Contact", ContactForm, optional=True),
)
QUESTIONS = {question.slug: question for section in SECTIONS for question in section.questions}
PERSON_PAGES = {question.slug: question for question in PERSON_QUESTIONS}


def asked(journey: Journey) -> list[Question]:
    """The questions of this journey, in their order."""
    return [question for question in QUESTIONS.values() if question.applies(journey)]


def missing(journey: Journey) -> list[Question]:
    """What still has to be answered before it can be sent; "not known yet" is an answer."""
    return [question for question in asked(journey) if not question.optional and not journey.answered(question.slug)]


def following(journey: Journey, slug: str) -> str:
    """The page after this one within its section; empty where the section ends."""
    for section in SECTIONS:
        slugs = [question.slug for question in section.questions if question.applies(journey)]
        if slug in slugs:
            rest = slugs[slugs.index(slug) + 1 :]
            return rest[0] if rest else ""
    return ""


def new_person() -> dict:
    return {"id": secrets.token_hex(4)}
