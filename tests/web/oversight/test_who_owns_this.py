import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.urls import reverse

LABOUR = {"age": "adult", "exploitation": "labour", "organised": "no", "reach": "borough", "victims": "one"}


@pytest.fixture
def ask(client, accounts):
    """Ask the page, following the short address; gives its text."""
    client.force_login(accounts["analyst"])

    def page(status=200, **query):
        response = client.get(reverse("oversight:who-owns-this"), query, follow=True)
        assert response.status_code == status
        return " ".join(response.content.decode().split())

    return page


def test_before_anything_is_asked_the_days_are_those_around_the_largest_change_of_the_pack(ask):
    page = ask()

    for box, value in (("on-day", 31), ("on-month", 3), ("on-year", 2010), ("and-day", 1), ("and-month", 4)):
        assert f'id="{box}" name="{box}" type="text" value="{value}"' in page
    assert "oversight-answer" not in page


def test_the_answer_gives_owner_paragraph_basis_and_what_would_change_it(ask):
    page = ask(**LABOUR, borough="Newham", on="2010-04-01")

    assert "Territorial Policing, Newham" in page
    assert "§11" in page
    assert "Stated" in page
    assert re.search(
        r'<a class="govuk-link" href="\?on=2010-04-01[^"]*reach=cross_borough[^"]*">[^<]*SCD9 would own', page
    )


def test_two_days_stand_side_by_side_with_what_differs(ask):
    page = ask(age="adult", exploitation="sexual", organised="yes", on="2010-03-31", **{"and": "2010-04-01"})

    assert "What differs between the two days" in page
    assert "CO14" in page
    assert "SCD9" in page


def test_what_both_days_share_is_not_among_what_differs(ask):
    page = ask(age="adult", exploitation="sexual", organised="yes", on="2010-03-31", **{"and": "2010-04-01"})
    differs = page.partition("What differs between the two days")[2].partition("</table>")[0]

    assert ">Owner<" in differs
    # the same clocks in both, due in another order because of a bank holiday
    assert ">Clocks<" not in differs


def test_two_days_with_the_same_decision_say_so(ask):
    assert "Both days give the same decision" in ask(age="child", on="2010-05-04", **{"and": "2010-05-04"})


def test_the_form_without_javascript_leads_to_a_short_address(client, accounts):
    client.force_login(accounts["officer"])
    boxes = {"on-day": "1", "on-month": "April", "on-year": "2010", "and-day": "", "and-month": "", "and-year": ""}
    response = client.get(
        reverse("oversight:who-owns-this"), {"matter": "trafficking", "age": "child", "borough": "", **boxes}
    )

    assert response.status_code == 302
    assert parse_qsl(urlsplit(response.url).query) == [("on", "2010-04-01"), ("age", "child")]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"age": "Child"}, "is not a value of age"),
        ({"colour": "red"}, "no field"),
        ({"borough": "Newhamm"}, "Did you mean Newham or Lewisham?"),
        ({"on": "2010-02-30"}, "must be a real date"),
        ({"on": "1998-01-01"}, "before this remit starts"),
        ({"on": ""}, "Enter the date that decides"),
        ({"olympic": "yes"}, "does not follow from the borough"),
    ],
)
def test_a_wrong_address_is_refused_kindly(ask, query, says):
    page = ask(400, **{"on": "2010-04-01", **query})

    assert "There is a problem" in page
    assert says.replace("'", "&#39;") in page
    assert "oversight-answer" not in page


def test_all_that_is_wrong_is_told_at_once(ask):
    page = ask(400, age="Child", reach="moon", on="2010-02-30")

    assert page.count('<li> <a href="#') == 3


def test_a_fact_given_twice_is_refused(client, accounts):
    client.force_login(accounts["officer"])
    response = client.get(reverse("oversight:who-owns-this") + "?on=2010-04-01&age=child&age=adult")

    assert response.status_code == 400
    assert "age is given more than once" in response.content.decode()


def test_a_change_of_what_follows_from_the_borough_is_told_without_an_address(ask):
    page = ask(age="adult", exploitation="sexual", organised="yes", borough="Newham", on="2010-03-31")

    assert re.search(r"<li>If it is not in an Olympic borough[^<]*</li>", page)


def test_nothing_is_kept(ask, django_assert_num_queries):
    ask()
    # of each of the two requests the session and the account, of the page how far the notices were looked through and
    # those since, and nothing else
    with django_assert_num_queries(6):
        ask(**LABOUR, on="2010-04-01")
