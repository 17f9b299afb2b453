"""What is asked before an estimate is made? The counts, what they are about, and how much of them may be shown."""

from __future__ import annotations

from django import forms

from palermo.analytics import disclosure, prevalence
from palermo.analytics.prevalence import Lists, ListsRefused, Scope
from palermo.analytics.prevalence.methods import SEED
from palermo.web.intake.fields import OneOf, Words
from palermo.web.intelligence.actions import Request
from palermo.web.intelligence.examples import EXAMPLES

LARGEST_FILE = 100_000
"""Bytes: ten lists have 1,023 combinations, which take a third of this."""
LARGEST_SEED = 2_147_483_647
LARGEST_SMALLEST = 1_000
MOST_PROBLEMS = 20
FILE, PASTE, EXAMPLE = "file", "paste", "example"
SOURCES = ((FILE, "A file"), (PASTE, "A table that I paste"), (EXAMPLE, "A published example"))


class EstimateForm(forms.Form):
    """Reads the counts as `palermo estimate` does. `request` has what was asked, once the form is valid.

    A file cannot be kept in a page: where one is refused, what it holds is put into the table to paste, so that it can
    be corrected there.
    """

    use_required_attribute = False

    title = Words("Title", longest=120, required="Enter a title, such as “Referrals to three bodies, 2009”")
    source = OneOf("Where are the counts?", SOURCES, required="Select where the counts are")
    file = forms.FileField(label="CSV file", required=False, allow_empty_file=True)
    table = Words("Table", longest=LARGEST_FILE, rows=12)
    example = OneOf("Example", [(name, example.words) for name, example in EXAMPLES.items()], required="", long=True)
    population = Words("Whom are the lists about?", longest=200, hint="For example, potential victims of trafficking")
    area = Words("Where?", longest=200)
    period = Words("When?", longest=200)
    definition = Words("By what definition?", longest=400)
    referrals = Words("Which lists refer people to each other?", longest=400)
    smallest_shown = forms.IntegerField(
        label="Smallest count that may be shown",
        help_text="Smaller counts of people are held back and all others rounded to 5. "
        "Enter 0 only for counts that are public already.",
        min_value=0,
        max_value=LARGEST_SMALLEST,
        initial=disclosure.SMALLEST_SHOWN,
        widget=forms.TextInput({"class": "govuk-input--width-4", "inputmode": "numeric"}),
        error_messages={
            "required": "Enter the smallest count that may be shown, or 0 to show every count",
            "invalid": "The smallest count that may be shown is a whole number, such as 10",
            "min_value": "The smallest count that may be shown is 0 or more",
            "max_value": f"The smallest count that may be shown is {LARGEST_SMALLEST:,} or less",
        },
    )
    seed = forms.IntegerField(
        label="Seed",
        help_text="Methods that draw at random start from it. The same counts and seed always give the same answer.",
        min_value=0,
        max_value=LARGEST_SEED,
        initial=SEED,
        widget=forms.TextInput({"class": "govuk-input--width-10", "inputmode": "numeric"}),
        error_messages={
            "required": "Enter a seed, such as 1",
            "invalid": "The seed is a whole number, such as 1",
            "min_value": "The seed is 0 or more",
            "max_value": f"The seed is {LARGEST_SEED:,} or less",
        },
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        # else blank lines at the top would make every line's number wrong
        self.fields["table"].strip = False

    @property
    def request(self) -> Request:
        given = self.cleaned_data
        return Request(given["title"], given["lists"], given["scope"], given["seed"], given["smallest_shown"])

    def clean(self) -> dict[str, object]:
        given = super().clean()
        source = given.get("source", "")
        text = {FILE: self.text_of_file, PASTE: self.text_pasted, EXAMPLE: self.text_of_example}
        places = {FILE: "file", PASTE: "table", EXAMPLE: "example"}
        for other in set(places) - {source}:
            # what was not chosen is neither shown nor asked for
            self.errors.pop(places[other], None)
        if source and (found := text[source]()) is not None:
            given["lists"] = self.read(found, places[source])
        if self.errors:
            self.keep_file_as_text()
        given["scope"] = self.scope(given)
        return given

    def text_of_file(self) -> str | None:
        if "file" in self.errors:
            return None
        file = self.cleaned_data.get("file")
        if file is None:
            self.add_error("file", "Select a CSV file. If you selected one before, select it again")
        elif file.size > LARGEST_FILE:
            self.add_error(
                "file",
                f"The file has {file.size:,} bytes; counts of ten lists fit in {LARGEST_FILE:,}. "
                "Give counts by combination of lists, one row each, and not one row a person",
            )
        else:
            try:
                return self.fields["table"].to_python(file.read().decode("utf-8-sig"))
            except UnicodeDecodeError:
                self.add_error("file", f"{file.name}: it is not text in UTF-8; save it as CSV UTF-8")
            except forms.ValidationError as refused:
                self.add_error("file", refused)
        return None

    def text_pasted(self) -> str | None:
        if "table" in self.errors:
            return None
        if not self.cleaned_data.get("table", "").strip():
            self.add_error("table", "Paste the table, with its header")
            return None
        text = self.cleaned_data["table"]
        # a table copied from a spreadsheet has tabs where a file has commas
        return text.replace("\t", ",") if "\t" in text and "," not in text else text

    def text_of_example(self) -> str | None:
        if "example" in self.errors:
            return None
        if not self.cleaned_data.get("example"):
            self.add_error("example", "Select an example")
            return None
        return EXAMPLES[self.cleaned_data["example"]].text

    def read(self, text: str, place: str) -> Lists | None:
        """The counts, or each thing that is wrong with them as an error of the field that they came from."""
        try:
            return prevalence.parse_lists(text)
        except ListsRefused as refused:
            for problem in refused.problems[:MOST_PROBLEMS]:
                words = str(problem)
                self.add_error(place, words[:1].upper() + words[1:])
            if (more := len(refused.problems) - MOST_PROBLEMS) > 0:
                self.add_error(place, f"And {more:,} more of the kind: correct these first")
        return None

    def keep_file_as_text(self) -> None:
        """Where a small file of text was chosen: put what it holds into the table to paste, and choose that instead."""
        file = self.files.get("file")
        if self.data.get("source") != FILE or file is None or file.size > LARGEST_FILE:
            return
        file.seek(0)
        try:
            text = file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            return
        self.data = self.data.copy()
        self.data["table"], self.data["source"] = text, PASTE
        if moved := self.errors.pop("file", None):
            self.errors["table"] = moved

    def scope(self, given: dict[str, object]) -> Scope:
        """What was said of the counts; what is known of a published example stands where nothing was said."""
        names = ("population", "area", "period", "definition", "referrals")
        said = [str(given.get(name, "") or "") for name in names]
        if given.get("source") == EXAMPLE and given.get("example") and not any(said):
            return EXAMPLES[given["example"]].scope
        return Scope(*said)
