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

from gridtwin.store.day_sums import BLOCK_SIZE, HEAVY_SHARE, MOST_STEPS, STEPS, find_blocks
from gridtwin.store.load_days import choose_days

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import duckdb
    from numpy.typing import NDArray

    from gridtwin.model.interval_loads import Nameplates
    from gridtwin.store.load_days import ChosenDays

    Source = tuple[Sequence[str], str, str]  # files, which of their rows, columns

TOGETHER = -1  # in the place of a transformer: all those that are asked for together
LOAD_VIEW = {"reading_time": "timestamptz", "row": "int", "kwh": "float"}
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
ONE_INTERVAL = (
    "reading_time AS first_at, reading_time AS last_at, row, 1 AS intervals,"
    " abs(kwh) AS lowest_kwh, abs(kwh) AS highest_kwh"
)
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
        columns = ", ".join(LOAD_VIEW)
        if "transformers" in self.values:
            chosen = self._choose_together(np.asarray(self.values["transformers"], np.int32))
        else:
            share = self._find_share()
            step = _find_steps(share)[0]
            part = "heavy_load" if share > HEAVY_SHARE else "load"
            which = f"step >= {step}" if share > HEAVY_SHARE else "true"
            chosen = {part: (which, columns), "hours": ("true", columns)}
        days = self._choose("load", *(part for part in chosen if part != "hours"))
        self._join_files(
            "transformer_load",
            LOAD_VIEW,
            [
                (days.hours if part == "hours" else days.list_all(part), which, columns)
                for part, (which, columns) in chosen.items()
            ],
        )

    def _create_transformer_periods(self) -> None:
        """Of whole days, count what is above the share asked for; read what is about it."""
        share = self._find_share()
        step, above = _find_steps(share)
        if share > HEAVY_SHARE:
            days = self._choose("load", "heavy_load", "heavy_steps")
            sources: list[Source] = [
                (days.list_whole("heavy_steps"), f"step = {above}", ", ".join(PERIOD_VIEW)),
                (
                    days.list_whole("heavy_load"),
                    f"step BETWEEN {step} AND {above - 1}",
                    ONE_INTERVAL,
                ),
                (days.list_parted("heavy_load"), f"step >= {step}", ONE_INTERVAL),
            ]
        else:
            days = self._choose("load", "load")
            sources = [(days.list_all("load"), "true", ONE_INTERVAL)]
        sources.append((days.hours, "true", ONE_INTERVAL))
        self._join_files("transformer_period_load", PERIOD_VIEW, sources)

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
        self._join_files("territory_load", TERRITORY_VIEW, sources, bool(days.hours))

    def _choose(self, table: str, *parts: str) -> ChosenDays:
        period = (int(self.values[name].timestamp()) for name in ("start", "end"))
        return choose_days(self.folder, table, parts, (*period,), self.plates)  # type: ignore[arg-type]

    def _find_share(self) -> float:
        """Return the share of the nameplate that is asked for, kW to kVA."""
        share: float = self.values.get("pct", 0.0) / 100 * self.values.get("power_factor", 1.0)
        return share

    def _join_files(
        self,
        name: str,
        columns: Mapping[str, str],
        sources: Sequence[Source],
        has_sums: bool = False,  # noqa: FBT001, FBT002
    ) -> None:
        """Create a view of rows of files, one after the other."""
        declared = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        self.connection.execute(f"CREATE TABLE no_{name} ({declared})")
        kept = self.connection.table(f"no_{name}")
        for files, which, shown in sources:
            if files:
                rows = self.connection.read_parquet(list(files)).filter(which)
                kept = kept.union(rows.project(shown))
        if has_sums:
            kept = kept.union(self.connection.view(f"summed_{name}"))
        kept.create_view(f"kept_{name}")

    def _choose_together(self, rows: NDArray[np.int32]) -> dict[str, tuple[str, str]]:
        """
        Return which rows and columns of each part hold what some transformers carried together.

        Whole blocks of them stand in one part, the others in another; a row is of all of them.
        """
        import pandas as pd

        block = find_blocks(self.plates, rows)
        count = np.bincount(block, minlength=len(self.plates.row) // BLOCK_SIZE + 1)
        size = np.bincount(np.arange(len(self.plates.row)) // BLOCK_SIZE, minlength=len(count))
        whole = (count == size)[block]
        self.connection.register("asked_rows", pd.DataFrame({"row": rows}))
        # Where values are written out, groups without any of them are not read.
        blocks, singles = (
            ", ".join(map(str, np.unique(each).tolist())) or "NULL"
            for each in (block[whole], rows[~whole])
        )
        columns = f"reading_time, {TOGETHER} AS row, kwh"
        return {
            "block_load": (f"block IN ({blocks})", columns),
            "load": (f"row IN ({singles})", columns),
            "hours": ("row IN (SELECT row FROM asked_rows)", columns),
        }


def _find_steps(share: float) -> tuple[int, int]:
    """Return the first step that may hold a share of the nameplate, and the first above it."""
    asked = min(share * STEPS, MOST_STEPS)
    return math.floor(asked * (1 - 1e-9)), math.floor(asked * (1 + 1e-9)) + 1
