"""Read CYME text into the six frames of a network."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import shapely

from gridtwin.errors import CrsError, SourceError
from gridtwin.model.frames import PLANAR
from gridtwin.model.network import Network
from gridtwin.sources.cyme.cyme_equipment import CymeEquipment
from gridtwin.sources.cyme.cyme_loads import make_cyme_sources, make_cyme_usage_points
from gridtwin.sources.cyme.cyme_places import draw_courses, place_cyme_nodes
from gridtwin.sources.cyme.cyme_sections import CymeSections
from gridtwin.sources.cyme.cyme_tables import CymeTables
from gridtwin.sources.cyme.cyme_voltages import find_cyme_voltages
from gridtwin.sources.feeder_tree import Columns, FeederTree, find_head
from gridtwin.sources.frame_rows import FrameRows

if TYPE_CHECKING:
    from pathlib import Path


def read_cyme(path: Path, *, crs: str | None = None) -> Network:
    """
    Return the network of a model in CYME text, as it is designed.

    Parameters
    ----------
    path
        A folder of text files (network, equipment, load; under any names), or one of them.
    crs
        Coordinate system of its coordinates, or ``"none"`` for planar ones.

    Returns
    -------
        The network. `docs/cyme.md` tells what becomes of what.

    Raises
    ------
    SourceError
        If a file is broken, or holds no section that joins two nodes.
    CrsError
        If it has coordinates and no coordinate system is given: CYME text states none.
    NetworkError
        If the network breaks the rules of the model.
    """
    tables = CymeTables(path)
    sections = CymeSections(tables)
    equipment = CymeEquipment(tables, sections)
    if not len(equipment.rows):
        msg = f"{path}: no [SECTION] of it joins two nodes: give the folder with the network file"
        raise SourceError(msg)
    points, served = make_cyme_usage_points(tables, sections)
    sources, stations = make_cyme_sources(tables, sections)
    columns = equipment.rows.columns
    branches = list(zip(columns["node_a"], columns["node_b"], strict=True))
    used = dict.fromkeys(sources.columns["node"])  # first: a drawing begins at a source
    used |= dict.fromkeys(node for branch in branches for node in branch)
    used |= dict.fromkeys(points.columns["node"])
    places, schematic = place_cyme_nodes(tables, sections, used, branches)
    if crs is None and not schematic:
        msg = f"{path}: CYME text states no coordinate system; give --crs EPSG:... or none"
        raise CrsError(msg)
    courses = {} if schematic else draw_courses(tables, equipment.lines, sections, places)
    volts = find_cyme_voltages(tables, equipment)
    feeders = _make_feeders(tables, equipment, sources.columns, served)
    columns.pop("owner")
    columns["geometry"] = [courses.get(mrid) for mrid in columns["mrid"]]
    network = Network.from_frames(
        nodes={
            "mrid": list(used),
            "geometry": list(shapely.points([places[node] for node in used])),
            "nominal_v": [volts.get(node, math.nan) for node in used],
        },
        equipment=columns,
        usage_points=points.columns,
        sources=sources.columns,
        substations=_place_substations(sources.columns, stations, places),
        feeders=feeders.columns,
        crs=PLANAR if schematic or crs is None else crs,
        where=str(path),
    )
    return network.with_notices(list(dict.fromkeys(tables.notices)))


def _place_substations(
    sources: Columns, stations: FrameRows, places: dict[Any, tuple[float, float]]
) -> Columns:
    at = dict(zip(sources["substation"], sources["node"], strict=True))
    shapes = [shapely.Point(places[at[mrid]]) for mrid in stations.columns["mrid"]]
    return {**stations.columns, "geometry": shapes}


def _make_feeders(
    tables: CymeTables, equipment: CymeEquipment, sources: Columns, served: dict[str, list[str]]
) -> FrameRows:
    """Return a row for each feeder: its head is the first switch that all of its loads hang on."""
    rows = FrameRows(mrid="", name="", substation="", head="")
    columns = equipment.rows.columns
    tree = FeederTree(columns, sources)
    stations = dict(zip(sources["node"], sources["substation"], strict=True))
    for mrid, (word, row) in tables.networks.items():
        if word != "feeder" or not mrid:
            continue
        members = equipment.members.get(mrid, [])
        head = find_head(tree, columns, members, served.get(mrid, []))
        if head is None:
            tables.add_notice(
                "feeder_without_head",
                f"{row.place}: feeder {mrid} has no supplied equipment: left out",
                "export it together with what supplies it",
            )
            continue
        station = stations.get(row.read_text("headnodeid"), "")
        rows.add_row(mrid=mrid, name=mrid, substation=station, head=columns["mrid"][head])
    return rows
