"""Which pack is in force here? Read once a process; the rest of the site gets it as an argument."""

from functools import cache

from django.conf import settings

from palermo.packs import Pack, bank_holidays, load

__all__ = ["bank_holidays", "pack"]


@cache
def pack() -> Pack:
    """The pack that this installation decides by."""
    return load(settings.PACK)
