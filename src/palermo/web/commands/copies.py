"""What is a backup? A folder: the database as `pg_dump` writes it, the kept files, and a manifest of both.

The manifest is written last. A folder without one is a backup that broke off.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

FORMAT = 1
MANIFEST, DUMP, KEPT = "manifest.json", "palermo.dump", "kept"
CHUNK = 1024 * 1024


class NoBackup(Exception):
    """The folder is no backup, or not as it was made; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. Everything in it is of one moment: that of the snapshot that `pg_dump` wrote."""

    taken_at: str
    palermo: str
    postgresql: int
    pg_dump: int
    head: str | None
    """The ledger's newest head, signed; None where nothing was sealed."""
    migrations: list[list[str]]
    rows: dict[str, int]
    sha256: dict[str, str] = field(default_factory=dict)
    """Of every other file of the folder, by its path."""
    faults: list[dict[str, object]] = field(default_factory=list)
    """Kept files that could not be copied as they were kept."""
    format: int = FORMAT


def begin(folder: Path) -> None:
    """Make the folder, for its owner alone. Raises NoBackup where something stands in it."""
    try:
        own_folder(folder.absolute())
        if any(folder.iterdir()):
            raise NoBackup(f"{folder}: something stands in it. Name a folder that is new or empty")
        folder.chmod(0o700)
    except OSError as reason:
        raise NoBackup(f"{folder}: it cannot be made ({reason.strerror})") from None


def copy(source: Path, target: Path) -> str:
    """Copy a file, readable by its owner alone and on the disk when this returns; give its SHA-256."""
    own_folder(target.parent)
    digest = hashlib.sha256()
    with (
        source.open("rb") as there,
        os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as made,
    ):
        while chunk := there.read(CHUNK):
            digest.update(chunk)
            made.write(chunk)
        made.flush()
        os.fsync(made.fileno())
    return digest.hexdigest()


def own_folder(path: Path) -> None:
    """Make the folder, and those above it that are not there, for their owner alone."""
    if not path.is_dir():
        own_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def end(folder: Path, manifest: Manifest) -> str:
    """Write the manifest, under its own name only when it is whole; give its SHA-256."""
    text = json.dumps(asdict(manifest), ensure_ascii=False, indent=1, sort_keys=True).encode()
    half = folder / f"{MANIFEST}.half"
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as made:
        made.write(text)
        made.flush()
        os.fsync(made.fileno())
    half.rename(folder / MANIFEST)
    for place in (folder, folder.parent):
        handle = os.open(place, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
    return hashlib.sha256(text).hexdigest()


def read(folder: Path) -> Manifest:
    """The manifest, once every file of the folder is what it says. Raises NoBackup, naming each that is not."""
    try:
        told = json.loads((folder / MANIFEST).read_bytes())
        if told.get("format") != FORMAT:
            raise NoBackup(f"{folder}: a backup of format {told.get('format')}; this version reads format {FORMAT}")
        manifest = Manifest(**told)
    except FileNotFoundError:
        raise NoBackup(f"{folder}: there is no {MANIFEST}; it is no backup, or one that broke off") from None
    except OSError as reason:
        raise NoBackup(f"{folder}/{MANIFEST}: it cannot be read ({reason.strerror})") from None
    except (ValueError, TypeError, AttributeError) as reason:
        raise NoBackup(f"{folder}/{MANIFEST}: this is not a backup's manifest ({reason})") from None
    if faults := differences(folder, manifest):
        raise NoBackup("\n".join(f"{folder}/{fault}" for fault in faults))
    return manifest


def differences(folder: Path, manifest: Manifest) -> list[str]:
    """What is wrong with each file that is not what the manifest says of it."""
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()} - {MANIFEST}
    found = [f"{name}: it is not in the manifest" for name in sorted(there - set(manifest.sha256))]
    for name, expected in sorted(manifest.sha256.items()):
        path = folder / name
        if name not in there or path.is_symlink():
            found.append(f"{name}: it is not there")
        elif sha256_of(path) != expected:
            found.append(f"{name}: it is not what was written")
    if DUMP not in manifest.sha256:
        found.append(f"{DUMP}: the manifest does not know it")
    return found


def put_back(folder: Path, manifest: Manifest, kept: Path) -> int:
    """Put the kept files where the site has them; give how many were not there. What is there already stays."""
    put = 0
    for name in sorted(manifest.sha256):
        if not name.startswith(f"{KEPT}/"):
            continue
        target = kept / name.removeprefix(f"{KEPT}/")
        if target.exists():
            continue
        # under a name of its own until it is whole: broken off, it is not taken for the file
        half = target.with_name(f"{target.name}.half")
        half.unlink(missing_ok=True)
        copy(folder / name, half)
        half.rename(target)
        put += 1
    return put
