"""Two people at one operation, or two meetings at the same officers, in the same moment."""

from collections.abc import Callable
from threading import Barrier, Thread

import pytest
from django.db import connections

from palermo.web import policy
from palermo.web.operations.actions import operations as actions
from palermo.web.operations.actions.meetings import BeyondCapacity
from palermo.web.operations.models import Decision, Event, Operation
from web.operations.planning import (
    FINANCE,
    a_score,
    decided,
    in_state,
    now,
    opened,
    proposed,
    seen,
)

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
        except (actions.Overtaken, actions.Refused, BeyondCapacity) as refused:
            found[place] = refused
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=one) for one in enumerate(moves)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_two_who_start_an_operation_start_it_once(accounts):
    operation = in_state(proposed(accounts["supervisor"]), "approved")
    then = seen(operation)

    found = at_once(
        lambda: actions.start(accounts["supervisor"], operation.key, then, "they meet tonight"),
        lambda: actions.start(accounts["commander"], operation.key, then, "they meet tonight"),
    )

    assert {type(one) for one in found} == {Event, actions.Overtaken}
    assert now(operation).state == "running"


def test_two_meetings_at_once_do_not_give_the_same_officers_away(accounts):
    first = proposed(accounts["supervisor"], resources={FINANCE: 100})
    second = proposed(accounts["supervisor"], resources={FINANCE: 100})
    one, other = opened(accounts["commander"]), opened(accounts["supervisor"], ("SCD9", ""))

    found = at_once(lambda: decided(one, first), lambda: decided(other, second))

    assert {type(each) for each in found} == {Decision, BeyondCapacity}
    assert sorted(now(each).state for each in (first, second)) == ["approved", "proposed"]


def test_one_name_given_twice_at_once_is_one_operation(accounts):
    found = at_once(
        lambda: proposed(accounts["supervisor"], name="Heron", levels=a_score()),
        lambda: proposed(accounts["officer"], name="Heron", levels=a_score()),
    )

    assert {type(one) for one in found} == {Operation, actions.Refused}
    assert Operation.objects.count() == 1
