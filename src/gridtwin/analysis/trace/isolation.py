"""Trace what must be opened to make a section dead, what a feeder feeds, and where it ties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.state.situation import NO_ROWS, Situation
from gridtwin.analysis.trace.beyond import find_fed_beyond
from gridtwin.analysis.trace.trace import CLASS, TraceRows, find_start_nodes
from gridtwin.topology.conduction import DER
from gridtwin.topology.loops import find_loops
from gridtwin.topology.walk import Walk, flood_network

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridtwin.model.ids import Element


@dataclass(frozen=True, slots=True)
class Section:
    """The part of the network that goes dead together, and the switches around it."""

    nodes: NDArray[np.int32]
    equipment: NDArray[np.int32]
    operate: NDArray[np.int32]  # closed: open them
    verify: NDArray[np.int32]  # open already: verify and tag them
    dead_beyond: NDArray[np.int32]  # no source could reach over them: they need no operation
    walk: Walk
    warnings: tuple[str, ...]


def find_section(
    situation: Situation,
    elements: Sequence[Element],
    *,
    barriers: NDArray[np.int32] = NO_ROWS,
    operable: NDArray[np.bool_] | None = None,
    all_sides: bool = False,
) -> Section:
    """
    Return the isolation section of elements: flooded outward to operable switches on every side.

    Of the switches around it, those have to stand open over which a source could reach it; beyond
    the others lie nothing but dead ends.

    Parameters
    ----------
    situation
        The network in one state.
    elements
        What the section holds; of a feeder, the first node beyond its head.
    barriers
        Equipment the section does not grow past.
    operable
        Equipment that may be operated, shape (equipment,); by default every operable switch.
    all_sides
        Whether switches with nothing but dead ends beyond are to stand open too.

    Notes
    -----
    A switch nobody can operate does not bound the section; it grows past it and says so. Equipment
    out of service is not open: it bounds nothing and is not operated. A switch that has faulted
    itself lies in its section, and does not bound it.
    """
    equipment = situation.data.equipment
    operable = situation.is_operable if operable is None else operable
    elements = [step_beyond_head(situation, element) for element in elements]
    standing_open = situation.is_open
    bounds = operable | standing_open
    bounds[
        [row for table, row in elements if table == "equipment" and not situation.is_switch[row]]
    ] = False
    passable = equipment.in_service & ~bounds
    passable[barriers] = False
    walk = flood_network(situation.adjacency, find_start_nodes(situation, elements), passable)
    edge = walk.stopped[equipment.in_service[walk.stopped]]
    inner = walk.reached[equipment.node_a[edge]] & walk.reached[equipment.node_b[edge]]
    edge = edge[~inner]
    fed = (
        np.ones(len(edge), dtype=bool)
        if all_sides
        else find_fed_beyond(situation, walk.reached, edge)
    )
    own = np.array([row for table, row in elements if table == "equipment"], dtype=np.int32)
    inside = np.union1d(walk.equipment, own).astype(np.int32)
    return Section(
        nodes=walk.nodes,
        equipment=inside[~np.isin(inside, edge)],
        operate=edge[fed & ~standing_open[edge]],
        verify=edge[fed & standing_open[edge]],
        dead_beyond=edge[~fed],
        walk=walk,
        warnings=_warn_of_section(situation, walk, operable),
    )


def step_beyond_head(situation: Situation, element: Element) -> Element:
    """Return the first node of a feeder, beyond its head; any other element as it is."""
    if element.table != "feeders":
        return element
    head = int(situation.data.feeders.head[element.row])
    return element._replace(table="nodes", row=_find_far_end(situation, head))


def _warn_of_section(
    situation: Situation, walk: Walk, operable: NDArray[np.bool_]
) -> tuple[str, ...]:
    warnings = []
    mrid = situation.data.equipment.mrid
    passed = walk.equipment[situation.is_switch[walk.equipment]]
    passed = passed[~operable[passed]]
    if len(passed):
        names = ", ".join(name.decode() for name in mrid[passed[:5]].tolist())
        warnings.append(f"expanded past what cannot be operated: {names}")
    sources = situation.index.conduction
    inside = sources.source_row[walk.reached[sources.source_node]]
    if len(inside):
        names = ", ".join(name.decode() for name in situation.data.sources.mrid[inside].tolist())
        warnings.append(f"no switch separates the section from its source: {names}")
    return tuple(warnings)


def trace_isolation(
    situation: Situation,
    elements: Sequence[Element],
    *,
    barriers: NDArray[np.int32] = NO_ROWS,
    all_sides: bool = False,
) -> TraceRows:
    """Return what to operate, what to verify and tag, what needs neither, the section between."""
    section = find_section(situation, elements, barriers=barriers, all_sides=all_sides)
    depth = dict(zip(section.walk.equipment.tolist(), section.walk.depth.tolist(), strict=True))
    inside = section.equipment
    return (
        TraceRows.from_class("operate", section.operate)
        .append_rows(TraceRows.from_class("verify_and_tag", section.verify))
        .append_rows(TraceRows.from_class("dead_beyond", section.dead_beyond))
        .append_rows(
            TraceRows.from_class(
                "section",
                inside,
                depth=np.array([depth.get(row, 0) for row in inside.tolist()], dtype=np.int32),
                points=situation.points_at(section.nodes),
            )
        )
        .add_warnings(*section.warnings, *_find_resources(situation, section))
    )


def _find_resources(situation: Situation, section: Section) -> tuple[str, ...]:
    """Return which distributed resources stand in a section: no switch keeps them from it."""
    sources = situation.data.sources
    inside = sources.in_service & (sources.kind == DER) & section.walk.reached[sources.node]
    names = ", ".join(name.decode() for name in sources.mrid[inside].tolist())
    text = f"distributed resources stand in the section: disconnect and verify: {names}"
    return (text,) if names else ()


def find_feeder_extent(
    situation: Situation, feeder: int, barriers: NDArray[np.int32] = NO_ROWS
) -> Walk:
    """
    Return what a feeder feeds: flooded from its head, stopping on open switches and before others.

    The flood does not climb to a higher medium or high voltage through a transformer.
    """
    data = situation.data
    heads = data.feeders.head
    passable = situation.conducts.copy()
    passable[heads] = False
    passable[barriers] = False
    passable &= ~situation.climbs
    head = int(heads[feeder])
    start = [_find_far_end(situation, head)] if situation.conducts[head] else []
    return flood_network(situation.adjacency, np.array(start, dtype=np.int32), passable)


def _find_far_end(situation: Situation, head: int) -> int:
    """Return the end of a head switch that looks away from the source."""
    fed = situation.find_fed_node(head)
    if fed >= 0:
        return fed
    a, b = situation.find_ends(head)
    depth = _measure_depth(situation, a), _measure_depth(situation, b)
    return b if depth[0] <= depth[1] else a


def _measure_depth(situation: Situation, node: int) -> int:
    if not situation.is_supplied[node]:
        return len(situation.is_supplied)
    steps = 0
    while (node := int(situation.index.parent[node])) >= 0:
        steps += 1
    return steps


def find_feeders_of(situation: Situation, elements: Sequence[Element]) -> list[int]:
    """Return the feeders that reach elements, in order."""
    heads = {int(head): row for row, head in enumerate(situation.data.feeders.head.tolist())}
    found: set[int] = set()
    passable = situation.conducts & ~situation.climbs
    passable[list(heads)] = False
    for element in elements:
        if element.table == "feeders":
            found.add(element.row)
            continue
        if element.table == "equipment" and element.row in heads:
            found.add(heads[element.row])
            continue
        walk = flood_network(situation.adjacency, find_start_nodes(situation, [element]), passable)
        met = [row for row in walk.stopped.tolist() if row in heads and situation.conducts[row]]
        found |= {heads[row] for row in met if walk.reached[_find_far_end(situation, row)]}
    return sorted(found)


def trace_feeder(
    situation: Situation, elements: Sequence[Element], *, barriers: NDArray[np.int32] = NO_ROWS
) -> TraceRows:
    """Return the extent of the feeders of elements: head first, then nearest first, then ties."""
    answer = TraceRows.from_class("feeder", NO_ROWS)
    for row in find_feeders_of(situation, elements):
        walk = find_feeder_extent(situation, row, barriers)
        head = int(situation.data.feeders.head[row])
        answer = (
            answer.append_rows(TraceRows.from_class("head", np.array([head], dtype=np.int32)))
            .append_rows(
                TraceRows.from_class(
                    "feeder",
                    walk.equipment,
                    parent=np.where(walk.parent < 0, np.int32(head), walk.parent),
                    depth=walk.depth,
                    points=situation.points_at(walk.nodes),
                )
            )
            .append_rows(_find_border(situation, walk))
        )
    if not len(answer.equipment):
        return answer.add_warnings("no feeder reaches this in this state")
    return answer


def _find_border(situation: Situation, walk: Walk) -> TraceRows:
    """Return the open switches a flood stopped on, by what is on their other side."""
    rows = walk.stopped[situation.is_open[walk.stopped]]
    a, b = situation.data.equipment.node_a[rows], situation.data.equipment.node_b[rows]
    inside_a, inside_b = walk.reached[a], walk.reached[b]
    other = np.where(inside_a, b, a)
    kind = np.where(
        inside_a & inside_b,
        CLASS["same_feeder"],
        np.where(situation.is_supplied[other], CLASS["tie"], CLASS["terminal"]),
    )
    answer = TraceRows.from_class("tie", rows)
    return TraceRows(rows, kind.astype(np.uint8), answer.parent, answer.depth, NO_ROWS)


def trace_ties(situation: Situation, elements: Sequence[Element]) -> TraceRows:
    """
    Return the open switches around what elements are joined to, by what lies beyond.

    ``tie``: supply on the other side; ``same_feeder``: both sides are joined already;
    ``terminal``: the other side is dead.
    """
    if all(element.table == "feeders" for element in elements):
        answer = TraceRows.from_class("tie", NO_ROWS)
        for element in elements:
            answer = answer.append_rows(
                _find_border(situation, find_feeder_extent(situation, element.row))
            )
        return answer
    passable = situation.conducts & ~situation.climbs
    passable[situation.data.feeders.head] = False
    walk = flood_network(situation.adjacency, find_start_nodes(situation, elements), passable)
    return _find_border(situation, walk)


def trace_loops(situation: Situation, elements: Sequence[Element]) -> TraceRows:
    """
    Return the closed loops in what elements are joined to.

    A loop is closed when the same phase comes around. ``depth`` numbers the loops from 1.
    """
    walk = flood_network(
        situation.adjacency, find_start_nodes(situation, elements), situation.conducts
    )
    node = situation.data.equipment.node_a
    found = [rows for rows in find_loops(situation.index) if walk.reached[node[rows]].any()]
    if not found:
        return TraceRows.from_class("loop", NO_ROWS)
    number = np.arange(1, len(found) + 1, dtype=np.int32)
    depth, rows = np.repeat(number, [len(loop) for loop in found]), np.concatenate(found)
    # What is on a loop of one phase and on another of the next stands with the first.
    first = np.sort(np.unique(rows, return_index=True)[1])
    return TraceRows.from_class("loop", rows[first], depth=depth[first])
