"""Make small outage histories, with truth known, as files of the published layout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

HOUR = 3600.0
BEGIN = 1_700_000_000.0
CAUSES = ("Under investigation", "Tree down across our wires", "Planned work", "Wind storm")
CREWS = ("No crew assigned yet", "Crew on their way", "Crew on-site")


def made_tables(seed: int = 1, outages: int = 400, days: float = 30.0) -> dict[str, dict[str, Any]]:
    """
    Return outages, revisions and snapshots as columns, with two storms in them.

    The length of an outage depends on its cause and on how much is open; half of them get an
    estimate of the utility, which is late by a third, more or less.
    """
    rng = np.random.default_rng(seed)
    calm = rng.uniform(0, days * 24, outages // 2)
    storms = np.concatenate(
        [at + rng.exponential(4, outages // 4) for at in (days * 8.0, days * 18.0)]
    )
    start = BEGIN + HOUR * np.sort(np.concatenate([calm, storms]))
    n = start.size
    cause = rng.choice(len(CAUSES), n, p=(0.5, 0.25, 0.1, 0.15))
    stormy = (np.abs(start - BEGIN - days * 9 * HOUR) < 30 * HOUR).astype(float)
    mean = np.array((1.5, 3.0, 4.0, 5.0))[cause] * (1 + stormy)
    length = HOUR * np.maximum(rng.lognormal(np.log(mean), 0.7), 0.2)
    scrape = np.arange(BEGIN, BEGIN + (days + 20) * 24 * HOUR, 600.0)
    seen = np.searchsorted(scrape, start)
    gone = np.maximum(np.searchsorted(scrape, start + length), seen + 1)
    table = _outages(rng, start, scrape[seen], scrape[gone - 1], scrape[gone], cause)
    return {
        "outages": table,
        "revisions": _revisions(rng, table, cause),
        "snapshots": _snapshots(table, scrape),
    }


def _outages(
    rng: np.random.Generator, start: Any, first: Any, last: Any, gone: Any, cause: Any
) -> dict[str, Any]:
    n = start.size
    told = rng.random(n) < 0.5
    told_s = np.where(rng.random(n) < 0.5, first, first + 1200)
    told &= told_s <= last
    guess = 1.3 * (last - first) * rng.lognormal(0, 0.4, n)
    etr = np.where(told, first + np.round(guess / 900) * 900 + 1800, np.nan)
    cells = rng.integers(0, 4, n)
    return {
        "id": np.array([f"o{k}" for k in range(n)], object),
        "start": start,
        "first_seen": first,
        "last_seen": last,
        "gone_snap": gone,
        "etr_first": etr,
        "etr_first_seen": np.where(told, told_s, np.nan),
        "lat": 45.0 + cells,
        "lon": -75.0 - cells,
        "region": np.array([f"region {k}" for k in cells], object),
        "planned": cause == 2,
        "clean": np.ones(n, bool),
        "restored_mid": (last + gone) / 2,
    }


def _revisions(rng: np.random.Generator, outages: dict[str, Any], cause: Any) -> dict[str, Any]:
    n = len(outages["id"])
    customers = np.floor(rng.lognormal(2, 1.5, n)) + 1
    first, last = outages["first_seen"], outages["last_seen"]
    rows: dict[str, list[Any]] = {
        name: [] for name in ("id", "t", "start", "etr", "cust", "cause", "crew")
    }
    for k in range(n):
        moments = {
            first[k]: 0,
            outages["etr_first_seen"][k]: 0,
            (first[k] + last[k]) // 1200 * 600: 1,
        }
        for t in sorted(t for t in moments if first[k] <= t <= last[k]):
            rows["id"].append(outages["id"][k])
            rows["t"].append(t)
            rows["start"].append(outages["start"][k])
            rows["etr"].append(
                outages["etr_first"][k] if t >= outages["etr_first_seen"][k] else np.nan
            )
            rows["cust"].append(customers[k] if t == first[k] else np.ceil(customers[k] / 2))
            rows["cause"].append(CAUSES[cause[k]] if t > first[k] or cause[k] == 2 else CAUSES[0])
            rows["crew"].append(CREWS[min(2, len(rows["crew"]) % 3)])
    return {name: np.array(values, object if name in {"id", "cause", "crew"} else float)
            for name, values in rows.items()}  # fmt: skip


def _snapshots(outages: dict[str, Any], scrape: Any) -> dict[str, Any]:
    first, gone = np.sort(outages["first_seen"]), np.sort(outages["gone_snap"])
    count = np.searchsorted(first, scrape, side="right") - np.searchsorted(
        gone, scrape, side="right"
    )
    return {"t": scrape, "n_outages": count, "cust_out": count * 12}


def write_tables(folder: Path, source: str, tables: dict[str, dict[str, Any]]) -> Path:
    """Write the three files of a source, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, columns in tables.items():
        arrays = {
            name: pa.array(list(values), from_pandas=True) for name, values in columns.items()
        }
        pq.write_table(pa.table(arrays), folder / f"{source}_{part}.parquet")
    return folder


def write_made(folder: Path, source: str = "made", **kind: Any) -> Path:
    """Make a history and write it."""
    return write_tables(folder, source, made_tables(**kind))
