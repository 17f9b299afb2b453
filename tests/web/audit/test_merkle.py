"""The tree: the published vectors of RFC 6962's reference, and what holds for every list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palermo.reports.verify import root
from palermo.web.audit.merkle import EMPTY, grown, leaf_of, levels_of, path_of, root_of, root_of_peaks

CONTENTS = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
LEAVES = [leaf_of(bytes.fromhex(one)) for one in CONTENTS]
lists = st.lists(st.binary(max_size=4).map(leaf_of), min_size=1, max_size=70)


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_the_published_vectors(size):
    assert root_of(LEAVES[:size]).hex() == ROOTS[size - 1]


def test_the_root_of_nothing_is_the_hash_of_nothing():
    assert root_of([]) == root_of_peaks([]) == EMPTY


@given(lists)
def test_a_tree_that_grows_leaf_by_leaf_has_the_root_of_the_whole(leaves):
    peaks = []
    for size, leaf in enumerate(leaves):
        peaks = grown(peaks, size, leaf)
        assert root_of_peaks(peaks) == root_of(leaves[: size + 1])


@given(lists, st.data())
def test_a_path_leads_from_its_leaf_to_the_root_and_from_no_other(leaves, data):
    place = data.draw(st.integers(0, len(leaves) - 1))
    path = [one.hex() for one in path_of(levels_of(leaves), place)]

    assert root(leaves[place], place, len(leaves), path) == root_of(leaves)
    assert root(leaf_of(b"another"), place, len(leaves), path) != root_of(leaves)
    assert root(leaves[place], place, len(leaves), [*path, "00" * 32]) is None


def test_there_is_no_path_from_where_nothing_stands():
    with pytest.raises(IndexError, match="there are 8 leaves, none at 8"):
        path_of(levels_of(LEAVES), 8)
