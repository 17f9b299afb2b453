"""What is signed: how many seals there are, and the root over them. Text that can be printed, and is read back.

The form is that of a signed note with a checkpoint in it (C2SP tlog-checkpoint), which witnesses of other logs know.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

DASH = "\u2014 "
ED25519 = b"\x01"


class NoHead(ValueError):
    """What was given is not the head of a ledger; the text says why."""


@dataclass(frozen=True, slots=True)
class Head:
    """The ledger up to one seal. `origin` is which ledger it is: the fingerprint of its first key."""

    origin: str
    seals: int
    root: bytes
    entries: int
    sealed_at: datetime

    @property
    def text(self) -> str:
        """What is signed, to the byte."""
        root = base64.b64encode(self.root).decode()
        return f"{self.origin}\n{self.seals}\n{root}\n{self.entries} entries, sealed {self.sealed_at.isoformat()}\n"


def origin_of(first: bytes) -> str:
    """The name of the ledger whose first public key that is."""
    return f"palermo-{hashlib.sha256(first).hexdigest()[:16]}"


def note_of(head: Head, public: bytes, signature: bytes) -> str:
    """The head with its signature, as it is printed and kept elsewhere."""
    return f"{head.text}\n{DASH}{head.origin} {base64.b64encode(mark(head.origin, public) + signature).decode()}\n"


def mark(origin: str, public: bytes) -> bytes:
    """The four bytes that say which key a signature is of."""
    return hashlib.sha256(f"{origin}\n".encode() + ED25519 + public).digest()[:4]


def read_note(note: str) -> tuple[Head, bytes, bytes]:
    """The head, the mark of the key and the signature of a note. Raises NoHead."""
    try:
        text, _, signed = note.replace("\r\n", "\n").partition("\n\n")
        origin, seals, root, about = text.split("\n")
        entries, _, sealed = about.partition(" entries, sealed ")
        head = Head(
            origin, int(seals), base64.b64decode(root, validate=True), int(entries), datetime.fromisoformat(sealed)
        )
        line = signed.splitlines()[0]
        if not line.startswith(f"{DASH}{origin} ") or head.text != f"{text}\n":
            raise ValueError("it is not signed in the name of its ledger")
        both = base64.b64decode(line.removeprefix(f"{DASH}{origin} "), validate=True)
        if len(both) != 68:
            raise ValueError("its signature is not of 64 bytes")
    except (ValueError, IndexError) as reason:
        raise NoHead(f"this is not a head as `palermo ledger head` prints it ({reason})") from None
    return head, both[:4], both[4:]


def is_signed(public: bytes, signature: bytes, content: bytes) -> bool:
    """Whether that key made that signature of that content."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True


def signer(head: Head, wanted: bytes, signature: bytes, keys: Sequence[bytes]) -> bytes | None:
    """Which of these public keys signed a head that was read from a note."""
    for public in keys:
        if mark(head.origin, public) == wanted and is_signed(public, signature, head.text.encode()):
            return public
    return None
