"""
Turn damage into jobs and customer groups: who waits for which repair, and who for a switch.

Each damaged device holds its isolation section dead until it is repaired. Three sets of usage
points follow, each from what the engine already answers::

    tripped    out at the moment of the damage: the protective devices before it have opened
    remote     of these, back once the control room has switched: not in any section that
               remotely operated switches bound, nor cut off by one
    manual     back once somebody has found the damage and switched on site: likewise, with the
               switches anybody can operate, or picked up by an open tie
    repair     the others: they wait for the repairs on their way to a source
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.outage.backfeed import find_restorable
from gridtwin.analysis.storm.priority import find_precedence, order_by_horn
from gridtwin.analysis.storm.repair_times import look_up_repair_s
from gridtwin.errors import InputError
from gridtwin.model.estimate import STAGES
from gridtwin.topology.loss import FaultSet
from gridtwin.topology.restoration_order import RestorationOrder, find_restoration_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.analysis.storm.response import Response
    from gridtwin.analysis.storm.storm_situation import Sections, StormSituation

REMOTE, MANUAL, REPAIR = range(len(STAGES))


@dataclass(frozen=True, slots=True)
class CustomerGroups:
    """Customers that come back together; one entry per group."""

    stage: NDArray[np.uint8]  # place in STAGES: what brings them back at the latest
    repaired: NDArray[np.int32]  # block of `Plan.repaired`; -1 for none
    isolated: NDArray[np.int32]  # block of `Plan.isolated`; -1 for none
    zone: NDArray[np.int32]  # place in `Plan.zones`
    feeder: NDArray[np.int32]  # row of the feeders; -1 for none
    customers: NDArray[np.int64]
    priority: NDArray[np.int64]  # of them priority customers
    points: NDArray[np.int64]  # usage points


@dataclass(frozen=True, slots=True)
class RepairPlan:
    """All that a simulation needs to know of the network: small, and free of it."""

    equipment: NDArray[np.int32]  # (jobs,) damaged rows, ascending
    name: NDArray[np.bytes_]  # (jobs,) mRIDs
    zone: NDArray[np.int32]  # (jobs,) place in `zones`
    feeder: NDArray[np.int32]  # (jobs,) row of the feeders; -1 for none
    mean_s: NDArray[np.float64]  # (jobs,) expected time of repair
    rank: NDArray[np.int32]  # (jobs,) place in the list by which crews choose, from 0
    xy: NDArray[np.float64]  # (jobs, 2)
    geographic: bool  # degrees, or meters
    zones: tuple[bytes, ...]  # mRIDs of the substations; empty for what belongs to none
    depot: NDArray[np.float64]  # (zones, 2) where crews start; NaN if not known
    repaired: RestorationOrder
    isolated: RestorationOrder
    groups: CustomerGroups
    points: NDArray[np.int32]  # usage points that are out, ascending
    group: NDArray[np.int32]  # group of each
    warnings: tuple[str, ...] = ()


def plan_repairs(
    ground: StormSituation,
    damaged: NDArray[np.int32],
    response: Response,
    *,
    priority: NDArray[np.int32] | None = None,
) -> RepairPlan:
    """
    Return the jobs and customer groups of a storm.

    Parameters
    ----------
    ground
        The network before the storm.
    damaged
        Rows of the equipment that is damaged.
    response
        How the utility answers: here only what a priority customer counts.
    priority
        Usage points that are priority customers, beside those recorded as such.

    Raises
    ------
    InputError
        If nothing is damaged.
    """
    damaged = np.unique(damaged).astype(np.int32)
    if not len(damaged):
        msg = "nothing is damaged: a storm needs at least one piece of equipment"
        raise InputError(msg)
    situation = ground.situation
    points = situation.data.usage_points
    repaired, picked, hints = _find_returns(situation, ground.sections, damaged)
    isolated, picked_remotely, _ = _find_returns(ground.remote, ground.remote_sections, damaged)
    tripped, words = ground.find_tripped(damaged)
    out = repaired.block >= 0
    out[tripped] = True
    rows = np.flatnonzero(out).astype(np.int32)
    stage = np.full(len(points.node), REPAIR, dtype=np.uint8)
    stage[(repaired.block < 0) | picked] = MANUAL
    stage[(isolated.block < 0) | picked_remotely] = REMOTE
    is_priority = points.priority != b""
    if priority is not None:
        is_priority[priority] = True
    zones, zone_of_node, feeder_of_node = _find_zones(ground, rows, damaged)
    keys = _GroupKeys(
        stage[rows],
        np.where(stage[rows] == REMOTE, np.int32(-1), repaired.block[rows]),
        np.where(stage[rows] == MANUAL, isolated.block[rows], np.int32(-1)),
        zone_of_node[points.node[rows]],
        feeder_of_node[points.node[rows]],
    )
    groups, group = _group_points(keys, points.customers[rows], is_priority[rows])
    at = _find_working_nodes(situation, damaged)
    mean_s = look_up_repair_s(situation.data.equipment, damaged)
    weight = np.where(is_priority, response.priority_weight, 1.0) * points.customers.astype(float)
    xy = _find_middles(situation, damaged)
    zone = zone_of_node[at]
    return RepairPlan(
        equipment=damaged,
        name=situation.data.equipment.mrid[damaged],
        zone=zone,
        feeder=feeder_of_node[at],
        mean_s=mean_s,
        rank=_rank_jobs(repaired, weight, stage == REPAIR, mean_s),
        xy=xy,
        geographic=situation.network.crs is not None,
        zones=tuple(_name_zones(situation, zones)),
        depot=_locate_depots(situation, zones),
        repaired=_strip_points(repaired),
        isolated=_strip_points(isolated),
        groups=groups,
        points=rows,
        group=group,
        warnings=tuple(dict.fromkeys(words + hints)),
    )


def _find_returns(
    situation: Situation, sections: Sections, damaged: NDArray[np.int32]
) -> tuple[RestorationOrder, NDArray[np.bool_], tuple[str, ...]]:
    """
    Return what supply reaches while each damaged device holds its isolation section.

    Returns
    -------
    returns, picked, warnings
        What waits for what; per usage point, whether open ties can supply it while all sections
        are isolated; what the ties could not hold.
    """
    held = [sections.find_section_around(situation.find_ends(row)) for row in damaged.tolist()]
    points = situation.data.usage_points
    returns = find_restoration_order(situation.index, points, held, strict=situation.strict)
    nodes = np.unique(np.concatenate(held)).astype(np.int32)
    pickup = find_restorable(situation, FaultSet(nodes=nodes, equipment=damaged))
    picked = np.zeros(len(points.node), dtype=bool)
    picked[pickup.points] = True
    return returns, picked, pickup.warnings


def _strip_points(returns: RestorationOrder) -> RestorationOrder:
    """Return the blocks alone, without the usage points in them."""
    empty = np.empty(0, dtype=np.int32)
    return RestorationOrder(empty, returns.jobs, returns.ways, returns.cyclic)


@dataclass(frozen=True, slots=True)
class _GroupKeys:
    """What tells groups apart, per usage point that is out."""

    stage: NDArray[np.uint8]
    repaired: NDArray[np.int32]
    isolated: NDArray[np.int32]
    zone: NDArray[np.int32]
    feeder: NDArray[np.int32]


def _group_points(
    keys: _GroupKeys, customers: NDArray[np.int32], priority: NDArray[np.bool_]
) -> tuple[CustomerGroups, NDArray[np.int32]]:
    columns = (keys.zone, keys.feeder, keys.stage, keys.repaired, keys.isolated)
    distinct, group = np.unique(
        np.stack([column.astype(np.int32) for column in columns]), axis=1, return_inverse=True
    )
    count, group = distinct.shape[1], group.reshape(-1)

    def sum_by_group(weights: NDArray[np.generic]) -> NDArray[np.int64]:
        return np.bincount(group, weights, minlength=count).astype(np.int64)

    return (
        CustomerGroups(
            stage=distinct[2].astype(np.uint8),
            repaired=distinct[3],
            isolated=distinct[4],
            zone=distinct[0],
            feeder=distinct[1],
            customers=sum_by_group(customers),
            priority=sum_by_group(np.where(priority, customers, 0)),
            points=sum_by_group(np.ones(len(group))),
        ),
        group.astype(np.int32),
    )


def _rank_jobs(
    repaired: RestorationOrder,
    weight: NDArray[np.float64],
    waits: NDArray[np.bool_],
    mean_s: NDArray[np.float64],
) -> NDArray[np.int32]:
    """Return the place of each job in the list: most customers that wait per hour of work first."""
    block = repaired.block
    rows = np.flatnonzero((block >= 0) & waits)
    customers = np.zeros(len(repaired.jobs))
    np.add.at(customers, block[rows], weight[rows])
    above, brought = find_precedence(repaired, customers, mean_s)
    rank = np.empty(len(mean_s), dtype=np.int32)
    rank[order_by_horn(above, mean_s, brought)] = np.arange(len(mean_s), dtype=np.int32)
    return rank


def _find_working_nodes(situation: Situation, rows: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the node by which each piece of equipment belongs to a feeder: the one it feeds."""
    fed = np.array([situation.find_fed_node(row) for row in rows.tolist()], dtype=np.int32)
    return np.where(fed >= 0, fed, situation.data.equipment.node_a[rows])


def _find_middles(situation: Situation, rows: NDArray[np.int32]) -> NDArray[np.float64]:
    equipment, xy = situation.data.equipment, situation.data.nodes.xy
    return (xy[equipment.node_a[rows]] + xy[equipment.node_b[rows]]) / 2


def _find_zones(
    ground: StormSituation, points: NDArray[np.int32], damaged: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """
    Return the substations that jobs and points belong to, and by node the place among them.

    Returns
    -------
    zones, zone, feeder
        Rows of the substations, -1 for none; per node the place in `zones`; per node the feeder.
    """
    situation, feeder = ground.situation, ground.feeder
    data = situation.data
    nodes = np.unique(
        np.concatenate([data.usage_points.node[points], _find_working_nodes(situation, damaged)])
    )
    own = np.append(data.feeders.substation, np.int32(-1))[feeder[nodes]]
    bare = np.flatnonzero(own < 0)
    own[bare] = _find_substation_above(situation, nodes[bare])
    zones, place = np.unique(own, return_inverse=True)
    zone = np.full(len(feeder), -1, dtype=np.int32)
    zone[nodes] = place
    return zones.astype(np.int32), zone, feeder


def _find_substation_above(situation: Situation, nodes: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the substation of the source at the head of each node's way; -1 for none."""
    data, conduction = situation.data, situation.index.conduction
    at_node = np.full(len(data.nodes.mrid), -1, dtype=np.int32)
    at_node[conduction.source_node] = data.sources.substation[conduction.source_row]
    here = nodes
    while True:
        parent = situation.index.parent[here]
        if not (parent >= 0).any():
            return at_node[here]
        here = np.where(parent >= 0, parent, here)


def _name_zones(situation: Situation, zones: NDArray[np.int32]) -> list[bytes]:
    names = situation.data.substations.mrid
    return [bytes(names[row]) if row >= 0 else b"" for row in zones.tolist()]


def _locate_depots(situation: Situation, zones: NDArray[np.int32]) -> NDArray[np.float64]:
    xy = np.vstack([situation.data.substations.xy.reshape(-1, 2), [[np.nan, np.nan]]])
    return xy[zones]
