"""Ask what is joined to what: islands, loops, ties, heads, orphans."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from gridtwin.analysis.quality.violations import RuleContext, Violation
from gridtwin.model import cim
from gridtwin.topology.loops import find_loops

if TYPE_CHECKING:
    from collections.abc import Iterator


def find_islands(seen: RuleContext) -> Iterator[Violation]:
    """Yield one violation for each part without supply: its first node, and how much is there."""
    data = seen.data
    rows = np.flatnonzero(seen.index.conduction.passes)
    count = len(data.nodes.mrid)
    links = csr_matrix(
        (np.ones(len(rows)), (data.equipment.node_a[rows], data.equipment.node_b[rows])),
        shape=(count, count),
    )
    _, label = connected_components(links, directed=False)
    dead = np.flatnonzero(~seen.has_supply)
    labels, first, sizes = np.unique(label[dead], return_index=True, return_counts=True)
    points = np.bincount(label[data.usage_points.node], minlength=int(label.max(initial=0)) + 1)
    for part, at, size in zip(labels, first, sizes, strict=True):
        evidence = f"{size} nodes and {points[part]} usage points without supply"
        yield Violation("nodes", int(dead[at]), evidence)


def find_points_without_feeder(seen: RuleContext) -> Iterator[Violation]:
    """Yield usage points that have supply and belong to no feeder."""
    if not len(seen.data.feeders.mrid):
        return
    first, _ = seen.feeders
    node = seen.data.usage_points.node
    rows = np.flatnonzero(seen.has_supply[node] & (first[node] < 0))
    yield from seen.make_violations(
        "usage_points", rows, "no feeder head lies on its way to the source"
    )


def find_multi_fed_feeders(seen: RuleContext) -> Iterator[Violation]:
    """Yield feeders joined to another by closed equipment: one violation for each."""
    first, multi = seen.feeders
    for feeder in np.unique(first[multi & (first >= 0)]):
        nodes = np.flatnonzero(multi & (first == feeder))
        names = seen.list_names("nodes", nodes[:5])
        evidence = f"{len(nodes)} nodes have another way to a source, {names}"
        yield Violation("feeders", int(feeder), evidence)


def find_closed_loops(seen: RuleContext) -> Iterator[Violation]:
    """Yield one violation for each closed loop: the first switch on it, else its first element."""
    for rows in find_loops(seen.index):
        switches = rows[cim.IS_SWITCH[seen.data.equipment.kind[rows]]]
        row = int(switches[0] if len(switches) else rows[0])
        yield Violation("equipment", row, f"closed loop of {seen.list_names('equipment', rows)}")


def find_ties_to_themselves(seen: RuleContext) -> Iterator[Violation]:
    """Yield open switches with the same feeder on both sides."""
    first, _ = seen.feeders
    equipment = seen.data.equipment
    a, b = first[equipment.node_a], first[equipment.node_b]
    rows = np.flatnonzero(seen.is_open & (a >= 0) & (a == b))
    for row in rows:
        yield Violation(
            "equipment", int(row), f"both sides are fed by {seen.get_name('feeders', a[row])}"
        )


def find_feeders_without_tie(seen: RuleContext) -> Iterator[Violation]:
    """Yield feeders that no open switch joins to another feeder."""
    first, _ = seen.feeders
    equipment = seen.data.equipment
    a, b = first[equipment.node_a], first[equipment.node_b]
    rows = seen.is_open & (a >= 0) & (b >= 0) & (a != b)
    tied = np.union1d(a[rows], b[rows])
    alone = np.setdiff1d(np.arange(len(seen.data.feeders.mrid)), tied)
    yield from seen.make_violations("feeders", alone, "no open switch leads to another feeder")


def find_dead_heads(seen: RuleContext) -> Iterator[Violation]:
    """Yield feeders whose head does not conduct, or has no supply."""
    feeders, equipment = seen.data.feeders, seen.data.equipment
    for row, head in enumerate(feeders.head.tolist()):
        name = seen.get_name("equipment", head)
        ends = seen.has_supply[[equipment.node_a[head], equipment.node_b[head]]]
        if seen.index.conduction.passes[head] == 0:
            yield Violation("feeders", row, f"its head {name} does not conduct")
        elif not ends.any():
            yield Violation("feeders", row, f"its head {name} has no supply")


def find_heads_without_switch(seen: RuleContext) -> Iterator[Violation]:
    """Yield feeders whose head cannot be switched."""
    heads = seen.data.feeders.head
    kinds = seen.data.equipment.kind[heads]
    for row in np.flatnonzero(~cim.IS_SWITCH[kinds]):
        kind = cim.KIND_NAMES[kinds[row]]
        name = seen.get_name("equipment", heads[row])
        yield Violation("feeders", int(row), f"its head {name} ({kind}) is no switch")


def find_parallel_switches(seen: RuleContext) -> Iterator[Violation]:
    """Yield closed switches between two nodes that another closed switch joins already."""
    equipment = seen.data.equipment
    rows = np.flatnonzero(cim.IS_SWITCH[equipment.kind] & (seen.index.conduction.passes == 7))
    yield from _report_repeats(seen, rows, "switch")


def find_duplicates(seen: RuleContext) -> Iterator[Violation]:
    """Yield equipment with the nodes, kind and phases of another."""
    equipment = seen.data.equipment
    low = np.minimum(equipment.node_a, equipment.node_b)
    high = np.maximum(equipment.node_a, equipment.node_b)
    keys = np.stack([low, high, equipment.kind, equipment.phases], axis=1)
    _, first, back = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    original = first[back.ravel()]
    for row in np.flatnonzero(original != np.arange(len(original))):
        twin = seen.get_name("equipment", int(original[row]))
        yield Violation("equipment", int(row), f"same nodes, kind and phases as {twin}")


def _report_repeats(seen: RuleContext, rows: np.ndarray, what: str) -> Iterator[Violation]:
    equipment = seen.data.equipment
    low = np.minimum(equipment.node_a[rows], equipment.node_b[rows])
    high = np.maximum(equipment.node_a[rows], equipment.node_b[rows])
    _, first, back = np.unique(
        np.stack([low, high], axis=1), axis=0, return_index=True, return_inverse=True
    )
    original = first[back.ravel()]
    for at in np.flatnonzero(original != np.arange(len(rows))):
        other = seen.get_name("equipment", int(rows[original[at]]))
        yield Violation("equipment", int(rows[at]), f"closed {what} {other} joins the same nodes")


def find_self_loops(seen: RuleContext) -> Iterator[Violation]:
    """Yield equipment with both ends at one node."""
    equipment = seen.data.equipment
    rows = np.flatnonzero(equipment.node_a == equipment.node_b)
    yield from seen.make_violations("equipment", rows, "both ends are at the same node")
