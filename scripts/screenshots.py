"""The README's pictures, from a demonstration site of its own: `python3 dev screenshots`.

Each is taken anew into docs/images/. Only Chromium is needed; nothing is edited by hand.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from demonstration_site import BROWSER_ARGUMENTS, ROOT, Site, browser_path, demonstration_site, sign_in
from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = ROOT / "docs" / "images"
WIDTH = 1280
LARGEST = 250_000
"""Bytes that one picture may have: they are in the repository for good."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its file, whose page it shows, how to get there, and how much of the page to show."""

    file: str
    account: str
    go: Callable[[Page], None]
    height: int
    width: int = WIDTH


def to(address: str) -> Callable[[Page], None]:
    def go(page: Page) -> None:
        page.goto(address)

    return go


def a_question(page: Page) -> None:
    """One page of the form, in the middle of a referral."""
    page.goto("/refer/")
    page.get_by_role("button", name="Start a new referral").click()
    page.get_by_role("heading", name="Your referral").wait_for()
    page.goto(f"{page.url.rstrip('/')}/victims/")


def a_referral(page: Page) -> None:
    """The first referral of the queue."""
    page.goto("/my-queue/")
    page.locator('main a[href*="/referrals/"]').first.click()
    page.wait_for_url("**/referrals/**")


WHO = (
    "/who-owns-this/?on=2010-03-31&and=2010-04-01&age=adult&exploitation=sexual&organised=yes&reach=national"
    "&borough=Newham"
)
PICTURES = (
    Picture("refer-form.png", "partner", a_question, 670),
    Picture("refer-form-phone.png", "partner", a_question, 800, width=375),
    Picture("queue.png", "borough", to("/my-queue/"), 1000),
    Picture("referral.png", "borough", a_referral, 1300),
    Picture("organisation-2010-03-31.png", "commander", to("/organisation/?on=2010-03-31"), 1450),
    Picture("organisation-2010-04-01.png", "commander", to("/organisation/?on=2010-04-01"), 1450),
    Picture("who-owns-this.png", "commander", to(WHO), 1400),
)


def main() -> int:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="palermo-pictures-") as folder,
        demonstration_site(Path(folder)) as site,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=browser_path(), args=BROWSER_ARGUMENTS)
        sizes = {picture.file: take(browser, site, picture) for picture in PICTURES}
        browser.close()
    for file, size in sizes.items():
        print(f"{file}: {size / 1000:.0f} kB", file=sys.stderr)
    large = [file for file, size in sizes.items() if size > LARGEST]
    if large:
        print(f"More than {LARGEST // 1000} kB: {', '.join(large)}. Show less of the page.", file=sys.stderr)
    return 1 if large else 0


def take(browser: Browser, site: Site, picture: Picture) -> int:
    """Take one picture; gives its size in bytes."""
    viewport = {"width": picture.width, "height": 900}
    context = browser.new_context(base_url=site.address, viewport=viewport)
    page = context.new_page()
    sign_in(page, site, picture.account)
    picture.go(page)
    height = min(picture.height, page.evaluate("document.documentElement.scrollHeight"))
    clip = {"x": 0, "y": 0, "width": picture.width, "height": height}
    taken = page.screenshot(path=IMAGES / picture.file, full_page=True, clip=clip)
    context.close()
    return len(taken)


if __name__ == "__main__":
    raise SystemExit(main())
