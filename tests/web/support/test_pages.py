"""The pages of support, as somebody without JavaScript uses them; and that restricted referrals do not show through."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from palermo.domain.access import Act, may
from palermo.domain.support import Stage
from palermo.web import policy
from palermo.web.accounts.models import User
from palermo.web.audit.models import Entry
from palermo.web.cases.models import Named, SupportRequest
from palermo.web.cases.queries import work
from palermo.web.intake.models import Referral
from palermo.web.support import actions, queries
from web.cases.casebook import OF_A_BOROUGH, a_referral, text_of
from web.support.asking import HELP, asked, of_paladin, taken_to

pytestmark = pytest.mark.django_db
ROLES = (
    "partner",
    "borough",
    "officer",
    "supervisor",
    "paladin",
    "paladin-supervisor",
    "analyst",
    "commander",
    "auditor",
)


def page_of(client, referral: Referral, part: str = "", status: int = 200) -> str:
    response = client.get(f"/referrals/{referral.reference}/support/{part}")
    assert response.status_code == status
    return text_of(response)


def listed(client, show: str = "") -> list[str]:
    """The references in a list, from the top."""
    response = client.get(f"/support/{show}")
    assert response.status_code == 200
    return re.findall(r'href="/referrals/(PAL-[^/]+)/support/#request', text_of(response))


def counted(client) -> dict[str, int]:
    """How many each list is said to have."""
    found = re.findall(r">([^<>(]+) \((\d+)\)</a>", text_of(client.get("/support/")))
    return {words: int(many) for words, many in found}


# One referral's support


def test_the_page_shows_what_is_asked_and_what_can_be_done_with_it(accounts, signed_in):
    referral = of_paladin(accounts)
    request = asked(accounts, referral)
    step = f"/referrals/{referral.reference}/support/{request.pk}"

    owner, unit = page_of(signed_in("paladin"), referral), page_of(signed_in("officer"), referral)

    for words in ("Help with an operation, from SCD9", "Two officers to watch the address", "1 July 2010 at 11:59pm"):
        assert words in owner
    assert f"{step}/withdraw/" in owner and f"{step}/answer/" not in owner
    assert f"{step}/answer/" in unit and f"{step}/withdraw/" not in unit
    assert "Ask another unit for support" in owner and "Ask another unit for support" not in unit


def test_what_the_remit_suggests_stands_on_the_page_and_first_among_what_can_be_asked(accounts, signed_in):
    referral = a_referral(OF_A_BOROUGH, by=accounts["partner"])
    suggested = work(referral.reference).decision.document["support"]
    client = signed_in("borough")

    shown = page_of(client, referral)
    offered = re.findall(r'name="resource"[^>]*value="([^"]+)"', page_of(client, referral, "ask/"))

    assert [one["unit"] for one in suggested] == ["SCD9"]
    assert f"SCD9: {suggested[0]['why']}" in shown
    units = [one.split("|")[1] for one in offered]
    assert units[:4] == ["SCD9"] * 4 and "SCD9" not in units[4:]
    assert len(units) == len(policy.pack().resources.of("TP", queries.clock.today()))
    assert f"The remit suggests it: {suggested[0]['why']}." in page_of(client, referral, "ask/")


def test_what_is_asked_for_already_is_not_offered_again(accounts, signed_in):
    referral = of_paladin(accounts)
    asked(accounts, referral)

    offered = re.findall(r'name="resource"[^>]*value="([^"]+)"', page_of(signed_in("paladin"), referral, "ask/"))

    assert f"{HELP}|SCD9" not in offered and "tactical_advice|SCD9" in offered


def test_asking_leads_back_with_what_was_done(accounts, signed_in):
    referral = of_paladin(accounts)
    given = {"resource": f"{HELP}|SCD9", "wanted": "Two officers", "days": "2.5"}

    response = signed_in("paladin").post(f"/referrals/{referral.reference}/support/ask/", given, follow=True)

    assert "SCD9 is asked for help with an operation." in text_of(response)
    assert "2.5 officer-days" in text_of(response)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"resource": ""}, "Select what you ask for"),
        ({"resource": "rescue|SCD9"}, "Select one of the answers that are offered"),
        ({"wanted": " "}, "What is wanted, and why: write it in a few words"),
        ({"days": "some"}, "write a number, such as 3 or 2.5, or leave it empty"),
        ({"days": "-1"}, "write 0 or more"),
        ({"days": "1.25"}, "write it to half a day, such as 2.5"),
        ({"days": "100000"}, "write 9999 or less"),
    ],
)
def test_an_error_says_how_to_put_it_right_and_keeps_what_was_typed(accounts, signed_in, wrong, says):
    referral = of_paladin(accounts)
    given = {"resource": f"{HELP}|SCD9", "wanted": "Two officers", "days": "2", **wrong}

    response = signed_in("paladin").post(f"/referrals/{referral.reference}/support/ask/", given)

    assert response.status_code == 400
    assert says in text_of(response)
    assert "Two officers" in text_of(response) or "wanted" in wrong
    assert not SupportRequest.objects.exists()


def test_an_answer_needs_a_post_or_a_reason(accounts, signed_in):
    request = asked(accounts, of_paladin(accounts))
    address = f"/referrals/{request.referral.reference}/support/{request.pk}/answer/"
    client = signed_in("officer")

    assert "Post responsible: write which post answers for it" in text_of(client.post(address, {"choice": "accept"}))
    assert "Reason: write why it is refused" in text_of(client.post(address, {"choice": "refuse"}))
    client.post(address, {"choice": "accept", "responsible": "DS, vice"})

    request.refresh_from_db()
    assert (request.stage, request.responsible) == ("given", "DS, vice")


@pytest.mark.parametrize(
    ("stage", "who", "step", "given", "to"),
    [
        (Stage.ASKED, "officer", "answer", {"choice": "refuse", "reason": "no"}, Stage.REFUSED),
        (Stage.ASKED, "paladin", "withdraw", {"reason": "found"}, Stage.WITHDRAWN),
        (Stage.REFUSED, "paladin", "dispute", {"reason": "at risk"}, Stage.DISPUTED),
        (Stage.DISPUTED, "commander", "arbitrate", {"choice": "accept", "reason": "first"}, Stage.GIVEN),
        (Stage.DISPUTED, "commander", "arbitrate", {"choice": "refuse", "reason": "no"}, Stage.DECLINED),
        (Stage.GIVEN, "officer", "responsible", {"responsible": "DI, clubs"}, Stage.GIVEN),
        (Stage.GIVEN, "paladin", "end", {"result": "done", "days": "1"}, Stage.ENDED),
    ],
)
def test_each_step_has_its_page(accounts, signed_in, stage, who, step, given, to):
    request = taken_to(stage, accounts, of_paladin(accounts))
    address = f"/referrals/{request.referral.reference}/support/{request.pk}/{step}/"
    client = signed_in(who)

    assert client.get(address).status_code == 200
    assert client.post(address, given).status_code == 302
    request.refresh_from_db()
    assert request.stage == to
    # what was done is not done twice
    assert client.post(address, given).status_code == 409


def test_whoever_refuses_comes_to_the_list_since_the_referral_is_not_theirs_any_more(accounts, signed_in):
    referral = a_referral(OF_A_BOROUGH, by=accounts["partner"])
    actions.ask(accounts["borough"], referral.reference, "child_trafficking_advice", "SCD5-PALADIN", "a child?")
    key = SupportRequest.objects.get().pk
    client = signed_in("paladin")

    address = f"/referrals/{referral.reference}/support/{key}/answer/"
    response = client.post(address, {"choice": "refuse", "reason": "an adult"}, follow=True)

    assert response.redirect_chain[-1][0] == "/support/?done"
    assert "Your answer is sent." in text_of(response)
    page_of(client, referral, status=404)


def test_a_unit_whose_request_was_withdrawn_while_it_typed_is_told_and_loses_nothing(accounts, signed_in):
    referral = a_referral(OF_A_BOROUGH, by=accounts["partner"])
    actions.ask(accounts["borough"], referral.reference, "child_trafficking_advice", "SCD5-PALADIN", "a child?")
    key = SupportRequest.objects.get().pk
    address = f"/referrals/{referral.reference}/support/{key}/answer/"
    assert signed_in("paladin").get(address).status_code == 200
    actions.withdraw(accounts["borough"], referral.reference, key, "she is an adult, her passport came")

    response = signed_in("paladin").post(address, {"choice": "accept", "responsible": "DC, Paladin"})

    assert response.status_code == 409
    page = text_of(response)
    assert "your unit is not asked any more: the request is withdrawn" in page
    assert "DC, Paladin" in page
    assert "passport" not in page and "Read the referral" not in page
    # whoever was never asked is told nothing, and neither is the unit by the pages of others
    assert signed_in("officer").get(address.replace("PAL", "PAX")).status_code == 404
    assert signed_in("paladin").post(address.replace("answer", "arbitrate"), {"choice": "accept"}).status_code == 404


def test_a_step_that_is_not_possible_says_why(accounts, signed_in):
    request = taken_to(Stage.GIVEN, accounts, of_paladin(accounts))
    address = f"/referrals/{request.referral.reference}/support/{request.pk}/answer/"

    response = signed_in("officer").post(address, {"choice": "refuse", "reason": "no officers after all"})

    assert response.status_code == 409
    assert "it is given. What can be done with it now: name the post responsible or end it" in text_of(response)
    assert "no officers after all" in text_of(response)


def test_what_others_wrote_stays_text(accounts, signed_in):
    referral = of_paladin(accounts)
    actions.ask(accounts["paladin"], referral.reference, HELP, "SCD9", "<script>alert(1)</script>")

    raw = signed_in("officer").get(f"/referrals/{referral.reference}/support/").content.decode()

    assert "<script>alert(1)" not in raw and "&lt;script&gt;alert(1)" in raw


@pytest.mark.parametrize("part", ["", "ask/", "{key}/answer/", "{key}/withdraw/", "{key}/arbitrate/"])
def test_pages_open_to_whoever_may_see_the_referral_and_are_not_there_for_others(accounts, signed_in, part):
    referral = of_paladin(accounts, restricted=True)
    request = asked(accounts, referral)
    custody = work(referral.reference).custody

    for who in ROLES:
        status = (
            signed_in(who).get(f"/referrals/{referral.reference}/support/{part.format(key=request.pk)}").status_code
        )
        seen = may(accounts[who].viewer, Act.SEE, custody)
        assert (status in (200, 409)) if seen else (status == 404), who


def test_the_opening_is_noted(accounts, signed_in):
    referral = of_paladin(accounts)
    page_of(signed_in("paladin"), referral)

    entry = Entry.objects.filter(action="referral_opened").latest("pk")
    assert (entry.subject, entry.detail) == (f"referral:{referral.reference}", {"page": "support"})


# Lists


def test_each_unit_has_what_it_is_asked_what_it_gives_and_what_it_asked_for(accounts, signed_in):
    by_stage = {stage: taken_to(stage, accounts, of_paladin(accounts)).referral.reference for stage in Stage}
    ours, theirs = signed_in("paladin"), signed_in("officer")

    assert listed(theirs) == listed(theirs, "to-answer/")
    assert set(listed(theirs)) == {by_stage[Stage.ASKED], by_stage[Stage.DISPUTED]}
    assert listed(theirs, "given/") == [by_stage[Stage.GIVEN]]
    assert listed(theirs, "asked/") == listed(theirs, "refused/") == []
    assert listed(ours) == listed(ours, "given/") == []
    assert set(listed(ours, "asked/")) == {by_stage[one] for one in (Stage.ASKED, Stage.DISPUTED, Stage.GIVEN)}
    assert listed(ours, "refused/") == [by_stage[Stage.REFUSED]]
    assert counted(theirs) == {"To answer": 2, "Given by you": 1, "Asked by you": 0, "Refused to you": 0}
    assert counted(ours) == {"To answer": 0, "Given by you": 0, "Asked by you": 3, "Refused to you": 1}
    for who in ("commander", "auditor"):
        assert listed(signed_in(who)) == [by_stage[Stage.DISPUTED]]
        assert listed(signed_in(who), "waiting/") == [by_stage[Stage.ASKED]]
        assert counted(signed_in(who)) == {"To decide": 1, "Waiting for an answer": 1}


def test_what_is_due_first_comes_first(accounts, signed_in):
    late, soon = asked(accounts, of_paladin(accounts)), asked(accounts, of_paladin(accounts))
    soon.answer_clock.due_at = soon.answer_clock.started_at
    soon.answer_clock.save()

    assert listed(signed_in("officer")) == [soon.referral.reference, late.referral.reference]
    assert "overdue" in text_of(signed_in("officer").get("/support/")).lower()


@pytest.mark.parametrize("who", ["partner", "analyst", "administrator"])
def test_other_roles_have_no_list(signed_in, who):
    assert signed_in(who).get("/support/").status_code == 403


def test_the_lists_of_one_role_are_not_those_of_another(signed_in):
    assert signed_in("officer").get("/support/to-decide/").status_code == 404
    assert signed_in("commander").get("/support/given/").status_code == 404
    assert signed_in("commander").get("/support/nonsense/").status_code == 404


def test_the_listing_is_noted_with_what_it_showed(accounts, signed_in):
    request = asked(accounts, of_paladin(accounts))
    signed_in("officer").get("/support/")

    entry = Entry.objects.get(action="support_listed")
    assert entry.detail == {"show": "to-answer", "references": [request.referral.reference]}


def test_restricted_referrals_show_in_no_list_and_no_count_of_those_who_may_not_open_them(accounts, signed_in):
    referrals = {stage: of_paladin(accounts, restricted=True) for stage in (Stage.ASKED, Stage.GIVEN, Stage.REFUSED)}
    for stage, referral in referrals.items():
        taken_to(stage, accounts, referral)
    shows = {"officer": ("to-answer/", "given/"), "paladin": ("asked/", "refused/"), "commander": ("", "waiting/")}

    def seen(who: str) -> int:
        return sum(len(listed(signed_in(who), show)) for show in shows[who])

    for who in shows:
        assert seen(who) == 0, who
        assert set(counted(signed_in(who)).values()) == {0}, who
    # they are there: whoever is named on them, and the supervisors, have them
    for who in ("officer", "paladin"):
        for referral in referrals.values():
            Named.objects.create(
                referral=referral,
                user=accounts[who],
                by=accounts["paladin-supervisor"],
                at=referral.received_at,
                reason="x",
            )
    assert (seen("officer"), seen("paladin")) == (2, 3)
    assert len(listed(signed_in("supervisor"), "to-answer/")) == len(listed(signed_in("supervisor"), "given/")) == 1
    assert len(listed(signed_in("paladin-supervisor"), "asked/")) == 2
    assert len(listed(signed_in("auditor"), "waiting/")) == 1


def test_a_refusal_on_a_restricted_referral_is_the_commanders_to_see_once_it_is_put_to_them(accounts, signed_in):
    referral = of_paladin(accounts, restricted=True)
    taken_to(Stage.DISPUTED, accounts, referral)

    assert listed(signed_in("commander")) == [referral.reference]
    assert "Decide whether it is given" in page_of(signed_in("commander"), referral)


def test_every_listed_referral_may_be_opened_by_whom_it_is_listed_for(accounts, signed_in):
    for restricted in (False, True):
        for stage in Stage:
            taken_to(stage, accounts, of_paladin(accounts, restricted=restricted))

    for who in ("officer", "supervisor", "paladin", "paladin-supervisor", "commander", "auditor"):
        viewer = accounts[who].viewer
        for show in queries.lists_of(viewer):
            for row in queries.requests_in(viewer, show):
                assert may(viewer, Act.SEE, work(row.referral.reference).custody), (who, show)


def test_a_request_to_a_unit_that_is_gone_is_marked_and_can_be_withdrawn(accounts, signed_in):
    referral = of_paladin(accounts)
    request = asked(accounts, referral)
    SupportRequest.objects.filter(pk=request.pk).update(to_unit="GOLD")
    client = signed_in("paladin")

    assert "is not there any more" in text_of(client.get("/support/asked/"))
    assert "is not there any more" in page_of(client, referral)
    assert "is not there any more" in text_of(signed_in("commander").get("/support/waiting/"))
    actions.withdraw(accounts["paladin"], referral.reference, request.pk, "nobody is left to answer")


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("officer", "/support/"),
        ("officer", "/support/given/"),
        ("paladin", "/support/asked/"),
        ("commander", "/support/waiting/"),
    ],
)
def test_the_number_of_queries_does_not_grow_with_the_rows(accounts, signed_in, who, path):
    client = signed_in(who)
    officer = User.objects.create_user(username="x", post="Officer, Paladin", role="officer", unit="SCD5-PALADIN")

    def queries_for() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert client.get(path).status_code == 200
        return len(caught)

    for stage in (Stage.ASKED, Stage.GIVEN):
        taken_to(stage, accounts, of_paladin(accounts))
    client.get(path)
    one = queries_for()
    for number in range(5):
        for stage in (Stage.ASKED, Stage.GIVEN):
            taken_to(stage, accounts | ({"paladin-supervisor": officer} if number % 2 else {}), of_paladin(accounts))
    assert queries_for() == one


def test_the_number_of_queries_of_a_referrals_page_does_not_grow_with_its_requests(accounts, signed_in):
    referral = of_paladin(accounts)
    client = signed_in("paladin")

    def queries_for() -> int:
        with CaptureQueriesContext(connection) as caught:
            page_of(client, referral)
        return len(caught)

    taken_to(Stage.DECLINED, accounts, referral)
    page_of(client, referral)
    one = queries_for()
    for stage in (Stage.ENDED, Stage.DECLINED, Stage.WITHDRAWN, Stage.DISPUTED):
        taken_to(stage, accounts, referral)
    assert queries_for() == one
