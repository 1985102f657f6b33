"""Reliability indices beside pandas: `python -m benchmarks.reliability [rows]`."""

from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd

from benchmarks.report import Row, seconds
from gridtwin.analysis.reliability.interruption_counts import Counting
from gridtwin.analysis.reliability.interruption_records import Interruptions
from gridtwin.analysis.reliability.reliability_indices import compute_reliability

YEAR_S = 365 * 86_400.0
FEEDERS = 1_500
CEMI = 3


def made(count: int, points: int, years: int = 1) -> Interruptions:
    """Return random interruptions of usage points of one customer each; some overlap."""
    rng = np.random.default_rng(1366)
    point = rng.integers(0, points, count).astype(np.int32)
    began = np.round(rng.uniform(0, years * YEAR_S, count))
    return Interruptions.from_columns(
        began,
        began + np.round(rng.lognormal(7, 2, count)),
        1,
        group=point % FEEDERS,
        usage_point=point,
        event=rng.integers(0, max(count // 50, 1), count),
    )


def with_pandas(rows: Interruptions) -> dict[str, np.ndarray]:
    """Return what an analyst writes: sort, merge what overlaps, group."""
    frame = pd.DataFrame(
        {
            "point": rows.usage_point,
            "began": rows.began_s,
            "ended": rows.restored_s,
            "feeder": rows.group,
            "customers": rows.customers,
        }
    ).sort_values(["point", "began"])
    latest = frame.groupby("point")["ended"].cummax()
    before = latest.groupby(frame["point"]).shift()
    frame["number"] = (~(frame["began"] <= before)).cumsum()
    merged = frame.groupby("number").agg(
        point=("point", "first"),
        began=("began", "first"),
        ended=("ended", "max"),
        feeder=("feeder", "first"),
        customers=("customers", "max"),
    )
    merged["minutes"] = (merged["ended"] - merged["began"]) / 60 * merged["customers"]
    long = merged[merged["ended"] - merged["began"] > 300]
    groups = long.groupby("feeder")
    times = long.groupby(["feeder", "point"])["customers"].agg(["size", "max"])
    often = times[times["size"] > CEMI].groupby("feeder")["max"].sum()
    every = pd.RangeIndex(FEEDERS)
    return {
        "interruptions": groups["customers"].sum().reindex(every, fill_value=0).to_numpy(),
        "minutes": groups["minutes"].sum().reindex(every, fill_value=0).to_numpy(),
        "often": often.reindex(every, fill_value=0).to_numpy(),
    }


def reliability_rows(count: int = 1_000_000) -> list[Row]:
    """Return the row on the indices of a year by feeder."""
    points = max(count // 5, FEEDERS)
    rows = made(count, points)
    served = np.bincount(np.arange(points) % FEEDERS)

    def ours() -> object:
        return compute_reliability(rows, served, 0.0, YEAR_S, Counting(cemi=(CEMI,)))

    found, theirs = ours().groups, with_pandas(rows)
    assert np.array_equal(found.interruptions, theirs["interruptions"])
    assert np.allclose(found.customer_minutes, theirs["minutes"])
    assert np.array_equal(found.often[CEMI], theirs["often"])
    mine, other = seconds(ours, lambda: with_pandas(rows), rounds=1)
    return [Row(f"indices of {count:,} interruptions by feeder / pandas", mine, other, 1.5)]


def main() -> None:
    """Measure, and say how long one run takes on the wall's clock."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    print(reliability_rows(count)[0].line())
    rows = made(count, 600_000, years=6)
    served = np.bincount(np.arange(600_000) % FEEDERS)
    start = time.perf_counter()
    compute_reliability(rows, served, 5 * YEAR_S, 6 * YEAR_S)
    print(f"{count:,} rows of six years, with T_MED: {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
