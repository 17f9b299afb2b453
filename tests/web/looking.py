"""What every page is held to in a real browser: axe, the console, other hosts, and a narrow screen."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
from demonstration_site import BROWSER_ARGUMENTS, browser_path

from flows.visiting import follow, overflow, violations

__all__ = ["BROWSER_ARGUMENTS", "WIDE", "Desk", "browser_path"]

NARROW, WIDE = {"width": 375, "height": 800}, {"width": 1200, "height": 900}


class Desk:
    """Somebody's browser: opens pages and looks at each."""

    def __init__(self, page, address: str):
        self.page, self.address, self.faults = page, address, []
        page.on("console", self.said)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", lambda request: self.requested(request.url))

    def said(self, message) -> None:
        # a page that answers with 400 or 409 is meant to; the browser notes it all the same
        if message.type in ("error", "warning") and "the server responded with a status of 4" not in message.text:
            self.faults.append(message.text)

    def requested(self, url: str) -> None:
        if not url.startswith((self.address, "data:")):
            self.faults.append(f"request to {url}")

    def open(self, path: str, status: int = 200) -> None:
        assert self.page.goto(path if path.startswith("http") else self.address + path).status == status, path
        self.look()

    def press(self, words: str) -> None:
        follow(self.page.get_by_role("button", name=words, exact=True))

    def look(self) -> None:
        self.faults += violations(self.page)
        self.page.set_viewport_size(NARROW)
        if overflow(self.page) > 0:
            self.faults.append("wider than a narrow screen")
        self.page.set_viewport_size(WIDE)
        assert self.faults == [], self.page.url
