"""Draw a network as an Esri geometric network: lines and points that meet where they coincide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyogrio
import pyproj
import shapely
from scipy.spatial import cKDTree

from gridtwin.model import cim, phases
from gridtwin.model.tables import decode_texts

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from gridtwin.model.network import Network

BATCH = 100_000  # rows of a layer that are written at once
NEAREST_M = 3.0
BEND = 0.02  # of its length that a primary line swerves in its middle
DEVICE_LAYERS = {
    "fuse": "Fuse",
    "power_transformer": "Transformer",
    "voltage_regulator": "VoltageRegulator",
    "breaker": "DynamicProtectiveDevice",
    "recloser": "DynamicProtectiveDevice",
}
SUBSTATION_SUBTYPE = 9
POLES = (("A", phases.A), ("B", phases.B), ("C", phases.C))


def write_drawing(network: Network, path: Path, *, crs: str) -> None:
    """
    Write a file geodatabase in which nothing but coincidence tells what is connected.

    Parameters
    ----------
    network
        What is drawn. A device stands between its nodes, with a line to each of them.
    path
        ``NAME.gdb``.
    crs
        A metric system.
    """
    data = network.data
    equipment = data.equipment
    move = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform
    at = _part_places(np.column_stack(move(*data.nodes.xy.T)))
    names = decode_texts(equipment.mrid)
    ends = at[equipment.node_a], at[equipment.node_b]
    # Somewhere between its nodes, so that no two things are drawn at one place by chance.
    shares = np.random.default_rng(1).uniform(0.3, 0.7, len(names))[:, None]
    middle = ends[0] + shares * (ends[1] - ends[0])
    lines = np.isin(equipment.kind, (*cim.LINES, cim.KIND_CODE["busbar"]))
    drop = equipment.kind == cim.KIND_CODE["service_drop"]
    devices, rows = np.flatnonzero(~lines), np.flatnonzero(lines & ~drop)
    bends = middle[rows] + (ends[1] - ends[0])[rows][:, ::-1] * (-BEND, BEND)
    parted = _part_places(np.concatenate([at, middle[devices], bends]))
    middle[devices], bends = np.split(parted[len(at) :], [len(devices)])
    writer = _DrawingWriter(path, crs)
    bent = shapely.linestrings(np.stack([ends[0][rows], bends, ends[1][rows]], axis=1))
    mask = _mask_phases(equipment.phases)
    stepping = equipment.kind[devices] == cim.TRANSFORMER
    in_station = np.isin(devices, np.flatnonzero(data.nodes.nominal_v[equipment.node_a] > 40_000))
    secondary = stepping & ~in_station
    primary_names = np.concatenate(
        [names[rows], _mark(names[devices], ":a"), _mark(names[devices[~secondary]], ":b")]
    )
    primary = np.concatenate(
        [
            bent,
            _join(ends[0][devices], middle[devices]),
            _join(middle[devices], ends[1][devices])[~secondary],
        ]
    )
    own = np.concatenate([rows, devices, devices[~secondary]])
    writer.write_lines("PriOHElectricLineSegment", primary_names, primary, mask[own])
    rows = np.flatnonzero(drop)
    low = devices[secondary]
    writer.write_lines(
        "SecOHElectricLineSegment",
        np.concatenate([names[rows], _mark(names[low], ":b")]),
        np.concatenate([_join(ends[0][rows], ends[1][rows]), _join(middle[low], ends[1][low])]),
        mask[np.concatenate([rows, np.flatnonzero(~lines)[secondary]])],
    )
    layers = np.array([DEVICE_LAYERS.get(kind, "Switch") for kind in cim.KIND_NAMES], dtype=object)
    for layer in sorted(set(layers[equipment.kind[devices]])):
        chosen = layers[equipment.kind[devices]] == layer
        writer.write_devices(network, layer, devices[chosen], middle, in_station[chosen])
    points = data.usage_points
    writer.write_points(
        "ServicePoint",
        at[points.node],
        {
            **_name_rows(decode_texts(points.mrid)),
            "PhaseDesignation": _mask_phases(points.phases),
            "CustomerCount": points.customers,
            "LoadKW": points.peak_w / 1e3,
        },
    )
    places, sources = at[data.sources.node], _name_rows(decode_texts(data.sources.mrid))
    writer.write_points("ElectricSource", places, sources)


class _DrawingWriter:
    """Writes layers into one geodatabase, batch by batch."""

    def __init__(self, path: Path, crs: str) -> None:
        self.path = path
        self.crs = crs

    def write_lines(
        self, layer: str, names: NDArray[Any], lines: NDArray[np.object_], mask: NDArray[np.int32]
    ) -> None:
        columns = _name_rows(names) | {
            "PhaseDesignation": mask,
            "MeasuredLength": shapely.length(lines) / 0.3048,
        }
        self._write_layer(layer, columns, lines, "LineString")

    def write_points(self, layer: str, xy: NDArray[np.float64], columns: dict[str, Any]) -> None:
        self._write_layer(layer, columns, shapely.points(xy), "Point")

    def write_devices(
        self,
        network: Network,
        layer: str,
        rows: NDArray[np.intp],
        middle: NDArray[np.float64],
        in_station: NDArray[np.bool_],
    ) -> None:
        equipment = network.data.equipment
        names = decode_texts(equipment.mrid[rows])
        columns = {**_name_rows(names), "PhaseDesignation": _mask_phases(equipment.phases[rows])}
        rated = equipment.rated_va[rows] / 1e3
        if layer == "Transformer":
            subtype = np.where(in_station, SUBSTATION_SUBTYPE, 1).astype(np.int32)
            columns |= {"SubtypeCD": subtype, "RatedKVA": rated}
            units = {
                "TransformerObjectID": np.arange(1, len(rows) + 1, dtype=np.int32),
                "RatedKVA": rated,
                "GlobalID": _mark(names, ":unit"),
            }
            self._write_layer("TRANSFORMERUNIT", units, None, None)
        elif layer != "VoltageRegulator":
            for letter, bit in POLES:
                there = (equipment.phases[rows] & bit) != 0
                position = np.where(equipment.normal_open[rows] & bit, 0, 1)
                columns[f"NormalPosition_{letter}"] = np.where(there, position, 2).astype(np.int32)
        self.write_points(layer, middle[rows], columns)

    def _write_layer(
        self,
        layer: str,
        columns: dict[str, Any],
        shapes: NDArray[np.object_] | None,
        geometry_type: str | None,
    ) -> None:
        size = len(next(iter(columns.values())))
        for start in range(0, max(size, 1), BATCH):
            part = slice(start, start + BATCH)
            table = {name: pa.array(values[part]) for name, values in columns.items()}
            options: dict[str, Any] = {}
            if shapes is not None:
                table["geometry"] = pa.array(shapely.to_wkb(shapes[part]), pa.binary())
                options = {"geometry_name": "geometry", "crs": self.crs}
                options["geometry_type"] = geometry_type
            pyogrio.write_arrow(
                pa.table(table),
                self.path,
                layer=layer,
                driver="OpenFileGDB",
                append=start > 0,
                **options,
            )


def _part_places(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return places of which no two lie so near that a device has no room between them."""
    rng = np.random.default_rng(2)
    while True:
        pairs = cKDTree(xy).query_pairs(NEAREST_M, output_type="ndarray")
        if not len(pairs):
            return xy
        moved = np.unique(pairs[:, 1])
        xy[moved] += rng.uniform(-3 * NEAREST_M, 3 * NEAREST_M, (len(moved), 2))


def _name_rows(names: NDArray[Any]) -> dict[str, Any]:
    return {"GlobalID": names, "FacilityID": names}


def _mark(names: NDArray[Any], ending: str) -> NDArray[Any]:
    return np.array([f"{name}{ending}" for name in names], dtype=object)


def _join(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.object_]:
    return np.asarray(shapely.linestrings(np.stack([first, second], axis=1)))


def _mask_phases(codes: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Return phases as the bits that Esri's network has for them: A 4, B 2, C 1."""
    mask = np.zeros(len(codes), dtype=np.int32)
    for (_, bit), value in zip(POLES, (4, 2, 1), strict=True):
        mask[(codes & bit) != 0] += value
    return mask
