"""
What a customer is shown: one promise an outage, kept steady, never in the past.

Precedence: a manual override goes before the crew on site, before the estimate of a storm zone,
before the model. The promise is the 80th percentile, rounded up; it moves only if the new one
differs enough, and earlier only on evidence; once even the 95th percentile has passed, the outage
is being assessed and no time is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float = NDArray[np.float64]
    Flags = NDArray[np.bool_]

MINUTE_S = 60.0
FINE_S, COARSE_S = 15 * MINUTE_S, 30 * MINUTE_S
FINE_WITHIN_S = 2 * 3600.0  # a promise so near is rounded to a quarter of an hour
MOVES_BY_S, MOVES_BY_SHARE = 30 * MINUTE_S, 0.2
NEXT_UPDATE_S = 60 * MINUTE_S


class Origin(IntEnum):
    """Who says so, in order of precedence."""

    MANUAL = 0
    CREW_ON_SITE = 1
    STORM_ZONE = 2
    MODEL = 3


@dataclass(frozen=True)
class StandingEtrs:
    """What is shown now, shape (n,); NaN where nothing is."""

    etr_s: Float
    p95_s: Float
    origin: NDArray[np.int8]


@dataclass(frozen=True)
class PublishedEtrs:
    """
    What is shown from now on, shape (n,).

    ``promise_s`` is NaN where ``assessing``; ``next_update_s`` says when the customer hears more.
    ``changed`` is true where the promise differs from the standing one.
    """

    etr_s: Float
    p95_s: Float
    origin: NDArray[np.int8]
    assessing: Flags
    changed: Flags
    next_update_s: Float


def make_empty_standing(count: int) -> StandingEtrs:
    """Return the standing of outages of which nothing has been shown."""
    blank = np.full(count, np.nan)
    return StandingEtrs(blank, blank, np.full(count, Origin.MODEL, np.int8))


def ceil_times(at_s: Float, now_s: float) -> Float:
    """Return times rounded up to 15 minutes, or to 30 if more than two hours away."""
    step = np.where(at_s - now_s > FINE_WITHIN_S, COARSE_S, FINE_S)
    return np.ceil(at_s / step) * step


def choose_by_precedence(
    model_s: Float, now_s: float, *, manual_s: Float, crew_s: Float, zone_s: Float
) -> tuple[Float, NDArray[np.int8]]:
    """
    Return whose time counts, and who that is; a time that has passed counts no more.

    Parameters
    ----------
    model_s
        The model's 80th percentile, unix seconds, shape (n,).
    now_s
        Now, unix seconds.
    manual_s, crew_s, zone_s
        The other sources, NaN where they are silent.
    """
    offers = np.stack([manual_s, crew_s, zone_s, model_s])
    with np.errstate(invalid="ignore"):
        stands = offers > now_s
    stands[Origin.MODEL] = True
    origin = np.argmax(stands, axis=0)
    return np.take_along_axis(offers, origin[None], axis=0)[0], origin.astype(np.int8)


def publish_etrs(
    offer_s: Float,
    p95_s: Float,
    origin: NDArray[np.int8],
    now_s: float,
    *,
    standing: StandingEtrs,
    evidence: Flags,
) -> PublishedEtrs:
    """
    Return what is shown from now on.

    Parameters
    ----------
    offer_s
        Whose time counts, as `choose_by_precedence` chose it, shape (n,).
    p95_s
        The model's 95th percentile.
    origin
        Who it is from.
    now_s
        Now, unix seconds.
    standing
        What is shown so far.
    evidence
        Where something new is known of the outage itself (crew, cause, customers, an estimate):
        only then may a promise move earlier, or one that is being assessed be given anew.
    """
    fresh = ceil_times(np.maximum(offer_s, now_s + MINUTE_S), now_s)
    with np.errstate(invalid="ignore"):
        stands = standing.etr_s > now_s
        outlived = (standing.p95_s <= now_s) & ~evidence & (origin == Origin.MODEL)
        moved = np.abs(fresh - standing.etr_s)
        far = (moved > MOVES_BY_S) | (moved > MOVES_BY_SHARE * (standing.etr_s - now_s))
        earlier = fresh < standing.etr_s
    higher = origin < standing.origin
    renew = ~stands | higher | (far & (~earlier | evidence))
    promise = np.where(renew, fresh, standing.etr_s)
    assessing = outlived & ~stands
    promise = np.where(assessing, np.nan, promise)
    new_p95 = np.maximum(p95_s, promise)
    return PublishedEtrs(
        etr_s=promise,
        p95_s=np.where(renew & ~assessing, new_p95, standing.p95_s),
        origin=np.where(renew, origin, standing.origin).astype(np.int8),
        assessing=assessing,
        changed=~((promise == standing.etr_s) | (np.isnan(promise) & np.isnan(standing.etr_s))),
        next_update_s=np.where(assessing, now_s + NEXT_UPDATE_S, promise),
    )
