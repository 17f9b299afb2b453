"""For the tests of the trail: a day of the pack, and a client for each account."""

from web.cases.conftest import a_day_of_the_pack, signed_in

__all__ = ["a_day_of_the_pack", "signed_in"]
