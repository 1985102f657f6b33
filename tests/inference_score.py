"""
Score what was inferred against what truly happened.

A true outage is *exact* if an outage was inferred that names its device, alone or among those with
the same loss; *adjacent* if one was inferred at the next element up or down whose loss differs, or
at the next that is no section of line. Each inferred outage explains one true one at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model import cim

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridtwin.analysis.inference.device_tree import DeviceTree
    from gridtwin.analysis.state.situation import Situation
    from percentage_rule import RolledUp
    from reported_outages import TrueOutage

_LINE = cim.KIND_CODE["ac_line_segment"]


@dataclass(frozen=True, slots=True)
class Score:
    """How good an inference was; shares of 1."""

    exact: NDArray[np.bool_]  # of each true outage
    adjacent: NDArray[np.bool_]  # of each true outage: at the next device, and not exact
    right: NDArray[np.bool_]  # of each inferred outage: names the device of a true one
    matched: float  # of the inferred outages, the share that explains a true one
    precision: float  # of the customers inferred to be out
    recall: float  # of the customers out

    @property
    def near(self) -> NDArray[np.bool_]:
        """Whether each true outage is exact or adjacent."""
        return self.exact | self.adjacent

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def score(
    situation: Situation,
    devices: DeviceTree,
    truth: Sequence[TrueOutage],
    inferred: Sequence[RolledUp],
) -> Score:
    """Return how well inferred outages explain the true ones."""
    free = np.ones(len(inferred), dtype=bool)
    exact = _exact(truth, inferred, free)
    right = ~free
    adjacent = _adjacent(_Skeleton(situation, devices), truth, inferred, (free, exact))
    customers = situation.data.usage_points.customers
    true, said = np.zeros(len(customers), dtype=bool), np.zeros(len(customers), dtype=bool)
    for outage in truth:
        true[outage.out] = True
    for one in inferred:
        said[one.out] = True
    both = int(customers[true & said].sum())
    return Score(
        exact,
        adjacent,
        right,
        matched=float(1 - free.mean()) if len(inferred) else 1.0,
        precision=both / max(int(customers[said].sum()), 1),
        recall=both / max(int(customers[true].sum()), 1),
    )


def _exact(
    truth: Sequence[TrueOutage], inferred: Sequence[RolledUp], free: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return the true outages whose device is named; who names it is not free any more."""
    alone = {one.point: number for number, one in enumerate(inferred) if one.point >= 0}
    named: dict[int, list[int]] = {}
    for number, one in enumerate(inferred):
        for row in one.equipment.tolist():
            named.setdefault(row, []).append(number)
    exact = np.zeros(len(truth), dtype=bool)
    for at, outage in enumerate(truth):
        numbers = [number for number in named.get(outage.equipment, ()) if free[number]]
        if outage.equipment < 0 and int(outage.out[0]) in alone:
            numbers = [alone[int(outage.out[0])]]
        if numbers:
            free[numbers[0]], exact[at] = False, True
    return exact


def _adjacent(
    skeleton: _Skeleton,
    truth: Sequence[TrueOutage],
    inferred: Sequence[RolledUp],
    marks: tuple[NDArray[np.bool_], NDArray[np.bool_]],
) -> NDArray[np.bool_]:
    """Return the true outages next to whose device one was inferred that darkens the same."""
    free, exact = marks
    at_place: dict[int, list[int]] = {}
    over_place: dict[int, list[int]] = {}
    for number in np.flatnonzero(free).tolist():
        place = skeleton.place(inferred[number].equipment, inferred[number].point)
        at_place.setdefault(place, []).append(number)
        for up in skeleton.above(place):
            over_place.setdefault(up, []).append(number)
    adjacent = np.zeros(len(truth), dtype=bool)
    for at in np.flatnonzero(~exact).tolist():
        outage = truth[at]
        place = skeleton.place(np.array([outage.equipment]), int(outage.out[0]))
        near = [number for up in skeleton.above(place) for number in at_place.get(up, ())]
        near += [*over_place.get(place, ()), *at_place.get(place, ())]
        for number in near:
            if free[number] and np.isin(outage.out, inferred[number].out).any():
                free[number], adjacent[at] = False, True
                break
    return adjacent


class _Skeleton:
    """
    The tree of devices, with a way past classes that hold nothing but sections of line.

    A place is a class, or ``-3 - usage point`` for what stands below the innermost class.
    """

    def __init__(self, situation: Situation, devices: DeviceTree) -> None:
        self._devices = devices
        owner = np.repeat(np.arange(len(devices.node)), np.diff(devices.member_start))
        is_line = situation.data.equipment.kind[devices.member] == _LINE
        self._bare = np.ones(len(devices.node), dtype=bool)
        self._bare[owner[~is_line]] = False
        self._class_of = dict(zip(devices.member.tolist(), owner.tolist(), strict=True))

    def place(self, equipment: NDArray[np.int32], point: int) -> int:
        """Return the place of equipment, or of a usage point that stands alone."""
        if len(equipment) and int(equipment[0]) in self._class_of:
            return self._class_of[int(equipment[0])]
        return -3 - point

    def above(self, place: int) -> tuple[int, ...]:
        """Return the next place up, and the next that is more than line."""
        if place <= -3:
            first = int(self._devices.of_point[-3 - place])
        else:
            first = int(self._devices.parent[place])
        place = first
        while place >= 0 and self._bare[place]:
            place = int(self._devices.parent[place])
        return tuple({up for up in (first, place) if up >= 0})
