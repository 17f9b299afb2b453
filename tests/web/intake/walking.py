"""Someone who walks the journey page by page, as a browser without JavaScript does."""

import html
import re
from dataclasses import dataclass

from django.test import Client

from palermo.web import policy
from palermo.web.intake.models import Draft, Referral


def first(element: str) -> str:
    return policy.pack().definition.of(element)[0].key


def an_adult() -> dict[str, dict]:
    """Answers to every page that needs one, of one adult."""
    return {
        "referrer": {"post": "Caseworker", "contact": "020 7946 0000", "sender_reference": "HP-17"},
        "victims": {"victims": "one"},
        "age": {"age": "adult"},
        "account": {"account": "She was told of a job in a café and her papers were taken."},
        "acts": {"acts": [first("act")]},
        "means": {"means": [first("means")]},
        "purposes": {"purposes": [first("purpose")]},
        "exploitation": {"exploitation": "sexual"},
        "organised": {"organised": "yes"},
        "reach": {"reach": "international"},
        "port": {"port": "no"},
        "borough": {"borough": "Newham"},
    }


def text_of(response) -> str:
    return html.unescape(response.content.decode())


def typed(response, name: str) -> str:
    """What stands in an input of the page."""
    found = re.search(rf'<input[^>]* name="{name}"[^>]*>', response.content.decode())
    value = re.search(r'value="([^"]*)"', found[0])
    return html.unescape(value[1]) if value else ""


def problems(response) -> dict[str, str]:
    """The list of problems at the top of the page: where each leads, and what it says."""
    summary = response.content.decode().partition("govuk-error-summary__list")[2].partition("</ul>")[0]
    return {link: html.unescape(says) for link, says in re.findall(r'<a href="([^"]*)">([^<]*)</a>', summary)}


@dataclass
class Traveller:
    """An account that fills in the form."""

    client: Client
    user: object
    key: str = ""

    def begin(self) -> str:
        response = self.client.post("/refer/new/")
        assert response.status_code == 302
        self.key = response.headers["Location"].split("/")[2]
        return self.key

    def url(self, page: str = "") -> str:
        return f"/refer/{self.key}/{page + '/' if page else ''}"

    def page(self, page: str = ""):
        return self.client.get(self.url(page))

    def answer(self, page: str, given: dict, back: str = ""):
        return self.client.post(self.url(page) + (f"?back={back}" if back else ""), given)

    def fill(self, answers: dict[str, dict]) -> None:
        for page, given in answers.items():
            response = self.answer(page, given)
            assert response.status_code == 302, (page, problems(response))

    def send(self):
        shown = self.page("check")
        assert shown.status_code == 200
        return self.client.post(self.url("check"), {"shown": typed(shown, "shown")})

    def refer(self, answers: dict[str, dict] | None = None) -> Referral:
        self.begin()
        self.fill(answers or an_adult())
        response = self.send()
        assert response.status_code == 302, problems(response)
        return Referral.objects.get(submission_key=self.key)

    @property
    def draft(self) -> Draft:
        return Draft.objects.get(id=self.key)
