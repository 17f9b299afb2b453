"""Access: who may see and do what?

One place decides; queries and pages ask it. An answer is a value with its reason, so a page can say why something is
not there, and a test can hold the allowed beside the refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum


class Role(StrEnum):
    """What a person is answerable for. A role says nothing of the unit: see `Viewer`."""

    PARTNER = "partner"
    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    ANALYST = "analyst"
    COMMANDER = "commander"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"

    @property
    def words(self) -> str:
        return self.value.capitalize()


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever looks or acts: an account in its role, for a unit, a borough or a referring body."""

    id: int
    role: Role
    unit: str = ""
    borough: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True)
class Custody:
    """Of one referral, what access depends on: who owns it, who is asked to take it, who supports it, who sent it.

    `supporting` are the units that support it: those that the remit suggests, and those that were asked and give it,
    which are `given`. `asked` are those whose answer is waited for. `involved` are the accounts named on it, `opened`
    those that have opened it in an emergency and whose time is not over.
    `supervised` says whether anyone supervises the unit that owns it, and `disputed` whether units dispute about it,
    which both matter only for a restricted one.
    """

    owner: str
    owner_borough: str = ""
    officer: int | None = None
    offered_to: str = ""
    offered_to_borough: str = ""
    supporting: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()
    given: frozenset[str] = frozenset()
    sent_by_account: int | None = None
    sent_by_body: str = ""
    sent_by_borough: str = ""
    restricted: bool = False
    involved: frozenset[int] = field(default_factory=frozenset)
    opened: frozenset[int] = frozenset()
    supervised: bool = True
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """Yes or no, with the reason. Its truth value is the answer."""

    allowed: bool
    because: str

    def __bool__(self) -> bool:
        return self.allowed


class Act(StrEnum):
    """What can be done with one referral."""

    SEE = "see"
    SEE_STATUS = "see the status of"
    ACCEPT = "accept"
    TAKE = "take on"
    ALLOCATE = "allocate"
    ASSESS = "assess"
    INVESTIGATE = "start the investigation of"
    HAND_BACK = "hand back"
    SETTLE = "settle the hand-back of"
    DISPUTE = "put in dispute"
    ARBITRATE = "settle the dispute about"
    SUSPEND = "suspend"
    RESUME = "take up again"
    CLOSE = "close"
    REOPEN = "reopen"
    PAUSE = "pause the clocks of"
    CORRECT = "correct a fact of"
    ESCALATE = "ask for the escalation of"
    ANSWER_OFFER = "answer the offer of"
    FINISH = "record what was done on"
    NAME = "name people on"
    RECORD = "add to the record of"
    DECIDE = "enter a decision on"
    ASK_SUPPORT = "ask for support on"
    ANSWER_SUPPORT = "answer for the support of"
    JUDGE = "judge an allegation again on"
    ANSWER_BREACH = "say what is done about what is overdue on"
    DISCLOSE = "give away the file of"


WORKING = frozenset({Role.OFFICER, Role.SUPERVISOR})
LEADING = frozenset({Act.SETTLE, Act.ALLOCATE, Act.NAME, Act.SUSPEND, Act.CLOSE, Act.REOPEN, Act.JUDGE, Act.DISCLOSE})
"""What falls to whoever supervises the owner, or commands all units."""


def may(viewer: Viewer, act: Act, custody: Custody) -> Answer:
    """Whether the viewer may do this with a referral in that custody, and why or why not."""
    if act is Act.SEE_STATUS:
        return sees_status(viewer, custody)
    seen = sees(viewer, custody)
    if act is Act.SEE or not seen:
        return seen
    if not sees_by_right(viewer, custody):
        return Answer(False, "what is opened in an emergency is read, and not changed")
    if act is Act.ANSWER_OFFER:
        if viewer.role in WORKING and is_offered(viewer, custody):
            return Answer(True, "it is offered to your unit")
        return Answer(False, "only an officer or supervisor of the unit it is offered to answers the offer")
    if act is Act.DISCLOSE and viewer.role is Role.AUDITOR:
        return Answer(True, "an auditor may take out the file of every record")
    if act is Act.ARBITRATE:
        if viewer.role is Role.COMMANDER:
            return Answer(True, "you command the units concerned")
        return Answer(False, "only the commander settles a dispute between units")
    if act is Act.DISPUTE and viewer.role in WORKING and is_offered(viewer, custody):
        return Answer(True, "it is offered to your unit")
    if act is Act.ANSWER_SUPPORT:
        if viewer.role in WORKING and is_asked(viewer, custody):
            return Answer(True, "your unit is asked for support")
        return Answer(False, "only an officer or supervisor of the unit asked for support answers for it")
    if act is Act.ANSWER_BREACH:
        if viewer.role is Role.COMMANDER:
            return Answer(True, "you command the units concerned")
        if viewer.role is Role.SUPERVISOR and answers_for(viewer, custody):
            return Answer(True, "you supervise a unit that answers for it")
        return Answer(False, f"only a supervisor of a unit that answers for a referral, or the commander, may {act} it")
    if act is Act.RECORD and viewer.role in WORKING and viewer.unit in custody.supporting:
        return Answer(True, "your unit supports it")
    if act is Act.DECIDE and viewer.role is Role.COMMANDER:
        return Answer(True, "you command the units concerned")
    if act in LEADING:
        if act is Act.NAME and not custody.restricted:
            return Answer(False, "people are named only on a referral that is restricted")
        if viewer.role is Role.COMMANDER:
            return Answer(True, "you command the units concerned")
        if viewer.role is Role.SUPERVISOR and owns(viewer, custody):
            return Answer(True, "you supervise the unit that owns it")
        return Answer(False, f"only a supervisor of the unit that owns a referral, or the commander, may {act} it")
    if viewer.role in WORKING and owns(viewer, custody):
        return Answer(True, "your unit owns it")
    return Answer(False, f"only officers and supervisors of the unit that owns a referral may {act} it")


EMERGENCY = timedelta(hours=3)
"""How long a referral stays open to whoever opened it in an emergency."""


def may_open_in_emergency(viewer: Viewer) -> Answer:
    """Whether the viewer may open a referral that is not open to them, for a time and a reason that is told at once.

    Only those whose work it is to keep people safe: the others never open records, in no emergency either.
    """
    if viewer.role in WORKING or viewer.role is Role.COMMANDER:
        return Answer(True, "you work on referrals")
    return Answer(False, "only officers, supervisors and the commander open a referral in an emergency")


def sees(viewer: Viewer, custody: Custody) -> Answer:
    """Whether the whole record may be opened."""
    answer = sees_by_right(viewer, custody)
    if not answer and viewer.id in custody.opened and may_open_in_emergency(viewer):
        return Answer(True, "you opened it in an emergency, and the time for that is not over")
    return answer


def sees_by_right(viewer: Viewer, custody: Custody) -> Answer:
    """Whether the record is open to the viewer without any emergency."""
    if viewer.role is Role.PARTNER:
        return Answer(False, "a partner sees the status of what it sent, and nothing else")
    if viewer.role is Role.AUDITOR:
        return Answer(True, "an auditor may open every record, and each opening is logged")
    if viewer.role is Role.ADMINISTRATOR:
        return Answer(False, "administrators keep accounts and see the policy; they see no referrals")
    if viewer.role is Role.ANALYST:
        return Answer(False, "an analyst works from counts and the intelligence picture, not from records")
    if custody.restricted:
        return sees_restricted(viewer, custody)
    if viewer.role is Role.COMMANDER:
        return Answer(True, "you are answerable for the whole response")
    if owns(viewer, custody):
        return Answer(True, "your unit owns it")
    if is_offered(viewer, custody):
        return Answer(True, "it is offered to your unit")
    if viewer.unit in custody.supporting:
        return Answer(True, "your unit is named as support")
    if is_asked(viewer, custody):
        return Answer(True, "your unit is asked for support")
    return Answer(False, "it is in the hands of another unit")


def sees_restricted(viewer: Viewer, custody: Custody) -> Answer:
    """Whether a restricted record may be opened: by the people named on it, and by whoever must see that it is worked.

    That is the officer who has it, and the supervisors of its owner, of a unit it is offered to, and of one that is
    asked for support or gives it. Where nobody supervises the owner, and while units dispute about it, it falls to the
    commander: a record that nobody can open, or a dispute that nobody can settle, would be lost.
    """
    if viewer.id in custody.involved:
        return Answer(True, "you are named on this restricted referral")
    if owns(viewer, custody) and viewer.id == custody.officer:
        return Answer(True, "this restricted referral is allocated to you")
    if viewer.role is Role.SUPERVISOR and answers_for(viewer, custody):
        return Answer(True, "you supervise a unit that answers for this restricted referral")
    if viewer.role is Role.COMMANDER and not custody.supervised:
        return Answer(True, "nobody supervises the unit that owns this restricted referral")
    if viewer.role is Role.COMMANDER and custody.disputed:
        return Answer(True, "units dispute about this restricted referral, and you settle it")
    return Answer(False, "this referral is restricted to the people named on it")


def sees_status(viewer: Viewer, custody: Custody) -> Answer:
    """Whether the reference, the dates and the state may be seen: everyone who sent it, and all who see it whole."""
    if custody.sent_by_account == viewer.id:
        return Answer(True, "you sent it")
    if viewer.body and viewer.body == custody.sent_by_body:
        return Answer(True, "your organisation sent it")
    return sees(viewer, custody)


def owns(viewer: Viewer, custody: Custody) -> bool:
    """Whether the viewer's unit, and for a borough's officers their borough, is the owner."""
    return is_at(viewer, custody.owner, custody.owner_borough)


def is_offered(viewer: Viewer, custody: Custody) -> bool:
    """Whether the viewer's unit, and for a borough's officers their borough, is asked to take it over."""
    return is_at(viewer, custody.offered_to, custody.offered_to_borough)


def is_asked(viewer: Viewer, custody: Custody) -> bool:
    """Whether the viewer's unit was asked for support, and has not answered or gives it."""
    return bool(viewer.unit) and viewer.unit in custody.asked | custody.given


def answers_for(viewer: Viewer, custody: Custody) -> bool:
    """Whether the viewer's unit owns it, is asked to take it over, or is asked for support or gives it."""
    return owns(viewer, custody) or is_offered(viewer, custody) or is_asked(viewer, custody)


def is_at(viewer: Viewer, unit: str, borough: str) -> bool:
    """Whether the viewer works there.

    A referral of a borough not yet known is everybody's in that unit: someone has to find out whose it is.
    """
    return bool(unit) and viewer.unit == unit and not (borough and viewer.borough and viewer.borough != borough)
