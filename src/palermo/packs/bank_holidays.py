"""Bank holidays: which days are not working days, for clocks that count those?"""

from __future__ import annotations

from collections.abc import Container
from datetime import date
from functools import cache

import holidays


@cache
def bank_holidays() -> Container[date]:
    """The bank holidays of England and Wales, of any year asked for."""
    found: Container[date] = holidays.country_holidays("GB", subdiv="ENG")
    return found
