"""
Measure what a reading costs and carry it to a hundred billion a year: `python -m benchmarks.cost`.

Three sizes are measured and a line laid through them; a fourth, which the line has not seen, says
how far it can be trusted. The layers of Snowflake run in DuckDB: their work is measured, an account
is not.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

import gridtwin
from benchmarks.ami import START, SUFFIXES, keep_loads, list_asked
from benchmarks.report import machine, replace_figures
from gridtwin.model.readings import Readings
from gridtwin.store.parquet_readings import ParquetReadings
from gridtwin.stream.encoding import encode_readings
from gridtwin.stream.ingest.local.taking import take_files
from gridtwin.twin.ami_periods import AmiHistory

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from snowflake_duckdb import Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gridtwin.twin import Twin

SIZES = (5_000, 10_000, 20_000)  # meters, of a day each
HELD_OUT = 40_000
DAYS = 30  # of the loads that are asked
INTERVALS = 96
READINGS_A_YEAR = 365 * INTERVALS  # of a meter
UTILITIES = {"M": 596_906, "L": 2_700_000, "100 billion a year": 2_853_881}
# What is not measured; see docs/cost.md.
STREAM_CREDITS_GB = 0.0037
VALUE_BYTES = 46  # of a reading, as it is billed
CORES = 8  # of an XS, which is a credit an hour
OVERHEAD = 3.0  # increments read, merge and write more than one pass over what is new
SHORTEST_S = 60  # that a warehouse is billed for
ASLEEP_S = 60  # until it is suspended
DOLLARS_TB = 23.0  # a month
EVERY_LOAD = "every load of a transformer, interval by interval"  # as an account is asked


@dataclass
class Measured:
    """What one size took."""

    meters: int
    seconds: dict[str, float] = field(default_factory=dict)  # of processor time
    bytes: dict[str, float] = field(default_factory=dict)

    @property
    def readings(self) -> int:
        """Of the day."""
        return self.meters * INTERVALS

    def time(self, name: str, work: Callable[[], object]) -> None:
        """Do a work and note its processor time, of all cores."""
        begun = time.process_time()
        work()
        self.seconds[name] = self.seconds.get(name, 0.0) + time.process_time() - begun


class Line(NamedTuple):
    """A cost: a part that is always there, and one of each reading."""

    fixed: float
    each: float

    def predict(self, readings: float) -> float:
        """Return the cost of some readings."""
        return self.fixed + self.each * readings


def main() -> None:
    """Measure, fit, hold out, and write the figures of docs/cost.md."""
    measured = [_measure(meters) for meters in (*SIZES, HELD_OUT)]
    fitted, held_out = measured[:-1], measured[-1]
    lines = {
        name: fit_line([(each.readings, get(each)[name]) for each in fitted])
        for name, get, _ in _list_costs(held_out)
    }
    rows = [
        "| what, a reading | " + " | ".join(f"{each:,}" for each in SIZES) + " meters"
        f" | line | {HELD_OUT:,} meters: told | measured | off |",
        "| --- |" + " --- |" * (len(SIZES) + 4),
    ]
    for name, get, unit in _list_costs(held_out):
        scale = 1e6 if unit == "µs" else 1.0
        shown = [f"{get(each)[name] / each.readings * scale:.3g}" for each in fitted]
        told, true = lines[name].predict(held_out.readings), get(held_out)[name]
        rows.append(
            f"| {name}, {unit} | {' | '.join(shown)} | {lines[name].each * scale:.3g} |"
            f" {told / held_out.readings * scale:.3g} | {true / held_out.readings * scale:.3g} |"
            f" {told / true - 1:+.0%} |"
        )
    head = f"{machine()}; processor time of all cores, one run a size, of a day each; questions of"
    head += f" {DAYS} days of loads, the best of three, divided by the readings of those days."
    replace_figures("cost.md", [head, "", *rows, "", *_scale(lines, held_out)])


def fit_line(points: list[tuple[float, float]]) -> Line:
    """Return the line nearest to some points, each counted by how far off it is in percent."""
    rows, costs = np.array(points, dtype=float).T
    weights = 1 / costs
    left = np.stack([weights, rows * weights], axis=1)
    fixed, each = np.linalg.lstsq(left, costs * weights, rcond=None)[0]
    if fixed < 0:  # nothing costs less than nothing
        return Line(0.0, float((rows / costs).sum() / ((rows / costs) ** 2).sum()))
    return Line(float(fixed), float(each))


def _list_costs(one: Measured) -> Iterator[tuple[str, Callable[[Measured], dict[str, float]], str]]:
    for name in one.seconds:
        yield name, lambda each: each.seconds, "µs"
    for name in one.bytes:
        yield name, lambda each: each.bytes, "bytes"


def _measure(meters: int) -> Measured:
    one = Measured(meters)
    print(f"{meters:,} meters", flush=True)
    with tempfile.TemporaryDirectory() as place:
        network = gridtwin.synthesize("houston", meters=meters, seed=1)
        twin = gridtwin.open(network).save(Path(place) / "one.twin")
        folder = Path(place) / "one.twin/ami"
        lines = Path(place) / "ami_readings.jsonl"
        one.bytes["message"] = _write_day(twin, lines)
        mrid = twin.store.network.data.usage_points.mrid
        one.time("take in, folder", lambda: take_files(lines, folder, mrid))
        one.time("roll up, folder", twin.ami.roll_up)
        parts = {"readings": ["readings"], "roll-ups": ["load", "feeder_load", "by_day"]}
        for name, kept in parts.items():
            files = [file for part in kept for file in (folder / part).rglob("*")]
            one.bytes[f"keep {name}, folder"] = sum(
                file.stat().st_size for file in files if file.suffix in SUFFIXES
            )
        _run_layers(one, twin, folder)
        _ask(one, twin, Path(place) / "asked")
    return one


def _write_day(twin: Twin, lines: Path) -> int:
    """Write the messages of a day; return their bytes."""
    mrid, rng = twin.store.network.data.usage_points.mrid, np.random.default_rng(1)
    with lines.open("wb") as file:
        for step in range(INTERVALS):
            readings = Readings(
                at_s=np.full(len(mrid), START + 900 * step, dtype=np.int64),
                mrid=mrid,
                kwh=rng.gamma(2, 0.2, len(mrid)).astype(np.float32).round(3),
                voltage_v=rng.normal(120, 2, len(mrid)).astype(np.float32).round(1),
            )
            file.write(b"\n".join(encode_readings(readings)) + b"\n")
    return lines.stat().st_size


def _run_layers(one: Measured, twin: Twin, folder: Path) -> None:
    """Run what Snowflake keeps as dynamic tables, each from the one before."""
    warehouse = Warehouse()
    connection = warehouse.connection
    points = twin.network.usage_points
    connection.register("points", points[["mrid", "transformer"]])
    feeder = twin.network.feeders.mrid[0]
    connection.execute(
        'INSERT INTO "NETWORK".METERS BY NAME SELECT mrid AS METER_ID, transformer AS TRANSFORMER,'
        f" '{feeder}' AS FEEDER, TIMESTAMPTZ '1970-01-01 00:00:00+00' AS VALID_FROM FROM points"
    )
    connection.execute(
        'INSERT INTO "LANDING".AMI_READINGS_RAW BY NAME SELECT meter_id AS METER_ID,'
        " strftime(reading_time, '%Y-%m-%dT%H:%M:%SZ') AS READING_TIME, kwh AS KWH,"
        " voltage_v AS VOLTAGE_V, 'ok' AS QUALITY,"
        " json_object('partition', 0, 'offset', row_number() OVER ()) AS RECORD_METADATA"
        f" FROM read_parquet('{folder}/readings/*/*.parquet')"
    )
    for schema, name in warehouse.bodies:
        if schema in {"SILVER", "GOLD"}:
            label = f"{schema.lower()}, Snowflake's SQL in DuckDB"
            one.time(label, lambda place=(schema, name): warehouse.keep_body(place))
    for label, table in {
        "bronze": '"LANDING".AMI_READINGS_RAW',
        "silver": '"SILVER".AMI_DEDUPLICATED',
        "gold": '"GOLD".AMI_ENRICHED',
    }.items():
        file = folder.parent / f"{label}.parquet"
        connection.execute(f"COPY {table} TO '{file}' (COMPRESSION zstd)")
        one.bytes[f"keep {label}, as Parquet"] = file.stat().st_size
    count = connection.execute('SELECT count(*) FROM "GOLD".AMI_ENRICHED').fetchone()
    assert count == (one.readings,), "every reading is in gold"


def _ask(one: Measured, twin: Twin, folder: Path) -> None:
    keep_loads(twin.situation(), folder, DAYS)
    history = AmiHistory(twin, ParquetReadings(folder))
    bounds = (datetime.fromtimestamp(START + 86_400 * day, UTC) for day in (0, DAYS))
    start, end = bounds
    asked = list_asked(history, start, end)
    asked[EVERY_LOAD] = lambda: history.overloaded(start, end, pct=30)
    for name, ask in asked.items():
        spent = []
        for _ in range(3):
            begun = time.process_time()
            ask()
            spent.append(time.process_time() - begun)
        one.seconds[f"ask {name}"] = min(spent) / DAYS


def _scale(lines: dict[str, Line], largest: Measured) -> list[str]:
    """Return what utilities of three sizes pay, in credits, dollars and hours."""
    asked = {  # as measured: of the line of what is short, the part that is always there is most
        name.removeprefix("ask "): spent / largest.readings
        for name, spent in largest.seconds.items()
        if name.startswith("ask ")
    }
    table: dict[str, list[str]] = {}
    for meters in UTILITIES.values():
        for name, value in (
            _bill_account(lines, asked, meters) | _size_folder(lines, asked, meters)
        ).items():
            table.setdefault(name, []).append(value)
    return [
        f"| | {' | '.join(UTILITIES)} |",
        "| --- |" + " --- |" * len(UTILITIES),
        *(f"| {name} | {' | '.join(values)} |" for name, values in table.items()),
    ]


def _add_up(lines: dict[str, Line], *begins: str) -> float:
    """Return what the costs whose names begin so are for each reading."""
    return sum(line.each for name, line in lines.items() if name.startswith(begins))


def _bill_account(lines: dict[str, Line], asked: dict[str, float], meters: int) -> dict[str, str]:
    year, day = meters * READINGS_A_YEAR, meters * INTERVALS
    work_s = _add_up(lines, "silver", "gold") * day * OVERHEAD
    kept_tb = _add_up(lines, "keep bronze", "keep silver", "keep gold") * year / 1e12
    asked_s = asked[EVERY_LOAD] * year / CORES
    refreshes = {
        f"Snowflake: refresh every {lag} min, credits a month": _bill_refreshes(work_s, lag)
        for lag in (1, 15, 60)
    }
    return {
        "readings a year, billions": f"{year / 1e9:,.1f}",
        "Snowflake: land, credits a month": (
            f"{year / 12 * VALUE_BYTES / 1e9 * STREAM_CREDITS_GB:.2g}"
        ),
        "Snowflake: refreshes, hours of an XS at work a month": f"{work_s / CORES / 120:,.1f}",
        **{name: f"{billed:,.0f}" for name, billed in refreshes.items()},
        "Snowflake: a year of bronze, silver and gold, TB": f"{kept_tb:.2g}",
        "the same, dollars a month": f"{kept_tb * DOLLARS_TB:,.0f}",
        "Snowflake: the dearest question of a year, seconds of an XS": f"{asked_s:,.0f}",
        "the same, credits": f"{max(asked_s, SHORTEST_S) / 3600:.2g}",
    }


def _size_folder(lines: dict[str, Line], asked: dict[str, float], meters: int) -> dict[str, str]:
    year, day = meters * READINGS_A_YEAR, meters * INTERVALS
    daily_s = _add_up(lines, "take in", "roll up") * day
    asked_s = max(each for name, each in asked.items() if name != EVERY_LOAD) * day / 2
    week = _add_up(lines, "keep readings") * day * 7
    return {
        "a folder: take in and roll up a day, minutes of a core": f"{daily_s / 60:,.0f}",
        "a folder: readings of a week, GB": f"{week / 1e9:,.0f}",
        "a folder: roll-ups of a year, GB": f"{_add_up(lines, 'keep roll-ups') * year / 1e9:,.0f}",
        f"a folder: the dearest question of {DAYS} days, s on two cores": f"{asked_s * DAYS:,.1f}",
        "a folder: the same of a year": f"{asked_s * 365:,.0f}",
    }


def _bill_refreshes(work_s: float, lag_min: float) -> float:
    """Return the credits of a month of an XS that does a day's core seconds of work."""
    refreshes = 24 * 60 / lag_min
    awake = max(SHORTEST_S, work_s / CORES / refreshes) + ASLEEP_S
    return min(refreshes * awake, max(86_400, work_s / CORES)) / 3600 * 30


if __name__ == "__main__":
    main()
