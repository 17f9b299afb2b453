"""The safeguarding partner is told of every child: of whom, by when, again when it changes, and none is forgotten."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import InternalError
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from palermo.domain.access import Act, may
from palermo.web import clock
from palermo.web.accounts.models import User
from palermo.web.audit.models import Entry
from palermo.web.cases import actions as cases
from palermo.web.cases import changeover
from palermo.web.cases import queries as casework
from palermo.web.cases.actions import NoReferral, Refused
from palermo.web.intake.models import Clock, Event, FactVersion, Ownership, Referral, RouteDecision
from palermo.web.notices.models import Notice
from palermo.web.support import actions, queries
from palermo.web.support.models import SafeguardingContact
from web.cases.casebook import (
    OF_A_BOROUGH,
    OF_PALADIN,
    OF_SCD9,
    a_referral,
    accepted,
    running,
    seen,
    text_of,
)
from web.cases.casebook import told as kinds_told
from web.support.telling import BOARD, Kind, a_contact, told

pytestmark = pytest.mark.django_db

OF_SCD9_A_CHILD = {"matter": "prostitution", "age": "child", "borough": "Newham"}
"""A child in a matter that is not trafficking: SCD9 owns it, and Paladin is drawn on."""
NEWHAM, HACKNEY = BOARD.format("Newham"), BOARD.format("Hackney")
NOT_YET = "Local Safeguarding Children Board of the borough where the child is, once that is known"


def corrected(user: User, referral: Referral, name: str, value: str | None) -> None:
    cases.correct(user, referral.reference, seen(referral), name, value, "seen on her papers")


def untold(who: User) -> set[str]:
    """The references in the list, as somebody sees it."""
    return {
        row.fact_version.referral.reference
        for row in queries.untold(who.viewer).select_related("fact_version__referral")
    }


def bodies(referral: Referral) -> list[str]:
    """Which bodies were given notice, in order."""
    return list(
        Notice.objects.filter(reference=referral.reference)
        .exclude(body="")
        .order_by("pk")
        .values_list("body", flat=True)
    )


# Whom a decision names


@pytest.mark.parametrize(
    ("facts", "partner"),
    [
        (OF_PALADIN, NEWHAM),
        ({**OF_PALADIN, "age": "unknown"}, NEWHAM),
        ({**OF_PALADIN, "borough": None}, NOT_YET),
        (OF_SCD9, None),
        (OF_A_BOROUGH, None),
        ({"matter": "casino", "age": "child", "borough": "Hackney"}, HACKNEY),
    ],
)
def test_the_database_keeps_whom_a_decision_names_beside_the_decision_itself(accounts, facts, partner):
    referral = a_referral(facts, by=accounts["partner"])

    decision = RouteDecision.objects.get(fact_version__referral=referral)
    assert decision.safeguarding_partner == decision.document["safeguarding_partner"] == partner


# Notice at receipt, and again


def test_the_partner_is_given_notice_at_receipt_once_and_with_nothing_of_the_record(accounts):
    referral = a_referral(OF_PALADIN, by=accounts["partner"], key="one")
    a_referral(OF_PALADIN, by=accounts["partner"], key="one")

    notice = Notice.objects.get(body=NEWHAM)
    assert notice.says == (
        f"{referral.reference}: the police have a referral that concerns you. "
        "Operation Paladin owns it and will be in touch."
    )
    assert Entry.objects.filter(action="notice_given", subject=f"referral:{referral.reference}").count() == 1


@pytest.mark.parametrize("facts", [OF_SCD9, {**OF_PALADIN, "borough": None}])
def test_nobody_is_given_notice_where_there_is_no_partner_or_none_is_known(accounts, facts):
    assert bodies(a_referral(facts, by=accounts["partner"])) == []


def test_the_partner_of_a_borough_found_later_is_given_notice_then(accounts):
    referral = a_referral({**OF_PALADIN, "borough": None}, by=accounts["partner"])

    corrected(accounts["paladin"], referral, "borough", "Hackney")
    corrected(accounts["paladin"], referral, "reach", "national")

    assert bodies(referral) == [HACKNEY]


# By when


def test_telling_stops_the_clock_and_is_told_without_what_was_said(accounts):
    referral = a_referral(OF_PALADIN, by=accounts["partner"])
    assert "safeguarding" in running(referral)

    contact = told(accounts["paladin"], referral)

    assert "safeguarding" not in running(referral)
    assert Clock.objects.get(referral=referral, clock="safeguarding").ended_because == "told"
    line = Event.objects.filter(referral=referral).latest("pk")
    assert (line.kind, line.says) == ("partner_told", f"{NEWHAM} was told, by telephone.")
    assert (contact.decision.safeguarding_partner, contact.ownership.unit) == (NEWHAM, "SCD5-PALADIN")
    entry = Entry.objects.get(action="safeguarding_told")
    assert (entry.duty, entry.detail["contact"]) == ("disclosure", contact.pk)
    assert "fifteen" not in str(entry.detail) + line.says


def test_telling_late_is_telling_all_the_same_and_says_so(accounts):
    referral = a_referral(OF_PALADIN, by=accounts["partner"])
    with clock.standing_at(clock.now() + timedelta(hours=9)):
        told(accounts["paladin"], referral)

    assert "It was overdue." in Event.objects.filter(referral=referral).latest("pk").says
    assert untold(accounts["paladin-supervisor"]) == set()


def test_the_clock_is_not_stopped_by_saying_that_it_is_done(accounts, signed_in):
    referral = a_referral(OF_PALADIN, by=accounts["partner"])
    key = Clock.objects.get(referral=referral, clock="safeguarding").pk

    with pytest.raises(Refused, match="stopped by another move"):
        cases.finish(accounts["paladin"], referral.reference, seen(referral), key, "told them")
    page = text_of(signed_in("paladin").get(f"/referrals/{referral.reference}/"))
    assert f'href="/referrals/{referral.reference}/safeguarding/tell/">Record as done' in page
    assert f"/done/{key}/" not in page


# Again


@pytest.mark.parametrize(
    ("facts", "name", "value", "partner"),
    [
        (OF_SCD9, "age", "child", NEWHAM),
        ({**OF_PALADIN, "borough": None}, "borough", "Hackney", HACKNEY),
        (OF_PALADIN, "borough", "Hackney", HACKNEY),
        (OF_PALADIN, "borough", None, NOT_YET),
        (OF_PALADIN, "age", "adult", None),
        (OF_PALADIN, "age", "unknown", NEWHAM),
        (OF_PALADIN, "reach", "national", NEWHAM),
    ],
)
def test_a_corrected_fact_that_names_another_partner_is_to_be_told_to_that_one(accounts, facts, name, value, partner):
    referral = a_referral(facts, by=accounts["partner"])
    owner = accounts["officer"] if facts is OF_SCD9 else accounts["paladin"]
    before = RouteDecision.objects.get().safeguarding_partner
    if before:
        told(owner, referral)

    corrected(owner, referral, name, value)

    again = partner is not None and partner != before
    assert RouteDecision.objects.latest("decided_at").safeguarding_partner == partner
    assert ("safeguarding" in running(referral)) is again
    assert untold(accounts["commander"]) == ({referral.reference} if again else set())


def test_a_partner_who_was_told_and_left_out_for_a_while_is_told_again(accounts):
    referral = a_referral(OF_PALADIN, by=accounts["partner"])
    told(accounts["paladin"], referral)
    corrected(accounts["paladin"], referral, "borough", "Hackney")
    corrected(accounts["paladin"], referral, "borough", "Newham")

    assert untold(accounts["paladin-supervisor"]) == {referral.reference}
    assert "safeguarding" in running(referral)
    assert bodies(referral) == [NEWHAM, HACKNEY, NEWHAM]
    told(accounts["paladin"], referral)
    assert untold(accounts["paladin-supervisor"]) == set()


def test_a_clock_that_runs_is_not_made_longer_by_a_correction(accounts):
    referral = a_referral(OF_PALADIN, by=accounts["partner"])
    due = Clock.objects.get(referral=referral, clock="safeguarding").due_at
    with clock.standing_at(clock.now() + timedelta(hours=2)):
        corrected(accounts["paladin"], referral, "borough", "Hackney")

    assert Clock.objects.get(referral=referral, clock="safeguarding").due_at == due


def test_the_partner_is_told_again_when_the_owner_changes(accounts):
    referral = a_referral(OF_PALADIN, by=accounts["partner"])
    told(accounts["paladin"], referral)
    cases.hand_back(accounts["paladin"], referral.reference, seen(referral), "an organised network")
    cases.name_another_owner(accounts["commander"], referral.reference, seen(referral), ("SCD9", ""), "it is theirs")
    assert untold(accounts["commander"]) == set()

    cases.accept_offer(accounts["officer"], referral.reference, seen(referral))

    assert "safeguarding" in running(referral)
    assert untold(accounts["supervisor"]) == {referral.reference}
    assert untold(accounts["paladin-supervisor"]) == set()
    assert bodies(referral) == [NEWHAM, NEWHAM]
    assert "SCD9 owns it" in Notice.objects.filter(body=NEWHAM).latest("pk").says


def test_the_partner_is_told_again_of_who_owns_it_after_a_changeover(accounts):
    midnight = datetime(2010, 3, 31, 23, tzinfo=UTC)
    htt = User.objects.create_user(username="htt", post="Officer, HTT", role="officer", unit="HTT")
    with clock.standing_at(midnight - timedelta(days=1)):
        of_htt = {"age": "adult", "exploitation": "labour", "organised": "yes", "borough": "Newham"}
        referrals = [a_referral(of_htt, by=htt, received_at=clock.now()) for _ in range(2)]
        for referral in referrals:
            # whoever has it found out that she is a child, and Paladin has not taken it yet
            corrected(htt, referral, "age", "child")
        told(htt, referrals[0])
        paladins = a_referral(OF_PALADIN, by=htt, received_at=clock.now())
        told(accounts["paladin"], paladins)
    due = Clock.objects.get(referral=referrals[1], clock="safeguarding", met_at__isnull=True).due_at
    with clock.standing_at(midnight + timedelta(hours=2)):
        changeover.run(date(2010, 4, 1), accounts["commander"])

        assert {Ownership.objects.get(referral=one, period__endswith__isnull=True).unit for one in referrals} == {
            "SCD5-PALADIN"
        }
        assert untold(accounts["commander"]) == {one.reference for one in referrals}
        assert all("safeguarding" in running(one) for one in referrals)
        assert Clock.objects.get(referral=referrals[1], clock="safeguarding", met_at__isnull=True).due_at == due
        assert [bodies(one) for one in referrals] == [[NEWHAM, NEWHAM]] * 2
        assert "safeguarding" not in running(paladins)


# What follows


def test_an_answer_and_what_was_agreed_are_added_by_whoever_works_on_it(accounts):
    referral = a_referral(OF_SCD9_A_CHILD, by=accounts["partner"])
    told(accounts["officer"], referral, their_reference="NLSCB-17", does="Strategy meeting on Friday")
    for user, kind in (("officer", Kind.ANSWERED), ("paladin", Kind.FURTHER), ("supervisor", Kind.AGREED)):
        told(accounts[user], referral, kind=kind)

    kinds = [contact.kind for contact in SafeguardingContact.objects.order_by("pk")]
    assert kinds == ["told", "answered", "further", "agreed"]
    assert kinds_told(referral)[-4:] == ["partner_told", "partner_answered", "partner_further", "partner_agreed"]


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize(
    "who",
    ["partner", "borough", "officer", "supervisor", "paladin", "paladin-supervisor", "analyst", "commander", "auditor"],
)
def test_who_records_that_the_partner_was_told_and_who_adds_to_it(accounts, kind, who):
    referral = a_referral(OF_PALADIN, by=accounts["partner"])
    told(accounts["paladin"], referral)
    custody = casework.work(referral.reference).custody
    allowed = may(accounts[who].viewer, Act.FINISH if kind is Kind.TOLD else Act.RECORD, custody)

    if allowed:
        told(accounts[who], referral, kind=kind)
    else:
        with pytest.raises((NoReferral, Refused)):
            told(accounts[who], referral, kind=kind)

    # SCD9 is drawn on, and is not the one who tells
    expected = {"paladin", "paladin-supervisor"} | ({"officer", "supervisor"} if kind is not Kind.TOLD else set())
    assert bool(allowed) is (who in expected)


def test_nothing_is_added_before_the_partner_was_told_or_where_there_is_none(accounts):
    child, adult = a_referral(OF_PALADIN, by=accounts["partner"]), a_referral(OF_SCD9, by=accounts["partner"])

    with pytest.raises(Refused, match="has not been told yet"):
        told(accounts["paladin"], child, kind=Kind.ANSWERED)
    with pytest.raises(Refused, match="names no safeguarding partner"):
        told(accounts["officer"], adult)
    with pytest.raises(Refused, match="still to come"):
        told(accounts["paladin"], child, at=clock.now() + timedelta(hours=1))


def test_a_page_sent_twice_is_one_contact_and_another_text_on_it_is_another(accounts):
    referral = a_referral(OF_PALADIN, by=accounts["partner"])
    contact = a_contact()
    one = actions.add_contact(accounts["paladin"], referral.reference, contact, page="p")
    same = actions.add_contact(accounts["paladin"], referral.reference, contact, page="p")
    other = actions.add_contact(accounts["paladin"], referral.reference, a_contact(at=contact.at, says="two"), page="p")

    assert (one.pk == same.pk, one.pk == other.pk) == (True, False)
    assert kinds_told(referral).count("partner_told") == 2


def test_a_contact_is_never_changed_or_removed(accounts):
    contact = told(accounts["paladin"], a_referral(OF_PALADIN, by=accounts["partner"]))

    for change in (
        lambda: SafeguardingContact.objects.update(says="x"),
        lambda: SafeguardingContact.objects.all().delete(),
    ):
        with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
            change()
    contact.pk, contact.key, contact.to_post = None, "other", ""
    with pytest.raises(IntegrityError, match="a_contact_is_with_a_post"), transaction.atomic():
        contact.save(force_insert=True)


def test_a_closed_cases_partner_is_still_to_be_told_and_can_be(accounts):
    referral = accepted(accounts["paladin"], OF_PALADIN)
    cases.close(
        accounts["paladin-supervisor"], referral.reference, seen(referral), "victim_support_only", "she is safe at home"
    )

    assert untold(accounts["paladin-supervisor"]) == {referral.reference}
    told(accounts["paladin"], referral)
    assert untold(accounts["paladin-supervisor"]) == set()


# The list is complete


def by_hand(referral: Referral) -> bool:
    """Whether the partner is still to be told, worked out row by row."""
    versions = list(FactVersion.objects.filter(referral=referral).select_related("decision").order_by("version"))
    partners = [version.decision.document["safeguarding_partner"] for version in versions]
    owner = Ownership.objects.filter(referral=referral).latest("pk")
    if partners[-1] is None:
        return False
    for contact in SafeguardingContact.objects.filter(referral=referral, kind="told"):
        since = contact.decision.fact_version.version - 1
        if contact.ownership_id == owner.pk and set(partners[since:]) == {partners[-1]}:
            return False
    return True


STEPS = st.lists(
    st.sampled_from(
        ("child", "adult", "unknown", "Newham", "Hackney", "nowhere", "national", "tell", "further", "move")
    ),
    max_size=9,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(age=st.sampled_from(("child", "adult", "unknown")), steps=STEPS)
def test_whatever_happens_the_list_the_clock_and_the_rows_agree(accounts, age, steps):
    with transaction.atomic():
        referral = a_referral({**OF_SCD9, "age": age, "borough": "Newham"}, by=accounts["partner"])
        start = clock.now()
        for number, step in enumerate(steps, start=1):
            with clock.standing_at(start + timedelta(minutes=number)):
                take(accounts, referral, step)
                wanted = by_hand(referral)
                assert (referral.reference in untold(accounts["auditor"])) is wanted
                assert ("safeguarding" in running(referral)) is wanted
        transaction.set_rollback(True)


def take(accounts, referral: Referral, step: str) -> None:
    """One thing that may happen, by whoever owns the referral; nothing where it is not possible now."""
    owner = Ownership.objects.get(referral=referral, period__endswith__isnull=True)
    ours = accounts["officer" if owner.unit == "SCD9" else "paladin"]
    names = {"Newham": "borough", "Hackney": "borough", "nowhere": "borough", "national": "reach"}
    try:
        if step in ("tell", "further"):
            told(ours, referral, kind=Kind.TOLD if step == "tell" else Kind.FURTHER)
        elif step == "move":
            if casework.work(referral.reference).offer is None:
                cases.hand_back(ours, referral.reference, seen(referral), "not ours")
                to = "SCD5-PALADIN" if owner.unit == "SCD9" else "SCD9"
                cases.name_another_owner(accounts["commander"], referral.reference, seen(referral), (to, ""), "theirs")
            theirs = accounts["paladin" if owner.unit == "SCD9" else "officer"]
            cases.accept_offer(theirs, referral.reference, seen(referral))
        else:
            corrected(ours, referral, names.get(step, "age"), None if step == "nowhere" else step)
    except Refused:
        pass


def test_the_list_is_of_the_viewers_unit_or_of_all(accounts, signed_in):
    paladins = a_referral(OF_PALADIN, by=accounts["partner"])
    others = a_referral(OF_SCD9_A_CHILD, by=accounts["partner"])
    a_referral(OF_SCD9, by=accounts["partner"])

    assert untold(accounts["paladin-supervisor"]) == {paladins.reference}
    assert untold(accounts["supervisor"]) == {others.reference}
    assert untold(accounts["borough-supervisor"]) == set()
    assert untold(accounts["commander"]) == untold(accounts["auditor"]) == {paladins.reference, others.reference}
    for who in ("paladin-supervisor", "commander", "auditor"):
        page = text_of(signed_in(who).get("/support/safeguarding/"))
        assert paladins.reference in page and NEWHAM in page


def test_a_restricted_childs_referral_is_in_the_list_of_those_who_may_open_it_alone(accounts, signed_in):
    referral = a_referral(OF_PALADIN, by=accounts["partner"], restricted=True)

    shown = {
        who: referral.reference in text_of(signed_in(who).get("/support/safeguarding/"))
        for who in ("paladin-supervisor", "supervisor", "commander", "auditor")
    }

    assert shown == {"paladin-supervisor": True, "supervisor": False, "commander": False, "auditor": True}
    assert "Showing" not in text_of(signed_in("commander").get("/support/safeguarding/"))
    User.objects.filter(username="paladin-supervisor").update(is_active=False)
    assert referral.reference in text_of(signed_in("commander").get("/support/safeguarding/"))


@pytest.mark.parametrize("who", ["partner", "borough", "officer", "analyst", "administrator"])
def test_other_roles_have_no_such_list(signed_in, who):
    assert signed_in(who).get("/support/safeguarding/").status_code == 403


def test_the_list_is_noted_and_asks_no_more_for_many_than_for_one(accounts, signed_in):
    client = signed_in("paladin-supervisor")

    def queries_for() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get("/support/safeguarding/").status_code == 200
        return len(caught)

    first = a_referral(OF_PALADIN, by=accounts["partner"])
    client.get("/support/safeguarding/")
    assert Entry.objects.filter(action="untold_listed").latest("pk").detail == {"references": [first.reference]}
    one = queries_for()
    for _ in range(6):
        a_referral(OF_PALADIN, by=accounts["partner"])
    assert queries_for() == one


# The referral's page


def page_of(client, referral: Referral, part: str = "", status: int = 200) -> str:
    response = client.get(f"/referrals/{referral.reference}/safeguarding/{part}")
    assert response.status_code == status
    return text_of(response)


def sent(**other: str) -> dict[str, str]:
    day = clock.today()
    return {
        "day-day": str(day.day),
        "day-month": str(day.month),
        "day-year": str(day.year),
        "time": "0:01",
        "how": "telephone",
        "to_post": "Duty social worker",
        "says": "A girl of about fifteen",
        "page": "one",
        **other,
    }


def test_the_page_says_who_is_to_be_told_and_by_when_and_then_that_it_was(accounts, signed_in):
    referral = a_referral(OF_PALADIN, by=accounts["partner"])
    client = signed_in("paladin")
    before = page_of(client, referral)
    response = client.post(
        f"/referrals/{referral.reference}/safeguarding/tell/",
        sent(their_reference="N-17", does="Meets on Friday"),
        follow=True,
    )

    assert "The safeguarding partner has not been told." in before and "Not told" in before and NEWHAM in before
    after = text_of(response)
    for words in ("It is recorded: the partner was told.", "Duty social worker", "N-17", "Meets on Friday", "fifteen"):
        assert words in after
    assert "Not told" not in after
    corrected(accounts["paladin"], referral, "borough", "Hackney")
    assert "has not been told of how the referral stands now." in page_of(client, referral)


def test_the_page_says_that_the_borough_is_to_be_found_out_and_that_an_adult_has_no_partner(accounts, signed_in):
    lost = a_referral({**OF_PALADIN, "borough": None}, by=accounts["partner"])
    adult = a_referral(OF_SCD9, by=accounts["partner"])

    assert "The borough is not known yet" in page_of(signed_in("paladin"), lost)
    assert "names no safeguarding partner" in page_of(signed_in("officer"), adult)
    assert "names no safeguarding partner" in page_of(signed_in("officer"), adult, "tell/", 409)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"day-day": "", "day-month": "", "day-year": ""}, "On which day: enter the day"),
        ({"day-year": "2099"}, "or earlier"),
        ({"time": ""}, "At what time: enter the time, such as 14:30"),
        ({"time": "soon"}, "enter a time such as 14:30"),
        ({"time": "23:59"}, "it must be in the past"),
        ({"how": "pigeon"}, "Select one of the answers that are offered"),
        ({"to_post": ""}, "write which post it was"),
        ({"says": ""}, "What was said: write it in a few words"),
    ],
)
def test_an_error_says_how_to_put_it_right_and_keeps_what_was_typed(accounts, signed_in, wrong, says):
    referral = a_referral(OF_PALADIN, by=accounts["partner"])

    response = signed_in("paladin").post(
        f"/referrals/{referral.reference}/safeguarding/tell/", sent(their_reference="N-17", **wrong)
    )

    assert response.status_code == 400
    assert says in text_of(response) and "N-17" in text_of(response)
    assert not SafeguardingContact.objects.exists()


def test_a_later_contact_is_chosen_and_kept(accounts, signed_in):
    referral = a_referral(OF_PALADIN, by=accounts["partner"])
    client = signed_in("paladin")
    page_of(client, referral, "contact/", 409)
    told(accounts["paladin"], referral)
    page_of(client, referral, "contact/")

    address = f"/referrals/{referral.reference}/safeguarding/contact/"
    assert client.post(address, sent(kind="told")).status_code == 400
    assert client.post(address, sent(kind="agreed", page="two")).status_code == 302

    assert SafeguardingContact.objects.latest("pk").kind == "agreed"


@pytest.mark.parametrize("part", ["", "tell/", "contact/"])
def test_pages_are_there_for_those_who_may_open_the_referral_alone(accounts, signed_in, part):
    referral = a_referral(OF_PALADIN, by=accounts["partner"], restricted=True)
    custody = casework.work(referral.reference).custody

    for who in ("partner", "borough", "officer", "supervisor", "paladin", "paladin-supervisor", "commander", "auditor"):
        status = signed_in(who).get(f"/referrals/{referral.reference}/safeguarding/{part}").status_code
        assert (status in (200, 409)) if may(accounts[who].viewer, Act.SEE, custody) else (status == 404), who


def test_what_others_wrote_stays_text(accounts, signed_in):
    referral = a_referral(OF_PALADIN, by=accounts["partner"])
    told(accounts["paladin"], referral, says="<script>alert(1)</script>", to_post="<b>x</b>")

    raw = signed_in("paladin").get(f"/referrals/{referral.reference}/safeguarding/").content.decode()

    assert "<script>alert(1)" not in raw and "<b>x</b>" not in raw
