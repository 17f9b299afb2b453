from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from palermo.domain.figures import Figure, Figures, How, Sum, sum_faults

NUMBERS = st.integers(0, 10**12)


def a_figure(id_: str, value: int | date | str, unit: str = "officers") -> Figure:
    return Figure(id_, value, unit, f"what {id_} is", "§5")


def a_sum(*terms: str, total: str = "total", how: How = How.ADDS_UP, note: str = "") -> Sum:
    return Sum("s", "the parts make the whole", how, terms, total, "§5", note)


def checked(sum_: Sum, **values: int | date | str):
    return Figures([a_figure(id_, value) for id_, value in values.items()], [sum_]).check()[0]


def faults_of(figures: list[Figure], *sums: Sum) -> list[str]:
    return [f"{row}: {says}" for row, says in sum_faults(figures, sums)]


def test_a_sum_that_does_not_hold_is_reported_with_its_difference_and_nothing_is_corrected():
    found = checked(a_sum("a", "b", note="The source does not say why."), a=40, b=48, total=87)

    assert (found.holds, found.found, found.difference, found.total.value) == (False, 88, 1, 87)
    assert found.words == (
        "the parts make the whole: does not hold: 40 + 48 = 88, stated 87 officers (difference +1), §5. "
        "The source does not say why."
    )


def test_a_sum_that_holds_keeps_its_note_to_itself():
    found = checked(a_sum("a", "b", note="The source does not say why."), a=84, b=15, total=99)

    assert (found.holds, found.difference) == (True, 0)
    assert found.words == "the parts make the whole: holds: 84 + 15 = 99, stated 99 officers, §5."


@given(st.lists(NUMBERS, min_size=1, max_size=6), NUMBERS)
def test_terms_add_up_exactly(terms, stated):
    values = {f"t{place}": value for place, value in enumerate(terms)}
    found = checked(a_sum(*values), **values, total=stated)

    assert found.difference == sum(terms) - stated
    assert found.holds == (sum(terms) == stated)


@given(st.lists(NUMBERS, min_size=2, max_size=6))
def test_a_fall_is_down_at_every_step(numbers):
    values = {f"t{place}": value for place, value in enumerate(numbers[:-1])}
    found = checked(a_sum(*values, how=How.FALLS), **values, total=numbers[-1])

    assert found.holds == (sorted(set(numbers), reverse=True) == numbers)
    assert found.difference == numbers[-1] - numbers[0]


def test_a_list_is_counted_and_not_added():
    found = checked(a_sum("a", "b", how=How.LISTS), a=39, b=17, total=5)

    assert (found.found, found.holds, found.difference) == (2, False, -3)


def test_the_same_day_may_be_given_twice_and_another_is_found_out():
    day, other = date(2010, 4, 1), date(2010, 4, 2)

    assert checked(a_sum("a", how=How.SAME), a=day, total=day).holds
    found = checked(a_sum("a", how=How.SAME), a=other, total=day)
    assert (found.holds, found.found, found.difference) == (False, other, None)


def test_the_document_has_every_figure_with_its_paragraph_and_names_the_sums_that_do_not_hold():
    figures = Figures([a_figure("a", 1), a_figure("total", 2), a_figure("day", date(2010, 4, 1), "day")], [a_sum("a")])
    said = figures.as_dict()

    assert [(figure["id"], figure["value"], figure["source"]) for figure in said["figures"]] == [
        ("a", 1, "§5"),
        ("total", 2, "§5"),
        ("day", "2010-04-01", "§5"),
    ]
    assert said["do_not_hold"] == ["s"]
    assert said["sums"][0]["difference"] == -1


def test_every_fault_is_told():
    one, total = a_figure("a", 1), a_figure("total", 1)

    assert faults_of([one, one, total]) == ["a: it is there twice. Keep one, or give the other an id of its own."]
    assert faults_of([one, total], a_sum()) == ["s: it has no terms. Name the figures that it adds."]
    assert faults_of([total], a_sum("a")) == ["s: there is no figure 'a'. Correct the id, or add the figure."]
    assert faults_of([a_figure("a", 1, "GBP"), total], a_sum("a")) == [
        "s: it mixes units: GBP and officers. Figures of one sum have one unit."
    ]
    assert faults_of([a_figure("a", date(2010, 4, 1)), total], a_sum("a")) == [
        "s: a day or a month cannot be added. Use how = 'same' for them."
    ]
    assert faults_of([a_figure("a", 1, "GBP"), total], a_sum("a", how=How.LISTS)) == []
