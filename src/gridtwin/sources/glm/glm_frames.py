"""Read a GLM model into the six frames of a network."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import shapely

from gridtwin.errors import CrsError, SourceError
from gridtwin.model.frames import PLANAR, WGS84
from gridtwin.model.network import Network
from gridtwin.sources.frame_rows import FrameRows
from gridtwin.sources.glm.glm_classes import GLM_NODE_CLASSES, GLM_TRIPLEX_CLASSES
from gridtwin.sources.glm.glm_equipment import make_glm_equipment
from gridtwin.sources.glm.glm_loads import make_glm_sources, make_glm_usage_points
from gridtwin.sources.glm.glm_model import GlmModel
from gridtwin.sources.glm.glm_values import VOLTS_PER_UNIT, read_degrees
from gridtwin.sources.pandapower_places import place_buses

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gridtwin.sources.pandapower_cells import Key

PHASE_TO_PHASE = math.sqrt(3)  # of three phases; between both legs of a split phase it is 2


def read_glm(path: Path, *, crs: str | None = None) -> Network:
    """
    Return the network of a GridLAB-D model, as it is written.

    Parameters
    ----------
    path
        The ``.glm`` file; what it includes must lie in or below its folder.
    crs
        What ``longitude`` and ``latitude`` are in; degrees by default, ``"none"`` for planar.

    Returns
    -------
        The network under the names of its objects. `docs/glm.md` tells what becomes of what.

    Raises
    ------
    SourceError
        If a file is broken, an object names what is not there, or nothing joins two nodes.
    CrsError
        If positions are no degrees, and no coordinate system is given.
    NetworkError
        If the network breaks the rules of the model.
    """
    if not path.is_file():
        msg = f"{path}: give the .glm file that the model begins with"
        raise SourceError(msg)
    model = GlmModel(path)
    equipment = make_glm_equipment(model)
    if not len(equipment):
        msg = f"{path}: it holds no line, switch or transformer that joins two nodes"
        raise SourceError(msg)
    points, sources = make_glm_usage_points(model), make_glm_sources(model)
    branches = list(zip(equipment.columns["node_a"], equipment.columns["node_b"], strict=True))
    used = dict.fromkeys(sources.columns["node"])  # first: a drawing begins at a source
    used |= dict.fromkeys(node for branch in branches for node in branch)
    used |= dict.fromkeys(points.columns["node"])
    places, schematic = place_buses(_read_places(model, crs), used, branches)
    if schematic:
        model.add_notice(
            "no_places",
            f"{path}: no node has latitude and longitude: the network is drawn as a plan",
            "add them to its nodes",
        )
    volts = _read_volts(model)
    equipment.columns.pop("owner")
    network = Network.from_frames(
        nodes={
            "mrid": list(used),
            "geometry": list(shapely.points([places[node] for node in used])),
            "nominal_v": [volts.get(node, math.nan) for node in used],
        },
        equipment=equipment.columns,
        usage_points=points.columns,
        sources=sources.columns,
        feeders=_make_feeders(equipment.columns, sources.columns).columns,
        crs=PLANAR if schematic else crs or WGS84,
        where=str(path),
    )
    return network.with_notices(list(dict.fromkeys(model.notices)))


def _read_places(model: GlmModel, crs: str | None) -> dict[Key, shapely.Point]:
    found: dict[Key, shapely.Point] = {}
    for each in model.iterate(GLM_NODE_CLASSES):
        texts = each.read_text("longitude"), each.read_text("latitude")
        x, y = (read_degrees(text) for text in texts)
        if math.isnan(x) or math.isnan(y):
            if any(texts):
                model.note_odd(each, "longitude, latitude", " ".join(texts), "no place")
            continue
        if crs is None and (abs(x) > 180 or abs(y) > 90):
            msg = (
                f"{each.place}: {each} is at {x:g}, {y:g}, which is no longitude and latitude:"
                " give --crs EPSG:..., or --crs none for planar coordinates"
            )
            raise CrsError(msg)
        found.setdefault(model.find_node(each), shapely.Point(x, y))
    return found


def _read_volts(model: GlmModel) -> dict[str, float]:
    """Return the nominal voltage of each node, phase to phase: GLM states phase to neutral."""
    found: dict[str, float] = {}
    for each in model.iterate(GLM_NODE_CLASSES):
        stated = model.read_quantity(each, "nominal_voltage", VOLTS_PER_UNIT)
        if stated > 0:
            factor = 2.0 if each.kind in GLM_TRIPLEX_CLASSES else PHASE_TO_PHASE
            found.setdefault(model.find_node(each), stated * factor)
            if not (each.read_text("parent") or each.within):  # the node itself says it best
                found[each.mrid] = stated * factor
    return found


def _make_feeders(equipment: dict[str, list[Any]], sources: dict[str, list[Any]]) -> FrameRows:
    """Return a feeder for each link at a swing bus that is closed: what it feeds is traced."""
    rows = FrameRows(mrid="", name="", substation="", head="")
    starts = {
        node
        for node, kind in zip(sources["node"], sources["kind"], strict=True)
        if kind == "substation"
    }
    for row, mrid in enumerate(equipment["mrid"]):
        ends: Iterable[str] = (equipment["node_a"][row], equipment["node_b"][row])
        if not starts.isdisjoint(ends) and not equipment["normal_open"][row]:
            rows.add_row(mrid=f"feeder:{mrid}", name=mrid, head=mrid)
    return rows
