"""Referrals whose clocks run out, and moments from which to look at them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from palermo.web import clock
from palermo.web.accounts.models import User
from palermo.web.audit.actors import Command
from palermo.web.duties import actions
from palermo.web.duties.actions import Telling
from palermo.web.duties.models import Breach, BreachAnswer
from palermo.web.intake.models import Clock, Referral
from palermo.web.notices.models import Notice
from web.cases.casebook import OF_A_BOROUGH, a_referral

LONDON = ZoneInfo("Europe/London")


def at(day: int, hour: int = 9, minute: int = 0) -> datetime:
    """A moment of June 2010. The 14th, on which these referrals come in, is a Monday."""
    return datetime(2010, 6, day, hour, minute, tzinfo=LONDON)


RECEIVED = at(14)


def received(by: User, facts: dict[str, object] = OF_A_BOROUGH, **other: object) -> Referral:
    """A referral that came in that Monday at nine. Of an adult: to be accepted by the end of Tuesday."""
    with clock.standing_at(RECEIVED):
        return a_referral(facts, by=by, received_at=RECEIVED, **other)


def told_at(now: datetime) -> Telling:
    """Let what is overdue be told, as a worker does."""
    with clock.standing_at(now):
        return actions.tell_breaches(Command("command:breaches"), now)


def gone_up(referral: Referral, which: str) -> list[tuple[str, str, str]]:
    """To whom the breach of a clock was told, and whose breach it was, in order."""
    rows = Breach.objects.filter(clock__referral=referral, clock__clock=which).order_by("pk")
    return list(rows.values_list("to", "unit", "borough"))


def clock_of(referral: Referral, which: str) -> Clock:
    return Clock.objects.filter(referral=referral, clock=which).latest("pk")


def hearing() -> list[tuple[str, str, str, str]]:
    """To whom there were notices of breaches: unit, borough, role, and the account where it is one."""
    rows = (
        Notice.objects.filter(kind="breach").order_by("pk").values_list("unit", "borough", "role", "account__username")
    )
    return [(unit, borough, role, account or "") for unit, borough, role, account in rows]


def answered(
    by: User, referral: Referral, which: str, now: datetime, text: str = "I have asked the officer."
) -> BreachAnswer:
    """What somebody does about a clock that has run out, said at that moment."""
    with clock.standing_at(now):
        key = clock_of(referral, which).pk
        return actions.answer_breach(by, referral.reference, key, text, page=now.isoformat())
