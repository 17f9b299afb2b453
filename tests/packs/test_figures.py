from datetime import date
from pathlib import Path

import pytest

from palermo.domain.policy import Fault
from palermo.packs import figures

FIGURES = """
figures = [
  { id = "a", value = 1_000, unit = "GBP", what = "one part", period = "2009/10", cite = "§1" },
  { id = "b", value = 2_000, unit = "GBP", what = "the other", cite = "§2" },
  { id = "all", value = 3_001, unit = "GBP", what = "both", cite = "§3" },
  { id = "day", value = 2010-04-01, unit = "day", what = "it starts", cite = "§4" },
  { id = "month", value = "2010-12", unit = "month", what = "it ends", cite = "§5" },
]
sums = [
  { id = "parts", says = "parts make the whole", terms = ["a", "b"], total = "all", cite = "§3", note = "Rounded." },
]
"""


def read(folder: Path, text: str = FIGURES):
    (folder / "figures.toml").write_text(text, encoding="utf-8")
    faults: list[Fault] = []
    return figures.read(folder, faults), [f"{fault.row}: {fault.says}" for fault in faults]


def test_figures_and_sums_are_read_exactly(tmp_path):
    found, faults = read(tmp_path)

    assert faults == []
    assert [figure.value for figure in found.figures] == [1000, 2000, 3001, date(2010, 4, 1), "2010-12"]
    assert [(one.sum.id, one.holds, one.difference) for one in found.check()] == [("parts", False, -1)]
    assert found.cites[0] == ("figures.toml", "a", "§1")
    assert found.cites[-1] == ("figures.toml", "parts", "§3")


VALUE = 'Write a whole number of the unit, a day (2010-04-01) or a month ("2010-04").'


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("value = 1_000", "value = 1_000.5", [f"a: `value` is 1000.5. {VALUE}"]),
        ("value = 1_000", "value = true", [f"a: `value` is True. {VALUE}"]),
        ("value = 1_000, ", "", [f"a: `value` is missing. {VALUE}"]),
        ('"2010-12"', '"2010-13"', [f"month: `value` is '2010-13'. {VALUE}"]),
        ('cite = "§1"', 'cite = ""', ["a: `cite` is '', not a text."]),
        (
            'what = "one part"',
            'waht = "one part"',
            ["a: no entry 'waht' is known here. Did you mean what?", "a: `what` is missing."],
        ),
        ('total = "all"', 'total = "al"', ["parts: there is no figure 'al'. Correct the id, or add the figure."]),
        (
            'total = "all"',
            'how = "product", total = "all"',
            ["parts: `how` is 'product'. Values: adds_up, falls, same, lists."],
        ),
    ],
)
def test_a_fault_is_told_with_its_row_and_remedy(tmp_path, old, new, says):
    assert old in FIGURES
    found, faults = read(tmp_path, FIGURES.replace(old, new, 1))

    assert found is None
    assert faults == says
