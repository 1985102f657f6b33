"""Ask whether rows agree with each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.quality.hits import Evidence, Hit
from gridtwin.model import cim
from gridtwin.model.ids import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator


def zero_length(seen: Evidence) -> Iterator[Hit]:
    """Yield line segments of no length."""
    equipment = seen.data.equipment
    lines = np.isin(equipment.kind, cim.LINES)
    rows = np.flatnonzero(
        lines & (equipment.length_m == 0) & (equipment.node_a != equipment.node_b)
    )
    yield from seen.hits("equipment", rows, "length_m is 0")


def no_transformer(seen: Evidence) -> Iterator[Hit]:
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
    rows = np.flatnonzero(seen.supplied[node] & low & ~below[jump[node]])
    yield from seen.hits("usage_points", rows, "no transformer lies on its way to the source")


def recorded_transformer(seen: Evidence) -> Iterator[Hit]:
    """Yield usage points whose recorded transformer does not feed them."""
    points, index = seen.data.usage_points, seen.index
    rows = np.flatnonzero((points.transformer >= 0) & seen.supplied[points.node])
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
        name = seen.name("equipment", int(points.transformer[row]))
        yield Hit("usage_points", int(row), f"records {name}, which does not feed it")


def idle_transformer(seen: Evidence) -> Iterator[Hit]:
    """Yield live transformers that feed no usage point."""
    index, equipment = seen.index, seen.data.equipment
    meters = np.bincount(seen.data.usage_points.node, minlength=len(index.tin)).astype(np.int32)
    rows = np.flatnonzero((equipment.kind == cim.TRANSFORMER) & (index.child >= 0))
    idle = rows[index.totals(meters)[index.child[rows]] == 0]
    yield from seen.hits("equipment", idle, "no usage point hangs on it")


def nobody_served(seen: Evidence) -> Iterator[Hit]:
    """Yield usage points that count no customer."""
    rows = np.flatnonzero(seen.data.usage_points.customers == 0)
    yield from seen.hits("usage_points", rows, "customers is 0")


def open_no_switch(seen: Evidence) -> Iterator[Hit]:
    """Yield equipment that stands open and is no switch."""
    equipment = seen.data.equipment
    rows = np.flatnonzero((equipment.normal_open != 0) & ~cim.IS_SWITCH[equipment.kind])
    yield from seen.hits("equipment", rows, "stands open, and nobody can close it")


def out_of_service(seen: Evidence) -> Iterator[Hit]:
    """Yield equipment and sources out of service."""
    rows = np.flatnonzero(~seen.data.equipment.in_service)
    yield from seen.hits("equipment", rows, "in_service is false")
    rows = np.flatnonzero(~seen.data.sources.in_service)
    yield from seen.hits("sources", rows, "in_service is false")


def shared_id(seen: Evidence) -> Iterator[Hit]:
    """Yield one hit for each two tables that share ids: the first, and how many there are."""
    for place, table in enumerate(TABLES):
        mrids = getattr(seen.data, table).mrid
        for other in TABLES[place + 1 :]:
            _, rows, _ = np.intersect1d(
                mrids, getattr(seen.data, other).mrid, assume_unique=True, return_indices=True
            )
            if len(rows):
                first = seen.name(table, int(rows.min()))
                evidence = f"{len(rows)} ids of {table} stand in {other} too, {first}"
                yield Hit(table, int(rows.min()), evidence)
