"""Read a CIM model into the six frames of a network."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely

from gridtwin.errors import SourceError
from gridtwin.model import phases
from gridtwin.model.network import Network
from gridtwin.sources.cim.cim_classes import (
    AT_ONE_NODE,
    CONSUMERS,
    INSULATING,
    PAIR_KINDS,
    SUPPLIES,
    SWITCH_KINDS,
)
from gridtwin.sources.cim.cim_consumers import make_sources, make_usage_points, works
from gridtwin.sources.cim.cim_containers import Containers
from gridtwin.sources.cim.cim_feeders import make_feeders
from gridtwin.sources.cim.cim_files import open_cim_files
from gridtwin.sources.cim.cim_merging import CimModel
from gridtwin.sources.cim.cim_phases import Phases
from gridtwin.sources.cim.cim_places import Places, choose_crs, draw_course, find_node_places
from gridtwin.sources.cim.cim_ratings import Ratings
from gridtwin.sources.cim.cim_rows import FrameRows, make_equipment_rows, read_units
from gridtwin.sources.cim.cim_terminals import Terminals
from gridtwin.sources.cim.cim_transformers import Transformers
from gridtwin.sources.pandapower_places import bus_places

if TYPE_CHECKING:
    from collections.abc import Collection

    from gridtwin.sources.cim.cim_rows import CimUnits

EVERY_POLE = True


def read_cim(
    path: Path, *, crs: str | None = None, supplying: Collection[str] = ()
) -> Network:
    """
    Return the network of a CIM model, as it is designed.

    Parameters
    ----------
    path
        An ``.xml`` file, a zip of some (also in a zip), or a folder, with all profiles of one
        model in any order.
    crs
        Coordinate system of the positions, stronger than what the model states; ``"none"`` for
        planar ones.
    supplying
        Classes that supply beside those that always do, such as ``["EquivalentInjection"]``.

    Returns
    -------
        The network under the model's own ids. `docs/cim.md` tells what becomes of what.

    Raises
    ------
    SourceError
        If a file is broken, no CIM, or holds nothing that joins two nodes.
    CrsError
        If positions are in no coordinate system that is known.
    NetworkError
        If the network breaks the rules of the model.
    """
    model = load_model(path)
    places = Places(model, crs)
    return _build_network(model, places, supplying)


def load_model(path: Path) -> CimModel:
    """
    Return the merged objects of all files below a path.

    Raises
    ------
    SourceError
        As `read_cim`.
    """
    model = CimModel(str(path))
    collects = gc.isenabled()
    gc.disable()  # nothing read makes a circle, and looking for some takes a third of the time
    try:
        for name, stream in open_cim_files(path):
            model.add_file(name, stream)
    finally:
        if collects:
            gc.enable()
    model.forget_texts()
    _note_missing_models(model)
    return model


def _note_missing_models(model: CimModel) -> None:
    table = model["model"]
    for mrid, other in table.pairs("DependentOn"):
        if other not in table:
            profile = table.text(mrid, "profile") or "no profile stated"
            model.note(
                "missing_model",
                f"model {mrid} ({profile}) depends on model {other}, which is not among the files",
                "add it: a boundary set, or another profile, if something is missing",
            )


class _Drafts:
    """The equipment of a model, row by row."""

    def __init__(self, model: CimModel, places: Places, units: CimUnits) -> None:
        self.rows = make_equipment_rows()
        self.geometry: list[Any] = []
        self.terminals = Terminals(model)
        self.recorded = Phases(model, self.terminals)
        self.transformers = Transformers(model, self.terminals, self.recorded, units)
        self._ratings = Ratings(model, units)
        self._model, self._places, self._units = model, places, units
        table = model["equipment"]
        for mrid, row in table.rows.items():
            self._add(mrid, table.kinds[row])

    def _add(self, mrid: str, kind: str) -> None:
        if kind == "PowerTransformer":
            serves = works(self._model, mrid)
            self.transformers.add_rows(mrid, self.rows, in_service=serves)
        elif kind in PAIR_KINDS:
            self._add_pair(mrid, kind, PAIR_KINDS[kind])
        elif kind in INSULATING:
            return
        elif kind in CONSUMERS | SUPPLIES | AT_ONE_NODE:
            self._note_more_ends(mrid, kind, 1)
        elif len(self.terminals.of.get(mrid, ())) > 1:
            self._model.note(
                "unknown_class",
                f"{kind} {mrid} is of a class gridtwin does not know: its two terminals are taken"
                " as joined",
                "leave it out of the model if nothing flows through it",
            )
            self._add_pair(mrid, kind, "ac_line_segment")
        self.geometry += [None] * (len(self.rows) - len(self.geometry))

    def _add_pair(self, mrid: str, kind: str, becomes: str) -> None:
        ends = self.terminals.of.get(mrid, [])
        if len(ends) < 2:
            self._model.note(
                "one_sided",
                f"{kind} {mrid} has {len(ends)} terminals, not two: left out",
                "add the file that defines its terminals",
            )
            return
        self._note_more_ends(mrid, kind, 2)
        table = self._model["equipment"]
        mask = self.recorded.read_mask(mrid)
        opened = self.recorded.read_open(mrid, mask) if kind in SWITCH_KINDS else 0
        line = becomes == "ac_line_segment"
        self.rows.add(
            mrid=mrid,
            owner=mrid,
            kind=becomes,
            node_a=ends[0].node,
            node_b=ends[1].node,
            phases=phases.text(mask),
            normal_open=EVERY_POLE if opened == mask else phases.text(opened),
            name=table.text(mrid, "name"),
            rated_a=self._ratings.read_amperes(mrid, ends),
            length_m=self._model.amount("equipment", mrid, "length", self._units.meters),
            placement=self._ratings.tell_placement(mrid, self.recorded.parts(mrid)) if line else "",
            in_service=works(self._model, mrid),
        )
        self.geometry.append(draw_course(self._places.of(mrid)) if line else None)

    def _note_more_ends(self, mrid: str, kind: str, count: int) -> None:
        ends = self.terminals.of.get(mrid, [])
        if len(ends) > count:
            nodes = ", ".join(end.node for end in ends)
            self._model.note(
                "odd_terminals",
                f"{kind} {mrid} has {len(ends)} terminals ({nodes}): the first {count} count",
                "mend its terminals",
            )


def _build_network(model: CimModel, places: Places, supplying: Collection[str]) -> Network:
    units = read_units(model)
    drafts = _Drafts(model, places, units)
    if not len(drafts.rows):
        msg = (
            f"{model.where}: nothing in it joins two nodes: give all files of the model, the EQ"
            " profile first of all"
        )
        raise SourceError(msg)
    containers = Containers(model)
    points = make_usage_points(model, drafts.terminals, drafts.recorded, units)
    sources = make_sources(
        model, drafts.terminals, drafts.recorded, units,
        supplying=supplying, substation_of=containers.substation_of,
    )  # fmt: skip
    equipment = drafts.rows.columns
    feeders = make_feeders(model, drafts.terminals, containers, equipment, sources.columns)
    nodes, schematic = _place_nodes(model, drafts, sources, points, places)
    at = dict(zip(nodes["mrid"], nodes["geometry"], strict=True))
    volts = _find_voltages(model, drafts, containers, units.volts)
    nodes["nominal_v"] = [volts.get(node) for node in nodes["mrid"]]
    equipment["geometry"] = [None] * len(drafts.rows) if schematic else drafts.geometry
    owners = equipment.pop("owner")
    _note_switched(model, owners)
    network = Network.from_frames(
        nodes=nodes,
        equipment=equipment,
        usage_points=points.columns,
        sources=sources.columns,
        substations=_make_substations(model, containers, places, at, schematic=schematic).columns,
        feeders=feeders.columns,
        crs=choose_crs(places, schematic=schematic),
        where=model.where,
    )
    return network.with_notices(list(dict.fromkeys(model.notices)))


def _place_nodes(
    model: CimModel, drafts: _Drafts, sources: FrameRows, points: FrameRows, places: Places
) -> tuple[dict[str, list[Any]], bool]:
    """Return the nodes that anything stands at, and whether their places are a mere drawing."""
    columns = drafts.rows.columns
    branches = list(zip(columns["node_a"], columns["node_b"], strict=True))
    used = dict.fromkeys(sources.columns["node"])  # first: a drawing begins at a source
    used |= dict.fromkeys(node for branch in branches for node in branch)
    used |= dict.fromkeys(points.columns["node"])
    own = find_node_places(places, drafts.terminals, model["equipment"].rows)
    place_of, schematic = bus_places(own, used, branches)
    if schematic:
        model.note(
            "no_places",
            f"{model.where}: no position of anything is known: the network is drawn as a plan",
            "add the GL profile, or another file with Locations",
        )
    shapes = shapely.points([place_of[node] for node in used])
    return {"mrid": list(used), "geometry": list(shapes)}, schematic


def _find_voltages(
    model: CimModel, drafts: _Drafts, containers: Containers, unit: float
) -> dict[str, float]:
    """Return the nominal voltage of each node, phase to phase, where anything tells it."""
    table = model["equipment"]
    base = {
        mrid: model.amount("base_voltage", mrid, "nominalVoltage", unit)
        for mrid in model["base_voltage"].rows
    }
    found = dict(drafts.transformers.voltages)
    for mrid, voltage in table.pairs("BaseVoltage"):
        for end in drafts.terminals.of.get(mrid, ()):
            found.setdefault(end.node, voltage)
    for end in drafts.terminals.at.values():
        if end.node not in found:
            found[end.node] = containers.voltage_of(end.node)
    for star, node in drafts.transformers.stars.items():
        found.setdefault(star, found.get(node, ""))
    missing = sorted({voltage for voltage in found.values() if voltage and voltage not in base})
    for voltage in missing:
        model.note(
            "dangling_reference",
            f"BaseVoltage {voltage} is named and not defined: voltages there are not known",
            "add the boundary set, which defines the common voltages",
        )
    return {node: base[voltage] for node, voltage in found.items() if voltage in base}


def _make_substations(
    model: CimModel, containers: Containers, places: Places, at: dict[str, Any], *, schematic: bool
) -> FrameRows:
    """Return the substations, each at its own place or at that of its first node."""
    rows = FrameRows(mrid="", name="", geometry=None)
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
            points = [] if schematic else places.of(mrid)
            place = shapely.Point(points[0]) if points else first.get(mrid)
            rows.add(mrid=mrid, name=table_of.text(mrid, "name"), geometry=place)
    return rows


def _note_switched(model: CimModel, owners: Iterable[str]) -> None:
    """Say how many switches stand otherwise than designed, which is a state and no network."""
    moved = list(dict.fromkeys(_iterate_moved(model, owners)))
    if moved:
        model.note(
            "switched",
            f"{len(moved):,} switches, {moved[0]} the first, stand otherwise than designed: the"
            " network is read as designed",
            "keep how they stand with gridtwin state load",
        )


def _iterate_moved(model: CimModel, owners: Iterable[str]) -> Iterator[str]:
    for mrid in owners:
        designed = model.flag("equipment", mrid, "normalOpen")
        stands = model.flag("equipment", mrid, "open")
        if None not in {designed, stands} and designed != stands:
            yield mrid
