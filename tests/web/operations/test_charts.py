from hypothesis import given
from hypothesis import strategies as st

from palermo.web.operations.charts import LEFT, RIGHT, WIDTH, drawn

rows = st.lists(
    st.tuples(st.just("Vice"), st.none() | st.integers(0, 50_000), st.integers(0, 50_000)), min_size=1, max_size=8
)


def test_a_bar_is_as_long_as_what_there_is_and_filled_as_far_as_it_is_tasked():
    [within, beyond, unknown] = drawn([("a", 1000, 250), ("b", 500, 1000), ("c", None, 100)]).bars
    scale = (WIDTH - LEFT - RIGHT) / 1000

    assert (within.has, within.tasked, within.over) == (1000 * scale, 250 * scale, 0)
    assert (beyond.has, beyond.tasked, beyond.over) == (500 * scale, 500 * scale, 500 * scale)
    assert (unknown.has, unknown.tasked, unknown.over) == (0, 100 * scale, 0)
    assert [bar.says for bar in (within, beyond, unknown)] == ["25 of 100", "100 of 50", "10 of not stated"]


@given(there=rows)
def test_nothing_is_drawn_beyond_the_picture_and_rows_do_not_meet(there):
    picture = drawn(there)
    if picture is None:
        assert all(not has and not tasked for _, has, tasked in there)
        return
    for bar in picture.bars:
        assert bar.over_x + bar.over <= WIDTH - RIGHT + 0.2
        assert bar.y + picture.bar <= picture.height
    assert [bar.y for bar in picture.bars] == sorted({bar.y for bar in picture.bars})


def test_where_there_is_nothing_nothing_is_drawn():
    assert drawn([]) is None
    assert drawn([("a", 0, 0)]) is None
