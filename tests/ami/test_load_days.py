"""Loads of whole days answer as the loads of their hours do, and only while they are of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import gridtwin
from ami_folder import NOON, Reading, street, write_conditions, write_readings
from gridtwin.model.interval_loads import Nameplates
from gridtwin.store.day_sums import COUNTED_STEPS, HEAVY_SHARE, STEPS
from gridtwin.store.load_days import DAY_PARTS, choose_days, list_stale_days
from gridtwin.store.load_matrix import LoadMatrix
from gridtwin.twin import Twin

ENDS = [NOON + 900 * step for step in range(96)]  # over a midnight
DATES = ["2026-07-01", "2026-07-02"]
BOUNDS = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 3, tzinfo=UTC)
CUT = datetime(2026, 6, 30, tzinfo=UTC), datetime(2026, 7, 2, 6, tzinfo=UTC)  # in the second day
EVERYWHERE = "POLYGON ((-180 -90, 180 -90, 180 90, -180 90, -180 -90))"
ASKED: dict[str, Callable[[Twin], pd.DataFrame]] = {
    "heavy": lambda twin: twin.ami.history.overloaded(*BOUNDS).frame,
    "dear": lambda twin: twin.ami.history.overloaded(*BOUNDS, price=100, pct=90).frame,
    "light": lambda twin: twin.ami.history.overloaded(*BOUNDS, pct=20).frame,
    "dear and light": lambda twin: twin.ami.history.overloaded(*BOUNDS, price=100, pct=20).frame,
    "any load": lambda twin: twin.ami.history.overloaded(*BOUNDS, pct=0).frame,
    "at the bound": lambda twin: (
        twin.ami.history.overloaded(*BOUNDS, pct=100 * HEAVY_SHARE, power_factor=1).frame
    ),
    "above all steps": lambda twin: twin.ami.history.overloaded(*BOUNDS, pct=1e9).frame,
    "at risk": lambda twin: twin.ami.history.at_risk(EVERYWHERE, *BOUNDS).frame,
    "a part of a block at risk": lambda twin: (
        twin.ami.history._ask_readings(
            "at_risk", *BOUNDS, {"transformers": ["T1"], "topmost": ["T1"]}
        ).frame
    ),
    "between two steps": lambda twin: twin.ami.history.overloaded(*BOUNDS, pct=71.3).frame,
    "at a step": lambda twin: twin.ami.history.overloaded(*BOUNDS, pct=75, power_factor=1).frame,
    "at a step that is not counted": lambda twin: (
        twin.ami.history.overloaded(*BOUNDS, pct=75.25, power_factor=1).frame
    ),
    "peaks": lambda twin: twin.ami.history.peaks(*BOUNDS).frame,
    "voltages": lambda twin: twin.ami.history.voltages(*BOUNDS).frame,
    "heavy until morning": lambda twin: twin.ami.history.overloaded(*CUT).frame,
    "light until morning": lambda twin: twin.ami.history.overloaded(*CUT, pct=20).frame,
    "peaks until morning": lambda twin: twin.ami.history.peaks(*CUT).frame,
    "voltages until morning": lambda twin: twin.ami.history.voltages(*CUT).frame,
    "at risk until morning": lambda twin: twin.ami.history.at_risk(EVERYWHERE, *CUT).frame,
}


@pytest.fixture
def twin(tmp_path: Path) -> Twin:
    """Return a street whose transformers are now light, now heavy, and now feed back."""
    twin = gridtwin.open(street()).save(tmp_path / "street.twin")
    rng = np.random.default_rng(3)
    readings: list[Reading] = [
        (meter, end, round(float(rng.uniform(-5, 8)), 3), round(float(rng.normal(119, 3)), 1))
        for end in ENDS
        for meter in ("M1", "M2", "M3")
    ]
    write_readings(twin.store.path / "ami", readings)
    write_conditions(twin.store.path / "ami", {end: 50.0 + 100 * (end % 1800 == 0) for end in ENDS})
    return twin


@pytest.fixture
def folder(twin: Twin) -> Path:
    twin.ami.roll_up()
    return Path(twin.store.path) / "ami"


def plates(twin: Twin) -> Nameplates:
    return Nameplates.from_network(twin.store.network.data)


def read_days(folder: Path, part: str) -> pd.DataFrame:
    files = sorted(folder.glob(f"by_day/{part}/*.parquet"))
    days = {file.stem: pq.ParquetFile(file).read().to_pandas() for file in files}
    return pd.concat(days, names=["date"]).reset_index("date")


def read_loads(folder: Path) -> pd.DataFrame:
    frames = []
    for file in sorted(folder.glob("by_day/load/*")):
        day = LoadMatrix.from_file(file)
        times = pd.to_datetime(day.ends_s, unit="s", utc=True).as_unit("ms")
        wide = pd.DataFrame(day.kwh, index=pd.Index(day.row, name="row"), columns=times)
        frames.append(wide.rename_axis(columns="reading_time").stack().rename("kwh").reset_index())
    return pd.concat(frames)


def test_the_hours_and_the_day_give_one_answer(twin: Twin, folder: Path) -> None:
    of_days = {name: ask(twin) for name, ask in ASKED.items()}
    for file in folder.glob("by_day/*/*"):
        file.unlink()
    assert list_stale_days(folder, plates(twin)) == DATES
    for name, ask in ASKED.items():
        assert len(of_days[name]) or name == "above all steps", name
        pd.testing.assert_frame_equal(of_days[name], ask(twin), obj=name)


def test_a_day_holds_every_load_once_and_the_heavy_ones_apart(twin: Twin, folder: Path) -> None:
    hours = pd.concat(map(pd.read_parquet, sorted(folder.glob("load/*/*"))))
    days = read_loads(folder)
    by = ["row", "reading_time"]
    pd.testing.assert_frame_equal(
        days.sort_values(by, ignore_index=True),
        hours[["row", "reading_time", "kwh"]].sort_values(by, ignore_index=True),
        check_dtype=False,
    )
    heavy = read_days(folder, "heavy_load")
    rated = plates(twin).find_ratings(days["row"].to_numpy())
    assert len(heavy) == (days.kwh.abs() * 4 >= rated * HEAVY_SHARE).sum() > 0
    assert (heavy.kwh < 0).any(), "what flows back loads a transformer, too"


def test_a_day_knows_how_much_there_is_above_each_share(twin: Twin, folder: Path) -> None:
    days = read_loads(folder)
    days["kwh"], days["date"] = days.kwh.abs(), days.reading_time.dt.strftime("%Y-%m-%d")
    days["share"] = days.kwh * 4 / plates(twin).find_ratings(days["row"].to_numpy())
    steps = read_days(folder, "heavy_steps")
    assert steps.groupby("date").step.apply(lambda each: each.is_monotonic_increasing).all()
    assert set(steps.step) >= set(range(round(HEAVY_SHARE * STEPS), 600, COUNTED_STEPS))
    for (date, step), told in steps.groupby(["date", "step"]):
        above = days[(days.date == date) & (days.share >= step / STEPS)].groupby("row").kwh
        want = above.agg(intervals="size", lowest_kwh="min", highest_kwh="max")
        have = told.set_index("row").sort_index()
        pd.testing.assert_frame_equal(have[want.columns], want, check_dtype=False)


def choose(twin: Twin, folder: Path, table: str) -> tuple[list[str], list[str], list[str]]:
    period = ENDS[0], ENDS[-1]
    days = choose_days(folder, table, DAY_PARTS[table], period, plates(twin))
    return list(days.whole), list(days.parted), list(days.hours)


def test_only_files_of_days_are_read_while_they_are_fresh(twin: Twin, folder: Path) -> None:
    for table, parts in DAY_PARTS.items():
        assert choose(twin, folder, table) == ([], DATES, [])
        period = int(BOUNDS[0].timestamp()) - 1, int(BOUNDS[1].timestamp())
        days = choose_days(folder, table, parts, period, plates(twin))
        assert (list(days.whole), days.parted, days.hours) == (DATES, (), ())
        assert [Path(each).stem for part in parts for each in days.list_all(part)] == DATES * len(
            parts
        )


def test_a_day_is_whole_only_if_all_its_intervals_are_of_the_period(
    twin: Twin, folder: Path
) -> None:
    begins, ends = (int(each.timestamp()) for each in BOUNDS)
    for start, end, whole in (
        (begins - 1, ends - 1, DATES),
        (begins, ends - 1, DATES[1:]),  # the interval that ends at midnight is not of it
        (begins - 1, ends - 2, DATES[:1]),
    ):
        days = choose_days(folder, "load", ("load",), (start, end), plates(twin))
        assert list(days.whole) == whole
        assert sorted((*days.whole, *days.parted)) == DATES


def test_what_comes_late_is_told_before_and_after_the_day_is_written_again(
    twin: Twin, folder: Path
) -> None:
    write_readings(folder, [("M3", ENDS[0], 1_000.0, 120.0)], name="part-late")
    os.utime(folder / f"load/date={DATES[0]}/part-12.parquet", ns=(1, 1))
    _, days, hours = choose(twin, folder, "load")
    assert days == DATES[1:]
    assert len(hours) == 12
    twin.ami.roll_up()
    assert not list_stale_days(folder, plates(twin))
    assert ASKED["heavy"](twin).peak_pct.max() > 4_000


def test_other_nameplates_are_those_of_no_day(twin: Twin, folder: Path) -> None:
    """A smaller transformer in the same place is overloaded by what was light for the larger."""
    known = plates(twin)
    smaller = replace(known, rated_kva=known.rated_kva / 2)
    assert list_stale_days(folder, smaller) == DATES


def test_a_damaged_file_of_a_day_is_passed_over_and_made_again(twin: Twin, folder: Path) -> None:
    before = {name: ask(twin) for name, ask in ASKED.items()}
    for file in folder.glob("by_day/*/*"):
        file.write_bytes(b"no parquet")
    for name, ask in ASKED.items():
        pd.testing.assert_frame_equal(before[name], ask(twin), obj=name)
    assert twin.ami.roll_up() == []
    assert not list_stale_days(folder, plates(twin))


def test_a_job_that_runs_again_writes_no_day_twice(twin: Twin, folder: Path) -> None:
    files = {file: file.stat().st_mtime_ns for file in folder.glob("by_day/*/*")}
    assert len(files) == 2 * sum(map(len, DAY_PARTS.values()))
    twin.ami.roll_up()
    assert {file: file.stat().st_mtime_ns for file in files} == files
