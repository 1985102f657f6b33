"""Keep track of things that move or come and go: crews, vehicles, live outages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rtree.index

from gridtwin.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable

Bounds = tuple[float, float, float, float]


class MovingSet:
    """
    Named boxes that can be added, moved and taken away one at a time, and asked about between.

    An R-tree takes a change without being built anew (ADR 0004 has the figures). For
    things that stand still `PointGrid` and shapely's STRtree answer faster.
    """

    def __init__(self) -> None:
        self._index = rtree.index.Index(properties=_make_properties())
        self._row: dict[str, int] = {}
        self._name: dict[int, str] = {}
        self._bounds: dict[str, Bounds] = {}
        self._next = 0

    def __len__(self) -> int:
        """Return how many things are in the set."""
        return len(self._bounds)

    def __contains__(self, name: object) -> bool:
        """Return whether a thing of that name is in the set."""
        return name in self._bounds

    def list_names(self) -> list[str]:
        """Return the names of the things in the set, sorted."""
        return sorted(self._bounds)

    def bounds(self, name: str) -> Bounds:
        """
        Return where a thing is: west, south, east, north.

        Raises
        ------
        NotFoundError
            If nothing has that name.
        """
        if name not in self._bounds:
            what = "moving thing"
            raise NotFoundError(what, name)
        return self._bounds[name]

    def insert(self, name: str, place: Iterable[float]) -> None:
        """
        Add a thing.

        Parameters
        ----------
        name
            A name that nothing in the set has yet.
        place
            Its point (x, y) or its box (west, south, east, north).

        Raises
        ------
        InputError
            If the name is taken, or the place is neither a point nor a box.
        """
        if name in self._bounds:
            msg = f"{name!r} is in the set already: move it instead"
            raise InputError(msg)
        bounds = _check_bounds(name, place)
        row, self._next = self._next, self._next + 1
        self._index.insert(row, bounds)
        self._row[name], self._name[row], self._bounds[name] = row, name, bounds

    def move(self, name: str, place: Iterable[float]) -> None:
        """
        Put a thing somewhere else.

        Raises
        ------
        NotFoundError
            If nothing has that name.
        InputError
            If the place is neither a point nor a box.
        """
        bounds, old = _check_bounds(name, place), self.bounds(name)
        self._index.delete(self._row[name], old)
        self._index.insert(self._row[name], bounds)
        self._bounds[name] = bounds

    def remove(self, name: str) -> None:
        """
        Take a thing away.

        Raises
        ------
        NotFoundError
            If nothing has that name.
        """
        bounds = self.bounds(name)
        row = self._row.pop(name)
        self._index.delete(row, bounds)
        del self._name[row], self._bounds[name]

    def query(self, place: Iterable[float]) -> list[str]:
        """Return the names of what touches a point or a box, in order of name."""
        return sorted(
            self._name[row] for row in self._index.intersection(_check_bounds("query", place))
        )

    def find_nearest(self, place: Iterable[float], count: int = 1) -> list[str]:
        """
        Return the names of the `count` nearest things, nearest first, ties in order of name.

        Distances are planar, in the units of the coordinates.
        """
        target = _check_bounds("query", place)
        if count < 1 or not self._bounds:
            return []
        nearest = {self._name[row] for row in self._index.nearest(target, count)}
        ranked = sorted(nearest, key=lambda name: (_measure_gap(self._bounds[name], target), name))
        return ranked[:count]


def _check_bounds(name: str, place: Iterable[float]) -> Bounds:
    values = tuple(float(value) for value in place)
    if len(values) == 2:
        values = values * 2
    # NaN fails both comparisons.
    if len(values) != 4 or not (values[0] <= values[2] and values[1] <= values[3]):
        msg = f"{name!r} has no usable place {values}: give (x, y) or (west, south, east, north)"
        raise InputError(msg)
    return values[0], values[1], values[2], values[3]


def _measure_gap(box: Bounds, other: Bounds) -> float:
    """Return the squared distance between two boxes."""
    x = max(box[0] - other[2], other[0] - box[2], 0.0)
    y = max(box[1] - other[3], other[1] - box[3], 0.0)
    return x * x + y * y


def _make_properties() -> rtree.index.Property:
    """Return what makes an R-tree quick to change: few entries a node."""
    capacity = 10
    return rtree.index.Property(
        variant=rtree.index.RT_Star,
        leaf_capacity=capacity,
        index_capacity=capacity,
        near_minimum_overlap_factor=capacity - 1,
    )
