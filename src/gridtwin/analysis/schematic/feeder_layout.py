"""
Lay out a feeder as a one-line diagram: sections between switches, in columns and rows.

::

    ═ BKR ═══ section ═══ RCL ═══ section ═══ SW ═══ section ═ TIE/ ─→ other feeder
                 │                   └─ FUSE ─ section
                 └─ FUSE ─ section

A section is all that no switch parts. Of the switches behind a section the one with most customers
goes on in its row, so that the backbone is one line; the others hang below. A later column is laid
out before an earlier one goes on, so that no line crosses another.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model import cim

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation

NO_SWITCH = -1


@dataclass(slots=True)
class DrawnSection:
    """What no switch parts; the first is behind the head."""

    switch: int  # row of the equipment that feeds it as designed
    before: int  # section the switch hangs on; -1 for the head
    column: int
    row: int
    nodes: list[int] = field(default_factory=list)
    behind: list[int] = field(default_factory=list)  # sections that hang on it
    customers: int = 0  # in it
    customers_behind: int = 0  # in it and in all behind it
    transformers: int = 0
    length_m: float = 0.0


@dataclass(frozen=True, slots=True)
class DrawnTie:
    """A switch that stands open as designed, drawn at the end of the section it hangs on."""

    switch: int  # row of the equipment
    section: int
    column: int
    row: int
    other: int  # node beyond


@dataclass(frozen=True, slots=True)
class FeederLayout:
    """A feeder as drawn; sections are named by their place in the list."""

    feeder: int  # row
    sections: list[DrawnSection]
    ties: list[DrawnTie]
    columns: int
    rows: int


def lay_out_feeder(situation: Situation, feeder: int) -> FeederLayout:
    """
    Return the one-line diagram of a feeder.

    Parameters
    ----------
    situation
        The network as designed.
    feeder
        Row of the feeder.
    """
    first, _ = situation.feeder_of_nodes
    nodes = np.flatnonzero(first == feeder)
    sections, section_of = _find_sections(
        situation, nodes, int(situation.data.feeders.head[feeder])
    )
    _measure_sections(situation, sections, section_of, nodes)
    beyond = _find_ties(situation, nodes, section_of)
    ties, columns, rows = _place_sections(sections, beyond)
    return FeederLayout(feeder, sections, ties, columns, rows)


def _find_sections(
    situation: Situation, nodes: NDArray[np.intp], head: int
) -> tuple[list[DrawnSection], dict[int, int]]:
    """Return the sections from the head on, and that of each node."""
    index, is_switch = situation.index, situation.is_switch
    children: dict[int, list[int]] = {}
    for node, parent in zip(nodes.tolist(), index.parent[nodes].tolist(), strict=True):
        children.setdefault(parent, []).append(node)
    start = situation.find_fed_node(head)
    sections: list[DrawnSection] = []
    section_of: dict[int, int] = {}
    waiting = [start] if start >= 0 else []
    while waiting:
        node = waiting.pop()
        feed, before = int(index.feed[node]), section_of.get(int(index.parent[node]), -1)
        if before < 0 or is_switch[feed]:
            sections.append(DrawnSection(feed, before, 0, 0))
            here = len(sections) - 1
            if before >= 0:
                sections[before].behind.append(here)
        else:
            here = before
        section_of[node] = here
        sections[here].nodes.append(node)
        waiting += children.get(node, ())
    return sections, section_of


def _measure_sections(
    situation: Situation,
    sections: list[DrawnSection],
    section_of: dict[int, int],
    nodes: NDArray[np.intp],
) -> None:
    """Count customers and transformers of sections, and add up their lines."""
    data, index = situation.data, situation.index
    equipment = data.equipment
    start, rows = situation.points_by_node
    for node in nodes.tolist():
        if node not in section_of:
            continue
        section, feed = sections[section_of[node]], int(index.feed[node])
        points = rows[start[node] : start[node + 1]]
        section.customers += int(data.usage_points.customers[points].sum())
        if feed >= 0:
            section.transformers += int(equipment.kind[feed] == cim.TRANSFORMER)
            length = float(equipment.length_m[feed])
            section.length_m += length if length > 0 else 0.0
    for section in reversed(sections):  # what hangs on a section stands behind it in the list
        section.customers_behind += section.customers
        if section.before >= 0:
            sections[section.before].customers_behind += section.customers_behind


def _find_ties(
    situation: Situation, nodes: NDArray[np.intp], section_of: dict[int, int]
) -> dict[int, list[tuple[int, int]]]:
    """Return the switches that feed nothing as designed, and the nodes beyond, by section."""
    equipment, index = situation.data.equipment, situation.index
    start, beside = situation.adjacency.start, situation.adjacency.equipment
    found: dict[int, list[tuple[int, int]]] = {}
    seen: set[int] = set()
    for node in nodes.tolist():
        if node not in section_of:
            continue
        for row in beside[start[node] : start[node + 1]].tolist():
            a, b = int(equipment.node_a[row]), int(equipment.node_b[row])
            feeds = index.feed[a] == row or index.feed[b] == row
            if not situation.is_switch[row] or feeds or row in seen:
                continue
            seen.add(row)
            other = b if a == node else a
            found.setdefault(section_of[node], []).append((row, other))
    return found


def _place_sections(
    sections: list[DrawnSection], beyond: dict[int, list[tuple[int, int]]]
) -> tuple[list[DrawnTie], int, int]:
    """Give each section and tie a column and a row; return the ties and how many of both."""
    ties: list[DrawnTie] = []
    free, columns = 0, 0
    waiting = [(0, 0, True)] if sections else []  # section, column, whether it begins a row
    rows_of: dict[int, int] = {}
    while waiting:
        here, column, begins = waiting.pop()
        section = sections[here]
        if begins:
            row, free = free, free + 1
        else:
            row = rows_of[section.before]
        section.column, section.row, rows_of[here] = column, row, row
        columns = max(columns, column + 1)
        heavy = sorted(section.behind, key=lambda each: (-sections[each].customers_behind, each))
        for at, (switch, other) in enumerate(beyond.get(here, ())):
            in_row = not heavy and at == 0
            tie_row = row if in_row else free
            free += 0 if in_row else 1
            ties.append(DrawnTie(switch, here, column + 1, tie_row, other))
            columns = max(columns, column + 2)
        # The last is taken first: the heaviest goes on in the row before others begin theirs.
        waiting += [(each, column + 1, True) for each in reversed(heavy[1:])]
        waiting += [(each, column + 1, False) for each in heavy[:1]]
    return ties, columns, free
