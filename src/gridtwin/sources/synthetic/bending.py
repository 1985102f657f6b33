"""
Bend a plan drawn with straight streets into ground whose streets bend, without a fold or a tear.

Every step maps the plane onto itself one to one: a twist turns the grid of a town center, a wave
moves places along its front by how far they lie across it. So what does not cross on the plan does
not cross on the ground: a line that keeps off the water of the plan keeps off it there, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHUNK = 1 << 17  # places bent at once, so that what is in between stays in the cache


class Twist(NamedTuple):
    """A town center whose grid of streets is turned: fully in the middle, not at all outside."""

    east: float  # meters in the plane
    north: float
    radius_m: float
    turn: float  # radians


class Wave(NamedTuple):
    """A swing of all streets: a sine over the distance across its front."""

    heading: float  # radians from east, of the way across
    length_m: float
    swing_m: float
    phase: float  # radians

    @property
    def steepness(self) -> float:
        """The greatest tangent of the angle by which it turns a street."""
        return 2 * np.pi * self.swing_m / self.length_m


@dataclass(frozen=True, slots=True)
class Bending:
    """
    A one-to-one map of the plane, from plan to ground.

    Attributes
    ----------
    twists
        Town centers. Waves that are not broad spare them: their streets stay straight.
    waves
        What bends the streets between town centers; the steepness of each is below 1/2, so that no
        fold comes of their fading toward a center.
    broad
        What bends everything; these do not change any area.
    fixed
        A place, east and north, that stays where it is.
    """

    twists: tuple[Twist, ...] = ()
    waves: tuple[Wave, ...] = ()
    broad: tuple[Wave, ...] = ()
    fixed: tuple[float, float] = (0.0, 0.0)

    def bend(self, plan: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where places of the plan, shape (n, 2), lie on the ground."""
        ground = plan.copy()
        for first in range(0, len(plan), CHUNK):
            self._bend_chunk(ground[first : first + CHUNK])
        moved = np.array([self.fixed])
        self._bend_chunk(moved)
        ground -= moved - np.array([self.fixed])
        return ground

    def measure_core(self, plan: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far places belong to a town center: 1 in its middle, 0 outside all."""
        core = np.zeros(len(plan))
        for twist in self.twists:
            _, inside, share = _find_inside(plan, twist)
            core[inside] = np.maximum(core[inside], share)
        return core

    def _bend_chunk(self, places: NDArray[np.float64]) -> None:
        fading = 1.0 - self.measure_core(places) if self.waves else None
        for twist in self.twists:
            _turn_around(places, twist)
        for wave in self.waves:
            _swing(places, wave, fading)
        for wave in self.broad:
            _swing(places, wave)


def _find_inside(
    places: NDArray[np.float64], twist: Twist
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Return offsets and rows of the places within a twist, and how much of it each gets."""
    offset = places - np.array([twist.east, twist.north])
    square = (offset[:, 0] ** 2 + offset[:, 1] ** 2) / twist.radius_m**2
    inside = np.flatnonzero(square < 1.0)
    return offset[inside], inside, (1.0 - square[inside]) ** 2


def _turn_around(places: NDArray[np.float64], twist: Twist) -> None:
    """Turn places around a center by less the farther they are: each keeps its distance."""
    offset, inside, share = _find_inside(places, twist)
    cosine, sine = np.cos(twist.turn * share), np.sin(twist.turn * share)
    east, north = offset.T
    places[inside, 0] = twist.east + east * cosine - north * sine
    places[inside, 1] = twist.north + east * sine + north * cosine


def _swing(
    places: NDArray[np.float64], wave: Wave, fading: NDArray[np.float64] | None = None
) -> None:
    """Shift places along the front of a wave; how far they lie across it does not change."""
    east, north = np.cos(wave.heading), np.sin(wave.heading)
    across = places[:, 0] * east + places[:, 1] * north
    shift = wave.swing_m * np.sin(across * (2 * np.pi / wave.length_m) + wave.phase)
    if fading is not None:
        shift *= fading
    places[:, 0] -= shift * north
    places[:, 1] += shift * east
