"""
Measure outage inference on simulated events: `python -m benchmarks.inference [meters]`.

Events are simulated over real feeders (GRIDTWIN_FIELD_DATA) and a synthetic territory, by a world
that is not the one the inference assumes. The table goes between the marks in docs/inference.md.
"""

from __future__ import annotations

import os
import platform
import re
import sys
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

import gridtwin
from gridtwin.analysis.inference.device_tree import build_device_tree
from gridtwin.analysis.inference.evidence import summarize_events
from gridtwin.analysis.inference.likelihood import Assumptions
from gridtwin.analysis.inference.streaming import Inference
from gridtwin.model.events import LAST_GASP, MeterEvents

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from inference_score import score
from percentage_rule import RolledUp, roll_up
from reported_outages import simulate, world_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridtwin.analysis.inference.device_tree import DeviceTree
    from gridtwin.analysis.state.situation import Situation
    from inference_score import Score
    from reported_outages import Simulated

ROOT = Path(__file__).parents[1]
FEEDERS = {
    "IEEE 123": "123Bus/IEEE123Master.dss",
    "IEEE 8500": "8500-Node/Master-unbal.dss",
    "EPRI ckt5": "ckt5/Master_ckt5.dss",
    "EPRI J1": "J1/Master_noPV.dss",
}
LOSSES = (0.05, 0.1, 0.2, 0.3, 0.4)
SHARES_PCT = (50.0, 60.0, 70.0)
FIRST = 5_000  # seed; smaller ones were looked at while the method was made
RUNS = 30  # of each loss on a feeder
LARGE = 5  # usage points
BANDS = (0.0, 0.5, 0.7, 0.9, 0.99, 1.01)
COLUMNS = (
    *("network", "loss", "method", "outages", "exact", "exact or adjacent"),
    *(f"of those with {LARGE} meters or more", "single meters", "inferred that are true"),
    *("customers precision", "recall", "F1"),
)
HEAD = f"| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}"


class Tally(NamedTuple):
    """What several runs of one method come to."""

    scores: list[Score]
    runs: list[Simulated]

    def cells(self) -> list[str]:
        """Return the cells of a row of the table."""
        kinds = [np.array([one.equipment >= 0 for one in run.truth]) for run in self.runs]
        sizes = [np.array([len(one.out) for one in run.truth]) for run in self.runs]
        is_device, size = np.concatenate(kinds), np.concatenate(sizes)
        exact = np.concatenate([one.exact for one in self.scores])
        near = np.concatenate([one.near for one in self.scores])
        shares = (
            exact[is_device],
            near[is_device],
            near[is_device & (size >= LARGE)],
            near[~is_device],
            [one.matched for one in self.scores],
        )
        precision = float(np.mean([one.precision for one in self.scores]))
        recall = float(np.mean([one.recall for one in self.scores]))
        f1 = float(np.mean([one.f1 for one in self.scores]))
        return [
            str(int(is_device.sum())),
            *(f"{100 * np.mean(share):.1f} %" for share in shares),
            *(f"{value:.3f}" for value in (precision, recall, f1)),
        ]

    @property
    def f1(self) -> float:
        """Mean F1 of the customers."""
        return float(np.mean([one.f1 for one in self.scores]))


def main() -> None:
    """Measure, print, and write the table into the page."""
    meters = int(sys.argv[1]) if len(sys.argv) > 1 else 596_906
    lines = [HEAD]
    certain: list[tuple[float, bool]] = []
    data = Path(os.environ.get("GRIDTWIN_FIELD_DATA", ROOT / "../shared/data"))
    for name, master in FEEDERS.items():
        situation = _situation(gridtwin.read(data / "feeders" / master, crs="none"))
        outages = 3 if name == "IEEE 123" else 5
        lines += _rows(name, situation, RUNS, certain, outages=outages, singles=1, momentary=1)
    territory = _situation(gridtwin.synthesize("houston", meters=meters, seed=1))
    some = max(3, meters // 1_150)
    name = f"synthetic, {meters:,} meters"
    lines += _rows(name, territory, 1, certain, outages=some, singles=some // 10, momentary=3)
    lines += ["", *_calibration(certain), "", *_times(territory, some)]
    text = "\n".join(lines)
    today = datetime.now(UTC).date().isoformat()
    where = f"{platform.machine()}, Python {platform.python_version()}"
    page = ROOT / "docs/inference.md"
    marked = f"<!-- measured -->\nMeasured {today}, {where}.\n\n{text}\n<!-- end -->"
    old = page.read_text(encoding="utf-8")
    new = re.sub(r"<!-- measured -->.*?<!-- end -->", lambda _: marked, old, flags=re.DOTALL)
    page.write_text(new, encoding="utf-8")
    print(text)


def _situation(network: gridtwin.Network) -> Situation:
    situation = gridtwin.open(network).situation()
    assert len(situation.points_by_node[0])
    return situation


def _rows(
    name: str,
    situation: Situation,
    count: int,
    certain: list[tuple[float, bool]],
    **world: float,
) -> Iterator[str]:
    devices = build_device_tree(situation, Assumptions())
    for loss in LOSSES:
        runs = [
            simulate(situation, devices, world_of(situation, loss=loss, **world), seed=seed)
            for seed in range(FIRST, FIRST + count)
        ]
        ours = Tally([_ours(situation, devices, run, certain) for run in runs], runs)
        others = {
            share: Tally([_rolled(situation, devices, run, share) for run in runs], runs)
            for share in SHARES_PCT
        }
        best = max(SHARES_PCT, key=lambda share: others[share].f1)
        label = f"| {name} | {100 * loss:.0f} %"
        yield " | ".join([label, "inference", *ours.cells()]) + " |"
        yield " | ".join([label, f"roll-up {best:.0f} %", *others[best].cells()]) + " |"


def _calibration(certain: list[tuple[float, bool]]) -> Iterator[str]:
    """Yield how often what is said to be so probable is true."""
    said, right = (np.array(column, dtype=float) for column in zip(*certain, strict=True))
    yield "| probability said | outages inferred | mean said | device is the true one |"
    yield "| --- | --- | --- | --- |"
    for low, high in pairwise(BANDS):
        inside = (said >= low) & (said < high)
        if inside.any():
            band = f"{100 * low:g} to {100 * min(high, 1.0):g} %"
            shares = f"{100 * said[inside].mean():.1f} % | {100 * right[inside].mean():.1f} %"
            yield f"| {band} | {int(inside.sum()):,} | {shares} |"


def _ours(
    situation: Situation,
    devices: DeviceTree,
    run: Simulated,
    certain: list[tuple[float, bool]],
) -> Score:
    inference = Inference(situation, devices=devices)
    inference.add_events(run.heard)
    outages = inference.infer_outages(run.now_s).outages
    named = [RolledUp(one.suspect.equipment, one.suspect.point, one.out) for one in outages]
    found = score(situation, devices, run.truth, named)
    certain += zip([one.suspect.probability for one in outages], found.right.tolist(), strict=True)
    return found


def _rolled(situation: Situation, devices: DeviceTree, run: Simulated, share: float) -> Score:
    evidence, _ = summarize_events(run.heard, Assumptions().momentary_s)
    return score(situation, devices, run.truth, roll_up(situation, devices, evidence, share))


def _times(situation: Situation, outages: int) -> Iterator[str]:
    """Yield how long the first answer takes, from mRIDs to outages."""
    from gridtwin.twin.live_inference import LiveInference

    devices = build_device_tree(situation, Assumptions())
    world = world_of(situation, loss=0.2, outages=outages)
    run = simulate(situation, devices, world, seed=FIRST)
    points = situation.data.usage_points.mrid
    events = MeterEvents(points[run.heard.point], run.heard.kind, run.heard.at_s, run.heard.phases)
    gasps = int((events.kind == LAST_GASP).sum())
    ready, first, again = [], [], []
    for _ in range(3):
        start = time.process_time()
        live = LiveInference(situation)
        ready.append(time.process_time() - start)
        start = time.process_time()
        live.update(events)
        found = live.answer(run.now_s)
        first.append(time.process_time() - start)
        late = events.take_rows(slice(0, 20))
        start = time.process_time()
        live.update(late)
        assert len(live.answer(run.now_s)) == len(found)
        again.append(time.process_time() - start)
    yield f"| {gasps:,} last gasps among {len(events):,} events | seconds of processor time |"
    yield "| --- | --- |"
    yield f"| lay out the devices, once per state | {np.median(ready):.2f} |"
    yield f"| first answer: {len(found):,} outages | {np.median(first):.2f} |"
    yield f"| answer after 20 more events that change nothing | {np.median(again):.3f} |"


if __name__ == "__main__":
    main()
