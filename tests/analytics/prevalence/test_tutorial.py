import doctest
from pathlib import Path


def test_every_figure_of_the_tutorial_is_what_comes_out():
    tutorial = Path(__file__).parents[3] / "docs" / "prevalence-tutorial.md"
    found = doctest.testfile(str(tutorial), module_relative=False)

    assert found.attempted > 15
    assert found.failed == 0
