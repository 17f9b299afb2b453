import re

import pytest
from django.urls import reverse


@pytest.fixture
def look(client, accounts):
    """The page on those days; gives its text without tags."""
    client.force_login(accounts["commander"])

    def page(status=200, **query):
        response = client.get(reverse("oversight:organisation"), query, follow=True)
        assert response.status_code == status
        return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())

    return page


def test_the_last_day_of_march_has_co14_and_the_trafficking_team(look):
    page = look(on="2010-03-31")

    assert "Organisation on 31 March 2010" in page
    assert "Clubs and Vice" in page
    assert "Human Trafficking Team" in page
    assert "87 officers, 18 staff" in page
    assert "Units still to come" in page


def test_the_first_of_april_says_what_came_with_it_and_what_became_of_the_others(look):
    page = look(on="2010-04-01")

    assert "What came with this day" in page
    assert "What became of the units that are gone" in page
    assert "Followed by SCD9" in page


def test_both_days_stand_side_by_side_with_what_changed_in_words(look):
    page = look(on="2010-04-01", **{"and": "2010-03-31"})

    assert "What changed from 31 March 2010 to 1 April 2010" in page
    assert re.search(r"Human Trafficking Team \(?HTT\)? Gone No longer there since 1 April 2010", page)
    assert "There since 1 April 2010. Belongs to SCD. Comes from CO14." in page


def test_a_post_whose_lead_ends_is_not_called_gone(look):
    page = look(on="2010-03-31", **{"and": "2010-04-01"})

    assert re.search(r"Commander, Territorial Policing TP-COMMANDER Changed No longer leads CO14", page)


def test_a_sum_that_does_not_hold_is_shown_and_not_smoothed(look):
    page = look(on="2010-03-31")

    assert "the functions of Clubs and Vice come to 88 officers, and 87 are stated" in page


def test_strengths_that_are_stated_are_added_and_the_rest_is_said_to_be_unstated(look):
    # 87 + 11 + 84 + 15 officers
    assert "197 officers and 18 staff in the 4 units whose strength is stated" in look(on="2010-03-31")


def test_a_day_before_the_pack_is_refused_kindly(look):
    page = look(400, on="2001-01-01")

    assert "1 January 2001 is before the first day of this pack. Enter 1 April 2007 or a later date" in page


def test_the_boxes_of_the_form_lead_to_the_address_of_the_day(client, accounts):
    client.force_login(accounts["auditor"])
    response = client.get(
        reverse("oversight:organisation"), {"on-day": "31", "on-month": "3", "on-year": "2010", "and-day": ""}
    )

    assert response.url == reverse("oversight:organisation") + "?on=2010-03-31"


def test_each_day_of_change_is_a_link(client, accounts):
    client.force_login(accounts["auditor"])
    page = client.get(reverse("oversight:organisation")).content.decode()

    assert 'href="?on=2010-03-31"' in page
    assert 'href="?on=2010-04-01"' in page
    assert 'href="?on=2010-03-31&amp;and=2010-04-01"' in page


def test_many_units_of_one_kind_are_folded_together(look):
    page = look(on="2010-03-31")

    assert "32 units of the kind “borough”" in page
