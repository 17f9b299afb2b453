"""What can be asked of whom, on which day."""

from datetime import date

import pytest

from palermo.domain.policy import Basis, Period
from palermo.domain.support import Resource, ResourceRow, Resources

CHANGE = date(2010, 4, 1)
EVE = date(2010, 3, 31)
OWNERS = ("unit-a", "unit-b", "unit-c")


def a_row(id_: str = "R1", **other: object) -> ResourceRow:
    given = {"resource": "advice", "label": "Advice", "units": ("unit-a",), "period": Period(), "basis": Basis.STATED}
    return ResourceRow(id=id_, **{**given, **other})


def test_a_resource_is_there_on_its_days_and_passes_to_whoever_follows():
    old = a_row(units=("unit-a",), period=Period(end=CHANGE))
    new = a_row(units=("unit-b",), period=Period(start=CHANGE))
    resources = Resources([old, new])

    assert resources.of("unit-c", EVE) == (Resource("unit-a", old),)
    assert resources.of("unit-c", CHANGE) == (Resource("unit-b", new),)


@pytest.mark.parametrize(
    ("owner", "asked", "may_ask"),
    [
        ("unit-b", "unit-a", True),
        ("unit-c", "unit-a", False),  # it is for others
        ("unit-a", "unit-a", False),  # nobody asks itself
        ("unit-b", "unit-c", False),  # it has not got it
    ],
)
def test_who_may_ask_whom(owner, asked, may_ask):
    resources = Resources([a_row(owner=("unit-a", "unit-b"))])

    assert (resources.find("advice", asked, owner, CHANGE) is not None) is may_ask
    assert resources.find("covert", asked, owner, CHANGE) is None
    assert bool([one for one in resources.of(owner, CHANGE) if one.unit == asked]) is may_ask


def test_a_label_is_that_of_the_day_or_else_the_last_or_the_first():
    resources = Resources(
        [a_row(label="Old", period=Period(EVE, CHANGE)), a_row(label="New", period=Period(CHANGE, date(2011, 1, 1)))]
    )

    labels = {day: resources.label("advice", day) for day in (date(2009, 1, 1), EVE, CHANGE, date(2012, 1, 1))}
    assert list(labels.values()) == ["Old", "Old", "New", "New"]
    assert resources.label("covert", CHANGE) == "covert"


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({}, "R1 lets unit-b ask unit-a for it on the same days. Narrow one of them."),
        ({"owner": ("unit-c",)}, "R1 lets unit-c ask unit-a for it on the same days. Narrow one of them."),
        ({"label": "Advise", "units": ("unit-b",)}, "advice has the label 'Advice' in R1. Give it the same one."),
        ({"units": ("unit-b",)}, None),
        ({"resource": "covert"}, None),
        ({"owner": ("unit-a",)}, None),  # it never asks itself, so nothing is answered twice
        ({"id_": "R1"}, None),  # told of every kind of row elsewhere
    ],
)
def test_two_rows_that_answer_one_question_are_a_fault(other, says):
    row = a_row(**{"id_": "R2", **other})

    assert list(Resources([a_row(), row]).faults(OWNERS)) == ([(row.id, says)] if says else [])
    ended = a_row(period=Period(end=CHANGE))
    later = a_row(**{"id_": "R2", **other, "period": Period(start=CHANGE)})
    assert list(Resources([ended, later]).faults(OWNERS)) == []
