"""Two people at one referral in the same moment: one move is made, the other is told."""

from collections.abc import Callable
from threading import Barrier, Thread

import pytest
from django.db import connections

from palermo.web import policy
from palermo.web.cases import actions
from palermo.web.cases.models import Offer
from palermo.web.intake.models import Event, FactVersion, Ownership
from web.cases.casebook import a_referral, accepted, case_of, escalated, owner_of, seen, told

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*moves: Callable[[], object]) -> list[object]:
    """What each move gave, or what it was refused with, all begun at the same moment."""
    gate = Barrier(len(moves))
    found: list[object] = [None] * len(moves)
    policy.pack()

    def run(place: int, move: Callable[[], object]) -> None:
        try:
            gate.wait()
            found[place] = move()
        except (actions.Overtaken, actions.Refused) as refused:
            found[place] = refused
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=one) for one in enumerate(moves)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_two_who_accept_an_offer_at_once_make_one_new_owner(accounts):
    referral = escalated(accounts["borough"])
    then = seen(referral)

    found = at_once(
        lambda: actions.accept_offer(accounts["officer"], referral.reference, then),
        lambda: actions.accept_offer(accounts["supervisor"], referral.reference, then),
    )

    assert {type(one) for one in found} == {Event, actions.Overtaken}
    assert owner_of(referral) == ("SCD9", "")
    assert Ownership.objects.filter(referral=referral).count() == 2


def test_accepting_and_handing_back_at_once_is_one_of_the_two(accounts):
    referral = a_referral(by=accounts["partner"])
    then = seen(referral)

    found = at_once(
        lambda: actions.accept(accounts["borough"], referral.reference, then),
        lambda: actions.hand_back(accounts["borough-supervisor"], referral.reference, then, "not ours"),
    )

    assert {type(one) for one in found} == {Event, actions.Overtaken}
    assert case_of(referral).version == then.version + 1
    lost = next(one for one in found if isinstance(one, actions.Overtaken))
    assert [event.kind for event in lost.since] == told(referral)[2:]


def test_four_corrections_at_once_are_one_version(accounts):
    referral = accepted(accounts["borough"])
    then = seen(referral)

    found = at_once(
        *(
            lambda value=value: actions.correct(accounts["borough"], referral.reference, then, "reach", value, "seen")
            for value in ("cross_borough", "national", "international", "unknown")
        )
    )

    assert sum(isinstance(one, Event) for one in found) == 1
    assert FactVersion.objects.filter(referral=referral).count() == 2
    assert Offer.objects.filter(referral=referral, answer="").count() == 1
