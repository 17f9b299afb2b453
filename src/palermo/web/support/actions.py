"""Asking for support, answering, disputing, settling and ending; telling the safeguarding partner: every write here.

Each is one transaction with its line in the timeline, its audit entry and the notices of it. Which step can be taken,
by whom, and where it leads is the table of `domain.support`. What was told to a partner is added, and never changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from palermo.domain.access import Act, Role, is_asked, may, owns
from palermo.domain.support import CONCERNED, Stage, Step
from palermo.web.accounts.models import User
from palermo.web.audit.actions import record
from palermo.web.audit.models import Duty
from palermo.web.cases.actions import Hand, NoReferral, Refused, key_of, recording
from palermo.web.cases.models import SupportRequest
from palermo.web.cases.queries import SAFEGUARDING, heir
from palermo.web.intake.models import Clock, Event
from palermo.web.layout import moment_words
from palermo.web.notices.actions import To, notify
from palermo.web.support import queries
from palermo.web.support.models import SafeguardingContact

REQUESTED = "support_requested"
DISPUTED = "support_disputed"
"""The events that start the clocks of an answer and of the commander's decision."""


@dataclass
class Turn:
    """One step in the making: on which request, in whose hand."""

    hand: Hand
    request: SupportRequest

    @property
    def resource(self) -> str:
        label = self.hand.pack.resources.label(self.request.resource, timezone.localdate(self.hand.at))
        return f"{label[:1].lower()}{label[1:]}"

    @property
    def asked(self) -> str:
        return self.hand.name((heir(self.request.to_unit), ""))

    def start(self, event: str) -> Clock | None:
        """Start the clock of an event, under a name of its own: other requests on the referral may wait as well."""
        for one in self.hand.clocks_of(event, self.hand.work.custody.owner)[:1]:
            name = f"{one.clock}:{self.request.pk}"
            self.hand.start((replace(one, clock=name, label=f"{one.label}: {self.resource}"),))
            return Clock.objects.get(referral=self.hand.case.referral, clock=name, met_at__isnull=True)
        return None

    def stop(self, because: str) -> None:
        """End the clock that runs for this request."""
        clocks = (self.request.answer_clock, self.request.decision_clock)
        self.hand.end({one.clock for one in clocks if one}, because)

    def tell_asker(self, kind: str, says: str) -> None:
        """Give notice to whoever asked and whoever has the case; where that is nobody any more, to the owner."""
        hand = self.hand
        people = {one for one in (self.request.asked_by, hand.case.officer) if one and one.is_active}
        able = {
            one for one in people if owns(one.viewer, hand.work.custody) and may(one.viewer, Act.SEE, hand.work.custody)
        }
        for person in sorted(able, key=lambda one: one.pk):
            self.notify(kind, To(account=person), says, f"account:{person.pk}")
        if not able:
            unit, borough = hand.work.place
            role = Role.SUPERVISOR if hand.case.referral.restricted else None
            self.notify(kind, To(unit=unit, borough=borough, role=role), says, f"{unit}:{borough}")

    def tell_commander(self, kind: str, says: str) -> None:
        self.notify(kind, To(role=Role.COMMANDER), says, Role.COMMANDER)

    def notify(self, kind: str, to: To, says: str, whom: str) -> None:
        hand, reference = self.hand, self.hand.case.referral.reference
        notify(
            hand.user,
            to,
            key=f"support:{self.request.pk}:{kind}:{whom}",
            kind=kind,
            says=f"{reference}: {says}",
            reference=reference,
            at=hand.at,
        )

    def note(self, action: str) -> None:
        """The audit entry: which request, of whom, and where it stands now."""
        record(
            self.hand.user,
            Duty.ALTERATION,
            action,
            f"referral:{self.hand.case.referral.reference}",
            request=self.request.pk,
            resource=self.request.resource,
            unit=self.request.to_unit,
            stage=self.request.stage,
        )


@contextmanager
def stepping(user: User, reference: str, key: int, step: Step) -> Iterator[Turn]:
    """Lock the referral and let the step be taken with the request, or say why it cannot be.

    Raises NoReferral and Refused. Whatever is raised inside undoes all of the step.
    """
    with recording(user, reference, Act.SEE) as hand:
        request = queries.request_in(hand.work, key)
        if request is None:
            raise NoReferral(reference)
        answer = queries.answer(user.viewer, step, request, hand.work)
        if not answer:
            raise Refused(answer.because)
        turn = Turn(hand, request)
        yield turn
        if Stage(request.stage) not in step.rule.to:
            raise RuntimeError(f"{step} led to {request.stage}, which the table of steps does not know")
        request.save()
        turn.note(f"support_{step.name.lower()}")


def ask(user: User, reference: str, resource: str, unit: str, wanted: str, days: Decimal | None = None) -> Event:
    """Ask a unit for something that it has, by the clock of the pack."""
    with recording(user, reference, Act.ASK_SUPPORT) as hand:
        work, day = hand.work, timezone.localdate(hand.at)
        able = queries.may_ask(user.viewer, work)
        if not able:
            raise Refused(able.because)
        if hand.pack.resources.find(resource, unit, work.custody.owner, day) is None:
            raise Refused(f"{hand.name(work.place)} cannot ask {hand.name((unit, ''))} for this today")
        asked = {"referral": hand.case.referral, "resource": resource, "to_unit": unit}
        if SupportRequest.objects.filter(**asked, stage__in=CONCERNED).exists():
            raise Refused(f"{hand.name((unit, ''))} is asked for this already")
        if not queries.who_sees(work, unit):
            raise Refused(NOBODY_THERE)
        request = SupportRequest.objects.create(
            **asked,
            from_unit=work.owner.unit,
            from_borough=work.owner.borough,
            wanted=wanted,
            days_wanted=days,
            asked_at=hand.at,
            asked_by=user,
        )
        turn = Turn(hand, request)
        request.answer_clock = turn.start(REQUESTED)
        request.save(update_fields=["answer_clock"])
        turn.note("support_asked")
        told = hand.tell("support_asked", f"{turn.asked} is asked for {turn.resource}.", wanted)
        by = f" The answer is due by {moment_words(request.answer_clock.due_at)}." if request.answer_clock else ""
        turn.hand.tell_asked(turn.request, "support_asked", f"your unit is asked for support.{by}")
        return told


NOBODY_THERE = (
    "this referral is restricted, and nobody of that unit could open it: it has no supervisor, and none of its people "
    "is named on it. Have your supervisor name one of them first"
)


def accept(user: User, reference: str, key: int, responsible: str, reason: str = "") -> Event:
    """The unit that was asked gives it, and says which post answers for that."""
    with stepping(user, reference, key, Step.ANSWER) as turn:
        answered(turn, Stage.GIVEN, reason)
        turn.request.responsible = responsible
        turn.tell_asker("support_given", f"{turn.asked} gives the support it was asked for.")
        says = f"{turn.asked} gives {turn.resource}. Responsible: {responsible}."
        return turn.hand.tell("support_given", says, reason)


def refuse(user: User, reference: str, key: int, reason: str) -> Event:
    """The unit that was asked does not give it, and says why."""
    with stepping(user, reference, key, Step.ANSWER) as turn:
        answered(turn, Stage.REFUSED, reason)
        turn.tell_asker("support_refused", f"{turn.asked} refused the support it was asked for.")
        return turn.hand.tell("support_refused", f"{turn.asked} refused {turn.resource}.", reason)


def answered(turn: Turn, stage: Stage, reason: str) -> None:
    request, hand = turn.request, turn.hand
    request.stage = stage
    request.answered_at, request.answered_by, request.answer_reason = hand.at, hand.user, reason
    turn.stop(stage.words)


def withdraw(user: User, reference: str, key: int, reason: str) -> Event:
    """The owner does not want it any more."""
    with stepping(user, reference, key, Step.WITHDRAW) as turn:
        over(turn, Stage.WITHDRAWN, reason)
        turn.hand.tell_asked(turn.request, "support_withdrawn", "your unit is not asked for support any more.")
        return turn.hand.tell("support_withdrawn", f"{turn.asked} is not asked for {turn.resource} any more.", reason)


def dispute(user: User, reference: str, key: int, reason: str) -> Event:
    """Put a refusal to the commander, whose decision binds both."""
    with stepping(user, reference, key, Step.DISPUTE) as turn:
        request, hand = turn.request, turn.hand
        same = SupportRequest.objects.filter(
            referral=request.referral, resource=request.resource, to_unit=request.to_unit, stage__in=CONCERNED
        )
        if same.exists():
            raise Refused(f"{turn.asked} is asked for this again already")
        request.stage = Stage.DISPUTED
        request.disputed_at, request.disputed_by, request.dispute_reason = hand.at, hand.user, reason
        request.decision_clock = turn.start(DISPUTED)
        turn.tell_commander("support_disputed", "a refusal of support is put to you. You decide whether it is given.")
        turn.hand.tell_asked(
            turn.request, "support_disputed", "your unit’s refusal of support is put to the commander."
        )
        says = f"The refusal of {turn.resource} by {turn.asked} is put to the commander."
        return hand.tell("support_disputed", says, reason)


def settle(user: User, reference: str, key: int, *, given: bool, reason: str) -> Event:
    """The commander decides whether it is given. That binds the unit that asked and the one that refused."""
    with stepping(user, reference, key, Step.ARBITRATE) as turn:
        request, hand = turn.request, turn.hand
        request.stage = Stage.GIVEN if given else Stage.DECLINED
        request.settled_at, request.settled_by, request.settled_reason = hand.at, hand.user, reason
        turn.stop("decided")
        outcome = f"{turn.asked} gives it" if given else f"the refusal of {turn.asked} stands"
        turn.hand.tell_asked(
            turn.request, "support_settled", f"the commander decided on the support that was refused: {outcome}."
        )
        turn.tell_asker("support_settled", f"the commander decided on the support that was refused: {outcome}.")
        return hand.tell("support_settled", f"The commander decided on {turn.resource}: {outcome}.", reason)


def appoint(user: User, reference: str, key: int, responsible: str) -> Event:
    """The unit that gives it says which post answers for that from now on."""
    with stepping(user, reference, key, Step.APPOINT) as turn:
        before = turn.request.responsible
        if before == responsible:
            raise Refused(f"{responsible} is responsible already")
        turn.request.responsible = responsible
        was = f" Before: {before}." if before else ""
        return turn.hand.tell(
            "support_appointed", f"Responsible for {turn.resource} by {turn.asked}: {responsible}.{was}"
        )


def end(user: User, reference: str, key: int, result: str, days: Decimal | None = None) -> Event:
    """Either unit says that it is over, what came of it, and how many officer-days it took."""
    with stepping(user, reference, key, Step.END) as turn:
        turn.request.days_given = days
        over(turn, Stage.ENDED, result)
        says = "support on this referral is ended."
        if is_asked(user.viewer, turn.hand.work.custody):
            turn.tell_asker("support_ended", says)
        else:
            turn.hand.tell_asked(turn.request, "support_ended", says)
        took = f" It took {days_words(days)}." if days is not None else ""
        return turn.hand.tell("support_ended", f"{turn.asked} gives {turn.resource} no longer.{took}", result)


def over(turn: Turn, stage: Stage, result: str) -> None:
    request, hand = turn.request, turn.hand
    request.stage = stage
    request.ended_at, request.ended_by, request.result = hand.at, hand.user, result
    turn.stop(stage.words)


def days_words(days: Decimal) -> str:
    amount = f"{days.normalize():f}"
    return f"{amount} officer-day{'' if days == 1 else 's'}"


# The safeguarding partner


@dataclass(frozen=True, slots=True)
class Contact:
    """What is kept of a contact with the safeguarding partner. `does`: what the partner does, and by when."""

    kind: SafeguardingContact.Kind
    at: datetime
    how: SafeguardingContact.How
    to_post: str
    says: str
    their_reference: str = ""
    does: str = ""


STILL_TO_COME = "this tells what has happened, and that is still to come"


def add_contact(user: User, reference: str, contact: Contact, *, page: str) -> SafeguardingContact:
    """Keep a contact with the partner. That the partner was told stops the clock of it.

    The owner tells the partner; whoever works on the referral adds what follows. Sent again from the same page, it is
    the contact of the first time. Also on a closed case: a child's partner is told late rather than never.
    """
    told = contact.kind == SafeguardingContact.Kind.TOLD
    with recording(user, reference, Act.FINISH if told else Act.RECORD) as hand:
        referral, partner = hand.case.referral, hand.work.decision.safeguarding_partner
        key = key_of(page, [user.pk, asdict(contact)])
        if there := SafeguardingContact.objects.filter(referral=referral, key=key).first():
            return there
        able = (queries.may_tell if told else queries.may_add)(user.viewer, hand.work)
        if not able:
            raise Refused(able.because)
        if contact.at > hand.at:
            raise Refused(STILL_TO_COME)
        made = SafeguardingContact.objects.create(
            referral=referral,
            key=key,
            decision=hand.work.decision,
            ownership=hand.work.owner,
            written_at=hand.at,
            by=user,
            by_words=user.post,
            **asdict(contact),
        )
        how = made.get_how_display()
        if told:
            late = " It was overdue." if queries.telling_is_late(referral, hand.at) else ""
            hand.end({SAFEGUARDING}, "told")
            hand.tell("partner_told", f"{partner} was told, {how[:1].lower()}{how[1:]}.{late}")
        else:
            hand.tell(f"partner_{contact.kind}", f"{made.get_kind_display()}, {how[:1].lower()}{how[1:]}.")
        record(
            user,
            Duty.DISCLOSURE if told else Duty.ALTERATION,
            f"safeguarding_{contact.kind}",
            f"referral:{reference}",
            contact=made.pk,
            decision=str(hand.work.decision.pk),
            how=contact.how,
        )
        return made
