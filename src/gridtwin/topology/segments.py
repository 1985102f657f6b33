"""Lay out a numbered tree in segments, one for each feeder, behind what lies above the heads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Segments:
    """Where each feeder's slice of the preorder goes in the pool."""

    start: NDArray[np.int64]  # (feeders,) first preorder number of each, rising
    span: NDArray[np.int64]  # (feeders,)
    base: NDArray[np.int64]  # (feeders + 1,) segment 0 first
    length: NDArray[np.int64]
    root: NDArray[np.int32]
    hook: NDArray[np.int32]

    def lay_out_places(self, live: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return the segment and the place in the pool of each preorder number."""
        numbers = np.arange(live, dtype=np.int32)
        if not len(self.start):
            return np.zeros(live, dtype=np.int32), numbers
        stop = self.start + self.span
        edges = np.empty(2 * len(self.start) + 1, dtype=np.int64)
        edges[0:-1:2], edges[1::2], edges[-1] = self.start, stop, live
        runs = np.diff(np.concatenate([[0], edges]))
        gone = np.concatenate([[0], np.cumsum(self.span)])
        segment = np.zeros(len(runs), dtype=np.int32)
        segment[1::2] = np.arange(1, len(self.start) + 1)
        shift = np.empty(len(runs), dtype=np.int32)
        shift[0::2], shift[1::2] = -gone, self.base[1:] - self.start
        return np.repeat(segment, runs), numbers + np.repeat(shift, runs)

    def compute_own_sizes(
        self, segment: NDArray[np.int32], tin: NDArray[np.int32], size: NDArray[np.int32]
    ) -> NDArray[np.int32]:
        """Return sizes without what lies in other segments."""
        if not len(self.start):
            return size
        gone = np.concatenate([[0], np.cumsum(self.span)])
        own = size.copy()
        top = np.flatnonzero(segment == 0)
        first = self.start.searchsorted(tin[top])
        last = self.start.searchsorted(tin[top] + size[top])
        own[top] -= (gone[last] - gone[first]).astype(np.int32)
        return own


def find_segments(
    heads: NDArray[np.int32],
    tin: NDArray[np.int32],
    size: NDArray[np.int32],
    up: NDArray[np.int32],
    live: int,
) -> Segments:
    """Return the segments of the feeders whose head alone darkens them; the outermost of nested."""
    heads = np.unique(heads[heads >= 0])
    heads = heads[(up[heads] >= 0) & (tin[heads] >= 0)]
    heads = heads[np.argsort(tin[heads], kind="stable")]
    start, span = tin[heads].astype(np.int64), size[heads].astype(np.int64)
    reach = (
        np.maximum.accumulate(np.concatenate([[0], (start + span)[:-1]])) if len(heads) else start
    )
    outermost = start >= reach
    heads, start, span = heads[outermost], start[outermost], span[outermost]
    length = np.concatenate([[live - span.sum()], span]).astype(np.int64)
    base = np.concatenate([[0], np.cumsum(length + 1)[:-1]]).astype(np.int64)
    none = np.array([-1], dtype=np.int32)
    return Segments(
        start, span, base, length, np.concatenate([none, heads]), np.concatenate([none, up[heads]])
    )


def sum_prefixes(
    pool: NDArray[np.int32], weight: NDArray[np.int32], base: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the customers of each segment at earlier places."""
    here = np.append(weight, weight.dtype.type(0)).take(pool)  # -1, a gap, counts 0
    running = np.cumsum(here, dtype=np.int64)
    running -= here
    running -= np.repeat(running[base], np.diff(np.append(base, len(pool))))
    return running
