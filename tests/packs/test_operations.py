"""The matrix and the rhythm of meetings, as packs say them; a pack that says them badly is refused with every fault."""

import shutil
from datetime import date

import pytest

from palermo.domain.policy import Basis, PolicyFaults
from palermo.packs import available, load, loader
from palermo.packs.operations import FILE


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(loader.PACKS / "mps-2010", tmp_path / "a-pack")


def faults(folder, text):
    (folder / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(PolicyFaults) as refused:
        load(folder)
    return [str(fault) for fault in refused.value.faults]


@pytest.mark.parametrize("name", available())
def test_every_pack_has_a_matrix_on_every_day_and_says_that_it_is_assumed(name):
    pack = load(name)

    assert pack.tasking.matrix.on(pack.remit.start)
    assert pack.tasking.matrix.on(date(2026, 1, 1))
    assert {row.basis for row in pack.tasking.matrix.criteria} == {Basis.ASSUMED}
    assert pack.tasking.meetings.days == 14


def test_every_fault_of_a_matrix_is_told_with_its_row(folder):
    text = """
criteria = [
  { id = "harm", name = "Harm", asks = "How?", weight = 0, levels = ["a", "a"], cites = ["§99"], basis = "assumed" },
  { id = "child", asks = "Is there?", levels = ["no", "yes"], basis = "stated", wieght = 2 },
]
"""
    assert faults(folder, text) == [
        "a-pack/operations.toml:3: harm: it is assumed and does not say why. Add `why`.",
        "a-pack/operations.toml:4: child: no entry 'wieght' is known here. Did you mean weight?",
        "a-pack/operations.toml:4: child: `weight` is missing: a whole number from 1.",
        "a-pack/operations.toml:4: child: it cites no paragraph. Add `cites`.",
        "a-pack/operations.toml:4: child: `name` is missing.",
        "a-pack/operations.toml: meetings: `days` is missing: how many days lie between two meetings, a whole number "
        "from 1.",
        "a-pack/operations.toml: meetings: `basis` is missing. Values: stated, inferred, assumed.",
        "a-pack/operations.toml: meetings: it is assumed and does not say why. Add `why`.",
        "a-pack/operations.toml: meetings: it cites no paragraph. Add `cites`.",
        "a-pack/operations.toml:3: harm: its weight is 0, so it would not count. Give it a weight, or take it out.",
        "a-pack/operations.toml:3: harm: two levels have the same words, so nobody could tell them apart.",
    ]


def test_a_paragraph_that_is_not_there_is_told(folder):
    text = (folder / FILE).read_text(encoding="utf-8").replace('cites = ["§9", "§13"]', 'cites = ["§99"]')

    assert faults(folder, text) == [
        "a-pack/operations.toml: meetings: it cites '§99', which MPA7 does not have. Did you mean §9?"
    ]


def test_a_pack_without_the_file_is_refused(folder):
    (folder / FILE).unlink()

    with pytest.raises(PolicyFaults, match=r"operations\.toml: the file is missing"):
        load(folder)
