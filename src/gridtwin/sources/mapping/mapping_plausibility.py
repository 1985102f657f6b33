"""Judge whether a network is one that a utility could have, and not what a wrong mapping makes."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model import cim
from gridtwin.model.notices import Notice
from gridtwin.model.phases import ABC
from gridtwin.model.tables import decode_texts
from gridtwin.sources.mapping.mapping_judged import MANY, MOST, SOME, Implausible, JudgedNetwork
from gridtwin.sources.mapping.mapping_magnitudes import (
    judge_lengths,
    judge_ratings,
    judge_voltages,
)
from gridtwin.sources.mapping.mapping_places import number_groups
from gridtwin.topology.forest import DEAD
from gridtwin.topology.topology_index import build_index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from gridtwin.model.network import Network

CUSTOMERS_OF_TRANSFORMER = 1_000


def judge_plausibility(
    network: Network, lengths: NDArray[np.float64], placed: NDArray[np.bool_], name: str
) -> list[Notice]:
    """
    Return what is odd about a network that a mapping made.

    Parameters
    ----------
    network
        What was made.
    lengths
        The length of each piece of equipment as the source says it, shape (equipment,); NaN where
        it does not.
    placed
        Which nodes the source places, shape (nodes,).
    name
        The mapping file, for messages.
    """
    data = network.data
    index = build_index(data, data.equipment.normal_open)
    judged = JudgedNetwork(data, index, lengths, placed, network.crs is None)
    return [
        Notice(each.rule, f"{name}: {each.evidence}", each.mend)
        for judge in JUDGES
        for each in judge(judged)
    ]


def _judge_supply(judged: JudgedNetwork) -> Iterator[Implausible]:
    """Tell of customers and sources that are missing, and of loops that no switch opens."""
    data, index = judged.data, judged.index
    if not len(data.usage_points.mrid):
        yield Implausible("no_customers", "there are none", "map them to usage_points")
        return
    if not len(data.sources.mrid):
        yield Implausible("no_sources", "there are none", "say [[heads]], or map them to sources")
    dark = np.flatnonzero(index.parent[data.usage_points.node] == DEAD)
    if len(dark):
        first = decode_texts(data.usage_points.mrid[dark[:1]])[0]
        yield Implausible(
            "unsupplied_customers",
            f"{len(dark):,} of {len(data.usage_points.mrid):,} customers have no way to a source"
            f" while all switches stand as designed, such as {first}",
            "look for a join, a position or a filter that parts them",
        )
    switches = cim.IS_SWITCH[data.equipment.kind]
    closed = switches & (data.equipment.normal_open == 0)
    loops = len(index.extra) - _count_parallel(judged)
    if switches.any() and closed.sum() == switches.sum() and loops > 0:
        yield Implausible(
            "loops_without_open_switch",
            f"{loops:,} loops are closed, and none of {int(switches.sum()):,} switches stands open",
            "say which words of normal_open mean open",
        )


def _count_parallel(judged: JudgedNetwork) -> int:
    """Return how much equipment closes a loop with one other piece between the same two nodes."""
    equipment, extra = judged.data.equipment, judged.index.extra
    ends = np.sort(np.stack([equipment.node_a, equipment.node_b], axis=1).astype(np.int64), axis=1)
    pairs = ends[:, 0] * (int(ends.max(initial=0)) + 1) + ends[:, 1]
    _, back, counts = np.unique(pairs, return_inverse=True, return_counts=True)
    return int((counts[back[extra]] > 1).sum())


def _judge_shared_rows(judged: JudgedNetwork) -> Iterator[Implausible]:
    """Tell of rows of the source that became two things."""
    data = judged.data
    tables = {
        "equipment": data.equipment.mrid,
        "usage_points": data.usage_points.mrid,
        "sources": data.sources.mrid,
    }
    for (one, first), (other, second) in combinations(tables.items(), 2):
        shared = np.intersect1d(first, second)
        if len(shared):
            yield Implausible(
                "row_mapped_twice",
                f"{len(shared):,} rows are mapped to {one} and to {other}, such as"
                f" {decode_texts(shared[:1])[0]}",
                "say in where which of the two blocks takes them",
            )


def _judge_transformers(judged: JudgedNetwork) -> Iterator[Implausible]:
    """Tell of transformers that are fed from behind, or that are missing above customers."""
    data, index = judged.data, judged.index
    equipment = data.equipment
    rows = np.flatnonzero(equipment.kind == cim.TRANSFORMER)
    fed = rows[index.child[rows] >= 0]
    back = fed[index.child[fed] == equipment.node_a[fed]]
    if len(back) > MANY * len(fed):
        yield Implausible(
            "transformer_fed_from_behind",
            f"{len(back):,} of {len(fed):,} transformers are fed from their side b, such as"
            f" {judged.name_row(int(back[0]))}",
            "exchange node_a and node_b, or the sides, or look where the source stands",
        )
    closed = index.conduction.passes != 0
    closed[rows] = False
    groups = number_groups(len(data.nodes.mrid), equipment.node_a[closed], equipment.node_b[closed])
    points = data.usage_points
    sizes = np.bincount(groups[points.node], points.customers, len(groups))
    crowded = sizes[groups[points.node]] > CUSTOMERS_OF_TRANSFORMER
    share = float(points.customers[crowded].sum()) / max(int(points.customers.sum()), 1)
    if share > MANY:
        yield Implausible(
            "customers_without_transformer",
            f"{share:.0%} of the customers hang on a place with more than"
            f" {CUSTOMERS_OF_TRANSFORMER:,} of them and no transformer in between",
            "map the transformers, as power_transformer",
        )


def _judge_devices(judged: JudgedNetwork) -> Iterator[Implausible]:
    """Tell of devices that bridge nothing or lead nowhere."""
    data, equipment = judged.data, judged.data.equipment
    same = np.flatnonzero(equipment.node_a == equipment.node_b)
    if len(same):
        yield Implausible(
            "equipment_at_one_node",
            f"{len(same):,} pieces of equipment have one node at both ends, such as"
            f" {judged.name_row(int(same[0]))}",
            "take another column for one of its nodes",
        )
    others = (data.usage_points.node, data.sources.node)
    there = np.concatenate([equipment.node_a, equipment.node_b, *others])
    counts = np.bincount(there[there >= 0], minlength=len(data.nodes.mrid))
    blind = (counts[equipment.node_a] == 1) | (counts[equipment.node_b] == 1)
    switches = cim.IS_SWITCH[equipment.kind]
    ends = np.concatenate([equipment.node_a[switches], equipment.node_b[switches]])
    counts -= np.bincount(ends[ends >= 0], minlength=len(counts))  # of what is no switch
    blind |= switches & ((counts[equipment.node_a] == 0) | (counts[equipment.node_b] == 0))
    devices = ~np.isin(equipment.kind, cim.LINES)
    is_open = equipment.normal_open != 0
    for what, chosen in (("open", devices & is_open), ("closed", devices & ~is_open)):
        lost = np.flatnonzero(chosen & blind)
        if len(lost) > MOST * chosen.sum():
            yield Implausible(
                "device_to_nowhere",
                f"{len(lost):,} of {int(chosen.sum()):,} {what} devices have nothing at one end,"
                f" such as {judged.name_row(int(lost[0]))}",
                "look at the columns of their nodes, or how their ends meet",
            )


def _judge_poles(judged: JudgedNetwork) -> Iterator[Implausible]:
    """Tell of devices most of which stand open in some of their phases alone."""
    equipment = judged.data.equipment
    opened = np.flatnonzero(equipment.normal_open & ABC)
    partly = opened[judged.index.conduction.passes[opened] != 0]
    if len(partly) > MANY * len(opened):
        yield Implausible(
            "poles_apart",
            f"{len(partly):,} of {len(opened):,} open devices are open in some of their phases"
            f" alone, such as {judged.name_row(int(partly[0]))}",
            "look at the columns of normal_open",
        )


def _judge_phases(judged: JudgedNetwork) -> Iterator[Implausible]:
    """Tell of phases that what is upstream does not carry."""
    data, index = judged.data, judged.index
    rows = index.feed[index.feed >= 0]
    own = data.equipment.phases[rows] & ABC
    above = index.mask[index.parent[index.feed >= 0]] & ABC
    lost = rows[(own & ~above) != 0]
    if len(lost) > SOME * len(rows):
        yield Implausible(
            "phases_not_carried",
            f"{len(lost):,} of {len(rows):,} pieces of equipment have a phase that does not reach"
            f" them, such as {judged.name_row(int(lost[0]))}",
            "look at the column of the phases, or their decoder",
        )
    points = data.usage_points
    wanted = points.phases & ABC
    live = index.parent[points.node] != DEAD
    missing = live & ((wanted & ~index.mask[points.node]) != 0)
    if missing.sum() > SOME * max(int(live.sum()), 1):
        first = decode_texts(points.mrid[missing][:1])[0]
        yield Implausible(
            "phases_not_supplied",
            f"{int(missing.sum()):,} of {int(live.sum()):,} customers have a phase that does not"
            f" reach them, such as {first}",
            "look at the column of the phases, or their decoder",
        )


JUDGES: tuple[Callable[[JudgedNetwork], Iterator[Implausible]], ...] = (
    _judge_supply,
    _judge_shared_rows,
    judge_voltages,
    judge_ratings,
    judge_lengths,
    _judge_transformers,
    _judge_devices,
    _judge_poles,
    _judge_phases,
)
