"""The picture of the clocks: to scale, nothing outside it, and every part that there is."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from palermo.web.duties.picture import EDGE, TICKS, WIDTH, Span, picture

START = datetime(2010, 6, 14, 8, tzinfo=UTC)
DAY = timedelta(days=1)
moments = st.timedeltas(timedelta(0), 40 * DAY)


def kinds(span: Span, now: datetime) -> list[str]:
    (row,) = picture([span], now).rows
    return [bar.kind for bar in row.bars]


def test_a_clock_that_runs_has_time_used_and_time_left():
    span = Span("Accept it", START, START + 4 * DAY)
    (row,) = picture([span], START + DAY).rows

    assert [bar.kind for bar in row.bars] == ["run", "left"]
    used, left = row.bars
    # a fourth of the time is a fourth of the line
    assert abs(left.width - 3 * used.width) < 1
    assert row.due == left.x + left.width


def test_what_is_over_its_time_and_what_was_done_are_told_apart():
    due = START + 2 * DAY

    assert kinds(Span("x", START, due), START + 3 * DAY) == ["run", "late"]
    assert kinds(Span("x", START, due, met=START + DAY), START + 3 * DAY) == ["met"]
    assert kinds(Span("x", START, due, met=START + 3 * DAY), START + 9 * DAY) == ["met", "late"]


def test_a_clock_that_stands_still_is_not_late():
    span = Span("x", START, START + 2 * DAY, pauses=((START + DAY, None),))

    assert kinds(span, START + 9 * DAY) == ["run", "left", "paused"]


def test_a_pause_that_is_over_is_laid_over_the_time_used():
    span = Span("x", START, START + 5 * DAY, pauses=((START + DAY, START + 2 * DAY),))

    assert kinds(span, START + 3 * DAY) == ["run", "left", "paused"]


def test_without_clocks_there_is_no_picture():
    assert picture([], START) is None


def test_a_long_label_is_cut_and_the_table_has_it_whole():
    (row,) = picture([Span("x" * 200, START, START + DAY)], START).rows

    assert row.label == "x" * 79 + "…"


@given(
    spans=st.lists(st.tuples(moments, moments, st.none() | moments), min_size=1, max_size=5),
    now=st.timedeltas(-DAY, 60 * DAY),
)
def test_everything_stands_within_the_picture(spans, now):
    made = [
        Span("x", START + start, START + start + length, None if met is None else START + start + met)
        for start, length, met in spans
    ]
    drawn = picture(made, START + now)
    places = [drawn.now, *(tick.x for tick in drawn.ticks)]
    for row in drawn.rows:
        places += [row.due, *(bar.x for bar in row.bars)]
        assert all(bar.x + bar.width <= WIDTH - EDGE + 1.1 for bar in row.bars)
        if row.met is not None:
            places.append(row.met)

    assert all(EDGE <= x <= WIDTH - EDGE for x in places)
    assert len(drawn.ticks) <= TICKS + 1
    assert [tick.x for tick in drawn.ticks] == sorted({tick.x for tick in drawn.ticks})
