"""Say how a mapping fits its source: rows, ends, records, and what was found row by row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.model.findings import find_worst, mark_accepted

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from gridtwin.model.network import Network

# In meters; beyond the last, ends are counted together.
DISTANCE_STEPS_M = (0.0, 0.001, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)


class LayerTally(NamedTuple):
    """What became of the rows of one layer in one block."""

    block: str
    layer: str
    to: str
    read: int
    filtered: int  # left out by where
    unlisted: int  # left out because of a code that is not listed, or listed as nothing
    repeated: int  # left out because another row of their key is preferred
    mapped: int


class RecordedComparison(NamedTuple):
    """How many customers record the feeder, or the transformer, that is traced."""

    equal: int
    compared: int


class DistanceBin(NamedTuple):
    """How many line ends lie so far from the nearest other thing."""

    from_m: float
    to_m: float  # infinite in the last
    ends: int


@dataclass(frozen=True, slots=True)
class MappingReport:
    """How a mapping fits a source; what was found is in `network.loaded`."""

    mapping: str
    tallies: tuple[LayerTally, ...]
    network: Network
    feeders: RecordedComparison
    transformers: RecordedComparison
    tolerance_m: float
    rows: pd.DataFrame  # mrid, layer and key of what is in the network
    partners: dict[int, int] = field(default_factory=dict)  # ends by what else is at their node
    distances: tuple[DistanceBin, ...] = ()  # of ends joined by place, to what is nearest

    @property
    def has_errors(self) -> bool:
        """Whether an error was found in the source that its mapping does not accept."""
        loaded = self.network.loaded
        return find_worst(mark_accepted(loaded.findings, loaded.accepted)) == "error"


def count_partners(
    line_ends: NDArray[np.integer], others: NDArray[np.integer], node_count: int
) -> dict[int, int]:
    """
    Return how many line ends have how many partners at their node.

    Parameters
    ----------
    line_ends
        The nodes of the ends of lines.
    others
        The nodes of ends of other equipment, of customers and of sources; -1 is nowhere.
    node_count
        How many nodes there are.

    Examples
    --------
    >>> count_partners(np.array([0, 1, 1, 2]), np.array([2, 2]), 3)
    {0: 1, 1: 2, 2: 1}
    """
    there = np.concatenate([line_ends, others])
    at = np.bincount(there[there >= 0], minlength=node_count)
    partners = at[line_ends[line_ends >= 0]] - 1
    numbers, ends = np.unique(partners, return_counts=True)
    return dict(zip(numbers.tolist(), ends.tolist(), strict=True))


def sort_distances(distances: NDArray[np.float64], tolerance_m: float) -> tuple[DistanceBin, ...]:
    """
    Return how many distances lie in each step, of which the tolerance is one.

    Examples
    --------
    >>> [each for each in sort_distances(np.array([0.0, 0.2, 0.4, np.inf]), 0.25) if each.ends]
    [DistanceBin(from_m=0.0, to_m=0.001, ends=1), DistanceBin(from_m=0.1, to_m=0.25, ends=1), \
DistanceBin(from_m=0.3, to_m=1.0, ends=1), DistanceBin(from_m=30.0, to_m=inf, ends=1)]
    """
    steps = np.unique([*DISTANCE_STEPS_M, tolerance_m])
    # A distance of just the tolerance is within it.
    bins = np.maximum(np.searchsorted(steps, distances, side="left") - 1, 0)
    counts = np.bincount(bins, minlength=len(steps))
    ends = [*steps[1:].tolist(), np.inf]
    return tuple(
        DistanceBin(*each) for each in zip(steps.tolist(), ends, counts.tolist(), strict=True)
    )
