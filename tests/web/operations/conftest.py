"""For the tests of operations: a day of the pack, and clients that are signed in."""

from web.cases.conftest import a_day_of_the_pack, signed_in

__all__ = ["a_day_of_the_pack", "signed_in"]
