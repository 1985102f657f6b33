"""
Say which phase every conductor of an OpenDSS circuit carries.

A node number of OpenDSS is a place at a bus, no phase: lines may join ``.1.2.3`` to ``.2.3.1``, and
second circuits stand on ``.4.5.6``. So phases are followed from the sources, conductor by
conductor: first as the circuit stands, then with everything closed, then through what is disabled.
A transformer hands on the phase of conductor k to conductor k. Below a single-phase one whose sides
share no nodes, as a center tap, conductors are the legs s1 and s2.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from gridtwin.sources.opendss_elements import SHUNTS, TRANSFORMERS, DssElement
from gridtwin.sources.opendss_neutrals import Conductor, find_neutrals

if TYPE_CHECKING:
    from collections.abc import Iterable

LETTER_OF_NUMBER = {1: "A", 2: "B", 3: "C"}
NUMBER_OF_LETTER = {"A": 1, "B": 2, "C": 3}
LEGS = {1: "s1", 2: "s2"}
NEUTRAL = "N"
UNRECORDED = "?"  # below a single-phase transformer, and no leg of it
LABEL_ORDER = ("A", "B", "C", "s1", "s2")
STANDING, CLOSED, DISABLED = 0, 1, 2  # what a join needs to conduct


class Join(NamedTuple):
    """Two conductors of one element that are one circuit."""

    element: int
    near: Conductor
    far: Conductor
    needs: int
    sure: bool  # False: return conductors of single-phase windings, shunts between phases
    winding: int  # 0: no transformer; else the winding at the far side, from 2
    turned: bool = False  # the far one is the return: it can be a leg, never a phase


class Labels:
    """The phase of every conductor."""

    def __init__(self, elements: list[DssElement], regulated: Iterable[str]) -> None:
        self.of: dict[Conductor, str] = {}
        self.conflicts: dict[int, tuple[Join, str, str]] = {}  # element: where two phases meet
        self.supplied: set[Conductor] = set()  # as the circuit stands
        self._elements = elements
        self._regulated = frozenset(regulated)
        self._beside: dict[Conductor, list[Join]] = {}
        self._neutral = find_neutrals(elements)
        for at, element in enumerate(elements):
            for join in list_joins(at, element):
                self._beside.setdefault(join.near, []).append(join)
                self._beside.setdefault(join.far, []).append(join)
        self._set_label()

    def _set_label(self) -> None:
        for element in self._elements:
            if element.family == "vsource" and element.enabled:
                self._label_sources(element)
        for needs in (STANDING, CLOSED, DISABLED):
            self._flood_labels(needs)
            if needs == STANDING:
                self.supplied = set(self.of)
        for element in self._elements:
            for bus, nodes in zip(element.buses, element.nodes, strict=True):
                for node in nodes:
                    here = (bus, node)
                    if (
                        here not in self.of
                        and node in LETTER_OF_NUMBER
                        and here not in self._neutral
                    ):
                        self.of[here] = LETTER_OF_NUMBER[node]
                        self._flood_labels(CLOSED, [here])
        self._note_conflicts()

    def _label_sources(self, source: DssElement) -> None:
        nodes = [node for node in source.nodes[0][: source.phases] if node > 0]
        plain = all(node in LETTER_OF_NUMBER for node in nodes)
        for at, node in enumerate(nodes, 1):
            number = node if plain else (at - 1) % 3 + 1
            self.of.setdefault((source.buses[0], node), LETTER_OF_NUMBER[number])

    def _flood_labels(self, needs: int, start: Iterable[Conductor] = ()) -> None:
        """Carry phases on from labeled conductors, first through what is sure."""
        for sure in (True, False):
            queue = deque(start or self.of)
            while queue:
                here = queue.popleft()
                for join in self._beside.get(here, ()):
                    if join.needs > needs or join.sure < sure:
                        continue
                    there = join.far if join.near == here else join.near
                    known = there in self.of or there in self._neutral
                    label = "" if known else self._pass_label(join, here, there)
                    if label:
                        self.of[there] = label
                        queue.append(there)

    def _pass_label(self, join: Join, here: Conductor, there: Conductor) -> str:
        """Return the label that a join hands on to a conductor; empty if none."""
        label = self.of[here]
        if not join.winding:
            return label
        down = here == join.near
        if self._keeps_phases(join):
            handed_on = not join.turned and (
                label in NUMBER_OF_LETTER or (down and label in LEGS.values())
            )
            return label if handed_on else ""
        return self._find_leg(there) if down and label != UNRECORDED else ""

    def _find_leg(self, there: Conductor) -> str:
        return NEUTRAL if there in self._neutral else LEGS.get(there[1], UNRECORDED)

    def _keeps_phases(self, join: Join) -> bool:
        """Return whether a transformer's winding keeps the phases of the first."""
        element = self._elements[join.element]
        bus, end = element.buses[0], element.buses[join.winding - 1]
        plain = element.name in self._regulated and len(element.nodes) == 2
        if element.phases >= 3 or plain or bus == end:
            return True
        first, other = self._list_live(element, bus), self._list_live(element, end)
        if first == other:
            return True
        as_labeled = {NUMBER_OF_LETTER.get(self.of.get((bus, node), ""), node) for node in first}
        return as_labeled == other

    def _list_live(self, element: DssElement, bus: str) -> set[int]:
        return {
            node
            for end, nodes in zip(element.buses, element.nodes, strict=True)
            for node in nodes
            if end == bus and node > 0 and (bus, node) not in self._neutral
        }

    def _note_conflicts(self) -> None:
        for waiting in self._beside.values():
            for join in waiting:
                near, far = self.of.get(join.near, ""), self.of.get(join.far, "")
                both = near in NUMBER_OF_LETTER and far in NUMBER_OF_LETTER
                if both and near != far and join.sure:
                    self.conflicts.setdefault(join.element, (join, near, far))

    def find_phase(self, bus: str, node: int) -> str:
        """Return the phase of a conductor; empty for ground and neutrals."""
        label = self.of.get((bus, node), "") if node > 0 else ""
        return "" if label == NEUTRAL else label


def list_joins(at: int, element: DssElement) -> Iterable[Join]:
    """Yield what an element joins, conductor by conductor."""
    if element.family in TRANSFORMERS:
        yield from _join_windings(at, element)
        return
    if len(element.nodes) != 2 or not carries_energy(element):
        return
    for wire, (near, far) in enumerate(zip(*element.nodes, strict=True)):
        if near > 0 and far > 0:
            ends = (element.buses[0], near), (element.buses[1], far)
            shunt = element.family in SHUNTS and element.buses[0] == element.buses[1]
            yield Join(
                at, *ends, _count_conductors(element, [wire], (0, 1)), sure=not shunt, winding=0
            )


def carries_energy(element: DssElement) -> bool:
    """Return whether an element passes energy on from one of its terminals to the other."""
    return element.family not in {"fault", "isource", "gicsource", "vsconverter", "gictransformer"}


def _join_windings(at: int, element: DssElement) -> Iterable[Join]:
    for winding in range(1, len(element.nodes)):
        ends = element.buses[0], element.buses[winding]
        for near, far, wires, turned in _pair_windings(
            element.phases, element.nodes[0], element.nodes[winding]
        ):
            needs = _count_conductors(element, wires, (0, winding))
            sure = (not turned and wires[0] == 0) or element.phases > 1
            yield Join(at, (ends[0], near), (ends[1], far), needs, sure, winding + 1, turned)


def _pair_windings(
    phases: int, first: list[int], other: list[int]
) -> Iterable[tuple[int, int, list[int], bool]]:
    """Yield the conductors of two windings that belong together, and what must be closed."""
    if phases > 1:
        for wire in range(phases):
            if first[wire] > 0 and other[wire] > 0:
                yield first[wire], other[wire], [wire], False
        return
    whole = list(range(len(first)))
    if first[0] > 0 and other[0] > 0:
        yield first[0], other[0], whole, False
    if len(first) > 1 and first[1] > 0 and other[1] > 0:
        yield first[1], other[1], whole[::-1], False
    hot = first[0] or first[1]
    if hot > 0 and len(other) > 1 and other[1] in LETTER_OF_NUMBER:
        yield hot, other[1], whole, True


def _count_conductors(element: DssElement, wires: list[int], terminals: tuple[int, int]) -> int:
    if not element.enabled:
        return DISABLED
    opened = any(element.opened[end][wire] for end in terminals for wire in wires)
    return CLOSED if opened else STANDING
