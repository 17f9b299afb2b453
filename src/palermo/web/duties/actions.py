"""Telling of breaches, keeping what is done about them, and since when the force has known: every write of this stage.

A breach is told in the referral's timeline and to those it goes up to, in one transaction for each referral. That can
be done at any time and any number of times: what is told follows from what was due and from now.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from palermo.domain.access import Act, Role, Viewer, may
from palermo.domain.allegations import Source
from palermo.domain.clocks import SUPERVISOR, Step
from palermo.web.accounts.models import User
from palermo.web.audit.actions import record
from palermo.web.audit.actors import Actor
from palermo.web.audit.models import Duty
from palermo.web.cases.actions import Hand, Refused, key_of, recording
from palermo.web.cases.queries import Work, unit_name, work
from palermo.web.duties import queries
from palermo.web.duties.models import Allegation, Breach, BreachAnswer
from palermo.web.duties.queries import Late, Leaders
from palermo.web.intake.actions import tell
from palermo.web.intake.models import Clock
from palermo.web.layout import day_words, moment_words
from palermo.web.notices.actions import To, notify

log = logging.getLogger(__name__)
ANY_COMMANDER = Viewer(0, Role.COMMANDER)
"""Whoever commands and is named on nothing."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What a run told, and the referrals that it could not tell of; those are tried again by the next one."""

    told: tuple[Breach, ...]
    failed: tuple[str, ...]


def tell_breaches(by: Actor, now: datetime) -> Telling:
    """Tell, once, of every step that a breach has gone up by now. A fault at one referral stops none of the others."""
    told: list[Breach] = []
    failed: list[str] = []
    # what started after an allegation was recorded, because a fact was corrected, say, is due earlier for it as well
    for reference in queries.to_fit():
        each(reference, failed, lambda reference: fit(by, reference, now))
    for reference in queries.to_tell(now):
        each(reference, failed, lambda reference: told.extend(tell_of(by, reference, now)))
    return Telling(tuple(told), tuple(dict.fromkeys(failed)))


def each(reference: str, failed: list[str], do: Callable[[str], None]) -> None:
    """Do something with one of many referrals; where that fails, say so and let the others have their turn."""
    try:
        do(reference)
    except Exception:
        log.exception("the breaches of %s could not be told", reference)
        failed.append(reference)


def tell_of(by: Actor, reference: str, now: datetime) -> list[Breach]:
    """Tell of the breaches of one referral, as it stands once nobody else can move it."""
    with transaction.atomic():
        found = work(reference, lock=True)
        clocks = queries.overdue(now).filter(referral=found.referral)
        leading = queries.leaders()
        return [go_up(by, late, step, leading) for late in queries.late(clocks, now, leading) for step in late.untold]


def go_up(by: Actor, late: Late, step: Step, leading: Leaders) -> Breach:
    clock, referral, (unit, borough) = late.clock, late.work.referral, late.place
    name = unit_name(late.pack, unit, borough, timezone.localdate(late.now))
    hearing, told = who_hears(late, step, leading, name)
    made = Breach.objects.create(
        clock=clock,
        to=step.to,
        unit=unit,
        borough=borough,
        row=step.row,
        pack_hash=late.pack.hash,
        due_at=clock.due_at,
        after=step.after,
        told_at=late.now,
        told=told,
    )
    due = moment_words(clock.due_at)
    tell(
        referral,
        "breach",
        f"Overdue: {clock.label}. It was due {due}. Told: {told}.",
        by,
        at=late.now,
        by_words="the clocks",
    )
    for to in hearing:
        account = f":{to.account.pk}" if to.account else ""
        notify(
            by,
            to,
            key=f"breach:{clock.pk}:{step.to}:{unit}:{borough}{account}",
            kind="breach",
            says=f"{referral.reference}: something was due {due} and is not done. It is for {name} to do.",
            reference=referral.reference,
            at=late.now,
        )
    record(
        by,
        Duty.ALTERATION,
        "breach_told",
        f"referral:{referral.reference}",
        clock=clock.clock,
        to=step.to,
        row=step.row,
        late=unit,
        due=clock.due_at.isoformat(),
        pack=late.pack.version,
    )
    return made


def who_hears(late: Late, step: Step, leading: Leaders, name: str) -> tuple[list[To], str]:
    """Whom a step is told to, and that in words: nobody hears of a referral that they could not open.

    Where the commander could not, the supervisors hear of it again: they can name the commander on it.
    """
    unit, borough = late.place
    supervisors = [To(unit=unit, borough=borough, role=Role.SUPERVISOR)]
    if step.to == SUPERVISOR:
        return supervisors, f"the supervisors of {name}"
    if may(ANY_COMMANDER, Act.SEE, late.work.custody):
        return [To(role=Role.COMMANDER)], "the commander"
    if named := leading.commanders_of(late.work):
        return [To(account=user) for user in named], "the commander, who is named on it"
    return supervisors, f"the supervisors of {name}, again: the commander is not named on it and cannot open it"


# What is done about it

NOT_OVERDUE = "this is not overdue any more: it has been done, or is not due"


def answer_breach(user: User, reference: str, key: int, text: str, *, page: str) -> BreachAnswer:
    """Keep what whoever leads does about a clock that has run out. The clock runs on: only the work itself ends it.

    Sent again from the same page, it is the answer of the first time. Where the commander answers, the supervisors of
    the unit that has to act are told that there is an answer.
    """
    with recording(user, reference, Act.ANSWER_BREACH) as hand:
        token = key_of(page, [user.pk, key, text])
        if there := BreachAnswer.objects.filter(key=token).first():
            return there
        clock = queries.overdue_one(hand.work, key, hand.at)
        if clock is None:
            raise Refused(NOT_OVERDUE)
        made = BreachAnswer.objects.create(clock=clock, key=token, text=text, by=user, by_words=user.post, at=hand.at)
        hand.tell("breach_answered", f"{clock.label}: {text}")
        record(user, Duty.ALTERATION, "breach_answered", f"referral:{reference}", clock=clock.clock, answer=made.pk)
        unit, borough = queries.asked_to_act(clock, hand.work)
        if user.role == Role.COMMANDER and queries.leaders().supervise((unit, borough)):
            notify(
                user,
                To(unit=unit, borough=borough, role=Role.SUPERVISOR),
                key=f"breach-answer:{made.pk}",
                kind="breach_answered",
                says=f"{reference}: {user.post} has written what is done about something that is overdue.",
                reference=reference,
                at=hand.at,
            )
        return made


# Since when the force has known


@dataclass(frozen=True, slots=True)
class Alleged:
    """What is recorded of an allegation. `reached_at` is the day's first moment where the time is not known."""

    reached_at: datetime
    time_known: bool
    to: str
    source: Source
    credible: bool
    why: str


IN_THE_FUTURE = "an allegation tells what has reached the force, and this moment is still to come"
NO_SUCH_ALLEGATION = "there is no such allegation on this referral"
JUDGED_ALREADY = "it has been judged again already; judge the one that took its place"


def record_allegation(user: User, reference: str, alleged: Alleged, *, page: str) -> Allegation:
    """Keep what reached the force, and let the clocks that are measured from the first credible one run from there.

    Sent again from the same page, it is the allegation of the first time.
    """
    with recording(user, reference) as hand:
        key = key_of(page, [user.pk, reference, asdict(alleged)])
        if there := Allegation.objects.filter(key=key).first():
            return there
        return keep_allegation(hand, alleged, key, "allegation")


def judge_again(user: User, reference: str, key: int, alleged: Alleged, reason: str, *, page: str) -> Allegation:
    """Put another judgement in the place of one, which stays readable. No clock gets longer than receipt made it."""
    with recording(user, reference, Act.JUDGE) as hand:
        token = key_of(page, [user.pk, key, asdict(alleged), reason])
        if there := Allegation.objects.filter(key=token).first():
            return there
        old = queries.allegation_of(hand.case.referral, key)
        if old is None:
            raise Refused(NO_SUCH_ALLEGATION)
        if not old.stands:
            raise Refused(JUDGED_ALREADY)
        return keep_allegation(hand, alleged, token, "allegation_judged", replaces=old, reason=reason)


def keep_allegation(
    hand: Hand, alleged: Alleged, key: str, kind: str, *, replaces: Allegation | None = None, reason: str = ""
) -> Allegation:
    if alleged.reached_at > hand.at:
        raise Refused(IN_THE_FUTURE)
    made = Allegation.objects.create(
        referral=hand.case.referral,
        key=key,
        recorded_at=hand.at,
        by=hand.user,
        by_words=hand.user.post,
        replaces=replaces,
        reason=reason,
        **asdict(alleged),
    )
    when = moment_words(made.reached_at) if made.time_known else day_words(made.reached_at)
    credible = "credible" if made.credible else "not credible"
    hand.tell(
        kind,
        f"Reached the force {when}, from {alleged.source.words}, at {made.to}. Held {credible}: {made.why}",
        reason,
    )
    moved = fit_clocks(hand.user, hand.work, hand.at)
    record(
        hand.user,
        Duty.ALTERATION,
        f"{kind}_recorded",
        f"referral:{hand.case.referral.reference}",
        allegation=made.pk,
        source=alleged.source,
        credible=made.credible,
        reached=made.reached_at.isoformat(),
        replaces=replaces.pk if replaces else None,
        clocks=moved,
    )
    return made


def fit(by: Actor, reference: str, now: datetime) -> None:
    """Let the clocks of one referral run from the first credible allegation, where they do not yet."""
    with transaction.atomic():
        moved = fit_clocks(by, work(reference, lock=True), now)
        if moved:
            record(by, Duty.ALTERATION, "clocks_fitted", f"referral:{reference}", clocks=moved)


def fit_clocks(by: Actor, found: Work, at: datetime) -> list[str]:
    """Let what runs, and is measured from the first credible allegation, run from there; give the clocks that moved."""
    first = queries.first_known(found.referral)
    moved = []
    for one in queries.measured(found, first):
        clock, wanted = one.clock, one.fit
        if clock.met_at or clock.paused_at or wanted is None or wanted.due == clock.due_at:
            continue
        earlier = wanted.due < clock.due_at
        clock.met_at = max(at, clock.started_at)
        clock.ended_because = "known earlier: due earlier" if earlier else "judged again: known later"
        clock.save(update_fields=["met_at", "ended_because"])
        Clock.objects.create(
            referral=found.referral,
            clock=clock.clock,
            label=clock.label,
            holder=clock.holder,
            counted=clock.counted,
            source=clock.source,
            started_at=wanted.started,
            due_at=wanted.due,
        )
        tell(
            found.referral,
            "first_known",
            f"{clock.label}: due {moment_words(wanted.due)}, measured from {moment_words(wanted.started)}. "
            f"Before, it was due {moment_words(clock.due_at)}.",
            by,
            at=at,
            by_words="the clocks",
        )
        moved.append(clock.clock)
    return moved
