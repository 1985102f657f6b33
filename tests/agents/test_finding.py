"""Whoever writes an id from memory, or in haste, finds the element: among the first three."""

from __future__ import annotations

from itertools import pairwise

import pytest
import shapely

import gridtwin
from gridtwin.analysis.state.name_index import NameIndex
from gridtwin.model.element_names import mrid_of
from gridtwin.model.network import Network
from gridtwin.twin import Twin
from misspelt_ids import CASES, miss_texts


@pytest.fixture(scope="module")
def town() -> Twin:
    return gridtwin.open(gridtwin.synthesize("houston", meters=20_000, seed=3))


@pytest.fixture(scope="module")
def names(town: Twin) -> NameIndex:
    return NameIndex(town.store.network.data, town.store.network.ids)


def test_the_right_one_is_among_the_first_three(town: Twin, names: NameIndex) -> None:
    missed = miss_texts(town, names, seed=5)
    assert len(missed) <= 0.05 * CASES, missed


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("recloser 12", "RCL-0000012"),
        ("RCL12", "RCL-0000012"),
        ("rcl-00012", "RCL-0000012"),
        ("fues-0000012", "FUSE-0000012"),
        ("xfmr OOOOO12", "XFMR-0000012"),
        ("transformer 44", "XFMR-0000044"),
        ("meter #7", "MTR-0000007"),
        ("MTR-0000l23", "MTR-0000123"),
    ],
)
def test_what_people_say_is_understood(
    names: NameIndex, town: Twin, written: str, found: str
) -> None:
    hits = names.find_names(written, 3)
    assert mrid_of(town.store.network.data, hits[0].element) == found


def test_what_is_called_so_comes_first(names: NameIndex, town: Twin) -> None:
    hits = names.find_names("FUSE-0000012", 5)
    data = town.store.network.data
    assert [hit.rank for hit in hits] == [0, 3, 3, 3, 3]
    assert mrid_of(data, hits[0].element) == "FUSE-0000012"


@pytest.mark.parametrize("written", ["", " ", "\n", "-", "\0", "x" * 5_000, "?" * 300, "0" * 99])
def test_any_text_can_be_searched(names: NameIndex, written: str) -> None:
    assert len(names.find_names(written, 3)) <= 3


def test_ids_without_numbers_are_compared() -> None:
    words = ["alder", "birch", "cedar", "dogwood", "elm", "fir"]
    network = Network.from_frames(
        nodes={"mrid": words, "geometry": [shapely.Point(at, 0) for at in range(6)]},
        equipment={
            "mrid": [f"{a}_to_{b}" for a, b in pairwise(words)],
            "kind": ["ac_line_segment"] * 5,
            "node_a": words[:-1],
            "node_b": words[1:],
        },
        usage_points={"mrid": ["house at the elm"], "node": ["elm"]},
        sources={"mrid": ["well"], "node": ["alder"]},
        substations={"mrid": [], "name": [], "geometry": []},
        feeders={"mrid": [], "head": []},
    )
    names = NameIndex(network.data, network.ids)
    meant = {"brich to cedar": "birch_to_cedar", "hose at the elm": "house at the elm"}
    for written, found in meant.items():
        assert mrid_of(network.data, names.find_names(written, 1)[0].element) == found
    assert names.find_names("sequoia", 3) == []
