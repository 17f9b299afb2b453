"""For the tests of estimates: somebody signed in, and the questions answered."""

import pytest
from django.test import Client

THREE_LISTS = "police,charity,port,count\n1,0,0,50\n0,1,0,70\n0,0,1,31\n1,1,0,20\n1,0,1,14\n0,1,1,13\n1,1,1,6\n"


@pytest.fixture
def answers():
    """What the form sends, with what a test changes in it."""

    def of(**changed):
        return {
            "title": "Three bodies, 2009",
            "source": "paste",
            "table": THREE_LISTS,
            "seed": "1",
            "smallest_shown": "0",
            **changed,
        }

    return of


@pytest.fixture
def signed_in(accounts):
    """Makes a client that is signed in, by the account's sign-in name."""

    def of(username: str) -> Client:
        client = Client()
        client.force_login(accounts[username])
        return client

    return of


@pytest.fixture
def asked(signed_in, answers):
    """Sends the form as this account and gives the answer; `run_jobs` makes the estimate."""

    def send(username="analyst", **changed):
        return signed_in(username).post("/estimates/new/", answers(**changed))

    return send
