import pytest

from palermo.web import policy
from palermo.web.oversight.heat import Cell, Heat


def heat_of(**query):
    from django.http import QueryDict

    found = QueryDict(mutable=True)
    found.update(query)
    return Heat(policy.pack(), found)


@pytest.mark.parametrize("place", range(3))
def test_the_maps_add_up_to_what_the_engine_finds(place):
    looked = policy.pack().remit.check(stated=True).intervals[place]
    heat = heat_of(within="any", on=looked.period.start.isoformat())

    assert [found.wrong for found in heat.maps] == [looked.unowned, looked.disputed]
    assert {found.total for found in heat.maps} == {looked.profiles}
    assert all(sum(c.wrong for _, cells in found.rows for c in cells) == found.wrong for found in heat.maps)


def test_the_whole_pack_leaves_nothing_open():
    heat = heat_of(rules="whole", within="any")

    assert [found.wrong for found in heat.maps] == [0, 0]
    assert [found.wrong for found in heat.whole] == [0, 0]
    assert heat.at is None


def test_a_field_across_or_down_gives_the_same_cells():
    one = heat_of(column="age", row="reach").maps[0]
    other = heat_of(column="reach", row="age").maps[0]
    cells = {(cell.column, cell.row): cell.wrong for _, row in one.rows for cell in row}

    assert cells == {(cell.row, cell.column): cell.wrong for _, row in other.rows for cell in row}
    assert any(cells.values())


@pytest.mark.parametrize("kind", ["nobody", "two"])
def test_each_cell_is_told_in_boxes_that_add_up_to_it(kind):
    heat = heat_of()
    cells = [c for found in heat.maps if found.kind == kind for _, row in found.rows for c in row if c.wrong]

    assert cells
    for cell in cells:
        opened = heat_of(kind=kind, at=f"{cell.column}.{cell.row}")
        assert opened.at == cell
        assert sum(part.box.profiles for part in opened.parts) == cell.wrong


def test_a_cell_says_which_units_claim_it_and_gives_an_example(words_of):
    page = words_of("analyst", "heat", kind="two", at="sexual.national")

    assert "Claimed by two units where" in page
    assert "CO14 by B1" in page
    assert "HTT by B2" in page


def test_the_page_says_that_the_whole_pack_leaves_nothing_open(words_of):
    page = words_of("analyst", "heat")

    assert "0 are owned by nobody and 0 claimed by two" in page


def test_what_has_no_fault_is_not_opened(words_of):
    assert "Nearest rules" not in words_of("analyst", "heat", kind="nobody", at="mars.venus")


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"column": "colour"}, "“colour” is not in it"),
        ({"on": "2010-05-05"}, "“2010-05-05” is not in it"),
        ({"rules": "mine"}, "“mine” is not in it"),
        ({"within": "smuggling"}, "“smuggling” is not in it"),
        ({"column": "age", "row": "age"}, "Choose two different facts"),
    ],
)
def test_a_wrong_question_is_told(words_of, query, says):
    assert says in words_of("analyst", "heat", status=400, **query)


def test_a_share_is_never_rounded_to_none_or_all():
    assert [Cell("a", "b", n, 1000, "").percent for n in (0, 1, 500, 999, 1000)] == ["0%", "<1%", "50%", ">99%", "100%"]
    assert [Cell("a", "b", n, 100, "").level for n in (0, 1, 12, 13, 99, 100)] == [0, 1, 1, 2, 8, 8]
