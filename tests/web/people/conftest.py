"""For the tests of people and places: the days and the clients of casework."""

from web.cases.conftest import a_day_of_the_pack, signed_in

__all__ = ["a_day_of_the_pack", "signed_in"]
