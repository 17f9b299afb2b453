"""Where is the key that heads are signed with? In a file of its own, which only the worker needs to read."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from django.conf import settings


class NoKey(RuntimeError):
    """The key that the ledger is signed with is not where it should be; the text says what to do."""


def kept() -> Ed25519PrivateKey:
    """The key in the file. Raises NoKey."""
    try:
        key = load_pem_private_key(settings.LEDGER_KEY.read_bytes(), None)
    except (OSError, ValueError) as reason:
        raise NoKey(
            f"{settings.LEDGER_KEY}: the key that seals the ledger cannot be read ({reason}). Put it back there, or "
            "begin a new one: palermo ledger new-key --lost"
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise NoKey(f"{settings.LEDGER_KEY}: this is no Ed25519 key. Put the one that sealed the ledger back there")
    return key


def made(path: Path) -> Ed25519PrivateKey:
    """A new key, kept in that file for its owner alone; the file must not be there."""
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return key


def public_of(key: Ed25519PrivateKey) -> bytes:
    """The half that everybody may know."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
