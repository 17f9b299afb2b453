"""One operation from its start to its end: what it uses, costs and achieves, added up, and nothing counted twice."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from palermo.domain.operations import Span
from palermo.web import clock
from palermo.web.cases.actions import Refused
from palermo.web.operations.actions import operations as actions
from palermo.web.operations.models import Cost, Event, Operation, Plan, Result, Scoring, Use
from palermo.web.operations.queries import operations as queries
from web.cases.casebook import text_of
from web.operations.planning import (
    FINANCE,
    VICE,
    a_page,
    a_plan,
    day_parts,
    in_state,
    now,
    proposed,
    seen,
    sent,
    today,
    told,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def running(accounts):
    return in_state(proposed(accounts["supervisor"], name="Heron", resources={VICE: 40, FINANCE: 5}), "running")


def record_of(accounts, operation):
    return queries.record_for(accounts["supervisor"], operation.key)


# Moves


def test_an_operation_runs_and_ends_with_a_report(accounts, signed_in):
    operation = in_state(proposed(accounts["supervisor"]), "approved")
    client, page = signed_in("supervisor"), f"/operations/{operation.key}/"

    client.post(f"{page}start/", sent(operation, reason="They meet tonight."))
    assert now(operation).state == "running"
    empty = client.post(f"{page}end/", sent(operation, reason="Done."))
    client.post(f"{page}end/", sent(operation, reason="Done.", report="Four people are safe."))

    assert (empty.status_code, now(operation).state) == (400, "ended")
    assert "Outcome report: write what came of it" in text_of(empty)
    assert "Four people are safe." in text_of(client.get(page))
    assert told(operation)[-2:] == ["operation_started", "operation_ended"]
    client.post(f"{page}report/", sent(operation, words="Two were convicted since."))
    assert [report.words for report in operation.reports.order_by("pk")] == [
        "Four people are safe.",
        "Two were convicted since.",
    ]


def test_what_never_ran_is_ended_without_a_report(accounts):
    operation = in_state(proposed(accounts["supervisor"]), "approved")

    actions.end(accounts["supervisor"], operation.key, seen(operation), "", "the flats are empty")

    assert now(operation).state == "ended"
    assert Event.objects.filter(operation=operation).latest("pk").says == "It was ended before it ran."


def test_an_operation_that_ran_is_not_ended_without_a_report(accounts, running):
    with pytest.raises(Refused, match="a report of what came of it"):
        actions.end(accounts["supervisor"], running.key, seen(running), "", "over")
    assert now(running).state == "running"


def test_whoever_is_second_sees_what_the_first_did_and_loses_nothing(accounts, signed_in):
    operation = in_state(proposed(accounts["supervisor"]), "approved")
    late = sent(operation, reason="We have the warrant.")
    actions.start(accounts["commander"], operation.key, seen(operation), "they meet tonight")

    answer = signed_in("supervisor").post(f"/operations/{operation.key}/start/", late)

    assert answer.status_code == 409
    assert "It was started." in text_of(answer)
    assert "We have the warrant." in text_of(answer)
    assert "What you can do instead" in text_of(answer)


def test_a_plan_that_was_changed_meanwhile_is_shown_again_with_all_that_was_typed(accounts, signed_in):
    operation = proposed(accounts["supervisor"], name="Heron")
    late = sent(operation, choice="x", reason="Ours.", name="Egret", objective="Ours.", kind="reactive", nim_level="1")
    late |= {**day_parts("starts_on", date(2010, 7, 5)), **day_parts("ends_on", date(2010, 7, 9))}
    late |= {"desk_0": VICE.value, "days_0": "3"}
    actions.revise(accounts["officer"], operation.key, seen(operation), "Heron", a_plan(nim_level=3), "it reaches far")

    answer = signed_in("supervisor").post(f"/operations/{operation.key}/plan/", late)

    assert answer.status_code == 409
    assert "The plan was changed: version 2." in text_of(answer)
    assert 'value="Egret"' in text_of(answer)
    assert operation.plans.count() == 2


def test_a_page_without_its_version_is_not_one_of_ours(accounts, signed_in):
    operation = proposed(accounts["supervisor"])

    assert signed_in("supervisor").post(f"/operations/{operation.key}/plan/", {"reason": "x"}).status_code == 400


# What comes to pass


def test_what_was_used_is_added_up_by_function_against_the_plan(accounts, running):
    for desk, days in ((VICE, "1.5"), (VICE, "2"), (FINANCE, "6")):
        actions.use(accounts["officer"], running.key, a_page(), desk, Decimal(days), today())

    assert record_of(accounts, running).used == {VICE: Decimal("3.5"), FINANCE: Decimal(6)}


def test_more_than_was_planned_is_said(accounts, signed_in, running):
    actions.use(accounts["officer"], running.key, a_page(), FINANCE, Decimal("5.5"), today())

    assert "5.5: more than planned" in text_of(signed_in("officer").get(f"/operations/{running.key}/"))


def test_results_and_costs_are_added_up_in_pounds_and_pence(accounts, signed_in, running):
    officer, key = accounts["officer"], running.key
    actions.result(officer, key, a_page(), "arrests", Decimal(3), today())
    actions.result(officer, key, a_page(), "arrests", Decimal(1), today())
    actions.result(officer, key, a_page(), "assets_restrained", Decimal("1000.10"), today())
    actions.result(officer, key, a_page(), "assets_restrained", Decimal("0.20"), today())
    actions.cost(officer, key, a_page(), "travel", "spent", Decimal("99.99"), today())
    actions.cost(officer, key, a_page(), "travel", "estimated", Decimal("0.02"), today())

    found = record_of(accounts, running)
    shown = text_of(signed_in("officer").get(f"/operations/{key}/"))

    assert found.achieved == [("arrests", 4), ("assets_restrained", Decimal("1000.30"))]
    assert found.cost == {("travel", "spent"): Decimal("99.99"), ("travel", "estimated"): Decimal("0.02")}
    assert "£1,000.30" in shown
    assert "£100.01" in shown


def test_an_entry_is_put_right_by_another_and_stays_to_be_read(accounts, signed_in, running):
    actions.result(accounts["officer"], running.key, a_page(), "arrests", Decimal(30), today())
    entry = Result.objects.get()
    page = f"/operations/{running.key}/entries/result/{entry.pk}/"
    client = signed_in("supervisor")

    assert 'value="30"' in text_of(client.get(page))
    no_reason = client.post(page, sent(running, kind="arrests", amount="3", **day_parts("day", clock.today())))
    client.post(page, sent(running, kind="arrests", amount="3", note="A slip.", **day_parts("day", clock.today())))

    assert no_reason.status_code == 400
    assert record_of(accounts, running).achieved == [("arrests", 3)]
    assert "(put right since)" in text_of(client.get(f"/operations/{running.key}/"))
    assert client.get(page).status_code == 404


def test_an_entry_is_put_right_once(accounts, running):
    actions.cost(accounts["officer"], running.key, a_page(), "travel", "estimated", Decimal(10), today())
    entry = Cost.objects.get()
    right = today(note="paid", replaces=entry.pk)
    actions.cost(accounts["officer"], running.key, a_page(), "travel", "spent", Decimal(12), right)

    with pytest.raises(Refused, match="put right already"):
        actions.cost(accounts["supervisor"], running.key, a_page(), "travel", "spent", Decimal(11), right)

    assert record_of(accounts, running).cost == {("travel", "spent"): Decimal(12)}


def test_a_page_that_is_sent_twice_counts_once(accounts, signed_in, running):
    form = sent(running, kind="convictions", amount="2", note="", **day_parts("day", clock.today()))
    client, page = signed_in("officer"), f"/operations/{running.key}/result/"

    first, second = client.post(page, form), client.post(page, form)

    assert (first.status_code, second.url) == (302, first.url)
    assert record_of(accounts, running).achieved == [("convictions", 2)]


@pytest.mark.parametrize(
    ("page", "fields", "says"),
    [
        ("result", {"kind": "arrests", "amount": "1.5"}, "How many: enter a whole number"),
        ("result", {"kind": "arrests", "amount": "0"}, "enter more than 0"),
        ("result", {"kind": "assets_restrained", "amount": "1.234"}, "with 2 figures after the point"),
        ("result", {"kind": "assets_restrained", "amount": "lots"}, "enter an amount such as"),
        ("cost", {"kind": "travel", "certainty": "spent", "pounds": "-1"}, "Pounds: enter 0 or more"),
        ("cost", {"kind": "travel", "certainty": "spent", "pounds": "1e30"}, "Pounds: the number is too large"),
        ("use", {"desk": VICE.value, "officer_days": "0"}, "Officer-days: enter more than 0"),
        ("use", {"desk": "SCD9||clubs", "officer_days": "1"}, "Select one of the answers that are offered"),
        ("use", {"desk": VICE.value, "officer_days": "NaN"}, "Officer-days: enter a number"),
    ],
)
def test_numbers_that_are_none_are_refused_with_what_to_enter(signed_in, running, page, fields, says):
    form = sent(running, note="", **day_parts("day", clock.today()), **fields)

    answer = signed_in("officer").post(f"/operations/{running.key}/{page}/", form)

    assert answer.status_code == 400
    assert says in text_of(answer)


def test_nothing_comes_to_pass_tomorrow(signed_in, running):
    tomorrow = clock.today() + timedelta(days=1)
    form = sent(running, kind="arrests", amount="1", note="", **day_parts("day", tomorrow))

    assert signed_in("officer").post(f"/operations/{running.key}/result/", form).status_code == 400


@given(
    entries=st.lists(
        st.tuples(st.decimals(Decimal("0.01"), Decimal("99999.99"), places=2), st.booleans()), min_size=1, max_size=6
    )
)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_sum_is_that_of_the_entries_which_nobody_put_right(accounts, entries):
    """Whatever was put right, and by what."""
    operation = in_state(proposed(accounts["supervisor"]), "running")
    total = Decimal(0)
    for pounds, wrong in entries:
        actions.cost(accounts["officer"], operation.key, a_page(), "other", "spent", pounds, today())
        if wrong:
            right = today(note="a slip", replaces=Cost.objects.latest("pk").pk)
            actions.cost(accounts["officer"], operation.key, a_page(), "other", "spent", Decimal(0), right)
        total += 0 if wrong else pounds

    assert sum(record_of(accounts, operation).cost.values()) == total


# What the database refuses


@pytest.mark.parametrize("model", [Plan, Scoring, Use, Result, Cost, Event])
def test_what_was_recorded_is_not_rewritten(accounts, running, model):
    actions.use(accounts["officer"], running.key, a_page(), VICE, Decimal(1), today())
    actions.result(accounts["officer"], running.key, a_page(), "arrests", Decimal(3), today())
    actions.cost(accounts["officer"], running.key, a_page(), "travel", "spent", Decimal(1), today())

    for change in (
        lambda: model.objects.update(at=clock.now()),
        lambda: model.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


@pytest.mark.parametrize(
    "row",
    [
        lambda o, u: Result(operation=o, kind="arrests", pounds=Decimal(3), day=clock.today(), at=clock.now(), by=u),
        lambda o, u: Result(operation=o, kind="assets_restrained", number=3, day=clock.today(), at=clock.now(), by=u),
        lambda o, u: Cost(
            operation=o, kind="travel", certainty="spent", pounds=0, day=clock.today(), at=clock.now(), by=u
        ),
        lambda o, u: Use(operation=o, unit="SCD9", officer_days=-1, day=clock.today(), at=clock.now(), by=u),
    ],
)
def test_entries_that_make_no_sense_are_not_kept(accounts, running, row):
    with pytest.raises(DatabaseError), transaction.atomic():
        row(running, accounts["officer"]).save()


def test_two_operations_do_not_get_one_name(accounts, running):
    with pytest.raises(Refused, match="another operation has this name"):
        proposed(accounts["officer"], name="heron")
    assert Operation.objects.count() == 1


def test_what_is_late_is_said_in_the_list_and_on_the_page(accounts, signed_in):
    early = Span(date(2010, 6, 1), date(2010, 6, 18))
    in_state(proposed(accounts["supervisor"], name="Gull", span=early), "running")
    in_state(proposed(accounts["supervisor"], name="Tern", span=early), "approved")

    listed = text_of(signed_in("officer").get("/operations/"))

    assert "Past its planned end" in listed
    assert "Past its planned start" in listed


def test_the_list_is_narrowed_by_state(accounts, signed_in):
    proposed(accounts["supervisor"], name="Gull")
    in_state(proposed(accounts["supervisor"], name="Tern"), "running")
    client = signed_in("officer")

    assert "Gull" not in text_of(client.get("/operations/?state=running"))
    assert "Tern" in text_of(client.get("/operations/?state=running"))
    assert "No operation here is ended." in text_of(client.get("/operations/?state=ended"))
    assert "Gull" in text_of(client.get("/operations/?state=nonsense"))
