import pytest

MAKERS = ["analyst", "commander"]
OTHERS = ["partner", "borough", "borough-supervisor", "officer", "supervisor", "administrator"]


@pytest.fixture
def address(asked):
    return asked().url


@pytest.mark.parametrize("username", MAKERS)
def test_analyst_and_commander_make_and_read(asked, signed_in, username):
    response = asked(username)
    client = signed_in(username)

    assert response.status_code == 302
    assert [client.get(at).status_code for at in (response.url, "/estimates/", "/estimates/new/")] == [200, 200, 200]


def test_an_auditor_reads_and_makes_nothing(asked, address, signed_in):
    client = signed_in("auditor")

    assert [client.get(at).status_code for at in (address, "/estimates/")] == [200, 200]
    assert b"/estimates/new/" not in client.get("/estimates/").content
    for refused in (client.get("/estimates/new/"), asked("auditor"), client.post(address, {"again": "yes"})):
        assert refused.status_code == 403
        assert "Analysts and the commander make estimates" in refused.content.decode()


@pytest.mark.parametrize("username", OTHERS)
def test_others_are_refused_with_the_reason(asked, address, signed_in, username):
    client = signed_in(username)

    assert b"/estimates/" not in client.get("/", follow=True).content
    for refused in (
        client.get(address),
        client.post(address, {"download": "json"}),
        client.get("/estimates/"),
        client.get("/estimates/new/"),
        asked(username),
    ):
        assert refused.status_code == 403
        assert "Your role reads none" in refused.content.decode()


def test_whoever_is_not_signed_in_is_sent_to_sign_in(client, address):
    assert client.get(address).url.startswith("/sign-in/")


@pytest.mark.parametrize("username", [*MAKERS, "auditor"])
def test_it_stands_in_the_navigation_of_those_who_may_read(signed_in, username):
    assert b'href="/estimates/"' in signed_in(username).get("/estimates/").content
