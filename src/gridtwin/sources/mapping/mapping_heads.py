"""Say where feeders begin: the source of each, and the equipment that is its head."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from gridtwin.sources.mapping.mapping_rows import BlockRows


class KnownEnds(NamedTuple):
    """What stands at the nodes: equipment by its ends, and the nodes of each key."""

    node_a: NDArray[np.intp]
    node_b: NDArray[np.intp]
    by_key: Mapping[str, tuple[int, int]]  # of a device both ends, of others the one twice
    row_of_key: Mapping[str, int]  # of equipment


class FeederHead(NamedTuple):
    """One feeder: its source, and the equipment it begins with."""

    mrid: str
    name: str
    substation: str
    source_node: int
    head: int  # row of the equipment; -1: one has to be made between the source and its node


def find_heads(
    rows: BlockRows, named: NDArray[np.intp], known: KnownEnds, name: str
) -> list[FeederHead]:
    """
    Return the feeders that a block of heads defines.

    Parameters
    ----------
    rows
        The rows of the block.
    named
        The node that each row names, -1 where it names none.
    known
        What stands at the nodes.
    name
        The mapping file, for messages.

    Raises
    ------
    SourceError
        If a head is not in the network, or the block does not say where heads are.
    """
    frame, label = rows.frame, rows.block.label
    if "feeder" not in frame or ("at" in frame) == ("node" in frame):
        msg = f"{name}: {label}: say feeder, and where it begins: node, or at (a key)"
        raise SourceError(msg)
    return [_find_head(frame, row, named, known, f"{name}: {label}") for row in range(len(frame))]


def _find_head(
    frame: pd.DataFrame, row: int, named: NDArray[np.intp], known: KnownEnds, where: str
) -> FeederHead:
    texts = {str(key): str(value).strip() for key, value in frame.iloc[row].dropna().items()}
    feeder = texts.get("feeder", "")
    told = (feeder, texts.get("name") or feeder, texts.get("substation", ""))
    if "node" in frame:
        node = int(named[row])
        if node < 0 or not ((known.node_a == node) | (known.node_b == node)).any():
            at = texts.get("node", "")
            msg = f"{where}, node: feeder {feeder} begins at {at!r}, where there is no equipment"
            raise SourceError(msg)
        return FeederHead(*told, node, _find_only_equipment(node, known))
    key = texts.get("at", "")
    if key not in known.by_key:
        msg = f"{where}, at: feeder {feeder} begins at {key!r}, which no mapped layer holds"
        raise SourceError(msg)
    node_a, node_b = known.by_key[key]
    if node_a == node_b:
        return FeederHead(*told, node_a, _find_only_equipment(node_a, known))
    source = node_b if texts.get("terminal") in {"1", "1.0"} else node_a
    return FeederHead(*told, source, known.row_of_key[key])


def _find_only_equipment(node: int, known: KnownEnds) -> int:
    """Return the row of the equipment at a node; -1 if there are several."""
    rows = np.flatnonzero((known.node_a == node) | (known.node_b == node))
    return int(rows[0]) if len(rows) == 1 else -1
