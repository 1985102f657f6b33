"""Sum up the loads of a day in the forms in which questions of weeks read them; see `load_days`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.store.load_matrix import LoadMatrix

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

    from gridtwin.model.interval_loads import Nameplates

HEAVY_SHARE = 0.5  # of the nameplate, kW to kVA: loads from here on are heavy
STEPS = 400  # of the share of the nameplate, by which heavy loads are ordered: each is 0.25 %
COUNTED_STEPS = 10  # at every so many of them, what lies above is counted: each 2.5 %
MOST_STEPS = 5_000  # those above stand with it
LOAD_COLUMNS = ("row", "reading_time", "kwh")
BLOCK_SIZE = 64  # transformers
VOLTAGE_COUNTS = ("below_a", "above_a", "below_b", "above_b")


def sum_transformers(loads: pa.Table, plates: Nameplates) -> dict[str, pa.Table]:
    """
    Return what is kept of the loads of transformers of a day, by the name of each part.

    Parameters
    ----------
    loads
        Of its intervals: ``row``, ``reading_time`` and ``kwh``, in order of time.
    plates
        By which loads are heavy, and transformers in blocks.
    """
    matrix = LoadMatrix.from_loads(loads)
    blocks = matrix.sum_groups(find_blocks(plates, matrix.row))
    loads = loads.take(np.argsort(loads["row"].to_numpy(), kind="stable"))
    heavy = _pick_heavy(loads, plates)
    return {
        "load": matrix.to_table(),
        "heavy_load": heavy,
        "heavy_steps": _count_steps(heavy),
        "block_load": blocks.to_table(),
    }


def sum_feeders(loads: pa.Table) -> dict[str, pa.Table]:
    """Return what is kept of the loads of feeders of a day, as they are kept of its intervals."""
    return {
        "feeder_load": loads,
        "feeder_day": _sum_feeder_days(loads),
        "territory_load": _sum_territory(loads),
    }


def find_blocks(plates: Nameplates, rows: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return in which block of transformers each row is."""
    return (np.searchsorted(plates.row, rows) // BLOCK_SIZE).astype(np.int32)


def _pick_heavy(loads: pa.Table, plates: Nameplates) -> pa.Table:
    """Return the heavy loads, whichever way they flow, by steps of the share of the nameplate."""
    import pyarrow as pa

    kva = np.abs(loads["kwh"].to_numpy().astype(np.float64)) * 4
    rated = plates.find_ratings(loads["row"].to_numpy())
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(rated > 0, kva / rated, np.where(kva > 0, np.inf, 0.0))
    heavy = np.flatnonzero((share >= HEAVY_SHARE) & ~np.isnan(rated))
    step = np.minimum(share[heavy] * STEPS, MOST_STEPS).astype(np.int16)
    order = np.argsort(step, kind="stable")
    heavy_loads = loads.select(LOAD_COLUMNS).take(heavy[order])
    return heavy_loads.append_column("step", pa.array(step[order]))


def _count_steps(heavy: pa.Table) -> pa.Table:
    """
    Return at each step that is counted the loads of each transformer from there on, lowest first.

    A question about a share of the nameplate reads one such step, and the loads up to it.
    """
    import pandas as pd
    import pyarrow as pa

    counted = heavy["step"].to_numpy() // COUNTED_STEPS
    frame = pd.DataFrame({"row": heavy["row"].to_numpy(), "counted": counted})
    frame["kwh"] = np.abs(heavy["kwh"].to_numpy())
    each = frame.groupby(["row", "counted"], sort=True).kwh.agg(["size", "min", "max"])
    each = each.reset_index()
    # Of a transformer, the steps below are those above and their own.
    down = each.iloc[::-1].groupby("row", sort=False)
    above = pd.DataFrame(
        {
            "step": each["counted"],
            "row": each["row"],
            "intervals": down["size"].cumsum().astype(np.int32),
            "lowest_kwh": each["min"],
            "highest_kwh": down["max"].cummax(),
        }
    )
    above = _fill_steps(above).sort_values(["step", "row"], ignore_index=True)
    above["step"] = (above["step"] * COUNTED_STEPS).astype(np.int16)
    return pa.Table.from_pandas(above, preserve_index=False)


def _fill_steps(counted: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each step up to the highest of a transformer, also for those it skips."""
    first = round(HEAVY_SHARE * STEPS) // COUNTED_STEPS
    step, row = counted["step"].to_numpy(), counted["row"].to_numpy()
    begins = np.append(True, row[1:] != row[:-1])[: len(row)]
    below = np.where(begins, first - 1, np.append(0, step[:-1])[: len(row)])
    times = step.astype(np.int64) - below
    filled = counted.loc[np.repeat(counted.index, times)].reset_index(drop=True)
    ends = np.repeat(np.cumsum(times), times)
    filled["step"] = filled["step"] - (ends - 1 - np.arange(len(filled)))
    return filled


def _sum_feeder_days(loads: pa.Table) -> pa.Table:
    """Return the energy, the peak, and the worst voltages of each feeder, and when they were."""
    import pyarrow as pa

    frame = loads.to_pandas()
    by_feeder = frame.groupby("row", sort=True)
    day = by_feeder[list(VOLTAGE_COUNTS)].sum()
    day["first_at"], day["last_at"] = frame.reading_time.min(), frame.reading_time.max()
    day["kwh"], day["intervals"] = by_feeder.kwh.sum(), by_feeder.kwh.count()
    for column, name, find in (
        ("kwh", "peak_kwh", "idxmax"),
        ("v_min", "v_min", "idxmin"),
        ("v_max", "v_max", "idxmax"),
    ):
        known = frame.dropna(subset=[column])
        first = known.loc[getattr(known.groupby("row")[column], find)()].set_index("row")
        day[name], day[f"{name}_at"] = first[column], first.reading_time
    return pa.Table.from_pandas(day.reset_index(), schema=_build_day_schema(loads))


def _build_day_schema(loads: pa.Table) -> pa.Schema:
    import pyarrow as pa

    time = loads.schema.field("reading_time").type
    return pa.schema(
        [
            ("row", pa.int32()),
            ("first_at", time),
            ("last_at", time),
            ("intervals", pa.int32()),  # with an energy
            ("kwh", pa.float64()),
            ("peak_kwh", pa.float64()),
            ("peak_kwh_at", time),
            *((name, pa.int32()) for name in VOLTAGE_COUNTS),
            ("v_min", pa.float32()),
            ("v_min_at", time),
            ("v_max", pa.float32()),
            ("v_max_at", time),
        ]
    )


def _sum_territory(loads: pa.Table) -> pa.Table:
    """Return what all feeders carried together in each interval, as far as it is known."""
    summed = loads.group_by("reading_time").aggregate([("kwh", "sum")])
    return summed.select(["reading_time", "kwh_sum"]).rename_columns(["reading_time", "kwh"])
