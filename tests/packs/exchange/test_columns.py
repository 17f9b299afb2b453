"""Slips in the names of columns."""

import pytest

from palermo.packs.exchange.columns import slip_of

KNOWN = ("matter", "age", "exploitation", "organised", "reach", "victims", "port", "received", "borough", "profile")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Age", "age"),
        ("RECEIVED", "received"),
        ("recieved", "received"),
        ("organized", "organised"),
        ("victim", "victims"),
        ("prot", "port"),
        ("profiles", "profile"),
        *((name, None) for name in ("report", "export", "notes", "case", "name", "officer", "gender", "")),
    ],
)
def test_a_slip_is_known_by_its_letters(name, meant):
    assert slip_of(name, KNOWN) == meant
