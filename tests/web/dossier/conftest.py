"""These tests play in the days and with the accounts of casework; files stand in a folder of their own."""

import pytest

from web.cases.conftest import a_day_of_the_pack, signed_in

__all__ = ["a_day_of_the_pack", "signed_in"]


@pytest.fixture(autouse=True)
def files_apart(settings, tmp_path):
    settings.FILES = tmp_path / "files"
