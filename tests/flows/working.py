"""Cases brought as far as their life has pages of its own, as people bring them there."""

from datetime import timedelta
from urllib.parse import urlsplit

from playwright.sync_api import Page

from flows.referring import LABOUR_IN_NEWHAM, answer, move, refer
from flows.tasking import day, today_of
from flows.visiting import follow


def every_state(partner: Page, officer: Page, supervisor: Page) -> tuple[str, ...]:
    """A case allocated, one in dispute, one suspended, one closed, one with a clock paused; gives their addresses."""
    allocated, disputed, suspended, closed, waiting = (refer(partner, LABOUR_IN_NEWHAM) for _ in range(5))
    for reference in (allocated, disputed, suspended, closed, waiting):
        move(officer, reference, "accept")
    move(officer, allocated, "take")
    move(officer, disputed, "dispute", {"choice": "SCD9|", "reason": "They have had the house for months."})
    later = day("review_on", today_of(supervisor) + timedelta(days=30))
    move(supervisor, suspended, "suspend", {**later, "reason": "He is abroad for a month."})
    move(supervisor, closed, "close", {"outcome": "victim_support_only", "reason": "He is safe and wants no more."})
    officer.goto(f"/referrals/{waiting}/")
    follow(officer.get_by_role("link", name="Pause").first)
    answer(officer, {"reason": "The interpreter comes on Monday."})
    follow(officer.get_by_role("button", name="Pause it"))
    return tuple(f"/referrals/{one}/" for one in (allocated, disputed, suspended, closed, waiting))


def make_file(supervisor: Page, reference: str) -> str:
    """The file of a referral, made to its end; gives the address of its page."""
    asked = {"recipient": "Reviewing lawyer, Directorate of Legal Services", "reason": "A claim under article 4."}
    move(supervisor, reference, "file", asked)
    # the page looks again by itself
    supervisor.get_by_role("heading", name="The file is ready").wait_for(timeout=120_000)
    return urlsplit(supervisor.url).path
