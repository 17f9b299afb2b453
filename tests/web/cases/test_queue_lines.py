"""The lines of the queues are kept by the database: they follow from the record, and nobody else writes them.

That they do after every kind of move is held against them at the end of every test of the site (`lines_follow`).
"""

from datetime import timedelta
from threading import Thread

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from palermo.web.cases import actions
from palermo.web.cases.models import Case, QueueLine
from palermo.web.intake.models import Clock
from web.cases.casebook import OF_SCD9, a_referral, accepted, escalated, lines_as_kept, lines_as_they_follow, seen

pytestmark = pytest.mark.django_db


def line_of(referral) -> QueueLine:
    return QueueLine.objects.get(referral=referral)


def test_a_line_follows_the_owner_the_state_the_officer_the_facts_and_the_clocks(accounts):
    referral = a_referral(by=accounts["partner"])
    borough = accounts["borough"]
    first = line_of(referral)
    assert (first.unit, first.borough, first.state, first.officer, first.age) == (
        "TP",
        "Newham",
        "received",
        None,
        "adult",
    )
    assert first.due_at == min(Clock.objects.filter(referral=referral).values_list("due_at", flat=True))

    actions.accept(borough, referral.reference, seen(referral))
    actions.take(borough, referral.reference, seen(referral))
    actions.correct(borough, referral.reference, seen(referral), "exploitation", "domestic_servitude", "seen there")
    then = line_of(referral)
    assert (then.state, then.officer, then.exploitation) == ("allocated", borough, "domestic_servitude")
    assert then.due_what != first.due_what

    actions.escalate(borough, referral.reference, seen(referral), "beyond us")
    actions.accept_offer(accounts["officer"], referral.reference, seen(referral))
    assert (line_of(referral).unit, line_of(referral).borough, line_of(referral).officer) == ("SCD9", "", None)


def test_with_every_clock_paused_or_met_nothing_is_due(accounts):
    referral = a_referral(by=accounts["partner"])
    running = Clock.objects.filter(referral=referral)
    paused = running.order_by("due_at").first()

    Clock.objects.filter(pk=paused.pk).update(paused_at=paused.started_at)
    assert line_of(referral).due_at == running.exclude(pk=paused.pk).order_by("due_at").first().due_at
    running.exclude(pk=paused.pk).delete()
    assert (line_of(referral).due_at, line_of(referral).due_what) == (None, "")


def test_the_lines_of_many_are_made_in_one_statement(accounts):
    for _ in range(3):
        accepted(accounts["borough"])
    escalated(accounts["borough"])

    with CaptureQueriesContext(connection) as asked:
        Case.objects.update(version=9)
        Clock.objects.filter(met_at__isnull=True).update(due_at=Clock.objects.order_by("-due_at")[0].due_at)
    assert len(asked) == 3
    assert lines_as_kept() == lines_as_they_follow()


@pytest.mark.parametrize(
    "write",
    [
        lambda line: QueueLine.objects.update(unit="SCD9"),
        lambda line: line.save(),
        lambda line: line.delete(),
        lambda line: QueueLine.objects.bulk_create([line]),
        lambda line: connection.cursor().execute("TRUNCATE cases_queueline"),
    ],
)
def test_nobody_else_writes_them(accounts, write):
    referral = a_referral(OF_SCD9, by=accounts["partner"])
    kept = lines_as_kept()
    # a table with checks still to be made cannot be emptied anyway
    connection.check_constraints()

    with pytest.raises(IntegrityError, match="is kept by the database"), transaction.atomic():
        write(line_of(referral))

    assert lines_as_kept() == kept


@pytest.mark.django_db(transaction=True)
def test_of_two_who_change_one_referral_at_once_neither_is_forgotten(accounts):
    """Two clocks, put off in two transactions that overlap: the line shows what both left."""
    referral = a_referral(by=accounts["partner"])
    one, other = Clock.objects.filter(referral=referral).order_by("due_at")[:2]
    later = timedelta(days=100)

    def put_off_the_other() -> None:
        Clock.objects.filter(pk=other.pk).update(due_at=other.due_at + later)
        connections.close_all()

    with transaction.atomic():
        Clock.objects.filter(pk=one.pk).update(due_at=one.due_at + later)
        second = Thread(target=put_off_the_other)
        second.start()
        second.join(timeout=0.5)
        assert second.is_alive()
    second.join()

    assert lines_as_kept() == lines_as_they_follow()
