"""What does a notice say by e-mail, and did the message leave?

It may be read over a shoulder, on a telephone or by a secretary: its subject says nothing, its text no more than the
notice, and where there is more to know there is a link to a page behind a sign-in.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from smtplib import SMTPException, SMTPNotSupportedError, SMTPRecipientsRefused, SMTPResponseException

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

SUBJECT = "You have a notice"
AGAIN = "You may have had this message before: whether it went out the first time is not known."
FOR_GOOD = 500
"""From this code on, a server means its no for this address, and asking again does not help."""


class Outcome(StrEnum):
    """What became of an attempt."""

    SENT = "sent"
    FAILED = "failed"
    UNCLEAR = "unclear"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Letter:
    """What goes to whom. `key` is the delivery's; `repeated` says that it may have gone out before."""

    key: int
    address: str
    post: str
    says: str
    reference: str = ""
    repeated: bool = False

    @property
    def text(self) -> str:
        parts = [self.says]
        if settings.SITE:
            parts.append(f"{settings.SITE}{f'/referrals/{self.reference}' if self.reference else '/notices'}/")
        parts.append(f"For: {self.post}")
        if self.repeated:
            parts.append(AGAIN)
        return "\n\n".join(parts) + "\n"

    def message(self) -> EmailMessage:
        """The message as it leaves. Sent twice it has the same id, so that mail servers may know it again."""
        sender = settings.DEFAULT_FROM_EMAIL
        secret = hashlib.sha256(f"{settings.SECRET_KEY}:{self.key}".encode()).hexdigest()[:32]
        domain = sender.rpartition("@")[2].rstrip(">") or "localhost"
        headers = {"Message-ID": f"<{secret}@{domain}>", "Auto-Submitted": "auto-generated"}
        return EmailMessage(SUBJECT, self.text, sender, [self.address], headers=headers)


def send(letter: Letter) -> tuple[Outcome, str]:
    """Send it, and say what became of it and why: the kind of fault and the server's code, nothing that it wrote."""
    connection = get_connection()
    try:
        connection.open()
    except (SMTPException, OSError) as fault:
        # nothing was handed over
        return Outcome.FAILED, name(fault)
    try:
        connection.send_messages([letter.message()])
    except SMTPRecipientsRefused as refused:
        code = max((code for code, _ in refused.recipients.values()), default=0)
        return (Outcome.REFUSED if code >= FOR_GOOD else Outcome.FAILED), f"{name(refused)} {code}"
    except (SMTPResponseException, SMTPNotSupportedError) as fault:
        # the server has answered, and its answer was no
        return Outcome.FAILED, name(fault)
    except (SMTPException, OSError) as fault:
        return Outcome.UNCLEAR, name(fault)
    # what is sent is sent, however the server takes leave
    with suppress(SMTPException, OSError):
        connection.close()
    return Outcome.SENT, ""


def name(fault: Exception) -> str:
    code = getattr(fault, "smtp_code", None) or getattr(fault, "errno", None) or ""
    return f"{type(fault).__name__} {code}".strip()
