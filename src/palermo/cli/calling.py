"""Calling: what do all commands share in how they are called, and how do they refuse?

What a machine reads goes to standard output, everything else to standard error. Exit 0: done; 1: the answer is no;
2: the call or the input was wrong.
"""

from __future__ import annotations

import sys
from datetime import date
from typing import Annotated, NoReturn

import typer

from palermo.domain.policy import PolicyFaults
from palermo.domain.referral import day_of
from palermo.packs import Pack, load

NO = 1
WRONG = 2

PackName = Annotated[str, typer.Option("--pack", help="The pack to decide by: its id, or its folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]


def pack_named(which: str, *, proved: bool = True) -> Pack:
    """The pack; leaves with exit 2 and every fault of it where it cannot be used."""
    try:
        return load(which, proved=proved)
    except PolicyFaults as faults:
        refuse(str(faults))


def day_given(option: str, text: str) -> date:
    """The day that was given with an option; leaves with exit 2 where it is none."""
    day = day_of(text)
    if day is None:
        refuse(f"{option} {text}: not a date; write it as year-month-day, such as 2010-04-01")
    return day


def say(words: str) -> None:
    """Tell the person at the terminal, not the program that reads the output."""
    print(words, file=sys.stderr)


def refuse(words: str) -> NoReturn:
    """Leave with exit 2: the call or the input was wrong, and these words say what to do."""
    say(words)
    raise typer.Exit(WRONG)
