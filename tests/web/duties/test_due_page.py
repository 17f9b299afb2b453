"""What is due on one referral: every clock, who hears of it, and what is done about what is overdue."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from palermo.web import clock
from palermo.web.audit.models import Entry
from palermo.web.cases import actions as casework
from palermo.web.cases.actions import NoReferral, Refused
from palermo.web.duties import actions, tasks
from palermo.web.duties.models import Breach, BreachAnswer
from palermo.web.intake.models import Event
from palermo.web.notices.models import Notice
from web.cases.casebook import OF_PALADIN, escalated, seen, text_of
from web.cases.test_at_once import at_once
from web.cases.test_referral_page import same_for_any
from web.duties.watching import RECEIVED, answered, at, clock_of, received, told_at

pytestmark = pytest.mark.django_db

NOW = at(16)


def opened(client, referral, rest: str = "", now=NOW, status: int = 200):
    with clock.standing_at(now):
        response = client.get(f"/referrals/{referral.reference}/due/{rest}")
    assert response.status_code == status
    return response


def sending(client, referral, which: str = "acceptance", now=NOW, **fields: str):
    with clock.standing_at(now):
        key = clock_of(referral, which).pk
        return client.post(
            f"/referrals/{referral.reference}/due/{key}/answer/", {"text": "I have rung them.", "page": "p1", **fields}
        )


# The page


def test_it_shows_every_clock_with_its_start_its_due_moment_and_how_it_stands(accounts, signed_in):
    referral = received(accounts["partner"])
    with clock.standing_at(at(15)):
        casework.accept(accounts["borough"], referral.reference, seen(referral))
    page = text_of(opened(signed_in("borough"), referral, now=at(18)))

    for words in (
        "Accepted, 15 June 2010 at 9:00am, in time",
        "14 June 2010 at 9:00am",
        "17 June 2010 at 11:59pm",
        "9 hours overdue",
        "3 days left",
        "To the commander after",
        "assumed (§17)",
    ):
        assert words in page
    assert page.index("Decide on the investigation") < page.rindex("Accept the referral")


def test_a_pause_is_shown_with_its_reason(accounts, signed_in):
    referral = received(accounts["partner"])
    with clock.standing_at(at(15)):
        casework.accept(accounts["borough"], referral.reference, seen(referral))
        key = clock_of(referral, "first_assessment").pk
        casework.pause_clock(accounts["borough"], referral.reference, seen(referral), key, "she is in hospital")
    page = text_of(opened(signed_in("borough"), referral, now=at(30)))

    assert "Paused 15 June 2010 at 9:00am: she is in hospital" in page
    assert "It stands still, and nobody is late" in page


def test_the_picture_has_a_line_for_each_clock(accounts, signed_in):
    referral = received(accounts["partner"])
    page = text_of(opened(signed_in("borough"), referral))

    assert page.count('class="duties-label"') == referral.clocks.count() == 3
    assert "style=" not in page.partition("<svg")[2].partition("</svg>")[0]


def test_it_is_one_of_the_pages_of_the_referral(accounts, signed_in):
    referral = received(accounts["partner"])

    assert f'href="/referrals/{referral.reference}/due/"' in text_of(
        signed_in("borough").get(f"/referrals/{referral.reference}/")
    )


def test_to_those_who_may_not_open_it_the_page_is_not_there(accounts, signed_in):
    there, restricted = received(accounts["partner"]), received(accounts["partner"], restricted=True)
    for name, referral in (("paladin", there), ("analyst", there), ("partner", there), ("commander", restricted)):
        client = signed_in(name)
        key = clock_of(referral, "acceptance").pk
        missing = client.get("/referrals/PAL-2222-2222/due/")
        for rest in ("", f"{key}/answer/"):
            refused = opened(client, referral, rest, status=404)
            assert same_for_any(refused, referral.reference) == same_for_any(missing, "PAL-2222-2222")
    opened(signed_in("commander"), there)
    assert Entry.objects.filter(action="referral_refused", detail__page="due").count() == 4


def test_the_reading_is_noted(accounts, signed_in):
    referral = received(accounts["partner"])
    opened(signed_in("auditor"), referral)

    assert Entry.objects.get(action="referral_opened", detail__page="due").subject == f"referral:{referral.reference}"


def test_the_page_takes_no_more_queries_for_many_clocks(accounts, signed_in):
    client, plain, child = (
        signed_in("auditor"),
        received(accounts["partner"]),
        received(accounts["partner"], OF_PALADIN),
    )
    told_at(at(18))

    def taken(referral) -> int:
        with CaptureQueriesContext(connection) as captured:
            opened(client, referral)
        return len(captured)

    assert child.clocks.count() > plain.clocks.count()
    assert taken(child) == taken(plain)


# What is done about it


def test_what_is_done_about_it_is_kept_told_and_noted(accounts, signed_in):
    referral = received(accounts["partner"])
    response = sending(signed_in("borough-supervisor"), referral, text="The officer is ill; another has it now.")

    answer = BreachAnswer.objects.get()
    assert response.url == f"/referrals/{referral.reference}/due/?kept={answer.pk}"
    assert (answer.by_words, answer.at) == ("Supervisor, Newham borough", NOW)
    told = Event.objects.get(referral=referral, kind="breach_answered")
    assert told.says == "Accept the referral or hand it back: The officer is ill; another has it now."
    entry = Entry.objects.get(action="breach_answered")
    assert (entry.subject, entry.detail) == (
        f"referral:{referral.reference}",
        {"clock": "acceptance", "answer": answer.pk},
    )
    page = text_of(opened(signed_in("borough-supervisor"), referral, f"?kept={answer.pk}"))
    assert "It is kept, and stands in the timeline" in page
    # to another account it is no news of its own doing
    assert "It is kept" not in text_of(opened(signed_in("commander"), referral, f"?kept={answer.pk}"))


def test_an_answer_does_not_stop_the_clock(accounts):
    referral = received(accounts["partner"])
    answered(accounts["borough-supervisor"], referral, "acceptance", NOW)
    told_at(at(17))

    assert [one.to for one in Breach.objects.filter(clock__clock="acceptance")] == ["supervisor", "commander"]


def test_sent_twice_from_one_page_it_is_one_answer_and_something_else_is_another(accounts, signed_in):
    referral = received(accounts["partner"])
    client = signed_in("borough-supervisor")
    first, second = sending(client, referral), sending(client, referral)
    assert first.url == second.url
    assert BreachAnswer.objects.count() == 1
    sending(client, referral, text="They ring back today.")
    sending(client, referral, page="p2")

    assert BreachAnswer.objects.count() == 3


WHO = (
    ("borough-supervisor", True),
    ("commander", True),
    ("borough", False),
    ("auditor", False),
)


@pytest.mark.parametrize(("name", "allowed"), WHO)
def test_who_says_what_is_done(accounts, signed_in, name, allowed):
    referral = received(accounts["partner"])
    key = clock_of(referral, "acceptance").pk
    opened(signed_in(name), referral, f"{key}/answer/", status=200 if allowed else 403)
    response = sending(signed_in(name), referral)

    assert response.status_code == (302 if allowed else 409)
    assert BreachAnswer.objects.exists() is allowed
    assert ("Say what is done" in text_of(opened(signed_in(name), referral))) is allowed


def test_the_supervisor_of_the_unit_that_is_asked_says_it_too(accounts):
    with clock.standing_at(RECEIVED):
        referral = escalated(accounts["borough"], received_at=RECEIVED)

    assert answered(accounts["supervisor"], referral, "escalation_answer", at(17)).by == accounts["supervisor"]
    with pytest.raises(NoReferral):
        answered(accounts["paladin-supervisor"], referral, "escalation_answer", at(17))


def test_of_a_restricted_one_the_commander_says_nothing_who_cannot_open_it(accounts):
    referral = received(accounts["partner"], restricted=True)

    with pytest.raises(NoReferral):
        answered(accounts["commander"], referral, "acceptance", NOW)
    assert answered(accounts["borough-supervisor"], referral, "acceptance", NOW)


def test_what_the_commander_says_is_told_to_the_supervisors(accounts):
    referral = received(accounts["partner"])
    answered(accounts["borough-supervisor"], referral, "acceptance", NOW)
    assert not Notice.objects.filter(kind="breach_answered").exists()
    answered(accounts["commander"], referral, "acceptance", NOW, "Take it to the duty officer today.")

    notice = Notice.objects.get(kind="breach_answered")
    assert (notice.unit, notice.borough, notice.role) == ("TP", "Newham", "supervisor")
    assert "duty officer" not in notice.says


def test_what_is_not_overdue_or_done_is_not_answered(accounts, signed_in):
    referral = received(accounts["partner"])
    client = signed_in("borough-supervisor")
    early = sending(client, referral, now=at(15))
    assert early.status_code == 409
    assert "I have rung them." in text_of(early)
    with clock.standing_at(at(16, 10)):
        casework.accept(accounts["borough"], referral.reference, seen(referral))
    assert sending(client, referral, now=at(16, 11)).status_code == 409
    assert not BreachAnswer.objects.exists()
    with pytest.raises(Refused):
        answered(accounts["commander"], referral, "acceptance", at(16, 11))


def test_a_clock_of_another_referral_is_not_answered_here(accounts, signed_in):
    referral, other = received(accounts["partner"]), received(accounts["partner"])
    key = clock_of(other, "acceptance").pk

    opened(signed_in("borough-supervisor"), referral, f"{key}/answer/", status=409)
    with pytest.raises(Refused), clock.standing_at(NOW):
        actions.answer_breach(accounts["borough-supervisor"], referral.reference, key, "x", page="p")


@pytest.mark.parametrize("text", ["", "  \n ", "\u200b"])
def test_nothing_is_no_answer(accounts, signed_in, text):
    referral = received(accounts["partner"])
    response = sending(signed_in("borough-supervisor"), referral, text=text)

    assert response.status_code == 400
    assert "What you do about it: write it in a few words" in text_of(response)


def test_an_answer_is_never_changed(accounts):
    answered(accounts["borough-supervisor"], received(accounts["partner"]), "acceptance", NOW)

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        BreachAnswer.objects.update(text="nothing")


# In the background


def test_a_worker_tells_what_is_overdue(accounts):
    referral = received(accounts["partner"])
    with clock.standing_at(NOW):
        tasks.tell_breaches()

    assert Entry.objects.get(action="breach_told").actor == "job:duties.tell_breaches"
    assert clock_of(referral, "acceptance").breaches.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_tell_at_once_tell_once(accounts):
    referral = received(accounts["partner"])
    runs = at_once(lambda: told_at(NOW), lambda: told_at(NOW))

    assert sum(len(run.told) for run in runs) == 1
    assert Event.objects.filter(referral=referral, kind="breach").count() == 1
