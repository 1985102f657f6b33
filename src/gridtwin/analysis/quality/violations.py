"""Hold what a rule looks at, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gridtwin.model.lengths import EARTH_RADIUS_M
from gridtwin.model.tables import decode_texts
from gridtwin.topology.membership import find_feeders_of_nodes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from gridtwin.model.tables import NetworkData
    from gridtwin.topology.topology_index import TopologyIndex


class Violation(NamedTuple):
    """One row that breaks a rule."""

    table: str
    row: int
    evidence: str


@dataclass
class RuleContext:
    """What rules look at: a network and its topology in the normal state."""

    data: NetworkData
    index: TopologyIndex
    crs: str | None = None  # None: the coordinates are planar, taken for meters

    @cached_property
    def has_supply(self) -> NDArray[np.bool_]:
        """Whether each node has supply."""
        return self.index.tin >= 0

    @cached_property
    def feeders(self) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """The feeder of each node, and whether more than one feeds it."""
        return find_feeders_of_nodes(self.index, self.data)

    @cached_property
    def is_open(self) -> NDArray[np.bool_]:
        """Whether each piece of equipment stands open on all phases."""
        equipment = self.data.equipment
        return (
            equipment.in_service
            & (self.index.conduction.passes == 0)
            & (equipment.normal_open != 0)
        )

    def to_meters(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (n, 2) coordinates in meters, in space where they are degrees."""
        if self.crs is None:
            return xy
        lon, lat = np.radians(xy[..., 0]), np.radians(xy[..., 1])
        sphere = np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)
        return EARTH_RADIUS_M * np.stack(sphere, axis=-1)

    def measure_apart(
        self, xy: NDArray[np.float64], others: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the distance between each two coordinates in meters, to half a percent."""
        chord = np.linalg.norm(self.to_meters(xy) - self.to_meters(others), axis=-1)
        if self.crs is None:
            return np.asarray(chord)
        return 2 * EARTH_RADIUS_M * np.arcsin(np.clip(chord / (2 * EARTH_RADIUS_M), 0, 1))

    def get_name(self, table: str, row: int) -> str:
        """Return the mRID of a row."""
        return str(getattr(self.data, table).mrid[row].decode())

    def list_names(self, table: str, rows: Iterable[int], most: int = 5) -> str:
        """Return a few mRIDs of rows as a text."""
        listed = list(rows)
        shown = ", ".join(decode_texts(getattr(self.data, table).mrid[listed[:most]]).tolist())
        return f"{shown} and {len(listed) - most} more" if len(listed) > most else shown

    def make_violations(self, table: str, rows: NDArray[Any], evidence: str) -> Iterator[Violation]:
        """Yield one violation a row with the same evidence."""
        return (Violation(table, int(row), evidence) for row in rows)
