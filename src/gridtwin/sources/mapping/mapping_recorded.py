"""Compare the feeder that the source records with the one that is traced."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridtwin.sources.mapping.mapping_places import number_groups
from gridtwin.sources.mapping.mapping_report import FeederComparison
from gridtwin.sources.mapping.mapping_rows import RECORDED_FEEDER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.sources.mapping.mapping_frames import NetworkParts
    from gridtwin.sources.mapping.mapping_named import MappingContext

SEVERAL_FEEDERS = "several feeders"


def trace_feeders(parts: NetworkParts) -> NDArray[np.object_]:
    """Return the feeder that supplies each node as designed; None where none does."""
    frame = parts.joined.frame
    closed = np.ones(len(frame), dtype=bool)
    if "normal_open" in frame:
        closed = ~(frame["normal_open"].fillna("").to_numpy() == True)  # noqa: E712 - or letters
    if "in_service" in frame:
        closed &= ~frame["in_service"].astype(str).str.casefold().isin(["false", "0"]).to_numpy()
    rows = np.array([head.head for head in parts.heads], dtype=np.intp)
    closed[rows] = False
    closed &= (parts.node_a >= 0) & (parts.node_b >= 0)
    groups = number_groups(len(parts.names), parts.node_a[closed], parts.node_b[closed])
    feeder_of = np.full(int(groups.max(initial=-1)) + 1, None, dtype=object)
    for head in parts.heads:
        ends = parts.node_a[head.head], parts.node_b[head.head]
        beyond = groups[ends[1] if ends[0] == head.source_node else ends[0]]
        feeder_of[beyond] = head.mrid if feeder_of[beyond] is None else SEVERAL_FEEDERS
    return feeder_of[groups]


def compare_feeders(
    recorded: pd.DataFrame, traced: NDArray[np.object_], context: MappingContext
) -> FeederComparison:
    """
    Return how many rows record the feeder that is traced, and tell of those that do not.

    Parameters
    ----------
    recorded
        The rows, with their `RECORDED_FEEDER`.
    traced
        The feeder traced for each; None where none supplies it.
    context
        Where it is told.
    """
    if RECORDED_FEEDER not in recorded:
        return FeederComparison(0, 0)
    said = recorded[RECORDED_FEEDER].astype(object).to_numpy()
    told = ~pd.isna(said) & (said.astype(str) != "")
    differs = told & (said != traced)
    if differs.any():
        row = int(np.argmax(differs))
        context.add_notice(
            "recorded_feeder",
            f"{int(differs.sum()):,} of {int(told.sum()):,} rows record another feeder than is"
            f" traced: first {recorded['mrid'].iat[row]} records {said[row]} and hangs on"
            f" {traced[row] or 'none'}",
            "where many differ, an open point or a join is wrong in the mapping",
        )
    return FeederComparison(int((told & ~differs).sum()), int(told.sum()))
