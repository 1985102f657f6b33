"""Ask whether rows agree with each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.quality.violations import RuleContext, Violation
from gridtwin.model import cim
from gridtwin.model.ids import MRID_TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator


def find_zero_lengths(seen: RuleContext) -> Iterator[Violation]:
    """Yield line segments of no length."""
    equipment = seen.data.equipment
    lines = np.isin(equipment.kind, cim.LINES)
    rows = np.flatnonzero(
        lines & (equipment.length_m == 0) & (equipment.node_a != equipment.node_b)
    )
    yield from seen.make_violations("equipment", rows, "length_m is 0")


def find_points_without_transformer(seen: RuleContext) -> Iterator[Violation]:
    """Yield usage points at low voltage that no transformer feeds."""
    index = seen.index
    heads = np.flatnonzero(index.feed >= 0)
    own = seen.data.equipment.kind[index.feed[heads]] == cim.TRANSFORMER
    below = np.zeros(len(index.tin), dtype=bool)
    below[heads[own]] = True
    jump = np.where(below | (index.parent < 0), np.arange(len(below)), index.parent)
    while not np.array_equal(further := jump[jump], jump):
        jump = further
    node = seen.data.usage_points.node
    low = index.conduction.low[node]
    rows = np.flatnonzero(seen.has_supply[node] & low & ~below[jump[node]])
    yield from seen.make_violations(
        "usage_points", rows, "no transformer lies on its way to the source"
    )


def find_wrong_transformers(seen: RuleContext) -> Iterator[Violation]:
    """Yield usage points whose recorded transformer does not feed them."""
    points, index = seen.data.usage_points, seen.index
    rows = np.flatnonzero((points.transformer >= 0) & seen.has_supply[points.node])
    child = index.child[points.transformer[rows]]
    known = child >= 0
    rows, child = rows[known], child[known]
    start, node = index.tin[child], points.node[rows]
    # Behind a feeder head below the transformer, what counts is where that feeder hangs.
    hook = index.hook[index.segment[node]]
    node = np.where((index.segment[child] == 0) & (hook >= 0), hook, node)
    inside = (index.segment[node] == index.segment[child]) & (index.tin[node] >= start)
    inside &= index.tin[node] < start + index.size[child]
    for row in rows[~inside]:
        name = seen.get_name("equipment", int(points.transformer[row]))
        yield Violation("usage_points", int(row), f"records {name}, which does not feed it")


def find_idle_transformers(seen: RuleContext) -> Iterator[Violation]:
    """Yield live transformers that feed no usage point."""
    index, equipment = seen.index, seen.data.equipment
    meters = np.bincount(seen.data.usage_points.node, minlength=len(index.tin)).astype(np.int32)
    rows = np.flatnonzero((equipment.kind == cim.TRANSFORMER) & (index.child >= 0))
    idle = rows[index.sum_dependents(meters)[index.child[rows]] == 0]
    yield from seen.make_violations("equipment", idle, "no usage point hangs on it")


def find_points_without_customer(seen: RuleContext) -> Iterator[Violation]:
    """Yield usage points that count no customer."""
    rows = np.flatnonzero(seen.data.usage_points.customers == 0)
    yield from seen.make_violations("usage_points", rows, "customers is 0")


def find_open_non_switches(seen: RuleContext) -> Iterator[Violation]:
    """Yield equipment that stands open and is no switch."""
    equipment = seen.data.equipment
    rows = np.flatnonzero((equipment.normal_open != 0) & ~cim.IS_SWITCH[equipment.kind])
    yield from seen.make_violations("equipment", rows, "stands open, and nobody can close it")


def find_out_of_service(seen: RuleContext) -> Iterator[Violation]:
    """Yield equipment and sources out of service."""
    rows = np.flatnonzero(~seen.data.equipment.in_service)
    yield from seen.make_violations("equipment", rows, "in_service is false")
    rows = np.flatnonzero(~seen.data.sources.in_service)
    yield from seen.make_violations("sources", rows, "in_service is false")


def find_shared_ids(seen: RuleContext) -> Iterator[Violation]:
    """Yield one violation for each two tables that share ids: the first, and how many there are."""
    for place, table in enumerate(MRID_TABLES):
        mrids = getattr(seen.data, table).mrid
        for other in MRID_TABLES[place + 1 :]:
            _, rows, _ = np.intersect1d(
                mrids, getattr(seen.data, other).mrid, assume_unique=True, return_indices=True
            )
            if len(rows):
                first = seen.get_name(table, int(rows.min()))
                evidence = f"{len(rows)} ids of {table} stand in {other} too, {first}"
                yield Violation(table, int(rows.min()), evidence)
