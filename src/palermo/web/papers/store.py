"""Where do the files stand? In a folder outside everything that is served, each under a random name.

What comes stands in `incoming` and is given to nobody. What is kept moves to `kept`, and is on the disk before the
transaction that tells of it is committed: a row never points at a file that is not there. A file without a row, left
behind by a crash between the two, is found by `palermo files check`.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

CHUNK = 1024 * 1024
YOUNG = 3600
"""Seconds. What is younger may belong to a request that is still under way."""
KEY = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Measured:
    """A file with its size and its SHA-256."""

    path: Path
    size: int
    sha256: str


class NotAsKept(Exception):
    """A file of the store is not there, or not what was kept."""

    def __init__(self, key: str, missing: bool):
        super().__init__(f"{key}: it is not there" if missing else f"{key}: its content has changed")
        self.missing = missing


@contextmanager
def incoming(chunks: Iterable[bytes]) -> Iterator[tuple[Measured, Path]]:
    """The file that comes in these pieces, and a place for what is written anew of it; both are gone at the end."""
    folder = own_folder(root() / "incoming")
    came, cleaned = folder / uuid.uuid4().hex, folder / uuid.uuid4().hex
    try:
        digest, size = hashlib.sha256(), 0
        with new_file(came) as file:
            for chunk in chunks:
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        yield Measured(came, size, digest.hexdigest()), cleaned
    finally:
        came.unlink(missing_ok=True)
        cleaned.unlink(missing_ok=True)


def keep(path: Path) -> str:
    """Move the file into the store for good, and return its key there. When this returns, it is on the disk."""
    key = uuid.uuid4().hex
    kept = place_of(key)
    path.chmod(0o600)
    with path.open("rb") as file:
        os.fsync(file.fileno())
    own_folder(kept.parent.parent)
    fresh = not kept.parent.exists()
    own_folder(kept.parent)
    path.rename(kept)
    on_the_disk(kept.parent)
    if fresh:
        on_the_disk(kept.parent.parent)
    return key


def discard(key: str) -> None:
    """Take back a file whose row was not kept."""
    place_of(key).unlink(missing_ok=True)


def opened(key: str, sha256: str) -> BinaryIO:
    """The file, to be read from its beginning. Raises NotAsKept where it is not byte for byte what was kept."""
    try:
        file = place_of(key).open("rb")
    except OSError:
        raise NotAsKept(key, missing=True) from None
    if digest_of(file) != sha256:
        file.close()
        raise NotAsKept(key, missing=False)
    file.seek(0)
    return file


def measured(path: Path) -> Measured:
    with path.open("rb") as file:
        return Measured(path, path.stat().st_size, digest_of(file))


def digest_of(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def path_of(key: str) -> Path:
    """Where a kept file stands, to look at it; whoever gives it away uses `opened`."""
    return place_of(key)


def settled() -> Iterator[Path]:
    """Every file in the store but those that are being added now: in `kept`, and what was left in passing."""
    folders = (root() / "kept").glob("*/*"), (root() / "incoming").glob("*"), settings.FILE_UPLOAD_TEMP_DIR.glob("*")
    for path in sorted(path for folder in folders for path in folder):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < time.time() - YOUNG:
                yield path


def is_kept(path: Path) -> bool:
    """Whether the path is one of a file in the store, and not in passing."""
    return path.parent.parent == root() / "kept"


def place_of(key: str) -> Path:
    if not KEY.fullmatch(key):
        raise ValueError(f"{key!r} is no key of the store")
    return root() / "kept" / key[:2] / key


def root() -> Path:
    return own_folder(settings.FILES)


def own_folder(path: Path) -> Path:
    """The folder, made where it is not there; nobody else on the machine may look into it."""
    if not path.is_dir():
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.stat().st_mode & 0o077:
        path.chmod(0o700)
    return path


def new_file(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def on_the_disk(folder: Path) -> None:
    """See that a folder's list of names is on the disk too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
