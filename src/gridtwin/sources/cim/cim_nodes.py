"""Give nodes their places and voltages, and substations the place of their first node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import shapely

from gridtwin.sources.cim.cim_places import find_node_places
from gridtwin.sources.frame_rows import UNKNOWN_NUMBER, FrameRows
from gridtwin.sources.pandapower_places import place_buses

if TYPE_CHECKING:
    from gridtwin.sources.cim.cim_containers import CimContainers
    from gridtwin.sources.cim.cim_equipment import EquipmentDraft
    from gridtwin.sources.cim.cim_merging import CimModel
    from gridtwin.sources.cim.cim_places import CimPlaces


def place_nodes(
    model: CimModel,
    drafts: EquipmentDraft,
    sources: FrameRows,
    points: FrameRows,
    places: CimPlaces,
) -> tuple[dict[str, list[Any]], bool]:
    """Return the nodes that anything stands at, and whether their places are a mere drawing."""
    columns = drafts.rows.columns
    branches = list(zip(columns["node_a"], columns["node_b"], strict=True))
    used = dict.fromkeys(sources.columns["node"])  # first: a drawing begins at a source
    used |= dict.fromkeys(node for branch in branches for node in branch)
    used |= dict.fromkeys(points.columns["node"])
    own = find_node_places(places, drafts.terminals, model["equipment"].rows)
    place_of, schematic = place_buses(own, used, branches)
    if schematic:
        model.add_notice(
            "no_places",
            f"{model.where}: no position of anything is known: the network is drawn as a plan",
            "add the GL profile, or another file with Locations",
        )
    shapes = shapely.points([place_of[node] for node in used])
    return {"mrid": list(used), "geometry": list(shapes)}, schematic


def find_voltages(
    model: CimModel, drafts: EquipmentDraft, containers: CimContainers, unit: float
) -> dict[str, float]:
    """Return the nominal voltage of each node, phase to phase, where anything tells it."""
    table = model["equipment"]
    base = {
        mrid: model.read_amount("base_voltage", mrid, "nominalVoltage", unit)
        for mrid in model["base_voltage"].rows
    }
    found = dict(drafts.transformers.voltages)
    for mrid, voltage in table.iterate_pairs("BaseVoltage"):
        for end in drafts.terminals.of.get(mrid, ()):
            found.setdefault(end.node, voltage)
    for end in drafts.terminals.at.values():
        if end.node not in found:
            found[end.node] = containers.voltage_of(end.node)
    for star, node in drafts.transformers.stars.items():
        found.setdefault(star, found.get(node, ""))
    missing = sorted({voltage for voltage in found.values() if voltage and voltage not in base})
    for voltage in missing:
        model.add_notice(
            "dangling_reference",
            f"BaseVoltage {voltage} is named and not defined: voltages there are not known",
            "add the boundary set, which defines the common voltages",
        )
    return {node: base[voltage] for node, voltage in found.items() if voltage in base}


def make_substations(
    model: CimModel,
    containers: CimContainers,
    places: CimPlaces,
    at: dict[str, Any],
    *,
    schematic: bool,
) -> FrameRows:
    """Return the substations, each at its own place or at that of its first node."""
    rows = FrameRows(mrid="", name="", geometry=None, rated_va=UNKNOWN_NUMBER)
    first: dict[str, Any] = {}
    for table in ("connectivity_node", "topological_node"):
        for node in model[table].rows:
            if node in at:
                substation = containers.substation_of("", node)
                if substation:
                    first.setdefault(substation, at[node])
    table_of = model["container"]
    for mrid, row in table_of.rows.items():
        if table_of.kinds[row] == "Substation":
            points = [] if schematic else places.find_points(mrid)
            place = shapely.Point(points[0]) if points else first.get(mrid)
            rated = model.read_amount("container", mrid, "own:ratedPower")
            name = table_of.read_text(mrid, "name")
            rows.add_row(mrid=mrid, name=name, geometry=place, rated_va=rated)
    return rows
