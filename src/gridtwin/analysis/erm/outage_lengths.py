"""How long outages of the same kind, place or size took lately, beside those of the source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.erm.asof import GroupedEvents
from gridtwin.analysis.erm.system_load import find_squares
from gridtwin.model.moments import DAY_S, HOUR_S

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gridtwin.model.outage_history import OutageHistory

    Float = NDArray[np.float64]
    Rows = NDArray[np.int64]

LENGTH_WINDOW_S = 365 * DAY_S
SOURCE_PULL = 20.0  # a group counts as if so many outages as long as the source's had been in it
RECENT_S = (6 * HOUR_S, 24 * HOUR_S, 168 * HOUR_S)


@dataclass(frozen=True)
class OutageLengths:
    """
    Logarithms of completed outages' lengths, known from their ends on.

    The length counts from first sight; outages a source does not vouch for (`clean`) and planned
    work are left out.
    """

    ended: GroupedEvents
    by_group: Mapping[str, GroupedEvents]
    group: Mapping[str, Rows]  # group of every outage, at any time

    @classmethod
    def from_history(
        cls, history: OutageHistory, first_group: Mapping[str, Rows], work: Rows
    ) -> OutageLengths:
        """
        Index the lengths of a history.

        Parameters
        ----------
        history
            Outages and what was seen of them.
        first_group
            Groups known at first sight, one code an outage, -1 for none.
        work
            1 where the outage is planned work, as known at first sight.
        """
        outages = history.outages
        with np.errstate(invalid="ignore", divide="ignore"):
            length = np.log(np.maximum(outages.restoration_s - outages.first_seen_s, 60.0) / HOUR_S)
        counted = outages.clean & (work == 0)
        length = np.where(counted, length, np.nan)
        groups = {**first_group, **_group_by_place(history)}
        all_in_one = np.zeros(len(outages), np.int64)
        by_group = {
            name: GroupedEvents.from_events(code, outages.gone_s, length)
            for name, code in groups.items()
        }
        return cls(GroupedEvents.from_events(all_in_one, outages.gone_s, length), by_group, groups)

    def compute_columns(self, row: Rows, t_s: Float) -> dict[str, Float]:
        """Return the mean log length of the source lately, and of each group less the source's."""
        zero = np.zeros(row.size, np.int64)
        count, total = self.ended.sum_window(zero, t_s, LENGTH_WINDOW_S)
        source = total / np.maximum(count, 1)
        columns = {"length_usual": source}
        for window_s in RECENT_S:
            n, sums = self.ended.sum_window(zero, t_s, window_s)
            columns[f"length_{window_s / HOUR_S:.0f}h"] = (sums - n * source) / (n + 5)
        for name, grouped in self.by_group.items():
            n, sums = grouped.sum_window(self.group[name][row], t_s, LENGTH_WINDOW_S)
            columns[f"length_by_{name}"] = (sums - n * source) / (n + SOURCE_PULL)
        n, sums = self.by_group["cell"].sum_window(self.group["cell"][row], t_s, 3 * DAY_S)
        columns["length_near_3d"] = (sums - n * source) / (n + 3)
        return columns


def _group_by_place(history: OutageHistory) -> dict[str, Rows]:
    """Return groups of place, which do not change while an outage is open."""
    outages = history.outages
    return {
        "cell": find_squares(history, degrees=0.2)[0],
        "small_cell": find_squares(history, degrees=0.02)[0],
        "region": outages.region.codes.astype(np.int64),
        "kind": outages.kind.codes.astype(np.int64),
        "feeder": _group_by_prefix(outages.hierarchy.texts, outages.hierarchy.codes),
    }


def _group_by_prefix(texts: tuple[str, ...], codes: NDArray[np.int32]) -> Rows:
    """Return the group of the first two levels of hierarchy keys, -1 where there is none."""
    heads = ["/".join(text.split("/")[:2]) for text in texts]
    known = sorted({head for head in heads if head.strip("None/ |")})
    place = {head: code for code, head in enumerate(known)}
    table = np.array([*(place.get(head, -1) for head in heads), -1], np.int64)
    return table[codes]
