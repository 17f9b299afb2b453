"""Access: who may see and do what?

One place decides; queries and pages ask it. An answer is a value with its reason, so a page can say why something is
not there, and a test can hold the allowed beside the refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
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
    """Of one referral, what access depends on: who owns it, who is asked to take it, who supports it, who sent it."""

    owner: str
    owner_borough: str = ""
    offered_to: frozenset[str] = frozenset()
    supporting: frozenset[str] = frozenset()
    sent_by_account: int | None = None
    sent_by_body: str = ""
    sent_by_borough: str = ""
    restricted: bool = False
    involved: frozenset[int] = field(default_factory=frozenset)


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
    HAND_BACK = "hand back"
    SETTLE = "settle the hand-back of"
    ALLOCATE = "allocate"
    CORRECT = "correct a fact of"
    ANSWER_OFFER = "answer the offer of"


WORKING = frozenset({Role.OFFICER, Role.SUPERVISOR})
SENIOR = frozenset({Role.SUPERVISOR, Role.COMMANDER})


def may(viewer: Viewer, act: Act, custody: Custody) -> Answer:
    """Whether the viewer may do this with a referral in that custody, and why or why not."""
    if act is Act.SEE_STATUS:
        return sees_status(viewer, custody)
    if act is Act.SEE:
        return sees(viewer, custody)
    if not sees(viewer, custody):
        return sees(viewer, custody)
    if act is Act.ANSWER_OFFER:
        if viewer.role in WORKING and viewer.unit in custody.offered_to:
            return Answer(True, "it is offered to your unit")
        return Answer(False, "only an officer or supervisor of the unit it is offered to answers the offer")
    if act in (Act.SETTLE, Act.ALLOCATE):
        if viewer.role is Role.COMMANDER:
            return Answer(True, "you command the units concerned")
        if viewer.role is Role.SUPERVISOR and owns(viewer, custody):
            return Answer(True, "you supervise the unit that owns it")
        return Answer(False, f"a supervisor of the owner, or the commander, may {act} a referral")
    if viewer.role in WORKING and owns(viewer, custody):
        return Answer(True, "your unit owns it")
    return Answer(False, f"only the unit that owns a referral may {act} it")


def sees(viewer: Viewer, custody: Custody) -> Answer:
    """Whether the whole record may be opened."""
    if viewer.role is Role.PARTNER:
        return Answer(False, "a partner sees the status of what it sent, and nothing else")
    if viewer.role is Role.AUDITOR:
        return Answer(True, "an auditor may open every record, and each opening is logged")
    if viewer.role is Role.ADMINISTRATOR:
        return Answer(False, "administrators keep accounts and see the policy; they see no referrals")
    if custody.restricted:
        if viewer.id in custody.involved:
            return Answer(True, "you are one of the people this restricted referral is open to")
        return Answer(False, "this referral is restricted to named people")
    if viewer.role is Role.COMMANDER:
        return Answer(True, "you are answerable for the whole response")
    if viewer.role is Role.ANALYST:
        return Answer(False, "an analyst works from counts and the intelligence picture, not from records")
    if owns(viewer, custody):
        return Answer(True, "your unit owns it")
    if viewer.unit in custody.offered_to:
        return Answer(True, "it is offered to your unit")
    if viewer.unit in custody.supporting:
        return Answer(True, "your unit is named as support")
    return Answer(False, "it is in the hands of another unit")


def sees_status(viewer: Viewer, custody: Custody) -> Answer:
    """Whether the reference, the dates and the state may be seen: everyone who sent it, and all who see it whole."""
    if custody.sent_by_account == viewer.id:
        return Answer(True, "you sent it")
    if viewer.body and viewer.body == custody.sent_by_body:
        return Answer(True, "your organisation sent it")
    return sees(viewer, custody)


def owns(viewer: Viewer, custody: Custody) -> bool:
    """Whether the viewer's unit, and for a borough's officers their borough, is the owner.

    A referral of a borough not yet known stands in every queue of that unit: someone has to find out whose it is.
    """
    if viewer.unit != custody.owner:
        return False
    return not (custody.owner_borough and viewer.borough) or viewer.borough == custody.owner_borough
