"""The same pages under another pack: no page knows a unit, a day or a word of the first one."""

import html
import re

import pytest

from palermo.web import policy
from palermo.web.oversight import reading

LABOUR = {
    "age": "adult",
    "exploitation": "labour",
    "organised": "yes",
    "referral_consent": "yes",
    "immigration": "no_issue",
}


@pytest.fixture
def read(client, accounts, settings):
    """A page's words, on a site that decides by the pack `uk-nrm`."""
    settings.PACK = "uk-nrm"
    forget_the_pack()
    client.force_login(accounts["analyst"])

    def page(address, **query):
        response = client.get(address, query, follow=True)
        assert response.status_code == 200
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", response.content.decode())).split())

    yield page
    forget_the_pack()


def forget_the_pack():
    """A site decides by one pack as long as it runs, and keeps what it read of it."""
    for kept in (policy.pack, *vars(reading).values()):
        if hasattr(kept, "cache_clear"):
            kept.cache_clear()


def test_the_owner_of_both_sides_of_a_change_is_this_packs(read):
    page = read("/who-owns-this/", **LABOUR, **{"on": "2015-07-30", "and": "2015-07-31"})

    assert "Serious and organised crime team" in page
    assert "Modern slavery team" in page
    assert "What differs between the two days" in page
    assert "UKHTC" in page


def test_the_organisation_has_the_authorities_of_the_day(read):
    assert "UK Visas and Immigration" in read("/organisation/", on="2019-04-28")
    page = read("/organisation/", on="2019-04-29")
    assert "Single Competent Authority" in page
    assert "Handed its decisions to the Single Competent Authority" in page


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("/policy/", "uk-nrm"),
        ("/policy/rules/", "SEFTON17 police"),
        ("/policy/rules/C2/", "MSA15 s51"),
        ("/policy/tables/", "Recovery and reflection lasts at least until"),
        ("/policy/rules/A1/", "It decides"),
        ("/policy/changes/", "combinations of facts go to another unit"),
        ("/policy/heat/", "Owned by nobody"),
        ("/policy/sunset/", "Sunset report"),
        ("/policy/proposals/", "Write a proposal"),
        ("/policy/proposals/edit/?effective=2020-01-01&heir-MST=LOCAL", "go from MST to LOCAL"),
        ("/policy/silences/", "MST owns its profiles through A1"),
        ("/policy/examples/", "An unknown age goes where a child goes, under the Act"),
        ("/policy/figures/", "527"),
        ("/policy/definition/", "CETS197 art 4(a)"),
    ],
)
def test_the_pages_on_policy_read_this_pack(read, address, says):
    page = read(address)

    assert says in page
    assert "mps-2010" not in page
    assert "SCD5" not in page
