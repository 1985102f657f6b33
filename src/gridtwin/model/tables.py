"""
Hold a network as columns, one array per attribute.

Every table is a frozen dataclass of arrays of one length. Identifiers are UTF-8 bytes, references
between tables are row numbers (int32, -1 for none), NaN means *not known*. Six hundred thousand
rows are cheap; six hundred thousand objects are not.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

Strings = np.ndarray[Any, np.dtype[np.bytes_]]
Table = TypeVar("Table", "Nodes", "UsagePoints", "Sources", "Substations", "Feeders")


@dataclass(frozen=True, slots=True)
class Nodes:
    """Points where terminals meet (CIM ConnectivityNode)."""

    mrid: Strings
    xy: NDArray[np.float64]  # (n, 2) in the network's CRS: longitude and latitude, or planar
    nominal_v: NDArray[np.float32]  # phase-to-phase volts


@dataclass(frozen=True, slots=True)
class Equipment:
    """Two-terminal conducting equipment (CIM ConductingEquipment)."""

    mrid: Strings
    kind: NDArray[np.uint8]  # row of `cim.KINDS`
    node_a: NDArray[np.int32]  # row of Nodes
    node_b: NDArray[np.int32]  # row of Nodes
    phases: NDArray[np.uint8]  # bits of `phases`; 0 = not recorded
    normal_open: NDArray[np.uint8]  # bits that stand open as designed
    name: Strings
    rated_a: NDArray[np.float32]  # amperes
    rated_va: NDArray[np.float32]  # volt-amperes
    length_m: NDArray[np.float32]  # meters along the conductor
    placement: NDArray[np.uint8]  # row of `cim.PLACEMENTS`
    control: NDArray[np.uint8]  # row of `cim.CONTROLS`
    in_service: NDArray[np.bool_]
    vector_group: Strings  # of a transformer, for example b"Dyn11"; empty = not known
    line_start: NDArray[np.int64]  # (n + 1,): row i is line_xy[line_start[i]:line_start[i + 1]]
    line_xy: NDArray[np.float64]  # (k, 2); an empty row is drawn straight from node to node


@dataclass(frozen=True, slots=True)
class UsagePoints:
    """Where customers are served (CIM UsagePoint): a meter, or the load of a test feeder."""

    mrid: Strings
    node: NDArray[np.int32]  # row of Nodes
    phases: NDArray[np.uint8]  # 0 = whatever its node carries
    name: Strings
    customers: NDArray[np.int32]
    peak_w: NDArray[np.float32]  # watts
    service_class: Strings  # for example b"residential"
    priority: Strings  # for example b"hospital"; empty = none
    transformer: NDArray[np.int32]  # row of Equipment that serves it, as recorded; -1 = not known
    xy: NDArray[np.float64]  # (n, 2)


@dataclass(frozen=True, slots=True)
class Sources:
    """Where energy enters (CIM EnergySource)."""

    mrid: Strings
    node: NDArray[np.int32]
    phases: NDArray[np.uint8]
    kind: NDArray[np.uint8]  # row of `cim.SOURCE_KINDS`
    substation: NDArray[np.int32]  # row of Substations; -1 = none
    rated_va: NDArray[np.float32]
    in_service: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Substations:
    """Substations by name and place."""

    mrid: Strings
    name: Strings
    xy: NDArray[np.float64]  # (n, 2)
    rated_va: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Feeders:
    """Feeders, each defined by its head switch; what a feeder feeds is computed, never stored."""

    mrid: Strings
    name: Strings
    substation: NDArray[np.int32]  # row of Substations; -1 = none
    head: NDArray[np.int32]  # row of Equipment


@dataclass(frozen=True, slots=True)
class NetworkData:
    """The six tables of a network."""

    nodes: Nodes
    equipment: Equipment
    usage_points: UsagePoints
    sources: Sources
    substations: Substations
    feeders: Feeders


def encode(values: Iterable[str]) -> Strings:
    """Return texts as a fixed-width array of UTF-8 bytes."""
    array = np.asarray(values if isinstance(values, np.ndarray) else list(values), dtype=np.str_)
    if array.size == 0:
        return np.empty(array.shape, dtype="S1")
    try:
        return array.astype(np.bytes_)
    except UnicodeEncodeError:
        return np.char.encode(array, "utf-8")


def decode(values: Strings) -> NDArray[np.str_]:
    """Return UTF-8 bytes as texts."""
    if values.size == 0:
        return np.empty(values.shape, dtype="U1")
    try:
        return values.astype(np.str_)
    except UnicodeDecodeError:
        return np.char.decode(values, "utf-8")


def blank(count: int) -> Strings:
    """Return `count` empty texts."""
    return np.zeros(count, dtype="S1")


def unknown(count: int) -> NDArray[np.float32]:
    """Return `count` unknown numbers."""
    return np.full(count, np.nan, dtype=np.float32)


def take(table: Table, rows: NDArray[np.integer[Any]]) -> Table:
    """Return the rows of a table in the order given."""
    return replace(
        table, **{field.name: getattr(table, field.name)[rows] for field in fields(table)}
    )


def take_equipment(table: Equipment, rows: NDArray[np.integer[Any]]) -> Equipment:
    """Return the rows of an equipment table in the order given, their geometry with them."""
    start, xy = take_ragged(table.line_start, table.line_xy, rows)
    flat = {
        field.name: getattr(table, field.name)[rows]
        for field in fields(table)
        if field.name not in {"line_start", "line_xy"}
    }
    return Equipment(**flat, line_start=start, line_xy=xy)


def take_ragged(
    start: NDArray[np.int64], values: NDArray[Any], rows: NDArray[np.integer[Any]]
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Return the offsets and values of the chosen rows of a ragged array."""
    lengths = start[rows + 1] - start[rows]
    offsets = np.zeros(len(rows) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    if not len(values):
        return offsets, values
    within = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
    return offsets, values[np.repeat(start[rows], lengths) + within]
