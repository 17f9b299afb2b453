"""Papers to read, made in one call."""

import html
import re
import secrets
from datetime import timedelta

from palermo.domain.papers import NoteKind, Option, Standing
from palermo.web import clock
from palermo.web.accounts.models import User
from palermo.web.intake.models import Referral
from palermo.web.papers import actions
from palermo.web.papers.actions import Crimes, Deciding, Filed, Noted
from palermo.web.papers.models import CrimeReference, Document, Note, PolicyDecision


def a_page() -> str:
    """What tells one opening of a page from every other."""
    return secrets.token_urlsafe(8)


def noted(text: str = "She was seen at the shelter.", **other: object) -> Noted:
    return Noted(
        **{
            "kind": NoteKind.CONTACT,
            "standing": Standing.FACT,
            "text": text,
            "happened_at": clock.now() - timedelta(hours=2),
            "time_known": True,
            **other,
        }
    )


def a_note(user: User, referral: Referral, text: str = "She was seen at the shelter.", **other: object) -> Note:
    return actions.add_note(user, referral.reference, noted(text, **other), page=a_page())


VISIT = Option("Visit the house tonight", "She may still be there", "They would know of us")
WAIT = Option("Wait for the warrant", "Whatever is found can be used", "She may be moved")


def deciding(decision: str = "The house is visited tonight.", **other: object) -> Deciding:
    return Deciding(
        **{
            "decision": decision,
            "options": (VISIT, WAIT),
            "chosen": 1,
            "reason": "Her safety comes first.",
            "based_on": "A neighbour’s call at noon; nothing is known of who lives there.",
            "taken_at": clock.now() - timedelta(hours=1),
            "time_known": True,
            "review_on": clock.today() + timedelta(days=7),
            **other,
        }
    )


def a_decision(user: User, referral: Referral, **other: object) -> PolicyDecision:
    return actions.decide(user, referral.reference, deciding(**other), page=a_page())


def crimes(
    user: User, referral: Referral, *numbers: str, none: str = "", reason: str = "", seen: int = 0
) -> CrimeReference:
    """The crimes of a referral are these, or there is none for that reason."""
    return actions.refer_to_crimes(user, referral.reference, Crimes(numbers, none), reason, seen=seen, page=a_page())


def a_document(
    user: User, referral: Referral, content: bytes, name: str, description: str = "A paper.", sealed_because: str = ""
) -> Document:
    filed = Filed(name, description, sealed_because)
    return actions.add_document(user, referral.reference, [content], filed, page=a_page())


def token_of(response) -> str:
    """The token of a page to add something, as its form would send it."""
    found = re.search(r'name="page" value="([^"]+)"', response.content.decode())
    assert found
    return html.unescape(found[1])
