"""
Measure how a twin gets into Iceberg tables: `python -m benchmarks.lake [METERS] [STEP ...]`.

A catalog and an object store on this machine take the tables; a second client says when they are
there. Steps are network, readings, switch and changes, all by default. What each has measured is
kept in a file beside the others of its kind, so that a run that was cut short goes on with the
steps that are missing, and the section is of all of them.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    from collections.abc import Callable

    from gridtwin.twin import Twin
    from lake_bench import Lake

METERS = 597_000
INTERVALS = 96  # a day
CHANGED = 11_000
START = datetime(2026, 7, 1, tzinfo=UTC)
MOST_MEMORY = 4 << 30
ROUNDS = 3
Measured = tuple[list[Row], list[Limit]]
LOGICAL = {"wal_level": "logical", "max_slot_wal_keep_size": "8GB", "max_wal_size": "8GB"}


def main() -> None:
    """Take the steps, and write what all of them have measured."""
    words = sys.argv[1:]
    meters = int(words.pop(0)) if words and words[0].isdigit() else METERS
    kept = Path(tempfile.gettempdir()) / f"gridtwin-lake-{meters}.json"
    measured = json.loads(kept.read_text()) if kept.exists() else {}
    wanted = words or [step for step in STEPS if step not in measured] or list(STEPS)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        lake = stack.enter_context(run_lake())
        twin = gridtwin.open(gridtwin.synthesize("houston", meters=meters, seed=1))
        twin = twin.save(folder / "territory.twin")
        for step in wanted:
            rows, limits = STEPS[step](lake, twin)
            measured[step] = [
                rows,
                [(*limit, f"load {os.getloadavg()[0]:.0f}") for limit in limits],
            ]
            kept.write_text(json.dumps(measured))
            print("\n".join(_list_lines({step: measured[step]})), flush=True)
    head = f"{meters:,} meters, seed 1; {machine()}; by the wall, into a catalog and an object"
    head += " store on the same machine; behind each, the processor time of the publisher, and the"
    head += " load average of the machine. Counts are those that a second client reads."
    publish("Into Iceberg", [head, "", *_list_lines(measured)])


def _list_lines(measured: dict[str, list[Any]]) -> list[str]:
    steps = [measured[step] for step in STEPS if step in measured]
    rows = [Row(*row) for row, _ in steps for row in row]
    limits = [Limit(f"{name} ({told})", *rest) for _, each in steps for name, *rest, told in each]
    return tables(rows, limits)


class Stopwatch:
    """How long something has taken, by the wall and in processor time of this process."""

    def __init__(self) -> None:
        self._wall, self._work = time.perf_counter(), time.process_time()

    def read_wall(self) -> float:
        """Return the seconds by the wall."""
        return time.perf_counter() - self._wall

    def name_work(self) -> str:
        """Return the processor time, as a line tells it."""
        return f"{time.process_time() - self._work:.2g} s of processor time"


def _make_publication(
    lake: Lake, target: object, namespace: str, *, readings: bool = True
) -> LakePublication:
    address = LakeAddress(lake.catalog.url, "wh", namespace)
    return LakePublication(str(target), address, lake.settings, readings=readings)


def _tell_nothing(_done: int, _all: int) -> None:
    """Say nothing of the progress."""


def _count_rows(lake: Lake, namespace: str, table: str) -> int:
    return lake.open_catalog().load_table(f"{namespace}.{table}").scan().count()


def _count_snapshots(lake: Lake, namespace: str) -> int:
    catalog = lake.open_catalog()
    named = [catalog.load_table(name) for name in catalog.list_tables(namespace)]
    return sum(len(table.metadata.snapshots) for table in named)


def _publish_network(lake: Lake, twin: Twin) -> Measured:
    publication = _make_publication(lake, twin.store.path, "folder", readings=False)
    watch = Stopwatch()
    report = publication.publish_once()
    took, work = watch.read_wall(), watch.name_work()
    for name in ("equipment", "closure"):
        assert _count_rows(lake, "folder", name) == report.rows[name], "every row is there"
    rows = sum(report.rows.values())
    name = f"first publication of network and topology, {rows:,} rows; {work}"
    return [], [Limit(name, took, 60.0, "s")]


def _publish_readings(lake: Lake, twin: Twin) -> Measured:
    count = _write_readings(twin.store.path / "ami", twin)
    publication = _make_publication(lake, twin.store.path, "readings")
    publication.readings = False
    publication.publish_once()
    publication.readings = True
    watch = Stopwatch()
    assert publication.publish_once().days == [str(START.date())]
    took, work = watch.read_wall(), watch.name_work()
    assert _count_rows(lake, "readings", "ami_enriched") == count, "every reading is there"
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    kept = _count_snapshots(lake, "readings")
    watch = Stopwatch()
    publication.publish_once()
    again, again_work = watch.read_wall(), watch.name_work()
    assert _count_snapshots(lake, "readings") == kept, "what did not change is not written"
    shutil.rmtree(twin.store.path / "ami/readings")
    return [], [
        Limit(f"a day of {count:,} readings, silver and gold; {work}", took, 300.0, "s"),
        Limit("the same, memory held at most", held / (1 << 30), MOST_MEMORY / (1 << 30), "GiB"),
        Limit(f"the same again: no snapshot; {again_work}", again, 60.0, "s"),
    ]


def _publish_switch(lake: Lake, twin: Twin) -> Measured:
    """Open the head of a feeder, and close it again, while the twin is followed."""
    publication = _make_publication(lake, twin.store.path, "switch", readings=False)
    head = twin.network.feeders["head"][5]
    with publication._open_session() as session:  # noqa: SLF001 - as `follow` does
        watch = Stopwatch()
        session.publish_rows(_tell_nothing)
        whole = watch.read_wall()
        for opened in (True, False, True):  # the first one reads what is there
            twin.switch(head, open=opened)
            watch = Stopwatch()
            report = session.publish_rows(_tell_nothing)
            took, work = watch.read_wall(), watch.name_work()
    rows = sum(report.rows[name] for name in ("element_spans", "usage_point_places", "closure"))
    name = f"the head of a feeder opens: {rows:,} rows of the topology written; {work}"
    row = Row("publishing the whole again / one switch operation", took, whole, 1.0)
    return [row], [Limit(name, took, 15.0, "s")]


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


def _publish_changes(lake: Lake, twin: Twin) -> Measured:
    """Change rows of a database that is followed, and wait until the second client reads them."""
    with run_cluster(LOGICAL) as database, database.create_database() as url:
        database.execute(f"ALTER ROLE {CLUSTER_OWNER} REPLICATION")
        twin.save(url)
        publication = _make_publication(lake, url, "followed")
        watch = Stopwatch()
        publication.publish_once()
        whole_s = watch.read_wall()
        stop = threading.Event()
        following = threading.Thread(
            target=publication.follow, args=(stop, 0.5, 1e9, lambda _report: None)
        )
        following.start()
        try:
            seen, work = zip(
                *(_see_change(lake, url, number) for number in range(ROUNDS)), strict=True
            )
        finally:
            stop.set()
            following.join()
    name = f"{CHANGED:,} changed rows, from commit until the second client reads them"
    row = Row("publishing them again whole / following their log", min(work), whole_s, 20.0)
    return [row], [Limit(name, max(seen), 10.0, "s")]


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


STEPS: dict[str, Callable[[Lake, Twin], Measured]] = {
    "network": _publish_network,
    "readings": _publish_readings,
    "switch": _publish_switch,
    "changes": _publish_changes,
}


if __name__ == "__main__":
    main()
