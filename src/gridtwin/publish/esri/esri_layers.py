"""Make the layers and tables of a Utility Network of a network, or of a part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridtwin.model import cim, frames
from gridtwin.model.tables import decode_texts
from gridtwin.publish.esri import asset_codes as codes
from gridtwin.publish.esri.esri_pieces import GUID, EsriPieces
from gridtwin.publish.esri.esri_places import APART_M, IS_LINE
from gridtwin.publish.esri.esri_tables import make_associations, make_subnetworks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.publish.esri.esri_pieces import EsriPart

BUSY_ENDS = 3  # ends that make a tap of a junction


def make_layers(normal: Situation, state: Situation, part: EsriPart) -> dict[str, Any]:
    """
    Return each layer and table by its name; those with places are GeoDataFrames.

    Parameters
    ----------
    normal, state
        The network as designed, and in the state that ``currentdevicestatus`` tells.
    part
        The rows that are written.
    """
    return _LayerMaker(normal, state, part).make_all()


class _LayerMaker(EsriPieces):
    """Makes the layers of the pieces."""

    def make_all(self) -> dict[str, Any]:
        """Return each layer and table by its name."""
        import pandas as pd

        kinds = IS_LINE[self.data.equipment.kind[self.part.equipment]]
        lines, devices = self.part.equipment[kinds], self.part.equipment[~kinds]
        parts = [self._make_devices(devices), self._make_services(), self._make_sources()]
        filled = [each for each in parts if len(each)]
        return {
            "ElectricLine": self._make_lines(lines),
            "ElectricDevice": pd.concat(filled, ignore_index=True) if filled else parts[0],
            "ElectricJunction": self._make_junctions(lines),
            "UN_6_Associations": make_associations(self, devices),
            "UN_6_Subnetworks": make_subnetworks(self),
        }

    def _make_frame(self, columns: dict[str, Any], shapes: Any) -> Any:
        import geopandas as gpd

        columns = {  # texts stay texts where there are none
            name: np.array(values, dtype=object) if isinstance(values, list) else values
            for name, values in columns.items()
        }
        return gpd.GeoDataFrame(columns, geometry=shapes, crs=self.normal.network.crs)

    def _describe_assets(
        self,
        tables: list[codes.AssetCodes],
        phase_bits: NDArray[np.uint8],
        is_underground: NDArray[np.bool_],
    ) -> dict[str, Any]:
        counts = codes.count_phases(phase_bits)
        types = [
            table.find_type(int(count), is_underground=bool(below))
            for table, count, below in zip(tables, counts, is_underground, strict=True)
        ]
        return {
            "ASSETGROUP": np.array([table.group for table in tables], dtype=np.int32),
            "ASSETTYPE": np.array(types, dtype=np.int16),
            "phasesnormal": codes.encode_phases(phase_bits),
        }

    def _describe_equipment(
        self, rows: NDArray[np.int32], tables: dict[str, dict[str, codes.AssetCodes]]
    ) -> dict[str, Any]:
        equipment, volts = self.data.equipment, self.data.nodes.nominal_v
        a, b = volts[equipment.node_a[rows]], volts[equipment.node_b[rows]]
        levels = codes.find_levels(np.fmax(a, b))
        kinds = [cim.KIND_NAMES[kind] for kind in equipment.kind[rows]]
        chosen = [tables[kind][level] for kind, level in zip(kinds, levels, strict=True)]
        below = equipment.placement[rows] == cim.PLACEMENTS.index("underground")
        in_service = equipment.in_service[rows]
        return {
            "GLOBALID": [self.guids["equipment"][int(row)] for row in rows],
            "assetid": _call_assets(equipment.mrid[rows], equipment.name[rows]),
            **self._describe_assets(chosen, equipment.phases[rows], below),
            "lifecyclestatus": np.where(in_service, codes.IN_SERVICE, codes.OUT_OF_SERVICE).astype(
                np.int16
            ),
            "nominalvoltage": np.fmax(a, b).astype(np.float64),
            "SUBNETWORKNAME": self.names.of_equipment[rows],
            "ISCONNECTED": self.state.is_lit[rows].astype(np.int16),
        }

    def _make_lines(self, rows: NDArray[np.int32]) -> Any:
        equipment, places = self.data.equipment, self.places
        a, b = equipment.node_a[rows], equipment.node_b[rows]
        columns = self._describe_equipment(rows, codes.LINE_CODES)
        columns["FROMDEVICETERMINAL"] = self._name_terminals(a)
        columns["TODEVICETERMINAL"] = self._name_terminals(b)
        columns["measuredlength"] = equipment.length_m[rows].astype(np.float64)
        drawn = frames.equipment_lines(self.data, rows)
        return self._make_frame(columns, _join_ends(drawn, places.nodes[a], places.nodes[b]))

    def _name_terminals(self, nodes: NDArray[np.int32]) -> Any:
        """Return the terminal of the device that a line ends at; nothing at a junction."""
        import pandas as pd

        terminals = self.places.terminal[nodes].astype(np.int16)
        return pd.arrays.IntegerArray(terminals, np.isin(nodes, self.nodes))

    def _make_devices(self, rows: NDArray[np.int32]) -> Any:
        equipment = self.data.equipment
        columns = self._describe_equipment(rows, codes.DEVICE_CODES)
        heads = {int(head): name for head, name in self.names.of_heads.items()}
        columns |= {
            "normaldevicestatus": _tell_open(self.normal, rows),
            "currentdevicestatus": _tell_open(self.state, rows),
            "powerrating": equipment.rated_va[rows].astype(np.float64) / 1000,
            "remotecontrol": (equipment.control[rows] == cim.CONTROLS.index("remote")).astype(
                np.int16
            ),
            "ISSUBNETWORKCONTROLLER": np.array([int(int(r) in heads) for r in rows], np.int16),
            "SUBNETWORKCONTROLLERNAME": [heads.get(int(row)) for row in rows],
            "TERMINALCONFIGURATION": [
                codes.TERMINALS.get(cim.KIND_NAMES[kind], codes.SWITCH_TERMINALS)
                for kind in equipment.kind[rows]
            ],
        }
        return self._make_frame(columns, shapely.points(self.places.equipment[rows]))

    def _make_services(self) -> Any:
        """Return the usage points, as services of one terminal."""
        points, rows = self.data.usage_points, self.part.points
        node = points.node[rows]
        commercial = np.char.startswith(decode_texts(points.service_class[rows]), "commercial")
        tables = [
            (codes.COMMERCIAL_CODES if at_work else codes.SERVICE_CODES)[level]
            for at_work, level in zip(commercial, self.levels[node], strict=True)
        ]
        columns = {
            "GLOBALID": [self.guids["usage_points"][int(row)] for row in rows],
            "assetid": _call_assets(points.mrid[rows], points.name[rows]),
            **self._describe_assets(tables, points.phases[rows], np.zeros(len(rows), bool)),
            **self._describe_single(node),
            "SUBNETWORKNAME": self.names.of_nodes[node],
            "ISCONNECTED": self.state.is_served[rows].astype(np.int16),
            "ISSUBNETWORKCONTROLLER": np.zeros(len(rows), np.int16),
            "peakload": points.peak_w[rows].astype(np.float64) / 1000,
            "customers": points.customers[rows],
        }
        return self._make_frame(columns, shapely.points(self.places.points[rows]))

    def _make_sources(self) -> Any:
        """Return the sources: controllers of one terminal, and distributed ones beside them."""
        sources, rows = self.data.sources, self.part.sources
        node = sources.node[rows]
        controls = sources.kind[rows] != cim.SOURCE_KINDS.index("der")
        mrids = decode_texts(sources.mrid[rows]).astype(object)
        tables = [codes.GENERATION_CODES[level] for level in self.levels[node]]
        controllers = mrids.copy()
        controllers[~controls] = None
        single = self._describe_single(node)
        single["lifecyclestatus"] = np.where(
            sources.in_service[rows], codes.IN_SERVICE, codes.OUT_OF_SERVICE
        ).astype(np.int16)
        columns = {
            "GLOBALID": [self.guids["sources"][int(row)] for row in rows],
            "assetid": mrids,
            **self._describe_assets(tables, sources.phases[rows], np.zeros(len(rows), bool)),
            **single,
            "SUBNETWORKNAME": controllers,
            "ISCONNECTED": np.ones(len(rows), np.int16),
            "ISSUBNETWORKCONTROLLER": controls.astype(np.int16),
            "SUBNETWORKCONTROLLERNAME": controllers,
            "powerrating": sources.rated_va[rows].astype(np.float64) / 1000,
        }
        return self._make_frame(columns, shapely.points(self.places.sources[rows]))

    def _describe_single(self, node: NDArray[np.int32]) -> dict[str, Any]:
        """Return what devices of one terminal share."""
        count = len(node)
        return {
            "lifecyclestatus": np.full(count, codes.IN_SERVICE, np.int16),
            "nominalvoltage": self.data.nodes.nominal_v[node].astype(np.float64),
            "normaldevicestatus": np.zeros(count, np.int16),
            "currentdevicestatus": np.zeros(count, np.int16),
            "TERMINALCONFIGURATION": [codes.SINGLE_TERMINAL] * count,
        }

    def _make_junctions(self, lines: NDArray[np.int32]) -> Any:
        equipment, rows = self.data.equipment, self.nodes
        ends = np.bincount(
            np.concatenate([equipment.node_a[lines], equipment.node_b[lines]]),
            minlength=len(self.data.nodes.mrid),
        )[rows]
        told = [codes.JUNCTION_CODES[level] for level in self.levels[rows]]
        size = np.where(ends >= BUSY_ENDS, 1, np.where(ends == 1, 2, 0))
        columns = {
            "GLOBALID": [self.guids["nodes"][int(row)] for row in rows],
            "assetid": decode_texts(self.data.nodes.mrid[rows]).astype(object),
            "ASSETGROUP": np.array(
                [one[1] if at == 2 else one[0] for one, at in zip(told, size, strict=True)],
                dtype=np.int32,
            ),
            "ASSETTYPE": np.array(
                [one[2][at] for one, at in zip(told, size, strict=True)], dtype=np.int16
            ),
            "lifecyclestatus": np.full(len(rows), codes.IN_SERVICE, np.int16),
            "nominalvoltage": self.data.nodes.nominal_v[rows].astype(np.float64),
            "SUBNETWORKNAME": self.names.of_nodes[rows],
            "ISCONNECTED": self.state.is_supplied[rows].astype(np.int16),
        }
        return self._make_frame(columns, shapely.points(self.places.nodes[rows]))


def _call_assets(mrids: NDArray[np.bytes_], names: NDArray[np.bytes_]) -> list[str]:
    """Return what assets are called: by their mRIDs, by name where these are GLOBALIDs anyway."""
    pairs = zip(decode_texts(mrids).tolist(), decode_texts(names).tolist(), strict=True)
    return [name if name and GUID.fullmatch(mrid) else mrid for mrid, name in pairs]


def _tell_open(situation: Situation, rows: NDArray[np.int32]) -> NDArray[np.int16]:
    """Return 1 for devices that stand open on all their phases, else 0."""
    is_open = (situation.open_mask != 0) & ~situation.conducts & situation.is_switch
    return np.where(is_open[rows], codes.OPEN_DEVICE, codes.CLOSED).astype(np.int16)


def _join_ends(
    lines: NDArray[np.object_], first: NDArray[np.float64], last: NDArray[np.float64]
) -> NDArray[np.object_]:
    """Return lines drawn between the places of their ends; one that comes back takes a turn."""
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    counts = np.bincount(owner, minlength=len(lines))
    stops = np.cumsum(counts)
    xy[stops - counts], xy[stops - 1] = first, last
    joined = np.array(shapely.linestrings(xy, indices=owner) if len(lines) else lines, object)
    closed = np.flatnonzero((first == last).all(axis=1) & (counts == 2))
    for row in closed:
        x, y = first[row]
        step = APART_M if abs(x) > 360 or abs(y) > 360 else APART_M / 100_000
        joined[row] = shapely.LineString([(x, y), (x + step, y + step), (x, y)])
    return joined
