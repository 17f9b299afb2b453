import shutil
from pathlib import Path

import pytest

from palermo.domain.policy import Fault
from palermo.packs import definition
from palermo.packs.loader import PACKS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a sound pack's definition, to be spoilt."""
    pack = tmp_path / "pack"
    pack.mkdir()
    for name in ("definition.toml", "elements.csv", "indicators.csv", "screening.csv"):
        shutil.copy(PACKS / "mps-2010" / name, pack / name)
    return pack


def faults_after(folder: Path, name: str, old: str, new: str) -> list[str]:
    """The faults once one text stands for another in one of the files."""
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    faults: list[Fault] = []
    assert definition.read(folder, faults) is None
    return [f"{fault.file} {fault.row}: {fault.says}" for fault in faults]


def test_a_sound_definition_is_read_without_fault(folder):
    faults: list[Fault] = []
    found = definition.read(folder, faults)

    assert faults == []
    assert found is not None
    assert [kind.list for kind in found.kinds] == ["acts", "means", "purposes"]
    assert ("definition.toml", "T2", "CETS197 art 4(c)") in found.cites
    assert ("elements.csv", "ACT-REC", "CETS197 art 4(a)") in found.cites


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        (
            "indicators.csv",
            'no,"ILO, from memory, unverified"',
            'yes,"ILO, from memory, unverified"',
            ["it is from memory and marked for scoring. Check it against its source, or write no."],
        ),
        ("indicators.csv", "means,yes,", "means,maybe,", ["use_for_scoring is 'maybe'. Write yes or no."]),
        (
            "indicators.csv",
            ",strong,means",
            ",hard,means",
            ["its strength is 'hard'. Strengths: strong, medium, weak."],
        ),
        (
            "indicators.csv",
            ",adult_labour,",
            ",adult_work,",
            ["its set is 'adult_work'. Sets: adult_labour, adult_sexual, child_labour, child_sexual."],
        ),
        (
            "elements.csv",
            "ACT-TPT,act,",
            "ACT-REC,act,",
            ["it is there twice. Keep one, or give the other a name of its own."],
        ),
        ("elements.csv", "ACT-REC,act,", "ACT-REC,deed,", ["its kind is 'deed'. Elements: act, means, purpose."]),
        ("elements.csv", "recruitment,,", ",,", ["label has nothing in it. Fill it in."]),
        ("elements.csv", "code,element", "kode,element", ["no column code. Add it to the first line."]),
        ("screening.csv", ",2,0,0,", ",two,0,0,", ["the least numbers are two, 0 and 0. Write whole numbers from 0."]),
        (
            "definition.toml",
            'age = "unknown"',
            'age = "unknwon"',
            ["no test is for age 'unknown': what is left out is not known. Add one."],
        ),
        ("definition.toml", "[consent]", "[consnet]", None),
        ("definition.toml", 'insufficient = "', 'insuficient = "', ["`insufficient` is missing."]),
    ],
)
def test_a_fault_is_told_with_its_remedy(folder, name, old, new, says):
    faults = faults_after(folder, name, old, new)

    if says is None:
        assert "pack/definition.toml : there is no table [consent]. Add it." in faults
    else:
        assert [fault.partition(": ")[2] for fault in faults] == says


def test_faults_of_several_files_are_told_together(folder):
    (folder / "screening.csv").unlink()
    faults = faults_after(folder, "elements.csv", "recruitment,,", ",,")

    assert faults == [
        "pack/elements.csv ACT-REC: label has nothing in it. Fill it in.",
        "pack/screening.csv : the file is missing. Add screening.csv to the pack.",
    ]
