"""Hold what a rule looks at, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gridtwin.model.tables import decode
from gridtwin.topology.membership import feeder_of_nodes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from gridtwin.model.tables import NetworkData
    from gridtwin.topology.index import TopologyIndex


EARTH_RADIUS_M = 6_371_008.8


class Hit(NamedTuple):
    """One row that breaks a rule."""

    table: str
    row: int
    evidence: str


@dataclass
class Evidence:
    """What rules look at: a network and its topology in the normal state."""

    data: NetworkData
    index: TopologyIndex
    crs: str | None = None  # None: the coordinates are planar, taken for meters

    @cached_property
    def supplied(self) -> NDArray[np.bool_]:
        """Whether each node has supply."""
        return self.index.tin >= 0

    @cached_property
    def feeders(self) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """The feeder of each node, and whether more than one feeds it."""
        return feeder_of_nodes(self.index, self.data)

    @cached_property
    def is_open(self) -> NDArray[np.bool_]:
        """Whether each piece of equipment stands open on all phases."""
        equipment = self.data.equipment
        return (
            equipment.in_service
            & (self.index.conduction.passes == 0)
            & (equipment.normal_open != 0)
        )

    def place(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (n, 2) coordinates in meters, in space where they are degrees."""
        if self.crs is None:
            return xy
        lon, lat = np.radians(xy[..., 0]), np.radians(xy[..., 1])
        sphere = np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)
        return EARTH_RADIUS_M * np.stack(sphere, axis=-1)

    def apart(self, xy: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the distance between each two coordinates in meters, to half a percent."""
        chord = np.linalg.norm(self.place(xy) - self.place(others), axis=-1)
        if self.crs is None:
            return np.asarray(chord)
        return 2 * EARTH_RADIUS_M * np.arcsin(np.clip(chord / (2 * EARTH_RADIUS_M), 0, 1))

    def name(self, table: str, row: int) -> str:
        """Return the mRID of a row."""
        return str(getattr(self.data, table).mrid[row].decode())

    def names(self, table: str, rows: Iterable[int], most: int = 5) -> str:
        """Return a few mRIDs of rows as a text."""
        listed = list(rows)
        shown = ", ".join(decode(getattr(self.data, table).mrid[listed[:most]]).tolist())
        return f"{shown} and {len(listed) - most} more" if len(listed) > most else shown

    def hits(self, table: str, rows: NDArray[Any], evidence: str) -> Iterator[Hit]:
        """Yield one hit a row with the same evidence."""
        return (Hit(table, int(row), evidence) for row in rows)
