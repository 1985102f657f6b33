"""
Find the likeliest set of outages on trees of devices, and how probable each device is.

Every place of a tree has a label (`labels`); evidence weighs each label of each place, and a device
that changes the label on the way down costs its prior. The best labelling of a tree is found
exactly from the leaves to the root (max-product), and the probability that a device operated, over
*all* labellings, by the same sums up and down (sum-product, Pearl 1988). Both are linear in the
devices.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.inference import labels
from gridtwin.analysis.inference.device_tree import STAYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

ROWS_PER_CHUNK = 4_096  # rows weighed at once, so that the work fits the cache


@dataclass(frozen=True, slots=True)
class SearchForest:
    """Devices to search, as rows; parents stand before their children."""

    parent: NDArray[np.intp]  # (rows,) -1 at a root
    mask: NDArray[np.uint8]  # (rows,) phases each feeds
    log_prior: NDArray[np.float64]  # (rows, 5)
    own: NDArray[np.float64]  # (rows, labels) what evidence at the row itself weighs
    times: int


@dataclass(frozen=True, slots=True)
class Labeling:
    """The likeliest labelling."""

    label: NDArray[np.intp]  # (rows,) label below each device
    operated: NDArray[np.bool_]  # (rows,) whether the label changes there
    gain: NDArray[np.float64]  # (rows,) nats over the best explanation without it
    score: float  # log likelihood ratio of the whole, over *nothing happened*


def search_forest(forest: SearchForest) -> Labeling:
    """Return the likeliest labelling of a forest, exactly."""
    levels = list(_split_levels(forest.parent))
    best = forest.own.copy()
    choice = np.zeros(best.shape, dtype=np.int16)
    to_best = np.empty(best.shape)
    for level in reversed(levels):
        for at, moves in _split_level(forest, level):
            scores = best[at][:, moves.to] + forest.log_prior[at][:, moves.does]
            choice[at] = scores.argmax(axis=2)
            to_best[at] = scores.max(axis=2)
        inner = level[forest.parent[level] >= 0]
        np.add.at(best, forest.parent[inner], to_best[inner])
    label, operated, gain = _trace_labels(forest, levels, choice, (best, to_best))
    return Labeling(label, operated, gain, float(to_best[forest.parent < 0, 0].sum()))


def _trace_labels(
    forest: SearchForest,
    levels: list[NDArray[np.intp]],
    choice: NDArray[np.int16],
    scores: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> tuple[NDArray[np.intp], NDArray[np.bool_], NDArray[np.float64]]:
    """Return the labels of the best labelling, from the roots to the leaves."""
    best, to_best = scores
    rows = len(forest.parent)
    label = np.zeros(rows + 1, dtype=np.intp)  # the last stands for what is above a root: on
    operated = np.zeros(rows, dtype=bool)
    gain = np.zeros(rows)
    for level in levels:
        for at, moves in _split_level(forest, level):
            above = label[forest.parent[at]]
            move = choice[at, above]
            label[at] = moves.to[above, move]
            operated[at] = moves.does[above, move] != STAYS
            gain[at] = to_best[at, above] - best[at, above]
    return label[:-1], operated, gain


def compute_marginals(forest: SearchForest) -> tuple[NDArray[np.float64], float]:
    """
    Return how probable it is that each device operated, over all labellings.

    Returns
    -------
    probability, evidence
        Per row; and the log of the sum of all labellings, each over *nothing happened*.
    """
    levels = list(_split_levels(forest.parent))
    total = forest.own.copy()
    to_total = np.empty(total.shape)
    for level in reversed(levels):
        for at, moves in _split_level(forest, level):
            weight = forest.log_prior[at][:, moves.does]
            to_total[at] = _sum_logs(total[at][:, moves.to] + weight)
        inner = level[forest.parent[level] >= 0]
        np.add.at(total, forest.parent[inner], to_total[inner])
    has_child = np.zeros(len(total) + 1, dtype=bool)
    has_child[forest.parent] = True
    down = np.full_like(total, -np.inf)  # of the label below each device, by all but its subtree
    probability = np.zeros(len(total))
    for level in levels:
        for at, moves in _split_level(forest, level):
            outside = _compute_outside_weights(forest.parent[at], down, total, to_total[at])
            everything, stays = _sum_logs(outside + to_total[at]), _sum_logs(outside + total[at])
            probability[at] = -np.expm1(np.minimum(stays - everything, 0.0))
            inner = has_child[at]
            weight = forest.log_prior[at[inner]][:, moves.did]
            down[at[inner]] = _sum_logs(outside[inner][:, moves.above] + weight)
    return probability, float(to_total[forest.parent < 0, 0].sum())


def _compute_outside_weights(
    parent: NDArray[np.intp],
    down: NDArray[np.float64],
    total: NDArray[np.float64],
    to_total: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the weight of each label above some rows, by all that is not below them."""
    outside = np.full(to_total.shape, -np.inf)
    outside[parent < 0, 0] = 0.0  # above a root everything is on
    inner = parent >= 0
    outside[inner] = down[parent[inner]] + total[parent[inner]] - to_total[inner]
    return outside


def _sum_logs(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logarithm of the sum of exponentials along the last axis."""
    top = values.max(axis=-1)
    safe = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        return safe + np.log(np.exp(values - safe[..., None]).sum(axis=-1))


def _split_level(
    forest: SearchForest, level: NDArray[np.intp]
) -> Iterator[tuple[NDArray[np.intp], labels.LabelMoves]]:
    """Yield the rows of a level by the phases they feed, few at a time."""
    mask = forest.mask[level]
    for code in np.flatnonzero(np.bincount(mask, minlength=8)).tolist():
        moves = labels.list_moves(code, forest.times)
        at = level[mask == code]
        for start in range(0, len(at), ROWS_PER_CHUNK):
            yield at[start : start + ROWS_PER_CHUNK], moves


def _split_levels(parent: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    """Yield the rows of each depth, roots first."""
    depth = np.zeros(len(parent), dtype=np.intp)
    above = parent
    while (deeper := above >= 0).any():
        depth += deeper
        above = np.where(deeper, parent[above], -1)
    order = np.argsort(depth, kind="stable")
    yield from np.split(order, np.cumsum(np.bincount(depth))[:-1])
