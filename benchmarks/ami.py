"""
Measure what readings are asked: `python -m benchmarks.ami [METERS] [DAYS]`.

The year is those days again and again: their files stand under each of its dates.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import networkx as nx
import numpy as np
import pandas as pd

import gridtwin
from benchmarks.report import Limit, Row, machine, publish, seconds, tables
from gridtwin.analysis.ami.interval_load import MeterSlices, list_equipment, sum_load
from gridtwin.analysis.ami.interval_rollup import IntervalRollUp
from gridtwin.model.interval_loads import Nameplates
from gridtwin.model.tables import decode_texts
from gridtwin.store.load_days import list_stale_days, write_day
from gridtwin.store.parquet_readings import ParquetReadings
from gridtwin.store.rollups import write_hour
from gridtwin.twin.ami_periods import AmiHistory

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.results.ami_history_answer import AmiHistoryAnswer
    from gridtwin.twin import Twin

METERS = 596_906
DAYS = 30
START = int(datetime(2026, 7, 1, tzinfo=UTC).timestamp())
INTERVALS = 96  # a day
SUFFIXES = {".parquet", ".arrow"}
YEAR = 365  # days
BARS_S = {DAYS: 5.0, YEAR: 15.0}


def main() -> None:
    """Print a table of ratios, one of limits, and what the history weighs."""
    meters = int(sys.argv[1]) if len(sys.argv) > 1 else METERS
    days = int(sys.argv[2]) if len(sys.argv) > 2 else DAYS
    with tempfile.TemporaryDirectory() as place:
        network = gridtwin.synthesize("houston", meters=meters, seed=1)
        twin = gridtwin.open(network).save(Path(place) / "territory.twin")
        situation = twin.situation()
        kwh = np.random.default_rng(1).gamma(2, 0.2, meters).astype(np.float32)
        rows, limits = _interval(situation, kwh)
        folder = Path(place) / "ami"
        rolled = keep_loads(situation, folder, days)
        more, answered, weight = _history(twin, folder, days)
    head = f"{meters:,} meters, seed 1; {machine()}; medians of interleaved rounds, processor time;"
    head += f" {days} days of loads: {rolled:,} rows of transformers, {weight / 1e6:,.0f} MB."
    head += (
        " Questions are timed by the wall, on all cores, while the load average of the machine was"
    )
    head += f" {os.getloadavg()[2]:.0f}; behind each is its processor time. Answers are checked."
    head += " The files of the year are those of the days, under each of its dates."
    publish("Readings of meters", [head, "", *tables([*rows, *more], [*limits, *answered])])


def _interval(situation: Situation, kwh: NDArray[np.float32]) -> tuple[list[Row], list[Limit]]:
    """Load by all transformers and all equipment for one interval, found three other ways."""
    data, index = situation.data, situation.index
    chosen = list_equipment(situation, "transformer")
    every = np.arange(len(data.equipment.mrid), dtype=np.int32)
    slices = MeterSlices.from_situation(situation, chosen)
    here = np.bincount(data.usage_points.node, kwh, len(index.parent)).tolist()
    fed = np.flatnonzero(index.feed >= 0)
    pairs = list(zip(index.parent[fed].tolist(), fed.tolist(), strict=True))
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(index.parent)))
    graph.add_edges_from(pairs)
    order = list(reversed(list(nx.topological_sort(graph))))

    def networkx_pass() -> list[float]:
        total = list(here)
        for node in order:
            for above in graph.pred[node]:
                total[above] += total[node]
        return total

    points = pd.DataFrame({"transformer": data.usage_points.transformer, "kwh": kwh})
    names = pd.DataFrame({"row": chosen, "mrid": decode_texts(data.equipment.mrid[chosen])})

    def pandas_merge() -> pd.DataFrame:
        sums = points.groupby("transformer", as_index=False).kwh.sum()
        return names.merge(sums, left_on="row", right_on="transformer", how="left")

    base = duckdb.connect()
    base.execute("SET threads = 1")
    base.register("points", points)
    base.register("names", names)
    code = "SELECT row, sum(kwh) AS kwh FROM names JOIN points ON transformer = row GROUP BY row"

    def sql_join() -> pd.DataFrame:
        return base.execute(code).df()

    found, total = sum_load(slices, kwh), networkx_pass()
    child = index.child[chosen]
    np.testing.assert_allclose(found.kwh, np.array(total)[child], rtol=1e-6, atol=1e-6)
    summed = pandas_merge().kwh.to_numpy()
    given = ~np.isnan(summed)
    np.testing.assert_allclose(summed[given], found.kwh[given], rtol=1e-4)
    assert len(sql_join()) == given.sum()
    ours, whole, one, pandas, joined = seconds(
        lambda: sum_load(slices, kwh),
        lambda: sum_load(MeterSlices.from_situation(situation, every), kwh),
        networkx_pass,
        pandas_merge,
        sql_join,
    )
    fresh = seconds(lambda: sum_load(MeterSlices.from_situation(situation, chosen), kwh))[0]
    return [
        Row("load of all transformers / networkx, one pass in order", ours, one, 50),
        Row("load of all equipment, switches just moved / networkx, one pass", whole, one, 10),
        Row("load of all transformers / pandas group and merge by record", ours, pandas, 1),
        Row("load of all transformers / SQL join by record, DuckDB", ours, joined, 1),
    ], [Limit("load of all transformers, switches just moved", fresh * 1e3, 100, "ms")]


def keep_loads(situation: Situation, folder: Path, days: int) -> int:
    """Keep the loads of some days: each interval a day's shape over its own random readings."""
    rng = np.random.default_rng(2)
    roll, count = IntervalRollUp.from_situation(situation), len(situation.data.usage_points.node)
    rows = np.arange(count, dtype=np.int32)
    kwh = rng.gamma(2, 0.2, count).astype(np.float32).round(3)
    volts = rng.normal(120, 2, count).astype(np.float32).round(1)
    served, fed = roll.roll_up(rows, kwh, volts)
    kept: dict[int, tuple] = {}
    for step in range(1, days * INTERVALS + 1):
        at_s = START + 900 * step
        share = np.float32(1 + 0.6 * np.sin(2 * np.pi * (step % INTERVALS) / INTERVALS))
        own = (served.kwh * share * rng.uniform(0.8, 1.2, len(served.row))).round(3)
        kept[at_s] = replace(served, kwh=own.astype(np.float32)), replace(fed, kwh=fed.kwh * share)
        if at_s // 900 % 4 == 3 or step == days * INTERVALS:
            write_hour(folder, at_s // 3600 * 3600, START, kept)
            kept = {}
    plates = Nameplates.from_network(situation.data)
    for date in list_stale_days(folder, plates):
        write_day(folder, date, plates)
    _write_prices(folder, rng, days)
    return days * INTERVALS * len(served.row)


def _write_prices(folder: Path, rng: np.random.Generator, days: int) -> None:
    ends = START + 900 * np.arange(1, days * INTERVALS + 1)
    dear = rng.random(len(ends)) < 0.05
    price = np.where(dear, rng.uniform(101, 5000, len(ends)), rng.gamma(4, 8, len(ends)))
    frame = pd.DataFrame({"time": pd.to_datetime(ends, unit="s", utc=True).as_unit("ms")})
    frame["temperature_c"] = (27 - 8 * np.cos(2 * np.pi * ends / 86_400)).astype(np.float32)
    frame["price_usd_mwh"] = np.minimum(price, 5000)
    frame.astype({"price_usd_mwh": np.float32}).to_parquet(folder / "conditions.parquet")


def list_asked(
    history: AmiHistory, start: datetime, end: datetime
) -> dict[str, Callable[[], AmiHistoryAnswer]]:
    """Return the questions of a period, behind what each is called."""
    around = "POLYGON ((-95.6 29.6, -95.2 29.6, -95.2 29.9, -95.6 29.9, -95.6 29.6))"
    return {
        "transformers overloaded while the price exceeds $100": lambda: history.overloaded(
            start, end, price=100
        ),
        "transformers overloaded at any price": lambda: history.overloaded(start, end),
        "transformers loaded above 60 %": lambda: history.overloaded(start, end, pct=60),
        "transformers loaded above 40 %": lambda: history.overloaded(start, end, pct=40),
        "worst voltages by feeder": lambda: history.voltages(start, end),
        "peak and coincident load by feeder": lambda: history.peaks(start, end),
        "load at risk under a polygon": lambda: history.at_risk(around, start, end),
    }


def _history(twin: Twin, folder: Path, days: int) -> tuple[list[Row], list[Limit], int]:
    """Ask the history; one day of it also by pandas."""
    history = AmiHistory(twin, ParquetReadings(folder))
    start = datetime.fromtimestamp(START, UTC)
    weight = sum(file.stat().st_size for file in folder.rglob("*") if file.suffix in SUFFIXES)
    limits = _ask_all(history, start, days)
    fill_year(folder, days)
    limits += _ask_all(history, start, YEAR)
    day = datetime.fromtimestamp(START + 86_400, UTC)
    files = sorted((folder / "load").glob("date=*/*.parquet"))[: INTERVALS // 4 + 1]
    rated = twin.store.network.data.equipment.rated_va / 1000

    def pandas_merge() -> pd.DataFrame:
        loads = pd.concat([pd.read_parquet(each, columns=["reading_time", "row", "kwh"])
                           for each in files])  # fmt: skip
        prices = pd.read_parquet(folder / "conditions.parquet")
        both = loads.merge(prices, left_on="reading_time", right_on="time")
        both = both[(both.price_usd_mwh > 100) & (both.time <= day)]
        both["pct"] = both.kwh.abs() * 400 / 0.95 / rated[both.row]
        heavy = both[both.pct > 100].groupby("row").pct.agg(["max", "count"])
        return heavy.reset_index()

    ours, theirs = history.overloaded(start, day, price=100).frame, pandas_merge()
    assert len(ours) == len(theirs)
    np.testing.assert_allclose(np.sort(ours.peak_pct), np.sort(theirs["max"]), rtol=1e-4)
    mine, other = seconds(lambda: history.overloaded(start, day, price=100), pandas_merge, rounds=2)
    row = Row("1 day: overloaded at a price / pandas merge and group", mine, other, 2)
    return [row], limits, weight


def _ask_all(history: AmiHistory, start: datetime, days: int) -> list[Limit]:
    """Ask each question twice; the better of both counts."""
    limits = []
    for name, ask in list_asked(history, start, start + timedelta(days=days)).items():
        spent = []
        for _ in range(2):
            begun, worked = time.perf_counter(), time.process_time()
            answer = ask()
            spent.append((time.perf_counter() - begun, time.process_time() - worked))
        wall, work = min(spent)
        print(f"{days} days: {name}: {len(answer.frame):,} rows, {wall:.2f} s", flush=True)
        bar = BARS_S.get(days, BARS_S[DAYS])
        limits.append(Limit(f"{days} days: {name} ({work:.2g} s)", wall, bar, "s"))
    return limits


def fill_year(folder: Path, days: int) -> None:
    """Let the files of whole days stand under every date of a year."""
    first = datetime.fromtimestamp(START, UTC).date()
    dates = [(first + timedelta(days=day)).isoformat() for day in range(YEAR)]
    for at, date in enumerate(dates[days:]):
        source = dates[1 + at % (days - 1)]  # the first lacks the interval that ends at midnight
        for table in ("load", "feeder_load"):
            place = folder / table / f"date={date}"
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            for file in (folder / table / f"date={source}").iterdir():
                os.link(file, place / file.name)
        for file in (folder / "by_day").glob(f"*/{source}.*"):
            kept = file.with_stem(date)
            kept.unlink(missing_ok=True)
            os.link(file, kept)


if __name__ == "__main__":
    main()
