"""Who may open and do what with operations: allowed and refused together; and that no case shows through them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from palermo.domain.operations import sees
from palermo.web.audit.models import Entry
from palermo.web.cases import actions as case_actions
from palermo.web.intake.models import Event
from palermo.web.operations.actions import operations as actions
from palermo.web.operations.models import Linked, Operation
from palermo.web.operations.queries import operations as queries
from palermo.web.operations.queries.places import Desk
from web.cases.casebook import OF_SCD9, a_referral, text_of
from web.cases.casebook import seen as case_seen
from web.operations.planning import VICE, a_page, in_state, linked, proposed, seen, sent, today, told

pytestmark = pytest.mark.django_db

NEWHAM = Desk("TP", "Newham")
EVERYBODY = (
    *("partner", "borough", "borough-supervisor", "officer", "supervisor", "paladin", "paladin-supervisor"),
    *("analyst", "commander", "auditor", "administrator"),
)
OF_BOTH = {"resources": {VICE: 40, NEWHAM: 10}}
SEE = {"borough", "borough-supervisor", "officer", "supervisor", "commander", "auditor", "analyst"}
LEAD, LEADING = {"officer", "supervisor"}, {"supervisor", "commander"}
PART = {"borough", "borough-supervisor", "officer", "supervisor"}


@pytest.mark.parametrize("who", EVERYBODY)
def test_who_opens_an_operation_and_has_it_in_the_list(accounts, signed_in, who):
    operation = proposed(accounts["supervisor"], **OF_BOTH)
    client = signed_in(who)

    listed = client.get("/operations/")

    assert client.get(f"/operations/{operation.key}/").status_code == (200 if who in SEE else 404)
    assert (listed.status_code == 200 and operation.name in text_of(listed)) is (who in SEE)
    assert (listed.status_code == 403) is (who in ("partner", "administrator"))


@pytest.mark.parametrize("who", EVERYBODY)
def test_rows_and_access_agree_on_every_operation(accounts, who):
    proposed(accounts["supervisor"])
    proposed(accounts["supervisor"], **OF_BOTH)
    proposed(accounts["borough"], lead=("TP", "Newham"), resources={NEWHAM: 3})
    proposed(accounts["borough"], lead=("TP", "Hackney"), resources={Desk("TP", "Hackney"): 3})
    proposed(accounts["commander"], lead=("SCD5-PALADIN", ""), resources={Desk("SCD-COVERT"): 5})
    # what a unit that is gone had to do falls to what became of it
    proposed(accounts["commander"], lead=("CO14", ""), resources={Desk("CO14", "", "vice"): 5})
    viewer = accounts[who].viewer

    open_to = {one.operation.pk for one in queries.held(Operation.objects.all()).values() if sees(viewer, one.parties)}

    assert set(queries.theirs(viewer).values_list("pk", flat=True)) == open_to


@pytest.mark.parametrize(
    ("page", "state", "able"),
    [
        ("plan", "proposed", LEAD),
        ("score", "proposed", LEAD),
        ("propose-again", "refused", LEAD),
        ("start", "approved", LEADING),
        ("end", "running", LEADING),
        ("link", "running", PART),
        ("use", "running", PART),
        ("result", "ended", LEAD),
        ("cost", "approved", LEAD),
        ("report", "ended", LEAD),
    ],
)
def test_who_is_asked_for_each_move(accounts, signed_in, page, state, able):
    operation = in_state(proposed(accounts["supervisor"], **OF_BOTH), state)

    found = {who: signed_in(who).get(f"/operations/{operation.key}/{page}/").status_code for who in EVERYBODY}

    assert found == {who: 200 if who in able else 409 if who in SEE else 404 for who in EVERYBODY}


def test_opening_is_noted_and_so_is_what_was_refused(accounts, signed_in):
    operation = proposed(accounts["supervisor"])

    signed_in("officer").get(f"/operations/{operation.key}/")
    signed_in("paladin").get(f"/operations/{operation.key}/")

    found = Entry.objects.filter(subject=f"operation:{operation.key}", duty="consultation").order_by("pk")
    assert [entry.action for entry in found] == ["operation_opened", "operation_refused"]


# Cases


def test_a_case_is_named_to_those_who_may_open_it_and_counted_for_others(accounts, signed_in):
    operation = proposed(accounts["supervisor"], **OF_BOTH)
    theirs = a_referral(OF_SCD9, by=accounts["partner"])
    restricted = a_referral(OF_SCD9, by=accounts["partner"], restricted=True)
    of_newham = a_referral(by=accounts["partner"])
    for referral in (theirs, restricted):
        linked(operation, referral, accounts["supervisor"])
    linked(operation, of_newham, accounts["borough"])
    page = f"/operations/{operation.key}/"
    references = {one.reference for one in (theirs, restricted, of_newham)}

    def named(who):
        text = text_of(signed_in(who).get(page))
        assert "Cases: 3" in text
        return {one for one in references if one in text}, text

    # it could leak: the supervisor sees it there
    assert named("supervisor")[0] == {theirs.reference, restricted.reference, of_newham.reference}
    officer, said = named("officer")
    assert officer == {theirs.reference, of_newham.reference}
    assert "1 restricted case, which you may not open." in said
    borough, said = named("borough")
    assert borough == {of_newham.reference}
    assert "1 restricted case and 1 case of other units, which you may not open." in said
    assert named("commander")[0] == {theirs.reference, of_newham.reference}
    assert named("auditor")[0] == references
    assert named("analyst")[0] == set()


def test_an_analyst_reads_numbers_and_nothing_that_was_written(accounts, signed_in):
    operation = in_state(proposed(accounts["supervisor"], objective="Watch the house with the blue door."), "running")
    actions.end(accounts["supervisor"], operation.key, seen(operation), "The blue door was opened.", "over")
    page = f"/operations/{operation.key}/"

    assert "blue door" in text_of(signed_in("officer").get(page))
    analyst = text_of(signed_in("analyst").get(page))
    assert "blue door" not in analyst
    assert "what is known of harm" not in analyst
    assert "Score: 50 of 75" in analyst


def test_linking_is_told_on_the_case_and_opens_it_to_nobody(accounts, signed_in):
    operation = proposed(accounts["supervisor"], name="Heron", **OF_BOTH)
    referral = a_referral(OF_SCD9, by=accounts["partner"])
    assert signed_in("borough").get(f"/referrals/{referral.reference}/").status_code == 404

    answer = signed_in("officer").post(
        f"/operations/{operation.key}/link/", sent(operation, reference=referral.reference, reason="the same flats")
    )

    assert answer.status_code == 302
    line = Event.objects.get(referral=referral, kind="operation_linked")
    assert (line.says, line.reason) == ("Linked to Operation Heron.", "the same flats")
    assert signed_in("borough").get(f"/referrals/{referral.reference}/").status_code == 404
    # what is told on the operation names no case
    assert referral.reference not in " ".join(event.says + event.reason for event in operation.events.all())
    assert Entry.objects.filter(action="operation_linked", subject=f"referral:{referral.reference}").exists()


def main(response) -> str:
    """What a page says, without what differs each time."""
    return text_of(response).partition("<main")[2].partition("</main>")[0]


@pytest.mark.parametrize("restricted", [False, True])
def test_a_case_that_one_may_not_open_is_as_if_it_were_not_there(accounts, signed_in, restricted):
    operation = proposed(accounts["supervisor"], **OF_BOTH)
    referral = a_referral(OF_SCD9, by=accounts["partner"], restricted=restricted)
    page = f"/operations/{operation.key}/link/"

    real = signed_in("borough").post(page, sent(operation, reference=referral.reference, reason="x"))
    none = signed_in("borough").post(page, sent(operation, reference="PAL-BBBB-2222", reason="x"))

    assert real.status_code == none.status_code == 409
    assert main(real).replace(referral.reference, "") == main(none).replace("PAL-BBBB-2222", "")
    assert not Linked.objects.exists()


def test_the_same_case_is_linked_once(accounts, signed_in):
    operation = proposed(accounts["supervisor"])
    referral = a_referral(OF_SCD9, by=accounts["partner"])
    linked(operation, referral, accounts["officer"])

    again = signed_in("officer").post(
        f"/operations/{operation.key}/link/", sent(operation, reference=referral.reference, reason="x")
    )

    assert again.status_code == 409
    assert "is linked to it already" in text_of(again)


def test_an_operation_is_not_called_as_somebody_on_its_cases(accounts):
    operation = proposed(accounts["supervisor"], name="Sandu")
    referral = a_referral(OF_SCD9, by=accounts["partner"])

    with pytest.raises(case_actions.Refused, match="somebody on a linked case is called so"):
        linked(operation, referral, accounts["officer"])


def test_a_case_is_taken_out_with_a_reason_and_that_it_was_there_stays(accounts, signed_in):
    operation = proposed(accounts["supervisor"], name="Heron")
    referral = a_referral(OF_SCD9, by=accounts["partner"])
    linked(operation, referral, accounts["officer"])

    signed_in("officer").post(
        f"/operations/{operation.key}/cases/{referral.reference}/", sent(operation, reason="another house")
    )

    found = queries.operations_of(referral)
    assert [(one.name, one.ended_because, one.until is None) for one in found] == [("Heron", "another house", False)]
    assert told(operation) == ["operation_proposed", "operation_case_linked", "operation_case_unlinked"]
    assert "No longer linked" in Event.objects.get(referral=referral, kind="operation_unlinked").says
    linked(operation, referral, accounts["officer"])
    assert len(queries.operations_of(referral)) == 2


# The page of a referral


def test_the_referrals_page_says_which_operations_it_belongs_to(accounts, signed_in):
    operation = proposed(accounts["supervisor"], name="Heron")
    referral = a_referral(OF_SCD9, by=accounts["partner"])
    linked(operation, referral, accounts["officer"])
    page = f"/referrals/{referral.reference}/operations/"

    owner, commander = text_of(signed_in("officer").get(page)), text_of(signed_in("commander").get(page))

    assert f'href="/operations/{operation.key}/">Operation Heron' in owner
    assert "Operation Heron" in commander
    assert signed_in("borough").get(page).status_code == 404
    assert signed_in("analyst").get(page).status_code == 404


def test_who_may_open_the_case_reads_the_name_of_an_operation_that_stays_closed_to_them(accounts, signed_in):
    operation = proposed(accounts["supervisor"], name="Heron", **OF_BOTH)
    referral = a_referral(OF_SCD9, by=accounts["partner"])
    linked(operation, referral, accounts["officer"])
    case_actions.hand_back(accounts["officer"], referral.reference, case_seen(referral), "a child is there")
    case_actions.name_another_owner(
        accounts["supervisor"], referral.reference, case_seen(referral), ("SCD5-PALADIN", ""), "a child is there"
    )

    shown = text_of(signed_in("paladin").get(f"/referrals/{referral.reference}/operations/"))

    assert "Operation Heron" in shown
    assert f"/operations/{operation.key}/" not in shown


def test_a_case_is_linked_from_its_own_page(accounts, signed_in):
    operation = proposed(accounts["supervisor"], name="Heron")
    referral = a_referral(OF_SCD9, by=accounts["partner"])
    client, page = signed_in("officer"), f"/referrals/{referral.reference}/operations/"

    empty = client.post(page, {"page": a_page()})
    client.post(page, {"page": a_page(), "operation": operation.key, "reason": "the same flats"})

    assert empty.status_code == 400
    assert "Select the operation" in text_of(empty)
    assert [one.name for one in queries.operations_of(referral)] == ["Heron"]


# Many rows


def queries_for(client, page):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(page).status_code == 200
    return len(captured)


def test_the_number_of_queries_does_not_grow_with_the_rows(accounts, signed_in):
    client = signed_in("officer")
    operation = in_state(proposed(accounts["supervisor"], **OF_BOTH), "running")
    referral = a_referral(OF_SCD9, by=accounts["partner"])
    linked(operation, referral, accounts["officer"])
    pages = ("/operations/", f"/operations/{operation.key}/", f"/referrals/{referral.reference}/operations/")
    client.get("/operations/")
    before = [queries_for(client, page) for page in pages]

    for _ in range(4):
        other = in_state(proposed(accounts["supervisor"], **OF_BOTH), "running")
        linked(other, referral, accounts["officer"])
        linked(operation, a_referral(OF_SCD9, by=accounts["partner"]), accounts["officer"])
        actions.result(accounts["officer"], operation.key, a_page(), "arrests", 2, today())

    assert [queries_for(client, page) for page in pages] == before
