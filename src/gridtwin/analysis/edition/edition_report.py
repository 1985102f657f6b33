"""Gather what a new edition of a network changes, before it is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.edition.lost_elements import LostElements
from gridtwin.analysis.edition.moved_customers import SuppliedNetwork, find_moved
from gridtwin.analysis.edition.network_difference import (
    LayerDifference,
    compare_editions,
    count_by_layer,
)
from gridtwin.errors import EditionError
from gridtwin.model.schema import SCHEMA
from gridtwin.model.tables import decode_texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridtwin.analysis.edition.moved_customers import MovedCustomers
    from gridtwin.analysis.edition.network_difference import FrameDifference, NetworkDifference
    from gridtwin.model.network import Network
    from gridtwin.topology.topology_index import TopologyIndex

COUNTED_FRAMES = ("equipment", "usage_points")  # of which no more may vanish than is allowed
MOST_VANISHED_PERCENT = 5.0
FIRST_ROWS = 5


@dataclass(frozen=True, slots=True)
class FrameChanges:
    """What became of the rows of one frame."""

    frame: str
    before: int  # rows
    rows: int  # of now
    added: int
    changed: int
    removed: int
    columns: Mapping[str, int]  # changed rows that differ in each column
    own_added: tuple[str, ...]  # own columns
    own_removed: tuple[str, ...]
    first_added: tuple[str, ...]  # mRIDs
    first_changed: tuple[str, ...]
    first_removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EditionReport:
    """What a new edition of a network changes."""

    frames: tuple[FrameChanges, ...]
    layers: tuple[LayerDifference, ...]
    feeders: MovedCustomers  # who hangs on another feeder
    transformers: MovedCustomers
    lost: LostElements = field(default_factory=LostElements)

    @property
    def added(self) -> int:
        """Rows added, of all frames."""
        return sum(each.added for each in self.frames)

    @property
    def changed(self) -> int:
        """Rows changed, of all frames."""
        return sum(each.changed for each in self.frames)

    @property
    def removed(self) -> int:
        """Rows removed, of all frames."""
        return sum(each.removed for each in self.frames)

    @property
    def vanished_percent(self) -> float:
        """Of equipment or of usage points, whichever is more, the share that is removed."""
        return max(
            (100 * each.removed / each.before if each.before else 0.0)
            for each in self.frames
            if each.frame in COUNTED_FRAMES
        )

    def require_same_utility(self, source: str) -> None:
        """
        Refuse an edition that has nothing of the one before.

        Raises
        ------
        EditionError
            If no equipment and no usage point of before is in it.
        """
        counted = [each for each in self.frames if each.frame in COUNTED_FRAMES]
        if all(each.removed == each.before for each in counted):
            ids = ", ".join(each.first_removed[0] for each in counted if each.first_removed)
            new = ", ".join(each.first_added[0] for each in counted if each.first_added)
            msg = (
                f"{source} is not what this twin was loaded from: none of its"
                f" {sum(each.before for each in counted):,} pieces of equipment and usage points"
                f" (such as {ids}) is in it (it has {new}): give the same source, or load it with"
                " --overwrite instead"
            )
            raise EditionError(msg)

    def require_few_vanished(self, source: str, most_percent: float) -> None:
        """
        Refuse an edition in which more vanishes than is allowed.

        Raises
        ------
        EditionError
            With how much of what, and what allows it.
        """
        if self.vanished_percent <= most_percent:
            return
        told = " and ".join(
            f"{each.removed:,} of {each.before:,} rows of {each.frame}"
            f" ({100 * each.removed / each.before:.1f} %)"
            for each in self.frames
            if each.frame in COUNTED_FRAMES and each.removed
        )
        msg = (
            f"{source} lacks {told} that the twin has, more than {most_percent:g} %: nothing was"
            " written; see what with --dry-run, and if it is meant, allow it with"
            f" --allow-vanish {np.ceil(self.vanished_percent):.0f}"
        )
        raise EditionError(msg)


def report_edition(
    former: Network,
    former_index: TopologyIndex,
    network: Network,
    index: TopologyIndex,
    lost: LostElements,
) -> tuple[EditionReport, NetworkDifference]:
    """
    Return what a new edition changes, and row by row.

    Parameters
    ----------
    former, former_index
        The network of before and its topology as designed.
    network, index
        Those of now.
    lost
        What refers to elements that are there no more.
    """
    difference = compare_editions(former, network)
    feeders, transformers = find_moved(
        SuppliedNetwork(former.data, former_index), SuppliedNetwork(network.data, index), difference
    )
    frames = tuple(_summarize(former, network, name, difference[name]) for name in SCHEMA)
    layers = tuple(count_by_layer(former, network, difference))
    return EditionReport(frames, layers, feeders, transformers, lost), difference


def _summarize(
    former: Network, network: Network, name: str, difference: FrameDifference
) -> FrameChanges:
    before, now = (getattr(each.data, name).mrid for each in (former, network))
    flags = (
        (now, difference.old_row < 0),
        (now, difference.changed),
        (before, difference.new_row < 0),
    )
    first = [
        tuple(sorted(decode_texts(mrid[np.flatnonzero(chosen)]).tolist())[:FIRST_ROWS])
        for mrid, chosen in flags
    ]
    added, changed, removed = (int(chosen.sum()) for _, chosen in flags)
    return FrameChanges(
        name,
        len(before),
        len(now),
        added,
        changed,
        removed,
        difference.columns,
        difference.own_added,
        difference.own_removed,
        *first,
    )
