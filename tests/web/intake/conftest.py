"""For the tests of the journey: accounts that walk it."""

from datetime import date

import pytest

DAY = date(2010, 6, 30)


@pytest.fixture(autouse=True)
def a_day_of_the_pack(settings):
    """These tests play in the summer of 2010, whenever they are run."""
    from django.utils import timezone

    settings.DAYS_SHIFTED = (DAY - timezone.localdate()).days


@pytest.fixture
def traveller(accounts):
    """Makes a traveller of an account by its sign-in name."""
    from django.test import Client

    from web.intake.walking import Traveller

    def of(username: str) -> Traveller:
        client = Client()
        client.force_login(accounts[username])
        return Traveller(client, accounts[username])

    return of
