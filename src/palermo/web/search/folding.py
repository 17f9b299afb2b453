"""How is a word written so that it is found however it was typed? Folding, the same here and in the database.

Case, accents, width, punctuation and the form of digits go; letters that have no accent to lose become what people type
for them (ł, ø, ß). What is left are words with one space between them, in any script. The database folds what is kept
with `palermo_fold` of the first migration; here what is asked for is folded. A test holds the two together: to change
a table here, replace the function in a new migration.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from string import ascii_lowercase, ascii_uppercase

LONGEST_TEXT = 100_000
"""Characters of a text that are searched; what follows is not."""
LONGEST_WORD = 60

APOSTROPHES = "'`´ʹʻʼʽʾʿˈ‘’‛′‵＇"
"""They join what stands around them: O’Brien is obrien."""

MARKS = (
    "300-36F 483-487 591-5BD 5BF 5C1-5C2 5C4-5C5 5C7 610-61A 640 64B-65F 670 6D6-6DC 6DF-6E4 6E7-6E8 6EA-6ED "
    "1AB0-1AFF 1DC0-1DFF 20D0-20FF 3099-309A FE00-FE0F FE20-FE2F AD 200B-200F 202A-202E 2060-206F FEFF"
)
"""Accents, vowel points and what cannot be seen: they go without a trace. Vowel signs of Indian scripts are letters."""

SEPARATORS = (
    "80-BF D7 F7 2C2-2C5 2D2-2EB 2ED 2EF-2FF 375 3F6 482 55A-55F 589-58F 5BE 5C0 5C3 5C6 5F3-60F 61B-61F 66A-66D "
    "6D4 6DD-6DE 6E9 6FD-6FE 700-70F 7F6-7F9 7FE-7FF 830-83E 85E 888 890-891 8E2 964-965 970 9F2-9F3 9FA-9FB 9FD "
    "A76 AF0-AF1 B70 BF3-BFA C77 C7F C84 D4F D79 DF4 E3F E4F E5A-E5B F01-F17 F1A-F1F F34 F36 F38 F3A-F3D F85 FBE-FC5 "
    "FC7-FDA 104A-104F 109E-109F 10FB 1360-1368 1390-1399 1400 166D-166E 1680 169B-169C 16EB-16ED 1735-1736 17D4-17D6 "
    "17D8-17DB 1800-180A 180E 1940-1945 19DE-19FF 1A1E-1A1F 1AA0-1AA6 1AA8-1AAD 1B5A-1B6A 1B74-1B7E 1BFC-1BFF "
    "1C3B-1C3F 1C7E-1C7F 1CC0-1CC7 1CD3 2000-200A 2010-2029 202F-205F 2070-20CF 2104-212E 213A-214D 214F 218A-244A "
    "2500-2775 2794-2BFF 2CE5-2CEA 2CF9-2CFC 2CFE-2CFF 2D70 2E00-2E2E 2E30-3004 3008-3020 3030 3037 303D-303F 30A0 "
    "30FB 3190-3191 31C0-31E3 327F 4DC0-4DFF A490-A4C6 A4FE-A4FF A60D-A60F A673 A67E A6F2-A716 A720-A721 A789-A78A "
    "A828-A82B A836-A839 A874-A877 A8CE-A8CF A8F8-A8FA A8FC A92E-A92F A95F A9C1-A9CD A9DE-A9DF AA5C-AA5F AA77-AA79 "
    "AADE-AADF AAF0-AAF1 AB5B AB6A-AB6B ABEB E000-F8FF FBB2-FDFF FE10-FE1F FE30-FE6F FFE0-FFFF "
    "1F000-1FAFF E0000-10FFFF"
)
"""Signs and punctuation, beside those of ASCII: they part words."""

ALONE = "3041-3096 30A1-30FA 3400-4DBF 4E00-9FFF 20000-3FFFF"
"""Scripts that write words together: every sign is a word."""
SYLLABLES = "1100-1115 1117-115F"
"""What a Korean syllable begins with when it is taken apart: every syllable is a word."""

SEVERAL = {"ß": "ss", "ẞ": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "þ": "th", "Þ": "th"}
"""Letters that are typed as two."""
ALIKE = "łl øo đd ðd ıi ħh ŧt ŋn əe ɓb ɗd ɖd ɛe ɔo ƙk ƴy ɨi ʉu ƀb ƶz ςσ ґг ٱا ىي یي ةه ہه ەه ھه کك"
"""Letters that have no accent to lose, and what is typed for them."""
CAPITALS = "C0-DE 100-24F 370-52F 531-556 10A0-10C5 10C7 10CD 1C90-1CBA 1CBD-1CBF 1E00-1EFF 10400-10427 1E900-1E921"
"""Where letters stand that have a small form, beside those of ASCII and those that are taken apart."""
ZEROS = (
    "660 6F0 7C0 966 9E6 A66 AE6 B66 BE6 C66 CE6 D66 DE6 E50 ED0 F20 1040 1090 17E0 1810 1946 19D0 1A80 1A90 1B50 1BB0 "
    "1C40 1C50 A620 A8D0 A900 A9D0 A9F0 AA50 ABF0"
)
"""The zeros of other scripts; the nine other digits follow each."""

SHORTEST_NUMBER, LONGEST_NUMBER = 7, 15
"""Digits of what may be a phone number."""
NUMBER = "#"
"""Begins the lexeme of a number, whose digits stand in it from the last to the first: a country code may be missing."""
NEAR = "~"
"""Begins the lexeme of a name that one letter is taken out of."""
SHORTEST_NEAR = 4


def places(ranges: str) -> Iterator[tuple[int, int]]:
    """The first and last place of each range."""
    for one in ranges.split():
        first, _, last = one.partition("-")
        yield int(first, 16), int(last or first, 16)


def one_of(ranges: str) -> str:
    """The ranges as they stand between the brackets of a pattern."""
    return "".join(re.escape(chr(first)) + (f"-{chr(last)}" if last > first else "") for first, last in places(ranges))


def letters() -> dict[str, str]:
    """What each letter and digit becomes that is folded to one other."""
    alike = {pair[0]: pair[1] for pair in ALIKE.split()}
    found = {}
    for first, last in places(CAPITALS):
        for letter in map(chr, range(first, last + 1)):
            small = letter.lower()
            if small != letter and unicodedata.normalize("NFKD", letter) == letter:
                found[letter] = alike.get(small, small)
    found |= {chr(int(zero, 16) + digit): str(digit) for zero in ZEROS.split() for digit in range(10)}
    return found | alike


TABLE = str.maketrans(letters() | SEVERAL)
ASCII_SMALL = str.maketrans(ascii_uppercase, ascii_lowercase)
NO_APOSTROPHES = str.maketrans("", "", APOSTROPHES)
NO_MARKS = re.compile(f"[{one_of(MARKS)}]+")
PARTED = re.compile(f"[{one_of(SEPARATORS)}]+")
APART = re.compile(f"([{one_of(ALONE)}])")
BEGUN = re.compile(f"([{one_of(SYLLABLES)}])")
PARTED_ASCII = re.compile("[\x01-/:-@\\[-`{-\x7f]+")
CUT = re.compile(f"([^ ]{{{LONGEST_WORD}}})[^ ]+")


def folded(given: str) -> str:
    """The words of a text with one space between them; empty where there is none. `palermo_fold` says the same.

    >>> folded("Łukasz O’BRIEN-Müller, ＡＢ１２"), folded("王小明"), folded("٠٧٧٠٠")
    ('lukasz obrien muller ab12', '王 小 明', '07700')
    """
    text = given[:LONGEST_TEXT].translate(NO_APOSTROPHES)
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)[:LONGEST_TEXT]
        text = PARTED.sub(" ", NO_MARKS.sub("", text))
        text = BEGUN.sub(r" \1", APART.sub(r" \1 ", text.translate(TABLE)))
    text = text.translate(ASCII_SMALL)
    return CUT.sub(r"\1", PARTED_ASCII.sub(" ", text)).strip(" ")


def numbers(words: Iterable[str]) -> list[str]:
    """The lexemes of what may be phone numbers: of digits that stand together, up to the end of each group.

    >>> numbers("call 44 0 7700 900123 now".split())
    ['#321009007744']
    """
    found, run = [], ""
    for word in words:
        if not (word.isascii() and word.isdigit()):
            run = ""
        elif word != "0" or not run:
            run = (run + word)[-LONGEST_NUMBER:]
            if len(run) >= SHORTEST_NUMBER:
                found.append(NUMBER + run[::-1])
    return found


def near(word: str) -> list[str]:
    """The lexemes that a name shares with every other that is one letter off, or has two letters swapped."""
    if len(word) < SHORTEST_NEAR:
        return []
    return [NEAR + word, *(NEAR + word[:place] + word[place + 1 :] for place in range(len(word)))]
