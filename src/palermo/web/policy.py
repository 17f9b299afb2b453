"""Which pack is in force here? Read once a process; the rest of the site gets it as an argument."""

from datetime import date
from functools import cache

import holidays
from django.conf import settings

from palermo.packs import Pack, load


@cache
def pack() -> Pack:
    """The pack that this installation decides by."""
    return load(settings.PACK)


@cache
def bank_holidays(year: int) -> frozenset[date]:
    """The bank holidays of England and Wales in a year and the next, for clocks that count working days."""
    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=[year, year + 1]))
