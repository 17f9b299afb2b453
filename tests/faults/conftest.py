"""Some of these tests play inside Django, with the accounts of the site's own tests."""

from web.cases.conftest import a_day_of_the_pack
from web.conftest import accounts, flush_past_the_triggers

__all__ = ["a_day_of_the_pack", "accounts", "flush_past_the_triggers"]
