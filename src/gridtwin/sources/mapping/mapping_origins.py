"""Say which layer and row of the source the rows of a mapped network are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridtwin.model.origins import SourceRows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridtwin.sources.mapping.mapping_frames import NetworkParts
    from gridtwin.sources.mapping.mapping_points import MappedPoints
    from gridtwin.sources.mapping.mapping_rows import BlockRows


def list_origins(
    parts: NetworkParts,
    points: dict[str, MappedPoints],
    junctions: NDArray[np.intp],
    rows: Sequence[BlockRows],
    heads: Sequence[BlockRows],
) -> dict[str, SourceRows]:
    """
    Return the rows of the source, by the frame that they became a part of.

    Parameters
    ----------
    parts, points, junctions
        The equipment; the usage points, sources and junctions; and the node of each junction.
    rows, heads
        The rows of all blocks of layers, and of heads.
    """
    made = points["nodes"].frame[junctions >= 0]
    names = parts.names[junctions[junctions >= 0]]
    once = ~pd.Series(names).duplicated().to_numpy()
    stations = [part.frame for part in rows if part.block.to == "substations"]
    feeders = [
        SourceRows(
            part.frame["feeder"].astype(str).str.strip().tolist(), part.frame["layer"].tolist()
        )
        for part in heads
        if "feeder" in part.frame
    ]
    return {
        "nodes": SourceRows(
            names[once], _list_texts(made[once], "layer"), _list_texts(made[once], "key")
        ),
        "equipment": _list_rows([parts.joined.frame]),
        "usage_points": _list_rows([points["usage_points"].frame]),
        "sources": _list_rows([points["sources"].frame]),
        "substations": _list_rows(stations),
        "feeders": SourceRows(
            [mrid for each in feeders for mrid in each.mrid],
            [layer for each in feeders for layer in each.layers],
        ),
    }


def _list_rows(frames: Sequence[pd.DataFrame]) -> SourceRows:
    """Return the rows of frames with their mRID, layer and key."""
    columns = ("mrid", "layer", "key")
    return SourceRows(
        *(
            np.concatenate([np.empty(0, object), *(_list_texts(f, c) for f in frames)])
            for c in columns
        )
    )


def _list_texts(frame: pd.DataFrame, column: str) -> NDArray[np.object_]:
    return frame[column].fillna("").to_numpy(dtype=object)
