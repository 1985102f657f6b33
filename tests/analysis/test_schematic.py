"""A feeder is laid out as a one-line diagram that shows how its switches stand."""

from __future__ import annotations

from typing import Any

import pytest

import gridtwin
from gridtwin.analysis.schematic.feeder_layout import lay_out_feeder
from gridtwin.errors import NotFoundError
from gridtwin.twin import Twin
from networks import feeder_in_three_sections, two_feeders_with_a_tie


def draw(twin: Twin, feeder: str, **asked: Any) -> tuple[dict, dict]:
    """Return the sections by the switch that feeds them, and the switches by mRID."""
    document = twin.schematic(feeder, **asked).document()
    switches = {each["mrid"]: each for each in document["switches"]}
    names = [each["mrid"] for each in document["switches"]]
    sections = dict(zip(names, document["sections"], strict=False))
    return sections, switches


def test_the_backbone_is_one_row_and_laterals_hang_below() -> None:
    sections, switches = draw(gridtwin.open(two_feeders_with_a_tie()), "feeder-BKR1")
    assert set(sections) == {"BKR1", "FUSE"}
    assert set(switches) == {"BKR1", "FUSE", "TIE"}
    assert (sections["BKR1"]["column"], sections["BKR1"]["row"]) == (0, 0)
    assert (sections["BKR1"]["customers"], sections["BKR1"]["customers_behind"]) == (5, 8)
    assert (sections["FUSE"]["customers"], sections["FUSE"]["row"]) == (3, 0)
    tie = switches["TIE"]
    assert (tie["is_tie"], tie["tie_to"], tie["open"]) == (True, "feeder-BKR2", "ABC")
    assert (tie["column"], tie["row"], tie["from_row"]) == (1, 1, 0)


def test_it_shows_the_state_that_is_asked_for() -> None:
    twin = gridtwin.open(two_feeders_with_a_tie())
    twin.switch("BKR1", open=True)
    sections, switches = draw(twin, "feeder-BKR1")
    assert (switches["BKR1"]["open"], switches["BKR1"]["normal_open"]) == ("ABC", "")
    assert {each["energized"] for each in sections.values()} == {"no"}
    assert sum(each["customers_out"] for each in sections.values()) == 8
    twin.switch("TIE", open=False)
    sections, switches = draw(twin, "feeder-BKR1")
    assert {each["fed_by"] for each in sections.values()} == {"feeder-BKR2"}
    assert {each["customers_out"] for each in sections.values()} == {0}
    assert switches["TIE"]["open"] == ""
    sections, _ = draw(twin, "feeder-BKR1", state="normal")
    assert {each["fed_by"] for each in sections.values()} == {"feeder-BKR1"}


def test_who_is_in_an_outage_is_out_there_too() -> None:
    twin = gridtwin.open(two_feeders_with_a_tie())
    twin.outages.open("L1", usage_points=["M3"])
    sections, _ = draw(twin, "feeder-BKR1")
    assert (sections["FUSE"]["customers_out"], sections["BKR1"]["customers_out"]) == (3, 0)


def test_every_customer_and_switch_is_drawn_once_and_nothing_overlaps() -> None:
    network = gridtwin.synthesize("houston", meters=3_000, seed=1)
    twin = gridtwin.open(network)
    situation = twin.situation("normal")
    drawn_switches: list[str] = []
    for row, feeder in enumerate(network.feeders.mrid):
        layout = lay_out_feeder(situation, row)
        document = twin.schematic(feeder).document()
        nodes = [node for section in layout.sections for node in section.nodes]
        first, _ = situation.feeder_of_nodes
        assert sorted(nodes) == (first == row).nonzero()[0].tolist()
        below = twin.trace("feeder", feeder).customers
        assert sum(each["customers"] for each in document["sections"]) == below
        places = [(each["column"], each["row"]) for each in document["switches"]]
        assert len(set(places)) == len(places)
        assert max(row for _, row in places) < document["rows"]
        assert max(column for column, _ in places) < document["columns"]
        drawn_switches += [each["mrid"] for each in document["switches"] if not each["is_tie"]]
        _check_no_line_is_crossed(document["switches"])
    assert len(set(drawn_switches)) == len(drawn_switches)


def _check_no_line_is_crossed(switches: list[dict[str, Any]]) -> None:
    """Hold that where a line goes down, no row in between has anything in that column."""
    taken = {(each["column"], each["row"]) for each in switches}
    for each in switches:
        for row in range(each["from_row"] + 1, each["row"]):
            here = [
                other
                for other in switches
                if (other["column"], other["row"]) == (each["column"], row)
            ]
            assert (each["column"], row) not in taken or here[0]["from_row"] == each["from_row"]


def test_a_feeder_that_is_not_there_is_told() -> None:
    twin = gridtwin.open(feeder_in_three_sections())
    with pytest.raises(NotFoundError):
        twin.schematic("feeder-B9")
