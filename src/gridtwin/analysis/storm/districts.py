"""Part a territory into districts, each with crews of its own, in proportion to the work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.storm.response import Response


@dataclass(frozen=True, slots=True)
class District:
    """Neighboring zones whose jobs one set of crews does."""

    zones: NDArray[np.int32]  # places in the list of zones, ascending
    crew_start: NDArray[np.float64]  # when each crew begins, s
    assessors: int


def allot_districts(
    work: NDArray[np.float64], xy: NDArray[np.float64], response: Response
) -> list[District]:
    """
    Return the districts of zones with work.

    Parameters
    ----------
    work
        Expected crew time of each zone, s, shape (zones,), positive.
    xy
        Where its work lies, shape (zones, 2).
    response
        The crews.

    Notes
    -----
    The zones are halved again and again across the wider side, at half of the work, the crews with
    them, until a district is one zone or has one crew. Aid and assessors go by largest remainder.
    Districts do not lend crews to each other, so that each can be reckoned apart.
    """
    if response.share == "system" or len(work) < 2:
        parts = [(np.arange(len(work), dtype=np.int32), response.crews)]
    else:
        parts = _halve_zones(np.arange(len(work), dtype=np.int32), response.crews, work, xy)
    totals = np.array([work[zones].sum() for zones, _ in parts])
    starts = [[0.0] * crews for _, crews in parts]
    for party in sorted(response.aid, key=lambda party: (party.after_h, party.crews)):
        for begins, count in zip(starts, _split_count(totals, party.crews), strict=True):
            begins.extend([party.after_h * 3600.0] * count)
    assessors = response.assessors or response.crews
    eyes = _split_count(totals, max(assessors - len(parts), 0))
    return [
        District(np.sort(zones), np.array(begins), count + 1)
        for (zones, _), begins, count in zip(parts, starts, eyes, strict=True)
    ]


def _halve_zones(
    zones: NDArray[np.int32], crews: int, work: NDArray[np.float64], xy: NDArray[np.float64]
) -> list[tuple[NDArray[np.int32], int]]:
    if len(zones) == 1 or crews == 1:
        return [(zones, crews)]
    at = xy[zones]
    axis = int(np.argmax(at.max(axis=0) - at.min(axis=0)))
    zones = zones[np.argsort(at[:, axis], kind="stable")]
    share = np.cumsum(work[zones]) / work[zones].sum()
    cut = int(np.clip(np.argmin(np.abs(share - 0.5)) + 1, 1, len(zones) - 1))
    left = int(np.clip(round(crews * float(share[cut - 1])), 1, crews - 1))
    return [
        *_halve_zones(zones[:cut], left, work, xy),
        *_halve_zones(zones[cut:], crews - left, work, xy),
    ]


def _split_count(weight: NDArray[np.float64], count: int) -> list[int]:
    """Return whole shares of a count in proportion to weights (Hamilton's method)."""
    exact = count * weight / weight.sum()
    shares = np.floor(exact).astype(int)
    most = np.argsort(shares - exact, kind="stable")[: count - int(shares.sum())]
    shares[most] += 1
    return shares.tolist()
