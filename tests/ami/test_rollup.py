"""What is kept of readings is the sum of them, once, however often and late they come."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

import gridtwin
from ami_folder import NOON, Reading, street, write_readings
from gridtwin.errors import InputError
from gridtwin.store.rollups import build_hour_path, list_stale_hours
from gridtwin.twin import Twin
from gridtwin.twin.ami_questions import Ami

READ: list[Reading] = [
    (meter, NOON + 900 * step, 0.25 * step + number, 120.0 - number)
    for step in range(6)
    for number, meter in enumerate(("M1", "M2", "M3"))
]


@pytest.fixture
def twin(tmp_path: Path) -> Twin:
    return gridtwin.open(street()).save(tmp_path / "street.twin")


@pytest.fixture
def folder(twin: Twin) -> Path:
    return write_readings(twin.store.path / "ami", READ)


def test_loads_are_kept_by_hour_and_read_back(twin: Twin, folder: Path) -> None:
    assert twin.ami.roll_up() == [NOON, NOON + 3600]
    series = twin.ami.device("T1", "2026-07-01T11:00:00Z")
    assert series.kwh.tolist() == [1 + 0.5 * step for step in range(6)]
    assert series.v_min.tolist() == [119.0] * 6
    assert series.v_max.tolist() == [120.0] * 6
    assert series.meters.tolist() == [2] * 6
    feeder = twin.ami.device("F", "2026-07-01T11:00:00Z")
    assert feeder.kwh.tolist() == [3 + 0.75 * step for step in range(6)]
    assert feeder.meters.tolist() == [3] * 6
    assert sorted(path.name for path in (folder / "load").glob("*/*")) == [
        "part-12.parquet", "part-13.parquet",
    ]  # fmt: skip


@pytest.mark.usefixtures("folder")
def test_what_is_kept_is_what_load_says_of_each_interval(twin: Twin) -> None:
    twin.ami.roll_up()
    for at_s in range(NOON, NOON + 6 * 900, 900):
        kept = twin.store.readings.read_transformer_loads(at_s)
        asked = twin.ami.load(datetime.fromtimestamp(at_s, UTC))
        assert kept is not None
        np.testing.assert_array_equal(kept.row, asked.load.slices.equipment)
        np.testing.assert_allclose(kept.kwh, asked.load.kwh)


def test_a_job_that_runs_again_does_nothing_twice(twin: Twin, folder: Path) -> None:
    twin.ami.roll_up()
    files = {path: path.read_bytes() for path in folder.rglob("part-1*.parquet")}
    assert twin.ami.roll_up() == []
    assert twin.ami.roll_up(everything=True) == [NOON, NOON + 3600]
    assert {path: path.read_bytes() for path in files} == files


def test_what_comes_late_is_summed_up_again(twin: Twin, folder: Path) -> None:
    twin.ami.roll_up()
    late = write_readings(folder, [("M3", NOON + 3600, 9.0, 120.0)], name="part-late")
    assert list(list_stale_hours(late)) == [NOON + 3600], "the hour it belongs to, and no other"
    assert twin.ami.roll_up() == [NOON + 3600]
    again = twin.ami.device("T2", "2026-07-01T12:45:00Z", "2026-07-01T13:00:00Z")
    assert again.kwh.tolist() == [9.0]


def test_a_file_that_comes_while_the_job_reads_is_not_missed(twin: Twin, folder: Path) -> None:
    twin.ami.roll_up()
    (late,) = write_readings(folder, [("M3", NOON, 9.0, 120.0)], "part-late").rglob("part-late*")
    gold = build_hour_path(folder, "load", NOON)
    written = gold.stat().st_mtime_ns
    os.utime(late, ns=(written + 1, written + 1))  # before the sums were moved into their place
    assert twin.ami.roll_up() == [NOON]


def test_each_interval_is_summed_up_as_its_switches_stood(twin: Twin, folder: Path) -> None:
    write_readings(folder, [("M4", NOON + 900 * step, 1.0, 120.0) for step in range(6)], "part-4")
    twin.store.states.operate("SW", "", at=datetime(2026, 7, 1, 12, 40, tzinfo=UTC))
    twin.ami.roll_up()
    feeder = twin.ami.device("F", "2026-07-01T11:00:00Z")
    assert feeder.meters.tolist() == [3, 3, 3, 4, 4, 4]
    assert feeder.kwh.tolist() == [3 + 0.75 * step + (step > 2) for step in range(6)]


def test_a_database_sums_up_by_itself(twin: Twin) -> None:
    with pytest.raises(InputError, match="sums up by itself"):
        Ami(twin, object()).roll_up()  # type: ignore[arg-type]


@pytest.mark.usefixtures("folder")
def test_progress_is_told_by_hours_and_days(twin: Twin) -> None:
    told: list[tuple[int, int]] = []
    twin.ami.roll_up(progress=lambda done, steps: told.append((done, steps)))
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


@pytest.mark.usefixtures("folder")
def test_the_map_shows_what_is_kept_as_what_is_summed_up(twin: Twin) -> None:
    before = twin.ami.loading()
    twin.ami.roll_up()
    after = twin.ami.loading()
    assert (before.at, before.transformers.tolist()) == (after.at, after.transformers.tolist())
    np.testing.assert_array_equal(before.transformer_pct, after.transformer_pct)
    np.testing.assert_array_equal(before.feeder_kw, after.feeder_kw)
    expected = 100 * 3.5 * 4 / 0.95 / 25
    assert after.transformer_pct[0] == pytest.approx(expected)
