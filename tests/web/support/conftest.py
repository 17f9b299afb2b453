"""These tests play in the days and with the accounts of casework."""

from web.cases.conftest import a_day_of_the_pack, signed_in

__all__ = ["a_day_of_the_pack", "signed_in"]
