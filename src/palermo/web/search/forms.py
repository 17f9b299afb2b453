"""What is looked for, and among what?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django import forms

from palermo.domain.casework import State
from palermo.web.cases.forms import choice
from palermo.web.intake.fields import Day, Words
from palermo.web.search.asking import CannotBeAsked, asked
from palermo.web.search.queries import KINDS, Wanted

LONGEST = 200
NARROWING = ("kind", "unit", "state", "since", "until")


class SearchForm(forms.Form):
    """The words, and what narrows them."""

    use_required_attribute = False

    def __init__(self, data: Mapping | None = None, *, units: Iterable[tuple[str, str]]):
        super().__init__(data)
        self.fields["words"] = Words(
            "What do you look for?",
            longest=LONGEST,
            required="Enter what to search for",
            hint="A reference, a name, an address, a phone number, or words of a text. In any order and any script, "
            "with or without accents.",
        )
        self.fields["kind"] = choice("Where", [(kind, words) for kind, (words, _) in KINDS.items()])
        self.fields["unit"] = choice("Owner", units)
        self.fields["state"] = choice("State", [(state.value, state.words) for state in State])
        self.fields["since"] = Day("Received since", required="")
        self.fields["until"] = Day("Received until", required="")

    def clean_words(self) -> str:
        """The words as they were typed; what is asked for by them is kept beside them."""
        words = self.cleaned_data["words"]
        try:
            self.asked = asked(words)
        except CannotBeAsked as wrong:
            raise forms.ValidationError(str(wrong)) from None
        return words

    def clean(self) -> dict[str, object]:
        given = super().clean()
        since, until = given.get("since"), given.get("until")
        if since and until and until < since:
            self.add_error("until", "Received until: it must be the day of “Received since”, or later")
        return given

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.asked, **{name: self.cleaned_data[name] for name in NARROWING})

    @property
    def narrowed(self) -> bool:
        """Whether something narrows the search, or was meant to."""
        return any(name in self.errors or self.cleaned_data.get(name) for name in NARROWING)

    @property
    def sent(self) -> list[tuple[str, str]]:
        """What was sent, to be sent again for another page."""
        return [(name, value) for name, value in self.data.items() if name.partition("-")[0] in self.fields and value]
