import shutil
from datetime import date
from pathlib import Path

import pytest

from palermo.domain.policy import Fault
from palermo.packs import units
from palermo.packs.loader import PACKS

UNITS = """
from = 2000-01-01
units = [
  { id = "F", name = "The force", kind = "force", cites = ["§1"], basis = "stated" },
  { id = "T", name = "The team", kind = "team", parent = "F", officers = 4, until = 2005-01-01, cites = [
    "§2"], became = "closed", basis = "stated", functions = [{ id = "a", name = "A", officers = 3 }] },
]
[boroughs]
id = "B-{slug}"
name = "{name} command"
kind = "borough"
parent = "F"
force = "Ours"
cites = ["§3"]
basis = "stated"
[[posts]]
id = "P"
title = "Head of the team"
unit = "F"
leads = ["T"]
until = 2005-01-01
cites = ["§4"]
basis = "stated"
"""
BOROUGHS = "gss,name,police_force\nX1,King’s Wood and Mere,Ours\nX2,Other,Theirs\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "units.toml").write_text(UNITS, encoding="utf-8")
    (tmp_path / "boroughs.csv").write_text(BOROUGHS, encoding="utf-8")
    return tmp_path


def faults_after(folder: Path, old: str, new: str) -> list[str]:
    """The faults of the file in which one text stands for another."""
    assert old in UNITS
    (folder / "units.toml").write_text(UNITS.replace(old, new, 1), encoding="utf-8")
    faults: list[Fault] = []
    assert units.read(folder, faults) is None
    return [f"{fault.row}: {fault.says}" for fault in faults]


def test_the_organisation_is_read_with_its_boroughs_and_posts(folder):
    faults: list[Fault] = []
    found = units.read(folder, faults)

    assert faults == []
    assert found is not None
    day = found.on(date(2004, 12, 31))
    assert [(there.id, there.name, there.parent) for there in day.units] == [
        ("F", "The force", None),
        ("T", "The team", "F"),
        ("B-KING-S-WOOD-AND-MERE", "King’s Wood and Mere command", "F"),
    ]
    assert (day.unit("T").officers, day.unit("T").functions[0].officers) == (4, 3)
    assert [post.id for post in day.unit("T").led_by] == ["P"]
    assert found.on(date(2005, 1, 1)).posts == ()
    assert found.cites == (
        ("units.toml", "F", "§1"),
        ("units.toml", "T", "§2"),
        ("units.toml", "B-KING-S-WOOD-AND-MERE", "§3"),
        ("units.toml", "P", "§4"),
    )


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("from = 2000-01-01", "", [": `from` is missing: the first day that the organisation is known for."]),
        ("officers = 4", "officers = -4", ["T: `officers` is -4, not a whole number from 0."]),
        ("officers = 4", "officers = true", ["T: `officers` is True, not a whole number from 0."]),
        ("officers = 4", "oficers = 4", ["T: no entry 'oficers' is known here. Did you mean officers?"]),
        ("officers = 3", "offices = 3", ["T: no entry 'offices' is known here. Did you mean officers?"]),
        (
            'basis = "stated", functions',
            'basis = "sure", functions',
            ["T: basis 'sure' is none. Values: stated, inferred, assumed."],
        ),
        (
            'force = "Ours"',
            'force = "Our"',
            ["boroughs: no borough in boroughs.csv is policed by 'Our'. Correct `force`."],
        ),
        ('became = "closed", ', "", ["T: it ends on 2004-12-31 and does not say what became of it. Add `became`."]),
        (
            'leads = ["T"]',
            'leads = ["TT"]',
            ["P: leads 'TT': there is no such unit. Did you mean T?"],
        ),
        (
            'parent = "F", officers',
            'parent = "G", officers',
            ["T: on 2000-01-01 it stands under G, which does not exist that day. Change its days."],
        ),
    ],
)
def test_a_fault_is_told_with_its_row_and_remedy(folder, old, new, says):
    assert faults_after(folder, old, new) == says


def test_all_faults_are_told_at_once(folder):
    (folder / "boroughs.csv").unlink()

    assert faults_after(folder, "officers = 4", 'officers = "4"') == [
        "T: `officers` is '4', not a whole number from 0.",
        ": the file is missing. Add boroughs.csv to the pack.",
    ]


def test_a_missing_file_is_a_fault(tmp_path):
    faults: list[Fault] = []

    assert units.read(tmp_path, faults) is None
    assert [fault.says for fault in faults] == ["the file is missing. Add units.toml to the pack."]


def test_a_fault_names_the_line_of_the_row(tmp_path):
    folder = tmp_path / "pack"
    shutil.copytree(PACKS / "mps-2010", folder)
    text = (folder / "units.toml").read_text(encoding="utf-8").replace("officers = 11", "officers = -11")
    (folder / "units.toml").write_text(text, encoding="utf-8")
    faults: list[Fault] = []

    assert units.read(folder, faults) is None
    line = next(n for n, words in enumerate(text.splitlines(), start=1) if 'id = "HTT"' in words)
    assert str(faults[0]) == f"pack/units.toml:{line}: HTT: `officers` is -11, not a whole number from 0."
