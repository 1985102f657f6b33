"""An id that several tables share names nothing until its table is said, through every door."""

from __future__ import annotations

from pathlib import Path

import pytest

import gridtwin
from gridtwin.cli.cold_count import count_cold
from gridtwin.errors import AmbiguousIdError, NotFoundError
from gridtwin.model.ids import Element
from gridtwin.twin import Twin
from networks import network


def shared() -> Twin:
    """
    Return a feeder whose switch, far node and meter are all called 11.

    ::

        S ─BKR─ a ─11─ 11(11, M2)
    """
    return gridtwin.open(
        network(
            "BKR breaker S a ABC\n11 load_break_switch a 11 ABC",
            meters="11@11:ABC*3 M2@11:ABC*4",
            heads="BKR",
        )
    )


WORDS = "say equipment:11 or usage_point:11 or node:11"


def test_a_shared_id_is_asked_back() -> None:
    twin = shared()
    for ask in (
        lambda: twin.explain("11"),
        lambda: twin.trace("downstream", "11"),
        lambda: twin.blast_radius("11"),
        lambda: twin.restore("11"),
        lambda: twin.outages.open("11"),
    ):
        with pytest.raises(AmbiguousIdError, match=WORDS):
            ask()


@pytest.mark.parametrize("word", ["equipment:11", "node:11", "nodes:11", "usage_point:11"])
def test_a_table_before_the_id_says_which(word: str) -> None:
    assert shared().explain(word).supplied


def test_each_word_names_its_own_element() -> None:
    twin = shared()
    assert twin.blast_radius("equipment:11").customers == 7
    assert twin.blast_radius("usage_point:11").customers == 3
    assert twin.find("equipment:11", "nodes:11") == [
        Element("equipment", 1),
        Element("nodes", 0),
    ]


def test_where_only_one_table_can_be_meant_nothing_is_asked() -> None:
    twin = shared()
    assert twin.switch("11", open=True).deviations == {"11": "ABC"}
    assert twin.switch("equipment:11", open=False).deviations == {}
    assert len(twin.what_if({"equipment:11": True}).out) == 2
    assert twin.trace("connected", "S", barriers=("11",)).customers == 0
    assert twin.trace("connected", "S", barriers=("equipment:11",)).customers == 0
    outage = twin.outages.open("BKR", usage_points=["usage_point:11"])
    assert outage.customers == 3


def test_an_outage_keeps_the_id_of_its_device() -> None:
    twin = shared()
    outage = twin.outages.open("equipment:11")
    assert outage.device == "11"
    assert twin.restore(outage.id).of == [outage.id]


def test_what_is_called_so_in_whole_comes_first() -> None:
    twin = gridtwin.open(network("node:a breaker S a ABC"))
    assert twin.find("node:a") == [Element("equipment", 0)]
    assert twin.find("a") == [Element("nodes", 1)]


@pytest.mark.parametrize("name", ["equipment:12", "moon:11", "node:BKR"])
def test_what_is_not_there_is_not_found(name: str) -> None:
    with pytest.raises(NotFoundError, match=name):
        shared().find(name)


def test_the_short_way_of_counting_asks_back_too(tmp_path: Path) -> None:
    shared().save(tmp_path / "t.twin")
    words = ["trace", "downstream", "11", "--count", "--in", str(tmp_path / "t.twin")]
    assert count_cold(words) is None
    assert count_cold([*words[:2], "BKR", *words[3:]]) in (None, 7)
