"""Notes, documents and decisions, entered as people enter them."""

import io

from PIL import Image
from playwright.sync_api import Page

from flows.visiting import follow


def add_note(page: Page, reference: str) -> None:
    """A note on the referral."""
    page.goto(f"/referrals/{reference}/papers/note/")
    page.get_by_label("Contact with the potential victim").check()
    fill_day(page, "When did it happen?", "2 March 2010")
    page.get_by_label("Fact", exact=True).check()
    page.get_by_role("textbox", name="Note", exact=True).fill("She was seen and is safe.")
    follow(page.get_by_role("button", name="Add it"))


def add_picture(page: Page, reference: str) -> None:
    """A picture on the referral, its original sealed."""
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "grey").save(content, "JPEG", comment=b"the camera of a witness")
    page.goto(f"/referrals/{reference}/papers/document/")
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "cellar.jpg", "mimeType": "image/jpeg", "buffer": content.getvalue()}
    )
    page.get_by_role("textbox", name="What is it?").fill("The cellar, as it was found.")
    page.get_by_role("textbox", name="If it is a picture").fill("It shows when it was taken.")
    follow(page.get_by_role("button", name="Add it"))


def enter_decision(page: Page, reference: str) -> None:
    """A decision in the referral's log."""
    page.goto(f"/referrals/{reference}/decisions/new/")
    for label, words in {
        "What is decided?": "The house is visited.",
        "Option 1": "Visit",
        "For option 1": "She may be there",
        "Against option 1": "They are warned",
        "Option 2": "Wait",
        "For option 2": "A warrant",
        "Against option 2": "She may be moved",
        "Why this one?": "Her safety.",
        "What is it based on?": "A call at noon.",
    }.items():
        page.get_by_role("textbox", name=label, exact=True).fill(words)
    fill_day(page, "When was it decided?", "2 March 2010")
    fill_day(page, "When is it reviewed?", "9 March 2010")
    page.get_by_role("radio", name="Option 1").check()
    page.get_by_role("radio", name="No", exact=True).check()
    follow(page.get_by_role("button", name="Enter it"))


def fill_day(page: Page, legend: str, words: str) -> None:
    asked = page.get_by_role("group", name=legend)
    for part, word in zip(("Day", "Month", "Year"), words.split(), strict=True):
        asked.get_by_label(part, exact=True).fill(word)
