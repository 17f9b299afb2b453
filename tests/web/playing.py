"""A play on the site: the clock stands where the scene says, people act in browsers of their own, and it is told.

What is told becomes a page of the documentation, so that the page says what the site does.
"""

import time
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from palermo.web import clock
from web.looking import WIDE, Desk

LONDON = ZoneInfo("Europe/London")
ROOT = Path(__file__).resolve().parents[2]


class Play:
    """Scene after scene, in the order of time."""

    def __init__(self, browser, address: str, session_of, monkeypatch, pictures: Path):
        self.browser, self.address, self.session_of, self.pictures = browser, address, session_of, pictures
        self.desks: dict[str, Desk] = {}
        self.told: list[str] = []
        self.day = ""
        self.moment, self.since = datetime(2010, 2, 1, 9, tzinfo=LONDON), time.monotonic()
        monkeypatch.setattr(clock, "now", self.now)

    def now(self) -> datetime:
        """The scene's moment, and what has passed since it began: no two acts are at the same time."""
        return self.moment + timedelta(seconds=time.monotonic() - self.since)

    def scene(self, year: int, month: int, day: int, hour: int, title: str, *says: str) -> None:
        """Go on to that moment, and tell what happens then. Time only goes forward."""
        moment = datetime(year, month, day, hour, tzinfo=LONDON)
        assert moment > self.now(), f"{title}: the scene before it is later"
        self.moment, self.since = moment, time.monotonic()
        words = f"{day} {moment:%B %Y}"
        if words != self.day:
            self.told.append(f"## {words}")
            self.day = words
        self.told += [f"**{title}.** {' '.join(says)}"]

    def picture(self, page, name: str, alt: str) -> None:
        """A picture of the page as it stands, for the document. The page is looked at first: axe, console, narrow."""
        desk = next(one for one in self.desks.values() if one.page is page)
        desk.look()
        self.pictures.mkdir(parents=True, exist_ok=True)
        # the names of other files are those of the scenes before: in order, and found again
        file = self.pictures / f"{name}.png"
        page.screenshot(path=file, full_page=True, clip={"x": 0, "y": 0, "width": WIDE["width"], "height": 1100})
        self.told.append(f"![{alt}](images/a-year/{file.name})")

    def desk(self, username: str):
        """The page in somebody's browser, where they left it."""
        if username not in self.desks:
            context = self.browser.new_context(viewport=WIDE, base_url=self.address)
            context.add_cookies([{"name": "session", "value": self.session_of(username), "url": self.address}])
            self.desks[username] = Desk(context.new_page(), self.address)
        return self.desks[username].page

    def document(self, title: str, opening: str) -> str:
        return "\n\n".join((f"# {title}", opening, *self.told)) + "\n"
