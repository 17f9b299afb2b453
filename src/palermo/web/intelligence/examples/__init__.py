"""Published linked lists to try the site with, and to check it against what others found."""

from dataclasses import dataclass
from pathlib import Path

from palermo.analytics.prevalence import Scope

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Example:
    """A published table: what it is called here, where it comes from, and what it is about."""

    words: str
    file: str
    scope: Scope

    @property
    def text(self) -> str:
        return (_HERE / self.file).read_text(encoding="utf-8")


_UK = Scope(
    population="Potential victims of modern slavery",
    area="United Kingdom",
    period="2013",
    definition="As the National Crime Agency’s strategic assessment of 2013 counts them",
    referrals_between_lists="Not known; bodies of one kind are one list",
)
EXAMPLES = {
    "uk-2013-five-lists": Example(
        "United Kingdom 2013, five lists (Home Office 2014; the police and the agency as one)",
        "uk-2013-five-lists.csv",
        _UK,
    ),
    "uk-2013-six-lists": Example("United Kingdom 2013, six lists (Home Office 2014)", "uk-2013-six-lists.csv", _UK),
}
