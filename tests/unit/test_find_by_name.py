"""Elements are found by what people call them; an id wins, and several are all listed."""

from __future__ import annotations

import pytest
import shapely

import gridtwin
from gridtwin.errors import InputError, NotFoundError
from gridtwin.model.ids import Element
from gridtwin.model.network import Network
from gridtwin.twin import Twin


@pytest.fixture
def twin() -> Twin:
    """Return S - B1 (breaker) - L1 (line), with loads of which two share a name."""
    nodes = ["S", "a", "b"]
    network = Network.from_frames(
        nodes={"mrid": nodes, "geometry": [shapely.Point(x / 100, 50) for x in range(3)]},
        equipment={
            "mrid": ["B1", "L1"],
            "kind": ["breaker", "ac_line_segment"],
            "node_a": ["S", "a"],
            "node_b": ["a", "b"],
            "phases": ["ABC", "ABC"],
            "name": ["Q1", "West"],
        },
        usage_points={
            "mrid": ["1", "2", "3", "Mill"],
            "node": ["a", "b", "b", "b"],
            "name": ["Main St", "Main St", "Mill", "L1"],
        },
        sources={"mrid": ["source"], "node": ["S"]},
    )
    return gridtwin.open(network)


def points(*rows: int) -> list[Element]:
    return [Element("usage_points", row) for row in rows]


def test_a_name_finds_all_that_bear_it(twin: Twin) -> None:
    assert twin.find("Main St") == points(0, 1)
    assert twin.find("main st") == points(0, 1)
    assert twin.find("West", "Q1") == [Element("equipment", 1), Element("equipment", 0)]


def test_an_id_wins_over_a_name(twin: Twin) -> None:
    assert twin.find("L1") == [Element("equipment", 1)]
    assert twin.find("Mill") == points(3)


def test_a_question_takes_the_name_of_one_element_for_its_id(twin: Twin) -> None:
    assert twin.explain("West").mrid == "L1"
    assert twin.blast_radius("West").usage_points.tolist() == ["2", "3", "Mill"]
    assert twin.trace("downstream", "Q1").usage_points.tolist() == ["1", "2", "3", "Mill"]


@pytest.mark.parametrize("ask", ["explain", "blast_radius"])
def test_a_question_of_a_name_that_several_bear_lists_their_ids(twin: Twin, ask: str) -> None:
    with pytest.raises(InputError, match="2 elements are called 'Main St': 1, 2; give the id of"):
        getattr(twin, ask)("Main St")


def test_a_search_lists_all_that_are_called_so_the_id_first(twin: Twin) -> None:
    assert twin.search("main") == [
        {"mrid": mrid, "kind": "usage_point", "name": "Main St"} for mrid in ("1", "2")
    ]
    assert [each["mrid"] for each in twin.search("mill")] == ["Mill", "3"]
    assert [each["mrid"] for each in twin.search("L1")] == ["L1", "Mill"]
    assert twin.search("Side St") == []


def test_switching_takes_ids_and_says_which_has_the_name(twin: Twin) -> None:
    with pytest.raises(NotFoundError, match=r"'Q1'; did you mean B1\?"):
        twin.switch("Q1", open=True)
    with pytest.raises(NotFoundError, match="no equipment is called 'Main St'"):
        twin.switch("Main St", open=True)


def test_a_name_that_nobody_bears(twin: Twin) -> None:
    for name in ("Side St", "", " "):
        with pytest.raises(NotFoundError):
            twin.find(name)
