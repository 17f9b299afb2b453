"""The pages of papers in a real browser: nothing that keeps anybody out, no message, no request to elsewhere."""

from datetime import timedelta

import pytest

from flows.filing import add_note, add_picture, enter_decision
from flows.visiting import follow
from palermo.domain.papers import Follows, Standing
from palermo.web import clock
from palermo.web.papers import actions
from web.cases.casebook import a_referral
from web.papers import files
from web.papers.filing import a_decision, a_document, a_note, a_page, crimes, noted

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


def test_the_pages_of_papers_can_be_used_by_everyone(accounts, desk):
    referral = a_referral(by=accounts["partner"])
    of_it = f"/referrals/{referral.reference}"
    a_note(accounts["borough"], referral, "\u202eولا " * 60, standing=Standing.OPINION)
    actions.correct_note(accounts["borough"], referral.reference, 1, noted("x" * 300), "it was unclear", page=a_page())
    a_document(accounts["borough"], referral, files.with_location(), "cellar.jpg", sealed_because="it shows the house")
    a_document(accounts["borough"], referral, ("\u202e=ولا," * 900).encode(), f"{'x' * 200}.csv", "y" * 400)
    a_decision(
        accounts["borough"],
        referral,
        taken_at=clock.now() - timedelta(days=9),
        review_on=clock.today() - timedelta(days=1),
        sensitive_because="it shows the neighbour",
    )
    a_decision(accounts["borough"], referral, on_investigation=True)
    a_decision(accounts["borough"], referral, earlier=2, follows=Follows.CHANGED)
    crimes(accounts["borough"], referral, "2412345/10")
    crimes(accounts["borough"], referral, none="recorded by Essex", seen=1, reason="the number was theirs")
    empty = a_referral(by=accounts["partner"])
    officer = desk("borough")

    for page in ("papers/", "papers/note/", "papers/notes/2/correct/", "decisions/", "decisions/new/", "crime/"):
        officer.open(f"{of_it}/{page}")
        officer.open(f"/referrals/{empty.reference}/{page}".replace("notes/2/correct/", ""))
    for page in ("document/", "documents/1/", "documents/2/", "documents/1/original/", "documents/1/withdraw/"):
        officer.open(f"{of_it}/papers/{page}")
    actions.withdraw_document(accounts["borough"], referral.reference, 2, "it is of another woman")
    officer.open(f"{of_it}/papers/documents/2/")
    officer.open(f"{of_it}/papers/")
    officer.open(f"{of_it}/decisions/1/follow/")
    officer.open(f"{of_it}/papers/notes/1/correct/", 409)
    for page, button in (
        ("papers/note", "Add it"),
        ("papers/document", "Add it"),
        ("papers/documents/1/original", "Open it"),
        ("decisions/new", "Enter it"),
        ("crime", "Keep it"),
    ):
        officer.open(f"{of_it}/{page}/")
        officer.press(button)
        assert officer.page.get_by_role("alert").is_visible()
        officer.look()
    supervisor = desk("borough-supervisor")
    supervisor.open("/crimes/")
    supervisor.open("/crimes/?kind=none")
    supervisor.open("/crimes/?kind=recorded")
    desk("commander").open("/crimes/?unit=TP&borough=Newham")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_note_and_a_decision_are_entered_by_hand(accounts, desk, scripts):
    referral = a_referral(by=accounts["partner"])
    officer = desk("borough", java_script_enabled=scripts)
    page = officer.page

    page.goto(f"/referrals/{referral.reference}/")
    follow(page.get_by_role("link", name="Notes and documents"))
    add_note(page, referral.reference)
    assert "Note 1 is added." in page.get_by_role("alert").inner_text()
    follow(page.get_by_role("link", name="Correct note 1"))
    page.get_by_role("textbox", name="Note", exact=True).fill("She was seen and is afraid.")
    page.get_by_label("Why does it replace the other?").fill("Seen again.")
    officer.press("Replace it")
    assert page.get_by_text("Replaced by note 2").is_visible()

    enter_decision(page, referral.reference)
    assert "D1 is entered." in page.get_by_role("alert").inner_text()
    follow(page.get_by_role("link", name="Review or change D1"))
    page.get_by_role("textbox", name="What is decided?").fill("We wait for the warrant.")
    officer.press("Add another option")
    page.get_by_role("textbox", name="Option 3", exact=True).wait_for()
    assert page.get_by_role("textbox", name="What is decided?").input_value() == "We wait for the warrant."
    # Enter in a box sends the page; it does not add yet another option
    page.get_by_label("At what time?").press("Enter")
    page.get_by_role("alert").wait_for()
    assert page.get_by_role("textbox", name="Option 4", exact=True).count() == 0


@pytest.mark.parametrize("scripts", [True, False])
def test_a_picture_is_added_and_downloaded_and_its_seal_broken(accounts, desk, scripts):
    referral = a_referral(by=accounts["partner"])
    officer = desk("borough", java_script_enabled=scripts)
    page = officer.page

    page.goto(f"/referrals/{referral.reference}/papers/")
    follow(page.get_by_role("button", name="Add a document"))
    add_picture(page, referral.reference)
    assert "Document 1 is added." in page.get_by_role("alert").inner_text()
    follow(page.get_by_role("link", name="Document 1: cellar.jpg"))
    with page.expect_download() as download:
        page.get_by_role("button", name="Download", exact=True).click()
    kept = download.value.path().read_bytes()
    assert download.value.suggested_filename == "cellar.jpg"
    assert b"witness" not in kept

    follow(page.get_by_role("link", name="Open the sealed original"))
    page.get_by_label("Why do you need the original?").fill("The court asks when it was taken.")
    with page.expect_download() as download:
        page.get_by_role("button", name="Open it").click()
    assert b"witness" in download.value.path().read_bytes()
    page.goto(f"/referrals/{referral.reference}/")
    assert page.get_by_text("The court asks when it was taken.").is_visible()


def test_a_file_that_is_too_large_is_said_to_be_before_it_is_sent(accounts, desk, settings):
    settings.FILE_LIMIT = 1024 * 1024
    referral = a_referral(by=accounts["partner"])
    officer = desk("borough")
    page = officer.page
    officer.open(f"/referrals/{referral.reference}/papers/document/")
    large = {"name": "a.txt", "mimeType": "text/plain", "buffer": b"x" * (settings.FILE_LIMIT + 1)}

    page.get_by_label("File", exact=True).set_input_files(large)
    assert "This file is larger than 1 MB." in page.get_by_role("alert").inner_text()
    officer.look()
    page.get_by_label("File", exact=True).set_input_files({**large, "buffer": b"x"})
    assert page.get_by_role("alert").count() == 0

    page.get_by_label("File", exact=True).set_input_files(large)
    page.get_by_role("textbox", name="What is it?").fill("A long statement.")
    officer.press("Add it")
    page.get_by_role("alert").get_by_text("The file is larger than 1 MB.").wait_for()
    assert page.get_by_role("textbox", name="What is it?").input_value() == "A long statement."
    officer.look()
