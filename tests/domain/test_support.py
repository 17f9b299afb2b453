"""What can be asked of whom, on which day, and where a request for it stands."""

from datetime import date

import pytest

from palermo.domain.access import Custody, Role, Viewer
from palermo.domain.policy import Basis, Period
from palermo.domain.support import (
    CONCERNED,
    Resource,
    ResourceRow,
    Resources,
    Stage,
    Step,
    may_step,
    open_steps,
    pointless,
    possible,
)

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


# Where a request stands

OWNER = Viewer(1, Role.OFFICER, unit="unit-a")
ASKED = Viewer(2, Role.OFFICER, unit="unit-b")
ALSO_ASKED = Viewer(3, Role.SUPERVISOR, unit="unit-c")
COMMANDER = Viewer(4, Role.COMMANDER, unit="all")
AUDITOR = Viewer(5, Role.AUDITOR)
EVERYONE = (OWNER, ASKED, ALSO_ASKED, COMMANDER, AUDITOR)
CUSTODY = Custody(owner="unit-a", asked=frozenset({"unit-b", "unit-c"}))

TABLE = {
    Stage.ASKED: {Step.ANSWER, Step.WITHDRAW},
    Stage.GIVEN: {Step.APPOINT, Step.END},
    Stage.REFUSED: {Step.DISPUTE},
    Stage.DISPUTED: {Step.ARBITRATE, Step.WITHDRAW},
    Stage.DECLINED: set(),
    Stage.WITHDRAWN: set(),
    Stage.ENDED: set(),
}


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("step", Step)
def test_a_step_is_possible_in_its_stages_and_in_no_other(stage, step):
    assert bool(possible(step, stage)) is (step in TABLE[stage])


@pytest.mark.parametrize("stage", Stage)
def test_nothing_is_asked_anew_on_a_closed_case(stage):
    assert {step for step in Step if possible(step, stage, closed=True)} == TABLE[stage] - {Step.DISPUTE}


def test_a_refusal_says_why_and_what_is_possible():
    assert possible(Step.END, Stage.ASKED).because == (
        "it is not yet answered. What can be done with it now: answer it or withdraw it"
    )
    assert possible(Step.ANSWER, Stage.DECLINED).because == "it is refused, and upheld"
    assert possible(Step.ANSWER, Stage.REFUSED, closed=True).because == "it is refused"
    assert possible(Step.DISPUTE, Stage.REFUSED, closed=True).because == "the case is closed"


@pytest.mark.parametrize(
    ("step", "who"),
    [
        (Step.ANSWER, {ASKED}),
        (Step.WITHDRAW, {OWNER}),
        (Step.DISPUTE, {OWNER}),
        (Step.ARBITRATE, {COMMANDER}),
        (Step.APPOINT, {ASKED}),
        (Step.END, {OWNER, ASKED}),
    ],
)
def test_who_takes_a_step(step, who):
    assert {viewer for viewer in EVERYONE if may_step(viewer, step, CUSTODY, "unit-b")} == who


def test_another_unit_that_is_asked_for_something_else_is_told_so():
    assert may_step(ALSO_ASKED, Step.ANSWER, CUSTODY, "unit-b").because == "it is another unit that is asked"
    assert may_step(ALSO_ASKED, Step.ANSWER, CUSTODY, "unit-c")


def test_open_steps_are_those_that_both_access_and_the_stage_allow():
    def steps(viewer, stage, **how):
        return set(open_steps(viewer, stage, CUSTODY, "unit-b", **how))

    assert steps(OWNER, Stage.ASKED) == {Step.WITHDRAW}
    assert steps(ASKED, Stage.ASKED) == {Step.ANSWER}
    assert steps(OWNER, Stage.REFUSED) == {Step.DISPUTE}
    assert steps(OWNER, Stage.REFUSED, closed=True) == set()
    assert steps(ASKED, Stage.DISPUTED) == set()
    assert steps(COMMANDER, Stage.DISPUTED) == {Step.ARBITRATE}
    assert {viewer: steps(viewer, Stage.DECLINED) for viewer in EVERYONE} == {viewer: set() for viewer in EVERYONE}


@pytest.mark.parametrize(
    ("asked", "owner", "because"),
    [
        ("unit-b", "unit-a", ""),
        ("unit-a", "unit-a", "the unit that was asked owns the referral now"),
        ("unit-z", "unit-a", "the unit that was asked is not there any more"),
    ],
)
def test_a_request_is_pointless_where_its_owner_or_nobody_would_answer_it(asked, owner, because):
    assert pointless(asked, owner, {"unit-a", "unit-b"}) == because


def test_every_stage_is_reached_from_asking_and_whatever_runs_can_be_brought_to_an_end():
    reached = {Stage.ASKED}
    for _ in Stage:
        reached |= {to for stage in reached for step in TABLE[stage] for to in step.rule.to}
    assert reached == set(Stage)
    assert set(CONCERNED) == {stage for stage in Stage if TABLE[stage] - {Step.DISPUTE}}
    for stage in CONCERNED:
        assert {Stage.WITHDRAWN, Stage.ENDED} & {to for step in TABLE[stage] for to in step.rule.to}


def test_what_the_commander_has_decided_is_put_to_nobody_again():
    assert Stage.DISPUTED not in {to for step in TABLE[Stage.DECLINED] for to in step.rule.to}
    assert Stage.REFUSED not in {to for step in TABLE[Stage.GIVEN] for to in step.rule.to}
