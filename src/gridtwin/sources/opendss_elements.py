"""Take the elements of a compiled circuit out of the OpenDSS engine, as plain records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gridtwin.errors import SourceError

Engine = Any  # the engine has no types

METERS = {1: 1609.344, 2: 304.8, 3: 1000.0, 4: 1.0, 5: 0.3048, 6: 0.0254, 7: 0.01}
PROTECTED_BY = (("Fuses", "fuse"), ("Reclosers", "recloser"), ("Relays", "breaker"))
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class End:
    """One end of an element: its bus, and the numbers of the live conductors there."""

    bus: str
    nodes: tuple[int, ...]


@dataclass(slots=True)
class Branch:
    """An element that joins two buses or more."""

    name: str
    kind: str
    ends: list[End]
    open_nodes: set[int] = field(default_factory=set)
    all_open: bool = False
    amperes: float = NAN
    volt_amperes: float = NAN
    meters: float = NAN
    vector_group: str = ""


@dataclass(frozen=True, slots=True)
class Load:
    """A load of the circuit."""

    name: str
    bus: str
    nodes: tuple[int, ...]
    customers: int
    watts: float


@dataclass(frozen=True, slots=True)
class Source:
    """Where energy enters."""

    name: str
    bus: str
    nodes: tuple[int, ...]
    kind: str


@dataclass(slots=True)
class Circuit:
    """Everything taken from one circuit."""

    name: str
    branches: list[Branch]
    loads: list[Load]
    sources: list[Source]
    meters: list[tuple[str, str]]  # energy meter and the element it stands at
    places: dict[str, tuple[float, float]]
    volts: dict[str, float]  # phase to phase


def read_circuit(engine: Engine, where: str) -> Circuit:
    """
    Return the elements of the compiled circuit.

    Raises
    ------
    SourceError
        If it has no source.
    """
    kinds = _kinds(engine)
    branches, loads, sources = [], [], []
    for name in engine.Circuit.AllElementNames():
        full = name.lower()
        engine.Circuit.SetActiveElement(name)
        if not engine.CktElement.Enabled():
            continue
        family = full.split(".", 1)[0]
        if family in {"line", "transformer", "reactor", "capacitor", "autotrans"}:
            branch = _branch(engine, full, family, kinds)
            if branch is not None:
                branches.append(branch)
        elif family == "load":
            loads.append(_load(engine, full))
        elif family == "vsource":
            sources.append(_source(engine, full, "substation"))
        elif family in {"generator", "pvsystem", "storage"}:
            sources.append(_source(engine, full, "der"))
    if not any(source.kind == "substation" for source in sources):
        msg = f"{where}: the circuit has no voltage source"
        raise SourceError(msg)
    sources.sort(key=lambda source: source.kind != "substation")
    places, volts = _buses(engine)
    known = {branch.name for branch in branches}
    meters = [(name, head) for name, head in _meters(engine) if head in known]
    return Circuit(engine.Circuit.Name().lower(), branches, loads, sources, meters, places, volts)


def _kinds(engine: Engine) -> dict[str, str]:
    """Return the kinds that controls give to the elements they act on."""
    kinds: dict[str, str] = {}
    for name in _iterated(engine.SwtControls):
        del name
        kinds[engine.SwtControls.SwitchedObj().lower()] = "load_break_switch"
    for table, kind in PROTECTED_BY:
        devices = getattr(engine, table)
        for name in _iterated(devices):
            del name
            kinds[(devices.SwitchedObj() or devices.MonitoredObj()).lower()] = kind
    for name in _iterated(engine.RegControls):
        del name
        kinds[f"transformer.{engine.RegControls.Transformer().lower()}"] = "voltage_regulator"
    return kinds


def _iterated(table: Engine) -> Any:
    more = table.First()
    while more:
        yield table.Name()
        more = table.Next()


def _ends(engine: Engine) -> list[End]:
    """Return the ends of the active element; grounded ones and neutrals left out."""
    element = engine.CktElement
    order, wires = element.NodeOrder(), element.NumConductors()
    ends = []
    for terminal, bus in enumerate(element.BusNames()[: element.NumTerminals()]):
        numbers = order[terminal * wires : (terminal + 1) * wires]
        live = tuple(number for number in numbers if 1 <= number <= 3)
        ends.append(End(bus.split(".", 1)[0].lower(), live))
    return ends


def _branch(engine: Engine, name: str, family: str, kinds: dict[str, str]) -> Branch | None:
    ends = [end for end in _ends(engine) if end.nodes]
    if family in {"reactor", "capacitor"} and len(ends) < 2:
        return None
    merged: dict[str, set[int]] = {}
    for end in ends:
        merged.setdefault(end.bus, set()).update(end.nodes)
    if len(merged) < 2 and family in {"reactor", "capacitor"}:
        return None
    if len(merged) < 2:  # both ends at one bus: a branch all the same
        if not ends:
            return None
        only = ends[0]
        pair = [only, only]
    else:
        pair = [End(bus, tuple(sorted(nodes))) for bus, nodes in merged.items()]
    if family == "line":
        engine.Lines.Name(name.split(".", 1)[1])
    branch = Branch(name, _kind(engine, name, family, kinds), pair)
    _note_open(engine, branch)
    amperes = float(engine.CktElement.NormalAmps())
    branch.amperes = amperes if amperes > 0 else NAN
    if family == "line":
        factor = METERS.get(int(engine.Lines.Units()), NAN)
        branch.meters = float(engine.Lines.Length()) * factor
    if family == "transformer":
        _describe_transformer(engine, name, branch)
    return branch


def _kind(engine: Engine, name: str, family: str, kinds: dict[str, str]) -> str:
    if name in kinds:
        return kinds[name]
    if family in {"transformer", "autotrans"}:
        return "power_transformer"
    if family in {"reactor", "capacitor"}:
        return "series_reactor"
    if engine.Lines.IsSwitch():
        return "load_break_switch"
    return "ac_line_segment"


def _note_open(engine: Engine, branch: Branch) -> None:
    """Note the phases that stand open at any terminal of the active element."""
    element = engine.CktElement
    order, wires = element.NodeOrder(), element.NumConductors()
    live = set()
    for terminal in range(element.NumTerminals()):
        for wire in range(wires):
            number = order[terminal * wires + wire]
            if not 1 <= number <= 3:
                continue
            live.add(number)
            if element.IsOpen(terminal + 1, wire + 1):
                branch.open_nodes.add(number)
    branch.all_open = bool(branch.open_nodes) and branch.open_nodes >= live
    if branch.open_nodes and branch.kind == "ac_line_segment":
        branch.kind = "jumper"


def _describe_transformer(engine: Engine, name: str, branch: Branch) -> None:
    transformers = engine.Transformers
    transformers.Name(name.split(".", 1)[1])
    transformers.Wdg(1)
    letters = "D" if transformers.IsDelta() else "Y"
    branch.volt_amperes = float(transformers.kVA()) * 1000
    for winding in range(2, int(transformers.NumWindings()) + 1):
        transformers.Wdg(winding)
        letters += "d" if transformers.IsDelta() else "y"
    single = int(engine.CktElement.NumPhases()) == 1
    branch.vector_group = "" if single else letters


def _load(engine: Engine, name: str) -> Load:
    end = _ends(engine)[0]
    customers = max(1, int(engine.Properties.Value("NumCust") or 1))
    watts = float(engine.Properties.Value("kW")) * 1000
    return Load(name, end.bus, end.nodes, customers, max(0.0, watts))


def _source(engine: Engine, name: str, kind: str) -> Source:
    end = _ends(engine)[0]
    return Source(name, end.bus, end.nodes, kind)


def _meters(engine: Engine) -> list[tuple[str, str]]:
    return [
        (f"energymeter.{name.lower()}", engine.Meters.MeteredElement().lower())
        for name in _iterated(engine.Meters)
    ]


def _buses(engine: Engine) -> tuple[dict[str, tuple[float, float]], dict[str, float]]:
    places: dict[str, tuple[float, float]] = {}
    volts: dict[str, float] = {}
    for name in engine.Circuit.AllBusNames():
        engine.Circuit.SetActiveBus(name)
        bus = name.lower()
        if engine.Bus.Coorddefined():
            places[bus] = (float(engine.Bus.X()), float(engine.Bus.Y()))
        base = float(engine.Bus.kVBase())
        if base > 0:
            volts[bus] = base * 1000 * 3**0.5
    return places, volts
