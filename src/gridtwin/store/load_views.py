"""Lay the views of loads over a folder of Parquet, so that a question reads what it needs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.store.load_days import (
    BLOCK_SIZE,
    HEAVY_SHARE,
    MOST_STEPS,
    STEPS,
    choose_days,
    find_blocks,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import duckdb
    from numpy.typing import NDArray

    from gridtwin.model.interval_loads import Nameplates

VIEW_COLUMNS = "reading_time, row, kwh"


def create_transformer_loads(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    values: Mapping[str, Any],
    plates: Nameplates,
) -> None:
    """
    Create the view ``kept_load`` of the loads of transformers that a question asks for.

    Parameters
    ----------
    connection, folder
        Which reads what.
    values
        Of the question: ``start`` and ``end``, by which days are chosen; ``transformers`` or
        ``pct`` and ``power_factor``, by which loads are.
    plates
        Those of now.
    """
    if "transformers" in values:
        chosen = _choose_together(connection, plates, np.asarray(values["transformers"], np.int32))
    else:
        share = values.get("pct", 0.0) / 100 * values.get("power_factor", 1.0)
        step = math.floor(min(share * STEPS, MOST_STEPS) * (1 - 1e-9))
        part, which = ("heavy_load", f"step >= {step}") if share > HEAVY_SHARE else ("load", "true")
        chosen = {part: (which, VIEW_COLUMNS), "hours": ("true", VIEW_COLUMNS)}
    parts = [part for part in chosen if part != "hours"]
    days, hours = choose_days(folder, "load", parts, _read_period(values), plates)
    connection.execute("CREATE TABLE no_load (reading_time timestamptz, row int, kwh float)")
    kept = connection.table("no_load")
    for part, files in {**days, "hours": hours}.items():
        if files:
            which, columns = chosen[part]
            kept = kept.union(connection.read_parquet(files).filter(which).project(columns))
    kept.create_view("kept_load")


def create_feeder_loads(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    values: Mapping[str, Any],
    plates: Nameplates,
) -> None:
    """Create the view ``kept_feeder_load`` of a period; see `create_transformer_loads`."""
    days, hours = choose_days(folder, "feeder_load", ("feeder_load",), _read_period(values), plates)
    files = days["feeder_load"] + hours
    if files:
        connection.read_parquet(files).create_view("kept_feeder_load")
    else:
        connection.execute(
            "CREATE TABLE kept_feeder_load (reading_time timestamptz, row int, kwh double,"
            " below_a int, above_a int, below_b int, above_b int, v_min float, v_max float)"
        )


def _read_period(values: Mapping[str, Any]) -> tuple[int, int]:
    return int(values["start"].timestamp()), int(values["end"].timestamp())


def _choose_together(
    connection: duckdb.DuckDBPyConnection, plates: Nameplates, rows: NDArray[np.int32]
) -> dict[str, tuple[str, str]]:
    """
    Return which rows and columns of each part hold what some transformers carried together.

    What whole blocks of them carried stands for one of them.
    """
    import pandas as pd

    block = find_blocks(plates, rows)
    count = np.bincount(block, minlength=len(plates.row) // BLOCK_SIZE + 1)
    size = np.bincount(np.arange(len(plates.row)) // BLOCK_SIZE, minlength=len(count))
    whole = (count == size)[block]
    connection.register("asked_rows", pd.DataFrame({"row": rows}))
    connection.register("single_rows", pd.DataFrame({"row": rows[~whole]}))
    connection.register("whole_blocks", pd.DataFrame({"block": np.unique(block[whole])}))
    parted = ", ".join(map(str, np.unique(block[~whole]).tolist())) or "NULL"
    one = int(rows[0]) if len(rows) else -1
    return {
        "block_load": (
            "block IN (SELECT block FROM whole_blocks)",
            f"reading_time, {one} AS row, kwh",
        ),
        "load": (  # groups without these blocks are not read
            f"block IN ({parted}) AND row IN (SELECT row FROM single_rows)",  # noqa: S608
            VIEW_COLUMNS,
        ),
        "hours": ("row IN (SELECT row FROM asked_rows)", VIEW_COLUMNS),
    }
