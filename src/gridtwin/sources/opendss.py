"""Read an OpenDSS circuit through OpenDSS's own engine."""

from __future__ import annotations

import os
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridtwin.errors import CrsError, MissingExtraError, SourceError
from gridtwin.model.network import Network
from gridtwin.sources.opendss_elements import Branch, Circuit, read_circuit

if TYPE_CHECKING:
    from collections.abc import Iterable

LETTER = {1: "A", 2: "B", 3: "C"}
LEG = {1: "s1", 2: "s2"}
ROOT_3 = 3**0.5
COORDINATE_FILES = ("*buscoord*", "*busxy*", "*bus_xy*")


def read_opendss(path: Path, *, crs: str | None = None) -> Network:
    """
    Return the network of an OpenDSS master file.

    Every enabled two-terminal element becomes equipment under its full name in lower case, every
    bus a node, every load a usage point. Phases come from the terminals: 1, 2, 3 are A, B, C; below
    a transformer whose sides do not share phases, as a center tap, 1 and 2 are the legs s1 and s2.
    An element with an open terminal stands open. A transformer of three buses or more is a star:
    the first winding keeps the name, the others are called ``NAME#2`` and so on.

    Parameters
    ----------
    path
        The master file.
    crs
        Coordinate system of the bus coordinates, or ``"none"`` for planar ones.

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
    circuit = read_circuit(_compiled(path), str(path))
    return _network(circuit, crs, str(path))


def _compiled(path: Path) -> Any:
    """Return an engine of its own that has read the file."""
    try:
        import opendssdirect
    except ImportError as error:
        need = "reading OpenDSS files"
        raise MissingExtraError(need, "opendss") from error
    if not path.is_file():
        msg = f"{path}: there is no such file"
        raise SourceError(msg)
    if not path.stat().st_size:
        msg = f"{path}: the file is empty"
        raise SourceError(msg)
    # The engine moves the process into folders of its own: settle the path first.
    here, master = Path.cwd(), path.resolve()
    engine = opendssdirect.NewContext()
    try:
        engine.Basic.AllowEditor(False)  # noqa: FBT003 - the engine's own signature
        engine.Basic.AllowForms(False)  # noqa: FBT003
        engine.Text.Command("clear")
        engine.Text.Command(f'compile "{master}"')
        if not engine.Basic.NumCircuits() or not engine.Circuit.NumBuses():
            msg = f"{path}: the file makes no circuit; it is cut short or is not a master file"
            raise SourceError(msg)
        _find_coordinates(engine, master)
    except opendssdirect.DSSException as error:
        words = " ".join(str(error).split())
        msg = f"{path}: OpenDSS cannot read it: {words}"
        raise SourceError(msg) from error
    finally:
        os.chdir(here)
    return engine


def _find_coordinates(engine: Any, master: Path) -> None:
    """Read the bus coordinates beside the master file, if it reads none itself."""
    for bus in engine.Circuit.AllBusNames():
        engine.Circuit.SetActiveBus(bus)
        if engine.Bus.Coorddefined():
            return
    names = sorted(entry for entry in master.parent.iterdir() if entry.is_file())
    for pattern in COORDINATE_FILES:
        for entry in names:
            if Path(entry.name.lower()).match(pattern):
                engine.Text.Command(f'buscoords "{entry}"')
                return


@dataclass
class _Frames:
    """The columns of the frames under way."""

    equipment: dict[str, list[Any]] = field(default_factory=dict)

    def add(self, **values: Any) -> None:
        for key, value in values.items():
            self.equipment.setdefault(key, []).append(value)


def _network(circuit: Circuit, crs: str, where: str) -> Network:
    freed = _freed_buses(circuit)
    frames = _Frames()
    stars: dict[str, str] = {}
    for branch in circuit.branches:
        _add_branch(frames, branch, freed, stars)
    used = {bus for key in ("node_a", "node_b") for bus in frames.equipment.get(key, [])}
    used |= {load.bus for load in circuit.loads} | {source.bus for source in circuit.sources}
    places = _places(circuit, frames, used, stars)
    volts = circuit.volts | {star: circuit.volts.get(bus, np.nan) for star, bus in stars.items()}
    nodes = sorted(used)
    substation = circuit.name
    return Network.from_frames(
        nodes={
            "mrid": nodes,
            "geometry": [shapely.Point(places[bus]) for bus in nodes],
            "nominal_v": [volts.get(bus, np.nan) for bus in nodes],
        },
        equipment=frames.equipment,
        usage_points={
            "mrid": [load.name for load in circuit.loads],
            "node": [load.bus for load in circuit.loads],
            "phases": [_phases(load.nodes, load.bus in freed) for load in circuit.loads],
            "customers": [load.customers for load in circuit.loads],
            "peak_w": [load.watts for load in circuit.loads],
        },
        sources={
            "mrid": [source.name for source in circuit.sources],
            "node": [source.bus for source in circuit.sources],
            "phases": [_phases(source.nodes, source.bus in freed) for source in circuit.sources],
            "kind": [source.kind for source in circuit.sources],
            "substation": [
                substation if source.kind == "substation" else "" for source in circuit.sources
            ],
        },
        substations={
            "mrid": [substation],
            "name": [substation],
            "geometry": [shapely.Point(places[circuit.sources[0].bus])],
        },
        feeders={
            "mrid": [name for name, _ in circuit.meters],
            "name": [name for name, _ in circuit.meters],
            "substation": [substation for _ in circuit.meters],
            "head": [head for _, head in circuit.meters],
        },
        crs=crs,
        where=where,
    )


def _freed_buses(circuit: Circuit) -> set[str]:
    """Return the buses whose node numbers name legs: below transformers that share no phases."""
    start = set()
    for branch in circuit.branches:
        if branch.kind == "power_transformer":
            first = set(branch.ends[0].nodes)
            start |= {
                end.bus for end in branch.ends[1:] if set(end.nodes) != first and len(first) < 3
            }
    beside: dict[str, list[str]] = {}
    for branch in circuit.branches:
        if branch.kind != "power_transformer":
            buses = [end.bus for end in branch.ends]
            for bus in buses:
                beside.setdefault(bus, []).extend(buses)
    queue, freed = deque(sorted(start)), set(start)
    while queue:
        for bus in beside.get(queue.popleft(), ()):
            if bus not in freed:
                freed.add(bus)
                queue.append(bus)
    return freed


def _phases(nodes: Iterable[int], freed: bool) -> str:  # noqa: FBT001 - a fact, not an option
    """Return the phases of node numbers; empty where they name none."""
    names = LEG if freed else LETTER
    numbers = sorted(set(nodes))
    if any(number not in names for number in numbers):
        return ""
    return "".join(names[number] for number in numbers)


def _add_branch(frames: _Frames, branch: Branch, freed: set[str], stars: dict[str, str]) -> None:
    """Add an element as equipment: one piece, or a star where it joins more than two buses."""
    ends = branch.ends
    if len(ends) == 2:
        frames.add(**_piece(branch, branch.name, ends[0].bus, ends[1].bus, _both(branch, freed)))
        return
    star = f"{branch.name}#star"
    stars[star] = ends[0].bus
    for number, end in enumerate(ends, 1):
        name = branch.name if number == 1 else f"{branch.name}#{number}"
        frames.add(**_piece(branch, name, end.bus, star, _phases(end.nodes, end.bus in freed)))


def _both(branch: Branch, freed: set[str]) -> str:
    """Return the phases of both sides: letters of one, and the legs of a freed one."""
    first, second = (_phases(end.nodes, end.bus in freed) for end in branch.ends)
    if first == second:
        return first
    if branch.kind == "power_transformer":
        return first if not second else second if not first else _joined(first, second)
    shared = "".join(letter for letter in "ABC" if letter in first and letter in second)
    return shared or _joined(first, second)


def _joined(first: str, second: str) -> str:
    letters = "".join(letter for letter in "ABC" if letter in first + second)
    legs = "".join(leg for leg in ("s1", "s2") if leg in first + second)
    return letters + legs


def _piece(branch: Branch, name: str, a: str, b: str, phases: str) -> dict[str, Any]:
    return {
        "mrid": name,
        "kind": branch.kind,
        "node_a": a,
        "node_b": b,
        "phases": phases,
        "normal_open": _opened(branch, phases),
        "rated_a": branch.amperes,
        "rated_va": branch.volt_amperes,
        "length_m": branch.meters,
        "vector_group": branch.vector_group,
    }


def _opened(branch: Branch, phases: str) -> str | bool:
    if not branch.open_nodes:
        return ""
    letters = "".join(LETTER[number] for number in sorted(branch.open_nodes) if number in LETTER)
    return True if branch.all_open or not set(letters) <= set(phases) else letters


def _places(
    circuit: Circuit, frames: _Frames, used: set[str], stars: dict[str, str]
) -> dict[str, tuple[float, float]]:
    """Return where every node lies: one without a place takes that of the nearest with one."""
    beside: dict[str, list[str]] = {}
    for a, b in zip(frames.equipment["node_a"], frames.equipment["node_b"], strict=True):
        beside.setdefault(a, []).append(b)
        beside.setdefault(b, []).append(a)
    places = {bus: xy for bus, xy in circuit.places.items() if bus in used}
    if not places:
        return _laid_out(beside, sorted(used), circuit.sources[0].bus)
    queue = deque(sorted(places))
    while queue:
        bus = queue.popleft()
        for other in beside.get(bus, ()):
            if other not in places:
                places[other] = places[bus]
                queue.append(other)
    middle = next(iter(places.values()))
    return {bus: places.get(bus, middle) for bus in used | set(stars)}


def _laid_out(
    beside: dict[str, list[str]], nodes: list[str], start: str
) -> dict[str, tuple[float, float]]:
    """Return a plain drawing for a circuit without any coordinates: depth by order of discovery."""
    depth, queue, rank = {start: 0}, deque([start]), dict[int, int]()
    places: dict[str, tuple[float, float]] = {}
    while queue:
        bus = queue.popleft()
        level = depth[bus]
        rank[level] = rank.get(level, -1) + 1
        places[bus] = (float(level), float(rank[level]))
        for other in beside.get(bus, ()):
            if other not in depth:
                depth[other] = level + 1
                queue.append(other)
    return {bus: places.get(bus, (-1.0, float(at))) for at, bus in enumerate(nodes)}
