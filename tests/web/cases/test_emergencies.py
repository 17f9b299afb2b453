"""Opening a referral in an emergency: for a time, for a reason, told at once, and never more than reading."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from palermo.web import clock
from palermo.web.accounts.models import User
from palermo.web.audit.models import Entry
from palermo.web.cases import actions
from palermo.web.cases.actions import NoReferral, Refused
from palermo.web.cases.models import EmergencyOpening
from palermo.web.intake.models import Event
from palermo.web.notices.models import Notice
from web.cases.casebook import OF_SCD9, a_referral, seen, sent, text_of

pytestmark = pytest.mark.django_db

OPEN, LIST = "/emergency/open/", "/emergency/"
REASON = "She is at the address now and he is on his way."


def page(referral) -> str:
    return f"/referrals/{referral.reference}/"


@pytest.fixture
def restricted(accounts):
    return a_referral(OF_SCD9, by=accounts["partner"], restricted=True)


def test_it_is_open_for_three_hours_and_then_not(restricted, signed_in):
    client, now = signed_in("borough"), clock.now()
    assert client.get(page(restricted)).status_code == 404
    answer = client.post(OPEN, {"reference": restricted.reference.lower(), "reason": REASON})
    assert answer.headers["Location"] == page(restricted)

    assert client.get(page(restricted)).status_code == 200
    assert client.get(f"{page(restricted)}people/").status_code == 200
    with clock.standing_at(now + timedelta(hours=2, minutes=59)):
        assert client.get(page(restricted)).status_code == 200
    with clock.standing_at(now + timedelta(hours=3, minutes=1)):
        assert client.get(page(restricted)).status_code == 404
    # a clock that is set back revives nothing
    with clock.standing_at(now - timedelta(days=1)):
        assert client.get(page(restricted)).status_code == 404


def test_who_supervises_it_is_told_at_once_and_the_auditor_has_it_in_a_list(restricted, accounts, signed_in):
    signed_in("borough").post(OPEN, {"reference": restricted.reference, "reason": REASON})

    notice = Notice.objects.get(kind="emergency")
    assert (notice.unit, notice.role, notice.reference) == ("SCD9", "supervisor", restricted.reference)
    assert "Officer, Newham borough opened it in an emergency" in notice.says
    assert REASON not in notice.says
    event = Event.objects.get(kind="emergency")
    assert (event.reason, "Told: the supervisors of" in event.says) == (REASON, True)
    entry = Entry.objects.get(action="emergency_opening")
    assert (entry.duty, entry.actor, entry.subject) == (
        "consultation", accounts["borough"].audit_name, f"referral:{restricted.reference}"
    )  # fmt: skip
    assert REASON not in str(entry.detail)
    for who in ("auditor", "supervisor"):
        listed = text_of(signed_in(who).get(LIST))
        assert restricted.reference in listed
        assert REASON in listed
    assert restricted.reference not in text_of(signed_in("commander").get(LIST))
    assert restricted.reference not in text_of(signed_in("borough-supervisor").get(LIST))


def test_nothing_can_be_changed_by_it(restricted, signed_in):
    client = signed_in("borough")
    client.post(OPEN, {"reference": restricted.reference, "reason": REASON})

    answer = client.post(f"{page(restricted)}accept/", sent(restricted))

    assert answer.status_code == 409
    assert "read, and not changed" in text_of(answer)


def test_where_nobody_supervises_it_the_commander_is_told(restricted, signed_in):
    User.objects.filter(username="supervisor").update(is_active=False)
    signed_in("borough").post(OPEN, {"reference": restricted.reference, "reason": REASON})

    assert Notice.objects.get(kind="emergency").role == "commander"


def test_it_opens_for_no_one_else_and_stands_in_no_queue(restricted, signed_in):
    client = signed_in("officer")
    client.post(OPEN, {"reference": restricted.reference, "reason": REASON})

    assert restricted.reference not in text_of(client.get("/my-queue/"))
    assert signed_in("borough").get(page(restricted)).status_code == 404


@pytest.mark.parametrize("who", ["partner", "analyst", "administrator", "auditor"])
def test_those_who_open_no_referrals_open_none_so(restricted, accounts, signed_in, who):
    assert signed_in(who).post(OPEN, {"reference": restricted.reference, "reason": REASON}).status_code == 403
    with pytest.raises(Refused):
        actions.open_in_emergency(accounts[who], restricted.reference, REASON)
    assert not EmergencyOpening.objects.exists()


def test_a_reference_that_nothing_has_is_refused_and_noted(accounts, signed_in):
    answer = signed_in("borough").post(OPEN, {"reference": "PAL-ZZZZ-ZZZZ", "reason": REASON})

    assert (answer.status_code, "no referral has it" in text_of(answer)) == (400, True)
    assert REASON in text_of(answer)
    with pytest.raises(NoReferral):
        actions.open_in_emergency(accounts["borough"], "PAL-ZZZZ-ZZZZ", REASON)
    assert Entry.objects.filter(action="emergency_without_referral").count() >= 1


def test_what_is_open_already_is_just_opened(accounts, signed_in):
    mine = a_referral(OF_SCD9, by=accounts["partner"])
    answer = signed_in("officer").post(OPEN, {"reference": mine.reference, "reason": REASON})

    assert answer.headers["Location"] == page(mine)
    assert not EmergencyOpening.objects.exists()


def test_a_reason_is_asked_for(restricted, signed_in):
    answer = signed_in("borough").post(OPEN, {"reference": restricted.reference, "reason": " "})

    assert (answer.status_code, "Why can it not wait?: write it in a few words" in text_of(answer)) == (400, True)


def test_it_is_kept_as_it_was_made(restricted, accounts):
    made = actions.open_in_emergency(accounts["borough"], restricted.reference, REASON)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        EmergencyOpening.objects.filter(pk=made.pk).update(reason="another")


def test_the_page_that_is_not_there_says_what_to_do_in_an_emergency(restricted, signed_in):
    for who, told in {"officer": True, "commander": True, "partner": False, "analyst": False}.items():
        assert ("open it in an emergency" in text_of(signed_in(who).get(page(restricted)))) is told
    assert seen(restricted)
