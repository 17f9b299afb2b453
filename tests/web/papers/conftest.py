"""These tests play in the days and with the accounts of casework, with a store of their own."""

import pytest

from web.cases.conftest import a_day_of_the_pack, signed_in

__all__ = ["a_day_of_the_pack", "signed_in"]


@pytest.fixture(autouse=True)
def a_store_of_its_own(settings, tmp_path):
    settings.FILES = tmp_path / "files"
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "uploads"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()
