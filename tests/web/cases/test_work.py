"""The work on many referrals at once is the work on each of them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from palermo.web import clock
from palermo.web.accounts.models import User
from palermo.web.cases import actions, queries
from palermo.web.cases.models import SupportRequest
from web.cases.casebook import OF_PALADIN, OF_SCD9, a_referral, accepted, escalated, seen

pytestmark = pytest.mark.django_db


def asked_for_support(referral, unit: str, stage: str = "asked") -> None:
    now = clock.now()
    SupportRequest.objects.create(
        referral=referral,
        resource="advice",
        from_unit="TP",
        to_unit=unit,
        wanted="advice",
        asked_at=now,
        stage=stage,
        answered_at=None if stage == "asked" else now,
        answer_reason="no" if stage in ("refused", "disputed") else "",
        disputed_at=now if stage == "disputed" else None,
        dispute_reason="it cannot wait" if stage == "disputed" else "",
    )


def referrals_of_every_kind(accounts) -> list:
    plain = a_referral(by=accounts["partner"])
    offered = escalated(accounts["borough"])
    allocated = accepted(accounts["borough"])
    actions.take(accounts["borough"], allocated.reference, seen(allocated))
    back = accepted(accounts["borough"])
    actions.hand_back(accounts["borough"], back.reference, seen(back), "another borough")
    corrected = accepted(accounts["borough"])
    actions.correct(accounts["borough"], corrected.reference, seen(corrected), "port", "yes", "by ferry")
    restricted = a_referral(OF_PALADIN, by=accounts["partner"], restricted=True)
    supervisor = accounts["paladin-supervisor"]
    actions.name_person(supervisor, restricted.reference, seen(restricted), accounts["borough"].pk, "knows the family")
    supported = a_referral(OF_SCD9, by=accounts["partner"])
    asked_for_support(supported, "SCD5-PALADIN")
    asked_for_support(supported, "TP", "given")
    asked_for_support(supported, "CO14", "refused")
    disputed = a_referral(OF_SCD9, by=accounts["partner"])
    asked_for_support(disputed, "GOLF", "disputed")
    return [plain, offered, allocated, back, corrected, restricted, supported, disputed]


def test_many_at_once_are_as_each_is_alone(accounts):
    referrals = referrals_of_every_kind(accounts)
    # nobody supervises Paladin any more, so that this differs as well
    User.objects.filter(username="paladin-supervisor").update(is_active=False)

    found = queries.works(one.pk for one in referrals)

    assert set(found) == {one.pk for one in referrals}
    for one in referrals:
        alone = queries.work(one.reference)
        assert found[one.pk] == alone
        assert found[one.pk].custody == alone.custody
    custodies = [found[one.pk].custody for one in referrals]
    assert [one.offered_to for one in custodies] == ["", "SCD9", "", "", "", "", "", ""]
    assert [one.officer for one in custodies] == [None, None, accounts["borough"].pk, None, None, None, None, None]
    assert [one.restricted for one in custodies] == [False] * 5 + [True, False, False]
    assert [bool(one.involved) for one in custodies] == [False] * 5 + [True, False, False]
    assert [one.supervised for one in custodies] == [True] * 5 + [False, True, True]
    assert custodies[-2].asked == {"SCD5-PALADIN"}
    assert "TP" in custodies[-2].supporting & custodies[-2].given
    assert "CO14" not in custodies[-2].supporting
    assert custodies[-1].asked == {"GOLF"}
    assert [one.disputed for one in custodies] == [False] * 7 + [True]
    assert [found[one.pk].facts.version for one in referrals] == [1, 2, 1, 1, 2, 1, 1, 1]


def test_the_number_of_queries_does_not_grow_with_the_referrals(accounts):
    referrals = referrals_of_every_kind(accounts)

    def number(chosen) -> int:
        with CaptureQueriesContext(connection) as asked:
            for found in queries.works(one.pk for one in chosen).values():
                assert found.custody
        return len(asked)

    assert number(referrals) == number(referrals[:1])


def test_of_none_there_is_none(accounts):
    assert queries.works([]) == {}
