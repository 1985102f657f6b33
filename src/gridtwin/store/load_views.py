"""
Lay the views of loads over a folder of Parquet, so that a question reads what it needs.

Of a period a question is answered by what was summed up of its whole days, by the intervals of the
days at its ends, and by the hours of days that are not rolled up as they are now.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.store.day_sums import COUNTED_STEPS, HEAVY_SHARE, MOST_STEPS, STEPS
from gridtwin.store.load_days import choose_days
from gridtwin.store.load_totals import count_above, stream_above, sum_together

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import duckdb
    import pyarrow as pa
    from numpy.typing import NDArray

    from gridtwin.model.interval_loads import Nameplates
    from gridtwin.store.load_days import ChosenDays

    Source = tuple[Sequence[str], str, str]  # files, which of their rows, columns

TOGETHER = -1  # in the place of a transformer: all those that are asked for together
LOAD_VIEW = {"reading_time": "timestamptz", "row": "int", "kwh": "double"}
PERIOD_VIEW = {
    "first_at": "timestamptz", "last_at": "timestamptz", "row": "int", "intervals": "int",
    "lowest_kwh": "float", "highest_kwh": "float",
}  # fmt: skip
FEEDER_VIEW = {
    "reading_time": "timestamptz", "row": "int", "kwh": "double", "below_a": "int",
    "above_a": "int", "below_b": "int", "above_b": "int", "v_min": "float", "v_max": "float",
}  # fmt: skip
FEEDER_PERIOD_VIEW = {
    "first_at": "timestamptz", "last_at": "timestamptz", "row": "int", "intervals": "int",
    "kwh": "double", "peak_kwh": "double", "peak_kwh_at": "timestamptz", "below_a": "int",
    "above_a": "int", "below_b": "int", "above_b": "int", "v_min": "float",
    "v_min_at": "timestamptz", "v_max": "float", "v_max_at": "timestamptz",
}  # fmt: skip
TERRITORY_VIEW = {"reading_time": "timestamptz", "kwh": "double"}
COUNTED = "row, intervals, lowest_kwh, highest_kwh"
ONE_LOAD = "row, 1 AS intervals, abs(kwh) AS lowest_kwh, abs(kwh) AS highest_kwh"
ONE_INTERVAL = f"reading_time AS first_at, reading_time AS last_at, {ONE_LOAD}"
ONE_FEEDER_INTERVAL = (
    "reading_time AS first_at, reading_time AS last_at, row,"
    " CAST(kwh IS NOT NULL AS int) AS intervals, kwh, kwh AS peak_kwh, reading_time AS peak_kwh_at,"
    " below_a, above_a, below_b, above_b, v_min, reading_time AS v_min_at, v_max,"
    " reading_time AS v_max_at"
)


@dataclass(frozen=True, slots=True)
class LoadViews:
    """The views that a question may ask of a folder, each made when it is asked for."""

    connection: duckdb.DuckDBPyConnection
    folder: Path
    values: Mapping[str, Any]  # of the question: its period, and by what loads are chosen
    plates: Nameplates  # those of now

    def create_view(self, name: str) -> None:
        """Create one of the views ``kept_transformer_load``, ``kept_feeder_load`` and so on."""
        makers = {
            "transformer_load": self._create_transformer_loads,
            "transformer_period_load": self._create_transformer_periods,
            "feeder_load": self._create_feeder_loads,
            "feeder_period_load": self._create_feeder_periods,
            "territory_load": self._create_territory_loads,
        }
        if name in makers:
            makers[name]()

    def _create_transformer_loads(self) -> None:
        """Show the transformers that are asked for together as one."""
        import pandas as pd

        rows = np.unique(np.asarray(self.values["transformers"], np.int32))
        days = self._choose("load", "load", "block_load")
        summed = sum_together(days, self.plates, rows, self._bounds)
        self.connection.register("summed_loads", summed)
        self.connection.register("asked_rows", pd.DataFrame({"row": rows}))
        asked = "row IN (SELECT row FROM asked_rows)"
        together = f"reading_time, {TOGETHER} AS row, kwh"
        hours: Source = (days.hours, asked, together)
        self._join_files("transformer_load", LOAD_VIEW, [hours], [("summed_loads", together)])

    def _create_transformer_periods(self) -> None:
        """Show what is above the share asked for, at a price by interval, else by whole day."""
        share, is_dear = self._find_share(), "price" in self.values
        if share > HEAVY_SHARE:
            sources = self._list_dear_loads(share) if is_dear else self._list_heavy_loads(share)
            self._join_files("transformer_period_load", PERIOD_VIEW, sources)
            return
        days = self._choose("load", "load")
        whole, parted = days.list_whole("load"), days.list_parted("load")
        ends_s, views = None, []
        if is_dear:
            ends_s, parted = self._list_dear_ends(), days.list_all("load")
        else:
            counted = count_above(whole, self.plates.row, self._find_limits)
            self.connection.register("counted_above", counted)
            views = [("counted_above", self._stamp_whole(COUNTED))]
        self._register_stream("loads_above", stream_above(parted, self._find_limits, ends_s))
        hours: Source = (days.hours, "true", ONE_INTERVAL)
        views.append(("loads_above", ONE_INTERVAL))
        self._join_files("transformer_period_load", PERIOD_VIEW, [hours], views)

    def _list_dear_loads(self, share: float) -> list[Source]:
        """Return where the heavy loads from a share of the nameplate on are, one by one."""
        days = self._choose("load", "heavy_load")
        above = f"step >= {_find_steps(share)[0]}"
        return [
            (days.list_all("heavy_load"), above, ONE_INTERVAL),
            (days.hours, "true", ONE_INTERVAL),
        ]

    def _list_heavy_loads(self, share: float) -> list[Source]:
        """Return where they are counted for whole days, and where those about the share are."""
        step, above = _find_steps(share)
        days = self._choose("load", "heavy_load", "heavy_steps")
        about = f"step BETWEEN {step} AND {above - 1}"
        return [
            (days.list_whole("heavy_steps"), f"step = {above}", self._stamp_whole(COUNTED)),
            (days.list_whole("heavy_load"), about, self._stamp_whole(ONE_LOAD)),
            (days.list_parted("heavy_load"), f"step >= {step}", ONE_INTERVAL),
            (days.hours, "true", ONE_INTERVAL),
        ]

    def _stamp_whole(self, columns: str) -> str:
        """Return columns of whole days with a time that is of the period, as all of theirs are."""
        time = f"to_timestamp({self._bounds[1]})"
        return f"{time} AS first_at, {time} AS last_at, {columns}"

    def _create_feeder_loads(self) -> None:
        days = self._choose("feeder_load", "feeder_load")
        files = [*days.list_all("feeder_load"), *days.hours]
        self._join_files("feeder_load", FEEDER_VIEW, [(files, "true", ", ".join(FEEDER_VIEW))])

    def _create_feeder_periods(self) -> None:
        days = self._choose("feeder_load", "feeder_load", "feeder_day")
        intervals = [*days.list_parted("feeder_load"), *days.hours]
        self._join_files(
            "feeder_period_load",
            FEEDER_PERIOD_VIEW,
            [
                (days.list_whole("feeder_day"), "true", ", ".join(FEEDER_PERIOD_VIEW)),
                (intervals, "true", ONE_FEEDER_INTERVAL),
            ],
        )

    def _create_territory_loads(self) -> None:
        days = self._choose("feeder_load", "territory_load")
        columns = ", ".join(TERRITORY_VIEW)
        sources: list[Source] = [(days.list_all("territory_load"), "true", columns)]
        if days.hours:
            self.connection.read_parquet(list(days.hours)).aggregate(
                "reading_time, sum(kwh) AS kwh", "reading_time"
            ).create_view("summed_territory_load")
        views = [("summed_territory_load", columns)] if days.hours else []
        self._join_files("territory_load", TERRITORY_VIEW, sources, views)

    @property
    def _bounds(self) -> tuple[int, int]:
        """After when the first interval of the period ends and when the last does, unix seconds."""
        return int(self.values["start"].timestamp()), int(self.values["end"].timestamp())

    def _choose(self, table: str, *parts: str) -> ChosenDays:
        return choose_days(self.folder, table, parts, self._bounds, self.plates)

    def _find_share(self) -> float:
        """Return the share of the nameplate that is asked for, kW to kVA."""
        share: float = self.values.get("pct", 0.0) / 100 * self.values.get("power_factor", 1.0)
        return share

    def _find_limits(self, rows: NDArray[np.int32]) -> NDArray[np.float64]:
        """Return the energy of an interval at the share asked for, as the questions compute it."""
        limits: NDArray[np.float64] = (
            self.plates.find_ratings(rows) * self.values["pct"] / 100 * self.values["power_factor"]
        )
        return limits / 4

    def _register_stream(self, name: str, stream: pa.RecordBatchReader) -> None:
        """Let SQL name a stream of Arrow, which knows nothing of the filters of joins."""
        self.connection.execute("SET disabled_optimizers = 'join_filter_pushdown'")
        self.connection.register(name, stream)

    def _list_dear_ends(self) -> NDArray[np.int64]:
        """Return the ends of the intervals in which some price is above the bound asked for."""
        dear = self.connection.execute(
            'SELECT DISTINCT epoch("time") FROM ('
            'SELECT "time", price_usd_mwh FROM kept_conditions'
            ' UNION ALL SELECT "time", price_usd_mwh FROM kept_zone_prices'
            ") WHERE price_usd_mwh > $price",
            {"price": self.values["price"]},
        )
        return np.array([round(end) for (end,) in dear.fetchall()], dtype=np.int64)

    def _join_files(
        self,
        name: str,
        columns: Mapping[str, str],
        sources: Sequence[Source],
        views: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Create a view of rows of files, and of other views, one after the other."""
        declared = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        self.connection.execute(f"CREATE TABLE no_{name} ({declared})")
        kept = self.connection.table(f"no_{name}")
        for files, which, shown in sources:
            if files:
                rows = self.connection.read_parquet(list(files)).filter(which)
                kept = kept.union(rows.project(shown))
        for view, shown in views:
            kept = kept.union(self.connection.view(view).project(shown))
        kept.create_view(f"kept_{name}")


def _find_steps(share: float) -> tuple[int, int]:
    """Return the first step that may hold a share, and the first above it that is counted."""
    asked = min(share * STEPS, MOST_STEPS)
    counted = math.floor(asked * (1 + 1e-9)) // COUNTED_STEPS + 1
    return math.floor(asked * (1 - 1e-9)), counted * COUNTED_STEPS
