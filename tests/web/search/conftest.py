"""These tests play in the days and with the accounts of casework, with a store for documents of their own."""

from web.papers.conftest import a_day_of_the_pack, a_store_of_its_own, signed_in

__all__ = ["a_day_of_the_pack", "a_store_of_its_own", "signed_in"]
