"""Say which rows of a network were added, changed or removed since its former edition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.model.frames import equipment_courses
from gridtwin.model.ids import SortedIds
from gridtwin.model.schema import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gridtwin.model.network import Network
    from gridtwin.model.origins import RowOrigins
    from gridtwin.model.own_columns import OwnColumn
    from gridtwin.model.schema import FrameColumn

    Flags = NDArray[np.bool_]
    Rows = NDArray[np.int32]

NOT_THERE = -1
WAS_REMOVED = -2  # of a reference to a row that is there no more


@dataclass(frozen=True, slots=True)
class FrameDifference:
    """
    How the rows of one frame differ from those of before; rows are the same where mRIDs are.

    Attributes
    ----------
    new_row
        The row now of each row of before; -1 = removed.
    old_row
        The row before of each row of now; -1 = added.
    changed
        Which rows of now were there and hold something else.
    columns
        Rows that differ in each column, for those in which any does; own columns by ``own.NAME``.
    own_added, own_removed
        Own columns that only one of the editions has; they make no row a changed one.
    """

    new_row: Rows
    old_row: Rows
    changed: Flags
    columns: Mapping[str, int]
    own_added: tuple[str, ...]
    own_removed: tuple[str, ...]

    @property
    def is_fresh(self) -> Flags:
        """Which rows of now were added or changed."""
        return (self.old_row < 0) | self.changed

    @property
    def added(self) -> int:
        """How many rows were added."""
        return int((self.old_row < 0).sum())

    @property
    def removed(self) -> int:
        """How many rows were removed."""
        return int((self.new_row < 0).sum())


NetworkDifference = dict[str, FrameDifference]


def compare_editions(former: Network, network: Network) -> NetworkDifference:
    """
    Return how a network differs from its former edition, frame by frame.

    Parameters
    ----------
    former, network
        The two editions; every column is compared, references by what they refer to.
    """
    places = {
        name: (_match_rows(former, network, name), _match_rows(network, former, name))
        for name in SCHEMA
    }
    return {name: _compare_frame(former, network, name, places) for name in SCHEMA}


def _match_rows(one: Network, other: Network, name: str) -> Rows:
    """Return the row in the other network of each row of a frame; -1 where it has none."""
    return other.ids.tables[name].find_rows(getattr(one.data, name).mrid)


def _compare_frame(
    former: Network, network: Network, name: str, places: Mapping[str, tuple[Rows, Rows]]
) -> FrameDifference:
    before, now = getattr(former.data, name), getattr(network.data, name)
    new_row, old_row = places[name]
    stays = np.flatnonzero(old_row >= 0)
    rows = old_row[stays]
    differing: dict[str, Flags] = {}
    for column in SCHEMA[name].columns:
        if column.kind == "id":
            continue
        if column.kind == "row":
            moved = np.append(
                np.where(places[column.refers][0] < 0, WAS_REMOVED, places[column.refers][0]),
                NOT_THERE,
            )
            old = moved[getattr(before, column.name)[rows]]
            differing[column.name] = old != getattr(now, column.name)[stays]
        elif column.kind == "line":
            differing[column.name] = _compare_courses(former, network, (rows, stays))
        else:
            differing[column.name] = _compare_column(column, before, now, (rows, stays))
    both = [each for each in now.own if each in before.own]
    for each in both:
        own = before.own[each].take(rows), now.own[each].take(stays)
        differing[f"own.{each}"] = _compare_own(*own)
    changed = np.zeros(len(old_row), dtype=np.bool_)
    for flags in differing.values():
        changed[stays] |= flags
    counts = {each: int(flags.sum()) for each, flags in differing.items()}
    return FrameDifference(
        new_row,
        old_row,
        changed,
        {each: count for each, count in counts.items() if count},
        tuple(each for each in now.own if each not in before.own),
        tuple(each for each in before.own if each not in now.own),
    )


def _compare_column(column: FrameColumn, before: Any, now: Any, rows: tuple[Rows, Any]) -> Flags:
    """Return where a column of one array that refers to no other frame differs."""
    (field,) = column.fields
    old, new = getattr(before, field)[rows[0]], getattr(now, field)[rows[1]]
    return _compare_points(old, new) if column.kind == "point" else _compare_values(old, new)


def _compare_values(old: NDArray[Any], new: NDArray[Any]) -> Flags:
    """Return where values differ; not known is the same as not known."""
    differs = old != new
    if old.dtype.kind in "fM":
        differs &= ~(np.isnan(old) & np.isnan(new))
    return np.asarray(differs)


def _compare_points(old: NDArray[np.float64], new: NDArray[np.float64]) -> Flags:
    return np.asarray(_compare_values(old, new).any(axis=1))


def _compare_courses(former: Network, network: Network, rows: tuple[Rows, Any]) -> Flags:
    """Return which equipment runs otherwise; drawn straight, it runs where its nodes lie."""
    (old_counts, old), (new_counts, new) = (
        equipment_courses(each.data, own) for each, own in zip((former, network), rows, strict=True)
    )
    differs = np.asarray(old_counts != new_counts)
    alike = ~differs
    old, new = old[np.repeat(alike, old_counts)], new[np.repeat(alike, new_counts)]
    ends = np.cumsum(new_counts[alike])
    other = np.concatenate([[0], np.cumsum(_compare_points(old, new))])
    differs[alike] = other[ends] > other[ends - new_counts[alike]]
    return differs


def _compare_own(old: OwnColumn, new: OwnColumn) -> Flags:
    if old.kind != new.kind:
        return np.asarray(old.list_texts() != new.list_texts())
    if old.kind != "text":
        return _compare_values(old.values, new.values)
    codes = SortedIds.from_mrids(new.texts).find_rows(old.texts)
    return np.asarray(codes[old.values] != new.values)


@dataclass(frozen=True, slots=True)
class LayerDifference:
    """How many rows of one layer of the source became another."""

    frame: str
    layer: str  # empty = made of no row of the source
    rows: int  # of now
    added: int
    changed: int
    removed: int


def count_by_layer(
    former: Network, network: Network, difference: NetworkDifference
) -> list[LayerDifference]:
    """Return how many rows were added, changed and removed, by frame and layer of the source."""
    counted = []
    for name, frame in difference.items():
        before, now = (getattr(each.data, name) for each in (former, network))
        counts: dict[str, list[int]] = {}
        for place, (table, rows) in enumerate(
            [
                (now, np.ones(len(now.mrid), dtype=np.bool_)),
                (now, frame.old_row < 0),
                (now, frame.changed),
                (before, frame.new_row < 0),
            ]
        ):
            for layer, count in _count_layers(table.origins, rows).items():
                counts.setdefault(layer, [0, 0, 0, 0])[place] = count
        counted += [LayerDifference(name, layer, *counts[layer]) for layer in sorted(counts)]
    return counted


def _count_layers(origins: RowOrigins | None, rows: Flags) -> dict[str, int]:
    """Return how many of some rows are of each layer."""
    if origins is None:
        return {"": int(rows.sum())} if rows.any() else {}
    counts = np.bincount(origins.layer[rows], minlength=len(origins.layers))
    return {
        layer.decode(): int(count)
        for layer, count in zip(origins.layers.tolist(), counts, strict=True)
        if count
    }
