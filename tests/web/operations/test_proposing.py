"""A proposal is made one page at a time, checked, and made once; what is not a code name is refused with the reason."""

import pytest

from palermo.web import clock, policy
from palermo.web.audit.models import Entry
from palermo.web.operations.actions import operations as actions
from palermo.web.operations.models import Draft, Operation
from palermo.web.operations.queries import operations as queries
from web.cases.casebook import text_of
from web.operations.planning import (
    FINANCE,
    VICE,
    a_plan_sent,
    a_score,
    day_parts,
    in_state,
    lines_sent,
    now,
    proposed,
    scores_sent,
    seen,
    told,
)

pytestmark = pytest.mark.django_db


def filled(client, **plan):
    """A draft with all its pages sent; gives the address of the page that shows all of it."""
    page = client.post("/operations/propose/").url
    page = client.post(page, a_plan_sent(**plan)).url
    page = client.post(page, lines_sent({VICE: 40, FINANCE: 5})).url
    return client.post(page, scores_sent()).url


def test_a_proposal_is_made_of_three_pages_and_a_last_look(signed_in):
    client = signed_in("supervisor")
    check = filled(client)

    shown = text_of(client.get(check))
    made = client.post(check)

    held = queries.operation(Operation.objects.get().key)
    assert made.url == f"/operations/{held.operation.key}/"
    assert "Score: 50 of 75" in shown
    assert (held.operation.name, held.state, held.planned) == ("Heron", "proposed", 45)
    assert (held.plan.lead_unit, held.plan.kind, held.plan.nim_level) == ("SCD9", "proactive", 2)
    assert (held.scoring.points, held.scoring.most) == (50, 75)
    assert held.scoring.matrix_hash == policy.pack().tasking.matrix.version(clock.today())
    assert held.scoring.pack_hash == policy.pack().hash
    assert [one["id"] for one in held.scoring.levels] == [one.id for one in policy.pack().tasking.matrix.criteria]
    assert Draft.objects.count() == 0
    assert Entry.objects.get(action="operation_proposed").detail["lead"] == "SCD9"


def test_sent_twice_it_is_one_operation(signed_in):
    client = signed_in("supervisor")
    check = filled(client)

    first, second = client.post(check), client.post(check)

    assert second.url == first.url
    assert Operation.objects.count() == 1


def test_what_was_filled_in_is_kept_and_is_nobody_elses(signed_in):
    client = signed_in("supervisor")
    page = client.post("/operations/propose/").url
    client.post(page, a_plan_sent(name="Sparrow"))

    assert 'value="Sparrow"' in text_of(client.get(page))
    assert "Sparrow" in text_of(client.get("/operations/propose/"))
    assert signed_in("officer").get(page).status_code == 404
    assert "Sparrow" not in text_of(signed_in("officer").get("/operations/propose/"))


def test_a_draft_can_be_thrown_away(signed_in):
    client = signed_in("supervisor")
    page = client.post("/operations/propose/").url
    client.post(page, a_plan_sent())

    assert client.post(page.replace("/plan/", "/delete/")).status_code == 302
    assert Draft.objects.count() == 0


def test_the_last_look_leads_back_to_what_is_missing(signed_in):
    client = signed_in("supervisor")
    page = client.post("/operations/propose/").url
    client.post(page, a_plan_sent())

    assert client.get(page.replace("/plan/", "/check/")).url.endswith("/resources/")


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"name": "Romanian Dawn"}, "“romanian” says where people come from"),
        ({"name": "Brothel"}, "“brothel” says what is suspected"),
        ({"objective": "As in PAL-BCDF-2345."}, "take out PAL-BCDF-2345"),
        ({"objective": "As in pal bcdf".replace(" ", "-") + "-2345."}, "take out PAL-BCDF-2345"),
        ({"kind": ""}, "Select reactive or proactive"),
        ({**day_parts("ends_on", clock.today().replace(year=2009))}, "Last day: it must be the first day or later"),
        ({**day_parts("ends_on", clock.today().replace(year=2019))}, "plan two years at most"),
    ],
)
def test_a_fault_is_told_and_all_that_was_typed_stays(signed_in, sent, says):
    client = signed_in("supervisor")
    page = client.post("/operations/propose/").url

    answer = client.post(page, a_plan_sent(**sent))

    assert answer.status_code == 400
    assert says in text_of(answer)
    for typed in a_plan_sent(**sent).values():
        assert str(typed) in text_of(answer)


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({}, "Function, line 1: an operation needs somebody"),
        ({"desk_0": VICE.value}, "Officer-days, line 1: enter 1 or more"),
        ({"desk_0": VICE.value, "days_0": "0"}, "Officer-days, line 1: enter 1 or more"),
        ({"days_1": "4"}, "Function, line 2: select whose officers they are"),
        ({"desk_0": VICE.value, "days_0": "many"}, "Officer-days, line 1: enter a whole number"),
        ({"desk_0": VICE.value, "days_0": "1.5"}, "Officer-days, line 1: enter a whole number, with no figures"),
        ({"desk_0": VICE.value, "days_0": "-3"}, "Officer-days, line 1: enter 0 or more"),
        (
            {"desk_0": VICE.value, "days_0": "1", "desk_1": VICE.value, "days_1": "2"},
            "Function, line 2: it has a line already",
        ),
        ({"desk_0": "SCD9||circus", "days_0": "1"}, "Select one of the answers that are offered"),
    ],
)
def test_lines_that_say_too_little_are_told_by_their_number(signed_in, sent, says):
    client = signed_in("supervisor")
    page = client.post("/operations/propose/").url
    page = client.post(page, a_plan_sent()).url

    answer = client.post(page, {"desk_0": "", "days_0": "", "desk_1": "", "days_1": "", **sent})

    assert answer.status_code == 400
    assert says in text_of(answer)


def test_every_criterion_needs_its_level_and_its_reason(signed_in):
    client = signed_in("supervisor")
    page = client.post("/operations/propose/").url
    page = client.post(page, a_plan_sent()).url
    page = client.post(page, lines_sent({VICE: 1})).url

    answer = client.post(page, {**scores_sent(), "level_harm": "", "reason_child": ""})

    assert answer.status_code == 400
    assert "Harm to people: select a level" in text_of(answer)
    assert "Children: write why it is that level" in text_of(answer)


def test_a_name_is_given_once_in_whatever_capitals(accounts, signed_in):
    proposed(accounts["supervisor"], name="Heron")
    client = signed_in("supervisor")

    answer = client.post(filled(client, name="HERON"))

    assert answer.status_code == 409
    assert "Another operation has this name" in text_of(answer)


def test_more_than_there_is_is_told_before_it_is_proposed(signed_in):
    client = signed_in("supervisor")
    page = client.post("/operations/propose/").url
    page = client.post(page, a_plan_sent()).url
    page = client.post(page, lines_sent({FINANCE: 161})).url
    check = client.post(page, scores_sent()).url

    # eight officers on twenty working days
    assert "SCD9: Financial investigation: 161 officer-days tasked of 160 there are" in text_of(client.get(check))
    assert client.post(check).status_code == 302


@pytest.mark.parametrize("who", ["partner", "analyst", "auditor", "administrator"])
def test_others_propose_nothing(signed_in, who):
    assert signed_in(who).get("/operations/propose/").status_code == 403
    assert signed_in(who).post("/operations/propose/").status_code == 403


def test_the_commander_proposes_for_any_unit_and_others_for_their_own(accounts, signed_in):
    page = signed_in("commander").post("/operations/propose/").url
    assert "Which unit leads it?" in text_of(signed_in("commander").get(page))

    page = signed_in("borough").post("/operations/propose/").url
    client = signed_in("borough")
    assert "Which unit leads it?" not in text_of(client.get(page))
    client.post(page, a_plan_sent(lead="SCD9||"))
    client.post(page.replace("/plan/", "/resources/"), lines_sent({VICE: 1}))
    client.post(client.post(page.replace("/plan/", "/scoring/"), scores_sent()).url)

    plan = queries.operation(Operation.objects.get().key).plan
    assert (plan.lead_unit, plan.lead_borough) == ("TP", "Newham")


# Afterwards


def test_a_proposal_is_changed_with_a_reason_and_its_versions_stay(accounts, signed_in):
    operation = proposed(accounts["supervisor"], name="Heron")
    client, there = signed_in("officer"), seen(operation)

    answer = client.post(
        f"/operations/{operation.key}/plan/",
        {
            "version": there.version,
            "event": there.event,
            "page": "p",
            **a_plan_sent(name="Egret", nim_level="3"),
            **lines_sent({VICE: 12}),
            "reason": "It reaches further.",
        },
    )

    held = queries.operation(operation.key)
    assert answer.status_code == 302
    assert (held.operation.name, held.plan.version, held.plan.nim_level, held.planned) == ("Egret", 2, 3, 12)
    assert [plan.nim_level for plan in operation.plans.order_by("version")] == [2, 3]
    assert told(operation) == ["operation_proposed", "operation_renamed", "operation_revised"]
    assert "Earlier versions of the plan" in text_of(client.get(f"/operations/{operation.key}/"))


def test_a_proposal_is_scored_again_and_the_first_score_stays(accounts):
    operation = proposed(accounts["supervisor"])

    actions.score_again(accounts["officer"], operation.key, seen(operation), a_score(3))

    assert list(operation.scorings.order_by("version").values_list("points", flat=True)) == [50, 75]
    assert queries.operation(operation.key).scoring.points == 75


def test_what_was_refused_is_proposed_again_with_a_reason(accounts, signed_in):
    operation = in_state(proposed(accounts["supervisor"]), "refused")
    there = seen(operation)

    signed_in("supervisor").post(
        f"/operations/{operation.key}/propose-again/",
        {"version": there.version, "event": there.event, "page": "p", "reason": "The flats are in use again."},
    )

    assert now(operation).state == "proposed"
    assert now(operation).proposed_at > operation.proposed_at
