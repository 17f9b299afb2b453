"""One referral a key, one owner at a time, and never none."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import TypeVar

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from palermo.domain.referral import FactsRefused
from palermo.web import clock, policy
from palermo.web.audit.models import Entry
from palermo.web.intake import actions
from palermo.web.intake.models import Clock, Event, FactVersion, Ownership, Referral, RouteDecision

T = TypeVar("T")


def a_submission(key: str = "key-1", **other: object) -> actions.Submission:
    return actions.Submission(
        **{
            "key": key,
            "channel": "form",
            "received_at": clock.now(),
            "referring_body": "Harbour Project",
            "facts": {"age": "adult", "exploitation": "sexual", "organised": True, "borough": "Newham"},
            "elements": {"acts": [], "means": [], "purposes": [], "consent": None, "indicators": []},
            **other,
        }
    )


def rows() -> list[int]:
    return [model.objects.count() for model in (Referral, FactVersion, RouteDecision, Ownership, Event, Clock, Entry)]


def side_by_side(number: int, act: Callable[[int], T]) -> list[T]:
    """What so many threads get that all do it at the same moment, each on a connection of its own."""
    gate = Barrier(number)
    got: list[T] = []

    def one(place: int) -> None:
        try:
            gate.wait()
            got.append(act(place))
        finally:
            connections.close_all()

    threads = [Thread(target=one, args=[place]) for place in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


@pytest.mark.django_db
def test_the_same_key_again_is_the_same_referral_and_changes_nothing(accounts):
    first = actions.receive_referral(a_submission(), accounts["partner"])
    before = rows()

    second = actions.receive_referral(a_submission(account="another text"), accounts["partner"])

    assert (first.new, second.new) == (True, False)
    assert first.referral == second.referral
    assert rows() == before


@pytest.mark.django_db(transaction=True)
def test_the_same_key_at_the_same_moment_is_one_referral(accounts):
    policy.pack()

    got = side_by_side(2, lambda _: actions.receive_referral(a_submission(), accounts["partner"]))

    assert sorted(one.new for one in got) == [False, True]
    assert got[0].referral == got[1].referral
    assert rows()[:4] == [1, 1, 1, 1]


@pytest.mark.django_db(transaction=True)
def test_a_draft_sent_from_two_windows_at_once_is_one_referral(accounts):
    partner = accounts["partner"]
    draft = actions.begin_draft(partner)

    got = side_by_side(2, lambda _: actions.send_draft(partner, draft.id, lambda answers: a_submission(str(draft.id))))

    assert sorted(one.new for one in got) == [False, True]
    assert got[0].referral == got[1].referral
    assert rows()[:4] == [1, 1, 1, 1]


@pytest.mark.django_db(transaction=True)
def test_two_windows_that_save_at_once_lose_nothing(accounts):
    partner = accounts["partner"]
    draft = actions.begin_draft(partner)

    side_by_side(4, lambda number: actions.save_answer(partner, draft.id, f"page-{number}", {"n": number}))

    draft.refresh_from_db()
    assert draft.answers == {f"page-{number}": {"n": number} for number in range(4)}


@pytest.mark.django_db
def test_a_fact_that_the_pack_does_not_know_is_refused_and_nothing_is_kept(accounts):
    with pytest.raises(FactsRefused, match="Child"):
        actions.receive_referral(a_submission(facts={"age": "Child"}), accounts["partner"])

    assert rows() == [0] * 7


@pytest.mark.django_db
def test_a_failure_half_way_keeps_nothing(accounts, monkeypatch):
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(actions, "tell", fail)
    with pytest.raises(RuntimeError), transaction.atomic():
        actions.receive_referral(a_submission(), accounts["partner"])

    assert rows() == [0] * 7


@pytest.mark.django_db
def test_a_draft_stays_where_its_sending_fails(accounts):
    draft = actions.begin_draft(accounts["partner"])

    def refuse(answers: dict) -> actions.Submission:
        raise ValueError("not ready")

    with pytest.raises(ValueError, match="not ready"):
        actions.send_draft(accounts["partner"], draft.id, refuse)

    draft.refresh_from_db()
    assert not Referral.objects.exists()


def at_once() -> None:
    """Ask the database now what it would ask at the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.django_db
def test_the_database_refuses_two_owners_at_once(accounts):
    referral = actions.receive_referral(a_submission(), accounts["partner"]).referral
    present = Ownership.objects.get(referral=referral)

    with pytest.raises(IntegrityError, match="one_owner_at_a_time"), transaction.atomic():
        Ownership.objects.create(
            referral=referral,
            unit="TP",
            period=DateTimeTZRange(present.period.lower + timedelta(days=1), None),
            how="correction",
            decision=present.decision,
        )
        at_once()


@pytest.mark.django_db
def test_the_database_refuses_a_referral_without_an_owner(accounts):
    with pytest.raises(IntegrityError, match="owner"), transaction.atomic():
        Referral.objects.create(
            submission_key="orphan", channel="form", received_at=clock.now(), referring_body="Harbour Project"
        )
        at_once()


@pytest.mark.django_db
def test_the_database_refuses_to_end_an_ownership_without_a_next_one(accounts):
    referral = actions.receive_referral(a_submission(), accounts["partner"]).referral
    present = Ownership.objects.get(referral=referral)

    with pytest.raises(IntegrityError, match="owner"), transaction.atomic():
        present.period = DateTimeTZRange(present.period.lower, present.period.lower + timedelta(hours=1))
        present.save()
        at_once()
    with pytest.raises(IntegrityError), transaction.atomic():
        present.delete()
        at_once()


@pytest.mark.django_db
def test_ownership_passes_on_without_a_gap(accounts):
    referral = actions.receive_referral(a_submission(), accounts["partner"]).referral
    decision = RouteDecision.objects.get()
    later = clock.now() + timedelta(hours=2)

    with transaction.atomic():
        actions.pass_ownership(referral, "TP", "Newham", how="hand_back", decision=decision, at=later)
        actions.pass_ownership(referral, "SCD9", "", how="escalation", decision=decision, at=later)
        at_once()

    first, second, third = Ownership.objects.filter(referral=referral).order_by("id")
    assert [owner.unit for owner in (first, second, third)] == [first.unit, "TP", "SCD9"]
    assert first.period.upper == second.period.lower == later
    assert second.period.upper == third.period.lower > later
    assert third.period.upper is None


@pytest.mark.django_db
def test_clocks_count_from_the_moment_of_receipt(accounts):
    referral = actions.receive_referral(a_submission(), accounts["partner"]).referral

    clocks = list(Clock.objects.filter(referral=referral))
    assert clocks
    assert {one.started_at for one in clocks} == {referral.received_at}
    assert all(one.due_at > referral.received_at for one in clocks)


@pytest.mark.django_db
def test_a_clock_that_runs_is_not_started_again(accounts):
    referral = actions.receive_referral(a_submission(), accounts["partner"]).referral
    before = list(Clock.objects.values_list("id", "due_at"))
    version = FactVersion.objects.get()
    pack = policy.pack()
    facts = pack.read_facts({"age": "adult", "exploitation": "sexual", "organised": "yes"})
    decided = pack.decide(facts, on=clock.today(), at=version.recorded_at + timedelta(days=1))

    actions.start_clocks(referral, decided, version.recorded_at + timedelta(days=1))

    assert list(Clock.objects.values_list("id", "due_at")) == before
