"""What was rolled up by row is not read as another's when a network is loaded again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

import gridtwin
from ami_folder import NOON, street, write_readings
from gridtwin.model.network import Network
from gridtwin.twin import Twin

BOUNDS = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 2, tzinfo=UTC)
ENDS = [NOON + 900 * step for step in range(8)]
FRAMES = ("nodes", "equipment", "usage_points", "sources", "feeders")


def rename(network: Network, frame: str, was: str, now: str) -> Network:
    """Return a network in which an element has gone, and another stands in its place."""
    frames = {name: getattr(network, name) for name in FRAMES}
    frames[frame] = frames[frame].assign(mrid=frames[frame].mrid.replace(was, now))
    return Network.from_frames(**frames)


@pytest.fixture
def twin(tmp_path: Path) -> Twin:
    twin = gridtwin.open(street()).save(tmp_path / "street.twin")
    rows = [(meter, end, 50.0, 120.0) for end in ENDS for meter in ("M1", "M2", "M3")]
    write_readings(twin.store.path / "ami", rows)
    twin.ami.roll_up()
    assert name_overloaded(twin) == {"T1", "T2"}
    return twin


def name_overloaded(twin: Twin) -> set[str]:
    return set(twin.ami.history.overloaded(*BOUNDS).frame.transformer)


def load_again(twin: Twin, network: Network) -> int:
    hours: int = twin.load_again(network, most_vanished_percent=100).void_hours
    return hours


def test_a_transformer_in_the_row_of_another_gets_none_of_its_loads(twin: Twin) -> None:
    assert load_again(twin, rename(street(), "equipment", "T1", "T9")) == 2
    again = gridtwin.open(twin.store.path)
    assert name_overloaded(again) == set(), "no answer rather than a wrong one"
    assert not len(again.ami.device("T9"))
    assert again.ami.load("2026-07-01T12:00:00Z", level="transformer").load.kwh.sum() == 150
    assert len(again.ami.roll_up()) == 2, "without being told to"
    assert name_overloaded(again) == {"T9", "T2"}
    assert again.ami.roll_up() == []


def test_a_feeder_in_the_row_of_another_gets_none_of_its_loads(twin: Twin) -> None:
    assert load_again(twin, rename(street(), "feeders", "F", "G")) == 2
    again = gridtwin.open(twin.store.path)
    assert not len(again.ami.history.peaks(*BOUNDS).frame)
    again.ami.roll_up()
    assert again.ami.history.peaks(*BOUNDS).frame.feeder.tolist() == ["G"]


def test_loads_stay_where_rows_stay(twin: Twin) -> None:
    assert load_again(twin, rename(street(), "equipment", "L", "L2")) == 0
    again = gridtwin.open(twin.store.path)
    assert name_overloaded(again) == {"T1", "T2"}
    assert again.ami.roll_up() == []
