"""Say at which moments of an outage an estimate is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.errors import InputError
from gridtwin.model.moments import HOUR_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridtwin.model.outage_history import OutageHistory

FIRST_SEEN = "first_seen"
FIRST_ETR = "first_etr"
STANDARD_LANDMARKS = (FIRST_SEEN, FIRST_ETR, "1h", "4h")


@dataclass(frozen=True)
class Landmarks:
    """Moments at which an estimate is asked for, shape (n,)."""

    row: NDArray[np.int64]  # position in the history's outages
    issued_s: NDArray[np.float64]
    kind: NDArray[np.int32]  # position in `names`
    names: tuple[str, ...]

    def __len__(self) -> int:
        """Return the number of moments."""
        return len(self.row)


def parse_hours(name: str) -> float:
    """
    Return the hours after first sight that a landmark like ``4h`` or ``0.5h`` stands for.

    Raises
    ------
    InputError
        If it is no such name.
    """
    try:
        hours = float(name.removesuffix("h")) if name.endswith("h") else np.nan
    except ValueError:
        hours = np.nan
    if not 0 < hours < 24 * 365:
        msg = f"landmark {name!r} is not known; use first_seen, first_etr, or hours such as 1h"
        raise InputError(msg)
    return hours


def list_landmarks(history: OutageHistory, names: Sequence[str] = STANDARD_LANDMARKS) -> Landmarks:
    """
    Return every landmark of every outage that exists, in order of landmark, then outage.

    ``first_seen``: the first scrape that showed the outage. ``first_etr``: the first that showed
    an estimate of the utility. ``1h``: an hour after first sight, where the outage was not yet
    known to be over by then.

    Raises
    ------
    InputError
        If a name is not known.
    """
    outages = history.outages
    gone = np.where(np.isfinite(outages.gone_s), outages.gone_s, np.inf)
    rows, times, kinds = [], [], []
    for kind, name in enumerate(names):
        if name == FIRST_SEEN:
            issued = outages.first_seen_s
        elif name == FIRST_ETR:
            issued = outages.etr_first_seen_s
        else:
            issued = outages.first_seen_s + parse_hours(name) * HOUR_S
        there = np.flatnonzero(np.isfinite(issued) & (issued < gone))
        rows.append(there)
        times.append(issued[there])
        kinds.append(np.full(there.size, kind, np.int32))
    return Landmarks(
        row=np.concatenate(rows).astype(np.int64),
        issued_s=np.concatenate(times),
        kind=np.concatenate(kinds),
        names=tuple(names),
    )
