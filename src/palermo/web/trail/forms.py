"""What is looked for in the trail, and what was found in a sample."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms

from palermo.web.intake.fields import OneOf, Words
from palermo.web.trail.queries import Review


class FindForm(forms.Form):
    """A referral by its reference."""

    use_required_attribute = False

    def __init__(self, data: Mapping | None):
        super().__init__(data)
        self.fields["reference"] = Words(
            "Who has seen a referral?",
            longest=40,
            required="Enter the reference of the referral",
            hint="Its reference. For example, PAL-BCDF-GHJK.",
            width="govuk-input--width-20",
        )


class ReviewForm(forms.Form):
    """What was found about one opening."""

    use_required_attribute = False

    def __init__(self, data: Mapping | None):
        super().__init__(data)
        self.fields["finding"] = OneOf("What did you find?", Review.Finding.choices, required="Select what you found")
        self.fields["note"] = Words("Note", longest=4000, rows=4, hint="Needed where you asked or referred it.")

    def clean(self) -> dict[str, object]:
        given = super().clean()
        if given.get("finding") not in (None, Review.Finding.IN_ORDER) and not given.get("note"):
            self.add_error("note", "Note: write what you asked, or whom you referred it to")
        return given
