"""Say which rows are written as a Utility Network, what stands for each, and by which GLOBALID."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from uuid import NAMESPACE_URL, uuid5

import numpy as np

from gridtwin.model.tables import decode_texts
from gridtwin.publish.esri import asset_codes as codes
from gridtwin.publish.esri.esri_places import place_network
from gridtwin.publish.esri.feeder_names import name_subnetworks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation

GUID_FRAMES = ("equipment", "usage_points", "sources", "nodes")
GUID = re.compile(r"\{?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?")


class EsriPart(NamedTuple):
    """Which rows are written: of equipment, usage points, sources; nodes follow from these."""

    equipment: NDArray[np.int32]
    points: NDArray[np.int32]
    sources: NDArray[np.int32]


def make_guid(frame: str, mrid: str) -> str:
    """
    Return the GLOBALID of a row: its mRID where that is one, else one that follows from it.

    Examples
    --------
    >>> make_guid("equipment", "be88d068-4910-5407-a169-6ba42feb309c")
    '{BE88D068-4910-5407-A169-6BA42FEB309C}'
    """
    if GUID.fullmatch(mrid):
        return f"{{{mrid.strip('{}').upper()}}}"
    return f"{{{str(uuid5(NAMESPACE_URL, f'urn:gridtwin:{frame}:{mrid}')).upper()}}}"


class EsriPieces:
    """
    The pieces of a network that are written, where they stand, and what they are called.

    Parameters
    ----------
    normal, state
        The network as designed, and in the state that ``currentdevicestatus`` tells.
    part
        The rows that are written.
    """

    def __init__(self, normal: Situation, state: Situation, part: EsriPart) -> None:
        self.normal, self.state, self.part = normal, state, part
        self.data = data = normal.data
        self.places = place_network(normal)
        self.nodes = self._find_nodes()
        parts = (part.equipment, part.points, part.sources, self.nodes)
        self.guids = {
            frame: self._make_guids(number, rows)
            for number, (frame, rows) in enumerate(zip(GUID_FRAMES, parts, strict=True))
        }
        self.levels = codes.find_levels(data.nodes.nominal_v)
        self.names = name_subnetworks(normal)

    def _make_guids(self, number: int, rows: NDArray[np.int32]) -> dict[int, str]:
        """Return the GLOBALIDs of rows; of those that share an mRID, the first frame has it."""
        frame, ids = GUID_FRAMES[number], self.normal.network.ids
        mrids = getattr(self.data, frame).mrid[rows]
        is_taken = np.zeros(len(rows), dtype=bool)
        for earlier in GUID_FRAMES[:number]:
            is_taken |= ids.tables[earlier].find_rows(mrids) >= 0
        return {
            row: make_guid(frame, f"{name} again" if taken else name)
            for row, name, taken in zip(
                rows.tolist(), decode_texts(mrids).tolist(), is_taken.tolist(), strict=True
            )
        }

    def _find_nodes(self) -> NDArray[np.int32]:
        """Return the nodes that are junctions, or whose device is no part of what is written."""
        equipment, part = self.data.equipment, self.part
        used = np.unique(
            np.concatenate(
                [
                    equipment.node_a[part.equipment],
                    equipment.node_b[part.equipment],
                    self.data.usage_points.node[part.points],
                    self.data.sources.node[part.sources],
                ]
            )
        ).astype(np.int32)
        there = np.zeros(len(equipment.mrid) + 1, dtype=bool)
        there[part.equipment] = True
        return used[~there[self.places.owner[used]]]

    def find_end(self, node: int) -> tuple[str, str, int]:
        """Return what stands for a node: its class, its GLOBALID and its terminal."""
        guid = self.guids["nodes"].get(node)
        if guid is not None:
            return "ElectricJunction", guid, 1
        owner = int(self.places.owner[node])
        return "ElectricDevice", self.guids["equipment"][owner], int(self.places.terminal[node])
