"""What may a file be called, and how is text shown that hides something?"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 120
PATHS = re.compile(r"[/\\]")
SPACES = {"\t", "\n", "\r"}
# what a file system or a shell would take for more than a letter
NOT_IN_NAMES = set('<>:"|?*')


def hides(character: str) -> bool:
    """Whether nobody sees this character, although it changes what they read: controls and marks of direction."""
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") and character not in SPACES


def safe_name(name: str) -> str:
    """The last part of the name as text that does nothing: no path, no hidden character, not too long.

    What it ends in stays, since it says what the file is.
    """
    last = PATHS.split(unicodedata.normalize("NFC", name))[-1]
    seen = "".join(
        "_" if character in NOT_IN_NAMES else character
        for character in last
        if not hides(character) and character not in SPACES
    )
    stem, dot, ending = " ".join(seen.split()).rstrip(". ").rpartition(".")
    if not dot:
        stem, ending = ending, ""
    ending = ending[:10]
    stem = stem.strip(". ")[: LONGEST - len(ending) - 1] or "file"
    return f"{stem}.{ending}" if dot and ending else stem


def shown(text: str) -> str:
    """The text with every hidden character as its number: ⟨U+202E⟩."""
    return "".join(f"⟨U+{ord(character):04X}⟩" if hides(character) else character for character in text)
