"""Give nodes their places, and lines the course that their section takes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import shapely

from gridtwin.sources.pandapower_places import place_buses

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gridtwin.sources.cyme.cyme_sections import CymeSections
    from gridtwin.sources.cyme.cyme_tables import CymeRow, CymeTables
    from gridtwin.sources.pandapower_cells import Key

Place = tuple[float, float]


def place_cyme_nodes(
    tables: CymeTables,
    sections: CymeSections,
    used: Iterable[str],
    branches: list[tuple[str, str]],
) -> tuple[dict[Key, Place], bool]:
    """
    Return the place of every node, and whether places are a mere drawing.

    A busbar stands at its middle. A node between two devices of a section stands at that end of the
    section which its device is at.
    """
    known: dict[Key, shapely.Point] = {}
    for row in tables["node"]:
        place = _read_place(tables, row)
        if place is not None:
            known.setdefault(row.read_text("nodeid"), shapely.Point(place))
    for section in sections.of.values():
        for at, node in enumerate(section.nodes[1:-1], 1):
            end = section.node_a if at < section.line_at else section.node_b
            if end in known:
                known[node] = known[end]
    places, schematic = place_buses(known, used, branches)
    if schematic:
        tables.add_notice(
            "no_places",
            f"{tables.where}: no node has coordinates: the network is drawn as a plan",
            "export [NODE] with CoordX and CoordY",
        )
    return places, schematic


def _read_place(tables: CymeTables, row: CymeRow) -> Place | None:
    x, y = tables.read_number(row, "coordx"), tables.read_number(row, "coordy")
    if math.isnan(x) or math.isnan(y):
        xs = [tables.read_number(row, name) for name in ("coordx1", "coordx2")]
        ys = [tables.read_number(row, name) for name in ("coordy1", "coordy2")]
        x, y = sum(xs) / 2, sum(ys) / 2
    return None if math.isnan(x) or math.isnan(y) else (x, y)


def draw_courses(
    tables: CymeTables, lines: dict[str, str], sections: CymeSections, places: dict[Key, Place]
) -> dict[str, shapely.LineString]:
    """Return the course of each line whose section says where it runs, by the id of the line."""
    inner: dict[str, list[tuple[float, Place]]] = {}
    for row in tables["intermediatenodes"]:
        place = _read_place(tables, row)
        if place is not None:
            order = tables.read_number(row, "seqnumber")
            at = math.inf if math.isnan(order) else order
            inner.setdefault(row.read_text("sectionid"), []).append((at, place))
    courses: dict[str, shapely.LineString] = {}
    for mrid, points in inner.items():
        if mrid not in lines or mrid not in sections.of:
            continue
        section = sections.of[mrid]
        between = [place for _, place in sorted(points, key=lambda point: point[0])]
        course = [places[section.node_a], *between, places[section.node_b]]
        if len(set(course)) > 1:
            courses[lines[mrid]] = shapely.LineString(course)
    return courses
