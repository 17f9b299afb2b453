"""Whom a notice is for: on the page and by e-mail the same, and never a whole unit of a restricted referral."""

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from palermo.domain.access import Role
from palermo.web.accounts.models import User
from palermo.web.notices import queries
from palermo.web.notices.actions import To, notify
from palermo.web.notices.models import Notice
from web.cases.casebook import OF_SCD9, a_referral

pytestmark = pytest.mark.django_db


def told(by: User, to: To, key: str = "k", **other: object) -> Notice:
    with transaction.atomic():
        return notify(by, to, key=key, kind="test", says="PAL-BCDF-2345: something is due.", **other)


def usernames(notice: Notice) -> set[str]:
    return set(queries.accounts_of(notice).values_list("username", flat=True))


@pytest.mark.parametrize(
    ("to", "those"),
    [
        (To(unit="SCD9"), {"officer", "supervisor"}),
        (To(unit="SCD9", role=Role.SUPERVISOR), {"supervisor"}),
        (To(unit="SCD9", role=Role.ANALYST), {"analyst"}),
        (To(unit="TP", borough="Newham"), {"borough", "borough-supervisor"}),
        (To(unit="TP", borough="Hackney"), set()),
        (To(unit="TP"), {"borough", "borough-supervisor"}),
        (To(role=Role.COMMANDER), {"commander"}),
        (To(body="Harbour Project"), {"partner"}),
        (To(body="Another body"), set()),
    ],
)
def test_those_whom_it_is_for(accounts, to, those):
    assert usernames(told(accounts["officer"], to)) == those


def test_an_account_alone_gets_what_is_for_it(accounts):
    notice = told(accounts["officer"], To(unit="SCD9", account=accounts["auditor"]))

    assert usernames(notice) == {"auditor"}
    assert not queries.told_to(accounts["officer"].viewer).exists()


def test_an_account_that_is_closed_gets_nothing_more(accounts):
    notice = told(accounts["officer"], To(unit="SCD9"))
    User.objects.filter(username="supervisor").update(is_active=False)

    assert usernames(notice) == {"officer"}


def test_what_a_unit_that_is_gone_was_told_is_for_the_one_that_it_became(accounts):
    notice = told(accounts["officer"], To(unit="CO14"))

    assert usernames(notice) == {"officer", "supervisor"}
    assert queries.told_to(accounts["officer"].viewer).get() == notice
    assert not queries.told_to(accounts["paladin"].viewer).exists()


places = st.tuples(st.sampled_from(["", "SCD9", "TP", "CO14"]), st.sampled_from(["", "Newham", "Hackney"]))


@given(
    place=places,
    role=st.sampled_from(["", *Role]),
    body=st.sampled_from(["", "", "Harbour Project"]),
    alone=st.booleans(),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_page_and_the_mail_are_for_the_same_accounts(accounts, place, role, body, alone):
    unit, borough = place
    if not (unit or role or body or alone):
        return
    account = accounts["analyst"] if alone else None
    with transaction.atomic():
        to = To(unit=unit, borough=borough, role=Role(role) if role else None, body=body, account=account)
        notice = told(accounts["officer"], to, key=f"{place}{role}{body}{alone}") or Notice.objects.get(
            key=f"{place}{role}{body}{alone}"
        )

    on_the_page = {
        name for name, user in accounts.items() if queries.told_to(user.viewer).filter(pk=notice.pk).exists()
    }
    assert on_the_page == usernames(notice)


@pytest.mark.parametrize(
    ("to", "allowed"),
    [
        (To(unit="SCD9"), False),
        (To(unit="TP", borough="Newham"), False),
        (To(unit="SCD9", role=Role.OFFICER), False),
        (To(role=Role.ANALYST), False),
        (To(unit="SCD9", role=Role.SUPERVISOR), True),
        (To(role=Role.COMMANDER), True),
        (To(body="Newham children’s services"), True),
    ],
)
def test_a_notice_about_a_restricted_referral_is_not_for_a_whole_unit(accounts, to, allowed):
    restricted = a_referral(OF_SCD9, by=accounts["partner"], restricted=True)
    other = a_referral(OF_SCD9, by=accounts["partner"])
    assert told(accounts["officer"], to, "other", reference=other.reference)
    if allowed:
        assert told(accounts["officer"], to, reference=restricted.reference)
        return

    with pytest.raises(IntegrityError, match="is about a restricted referral: tell supervisors, the commander or acc"):
        told(accounts["officer"], to, reference=restricted.reference)
    assert told(accounts["officer"], To(account=accounts["officer"]), reference=restricted.reference)
