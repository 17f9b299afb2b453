"""What every page is held to while a test visits it: nothing on the console, no other host, and axe is content."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, Request, Response

RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]


@dataclass
class Watch:
    """What pages did that no page may do, and the status that each was last answered with."""

    host: str
    faults: list[str] = field(default_factory=list)
    status: dict[Page, int] = field(default_factory=dict)

    def over(self, page: Page) -> None:
        """Listen to a page from its first request on."""

        def asked(request: Request) -> None:
            parts = urlsplit(request.url)
            if parts.scheme in ("http", "https") and parts.netloc != self.host:
                self.faults.append(f"{page.url} asked another host: {request.url}")

        def answered(response: Response) -> None:
            if response.request.is_navigation_request() and response.frame == page.main_frame:
                self.status[page] = response.status

        page.on("request", asked)
        page.on("response", answered)
        page.on("pageerror", lambda error: self.faults.append(f"{page.url} raised: {error}"))
        page.on(
            "console",
            lambda message: self.faults.append(f"{page.url} said: {message.text}") if message.type == "error" else None,
        )


def follow(what: Locator) -> None:
    """Press a link or a button, and wait for the page that it leads to: a click alone returns before that."""
    with what.page.expect_navigation():
        what.click()


def violations(page: Page) -> list[str]:
    """What axe finds wrong with the page as it stands, one line each."""
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    return [f"{page.url}: {v['id']}: {v['help']}: {[node['target'] for node in v['nodes']]}" for v in found]


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the screen."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
