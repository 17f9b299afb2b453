"""Papers to read, made in one call."""

import html
import re
import secrets
from datetime import timedelta

from palermo.domain.papers import NoteKind, Standing
from palermo.web import clock
from palermo.web.accounts.models import User
from palermo.web.intake.models import Referral
from palermo.web.papers import actions
from palermo.web.papers.actions import Noted
from palermo.web.papers.models import Note


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


def token_of(response) -> str:
    """The token of a page to add something, as its form would send it."""
    found = re.search(r'name="page" value="([^"]+)"', response.content.decode())
    assert found
    return html.unescape(found[1])
