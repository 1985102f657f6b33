"""
Print what the synthetic territory counts, and what it costs to make: `docs/synthetic.md` has both.

    python -m benchmarks.territory [meters ...]

Each size is made in a process of its own, its late imports counted. Percentiles are the 10th, 50th
and 90th.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.model import cim, phases

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.tables import NetworkData

SIZES = (60_000, 596_906, 2_700_000)
TRUNK_DEVICES = ("breaker", "recloser", "load_break_switch", "sectionaliser")
COMMON_RATINGS = 4  # that are named


class Walked(NamedTuple):
    """What is said of each node by the way to it from its substation."""

    feeder: NDArray[np.int64]  # -1 in the substation
    fuse: NDArray[np.int64]  # row of the first fuse; -1 = none
    reach_m: NDArray[np.float64]


def main() -> None:
    """Print a table of all sizes."""
    sizes = [int(each) for each in sys.argv[1:]] or SIZES
    code = "from benchmarks.territory import tell; import sys; tell(int(sys.argv[1]))"
    told = [
        json.loads(subprocess.check_output([sys.executable, "-c", code, str(size)]))
        for size in sizes
    ]
    print(f"| figure | {' | '.join(f'{size:,}' for size in sizes)} |")
    print(f"| --- |{' --- |' * len(sizes)}")
    for figure in told[0]:
        print(f"| {figure} | {' | '.join(each[figure] for each in told)} |")


def tell(meters: int) -> None:
    """Print the figures of one size as JSON."""
    began = time.process_time()
    from gridtwin.sources.synthetic import synthesize

    data = synthesize("houston", meters=meters, seed=1).data
    spent = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    cost = {"processor seconds": f"{spent:.1f}", "peak memory, GB": f"{peak:.1f}"}
    print(json.dumps(cost | list_figures(data)))


def list_figures(data: NetworkData) -> dict[str, str]:
    """Return the figures of a territory by name."""
    equipment, points = data.equipment, data.usage_points
    walked = walk_down(data)
    feeders = len(data.feeders.mrid)
    own_feeder = walked.feeder[points.node]
    meters = np.bincount(own_feeder, minlength=feeders)
    medium = data.nodes.nominal_v[equipment.node_b] > cim.LOW_VOLTAGE_V
    inside = walked.feeder[equipment.node_b] >= 0
    stands = inside & (equipment.normal_open == 0)
    farthest = np.zeros(feeders)
    np.maximum.at(farthest, own_feeder, walked.reach_m[points.node])
    drops = equipment.length_m[equipment.kind == cim.KIND_CODE["service_drop"]]
    return {
        "substations": f"{len(data.substations.mrid):,}",
        "feeders": f"{feeders:,}",
        "nodes": f"{len(data.nodes.mrid):,}",
        "equipment": f"{len(equipment.mrid):,}",
        "open ties": f"{int((equipment.normal_open > 0).sum()):,}",
        "meters per feeder, mean": f"{meters.mean():,.0f}",
        "meters per feeder": spread(meters),
        "feeders per substation": spread(np.bincount(data.feeders.substation)),
        **list_transformers(data, walked),
        **list_primary(data, walked, np.flatnonzero(stands & medium), meters),
        "farthest meter, km, median of feeders": f"{np.median(farthest) / 1_000:.1f}",
        **list_phases(data, own_feeder),
        **list_ties(data, walked),
        "service drop, m": spread(drops),
    }


def walk_down(data: NetworkData) -> Walked:
    """Follow the closed equipment; its rows stand in preorder."""
    equipment, count = data.equipment, len(data.nodes.mrid)
    closed = np.flatnonzero(equipment.normal_open == 0)
    length = np.nan_to_num(equipment.length_m[closed]).tolist()
    fuse_code = cim.KIND_CODE["fuse"]
    head = {row: number for number, row in enumerate(data.feeders.head.tolist())}
    feeder, fuse, reach = [-1] * count, [-1] * count, [0.0] * count
    rows = (closed, equipment.node_a[closed], equipment.node_b[closed], equipment.kind[closed])
    for row, above, below, kind, meters in zip(
        *(each.tolist() for each in rows), length, strict=True
    ):
        feeder[below] = head.get(row, feeder[above])
        fuse[below] = row if kind == fuse_code and fuse[above] < 0 else fuse[above]
        reach[below] = reach[above] + meters
    return Walked(np.array(feeder), np.array(fuse), np.array(reach))


def list_transformers(data: NetworkData, walked: Walked) -> dict[str, str]:
    """Return the figures of service transformers."""
    equipment, points = data.equipment, data.usage_points
    rows, served = np.unique(points.transformer, return_counts=True)
    per_feeder = np.bincount(
        walked.feeder[equipment.node_b[rows]], minlength=len(data.feeders.mrid)
    )
    single = phases.PHASE_COUNT[equipment.phases[rows] & phases.ABC] == 1
    ratings, counts = np.unique(equipment.rated_va[rows[single]] / 1_000, return_counts=True)
    common = np.argsort(-counts)[:COMMON_RATINGS]
    named = [
        f"{ratings[each]:g} kVA {100 * counts[each] / single.sum():.0f} %"
        for each in common.tolist()
    ]
    return {
        "service transformers per feeder": spread(per_feeder),
        "meters per transformer, mean": f"{served.mean():.1f}",
        "meters per single-phase transformer": spread(served[single]),
        "most frequent single-phase sizes": ", ".join(named),
    }


def list_primary(
    data: NetworkData, walked: Walked, rows: NDArray[np.int64], meters: NDArray[np.int64]
) -> dict[str, str]:
    """Return the figures of the primary, of whose closed equipment the rows are given."""
    equipment, feeders = data.equipment, len(data.feeders.mrid)
    kind, node = equipment.kind[rows], equipment.node_b[rows]
    feeder, trunk = walked.feeder[node], walked.fuse[node] < 0
    line = kind == cim.LINES[0]
    km = np.where(line, equipment.length_m[rows], 0.0) / 1_000
    buried = equipment.placement[rows] == cim.PLACEMENTS.index("underground")
    single = phases.PHASE_COUNT[equipment.phases[rows] & phases.ABC] == 1
    devices = trunk & np.isin(kind, [cim.KIND_CODE[name] for name in TRUNK_DEVICES])
    fuses = kind == cim.KIND_CODE["fuse"]
    behind = np.bincount(
        walked.fuse[data.usage_points.node][walked.fuse[data.usage_points.node] >= 0],
        minlength=len(equipment.mrid),
    )[rows[fuses]]
    reclosers = int((kind == cim.KIND_CODE["recloser"]).sum())
    return {
        "primary per feeder, km": spread(np.bincount(feeder, km, feeders), digits=1),
        "trunk per feeder, km": spread(np.bincount(feeder, km * trunk, feeders), digits=1),
        "primary line sections": f"{int(line.sum()):,} ({line.sum() / feeders:.0f} per feeder)",
        "primary underground, of km": f"{100 * km[buried].sum() / km.sum():.0f} %",
        "primary with one phase, of km": f"{100 * km[single].sum() / km.sum():.0f} %",
        "primary sections per protective device": f"{line.sum() / cim.PROTECTS[kind].sum():.1f}",
        "trunk sections per switching device": f"{(line & trunk).sum() / devices.sum():.1f}",
        "meters per trunk switching device": spread(
            meters / np.maximum(np.bincount(feeder[devices], minlength=feeders), 1)
        ),
        "reclosers per feeder, mean": f"{reclosers / feeders:.1f}",
        "fuses per feeder, mean": f"{fuses.sum() / feeders:.0f}",
        "meters behind a lateral fuse": spread(behind),
    }


def list_phases(data: NetworkData, feeder: NDArray[np.int64]) -> dict[str, str]:
    """Return how load lies on the three phases."""
    points = data.usage_points
    own = data.equipment.phases[points.transformer] & phases.ABC
    load = np.zeros((len(data.feeders.mrid), 3))
    for column, bit in enumerate((phases.A, phases.B, phases.C)):
        carried = points.peak_w * ((own & bit) > 0) / phases.PHASE_COUNT[own]
        load[:, column] = np.bincount(feeder, carried, len(load))
    heavy = 100 * (load.max(axis=1) / load.mean(axis=1) - 1)
    share = 100 * load.sum(axis=0) / load.sum()
    return {
        "heaviest phase over the mean of three, %": spread(heavy, digits=1),
        "share of load on A, B, C, %": ", ".join(f"{each:.1f}" for each in share),
    }


def list_ties(data: NetworkData, walked: Walked) -> dict[str, str]:
    """Return the figures of open ties."""
    equipment, feeders = data.equipment, len(data.feeders.mrid)
    rows = np.flatnonzero(equipment.normal_open > 0)
    ends = walked.feeder[np.stack([equipment.node_a[rows], equipment.node_b[rows]])]
    touched = np.bincount(ends[ends >= 0], minlength=feeders)
    substation = data.feeders.substation[ends]
    remote = equipment.control[rows] == cim.CONTROLS.index("remote")
    away, operated = np.mean(substation[0] != substation[1]), remote.mean()
    return {
        "open ties that touch a feeder": spread(touched),
        "feeders with a tie": f"{100 * np.mean(touched > 0):.0f} %",
        "ties to another substation; operated remotely": (
            f"{100 * away:.0f} %; {100 * operated:.0f} %"
        ),
    }


def spread(values: NDArray[np.generic], digits: int = 0) -> str:
    """Return three percentiles as text."""
    return "-".join(f"{each:,.{digits}f}" for each in np.percentile(values, [10, 50, 90]))


if __name__ == "__main__":
    main()
