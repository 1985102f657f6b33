"""Read an OpenDSS circuit through OpenDSS's own engine."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridtwin.errors import CrsError, SourceError
from gridtwin.model.network import Network
from gridtwin.model.origins import SourceRows
from gridtwin.model.schema import SCHEMA
from gridtwin.model.tables import decode_texts
from gridtwin.sources.opendss_equipment import (
    DISABLED,
    Disabled,
    EquipmentPiece,
    EquipmentPieces,
    join_labels,
)
from gridtwin.sources.opendss_places import place_nodes
from gridtwin.sources.opendss_worker import compile_circuit

if TYPE_CHECKING:
    from gridtwin.sources.opendss_elements import DssCircuit, DssElement

GENERATION = frozenset({"generator", "pvsystem", "storage"})


def read_opendss(
    path: Path, *, crs: str | None = None, disabled: Disabled | None = None
) -> Network:
    """
    Return the network of an OpenDSS master file.

    Every two-terminal element becomes equipment under its full name in lower case, every bus a
    node, every load a usage point. Phases are followed from the sources, conductor by conductor;
    below a transformer whose sides do not share phases, as a center tap, they are the legs s1 and
    s2. A bus that holds several circuits becomes several nodes, ``BUS``, ``BUS#2`` and so on, and a
    line of several circuits several lines. An element with an open terminal stands open. A
    transformer of three buses or more is a star: the first winding keeps the name, the others are
    called ``NAME#2`` and so on.

    Only what describes the circuit is run of the script; the engine works in a process and a folder
    of its own, and writes nothing anywhere else. `docs/opendss.md` tells the rest.

    Parameters
    ----------
    path
        The master file.
    crs
        Coordinate system of the bus coordinates, or ``"none"`` for planar ones.
    disabled
        What a disabled element is: ``"open"`` (the default: a switch, or what joins two supplied
        parts, is an open tie; anything else is out of service), ``"out"`` (out of service) or
        ``"skip"`` (nothing).

    Raises
    ------
    CrsError
        If no coordinate system is given: OpenDSS files state none.
    SourceError
        If the file cannot be read, with the engine's own words.
    MissingExtraError
        If OpenDSS is not installed.
    """
    path = Path(path)
    if crs is None:
        msg = f"{path}: OpenDSS files state no coordinate system; give --crs EPSG:... or none"
        raise CrsError(msg)
    if disabled is not None and disabled not in DISABLED:
        msg = f"{disabled!r} is not what a disabled element can be: use {', '.join(DISABLED)}"
        raise SourceError(msg)
    if not path.is_file():
        msg = f"{path}: there is no such file"
        raise SourceError(msg)
    if not path.stat().st_size:
        msg = f"{path}: the file is empty"
        raise SourceError(msg)
    circuit, notices = compile_circuit(path)
    network = build_network(circuit, crs=crs, where=str(path), disabled=disabled)
    network = network.with_origins(_list_origins(network, circuit, path.name))
    return network.with_notices(notices)


def _list_origins(network: Network, circuit: DssCircuit, master: str) -> dict[str, SourceRows]:
    """Return for each frame which script makes its rows: the master file, where none is known."""
    origins = {}
    for name in SCHEMA:
        mrids = decode_texts(getattr(network.data, name).mrid).tolist()
        # Parts of an element, and those that share a name, are ``NAME#2`` and so on.
        files = [
            circuit.files.get(mrid) or circuit.files.get(mrid.partition("#")[0], master)
            for mrid in mrids
        ]
        origins[name] = SourceRows(mrids, files)
    return origins


def build_network(
    circuit: DssCircuit, *, crs: str, where: str, disabled: Disabled | None = None
) -> Network:
    """
    Return the network of a circuit that the engine has read; the rest as `read_opendss`.

    Raises
    ------
    SourceError
        If nothing joins its buses, or it has no voltage source.
    """
    pieces = EquipmentPieces(circuit, disabled)
    rows = pieces.rows
    if not rows:
        msg = f"{where}: the circuit has no line, switch or transformer that joins two buses"
        raise SourceError(msg)
    loads = [e for e in circuit.elements if e.family == "load" and _is_used(e, pieces)]
    sources = [e for e in circuit.elements if _is_source(e, pieces)]
    sources.sort(key=lambda source: source.family != "vsource")
    if not sources or sources[0].family != "vsource" or not _is_any_on(sources):
        msg = f"{where}: the circuit has no voltage source"
        raise SourceError(msg)
    used = {node for row in rows for node in (row.node_a, row.node_b)}
    used |= {_find_node(end, pieces) for end in (*loads, *sources)}
    places = place_nodes(circuit, pieces, used, _find_node(sources[0], pieces))
    volts = _find_nominal_volts(circuit, pieces)
    nodes, substation = sorted(used), circuit.name
    known = {row.mrid for row in rows}
    meters = [(name, head) for name, head in circuit.meters if head in known]
    kinds = ["substation" if source.family == "vsource" else "der" for source in sources]
    network = Network.from_frames(
        nodes={
            "mrid": nodes,
            "geometry": [shapely.Point(places[node]) for node in nodes],
            "nominal_v": [volts.get(node, np.nan) for node in nodes],
        },
        equipment={key: [getattr(row, key) for row in rows] for key in EquipmentPiece.__slots__},
        usage_points=_build_usage_points(loads, pieces),
        sources={
            "mrid": [source.name for source in sources],
            "node": [_find_node(source, pieces) for source in sources],
            "phases": [_find_phases(source, pieces) for source in sources],
            "kind": kinds,
            "substation": [substation if kind == "substation" else "" for kind in kinds],
            "in_service": [source.enabled for source in sources],
        },
        substations={
            "mrid": [substation],
            "name": [substation],
            "geometry": [shapely.Point(places[_find_node(sources[0], pieces)])],
        },
        feeders={
            "mrid": [name for name, _ in meters],
            "name": [name for name, _ in meters],
            "substation": [substation for _ in meters],
            "head": [head for _, head in meters],
        },
        crs=crs,
        where=where,
    )
    return network.with_notices(pieces.notices)


def _build_usage_points(loads: list[DssElement], pieces: EquipmentPieces) -> dict[str, list[Any]]:
    return {
        "mrid": [load.name for load in loads],
        "node": [_find_node(load, pieces) for load in loads],
        "phases": [_find_phases(load, pieces) for load in loads],
        "customers": [load.customers for load in loads],
        "peak_w": [load.watts for load in loads],
    }


def _is_used(load: DssElement, pieces: EquipmentPieces) -> bool:
    """Return whether a load is a usage point: one that is disabled is told, and left out."""
    if not load.enabled:
        pieces.note_passed_over(
            "disabled", f"{load.name} is disabled: left out", "enable it if it is served"
        )
    return load.enabled


def _is_source(element: DssElement, pieces: EquipmentPieces) -> bool:
    """Return whether an element is a source: a disabled one only where its bus is known."""
    if element.family != "vsource" and element.family not in GENERATION:
        return False
    if not element.enabled:
        taken = "out of service" if element.buses[0] in pieces.buses else "left out"
        pieces.note_passed_over(
            "disabled", f"{element.name} is disabled: {taken}", "enable it if it feeds in"
        )
    return element.buses[0] in pieces.buses


def _is_any_on(sources: list[DssElement]) -> bool:
    return any(source.enabled for source in sources if source.family == "vsource")


def _find_node(end: DssElement, pieces: EquipmentPieces) -> str:
    """Return the node of a load or a source: that of its first conductor with a phase."""
    bus = end.buses[0]
    live = (number for number in end.nodes[0] if pieces.labels.find_phase(bus, number))
    return pieces.nodes.find_node(bus, next(live, 0))


def _find_phases(end: DssElement, pieces: EquipmentPieces) -> str:
    return join_labels(
        filter(None, (pieces.labels.find_phase(end.buses[0], n) for n in end.nodes[0]))
    )


def _find_nominal_volts(circuit: DssCircuit, pieces: EquipmentPieces) -> dict[str, float]:
    """
    Return nominal voltages, phase to phase.

    A bus that was dead when the engine chose has that of what it is joined to by anything but a
    transformer.
    """
    beside: dict[str, list[str]] = {}
    for row in pieces.rows:
        if row.kind not in {"power_transformer", "voltage_regulator"}:
            beside.setdefault(row.node_a, []).append(row.node_b)
            beside.setdefault(row.node_b, []).append(row.node_a)
    volts = dict(circuit.volts)
    for node, start in pieces.stars.items():
        if start in volts:
            volts[node] = volts[start]
    _spread_volts(volts, beside)
    # A bus has one nominal voltage in OpenDSS, also where its circuits have several.
    for node, bus in pieces.nodes.bus_of.items():
        if node not in volts and bus in volts:
            volts[node] = volts[bus]
    _spread_volts(volts, beside)
    return volts


def _spread_volts(volts: dict[str, float], beside: dict[str, list[str]]) -> None:
    queue = deque(sorted(volts))
    while queue:
        node = queue.popleft()
        for other in beside.get(node, ()):
            if other not in volts:
                volts[other] = volts[node]
                queue.append(other)
