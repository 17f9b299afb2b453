"""Packs: the policy of one jurisdiction as dated data, one folder each."""

from palermo.packs.bank_holidays import bank_holidays
from palermo.packs.loader import Pack, available, load
from palermo.packs.proposals import propose

__all__ = ["Pack", "available", "bank_holidays", "load", "propose"]
