"""Crews and where they are, in every store."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

import gridtwin
from gridtwin.errors import StoreError
from gridtwin.model.crews import CREW_STATUSES, Crew, CrewPosition

from .conftest import make_network

if TYPE_CHECKING:
    from pathlib import Path

    from gridtwin.store.protocol import Store

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.fixture(params=["memory", "local", "postgis"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Return the store of a new twin, wherever it is kept."""
    twin = gridtwin.open(make_network())
    if request.param == "memory":
        return twin.store
    if request.param == "local":
        return twin.save(tmp_path / "small.twin").store
    return twin.save(str(request.getfixturevalue("database"))).store


def test_crews_and_the_latest_position_of_each_are_kept(store: Store) -> None:
    line = Crew("C-2", "Line 2", ("line", "tree"), "on_site", "T-17", "North yard", -95.1, 29.8)
    tree = Crew("C-1", "Trees 1")
    store.crews.write_crews([line, tree])
    assert store.crews.list_crews() == [tree, line]
    moved = line._replace(status="en_route", home_lon=None, home_lat=None)
    store.crews.write_crews([moved])
    assert store.crews.list_crews() == [tree, moved]

    there = CrewPosition("C-2", -95.2, 29.7, NOON, 8.0, 270.0)
    stray = CrewPosition("C-9", -95.0, 29.9, NOON)
    store.crews.write_positions([there, stray])
    store.crews.write_positions([there._replace(lon=-90.0, at=NOON.replace(hour=11))])  # late
    assert store.crews.list_positions() == [there, stray]
    later = CrewPosition("C-2", -95.3, 29.6, NOON.replace(minute=1))
    store.crews.write_positions([later])
    assert store.crews.list_positions() == [later, stray]

    store.crews.delete_crews(["C-2", "C-0"])
    assert store.crews.list_crews() == [tree]
    assert store.crews.list_positions() == [stray]


def test_what_no_crew_can_be_is_refused(store: Store) -> None:
    for status in CREW_STATUSES:
        store.crews.write_crews([Crew("C-1", "Line 1", status=status)])
    for wrong in (Crew("C-1", "x", status="asleep"), Crew("", "x"), Crew("C-3", "x", home_lon=999)):
        with pytest.raises(StoreError):
            store.crews.write_crews([Crew("C-2", "Line 2"), wrong])
    assert [crew.mrid for crew in store.crews.list_crews()] == ["C-1"]
    with pytest.raises(StoreError):
        store.crews.write_positions([CrewPosition("C-1", -95, 129.7, NOON)])
    assert store.crews.list_positions() == []


def test_a_past_moment_shows_the_crews_of_now(store: Store) -> None:
    from gridtwin.store.past_store import open_store_after

    store.crews.write_crews([Crew("C-1", "Line 1")])
    past = open_store_after(store, 0)
    assert [crew.name for crew in past.crews.list_crews()] == ["Line 1"]
