"""Hold a network as six tables, each one array per attribute, and move their rows."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from gridtwin.model.schema import ORIGINS_FIELD, OWN_FIELD, SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from gridtwin.model.schema import (
        Equipment,
        Feeders,
        Nodes,
        Sources,
        Substations,
        UsagePoints,
    )

Strings = np.ndarray[Any, np.dtype[np.bytes_]]
LINE_ARRAYS = ("line_start", "line_xy")  # arrays that are not one value a row
Table = TypeVar("Table", "Nodes", "Equipment", "UsagePoints", "Sources", "Substations", "Feeders")


@dataclass(frozen=True, slots=True)
class NetworkData:
    """The six tables of a network."""

    nodes: Nodes
    equipment: Equipment
    usage_points: UsagePoints
    sources: Sources
    substations: Substations
    feeders: Feeders


def encode_texts(values: Iterable[str]) -> Strings:
    """Return texts as a fixed-width array of UTF-8 bytes."""
    array = np.asarray(values if isinstance(values, np.ndarray) else list(values), dtype=np.str_)
    if array.size == 0:
        return np.empty(array.shape, dtype="S1")
    try:
        return array.astype(np.bytes_)
    except UnicodeEncodeError:
        return np.char.encode(array, "utf-8")


def decode_texts(values: Strings) -> NDArray[np.str_]:
    """Return UTF-8 bytes as texts."""
    if values.size == 0:
        return np.empty(values.shape, dtype="U1")
    try:
        return values.astype(np.str_)
    except UnicodeDecodeError:
        return np.char.decode(values, "utf-8")


def make_blank_texts(count: int) -> Strings:
    """Return `count` empty texts."""
    return np.zeros(count, dtype="S1")


def make_unknown_numbers(count: int) -> NDArray[np.float32]:
    """Return `count` unknown numbers."""
    return np.full(count, np.nan, dtype=np.float32)


def take_rows(table: Table, rows: NDArray[np.integer[Any]]) -> Table:
    """Return the rows of a table in the order given, with what stands beside its columns."""
    held = {each.name: getattr(table, each.name) for each in fields(table)}
    own, origins = held.pop(OWN_FIELD), held.pop(ORIGINS_FIELD)
    taken = {name: values[rows] for name, values in held.items() if name not in LINE_ARRAYS}
    taken[OWN_FIELD] = {name: column.take(rows) for name, column in own.items()}
    taken[ORIGINS_FIELD] = None if origins is None else origins.take(rows)
    if LINE_ARRAYS[0] in held:
        start, xy = (held[name] for name in LINE_ARRAYS)
        taken |= zip(LINE_ARRAYS, take_ragged(start, xy, rows), strict=True)
    return type(table)(**taken)


def pick_rows(data: NetworkData, rows: Mapping[str, NDArray[np.integer[Any]]]) -> NetworkData:
    """
    Return a network with some rows of its tables, in the order given.

    Parameters
    ----------
    data
        The network.
    rows
        The old row at each new one, for each table that changes; no row twice.

    Returns
    -------
        The tables; a reference to a row that is not among them is -1.
    """
    places: dict[str, NDArray[np.int32]] = {}
    for name, chosen in rows.items():
        place = np.full(len(getattr(data, name).mrid) + 1, -1, dtype=np.int32)  # -1 stays -1
        place[chosen] = np.arange(len(chosen), dtype=np.int32)
        places[name] = place
    tables: dict[str, Any] = {}
    for name, frame in SCHEMA.items():
        table = getattr(data, name)
        moved = take_rows(table, rows[name]) if name in rows else table
        references = {
            column.name: places[column.refers][getattr(moved, column.name)]
            for column in frame.columns
            if column.refers in places
        }
        tables[name] = replace(moved, **references) if references else moved
    return NetworkData(**tables)


def keep_places(place: NDArray[np.integer[Any]]) -> NDArray[np.int32]:
    """
    Return an order of rows in which what was there before stands where it stood.

    Parameters
    ----------
    place
        The row that each had before; -1 = it is new.

    Returns
    -------
        The row at each place: what is new takes the places of what is gone, then those behind the
        last; where more is gone than new, what stood behind the last takes them.

    Examples
    --------
    >>> keep_places(np.array([2, -1, 0])).tolist()
    [2, 1, 0]
    """
    count = len(place)
    order = np.full(count, -1, dtype=np.int32)
    stays = np.flatnonzero((place >= 0) & (place < count))
    order[place[stays]] = stays
    placed = np.zeros(count, dtype=np.bool_)
    placed[order[order >= 0]] = True
    order[order < 0] = np.flatnonzero(~placed)
    return order


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
