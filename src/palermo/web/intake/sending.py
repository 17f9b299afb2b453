"""Is it ready to be sent, and what exactly is sent? Only what was asked and shown on the last page goes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from palermo.domain.referral import FactsRefused
from palermo.web.intake.actions import Submission
from palermo.web.intake.questions import NONE, NOT_KNOWN, QUESTIONS, Journey, asked, missing

CONSENT = {"yes": True, "no": False}
OF_AGE = 18


@dataclass(frozen=True, slots=True)
class Problem:
    """What stands in the way of sending, and the page where it is put right."""

    slug: str
    says: str


class NotReady(Exception):
    """The answers cannot be sent as they are; `problems` says why."""

    def __init__(self, problems: list[Problem]):
        super().__init__("; ".join(problem.says for problem in problems))
        self.problems = problems


def problems(journey: Journey) -> list[Problem]:
    """Everything that stands in the way, in the order of the pages: unanswered, at odds, or unknown to the pack."""
    found = [Problem(question.slug, f"Answer “{question.title_for(journey)}”") for question in missing(journey)]
    found += contradictions(journey)
    if not found:
        try:
            journey.pack.read_facts(facts(journey))
        except FactsRefused as refused:
            # the policy has changed since the question was answered
            found = [
                Problem(problem.field if problem.field in QUESTIONS else "", f"Answer again: {problem.says}")
                for problem in refused.problems
            ]
    return found


def contradictions(journey: Journey) -> list[Problem]:
    """Answers that cannot both be true, where one of them would take the referral to the wrong unit."""
    found = []
    if journey.answered("age") and journey.fact("age") not in ("child", NOT_KNOWN):
        births = [person.get("birth", {}).get("date_of_birth", "") for person in journey.people]
        if any(under_age(born, journey.today) for born in births if born):
            found.append(
                Problem(
                    "age",
                    "A date of birth that you gave makes the person a child, but you answered that they are not. "
                    "Change the age, or the date of birth",
                )
            )
    victims = journey.pack.vocabulary.by_name.get("victims")
    if victims is None:
        return found
    classes = [value for _, value in victims.numbers]
    counted = victims.of_number(len(journey.people))
    given = journey.fact("victims")
    if given in classes and counted in classes and classes.index(given) < classes.index(counted):
        found.append(
            Problem(
                "victims",
                f"You described {len(journey.people)} people, but answered otherwise when asked how many there are. "
                "Change one of the two",
            )
        )
    return found


def under_age(born: str, day: date) -> bool:
    """Whether even the earliest day that this much of a date allows makes the person a child on the day."""
    year, month, on = (int(part) for part in [*born.split("-"), "1", "1"][:3])
    return (day.year - year - ((day.month, day.day) < (month, on))) < OF_AGE


def facts(journey: Journey) -> dict[str, object]:
    """The facts in the words of the contract; what was not asked is left out."""
    given = {
        question.slug: journey.answers[question.slug].get(question.slug)
        for question in asked(journey)
        if journey.answered(question.slug)
    }
    names = {*journey.pack.vocabulary.by_name, "borough"}
    found = {name: value for name, value in given.items() if name in names}
    if found.get("borough") == NOT_KNOWN:
        found["borough"] = None
    return found


def elements(journey: Journey) -> dict[str, object]:
    """The elements and indicators in the words of the contract.

    A list is empty where it was looked for and nothing of it was there, and None where it is not known or not asked.
    """
    shown = {question.slug for question in asked(journey)}

    def chosen(name: str) -> list[str] | None:
        kept = journey.answers.get(name, {}).get(name) if name in shown else None
        if kept is None or NOT_KNOWN in kept:
            return None
        return [key for key in kept if key != NONE]

    # signs meant for another age are not shown on the last page, so they are not sent either
    meant = {indicator.code for indicator in journey.pack.definition.for_age(journey.fact("age"))}
    consent = journey.answers.get("consent", {}).get("consent") if "consent" in shown else None
    return {
        **{kind.list: chosen(kind.list) for kind in journey.pack.definition.kinds},
        "consent": CONSENT.get(consent),
        "indicators": [code for code in chosen("indicators") or [] if code in meant],
    }


def submission_of(journey: Journey, key: str, at: datetime) -> Submission:
    """What is sent. Raises NotReady with every problem."""
    if found := problems(journey):
        raise NotReady(found)
    referrer = journey.answers["referrer"]
    return Submission(
        key=key,
        channel="form",
        received_at=at,
        referring_body=journey.viewer.body or referrer["body"],
        facts=facts(journey),
        elements=elements(journey),
        potential_victims=tuple(person_fields(person) for person in journey.people),
        account=journey.answers["account"]["account"],
        first_responder=f"{referrer['post']}; {referrer['contact']}",
        sender_reference=referrer["sender_reference"],
        sent_by_borough=journey.viewer.borough,
        restricted=journey.police and bool(journey.answers.get("restricted", {}).get("restricted")),
    )


def person_fields(person: Mapping[str, object]) -> dict[str, str]:
    """One person's pages as one row."""
    return {name: value for page in person.values() if isinstance(page, dict) for name, value in page.items()}


def fingerprint(answers: Mapping[str, object]) -> str:
    """Tells whether the answers are still those that were shown on the last page."""
    return hashlib.sha256(json.dumps(answers, sort_keys=True).encode()).hexdigest()[:16]
