"""For the tests of casework: a day of the pack, and referrals that the remit gives to this unit or that."""

from datetime import date

import pytest

DAY = date(2010, 6, 30)


@pytest.fixture(autouse=True)
def a_day_of_the_pack(settings):
    """These tests play in the summer of 2010, whenever they are run."""
    from django.utils import timezone

    settings.DAYS_SHIFTED = (DAY - timezone.localdate()).days


@pytest.fixture
def signed_in(accounts):
    """Makes a client that is signed in, by the account's sign-in name."""
    from django.test import Client

    def of(username: str) -> Client:
        client = Client()
        client.force_login(accounts[username])
        return client

    return of
