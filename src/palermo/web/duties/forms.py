"""How is what is overdue narrowed, and what is asked of whoever does something about it?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django import forms

from palermo.domain.clocks import COMMANDER, SUPERVISOR
from palermo.web.cases.forms import choice
from palermo.web.duties.queries import NOBODY, Sought
from palermo.web.intake.fields import Words


class OverdueForm(forms.Form):
    """The filters of what is overdue, as the address gives them; whoever sees one unit cannot choose another."""

    use_required_attribute = False

    def __init__(self, data: Mapping, *, units: Iterable[tuple[str, str]] = ()):
        super().__init__(data)
        units = list(units)
        if units:
            self.fields["unit"] = choice("Unit", units)
        self.fields["step"] = choice(
            "Gone up to",
            [(COMMANDER, "the commander"), (SUPERVISOR, "the supervisor only"), (NOBODY, "nobody yet")],
        )
        self.fields["answered"] = choice(
            "What is done about it", [("no", "nothing is said yet"), ("yes", "it is said")]
        )

    @property
    def sought(self) -> Sought:
        """What is asked for; without what cannot be asked, whose fault is shown beside it."""
        self.is_valid()
        found = self.cleaned_data
        return Sought(unit=found.get("unit", ""), step=found.get("step", ""), answered=found.get("answered", ""))


class AnswerForm(forms.Form):
    """What is done about a clock that has run out. `page` tells one opening of the page from another."""

    use_required_attribute = False
    page = forms.CharField(widget=forms.HiddenInput(), max_length=64, required=False)
    text = Words(
        "What do you do about it?",
        longest=4000,
        rows=5,
        required="What you do about it: write it in a few words",
        hint="For example, whom you have asked, what they need, and by when it will be done. The timeline tells it.",
    )
