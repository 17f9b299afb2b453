"""Notes: added, read, replaced and never changed; by those who may, and with nothing typed lost."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from palermo.domain.papers import NoteKind, Standing
from palermo.web import clock
from palermo.web.audit.models import Entry
from palermo.web.cases.actions import NoReferral, Refused
from palermo.web.intake.models import Event
from palermo.web.papers import actions
from palermo.web.papers.models import Note
from palermo.web.papers.queries import PAGE
from web.cases.casebook import OF_PALADIN, a_referral, accepted, text_of, told
from web.cases.test_at_once import at_once
from web.cases.test_referral_page import same_for_any
from web.papers.filing import a_note, a_page, noted, token_of

pytestmark = pytest.mark.django_db

FILLED = {
    "kind": "visit",
    "standing": "fact",
    "text": "Two mattresses in the cellar.",
    "day-day": "29",
    "day-month": "June",
    "day-year": "2010",
    "time": "2:30pm",
}


def adding(referral) -> str:
    return f"/referrals/{referral.reference}/papers/note/"


def listed(client, referral, **query: object) -> str:
    response = client.get(f"/referrals/{referral.reference}/papers/", query)
    assert response.status_code == 200
    return text_of(response)


# Adding


def test_a_note_is_kept_with_when_it_happened_and_when_it_was_written(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    client = signed_in("borough")

    response = client.post(adding(referral), {**FILLED, "page": token_of(client.get(adding(referral)))})

    assert response.url == f"/referrals/{referral.reference}/papers/?note=1"
    note = Note.objects.get()
    assert (note.number, note.kind, note.standing, note.by_words) == (1, "visit", "fact", "Officer, Newham borough")
    assert note.happened_at.isoformat() == "2010-06-29T13:30:00+00:00"
    assert note.time_known
    assert abs(note.written_at - clock.now()) < timedelta(minutes=5)
    page = listed(client, referral, note="1")
    for words in (
        "Note 1 is added.",
        "Note 1: Visit",
        "Two mattresses in the cellar.",
        "29 June 2010 at 2:30pm",
        "Officer, Newham borough",
    ):
        assert words in page


def test_where_only_the_day_is_known_no_time_is_shown(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    signed_in("borough").post(adding(referral), {**FILLED, "time": ""})

    assert not Note.objects.get().time_known
    assert "Happened 29 June 2010." in listed(signed_in("borough"), referral)


def test_the_timeline_and_the_trail_tell_of_it_without_its_text(accounts):
    referral = a_referral(by=accounts["partner"])
    note = a_note(accounts["borough"], referral, "the name of the street", standing=Standing.OPINION)

    event = Event.objects.latest("pk")
    assert (event.kind, event.says) == ("note_added", "Note 1: contact with the potential victim, opinion.")
    entry = Entry.objects.get(action="note_added")
    assert (entry.subject, entry.detail) == (
        f"referral:{referral.reference}",
        {"number": note.number, "kind": NoteKind.CONTACT},
    )
    assert "street" not in str(entry.detail) + event.says


def test_the_same_page_sent_twice_is_one_note_and_other_words_are_another(accounts):
    referral = a_referral(by=accounts["partner"])
    page, note = a_page(), noted()

    for words in (note, note, noted("something else", happened_at=note.happened_at)):
        actions.add_note(accounts["borough"], referral.reference, words, page=page)

    assert list(Note.objects.order_by("number").values_list("number", "text")) == [
        (1, note.text),
        (2, "something else"),
    ]
    assert told(referral).count("note_added") == 2


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("kind", "", "Select what the note is about"),
        ("kind", "gossip", "Select one of the answers that are offered"),
        ("standing", "", "Select whether it is fact or opinion"),
        ("text", " \u200b ", "Note: write what there is to note"),
        ("text", "x" * 20_001, "use 20000 characters or fewer"),
        ("day-day", "", "enter a real date"),
        ("day-day", "31", "enter a real date"),
        ("day-year", "2011", "it must be 30 June 2010 or earlier"),
        ("time", "25:00", "enter a time such as 14:30"),
    ],
)
def test_what_cannot_be_kept_is_said_and_everything_typed_stays(accounts, signed_in, field, typed, says):
    referral = a_referral(by=accounts["partner"])

    response = signed_in("borough").post(adding(referral), {**FILLED, "page": "p", field: typed})

    page = text_of(response)
    assert response.status_code == 400
    assert says in page
    assert not Note.objects.exists()
    if field != "text":
        assert "Two mattresses in the cellar." in page
    if not field.startswith("day"):
        assert 'value="June"' in page
    assert 'name="page" value="p"' in page


def test_what_is_still_to_come_is_not_noted(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    later = {**FILLED, "day-day": "30", "time": f"{clock.now() + timedelta(minutes=2):%H:%M}"}
    tomorrow = clock.now() + timedelta(days=1)

    with pytest.raises(Refused, match="still to come"):
        a_note(accounts["borough"], referral, happened_at=tomorrow)
    if clock.now().hour < 21:
        # near midnight the time of day above would be tomorrow's
        assert "it must be in the past" in text_of(signed_in("borough").post(adding(referral), later))


def test_what_people_write_stays_text(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    a_note(accounts["borough"], referral, "<script>alert(1)</script>")

    raw = signed_in("borough").get(f"/referrals/{referral.reference}/papers/").content.decode()

    assert "<script>alert" not in raw
    assert '<bdi class="palermo-written" dir="auto">&lt;script&gt;alert' in raw


# Replacing


def test_a_correction_takes_the_notes_place_and_both_stay_readable(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    a_note(accounts["borough"], referral, "She is seventeen.")
    client = signed_in("borough-supervisor")
    address = f"/referrals/{referral.reference}/papers/notes/1/correct/"
    as_it_is = text_of(client.get(address))
    changed = {**FILLED, "text": "She is nineteen.", "reason": "Her passport was seen."}

    assert client.post(address, changed).status_code == 302

    assert "She is seventeen." in as_it_is
    page = listed(client, referral)
    for words in (
        "Replaced by note 2",
        "Her passport was seen.",
        "She is seventeen.",
        "She is nineteen.",
        "Replaces note 1, because:",
    ):
        assert words in page
    assert page.count(f"/referrals/{referral.reference}/papers/notes/") == 1
    old, new = Note.objects.order_by("number")
    assert (new.supersedes, new.reason, old.text) == (old, "Her passport was seen.", "She is seventeen.")
    assert Event.objects.latest("pk").says == "Note 2 replaces note 1: visit, fact."


def test_a_correction_needs_its_reason(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    a_note(accounts["borough"], referral)

    response = signed_in("borough").post(f"/referrals/{referral.reference}/papers/notes/1/correct/", FILLED)

    assert response.status_code == 400
    assert "Why does it replace the other?: write it in a few words" in text_of(response)


def test_a_note_that_was_replaced_is_not_replaced_again(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    a_note(accounts["borough"], referral)
    client = signed_in("borough")
    address = f"/referrals/{referral.reference}/papers/notes/1/correct/"
    changed = {**FILLED, "reason": "it was the other house"}
    client.post(address, {**changed, "page": "first"})

    again = client.post(address, {**changed, "page": "second", "text": "Three mattresses."})

    assert again.status_code == 409
    assert "note 1 was replaced by note 2; correct that one" in text_of(again)
    assert "Three mattresses." in text_of(again)
    assert client.get(address).status_code == 409
    assert Note.objects.count() == 2
    assert client.get(f"/referrals/{referral.reference}/papers/notes/9/correct/").status_code == 404


def test_the_database_changes_no_note_and_joins_none_of_two_referrals(accounts):
    first, second = a_referral(by=accounts["partner"]), a_referral(by=accounts["partner"])
    note = a_note(accounts["borough"], first)
    another = {
        name: getattr(note, name) for name in ("kind", "standing", "text", "happened_at", "time_known", "written_at")
    }

    # nothing is left to be checked, which would keep the table from being emptied all the same
    connection.check_constraints()
    for statement in ("UPDATE papers_note SET text = 'x'", "DELETE FROM papers_note", "TRUNCATE papers_note CASCADE"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    with pytest.raises(IntegrityError, match="of_the_same_referral"), transaction.atomic():
        Note.objects.create(referral=second, key="x", by=note.by, by_words="x", supersedes=note, reason="x", **another)
        connection.check_constraints()


@pytest.mark.django_db(transaction=True)
def test_notes_at_once_are_numbered_without_a_gap(accounts):
    referral = a_referral(by=accounts["partner"])

    at_once(
        *(lambda words=words: a_note(accounts["borough"], referral, words) for words in "abcd"),
    )

    assert sorted(Note.objects.values_list("number", flat=True)) == [1, 2, 3, 4]


def test_a_number_is_the_databases_to_give(accounts):
    referral, other = a_referral(by=accounts["partner"]), a_referral(by=accounts["partner"])
    first = a_note(accounts["borough"], referral)
    a_note(accounts["borough"], other)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        a_note(accounts["borough"], referral)
        raise ZeroDivisionError
    forged = Note.objects.create(
        referral=referral,
        number=7,
        key="forged",
        written_at=first.written_at,
        by=first.by,
        by_words="x",
        kind="other",
        standing="fact",
        text="x",
        happened_at=first.happened_at,
        time_known=True,
    )

    forged.refresh_from_db()
    assert forged.number == 2


# Who


@pytest.mark.parametrize(
    ("who", "reads", "adds"),
    [
        ("borough", 200, 200),
        ("borough-supervisor", 200, 200),
        ("officer", 200, 200),  # named as support
        ("commander", 200, 403),
        ("auditor", 200, 403),
        ("paladin", 404, 404),
        ("analyst", 404, 404),
        ("administrator", 404, 404),
        ("partner", 404, 404),
    ],
)
def test_who_reads_and_who_adds(accounts, signed_in, who, reads, adds):
    referral = a_referral(by=accounts["partner"])
    a_note(accounts["borough"], referral)
    client = signed_in(who)
    reference = referral.reference

    assert client.get(f"/referrals/{reference}/papers/").status_code == reads
    assert client.get(adding(referral)).status_code == adds
    assert client.get(f"/referrals/{reference}/papers/notes/1/correct/").status_code == adds
    before = Note.objects.count()
    client.post(adding(referral), FILLED)
    client.post(f"/referrals/{reference}/papers/notes/1/correct/", {**FILLED, "reason": "x"})
    assert Note.objects.count() - before == (2 if adds == 200 else 0)


def test_those_who_may_not_add_are_offered_nothing_to_press(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    a_note(accounts["borough"], referral)

    assert "Add a note" in listed(signed_in("borough"), referral)
    for words in ("Add a note", "/correct/"):
        assert words not in listed(signed_in("auditor"), referral)


def test_what_was_typed_is_not_lost_where_it_cannot_be_added(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])

    response = signed_in("commander").post(adding(referral), FILLED)

    assert response.status_code == 409
    assert "Two mattresses in the cellar." in text_of(response)
    assert "only officers and supervisors of the unit that owns a referral may add to the record of it" in text_of(
        response
    )


def test_a_restricted_referrals_notes_answer_as_if_there_were_none(accounts, signed_in):
    hidden = a_referral(OF_PALADIN, by=accounts["partner"], restricted=True)
    a_note(accounts["paladin-supervisor"], hidden, "the shelter in Ilford")
    client = signed_in("paladin")

    assert "the shelter in Ilford" in listed(signed_in("paladin-supervisor"), hidden)
    for address in ("papers/", "papers/note/", "papers/notes/1/correct/"):
        there = client.get(f"/referrals/{hidden.reference}/{address}")
        not_there = client.get(f"/referrals/PAL-BBBB-BBBB/{address}")
        assert there.status_code == not_there.status_code == 404
        assert same_for_any(there, hidden.reference) == same_for_any(not_there, "PAL-BBBB-BBBB")
    with pytest.raises(NoReferral):
        a_note(accounts["paladin"], hidden)
    assert Entry.objects.filter(action="referral_refused", subject=f"referral:{hidden.reference}").count() == 3


# Reading


def test_the_reading_is_noted(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])

    listed(signed_in("borough"), referral)

    entry = Entry.objects.latest("pk")
    assert (entry.action, entry.duty, entry.detail) == ("referral_opened", "consultation", {"page": "papers"})


def test_what_happened_last_comes_first_and_long_lists_have_pages(accounts, signed_in):
    referral = accepted(accounts["borough"])
    for hours in range(1, PAGE + 3):
        a_note(
            accounts["borough"], referral, f"it was {hours} hours ago", happened_at=clock.now() - timedelta(hours=hours)
        )
    client = signed_in("borough")

    first, second = listed(client, referral), listed(client, referral, notes="2")

    assert first.index("it was 1 hours ago") < first.index("it was 2 hours ago")
    assert first.count('class="palermo-paper"') == PAGE
    assert second.count('class="palermo-paper"') == 2
    assert "?notes=2#notes" in first


def test_more_notes_are_no_more_queries(accounts, signed_in):
    def asked(referral) -> int:
        client = signed_in("borough")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            listed(client, referral)
        return len(queries)

    one, many = a_referral(by=accounts["partner"]), a_referral(by=accounts["partner"])
    a_note(accounts["borough"], one)
    for number in range(8):
        a_note(accounts["borough"], many, f"note {number}")
        actions.correct_note(
            accounts["borough"], many.reference, 2 * number + 1, noted("better"), "it was better", page=a_page()
        )

    assert asked(one) == asked(many)
