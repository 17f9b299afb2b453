"""People who propose operations, and hold a tasking meeting on them, in a browser."""

from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

from playwright.sync_api import Page

from flows.referring import answer
from flows.visiting import follow


def press(page: Page, words: str) -> None:
    follow(page.get_by_role("button", name=words, exact=True))


def day(name: str, on: date) -> dict[str, str]:
    return {f"{name}-day": str(on.day), f"{name}-month": str(on.month), f"{name}-year": str(on.year)}


def fill_proposal(page: Page, name: str, today: date) -> str:
    """A proposal with all its pages filled in, and not made yet; gives the address of the last look."""
    page.goto("/operations/propose/")
    press(page, "Begin a proposal")
    answer(page, {"name": name, "objective": "Find who runs the flats.", "kind": "proactive", "nim_level": "2"})
    answer(page, {**day("starts_on", today), **day("ends_on", today + timedelta(days=20))})
    press(page, "Save and continue")
    answer(page, {"desk_0": "SCD9||vice", "days_0": "20"})
    press(page, "Save and continue")
    for group in page.get_by_role("group").all():
        group.get_by_role("radio").nth(2).check()
    for reason in page.get_by_role("textbox").all():
        reason.fill("Two reports agree.")
    press(page, "Save and continue")
    return urlsplit(page.url).path


def propose(page: Page, name: str, today: date) -> str:
    """An operation that is proposed; gives its key."""
    fill_proposal(page, name, today)
    press(page, "Propose it")
    return key_of(page)


def key_of(page: Page) -> str:
    return urlsplit(page.url).path.strip("/").split("/")[1]


def go(page: Page, address: str, button: str, **given: str) -> None:
    """Open a page, answer it, and press its button."""
    page.goto(address)
    answer(page, given)
    press(page, button)


def today_of(page: Page) -> date:
    """The day on which the demonstration plays, as its pages say it."""
    page.goto("/operations/")
    said = page.locator(".govuk-phase-banner__text").inner_text()
    return datetime.strptime(said.rpartition("Today is ")[2].strip(" ."), "%d %B %Y").replace(tzinfo=UTC).date()


def plan_meeting(page: Page, today: date, **whom: str) -> str:
    """A meeting that is planned for today; gives its number."""
    go(page, "/tasking/new/", "Plan it", **day("day", today), **whom)
    return key_of(page)


def hold(supervisor: Page, chair: Page, reference: str) -> dict[str, tuple[str, ...]]:
    """Operations in every state, meetings in every state, and a task; gives the addresses of their pages, by role."""
    today = today_of(supervisor)
    left, approved, ended, refused = (propose(supervisor, name, today) for name in ("Heron", "Tern", "Gull", "Wren"))
    draft = fill_proposal(supervisor, "Plover", today)
    linking = {"reference": reference, "reason": "the same flats"}
    go(supervisor, f"/operations/{left}/link/", "Link it", **linking)
    meeting = plan_meeting(chair, today, scope="whole")
    go(chair, f"/tasking/{meeting}/open/", "Open it")
    decision = {"reason": "It comes first.", "owner": "SCD9||", **day("due_on", today)}
    for key, choice in ((approved, "approve"), (ended, "approve"), (refused, "refuse")):
        go(chair, f"/tasking/{meeting}/decide/{key}/", "Decide it", choice=choice, **decision)
    go(supervisor, f"/operations/{ended}/start/", "Start it", reason="They meet tonight.")
    here = f"/operations/{ended}"
    on = day("day", today)
    go(supervisor, f"{here}/use/", "Record them", desk="SCD9||vice", officer_days="2", **on)
    go(supervisor, f"{here}/result/", "Record it", kind="arrests", amount="3", **on)
    go(supervisor, f"{here}/cost/", "Record it", kind="travel", certainty="spent", pounds="99.50", **on)
    go(supervisor, f"{here}/end/", "End it", reason="It is over.", report="Four people are safe.")
    of_the_unit = plan_meeting(supervisor, today, places="SCD9||")
    go(supervisor, f"/tasking/{of_the_unit}/open/", "Open it")
    supervisor.goto(f"/tasking/{of_the_unit}/close/")
    press(supervisor, "Close it and keep the minutes")
    to_come = plan_meeting(chair, today, scope="whole")
    operations = tuple(f"/operations/{key}/" for key in (left, approved, ended, refused))
    meetings = (f"/tasking/{meeting}/", f"/tasking/{of_the_unit}/", f"/tasking/{to_come}/")
    return {
        "supervisor": (*operations, draft, *meetings),
        "officer": operations,
        "commander": (*operations, *meetings, f"/tasking/{meeting}/agenda/new/"),
        "auditor": (*operations, *meetings),
        "analyst": operations[:1],
    }
