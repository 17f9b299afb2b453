"""Remit: whose referral is it, on which day, and why?

The rules are data (see `packs`). They are worked out into one table for each span of days, proved, explained, replayed
and compared.
"""

from palermo.domain.remit.compiled import DISPUTED, NOBODY, Interval, NoOwner, Route
from palermo.domain.remit.explanation import Change
from palermo.domain.remit.rules import RemitFaults, Rule
from palermo.domain.remit.tables import OutsideRemit
from palermo.domain.remit.whole import Remit

__all__ = [
    "DISPUTED",
    "NOBODY",
    "Change",
    "Interval",
    "NoOwner",
    "OutsideRemit",
    "Remit",
    "RemitFaults",
    "Route",
    "Rule",
]
