"""Deal out the line ends at a device to its sides: by their order, class or terminal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from gridtwin.sources.mapping.mapping_file import LayerBlock

SIDE_A, SIDE_B = 0, 1
SECOND_TERMINAL = ("2", "2.0")


@dataclass(slots=True)
class DealtSides:
    """Which side of a device each line end takes, and what did not fit."""

    sides: NDArray[np.intp]  # of each line end; 0 where no device stands
    counts: NDArray[np.intp]  # how many line ends each device has
    stars: NDArray[np.bool_]  # devices that part more than two line ends
    one_sided: NDArray[np.bool_]  # devices with nothing on one of their sides
    stacked: list[str] = field(default_factory=list)  # devices of other kinds of sides at one place
    unclassed: list[str] = field(default_factory=list)  # lines of a class that no side takes


def deal_sides(
    devices: pd.DataFrame,
    blocks: Sequence[LayerBlock],
    at: NDArray[np.intp],
    lines: pd.DataFrame,
    ends: NDArray[np.intp],
) -> DealtSides:
    """
    Return the side that each line end takes at the device it meets.

    Parameters
    ----------
    devices, blocks, at
        The devices, the block of each, and the number of its place.
    lines, ends
        The lines, and the places of their ends, shape (n, 2).

    Notes
    -----
    Sides are numbered from 0 for terminal a. Of a device whose sides are ``two``, every end takes
    a side of its own: with more than two, an open device parts all of them.
    """
    flat = ends.reshape(-1)
    places = int(max(at.max(initial=0), flat.max(initial=0))) + 1
    first = np.full(places, -1, dtype=np.intp)  # the device that says how, at each place
    stands = np.flatnonzero(at >= 0)[::-1]
    first[at[stands]] = stands
    dealt = DealtSides(
        np.zeros(len(flat), dtype=np.intp),
        np.bincount(flat, minlength=places)[at],
        np.zeros(len(at), dtype=bool),
        np.zeros(len(at), dtype=bool),
    )
    meets = np.flatnonzero(first[flat] >= 0)
    meets = meets[np.lexsort([meets % 2, lines["mrid"].to_numpy(dtype=str)[meets // 2]])]
    known = {id(block): block for block in blocks}
    of_devices = np.array([id(block) for block in blocks], dtype=np.int64)
    own = of_devices[first[flat[meets]]]
    for number, block in known.items():
        chosen = meets[own == number]
        dealt.sides[chosen] = _choose_sides(block, lines, chosen, flat[chosen], dealt)
    modes = np.array([block.sides for block in blocks], dtype=object)
    _judge_devices(devices["mrid"].to_numpy(dtype=object), modes, at, flat, dealt)
    return dealt


def is_second_terminal(value: object) -> bool:
    """Return whether a recorded terminal is the second; where none is recorded, it is the first."""
    return str(value) in SECOND_TERMINAL


def _choose_sides(
    block: LayerBlock,
    lines: pd.DataFrame,
    ends: NDArray[np.intp],
    places: NDArray[np.intp],
    dealt: DealtSides,
) -> NDArray[np.intp]:
    """Return the sides of line ends at the devices of one block, given in their order."""
    rows = ends // 2
    if block.sides == "class":
        words = _read_words(lines, "line_class", rows)
        is_b = np.isin(words, sorted(block.side_classes[SIDE_B]))
        unclassed = ~is_b & ~np.isin(words, sorted(block.side_classes[SIDE_A]))
        dealt.unclassed += lines["mrid"].iloc[rows[unclassed]].astype(str).tolist()
        return np.where(is_b, SIDE_B, SIDE_A)
    if block.sides == "terminal":
        texts = [_read_words(lines, f"terminal_{side}", rows) for side in "ab"]
        is_b = np.isin(np.where(ends % 2, texts[1], texts[0]), SECOND_TERMINAL)
        return np.where(is_b, SIDE_B, SIDE_A)
    order = np.argsort(places, kind="stable")
    begins = np.append(True, np.diff(places[order]) != 0)[: len(order)]
    numbers = np.arange(len(order))
    sides = np.empty(len(order), dtype=np.intp)
    sides[order] = numbers - np.maximum.accumulate(np.where(begins, numbers, 0))
    return sides


def _read_words(lines: pd.DataFrame, column: str, rows: NDArray[np.intp]) -> NDArray[np.str_]:
    if column not in lines:
        return np.full(len(rows), "", dtype=str)
    return lines[column].to_numpy(dtype=object)[rows].astype(str)


def _judge_devices(
    mrids: NDArray[np.object_],
    modes: NDArray[np.object_],
    at: NDArray[np.intp],
    flat: NDArray[np.intp],
    dealt: DealtSides,
) -> None:
    """Say which devices part more than two ends, have an empty side, or stand on one another."""
    places = int(max(at.max(initial=0), flat.max(initial=0))) + 1
    used = [
        np.bincount(flat[chosen], minlength=places)[at] > 0
        for chosen in (dealt.sides == SIDE_A, dealt.sides == SIDE_B, dealt.sides > SIDE_B)
    ]
    dealt.stars[:] = (modes == "two") & used[2]
    dealt.one_sided[:] = ~(used[0] & used[1]) | (at < 0)
    seen: dict[int, set[str]] = {}
    shared = (np.bincount(at[at >= 0], minlength=places)[at] > 1) & (at >= 0)
    for row in np.flatnonzero(shared).tolist():
        words = seen.setdefault(int(at[row]), set())
        words.add(modes[row])
        if len(words) > 1:
            dealt.stacked.append(str(mrids[row]))
