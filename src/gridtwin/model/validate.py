"""Check the rules that span rows and tables, and note every row that breaks one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model import cim
from gridtwin.model.schema import list_columns
from gridtwin.model.tables import NetworkData, decode_texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gridtwin.model.columns import FrameColumns
    from gridtwin.model.faults import Faults


def check_network(
    data: NetworkData, given: Mapping[str, FrameColumns], faults: Faults, *, geographic: bool
) -> None:
    """
    Note every fault of a network whose references have been resolved.

    Parameters
    ----------
    data
        The tables; a reference that could not be resolved is -1 and already noted.
    given
        The frames they were read from.
    faults
        Where faults go.
    geographic
        Whether coordinates are longitude and latitude.
    """
    for columns in given.values():
        _unique_ids(columns)
    if geographic:
        _on_earth(data, given)
    if faults.found:
        return
    _transformer_rings(data, given["equipment"])
    _kinds_referred_to(data, given)


def _unique_ids(columns: FrameColumns) -> None:
    mrid = columns.read_mrids()
    empty = np.flatnonzero(mrid == b"")
    columns.add_faults(empty, ["mrid is empty"] * len(empty))
    _, first, back = np.unique(mrid, return_index=True, return_inverse=True)
    original = first[back.ravel()]
    again = np.flatnonzero((original != np.arange(len(mrid))) & (mrid != b""))
    columns.add_faults(again, [f"mrid is used twice: row {original[row]} has it" for row in again])


def _on_earth(data: NetworkData, given: Mapping[str, FrameColumns]) -> None:
    for name, _ in list_columns("point"):
        xy = getattr(data, name).xy
        with np.errstate(invalid="ignore"):
            off = (np.abs(xy[:, 0]) > 180) | (np.abs(xy[:, 1]) > 90) | np.isinf(xy).any(axis=1)
        rows = np.flatnonzero(off)
        given[name].add_faults(
            rows,
            [
                f"geometry ({xy[row, 0]:g}, {xy[row, 1]:g}) is no longitude and latitude:"
                " state the coordinate system"
                for row in rows
            ],
        )


def _kinds_referred_to(data: NetworkData, given: Mapping[str, FrameColumns]) -> None:
    """Note references to equipment of another kind than the column is for."""
    equipment = data.equipment
    for name, column in list_columns("row"):
        if column.of:
            rows = getattr(getattr(data, name), column.name)
            bad = np.flatnonzero((rows >= 0) & (equipment.kind[rows] != cim.KIND_CODE[column.of]))
            named = [equipment.mrid[rows[row]].decode() for row in bad]
            given[name].add_faults(
                bad, [f"{column.name} names {mrid!r}, which is no {column.of}" for mrid in named]
            )


def _transformer_rings(data: NetworkData, equipment: FrameColumns) -> None:
    """
    Note transformers that close a ring among nodes whose voltages are not known.

    Parallel transformers are no ring. A ring of three windings levels (220, 110 and 20 kV) is
    sound when the nominal voltages say so; without them nobody can tell which side is high.
    """
    table = data.equipment
    rows = np.flatnonzero((table.kind == cim.TRANSFORMER) & (table.node_a != table.node_b))
    low = np.minimum(table.node_a[rows], table.node_b[rows])
    high = np.maximum(table.node_a[rows], table.node_b[rows])
    _, first = np.unique(np.stack([low, high]), axis=1, return_index=True)
    rows, low, high = rows[first], low[first], high[first]
    ring = _on_cycles(low, high, len(data.nodes.mrid))
    known = np.isfinite(data.nodes.nominal_v)
    bad = np.sort(rows[ring & ~(known[low] & known[high])])
    names = ", ".join(decode_texts(table.mrid[bad[:5]]).tolist())
    reason = (
        f"transformers form a ring ({names}) among nodes without nominal_v: give the voltages,"
        " or open the ring"
    )
    equipment.add_faults(bad, [reason] * len(bad))


def _on_cycles(
    low: NDArray[np.int32], high: NDArray[np.int32], node_count: int
) -> NDArray[np.bool_]:
    """Return which edges of a simple graph are left when dead ends are pruned away."""
    alive = np.ones(len(low), dtype=bool)
    while alive.any():
        degree = np.bincount(np.concatenate([low[alive], high[alive]]), minlength=node_count)
        ends = alive & ((degree[low] == 1) | (degree[high] == 1))
        if not ends.any():
            break
        alive &= ~ends
    return alive
