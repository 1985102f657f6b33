"""
Measure how scores come back from an Iceberg table: `python -m benchmarks.lake_pull`.

The bar is that a thousand changed scores of a hundred thousand are there within five seconds, and
that no other row is written.
"""

from __future__ import annotations

import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import gridtwin
from benchmarks.report import Limit, machine, publish, tables
from gridtwin.store.iceberg_catalog import LAKE, open_lake
from gridtwin.store.postgis.cluster import run_cluster

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from lake_bench import run_lake

if TYPE_CHECKING:
    from gridtwin.model.pulls import PullOutcome
    from gridtwin.twin import Twin
    from lake_bench import Lake

SCORES = 100_000
CHANGED = (900, 50, 50)  # updated, deleted, inserted
BAR_S = 5.0
OWNERS = """
[risk]
table = "{table}"
target = "element_scores"
key = ["asset"]
owner = "analytics"
columns = {{ asset = "mrid", score = "value" }}
fixed = {{ kind = "failure_risk" }}
"""


def main() -> None:
    """Print how long pulls take, into a folder and a database, of both versions of tables."""
    limits = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        lake = stack.enter_context(run_lake())
        url = stack.enter_context(stack.enter_context(run_cluster()).create_database())
        network = gridtwin.synthesize("houston", meters=1_000, seed=1)
        for place, kept in (("a folder", folder / "town.twin"), ("PostgreSQL", url)):
            twin = gridtwin.open(network).save(kept)
            for version in (2, 3):
                name = f"{sum(CHANGED):,} of {SCORES:,} scores into {place}, version {version}"
                limits.append(Limit(name, _pull_changes(lake, twin, version, folder), BAR_S, "s"))
    head = f"Measured on {machine()}, by `python -m benchmarks.lake_pull`."
    publish("Back from Iceberg", [head, "", *tables([], limits)])


def _pull_changes(lake: Lake, twin: Twin, version: int, folder: Path) -> float:
    """Return the seconds of a pull of what changed in a table that was pulled before."""
    namespace = lake.make_namespace()
    table = f"{LAKE}.{namespace}.risk"
    owners = folder / "owners.toml"
    owners.write_text(OWNERS.format(table=f"{namespace}.risk"))
    updated, deleted, inserted = CHANGED
    with open_lake(lake.address, lake.settings) as opened:
        opened.execute(
            f"CREATE TABLE {table} (asset VARCHAR, score DOUBLE, made_at TIMESTAMPTZ)"
            f" WITH ('format-version' = '{version}')"
        )
        opened.execute(
            f"INSERT INTO {table} SELECT 'A' || i, random(), now() FROM range({SCORES}) t(i)"
        )
        _pull(lake, twin, owners)
        opened.execute(
            f"UPDATE {table} SET score = score + 1"
            f" WHERE asset IN (SELECT 'A' || i FROM range({updated}) t(i))"
        )
        opened.execute(
            f"DELETE FROM {table} WHERE asset IN"
            f" (SELECT 'A' || i FROM range({SCORES - deleted}, {SCORES}) t(i))"
        )
        opened.execute(
            f"INSERT INTO {table} SELECT 'B' || i, random(), now() FROM range({inserted}) t(i)"
        )
        start = time.perf_counter()
        outcome = _pull(lake, twin, owners)
        took = time.perf_counter() - start
        assert (outcome.updated, outcome.deleted, outcome.inserted) == CHANGED
        there = dict(opened.execute(f"SELECT asset, score FROM {table}"))
    here = twin.analytics.read("element_scores", kind="failure_risk")
    assert dict(zip(here.mrid, here.value, strict=True)) == there
    return took


def _pull(lake: Lake, twin: Twin, owners: Path) -> PullOutcome:
    report = twin.analytics.pull(owners, lake.catalog.url, warehouse="wh", settings=lake.settings)
    (outcome,) = report.outcomes
    return outcome


if __name__ == "__main__":
    main()
