"""Make equipment of the elements of an OpenDSS circuit."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from gridtwin.model.notices import Notice
from gridtwin.sources.opendss_conductors import LABEL_ORDER, UNRECORDED, Labels, carries_energy
from gridtwin.sources.opendss_elements import (
    DSS_NOT_KNOWN,
    SHUNTS,
    TRANSFORMERS,
    DssCircuit,
    DssControl,
    DssElement,
)
from gridtwin.sources.opendss_nodes import BusNodes
from gridtwin.sources.opendss_text import word_set

if TYPE_CHECKING:
    from collections.abc import Iterable

Disabled = Literal["open", "out", "skip"]
DISABLED: tuple[Disabled, ...] = ("open", "out", "skip")

KIND_OF_CLASS = {
    "line": "ac_line_segment",
    "gicline": "ac_line_segment",
    "transformer": "power_transformer",
    "autotrans": "power_transformer",
    "upfc": "voltage_regulator",
}
END_CLASSES = frozenset({"load", "vsource", "generator", "pvsystem", "storage"})  # not equipment
# Controls and meters act on elements, and carry nothing themselves.
CONTROL_CLASSES = word_set(
    "regcontrol capcontrol swtcontrol fuse recloser relay energymeter monitor sensor invcontrol"
    " expcontrol storagecontroller gendispatcher espvlcontrol upfccontrol"
)
PAIR = 2


@dataclass(slots=True)
class EquipmentPiece:
    """One row of equipment."""

    mrid: str
    kind: str
    node_a: str
    node_b: str
    phases: str
    normal_open: str | bool = ""
    in_service: bool = True
    rated_a: float = DSS_NOT_KNOWN
    rated_va: float = DSS_NOT_KNOWN
    length_m: float = DSS_NOT_KNOWN
    vector_group: str = ""


@dataclass(slots=True)
class _End:
    """One side of an element: its phases, and which of them stand open."""

    node: str
    labels: list[str] = field(default_factory=list)
    opened: set[str] = field(default_factory=set)

    @property
    def phases(self) -> str:
        return join_labels(self.labels)

    @property
    def normal_open(self) -> str | bool:
        return find_open_phases(self.labels, self.opened)


def join_labels(labels: Iterable[str]) -> str:
    """Return labels as a phase code; empty where one of them is not recorded."""
    distinct = set(labels)
    return (
        ""
        if UNRECORDED in distinct
        else "".join(label for label in LABEL_ORDER if label in distinct)
    )


def find_open_phases(labels: Iterable[str], those: set[str]) -> str | bool:
    """Return which phases stand open: True where all do."""
    return True if those and those >= set(labels) else join_labels(those)


class EquipmentPieces:
    """The equipment of a circuit, and what could not be made of it."""

    def __init__(self, circuit: DssCircuit, disabled: Disabled | None) -> None:
        self.rows: list[EquipmentPiece] = []
        self.notices: list[Notice] = []
        self.stars: dict[str, str] = {}  # middle of a star, or a device's far side: beside which
        self._circuit = circuit
        self._disabled = disabled
        self._controls: dict[str, list[DssControl]] = {}
        for control in circuit.controls:
            self._controls.setdefault(control.element, []).append(control)
        regulated = {
            control.element for control in circuit.controls if control.kind == "voltage_regulator"
        }
        self.labels = Labels(circuit.elements, regulated)
        self.nodes = BusNodes(circuit.elements, self.labels)
        self.buses = {
            bus for element in circuit.elements if element.enabled for bus in element.buses
        }
        for element in circuit.elements:
            self._add_element(element)
        self._note_conflicts()

    def note_passed_over(self, rule: str, evidence: str, mend: str) -> None:
        """Note what is passed over or taken for granted."""
        self.notices.append(Notice(rule, evidence, mend))

    def _add_element(self, element: DssElement) -> None:
        if element.family in END_CLASSES and not (
            element.family == "vsource" and _is_between(element)
        ):
            return
        if element.family in TRANSFORMERS:
            rows = self._build_transformer(element)
        elif len(element.buses) == PAIR and carries_energy(element):
            rows = self._build_pair(element)
        else:
            self._pass_over(element)
            return
        self.rows += rows if element.enabled else self._build_disabled(element, rows)

    def _pass_over(self, element: DssElement) -> None:
        """Say that an element is left out; shunts are no part of the model."""
        if element.family in SHUNTS | CONTROL_CLASSES or not element.enabled:
            return
        where = ", ".join(dict.fromkeys(element.buses))
        self.note_passed_over(
            "unread_element",
            f"{element.name} at {where} is left out: the model holds no {element.family}",
            "give the equipment as a line, a switch or a transformer",
        )

    # two terminals

    def _build_pair(self, element: DssElement) -> list[EquipmentPiece]:
        circuits: dict[tuple[str, str], _End] = {}
        (bus_a, bus_b), (near, far) = element.buses, element.nodes
        for wire, (one, other) in enumerate(zip(near, far, strict=True)):
            label = self.labels.find_phase(bus_a, one) or self.labels.find_phase(bus_b, other)
            if not label or one <= 0 or other <= 0:
                continue
            pair = self.nodes.find_node(bus_a, one), self.nodes.find_node(bus_b, other)
            if pair[0] == pair[1] and element.family in SHUNTS:
                continue
            end = circuits.setdefault(pair, _End(pair[0]))
            end.labels.append(label)
            if element.opened[0][wire] or element.opened[1][wire]:
                end.opened.add(label)
        name = f"{element.name}#2" if element.family == "vsource" else element.name
        return [
            self._build_piece(element, name if at == 1 else f"{name}#{at}", *pair, end)
            for at, (pair, end) in enumerate(circuits.items(), 1)
        ]

    def _build_piece(
        self, element: DssElement, name: str, a: str, b: str, end: _End
    ) -> EquipmentPiece:
        kind = self._choose_kind(element)
        if end.opened and kind == "ac_line_segment":
            kind = "jumper"
        return EquipmentPiece(
            name,
            kind,
            a,
            b,
            end.phases,
            end.normal_open,
            rated_a=element.amperes,
            rated_va=element.volt_amperes,
            length_m=element.meters,
            vector_group=element.vector_group,
        )

    def _choose_kind(self, element: DssElement) -> str:
        acting = [control.kind for control in self._controls.get(element.name, ())]
        if element.family in TRANSFORMERS:
            acting = [kind for kind in acting if kind == "voltage_regulator"]
        if acting:
            return acting[-1]
        plain = KIND_OF_CLASS.get(element.family, "series_reactor")
        return "load_break_switch" if element.is_switch else plain

    # transformers

    def _build_transformer(self, element: DssElement) -> list[EquipmentPiece]:
        ends = self._find_ends(element)
        rows = []
        for control in self._controls.get(element.name, ()):
            if control.kind != "voltage_regulator":
                rows += self._protect_transformer(element, ends, control)
        sides = list(ends.values())
        if not sides:
            return rows
        if len(sides) <= PAIR:
            both = sides[0], sides[-1]
            whole = any(side.normal_open is True for side in both)
            piece = self._build_piece(element, element.name, both[0].node, both[1].node, both[0])
            piece.phases = self._join_phases(piece.kind, both[0].phases, both[1].phases)
            piece.normal_open = whole or join_labels(both[0].opened | both[1].opened)
            return [*rows, piece]
        star = f"{element.name}#star"
        self.stars[star] = sides[0].node
        for at, side in enumerate(sides, 1):
            name = element.name if at == 1 else f"{element.name}#{at}"
            rows.append(self._build_piece(element, name, side.node, star, side))
        return rows

    def _find_ends(self, element: DssElement) -> dict[str, _End]:
        """Return the sides of a transformer; windings at one node are one side."""
        ends: dict[str, _End] = {}
        closed: set[tuple[str, str]] = set()
        for bus, numbers, gaps in zip(element.buses, element.nodes, element.opened, strict=True):
            for wire, number in enumerate(numbers):
                label = self.labels.find_phase(bus, number)
                if not label:
                    continue
                end = ends.setdefault(node := self.nodes.find_node(bus, number), _End(node))
                end.labels.append(label)
                if any(gaps) if element.phases == 1 else gaps[wire]:
                    end.opened.add(label)
                else:
                    closed.add((node, label))
        for end in ends.values():
            end.opened = {label for label in end.opened if (end.node, label) not in closed}
        return ends

    @staticmethod
    def _join_phases(kind: str, first: str, second: str) -> str:
        """Return the phases of both sides: letters of one, and the legs of the other."""
        if first == second or not second:
            return first
        if not first and kind == "power_transformer":
            return second
        shared = "".join(letter for letter in "ABC" if letter in first and letter in second)
        if shared and kind != "power_transformer":
            return shared
        return "".join(label for label in LABEL_ORDER if label in first + second)

    def _protect_transformer(
        self, element: DssElement, ends: dict[str, _End], control: DssControl
    ) -> list[EquipmentPiece]:
        """Put a device between a transformer and its bus: it protects, and is none itself."""
        at = control.terminal - 1
        if not 0 <= at < len(element.buses):
            return []
        bus = element.buses[at]
        nodes = [self.nodes.find_node(bus, number) for number in element.nodes[at] if number > 0]
        node = next((node for node in nodes if node in ends), "")
        if not node:
            return []
        end, between = ends[node], f"{node}#{control.name}"
        self.stars[between] = self.stars.get(end.node, end.node)
        device = EquipmentPiece(
            control.name, control.kind, end.node, between, end.phases, end.normal_open
        )
        ends[node] = replace(end, node=between, opened=set())
        return [device]

    # what is disabled

    def _build_disabled(
        self, element: DssElement, rows: list[EquipmentPiece]
    ) -> list[EquipmentPiece]:
        """Return what a disabled element is: a tie that stands open, out of service, or nothing."""
        if self._disabled == "skip":
            return []
        tie = self._disabled != "out" and self._is_tie(element)
        for row in rows:
            row.normal_open = tie or row.normal_open
            row.in_service = tie
            if tie and row.kind == "ac_line_segment":
                row.kind = "jumper"
        if self._disabled is None and rows:
            taken = "an open tie" if tie else "out of service"
            self.note_passed_over(
                "disabled", f"{element.name} is disabled: taken as {taken}", _OPTION
            )
        return rows

    def _is_tie(self, element: DssElement) -> bool:
        """Return whether closing an element would join what is in the circuit."""
        if element.family in TRANSFORMERS or not self.buses.issuperset(element.buses):
            return False
        supplied = self.labels.supplied
        both = any(
            (element.buses[0], one) in supplied and (element.buses[1], other) in supplied
            for one, other in zip(*element.nodes, strict=True)
        )
        return both or self._choose_kind(element) not in KIND_OF_CLASS.values()

    def _note_conflicts(self) -> None:
        for at, (join, near, far) in sorted(self.labels.conflicts.items()):
            element = self._circuit.elements[at]
            at_near, at_far = (f"{bus}.{number}" for bus, number in (join.near, join.far))
            self.note_passed_over(
                "phase_conflict",
                f"{element.name} joins phase {near} at {at_near} to phase {far} at {at_far};"
                f" it counts as {near}",
                "mend the nodes of its buses: two phases meet there when it is closed",
            )


_OPTION = "say what disabled elements are: open, out or skip"


def _is_between(source: DssElement) -> bool:
    """Return whether a voltage source stands between two buses, not between one and ground."""
    return source.enabled and len(source.nodes) == PAIR and any(n > 0 for n in source.nodes[1])
