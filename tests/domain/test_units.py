from dataclasses import replace
from datetime import date

import pytest

from palermo.domain.policy import Basis, Period
from palermo.domain.units import Function, NoOrganisation, Post, Unit, Units, unit_faults

START = date(2000, 1, 1)
EVE, CHANGE = date(2005, 5, 31), date(2005, 6, 1)


def a_unit(id_: str, parent: str | None = "FORCE", **changes: object) -> Unit:
    unit = Unit(id_, f"The {id_}", "team", Period(), Basis.STATED, parent=parent, cites=("§1",))
    return replace(unit, **changes)


def a_post(id_: str, *leads: str, **changes: object) -> Post:
    post = Post(id_, f"Head of {id_}", "FORCE", leads, Period(), Basis.STATED, cites=("§1",))
    return replace(post, **changes)


FORCE = a_unit("FORCE", None, kind="force")
OLD = a_unit("OLD", period=Period(None, CHANGE), successor="NEW", became="was made into NEW", officers=7)
NEW = a_unit("NEW", period=Period(CHANGE, None), predecessor="OLD")


def faults_of(*units: Unit, posts: tuple[Post, ...] = ()) -> list[str]:
    return [f"{row}: {says}" for row, says in unit_faults(units, posts, START)]


def test_a_unit_exists_from_its_first_day_up_to_the_day_it_ends():
    units = Units([FORCE, OLD, NEW], start=START)

    assert [there.id for there in units.on(EVE).units] == ["FORCE", "OLD"]
    assert [there.id for there in units.on(CHANGE).units] == ["FORCE", "NEW"]


def test_what_became_of_a_unit_is_told_from_the_day_it_ends_and_what_is_to_come_until_the_day_before():
    units = Units([FORCE, OLD, NEW], start=START)
    before, after = units.on(EVE), units.on(CHANGE)

    assert [(one.id, one.on, one.predecessor) for one in before.to_come] == [("NEW", CHANGE, "OLD")]
    assert before.gone == ()
    assert [(one.id, one.since, one.successor, one.became) for one in after.gone] == [
        ("OLD", CHANGE, "NEW", "was made into NEW")
    ]
    assert after.to_come == ()


def test_a_unit_that_goes_on_in_another_row_is_neither_gone_nor_to_come():
    moved = [
        a_unit("TEAM", period=Period(None, CHANGE), officers=3),
        a_unit("TEAM", period=Period(CHANGE, None), officers=5),
    ]
    units = Units([FORCE, *moved], start=START)

    assert [units.on(day).unit("TEAM").officers for day in (EVE, CHANGE)] == [3, 5]
    assert units.on(EVE).to_come == ()
    assert units.on(CHANGE).gone == ()


def test_a_day_before_the_start_has_no_organisation():
    units = Units([FORCE], start=START)

    with pytest.raises(
        NoOrganisation, match=r"1999-12-31 is before this organisation is known. It starts on 2000-01-01"
    ):
        units.on(date(1999, 12, 31))
    assert units.on(START).units


def test_the_tree_holds_every_unit_once_under_its_parent():
    units = Units([FORCE, a_unit("A"), a_unit("B"), a_unit("A1", "A")], start=START)
    (top,) = units.on(START).tree()

    assert top.unit.id == "FORCE"
    assert [branch.unit.id for branch in top.beneath] == ["A", "B"]
    assert [branch.unit.id for branch in top.beneath[0].beneath] == ["A1"]


def test_the_line_of_a_unit_leads_to_the_top():
    units = Units([FORCE, a_unit("A"), a_unit("A1", "A")], start=START)

    assert [there.id for there in units.on(START).line("A1")] == ["A1", "A", "FORCE"]


def test_asking_for_a_unit_that_is_gone_says_what_became_of_it():
    units = Units([FORCE, OLD, NEW], start=START)

    with pytest.raises(KeyError, match="since 2005-06-01 it was made into NEW"):
        units.on(CHANGE).unit("OLD")
    with pytest.raises(KeyError, match="it starts on 2005-06-01"):
        units.on(EVE).unit("NEW")
    with pytest.raises(KeyError, match="no unit 'NONE' is known"):
        units.on(EVE).unit("NONE")


def test_a_unit_is_led_by_the_posts_of_that_day():
    posts = [
        a_post("BEFORE", "OLD", period=Period(None, CHANGE)),
        a_post("AFTER", "NEW", period=Period(CHANGE, None)),
    ]
    units = Units([FORCE, OLD, NEW], posts, start=START)

    assert [post.id for post in units.on(EVE).unit("OLD").led_by] == ["BEFORE"]
    assert [post.id for post in units.on(CHANGE).unit("NEW").led_by] == ["AFTER"]


def test_a_name_is_known_on_every_day_also_for_units_gone_or_to_come():
    renamed = [
        a_unit("T", name="First", period=Period(None, CHANGE)),
        a_unit("T", name="Second", period=Period(CHANGE, None)),
    ]
    units = Units([FORCE, OLD, NEW, *renamed], start=START)

    assert units.names_on(EVE) == {"FORCE": "The FORCE", "OLD": "The OLD", "NEW": "The NEW", "T": "First"}
    assert units.names_on(CHANGE) == {"FORCE": "The FORCE", "OLD": "The OLD", "NEW": "The NEW", "T": "Second"}


def test_change_days_are_those_on_which_a_unit_or_post_begins_or_ends():
    post = a_post("P", "FORCE", period=Period(date(2003, 1, 1), None))
    early = a_unit("EARLY", period=Period(date(1990, 1, 1), None))

    assert Units([FORCE, OLD, NEW, early], [post], start=START).change_days == (date(2003, 1, 1), CHANGE)


def test_what_is_not_stated_is_null_and_never_nought():
    units = Units([FORCE, a_unit("A", functions=(Function("f", "Work"),))], start=START)
    said = units.on(START).unit("A").as_dict()

    assert said["officers"] is None
    assert said["functions"] == [{"id": "f", "name": "Work", "officers": None}]


def test_every_fault_is_told_with_its_remedy():
    assert faults_of(FORCE, a_unit("A"), a_unit("A")) == [
        "A: two rows are in force on the same day. End one before the other starts."
    ]
    assert faults_of(FORCE, a_unit("A", period=Period(CHANGE, EVE), became="x"))[0].startswith(
        "A: it ends on 2005-05-31, not after it starts on 2005-06-01."
    )
    assert faults_of(FORCE, a_unit("A", basis=Basis.ASSUMED)) == ["A: it is assumed and does not say why. Add `why`."]
    assert faults_of(FORCE, a_unit("A", cites=())) == ["A: it cites no paragraph. Add `cites`."]
    assert faults_of(FORCE, a_unit("A", period=Period(None, CHANGE))) == [
        "A: it ends on 2005-05-31 and does not say what became of it. Add `became`."
    ]
    assert faults_of(FORCE, a_unit("A", predecessor="FORSE")) == [
        "A: predecessor 'FORSE': there is no such unit. Did you mean FORCE?"
    ]
    assert faults_of(FORCE, a_unit("A", functions=(Function("f", "F"), Function("f", "G")))) == [
        "A: function 'f' is there twice. Keep one."
    ]


def test_a_unit_may_not_outlive_what_it_stands_under():
    assert faults_of(FORCE, OLD, NEW, a_unit("TEAM", "OLD")) == [
        "TEAM: on 2005-06-01 it stands under OLD, which does not exist that day. Change its days."
    ]


def test_units_may_not_stand_under_each_other_in_a_circle():
    assert faults_of(a_unit("A", "B"), a_unit("B", "A")) == [
        "A: units stand under each other in a circle: A > B > A. Take one out."
    ]


def test_a_post_leads_only_units_that_exist_while_it_does():
    late = a_post("P", "OLD", period=Period(CHANGE, None))

    assert faults_of(FORCE, OLD, NEW, posts=(late,)) == [
        "P: leads OLD, which does not exist from 2005-06-01. Change the days of one of them."
    ]
    assert faults_of(FORCE, OLD, NEW, posts=(a_post("P", "OLD"),)) == []


def test_who_answers_for_the_records_of_a_unit_that_is_gone():
    units = Units(
        [
            a_unit("OLD", period=Period(None, CHANGE), successor="NEXT"),
            a_unit("NEXT", period=Period(CHANGE, date(2006, 1, 1)), successor="NOW"),
            a_unit("NOW"),
            a_unit("GONE", period=Period(None, CHANGE)),
        ],
        start=START,
    )

    assert units.heir("OLD", EVE) == "OLD"
    assert units.heir("OLD", CHANGE) == "NEXT"
    assert units.heir("OLD", date(2006, 1, 1)) == "NOW"
    assert units.heir("GONE", CHANGE) == "GONE"
    assert units.heir("NEVER", CHANGE) == "NEVER"
    assert units.answers_for("NOW", CHANGE) == ("NOW",)
    assert units.answers_for("NOW", date(2006, 1, 1)) == ("NEXT", "NOW", "OLD")
    assert units.answers_for("", CHANGE) == ("",)
