"""Whom a meeting is for, who holds it, and what is before it."""

import pytest

from palermo.domain.access import Role, Viewer
from palermo.domain.operations import MeetingMove, MeetingState, Scope, Section
from palermo.domain.operations.meetings import may_answer, may_attend, may_chair, may_read_task, possible

WHOLE = Scope()
OF_A = Scope(frozenset({("unit-a", "")}))
OF_NEWHAM = Scope(frozenset({("boroughs", "Newham")}))
OF_BOROUGHS = Scope(frozenset({("boroughs", "")}))


def a_viewer(role, unit="", borough=""):
    return Viewer(1, role, unit=unit, borough=borough)


@pytest.mark.parametrize(
    ("viewer", "scope", "attends", "chairs"),
    [
        (a_viewer(Role.COMMANDER), WHOLE, True, True),
        (a_viewer(Role.COMMANDER), OF_A, True, True),
        (a_viewer(Role.SUPERVISOR, "unit-a"), WHOLE, True, False),
        (a_viewer(Role.SUPERVISOR, "unit-a"), OF_A, True, True),
        (a_viewer(Role.SUPERVISOR, "unit-b"), OF_A, False, False),
        (a_viewer(Role.SUPERVISOR, "boroughs", "Newham"), OF_NEWHAM, True, True),
        (a_viewer(Role.SUPERVISOR, "boroughs", "Hackney"), OF_NEWHAM, False, False),
        (a_viewer(Role.SUPERVISOR, "boroughs", "Hackney"), OF_BOROUGHS, True, True),
        (a_viewer(Role.AUDITOR), WHOLE, True, False),
        (a_viewer(Role.OFFICER, "unit-a"), OF_A, False, False),
        (a_viewer(Role.ANALYST, "unit-a"), OF_A, False, False),
        (a_viewer(Role.PARTNER), WHOLE, False, False),
        (a_viewer(Role.ADMINISTRATOR), WHOLE, False, False),
    ],
)
def test_who_reads_and_who_chairs(viewer, scope, attends, chairs):
    assert (bool(may_attend(viewer, scope)), bool(may_chair(viewer, scope))) == (attends, chairs)


@pytest.mark.parametrize(
    ("scope", "place", "inside"),
    [
        (WHOLE, ("anything", "anywhere"), True),
        (OF_A, ("unit-a", ""), True),
        (OF_A, ("unit-b", ""), False),
        (OF_NEWHAM, ("boroughs", "Newham"), True),
        (OF_NEWHAM, ("boroughs", "Hackney"), False),
        (OF_NEWHAM, ("boroughs", ""), True),
        (OF_BOROUGHS, ("boroughs", "Hackney"), True),
    ],
)
def test_what_is_before_a_meeting(scope, place, inside):
    assert scope.takes_in(*place) is inside


@pytest.mark.parametrize(
    ("wide", "narrow", "covers"),
    [
        (WHOLE, OF_A, True),
        (OF_A, WHOLE, False),
        (WHOLE, WHOLE, True),
        (OF_A, OF_A, True),
        (OF_BOROUGHS, OF_NEWHAM, True),
        (OF_NEWHAM, OF_BOROUGHS, False),
        (OF_A, OF_NEWHAM, False),
    ],
)
def test_which_meeting_has_before_it_all_that_another_has(wide, narrow, covers):
    assert wide.covers(narrow) is covers


def test_a_meeting_is_planned_opened_and_closed_and_only_added_to_then():
    able = {state: {move for move in MeetingMove if possible(state, move)} for state in MeetingState}
    assert able == {
        MeetingState.PLANNED: {MeetingMove.OPEN, MeetingMove.CANCEL},
        MeetingState.OPEN: {MeetingMove.DECIDE, MeetingMove.CLOSE},
        MeetingState.CLOSED: {MeetingMove.ADD},
        MeetingState.CANCELLED: set(),
    }
    assert possible(MeetingState.CANCELLED, MeetingMove.OPEN).because == (
        "it is cancelled. What can be done with it now: nothing"
    )


def test_every_section_has_its_words():
    assert len({section.words for section in Section}) == len(Section)


@pytest.mark.parametrize(
    ("viewer", "account", "reads", "answers"),
    [
        (a_viewer(Role.OFFICER, "unit-a"), None, True, True),
        (a_viewer(Role.SUPERVISOR, "unit-a"), None, True, True),
        (a_viewer(Role.OFFICER, "unit-a"), 1, True, True),
        (a_viewer(Role.OFFICER, "unit-a"), 2, True, False),
        (a_viewer(Role.SUPERVISOR, "unit-a"), 2, True, True),
        (a_viewer(Role.OFFICER, "unit-b"), None, False, False),
        (a_viewer(Role.COMMANDER, "top"), 1, True, True),
        (a_viewer(Role.COMMANDER, "top"), None, True, False),
        (a_viewer(Role.AUDITOR), None, True, False),
        (a_viewer(Role.ANALYST, "unit-a"), None, False, False),
        (a_viewer(Role.PARTNER), None, False, False),
    ],
)
def test_who_reads_a_task_and_who_answers_it(viewer, account, reads, answers):
    place = ("unit-a", "")

    assert bool(may_read_task(viewer, place, account)) is reads
    assert bool(may_answer(viewer, place, account)) is answers
