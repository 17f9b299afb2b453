"""For the pages on policy: a page as its words, and referrals to count."""

import html
import re
from itertools import count

import pytest
from django.urls import reverse

numbers = count(1)

ADULT_IN_THE_SEX_TRADE = {
    "age": "adult",
    "exploitation": "sexual",
    "organised": "no",
    "reach": "borough",
    "borough": "Camden",
}
CHILD = {"age": "child", "borough": "Newham"}


@pytest.fixture
def words_of(client, accounts):
    """A page as this account reads it: its text without tags."""

    def page(username, name, *args, status=200, **query):
        client.force_login(accounts[username])
        response = client.get(reverse(f"oversight:{name}", args=args), query, follow=True)
        assert response.status_code == status, response.content.decode()
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", response.content.decode())).split())

    return page


@pytest.fixture
def received(accounts, settings):
    """Makes so many referrals of these facts, on a day of June 2010."""
    from datetime import date

    from django.utils import timezone

    from palermo.web import clock
    from palermo.web.intake.actions import Submission, receive_referral

    settings.DAYS_SHIFTED = (date(2010, 6, 30) - timezone.localdate()).days

    def make(times, facts, **other):
        return [
            receive_referral(
                Submission(
                    key=f"counted-{next(numbers)}",
                    channel="form",
                    received_at=clock.now(),
                    referring_body="Harbour Project",
                    facts=dict(facts),
                    **other,
                ),
                accounts["partner"],
            ).referral
            for _ in range(times)
        ]

    return make
