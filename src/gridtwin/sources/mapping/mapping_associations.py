"""Join what a source associates although it lies apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.errors import SourceError
from gridtwin.sources.mapping.mapping_sides import is_second_terminal

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from numpy.typing import NDArray

    from gridtwin.sources.mapping.mapping_named import JoinedEquipment, MappingContext
    from gridtwin.sources.mapping.mapping_nodes import NodeSlots
    from gridtwin.sources.mapping.mapping_points import MappedPoints
    from gridtwin.sources.mapping.mapping_rows import BlockRows


def join_associations(
    blocks: Iterable[BlockRows],
    slots: dict[str, tuple[int, int]],
    nodes: NodeSlots,
    context: MappingContext,
) -> None:
    """
    Join what associations name: a key and a terminal with another.

    Parameters
    ----------
    blocks
        The rows of ``[[associations]]``.
    slots
        The slots of each key, as `list_slots_of_keys`.
    nodes
        What they are joined in.
    context
        Which is told of associations that name what is not there.

    Raises
    ------
    SourceError
        If a block does not say the keys of both ends.
    """
    missed = 0
    for block in blocks:
        rows = block.frame
        if not {"a", "b"} <= set(rows):
            msg = f"{context.name}: {block.block.label}: say the keys of both ends, a and b"
            raise SourceError(msg)
        ends = [_find_slots(rows, end, slots) for end in ("a", "b")]
        missed += _tell_missed(rows, ends, slots, context)
        nodes.join_slots(ends[0], ends[1])
    if missed:
        context.add_notice(
            "association_to_nothing",
            f"{missed:,} associations name what no mapped layer holds, and join nothing",
        )


def _tell_missed(
    rows: pd.DataFrame,
    ends: list[NDArray[np.int64]],
    slots: dict[str, tuple[int, int]],
    context: MappingContext,
) -> int:
    """Tell which associations name what no mapped layer holds; return how many."""
    missed = np.flatnonzero((ends[0] < 0) | (ends[1] < 0))
    for row in missed.tolist():
        a, b = (str(rows[end].iat[row]).strip() for end in ("a", "b"))
        lost, other = (b, a) if a in slots else (a, b)
        context.told.add_finding(
            "association_to_nothing",
            other if other in slots else f"{a} - {b}",
            f"is associated with {lost}, which no mapped layer holds",
            row=(str(rows["layer"].iat[row]), f"{a} - {b}"),
        )
    return len(missed)


def list_slots_of_keys(
    joined: JoinedEquipment, points: dict[str, MappedPoints]
) -> dict[str, tuple[int, int]]:
    """Return the slots of each key: both ends of a device, of a point the one twice."""
    known: dict[str, tuple[int, int]] = {}
    for each in points.values():
        known |= {
            str(key): (int(slot), int(slot))
            for key, slot in zip(each.frame["key"], each.slots, strict=True)
            if slot >= 0
        }
    ends = zip(joined.frame["key"], joined.slot_a, joined.slot_b, strict=True)
    for key, slot_a, slot_b in reversed(list(ends)):  # of pieces, the first counts
        if slot_a >= 0 and slot_b >= 0:
            known[str(key)] = (int(slot_a), int(slot_b))
    return known


def _find_slots(
    rows: pd.DataFrame, end: str, slots: dict[str, tuple[int, int]]
) -> NDArray[np.int64]:
    """Return the slot that one end of each association names; -1 if there is none."""
    terminals = rows.get(f"{end}_terminal")
    chosen = np.full(len(rows), -1, dtype=np.int64)
    for row, key in enumerate(rows[end]):
        sides = slots.get(str(key).strip())
        if sides is not None:
            terminal = None if terminals is None else terminals.iat[row]
            chosen[row] = sides[is_second_terminal(terminal)]
    return chosen
