"""The proposals that come with the packs: each holds together on every day it reaches, and does what it says."""

from datetime import date

import pytest

from palermo.domain.remit.compare import compare
from palermo.packs import available, load, propose
from palermo.packs.loader import PACKS

FILES = [(name, path.name) for name in available() for path in sorted((PACKS / name / "proposals").glob("*.toml"))]
PACK = load("mps-2010")
PROPOSAL, REMIT = propose(PACK, PACKS / "mps-2010" / "proposals" / "swale-golf.toml")
AFTER, GOLFS_END = date(2010, 10, 1), date(2011, 1, 1)


@pytest.mark.parametrize(("name", "file"), FILES)
def test_every_referral_has_one_owner_on_every_day_under_the_proposal(name, file):
    _, remit = propose(load(name), PACKS / name / "proposals" / file)

    report = remit.check()
    assert report.ok, str(report)
    assert len(report.intervals) == len(remit.starts)


def test_swale_and_golf_go_to_the_specialist_crime_directorate_and_nothing_else_moves():
    assert {was: will for was, will in compare(PACK.remit, REMIT).matrix if was != will} == {
        "SWALE": "SCD-SWALE",
        "GOLF": "SCD-GOLF",
    }


def test_before_the_transfer_nothing_moves():
    for day in PACK.remit.starts:
        if day < AFTER:
            assert compare(PACK.remit.at(day), REMIT.at(day)).moved == 0


def test_the_units_keep_their_rank_with_their_work():
    assert compare(PACK.remit, REMIT).downgrades == ()
    assert (REMIT.tier("SCD-SWALE"), REMIT.tier("SCD-GOLF")) == (PACK.remit.tier("SWALE"), PACK.remit.tier("GOLF"))


def test_golf_still_ends_with_its_money():
    owned = {rule.owner for rule in REMIT.on(GOLFS_END).rules}

    assert "SCD-GOLF" in {rule.owner for rule in REMIT.on(AFTER).rules}
    assert "SCD-GOLF" not in owned
    assert "SCD-SWALE" in owned


def test_the_pack_itself_stays_as_it_is():
    assert {"SCD-SWALE", "SCD-GOLF"}.isdisjoint(PACK.remit.owners)
    assert PROPOSAL.effective == AFTER
