"""Read a storm that was drawn many times: quantiles, and the curve of customers back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUANTILES = (0.1, 0.5, 0.8, 0.95)
BAND = (0.1, 0.5, 0.9)
CUSTOMER_SHARES = (0.5, 0.9, 0.95)  # of the customers out, for t50, t90 and t95


def compute_quantiles(
    times: NDArray[np.float64], wanted: tuple[float, ...] = QUANTILES
) -> NDArray[np.float64]:
    """
    Return quantiles over the draws.

    Parameters
    ----------
    times
        Shape (rows, draws).
    wanted
        Which quantiles.

    Returns
    -------
        Shape (rows, quantiles). Each is a time that was drawn: the least with at least that share
        of the draws at or before it, so a promise never lies between draws.
    """
    draws = times.shape[1]
    place = np.clip(np.ceil(np.array(wanted) * draws).astype(int) - 1, 0, draws - 1)
    return np.partition(times, np.unique(place), axis=1)[:, place]


def find_share_times(
    back: NDArray[np.float64],
    customers: NDArray[np.int64],
    shares: tuple[float, ...] = CUSTOMER_SHARES,
) -> NDArray[np.float64]:
    """
    Return when shares of the customers are back, in each draw.

    Parameters
    ----------
    back
        When each group is back, shape (groups, draws).
    customers
        Customers of each group, shape (groups,).
    shares
        Of the customers of these groups, above 0 up to 1.

    Returns
    -------
        Shape (shares, draws); 0 where nobody is out.
    """
    if not len(back):
        return np.zeros((len(shares), back.shape[1]))
    order = np.argsort(back, axis=0, kind="stable")
    sums = np.cumsum(customers[order], axis=0)
    total = int(customers.sum())
    times = np.empty((len(shares), back.shape[1]))
    column = np.arange(back.shape[1])
    for at, share in enumerate(shares):
        enough = np.argmax(sums >= np.ceil(share * total), axis=0)
        times[at] = back[order[enough, column], column]
    return times


def count_customers_back(
    back: NDArray[np.float64], customers: NDArray[np.int64], at_s: NDArray[np.float64]
) -> NDArray[np.int64]:
    """
    Return how many customers are back at given times, in each draw.

    Parameters
    ----------
    back
        When each group is back, shape (groups, draws).
    customers
        Customers of each group, shape (groups,).
    at_s
        Rising times, shape (times,).

    Returns
    -------
        Shape (times, draws).
    """
    draws, steps = back.shape[1], len(at_s)
    step = np.searchsorted(at_s, back.ravel(), side="left")  # the first time not before it
    key = step * draws + np.tile(np.arange(draws), len(back))
    weights = np.repeat(customers, draws)
    counts = np.bincount(key, weights, minlength=(steps + 1) * draws)
    return np.cumsum(counts.reshape(steps + 1, draws)[:steps], axis=0).astype(np.int64)


def make_time_grid(back: NDArray[np.float64], *, steps: int = 300) -> NDArray[np.float64]:
    """Return times for a curve: every minute, ten, hour ... until all are back in 95 % of draws."""
    last = float(compute_quantiles(back.max(axis=0, initial=0.0)[None, :], (0.95,))[0, 0])
    pace = next(
        (pace for pace in (60.0, 300.0, 600.0, 1800.0, 3600.0) if last / pace <= steps), 7200.0
    )
    return np.arange(0.0, last + pace, pace)


def find_share_times_by_place(
    back: NDArray[np.float64],
    customers: NDArray[np.int64],
    place: NDArray[np.int32],
    count: int,
    *,
    share: float = 1.0,
) -> NDArray[np.float64]:
    """
    Return when a share of the customers of each place are back, in each draw.

    Parameters
    ----------
    back, customers
        When each group is back, and its customers.
    place
        The place of each group, from 0.
    count
        How many places.
    share
        Of the customers of the place that are out.

    Returns
    -------
        Shape (places, draws); NaN where no group is.
    """
    times = np.full((count, back.shape[1]), np.nan)
    for number in np.unique(place).tolist():
        own = np.flatnonzero(place == number)
        times[number] = (
            back[own].max(axis=0)
            if share == 1
            else find_share_times(back[own], customers[own], (share,))[0]
        )
    return times
