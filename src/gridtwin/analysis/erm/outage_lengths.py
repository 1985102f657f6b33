"""How long outages of the same kind, place or size took lately, beside those of the source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.erm.asof import Grouped
from gridtwin.analysis.erm.system_load import DAY_S, HOUR_S, nearby

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gridtwin.model.outage_history import OutageHistory

    Float = NDArray[np.float64]
    Rows = NDArray[np.int64]

WINDOW_S = 365 * DAY_S
LEAN = 20.0  # a group counts as if so many outages as long as the source's had been in it
RECENT_S = (6 * HOUR_S, 24 * HOUR_S, 168 * HOUR_S)


@dataclass(frozen=True)
class Lengths:
    """
    Logarithms of completed outages' lengths, known from their ends on.

    The length counts from first sight; outages a source does not vouch for (`clean`) and planned
    work are left out.
    """

    ended: Grouped
    by_group: Mapping[str, Grouped]
    group: Mapping[str, Rows]  # group of every outage, at any time

    @classmethod
    def of(cls, history: OutageHistory, first_group: Mapping[str, Rows], work: Rows) -> Lengths:
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
            length = np.log(np.maximum(outages.restored_s - outages.first_seen_s, 60.0) / HOUR_S)
        counted = outages.clean & (work == 0)
        length = np.where(counted, length, np.nan)
        groups = {**first_group, **_places(history)}
        all_in_one = np.zeros(len(outages), np.int64)
        by_group = {name: Grouped.of(code, outages.gone_s, length) for name, code in groups.items()}
        return cls(Grouped.of(all_in_one, outages.gone_s, length), by_group, groups)

    def columns(self, row: Rows, t_s: Float) -> dict[str, Float]:
        """Return the mean log length of the source lately, and of each group less the source's."""
        zero = np.zeros(row.size, np.int64)
        count, total = self.ended.window(zero, t_s, WINDOW_S)
        source = total / np.maximum(count, 1)
        columns = {"length_usual": source}
        for window_s in RECENT_S:
            n, sums = self.ended.window(zero, t_s, window_s)
            columns[f"length_{window_s / HOUR_S:.0f}h"] = (sums - n * source) / (n + 5)
        for name, grouped in self.by_group.items():
            n, sums = grouped.window(self.group[name][row], t_s, WINDOW_S)
            columns[f"length_by_{name}"] = (sums - n * source) / (n + LEAN)
        n, sums = self.by_group["cell"].window(self.group["cell"][row], t_s, 3 * DAY_S)
        columns["length_near_3d"] = (sums - n * source) / (n + 3)
        return columns


def _places(history: OutageHistory) -> dict[str, Rows]:
    """Return groups of place, which do not change while an outage is open."""
    outages = history.outages
    return {
        "cell": nearby(history, degrees=0.2)[0],
        "small_cell": nearby(history, degrees=0.02)[0],
        "region": outages.region.codes.astype(np.int64),
        "kind": outages.kind.codes.astype(np.int64),
        "feeder": _prefix(outages.hierarchy.texts, outages.hierarchy.codes),
    }


def _prefix(texts: tuple[str, ...], codes: NDArray[np.int32]) -> Rows:
    """Return the group of the first two levels of hierarchy keys, -1 where there is none."""
    heads = ["/".join(text.split("/")[:2]) for text in texts]
    known = sorted({head for head in heads if head.strip("None/ |")})
    place = {head: code for code, head in enumerate(known)}
    table = np.array([*(place.get(head, -1) for head in heads), -1], np.int64)
    return table[codes]
