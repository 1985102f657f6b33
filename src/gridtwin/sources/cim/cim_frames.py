"""Read a CIM model into the six frames of a network."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gridtwin.errors import SourceError
from gridtwin.model.network import Network
from gridtwin.model.origins import SourceRows
from gridtwin.sources.cim.cim_consumers import make_sources, make_usage_points
from gridtwin.sources.cim.cim_containers import CimContainers
from gridtwin.sources.cim.cim_equipment import EquipmentDraft
from gridtwin.sources.cim.cim_feeders import make_feeders
from gridtwin.sources.cim.cim_files import explain_read_faults, open_cim_files
from gridtwin.sources.cim.cim_merging import CimModel
from gridtwin.sources.cim.cim_nodes import find_voltages, make_substations, place_nodes
from gridtwin.sources.cim.cim_places import CimPlaces, choose_crs
from gridtwin.sources.cim.cim_processes import find_parallel_files, parse_files
from gridtwin.sources.cim.cim_rows import read_units, restore_own_columns

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path


def read_cim(path: Path, *, crs: str | None = None, supplying: Collection[str] = ()) -> Network:
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
    with pause_collection():
        model = load_model(path)
        _note_missing_models(model)
        frames, owners, found_crs = _make_frames(model, crs, supplying)
        origins = _list_origins(model, frames, owners)
        model.tables.clear()  # as large as the frames, which are about to be checked
        network = Network.from_frames(**frames, crs=found_crs, where=model.where)
    return network.with_notices(list(dict.fromkeys(model.notices))).with_origins(origins)


def _list_origins(
    model: CimModel, frames: dict[str, dict[str, list[Any]]], owners: list[str]
) -> dict[str, SourceRows]:
    """Return the file and the object of each row; equipment may be a part of its owner."""
    origins = {}
    for name, columns in frames.items():
        mrids = columns.get("mrid", [])
        keys = owners if name == "equipment" else mrids
        origins[name] = SourceRows(mrids, [model.find_file(key) for key in keys], keys)
    return origins


@contextmanager
def pause_collection() -> Iterator[None]:
    """Look for no circles of objects meanwhile: there are none, and looking takes a third of it."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def load_model(path: Path) -> CimModel:
    """
    Return the merged objects of all files below a path.

    Raises
    ------
    SourceError
        As `read_cim`.
    """
    model = CimModel(str(path))
    files = find_parallel_files(path)
    if files:
        for file, found in parse_files(files):
            model.add_model(str(file), found)
    else:
        for name, stream in open_cim_files(path):
            with explain_read_faults(name):
                model.add_file(name, stream)
    model.forget_texts()
    return model


def _note_missing_models(model: CimModel) -> None:
    table = model["model"]
    missing: dict[str, list[str]] = {}
    for mrid, others in table.iterate_pairs("DependentOn"):
        for other in others.split():
            if other not in table:
                missing.setdefault(other, []).append(table.read_text(mrid, "profile") or mrid)
    for other, dependents in missing.items():
        model.add_notice(
            "missing_model",
            f"model {other} is not among the files; {', '.join(sorted(set(dependents)))} depend"
            " on it",
            "add it: a boundary set, or another profile, if something is missing",
        )


def _make_frames(
    model: CimModel, crs: str | None, supplying: Collection[str]
) -> tuple[dict[str, dict[str, list[Any]]], list[str], str]:
    """Return the columns of the six frames, whose each equipment is, and what they lie in."""
    places = CimPlaces(model, crs)
    model.forget_tables("location", "position")
    units = read_units(model)
    drafts = EquipmentDraft(model, places, units)
    if not len(drafts.rows):
        msg = (
            f"{model.where}: nothing in it joins two nodes: give all files of the model, the EQ"
            " profile first of all"
        )
        raise SourceError(msg)
    containers = CimContainers(model)
    points = make_usage_points(model, drafts.terminals, drafts.recorded, units, places.find_point)
    sources = make_sources(
        model, drafts.terminals, drafts.recorded, units,
        supplying=supplying, substation_of=containers.substation_of,
    )  # fmt: skip
    equipment = drafts.rows.columns
    feeders = make_feeders(model, drafts.terminals, containers, equipment, sources.columns)
    drafts.forget_parts()
    nodes, schematic = place_nodes(model, drafts, sources, points, places)
    at = dict(zip(nodes["mrid"], nodes["geometry"], strict=True))
    volts = find_voltages(model, drafts, containers, units.volts)
    nodes["nominal_v"] = [volts.get(node) for node in nodes["mrid"]]
    equipment["geometry"] = drafts.geometry
    if schematic:  # places of things that no node stands at are none in a plan
        for columns in (equipment, points.columns):
            columns["geometry"] = [None] * len(columns["mrid"])
    owners = equipment.pop("owner")
    for columns in (equipment, points.columns, sources.columns):
        restore_own_columns(model, columns)
    _note_switched(model, owners)
    substations = make_substations(model, containers, places, at, schematic=schematic)
    frames = {
        "nodes": nodes,
        "equipment": equipment,
        "usage_points": points.columns,
        "sources": sources.columns,
        "substations": substations.columns,
        "feeders": feeders.columns,
    }
    return frames, owners, choose_crs(places, schematic=schematic)


def _note_switched(model: CimModel, owners: Iterable[str]) -> None:
    """Say how many switches stand otherwise than designed, which is a state and no network."""
    moved = list(dict.fromkeys(_iterate_moved(model, owners)))
    if moved:
        model.add_notice(
            "switched",
            f"{len(moved):,} switches, {moved[0]} the first, stand otherwise than designed: the"
            " network is read as designed",
            "keep how they stand with gridtwin state load",
        )


def _iterate_moved(model: CimModel, owners: Iterable[str]) -> Iterator[str]:
    for mrid in owners:
        designed = model.read_flag("equipment", mrid, "normalOpen")
        stands = model.read_flag("equipment", mrid, "open")
        if None not in {designed, stands} and designed != stands:
            yield mrid
