"""For whom is a file made, and why?"""

from __future__ import annotations

from django import forms

from palermo.web.intake.fields import Words


class AskForm(forms.Form):
    """Whoever gives the record of a potential victim away says to whom, and why."""

    use_required_attribute = False

    def __init__(self, data=None):
        super().__init__(data)
        self.fields["recipient"] = Words(
            "Who is it for?",
            longest=200,
            required="Who is it for? Write the post and the body",
            hint="A post and a body: Reviewing lawyer, Directorate of Legal Services.",
        )
        self.fields["reason"] = Words(
            "Why do they get it?", longest=4000, rows=4, required="Why do they get it? Write it in a few words"
        )
