"""Is a file as it was made? Every part of a ZIP held against the list of hashes that is in it."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MANIFEST = "manifest.json"
LARGEST = 1 << 32
"""Bytes that one part may unpack to: a file made here never holds a larger one."""
CHUNK = 1 << 20


class NoSuchFile(ValueError):
    """What was given is not a file with a list of what is in it; the text says why."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The hash of the list, and what is not as the list says, a sentence a part."""

    manifest_sha256: str
    faults: tuple[str, ...]


def check(path: Path) -> Checked:
    """Hold the parts against the list. Raises NoSuchFile for what is no such file."""
    try:
        with zipfile.ZipFile(path) as parts:
            listed = parts.read(MANIFEST)
            return Checked(hashlib.sha256(listed).hexdigest(), tuple(differences(parts, json.loads(listed)["files"])))
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError, RuntimeError) as reason:
        raise NoSuchFile(
            f"{path}: this is no duty-to-investigate file ({reason}). Give the ZIP as it was made"
        ) from None


def differences(parts: zipfile.ZipFile, files: list[dict[str, str]]) -> Iterator[str]:
    listed = {one["name"]: one["sha256"] for one in files}
    there = [info.filename for info in parts.infolist()]
    yield from (f"{name} is not in the list" for name in sorted(set(there) - {*listed, MANIFEST}))
    yield from (f"{name} is in the file twice" for name in sorted({one for one in there if there.count(one) > 1}))
    for name, sha256 in listed.items():
        if name not in there:
            yield f"{name} is missing"
        elif digest_of(parts, name) != sha256:
            yield f"{name} is not as it was made"


def digest_of(parts: zipfile.ZipFile, name: str) -> str:
    """The SHA-256 of a part; empty for one that cannot be unpacked, or unpacks to more than any part may."""
    digest, size = hashlib.sha256(), 0
    try:
        with parts.open(name) as part:
            while chunk := part.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
                if size > LARGEST:
                    return ""
    except zipfile.BadZipFile:
        return ""
    return digest.hexdigest()
