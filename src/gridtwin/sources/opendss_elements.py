"""Take the elements of a compiled circuit out of the OpenDSS engine, as plain records."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Engine = Any  # the engine has no types

METERS_PER_UNIT = {1: 1609.344, 2: 304.8, 3: 1000.0, 4: 1.0, 5: 0.3048, 6: 0.0254, 7: 0.01}
PROTECTIVE_CLASSES = (("Fuses", "fuse"), ("Reclosers", "recloser"), ("Relays", "breaker"))
TRANSFORMERS = frozenset({"transformer", "autotrans"})
SHUNTS = frozenset({"reactor", "capacitor"})  # unless they stand between two buses
DSS_NOT_KNOWN = float("nan")
_OPEN = 1  # a SwtControl's action


@dataclass(slots=True)
class DssElement:
    """One element of the circuit: its conductors at every terminal."""

    name: str
    family: str
    enabled: bool
    phases: int
    buses: list[str]
    nodes: list[list[int]]  # of each terminal, conductor by conductor; 0 is ground
    opened: list[list[bool]]
    is_switch: bool = False
    amperes: float = DSS_NOT_KNOWN
    volt_amperes: float = DSS_NOT_KNOWN
    meters: float = DSS_NOT_KNOWN
    vector_group: str = ""
    customers: int = 1
    watts: float = DSS_NOT_KNOWN


_KEYS = [entry.name for entry in fields(DssElement)]


@dataclass(frozen=True, slots=True)
class DssControl:
    """A device that acts at a terminal of an element."""

    name: str
    kind: str
    element: str
    terminal: int  # from 1


@dataclass(slots=True)
class DssCircuit:
    """Everything taken from one circuit."""

    name: str
    elements: list[DssElement] = field(default_factory=list)
    controls: list[DssControl] = field(default_factory=list)
    meters: list[tuple[str, str]] = field(default_factory=list)  # and the element they stand at
    places: dict[str, tuple[float, float]] = field(default_factory=dict)
    volts: dict[str, float] = field(default_factory=dict)  # phase to phase; unknown ones are absent
    files: dict[str, str] = field(default_factory=dict)  # names of the scripts that make elements

    def document(self) -> dict[str, Any]:
        """Return the circuit as plain values."""
        return {
            "name": self.name,
            "elements": [[getattr(element, key) for key in _KEYS] for element in self.elements],
            "controls": [
                [control.name, control.kind, control.element, control.terminal]
                for control in self.controls
            ],
            "meters": self.meters,
            "places": self.places,
            "volts": self.volts,
            "files": self.files,
        }

    @classmethod
    def read_document(cls, document: dict[str, Any]) -> DssCircuit:
        """Return the circuit of a document."""
        return cls(
            document["name"],
            [DssElement(*element) for element in document["elements"]],
            [DssControl(*control) for control in document["controls"]],
            [(meter, head) for meter, head in document["meters"]],
            {bus: (x, y) for bus, (x, y) in document["places"].items()},
            document["volts"],
            document["files"],
        )


def read_circuit(engine: Engine, dead: set[str]) -> DssCircuit:
    """
    Return the elements of the compiled circuit, as its own controls first leave them.

    Parameters
    ----------
    engine
        The engine, with its buses listed.
    dead
        Buses whose nominal voltage the engine chose while they had none.
    """
    circuit = DssCircuit(engine.ActiveCircuit.Name.casefold())
    circuit.controls = _read_controls(engine.ActiveCircuit)
    _act_on_controls(engine.ActiveCircuit)
    details = {"line": _read_lines(engine.ActiveCircuit), "transformer": _read_transformers(engine)}
    for at in range(int(engine.ActiveCircuit.NumCktElements)):
        active = engine.ActiveCircuit.CktElements(at)
        element = _read_element(active)
        for key, value in _take_detail(element, details).items():
            setattr(element, key, value)
        if element.family == "line" and not element.enabled:
            element.is_switch = active.Properties("Switch").Val.lower() in {"true", "yes"}
        if element.family == "load" and element.enabled:
            element.customers = max(1, int(active.Properties("NumCust").Val or 1))
            element.watts = max(0.0, float(active.Properties("kW").Val) * 1000)
        circuit.elements.append(element)
    _tell_apart(circuit.elements)
    circuit.meters = [
        (f"energymeter.{name.lower()}", engine.ActiveCircuit.Meters.MeteredElement.lower())
        for name in _iterate_names(engine.ActiveCircuit.Meters)
    ]
    _read_buses(engine.ActiveCircuit, circuit, dead)
    return circuit


def _tell_apart(elements: list[DssElement]) -> None:
    """Give elements that share a name, which a script may allow, names of their own."""
    known = {element.name for element in elements}
    seen: dict[str, int] = {}
    for element in elements:
        first = element.name
        seen[first] = seen.get(first, 0) + 1
        if seen[first] > 1:
            number = seen[first]
            while f"{first}#{number}" in known:
                number += 1
            element.name = f"{first}#{number}"
            known.add(element.name)


def _iterate_names(table: Engine) -> Iterator[str]:
    more = table.First
    while more:
        yield str(table.Name)
        more = table.Next


def _read_controls(circuit: Engine) -> list[DssControl]:
    controls = []
    switches = circuit.SwtControls
    for name in _iterate_names(switches):
        where = switches.SwitchedObj.lower(), int(switches.SwitchedTerm)
        controls.append(DssControl(f"swtcontrol.{name.lower()}", "load_break_switch", *where))
    for table, kind in PROTECTIVE_CLASSES:
        devices = getattr(circuit, table)
        for name in _iterate_names(devices):
            switched = devices.SwitchedObj
            where = (
                (switched or devices.MonitoredObj).lower(),
                int(devices.SwitchedTerm if switched else devices.MonitoredTerm),
            )
            controls.append(DssControl(f"{table[:-1].lower()}.{name.lower()}", kind, *where))
    for name in _iterate_names(circuit.RegControls):
        # Asked by its properties: the engine breaks down over one whose transformer is missing.
        said = circuit.ActiveCktElement.Properties
        where = f"transformer.{said('Transformer').Val.lower()}", int(said("Winding").Val or 1)
        controls.append(DssControl(f"regcontrol.{name.lower()}", "voltage_regulator", *where))
    return controls


def _act_on_controls(circuit: Engine) -> None:
    """Let switch controls that wait to open do so, as the engine's first control step does."""
    switches = circuit.SwtControls
    waiting = [
        (switches.SwitchedObj, int(switches.SwitchedTerm))
        for _ in _iterate_names(switches)
        if int(switches.Action) == _OPEN
    ]
    for name, terminal in waiting:
        if circuit.SetActiveElement(name) >= 0:
            circuit.ActiveCktElement.Open(terminal, 0)


def _read_element(active: Engine) -> DssElement:
    family, _, name = active.Name.partition(".")
    terminals, wires = int(active.NumTerminals), int(active.NumConductors)
    buses = [str(bus) for bus in active.BusNames[:terminals]]
    enabled = bool(active.Enabled)
    phases = int(active.NumPhases)
    if enabled:
        order = [int(node) for node in active.NodeOrder]
        nodes = [order[at * wires : (at + 1) * wires] for at in range(terminals)]
    else:  # the engine numbers the nodes of enabled elements only
        nodes = [_read_bus_nodes(bus, phases, wires) for bus in buses]
    amperes = float(active.NormalAmps)
    return DssElement(
        f"{family}.{name}".lower(),
        family.lower(),
        enabled,
        phases,
        [bus.split(".", 1)[0].lower() for bus in buses],
        nodes,
        [[bool(active.IsOpen(at + 1, k + 1)) for k in range(wires)] for at in range(terminals)],
        amperes=amperes if amperes > 0 else DSS_NOT_KNOWN,
    )


def _read_bus_nodes(bus: str, phases: int, wires: int) -> list[int]:
    """Return the nodes a bus is written with; those left out are 1, 2, 3 and ground."""
    given = [int(part) if part.isdigit() else 0 for part in bus.split(".")[1:]]
    default = [at + 1 if at < phases else 0 for at in range(wires)]
    return (given + default[len(given) :])[:wires]


Details = dict[str, dict[str, deque[dict[str, Any]]]]


def _take_detail(element: DssElement, details: Details) -> dict[str, Any]:
    """Return what is known of an element; several may share one name, in their order."""
    waiting = details.get(element.family, {}).get(element.name)
    return waiting.popleft() if waiting and element.enabled else {}


def _read_lines(circuit: Engine) -> dict[str, deque[dict[str, Any]]]:
    details: dict[str, deque[dict[str, Any]]] = {}
    lines = circuit.Lines
    for name in _iterate_names(lines):
        factor = METERS_PER_UNIT.get(int(lines.Units), DSS_NOT_KNOWN)
        detail = {"is_switch": bool(lines.IsSwitch), "meters": float(lines.Length) * factor}
        details.setdefault(f"line.{name.lower()}", deque()).append(detail)
    return details


def _read_transformers(engine: Engine) -> dict[str, deque[dict[str, Any]]]:
    details: dict[str, deque[dict[str, Any]]] = {}
    transformers = engine.ActiveCircuit.Transformers
    for name in _iterate_names(transformers):
        transformers.Wdg = 1
        letters = "D" if transformers.IsDelta else "Y"
        detail = {"volt_amperes": float(transformers.kVA) * 1000, "vector_group": ""}
        for winding in range(2, int(transformers.NumWindings) + 1):
            transformers.Wdg = winding
            letters += "d" if transformers.IsDelta else "y"
        if int(engine.ActiveCircuit.ActiveCktElement.NumPhases) != 1:
            detail["vector_group"] = letters
        details.setdefault(f"transformer.{name.lower()}", deque()).append(detail)
    return details


def _read_buses(active: Engine, circuit: DssCircuit, dead: set[str]) -> None:
    for name in active.AllBusNames:
        active.SetActiveBus(name)
        bus, known = name.lower(), active.ActiveBus
        if known.Coorddefined:
            circuit.places[bus] = (float(known.x), float(known.y))
        base = float(known.kVBase)
        if base > 0 and name.casefold() not in dead:
            circuit.volts[bus] = base * 1000 * 3**0.5
