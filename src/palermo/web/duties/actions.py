"""Telling of breaches, and keeping what is done about them: every write of this stage.

A breach is told in the referral's timeline and to those it goes up to, in one transaction for each referral. That can
be done at any time and any number of times: what is told follows from what was due and from now.
"""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from palermo.domain.access import Act, Role, Viewer, may
from palermo.domain.clocks import SUPERVISOR, Step
from palermo.web.accounts.models import User
from palermo.web.audit.actions import Actor, record
from palermo.web.audit.models import Duty
from palermo.web.cases.actions import Refused, recording
from palermo.web.cases.queries import unit_name, work
from palermo.web.duties import queries
from palermo.web.duties.models import Breach, BreachAnswer
from palermo.web.duties.queries import Late, Leaders
from palermo.web.intake.actions import tell
from palermo.web.layout import moment_words
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
    for reference in queries.to_tell(now):
        try:
            told += tell_of(by, reference, now)
        except Exception:
            log.exception("the breaches of %s could not be told", reference)
            failed.append(reference)
    return Telling(tuple(told), tuple(failed))


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


def key_of(page: str, content: object) -> str:
    """What makes something the same as another: the page that it was sent from, and all that was on it."""
    return hashlib.sha256(json.dumps([page, content]).encode()).hexdigest()
