"""Draw a storm: protective devices open one after another, and crews close them again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.demand.random_draws import Draw, make_rng
from gridtwin.analysis.demand.supply_changes import Operations
from gridtwin.model import cim
from gridtwin.model.phases import ABC

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.demand.supply_changes import PointInterruptions
    from gridtwin.analysis.state.situation import Situation

# Share of the devices that open in a storm, by kind; scaled to the kinds there are. Chosen.
DEVICE_MIX = {"fuse": 0.70, "recloser": 0.20, "breaker": 0.10}
REPAIR_S, REPAIR_SPREAD = 9_000.0, 0.8  # median of a log-normal, and spread of its logarithm
SHORTEST_S = 600.0
FEWEST_POINTS = 2  # usage points behind a device, so that meters can tell of it


@dataclass(frozen=True, slots=True)
class MessageModel:
    """
    How meters tell of their supply.

    A last gasp is lost, or comes late: log-normal, and some wait in a mesh network.
    """

    lost: float = 0.2
    lost_restored: float = 0.03
    median_delay_s: float = 12.0
    delay_sigma: float = 1.0
    held_share: float = 0.08
    held_s: float = 420.0  # at most, evenly


@dataclass(frozen=True, slots=True)
class SupplyMessages:
    """What meters told of their supply, in order of arrival."""

    point: NDArray[np.int32]
    restored: NDArray[np.bool_]  # else a last gasp
    at_s: NDArray[np.float64]  # when it happened, by the meter's clock
    arrives_s: NDArray[np.float64]


def draw_storm(
    situation: Situation, count: int, *, seed: int, from_s: float, to_s: float
) -> Operations:
    """
    Return the operations of a storm of so many faults.

    Parameters
    ----------
    situation
        The network before.
    count
        How many devices open; fewer where there are not as many.
    seed
        The same seed gives the same storm.
    from_s, to_s
        Devices open evenly between the two; each closes when its fault is repaired.
    """
    draw = make_rng(seed, Draw.STORM)
    kind = situation.data.equipment.kind
    behind = situation.index.sum_dependents(_count_points(situation))
    child = situation.index.child
    rows = np.flatnonzero((child >= 0) & (behind[np.maximum(child, 0)] >= FEWEST_POINTS))
    weight = np.zeros(len(rows))
    for name, share in DEVICE_MIX.items():
        here = kind[rows] == cim.KIND_CODE[name]
        weight[here] = share / max(int(here.sum()), 1)
    rows, weight = rows[weight > 0], weight[weight > 0]
    chosen = draw.choice(rows, min(count, len(rows)), replace=False, p=weight / weight.sum())
    opened = np.sort(draw.uniform(from_s, to_s, len(chosen)))
    repair = REPAIR_S * np.exp(REPAIR_SPREAD * draw.standard_normal(len(chosen)))
    closed = opened + np.maximum(repair, SHORTEST_S)
    phases = situation.data.equipment.phases[chosen] & np.uint8(ABC)
    phases[phases == 0] = ABC
    at_s = np.round(np.concatenate([opened, closed]), 3)
    order = np.argsort(at_s, kind="stable")
    return Operations(
        at_s[order],
        np.tile(chosen, 2)[order].astype(np.int32),
        np.concatenate([phases, np.zeros_like(phases)])[order],
    )


def _count_points(situation: Situation) -> NDArray[np.int32]:
    """Return how many usage points stand at each node."""
    nodes = situation.data.usage_points.node
    return np.bincount(nodes, minlength=len(situation.data.nodes.mrid)).astype(np.int32)


def draw_messages(dark: PointInterruptions, gasps: MessageModel, *, seed: int) -> SupplyMessages:
    """Return what meters tell of their times in the dark."""
    draw = make_rng(seed, Draw.GASP)
    count = len(dark.point)
    heard = (draw.random(count) >= gasps.lost) & np.isfinite(dark.from_s)
    delay = gasps.median_delay_s * np.exp(gasps.delay_sigma * draw.standard_normal(count))
    delay += (draw.random(count) < gasps.held_share) * draw.uniform(0, gasps.held_s, count)
    back = (draw.random(count) >= gasps.lost_restored) & np.isfinite(dark.to_s)
    waits = draw.uniform(1.0, 30.0, count)  # a meter that starts again joins its network first
    at_s = np.round(np.concatenate([dark.from_s[heard], dark.to_s[back]]), 3)
    arrives = np.concatenate([dark.from_s[heard] + delay[heard], dark.to_s[back] + waits[back]])
    point = np.concatenate([dark.point[heard], dark.point[back]])
    restored = np.repeat([False, True], [int(heard.sum()), int(back.sum())])
    order = np.lexsort((point, arrives))
    return SupplyMessages(point[order], restored[order], at_s[order], np.round(arrives[order], 3))
