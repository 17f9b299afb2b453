"""How is a referral shown? Rows and words for its page; nothing is read here that `queries` has not given."""

from __future__ import annotations

from collections.abc import Container, Iterator
from datetime import date, datetime

from django.urls import reverse

from palermo.domain.access import Viewer
from palermo.domain.casework import Move
from palermo.domain.policy import listed
from palermo.packs import Pack
from palermo.web import clock
from palermo.web.cases.queries import (
    MADE_BY_MOVES,
    SAFEGUARDING,
    Clock,
    ClockPause,
    Ownership,
    Record,
    Work,
    facts_as_given,
    may_be_paused,
    otherwise,
    stopped_by_hand,
    unit_name,
    would_take,
)
from palermo.web.intake.words import partial_date
from palermo.web.layout import moment_words, time_left

BASIS = {
    "stated": ("Stated in the source", "govuk-tag--green"),
    "inferred": ("Inferred from the source", "govuk-tag--yellow"),
    "assumed": ("Assumed: the source is silent or divided", "govuk-tag--orange"),
}
STATE_TAGS = {
    "received": "govuk-tag--blue",
    "accepted": "govuk-tag--turquoise",
    "allocated": "govuk-tag--green",
    "offered": "govuk-tag--purple",
    "handed_back": "govuk-tag--orange",
    "assessed": "govuk-tag--turquoise",
    "investigating": "govuk-tag--green",
    "in_dispute": "govuk-tag--red",
    "suspended": "govuk-tag--yellow",
    "closed": "govuk-tag--grey",
    "reopened": "govuk-tag--blue",
}
FINDINGS = {
    "trafficking": ("Meets the definition of trafficking", "govuk-tag--red"),
    "not_shown": ("Definition not met", "govuk-tag--grey"),
    "insufficient": ("Not enough is known", "govuk-tag--yellow"),
}
ELEMENTS = {
    "shown": ("Shown", "govuk-tag--green"),
    "missing": ("Missing", "govuk-tag--red"),
    "not_required": ("Not needed", "govuk-tag--grey"),
}
PARTS = (
    ("Summary", "cases:referral"),
    ("What is due", "duties:due"),
    ("First known", "duties:first-known"),
    ("People and places", "people:case"),
    ("Notes and documents", "papers:papers"),
    ("Decisions", "papers:decisions"),
    ("Support", "support:support"),
    ("Safeguarding", "support:safeguarding"),
    ("Operations", "operations:of-referral"),
    ("File", "dossier:file"),
)
"""The pages of one referral, in the order of its sub-navigation: their words, and the name of their address."""
SCREENING = {"positive": "signs are there", "negative": "no sign", "not_scored": "not scored"}
BESIDE = {Move.CORRECT, Move.FINISH, Move.PAUSE, Move.RESTART}
"""The moves that stand beside a fact or a clock; the others have a button of their own."""


def parts(reference: str, here: str) -> list[dict[str, object]]:
    """The sub-navigation of a referral's pages; `here` is the name of the page's own address."""
    return [{"text": words, "href": reverse(name, args=[reference]), "here": name == here} for words, name in PARTS]


def capital(words: str) -> str:
    """With a capital first letter; the rest as it is."""
    return words[:1].upper() + words[1:]


def due_words(due: datetime) -> str:
    return f"{moment_words(due)} ({time_left(due)})"


def move_links(work: Work, viewer: Viewer, pack: Pack, today: date) -> list[dict[str, str]]:
    """The moves that this viewer may make now, as words and addresses."""
    return [
        {"text": move.words, "href": reverse(f"cases:{move.value}", args=[work.referral.reference])}
        for move in work.moves(viewer)
        if move not in BESIDE and leads_somewhere(move, work, viewer, pack, today)
    ]


def leads_somewhere(move: Move, work: Work, viewer: Viewer, pack: Pack, today: date) -> bool:
    """Whether the move would change anything: there is somebody to ask, or the viewer has not got it yet."""
    if move is Move.ESCALATE:
        return would_take(work, pack, today) is not None
    if move is Move.NAME:
        return work.referral.restricted
    return move is not Move.TAKE or work.case.officer_id != viewer.id


def page(found: Record, viewer: Viewer, pack: Pack, today: date) -> dict[str, object]:
    """What the referral's page shows beside the record itself."""
    work = found.work
    moves = work.moves(viewer)
    decision = work.decision
    document = decision.document
    paused = {pause.clock_id: pause for pause in found.pauses if pause.ended_at is None}
    agrees = decision.owner == work.owner.unit and (decision.owner_borough in ("", work.owner.borough))
    return {
        "owner_name": unit_name(pack, *work.place, today),
        "owner_since": work.owner.period.lower,
        "how": Ownership.How(work.owner.how).label,
        "agrees": agrees,
        "remit_names": unit_name(pack, decision.owner, decision.owner_borough, today),
        "basis": BASIS[document["basis"]],
        "contested": [unit_name(pack, unit, "", today) for unit in document["contested_by"]],
        "support": [(unit_name(pack, one["unit"], "", today), one["why"]) for one in document["support"]],
        "otherwise": what_would_change(work, pack, today),
        "state": (capital(work.state.words), STATE_TAGS[work.state]),
        "offered_to": offered_to(work, pack, today),
        "finding": FINDINGS[decision.finding],
        "elements": list(elements(work, pack)),
        "screening": list(screening(work, pack)),
        "people": people(found),
        "clocks": [clock_row(one, moves, pack, paused.get(one.pk)) for one in found.running],
        "facts": list(facts(work, pack, Move.CORRECT in moves)),
        "owners": [
            (unit_name(pack, one.unit, one.borough, today), one.period, capital(Ownership.How(one.how).label))
            for one in found.owners
        ],
        "moves": move_links(work, viewer, pack, today),
        "standing_still": next((one for one in found.suspensions if one.ended_at is None), None),
        "closing": next((one for one in found.closings if one.reopened_at is None), None),
        "corrections": [version for version in found.versions if version.version > 1],
    }


def what_would_change(work: Work, pack: Pack, today: date) -> list[str] | None:
    """For each field and other owner one sentence; None where the policy that decided is not here to ask."""
    changes = otherwise(work.facts, pack)
    if changes is None:
        return None
    joined: dict[tuple[str, str], tuple[list[str], list[str]]] = {}
    for change in changes:
        values, rules = joined.setdefault((change.field, change.owner), ([], []))
        values += change.values
        rules.append(change.rule)
    said = []
    for (name, owner), (values, rules) in joined.items():
        facts = listed([pack.vocabulary.by_name[name].says(value) for value in values], "or")
        plural = "s" if len(rules) > 1 else ""
        said.append(f"If {facts}: {unit_name(pack, owner, '', today)} (rule{plural} {listed(rules, 'or')}).")
    return said


def offered_to(work: Work, pack: Pack, today: date) -> str:
    """Whom it is offered to, or is in dispute with."""
    if work.offer is None or not work.offer.to_unit:
        return ""
    return unit_name(pack, work.offer.to_unit, work.offer.to_borough, today)


def people(found: Record) -> list[list[tuple[str, str]]]:
    """Of each potential victim what is known, as labels and words."""
    return [
        [
            (label, words)
            for label, words in (
                ("Given names", person.given_names),
                ("Family name", person.family_name),
                ("Other names", person.other_names),
                ("Born", partial_date(person.date_of_birth) if person.date_of_birth else ""),
                ("Sex", person.sex),
                ("Nationality", person.nationality),
                ("Language", person.language),
                ("Safe contact", person.safe_contact),
            )
            if words
        ]
        for person in found.people
    ]


def elements(work: Work, pack: Pack) -> Iterator[tuple[str, tuple[str, str], list[str]]]:
    """Each element of the definition: its label, how it stands, and what was told of it."""
    states = work.decision.finding_document["elements"]
    for kind in pack.definition.kinds:
        if kind.name not in states:
            continue
        words = {word: e.label for e in pack.definition.of(kind.name) for word in (e.code, e.key, e.label)}
        told = [words.get(part, part) for part in work.facts.elements.get(kind.list) or ()]
        yield kind.label, ELEMENTS[states[kind.name]], told


def screening(work: Work, pack: Pack) -> Iterator[tuple[str, str]]:
    """Each dimension that was screened, and with what result."""
    labels = {sign.dimension: sign.dimension_label for sign in pack.definition.indicators}
    for dimension, result in work.decision.finding_document["screening"].items():
        yield labels.get(dimension, dimension), SCREENING.get(result["result"], result["result"])


def clock_row(running: Clock, moves: Container[Move], pack: Pack, paused: ClockPause | None) -> dict[str, object]:
    """A clock with what can be done with it."""

    reference, finish = running.referral.reference, Move.FINISH in moves

    def href(move: Move, able: bool) -> str:
        return reverse(f"cases:{move.value}", args=[reference, running.pk]) if able else ""

    tell = reverse("support:tell-partner", args=[reference]) if finish and running.clock == SAFEGUARDING else ""

    return {
        "clock": running,
        "paused": paused,
        "href": tell or href(Move.FINISH, finish and stopped_by_hand(running)),
        "pause": href(Move.PAUSE, Move.PAUSE in moves and may_be_paused(running, pack, clock.now())),
        "restart": href(Move.RESTART, Move.RESTART in moves and paused is not None),
    }


def facts(work: Work, pack: Pack, may_correct: bool) -> Iterator[dict[str, object]]:
    """Each fact in the pack's words, with the page on which it is corrected."""
    given = facts_as_given(work.facts, pack)
    reference = work.referral.reference
    order = {name: place for place, name in enumerate(pack.vocabulary.by_name)}
    for name, value in sorted(work.facts.facts.items(), key=lambda fact: order.get(fact[0], len(order))):
        asked = pack.vocabulary.by_name.get(name)
        title, words = (asked.title, asked.words(value)) if asked else (name, value)
        correctable = may_correct and name in given and name not in MADE_BY_MOVES
        href = reverse("cases:change", args=[reference, name]) if correctable else ""
        yield {"title": title, "words": capital(words), "href": href, "follows": bool(asked and asked.derived_from)}
    href = reverse("cases:change", args=[reference, "borough"]) if may_correct else ""
    yield {"title": "Borough", "words": work.facts.borough or "Not known yet", "href": href, "follows": False}
