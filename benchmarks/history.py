"""
Ask for the past of the reference territory after a day of 10,000 operations.

    python -m benchmarks.history [meters]

Compares with working through the log from its beginning; the answers are checked to be the same.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import gridtwin
from benchmarks.report import Limit, Row, machine, publish, tables
from gridtwin.model import cim

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridtwin.twin import Twin

OPERATIONS = 10_000
START = datetime(2026, 7, 1, tzinfo=UTC)


def timed(work: Callable[[], Any], times: int = 5) -> tuple[float, Any]:
    """Return the median of some runs in ms, and what the last of them gave."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        found = work()
        taken.append(1e3 * (time.perf_counter() - began))
    return statistics.median(taken), found


def operate_for_a_day(twin: Twin) -> None:
    """Open switches all day, as a storm does, and close each again within two hours."""
    rng = random.Random(1)
    equipment = twin.store.network.data.equipment
    pool = np.flatnonzero(cim.IS_SWITCH[equipment.kind] & (equipment.normal_open == 0))
    chosen = rng.choices(pool.tolist(), k=OPERATIONS // 2)
    planned = []
    for row in chosen:
        opened = rng.uniform(0, 79_000)
        mrid = equipment.mrid[row].decode()
        planned += [(opened, mrid, "ABC"), (opened + rng.uniform(60, 7_200), mrid, "")]
    for at_s, mrid, phases in sorted(planned):
        poles = phases and "".join(sorted(set(phases) & set(text_of(twin, mrid))))
        twin.store.states.operate(mrid, poles, at=START + timedelta(seconds=at_s))


def text_of(twin: Twin, mrid: str) -> str:
    from gridtwin.model.phases import format_phases
    from gridtwin.model.state import every_phase

    return format_phases(every_phase(twin.store.network, twin.find(mrid)[0].row))


def replayed(twin: Twin, when: datetime) -> dict[str, str]:
    """Return the state by working through the log from the design on: the naive way."""
    normal = twin.store.network.data.equipment.normal_open
    found: dict[str, str] = {}
    for event in twin.store.states.list_events():
        if event.at <= when.isoformat():
            found[event.mrid] = event.to_phases
    from gridtwin.model.phases import parse_phases

    row = twin.store.network.ids.tables["equipment"]
    from gridtwin.model.tables import encode_texts

    rows = row.find_rows(encode_texts(found)).tolist()
    pairs = zip(found.items(), rows, strict=True)
    return {mrid: text for (mrid, text), at in pairs if parse_phases(text) != normal[at]}


def main(meters: int = 596_906) -> None:
    twin = gridtwin.open(gridtwin.synthesize("houston", meters=meters, seed=1))
    with tempfile.TemporaryDirectory() as folder:
        twin = twin.save(Path(folder) / "m.twin")
        operate_for_a_day(twin)
        measure(twin)


def measure(twin: Twin) -> None:
    end = START + timedelta(days=1)
    first_ms, found = timed(lambda: twin.history.moments(START, end), 1)
    again_ms, again = timed(lambda: twin.history.moments(START, end))
    assert again == found
    part_ms, _ = timed(lambda: twin.history.moments(START + timedelta(hours=6), end))
    rng = random.Random(2)
    whens = [START + timedelta(seconds=rng.uniform(0, 86_400)) for _ in range(20)]
    state_ms = [
        timed(lambda when=when: twin.store.states.read_past_state(when), 3)[0] for when in whens
    ]
    naive_ms, _ = timed(lambda: replayed(twin, whens[0]), 3)
    for when in whens:
        assert dict(twin.store.states.read_past_state(when).deviations) == replayed(twin, when)
    curve = dict(found.curve())
    points = twin.store.network.data.usage_points
    asked_ms = []
    for when in whens:
        took, situation = timed(lambda when=when: twin.at(when).situation(), 1)
        asked_ms.append(took)
        dark = ~situation.is_supplied[points.node]
        at = max(each for each in curve if each <= when)
        assert curve[at] == points.customers[dark].sum(), (curve[at], points.customers[dark].sum())
    rows = [
        Limit("moments of the day, first", first_ms, 2_000, "ms"),
        Limit("moments of the day, again", again_ms, 200, "ms"),
        Limit("moments from 06:00 on", part_ms, 200, "ms"),
        Limit("state at a moment, median", statistics.median(state_ms), 50, "ms"),
        Limit("state at a moment, at most", max(state_ms), 50, "ms"),
        Limit("topology at a moment, median", statistics.median(asked_ms), 100, "ms"),
    ]
    what = "state at a moment / the whole log"
    ratio = Row(what, statistics.median(state_ms) / 1e3, naive_ms / 1e3, 2)
    said = (
        f"{len(points.mrid):,} meters, {OPERATIONS:,} operations in a day; {machine()}; wall time."
    )
    publish("The past", [said, "", *tables([ratio], rows)])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
