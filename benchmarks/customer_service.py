"""
Serve customers at the size of a utility: cards with five years of outages, new records that join.

    python -m benchmarks.customer_service [--premises N] [--meters M] [--seed S]

Parties are those of the truth; how well and at what cost they are found, `benchmarks.customers`
says.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import statistics
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import gridtwin
from gridtwin.customers.matching_run import match_records
from gridtwin.customers.simulation.customer_files import describe_points
from gridtwin.customers.simulation.record_simulation import simulate_records
from gridtwin.results.customer_masking import Viewer
from gridtwin.store.sqlite_database import STATE_FILE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridtwin.twin import Twin

METERS = 596_906
YEARS = 5
OUTAGES_A_YEAR = 8_000
NEW_RECORDS = 1_000
CARDS = 300
TRAINED_PREMISES = 20_000
CLERK = Viewer("benchmark", may_see_personal_data=True)


def write_past_outages(twin_path: Path, points: Sequence[str], seed: int) -> int:
    """Write five years of outages, of neighbors each; return how many interruptions."""
    rng = np.random.default_rng(seed)
    now = datetime.now(UTC).timestamp()
    count = YEARS * OUTAGES_A_YEAR
    began = np.sort(now - rng.uniform(1e5, YEARS * 365.25 * 86_400, count))
    minutes = rng.lognormal(4.6, 0.9, count)
    sizes = np.minimum(rng.lognormal(3.5, 1.4, count).astype(int) + 1, 5_000)
    first = rng.integers(0, len(points) - 5_000, count)
    outages, members = [], 0
    with closing(sqlite3.connect(twin_path / STATE_FILE, isolation_level=None)) as state:
        state.execute("BEGIN")
        for number in range(count):
            ended = began[number] + 60 * minutes[number]
            size, at = int(sizes[number]), int(first[number])
            outages.append(
                (f"O-{number}", began[number], "closed", "", "ABC", 0, "tree", "", began[number],
                 ended, ended, 0, size, 0)
            )  # fmt: skip
        state.executemany(
            "INSERT INTO outage (id, began_s, status, device, phases, planned, cause, crew_status,"
            " first_seen_s, restored_s, closed_s, state_version, customers, customers_out)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            outages,
        )
        for number, outage in enumerate(outages):
            at, size = int(first[number]), int(sizes[number])
            rows = [(outage[0], each, 1, outage[1], outage[9]) for each in points[at : at + size]]
            state.executemany("INSERT INTO outage_member VALUES (?, ?, ?, ?, ?)", rows)
            members += size
        state.execute("COMMIT")
    return members


def fill_customers(twin: Twin, premises: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Load invented customers as parties of the truth; return new records, and the accounts."""
    points = [str(each) for each in twin.network.usage_points["mrid"]][:premises]
    made = simulate_records(len(points), premises * 600 // 528, seed=seed, usage_points=points)
    fresh = made.portal.sample(NEW_RECORDS, random_state=seed)
    kept = made.portal[~made.portal["record"].isin(fresh["record"])]
    records = pd.concat([made.accounts, kept], ignore_index=True)
    customers, book = twin.customers, twin.store.customers
    customers.loading.load_points(describe_points(made.world))
    customers.loading.load_records(records)
    truth = made.truth[made.truth["record"].isin(records["record"])]
    book.move_records([], dict(zip(truth["record"], truth["party"], strict=True)))
    few = simulate_records(TRAINED_PREMISES, TRAINED_PREMISES, seed=seed + 1)
    model = match_records(pd.concat([few.accounts, few.portal], ignore_index=True)).model
    book.write_model(json.dumps(model), datetime.now(UTC).isoformat())
    return fresh, made.accounts


def measure_cards(twin: Twin, names: Sequence[str], what: str) -> None:
    """Print how long cards take, one customer after the other."""
    wall, cost, outages = [], [], []
    since = datetime.now(UTC) - timedelta(days=365.25 * YEARS)
    for name in names:
        began, spent = time.perf_counter(), time.process_time()
        card = twin.customers.read_card(name, CLERK, since=since)
        card.document(twin.customers.privacy.make_mask(CLERK))
        wall.append(1e3 * (time.perf_counter() - began))
        cost.append(1e3 * (time.process_time() - spent))
        outages.append(len(card.outages))
    high = statistics.quantiles(wall, n=100)[98]
    print(
        f"card {what}: median {statistics.median(wall):.1f} ms, 99 of 100 {high:.1f} ms,"
        f" {statistics.median(cost):.1f} ms of processor time;"
        f" {statistics.mean(outages):.1f} outages each, {max(outages)} at most"
    )


def main() -> None:
    """Fill a twin, and serve its customers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--meters", type=int, default=METERS)
    parser.add_argument("--premises", type=int, default=528_000)
    parser.add_argument("--seed", type=int, default=1_001)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.twin"
        network = gridtwin.synthesize("houston", meters=given.meters, seed=1)
        twin: Any = gridtwin.open(network).save(path)
        points = [str(each) for each in network.usage_points["mrid"]]
        fresh, accounts = fill_customers(twin, given.premises, given.seed)
        members = write_past_outages(path, points, given.seed)
        counts = twin.customers.count_records()
        print(f"{len(points):,} meters, {counts}, {members:,} interruptions of {YEARS} years")
        chosen = accounts.sample(CARDS, random_state=given.seed)
        for by in ("account", "esi_id", "record"):
            measure_cards(twin, chosen[by].tolist(), f"by {by}")
        began, spent = time.perf_counter(), time.process_time()
        summary = twin.customers.matching.match_new(fresh, actor="benchmark")
        print(
            f"{len(fresh):,} new records: {time.perf_counter() - began:.1f} s,"
            f" {time.process_time() - spent:.1f} s of processor time;"
            f" looked at {summary.records:,} records, {summary.links}"
        )


if __name__ == "__main__":
    main()
