"""Referrals to work on, and moves on them as short calls."""

import html
from itertools import count

from palermo.web import clock
from palermo.web.accounts.models import User
from palermo.web.cases import actions, queries
from palermo.web.cases.actions import Seen
from palermo.web.cases.models import Case, Offer, QueueLine
from palermo.web.intake.actions import Submission, receive_referral
from palermo.web.intake.models import Clock, Event, FactVersion, Ownership, Referral
from palermo.web.papers.models import CrimeReference
from palermo.web.support.queries import partner_told

numbers = count(1)
LINE = (
    *("pk", "reference", "received_at", "restricted", "unit", "borough", "state", "officer"),
    *("exploitation", "age", "supporting", "due_at", "due_what"),
    *("facts", "profile", "vocabulary", "known_borough", "decided", "crimes", "untold"),
)

OF_A_BOROUGH = {
    "age": "adult",
    "exploitation": "labour",
    "organised": "no",
    "reach": "borough",
    "victims": "one",
    "borough": "Newham",
}
OF_SCD9 = {"age": "adult", "exploitation": "sexual", "organised": "yes", "reach": "national", "borough": "Newham"}
OF_PALADIN = {"age": "child", "borough": "Newham"}


def a_referral(facts: dict[str, object] = OF_A_BOROUGH, *, by: User, **other: object) -> Referral:
    return receive_referral(
        Submission(
            **{
                "key": f"case-{next(numbers)}",
                "channel": "form",
                "received_at": clock.now(),
                "referring_body": "Harbour Project",
                "facts": dict(facts),
                "potential_victims": ({"given_names": "Ilinca", "family_name": "Sandu"},),
                **other,
            }
        ),
        by,
    ).referral


def seen(referral: Referral) -> Seen:
    """What somebody sees who opens its page now."""
    return Seen(Case.objects.get(referral=referral).version, queries.last_event(referral))


def case_of(referral: Referral) -> Case:
    return Case.objects.get(referral=referral)


def owner_of(referral: Referral) -> tuple[str, str]:
    present = Ownership.objects.get(referral=referral, period__endswith__isnull=True)
    return present.unit, present.borough


def open_offer(referral: Referral) -> Offer | None:
    return Offer.objects.filter(referral=referral, answer="").first()


def running(referral: Referral) -> set[str]:
    return set(Clock.objects.filter(referral=referral, met_at__isnull=True).values_list("clock", flat=True))


def told(referral: Referral) -> list[str]:
    """The kinds of what the timeline tells, in order."""
    return list(Event.objects.filter(referral=referral).order_by("pk").values_list("kind", flat=True))


def accepted(user: User, facts: dict[str, object] = OF_A_BOROUGH, **other: object) -> Referral:
    """A referral that the account's unit has accepted."""
    referral = a_referral(facts, by=user, **other)
    actions.accept(user, referral.reference, seen(referral))
    return referral


def escalated(user: User, **other: object) -> Referral:
    """A borough's referral that SCD9 is asked to take."""
    referral = accepted(user, **other)
    actions.escalate(user, referral.reference, seen(referral), "beyond the borough")
    return referral


def text_of(response) -> str:
    return html.unescape(response.content.decode())


def sent(referral: Referral, **fields: object) -> dict[str, object]:
    """A move's form as the page of now would send it."""
    now = seen(referral)
    return {"version": now.version, "event": now.event, **fields}


def lines_as_kept() -> list[tuple[object, ...]]:
    """Every line that the database keeps for the queues."""
    return list(QueueLine.objects.order_by("pk").values_list(*LINE))


def lines_as_they_follow() -> list[tuple[object, ...]]:
    """The same lines, each worked out anew from what it follows from."""
    owners = {one.referral_id: one for one in Ownership.objects.filter(period__endswith__isnull=True)}
    facts = {one.referral_id: one for one in FactVersion.objects.select_related("decision").order_by("version")}
    due = {one.referral_id: one for one in Clock.objects.filter(queries.RUNNING).order_by("-due_at", "-pk")}
    crimes = {
        one.referral_id: "recorded" if one.crimes else "none" if one.none_because else "neither"
        for one in CrimeReference.objects.order_by("number")
    }
    told = set(partner_told().values_list("referral", flat=True))
    return [
        (
            *(case.pk, case.referral.reference, case.referral.received_at, case.referral.restricted),
            *(owners[case.pk].unit, owners[case.pk].borough, case.state, case.officer_id),
            *(facts[case.pk].facts["exploitation"], facts[case.pk].facts["age"]),
            [one["unit"] for one in facts[case.pk].decision.document["support"]],
            *((due[case.pk].due_at, due[case.pk].label) if case.pk in due else (None, "")),
            *(facts[case.pk].pk, facts[case.pk].profile, facts[case.pk].decision.vocabulary_hash),
            *(facts[case.pk].borough, facts[case.pk].decision.owner, crimes.get(case.pk, "neither")),
            facts[case.pk].decision.safeguarding_partner is not None and case.pk not in told,
        )
        for case in Case.objects.select_related("referral").order_by("pk")
    ]
