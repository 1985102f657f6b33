"""
Number what can be true of a point of the network: *on*, or *dark on these phases since then*.

Label 0 is *on*. With K hypotheses of a time, earliest first, label ``1 + 7 k + (d - 1)`` is *phases
d are dark since time k*, d being a set of A, B, C as bits. Below a device the dark phases can only
grow and the time can only be earlier: what fails below an outage that began later was nested in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.inference.device_tree import ALL_POLES, NEVER, ONE_POLE, STAYS, TWO_POLES
from gridtwin.model.phases import PHASE_COUNT

if TYPE_CHECKING:
    from numpy.typing import NDArray

DARK_SETS = 7  # sets of dark phases that are not empty


@dataclass(frozen=True, slots=True)
class LabelMoves:
    """
    What a device that feeds certain phases can make of the label above it.

    Rows are padded with moves that never happen.
    """

    to: NDArray[np.intp]  # (labels, width) label below, by the label above
    does: NDArray[np.intp]  # (labels, width) column of the prior
    above: NDArray[np.intp]  # (labels, height) label above, by the label below
    did: NDArray[np.intp]  # (labels, height)


def count_labels(times: int) -> int:
    """Return the number of labels with `times` hypotheses of a time."""
    return 1 + DARK_SETS * times


def decode_dark_phases(labels: NDArray[np.intp]) -> NDArray[np.uint8]:
    """Return the phases that are dark under labels."""
    return np.where(labels == 0, 0, (labels - 1) % DARK_SETS + 1).astype(np.uint8)


def decode_time(labels: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the hypothesis of a time under labels; -1 for *on*."""
    return np.where(labels == 0, -1, (labels - 1) // DARK_SETS)


@cache
def list_moves(mask: int, times: int) -> LabelMoves:
    """
    Return what a device that feeds the phases `mask` can do.

    It stays as it is; it opens more poles at the time of the outage above; or it opened poles,
    among them all that are dark above, at an earlier time.
    """
    size = count_labels(times)
    pairs = [
        [(below, STAYS) for below in (above,)]
        + [
            (below, does)
            for below in range(1, size)
            if (does := _classify_move(mask, above, below)) is not None
        ]
        for above in range(size)
    ]
    backward: list[list[tuple[int, int]]] = [[] for _ in range(size)]
    for above, choices in enumerate(pairs):
        for below, does in choices:
            backward[below].append((above, does))
    return LabelMoves(*_pad_moves(pairs), *_pad_moves(backward))


def _classify_move(mask: int, above: int, below: int) -> int | None:
    """Return what a device does that turns one label into another; None if it cannot."""
    dark, darker = (0 if not label else (label - 1) % DARK_SETS + 1 for label in (above, below))
    when, earlier = ((label - 1) // DARK_SETS for label in (above, below))
    grown = darker & ~dark
    if dark & ~darker or grown & ~mask:
        return None
    if dark and earlier > when:
        return None
    opened = grown if dark and earlier == when else darker & mask
    return int(classify_opening(np.array([mask], np.uint8), opened)[0]) if opened else None


def classify_opening(mask: NDArray[np.uint8], dark: int) -> NDArray[np.intp]:
    """Return what devices that feed the phases `mask` do when they open those of `dark`."""
    opened = mask & np.uint8(dark)
    some = np.where(PHASE_COUNT[opened] == 1, ONE_POLE, TWO_POLES)
    return np.where(opened == mask, ALL_POLES, some)


def _pad_moves(
    rows: list[list[tuple[int, int]]],
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    width = max(len(row) for row in rows)
    label = np.zeros((len(rows), width), dtype=np.intp)
    does = np.full((len(rows), width), NEVER, dtype=np.intp)
    for at, row in enumerate(rows):
        label[at, : len(row)] = [pair[0] for pair in row]
        does[at, : len(row)] = [pair[1] for pair in row]
    return label, does
