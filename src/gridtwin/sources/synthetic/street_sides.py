"""Find places beside a street: so far along it from a node, so far across from its middle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

TANGENT_M = 1.0  # before and behind a place, to tell which way its street runs

if TYPE_CHECKING:
    from numpy.typing import NDArray


class StreetSides(Protocol):
    """The street at every node that serves one."""

    def find_beside(
        self, row: NDArray[Any], along: NDArray[Any], across: NDArray[Any]
    ) -> NDArray[np.float64]:
        """
        Return places beside streets, shape (n, 2).

        Parameters
        ----------
        row
            Rows of `Primary`, whose nodes the places are told from.
        along
            Meters along the street of that node.
        across
            Meters to the left of it.
        """
        ...


@dataclass(frozen=True, slots=True)
class StraightStreets:
    """Streets that run straight on the plan."""

    middle: NDArray[np.float64]  # (n, 2) the node of each row
    heading: NDArray[np.float32]  # (n, 2) unit vector

    def find_beside(
        self, row: NDArray[Any], along: NDArray[Any], across: NDArray[Any]
    ) -> NDArray[np.float64]:
        """Return places beside streets, see `StreetSides`."""
        east, north = self.heading[row].T
        places = self.middle[row]
        places[:, 0] += along * east - across * north
        places[:, 1] += along * north + across * east
        return places


@dataclass(frozen=True, slots=True)
class DrawnStreets:
    """Streets as they are drawn in a file."""

    line: NDArray[np.int64]  # of each row of `Primary`, in `lines`
    lines: NDArray[np.object_]  # their nodes stand halfway along

    def find_beside(
        self, row: NDArray[Any], along: NDArray[Any], across: NDArray[Any]
    ) -> NDArray[np.float64]:
        """Return places beside streets, see `StreetSides`."""
        import shapely

        lines = self.lines[self.line[row]]
        length = shapely.length(lines)
        at = np.clip(length / 2 + along, 0.0, length)
        ahead = shapely.line_interpolate_point(lines, np.minimum(at + TANGENT_M, length))
        behind = shapely.line_interpolate_point(lines, np.maximum(at - TANGENT_M, 0.0))
        way = shapely.get_coordinates(ahead) - shapely.get_coordinates(behind)
        way /= np.maximum(np.hypot(*way.T), 1e-9)[:, None]
        left = np.stack([-way[:, 1], way[:, 0]], -1)
        middle = shapely.get_coordinates(shapely.line_interpolate_point(lines, at))
        places: NDArray[np.float64] = middle + left * np.asarray(across)[:, None]
        return places
