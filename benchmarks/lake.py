"""
Measure how a twin gets into Iceberg tables: `python -m benchmarks.lake [METERS]`.

A catalog and an object store on this machine take the tables; a second client says when they are
there.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import gridtwin
from benchmarks.report import Limit, Row, machine, publish, tables
from gridtwin.live.lake_following import LakePublication
from gridtwin.store.iceberg_catalog import LakeAddress
from gridtwin.store.postgis.cluster import CLUSTER_OWNER, run_cluster
from gridtwin.store.postgis.connect import connect

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from lake_bench import run_lake

if TYPE_CHECKING:
    from gridtwin.twin import Twin
    from lake_bench import Lake

METERS = 597_000
INTERVALS = 96  # a day
CHANGED = 11_000
START = datetime(2026, 7, 1, tzinfo=UTC)
MOST_MEMORY = 4 << 30
ROUNDS = 3
LOGICAL = {"wal_level": "logical", "max_slot_wal_keep_size": "8GB", "max_wal_size": "8GB"}


def main() -> None:
    """Print how long publications take, and what the second client then reads."""
    meters = int(sys.argv[1]) if len(sys.argv) > 1 else METERS
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        lake = stack.enter_context(run_lake())
        twin = gridtwin.open(gridtwin.synthesize("houston", meters=meters, seed=1))
        twin = twin.save(folder / "territory.twin")
        limits = [*_publish_network(lake, folder), *_publish_readings(lake, folder, twin)]
        database = stack.enter_context(run_cluster(LOGICAL))
        database.execute(f"ALTER ROLE {CLUSTER_OWNER} REPLICATION")
        url = stack.enter_context(database.create_database())
        twin.save(url)
        row, limit = _publish_changes(lake, url)
    head = f"{meters:,} meters, seed 1; {machine()}; by the wall, into a catalog and an object"
    head += " store on the same machine. Counts are those that a second client reads."
    publish("Into Iceberg", [head, "", *tables([row], [*limits, limit])])


def _make_publication(lake: Lake, target: object, namespace: str) -> LakePublication:
    address = LakeAddress(lake.catalog.url, "wh", namespace)
    return LakePublication(str(target), address, lake.settings)


def _count_rows(lake: Lake, namespace: str, table: str) -> int:
    return lake.open_catalog().load_table(f"{namespace}.{table}").scan().count()


def _count_snapshots(lake: Lake, namespace: str) -> int:
    catalog = lake.open_catalog()
    named = [catalog.load_table(name) for name in catalog.list_tables(namespace)]
    return sum(len(table.metadata.snapshots) for table in named)


def _publish_network(lake: Lake, folder: Path) -> list[Limit]:
    publication = _make_publication(lake, folder / "territory.twin", "folder")
    began = time.perf_counter()
    report = publication.publish_once()
    took = time.perf_counter() - began
    for name in ("equipment", "closure"):
        assert _count_rows(lake, "folder", name) == report.rows[name], "every row is there"
    rows = sum(report.rows.values())
    return [Limit(f"first publication of network and topology, {rows:,} rows", took, 60.0, "s")]


def _publish_readings(lake: Lake, folder: Path, twin: Twin) -> list[Limit]:
    count = _write_readings(folder / "territory.twin/ami", twin)
    publication = _make_publication(lake, folder / "territory.twin", "folder")
    began = time.perf_counter()
    assert publication.publish_once().days == ["2026-07-01"]
    took = time.perf_counter() - began
    assert _count_rows(lake, "folder", "ami_enriched") == count, "every reading is there"
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    assert held < MOST_MEMORY, f"{held / 1e9:.1f} GB were held"
    kept = _count_snapshots(lake, "folder")
    publication.publish_once()
    assert _count_snapshots(lake, "folder") == kept, "what did not change is not written"
    name = f"a day of {count:,} readings, silver and gold, at most {held / 1e9:.1f} GB held"
    return [Limit(name, took, 300.0, "s")]


def _write_readings(folder: Path, twin: Twin) -> int:
    """Write the readings of a day, an hour a file; return how many there are."""
    names = pa.array([name.decode() for name in twin.store.network.data.usage_points.mrid])
    meters = pa.DictionaryArray.from_arrays(np.arange(len(names), dtype=np.int32), names)
    numbers = np.random.default_rng(1)
    place = folder / f"readings/date={START.date()}"
    place.mkdir(parents=True)
    for hour in range(24):
        quarters = [
            pa.table(
                {
                    "meter_id": meters,
                    "reading_time": pa.array(
                        np.full(len(names), START.timestamp() + hour * 3600 + quarter * 900) * 1e3
                    )
                    .cast(pa.int64())
                    .cast(pa.timestamp("ms", tz="UTC")),
                    "kwh": numbers.gamma(2, 0.2, len(names)).astype(np.float32),
                    "voltage_v": numbers.normal(120, 1.5, len(names)).astype(np.float32),
                }
            )
            for quarter in range(4)
        ]
        pq.write_table(pa.concat_tables(quarters), place / f"part-{hour:02}.parquet")
    return len(names) * INTERVALS


def _publish_changes(lake: Lake, url: str) -> tuple[Row, Limit]:
    """Change rows of a database that is followed, and wait until the second client reads them."""
    publication = _make_publication(lake, url, "followed")
    began = time.perf_counter()
    publication.publish_once()
    whole_s = time.perf_counter() - began
    stop = threading.Event()
    following = threading.Thread(
        target=publication.follow, args=(stop, 0.5, 1e9, lambda _report: None)
    )
    following.start()
    try:
        seen, work = zip(*(_see_change(lake, url, number) for number in range(ROUNDS)), strict=True)
    finally:
        stop.set()
        following.join()
    name = f"{CHANGED:,} changed rows, from commit until the second client reads them"
    row = Row("publishing them again whole / following their log", min(work), whole_s, 20.0)
    return row, Limit(name, max(seen), 10.0, "s")


def _see_change(lake: Lake, url: str, number: int) -> tuple[float, float]:
    """Return how long rows took until they were read, and until they were written."""
    from pyiceberg.expressions import EqualTo

    table = lake.open_catalog().load_table("followed.equipment")
    before = len(table.metadata.snapshots)
    mark = f"round {number}"
    with connect(url) as link:
        link.execute("UPDATE gridtwin.equipment SET name = %s WHERE row < %s", (mark, CHANGED))
    began = time.perf_counter()
    while len(table.refresh().metadata.snapshots) == before:
        time.sleep(0.02)
    written = time.perf_counter() - began
    assert table.scan(row_filter=EqualTo("name", mark)).to_arrow().num_rows == CHANGED
    return time.perf_counter() - began, written


if __name__ == "__main__":
    main()
