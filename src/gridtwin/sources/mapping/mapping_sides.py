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
    sides = np.zeros(len(flat), dtype=np.intp)
    first = {int(place): row for row, place in reversed(list(enumerate(at)))}
    dealt = DealtSides(
        sides,
        np.bincount(flat, minlength=int(at.max(initial=0)) + 1)[at] if len(flat) else 0 * at,
        np.zeros(len(at), dtype=bool),
        np.zeros(len(at), dtype=bool),
    )
    meets = np.flatnonzero(np.isin(flat, at))
    meets = meets[np.lexsort([meets % 2, lines["mrid"].to_numpy(dtype=str)[meets // 2]])]
    seen: dict[int, int] = {}
    for end in meets:
        place = int(flat[end])
        sides[end] = _choose_side(blocks[first[place]], lines, int(end), seen, place, dealt)
    _judge_devices(devices, blocks, at, flat, dealt)
    return dealt


def is_second_terminal(value: object) -> bool:
    """Return whether a recorded terminal is the second; where none is recorded, it is the first."""
    return str(value) in {"2", "2.0"}


def _choose_side(
    block: LayerBlock,
    lines: pd.DataFrame,
    end: int,
    seen: dict[int, int],
    place: int,
    dealt: DealtSides,
) -> int:
    row = end // 2
    if block.sides == "class":
        word = str(lines["line_class"].iat[row]) if "line_class" in lines else ""
        if word in block.side_classes[SIDE_B]:
            return SIDE_B
        if word not in block.side_classes[SIDE_A]:
            dealt.unclassed.append(str(lines["mrid"].iat[row]))
        return SIDE_A
    if block.sides == "terminal":
        column = "terminal_b" if end % 2 else "terminal_a"
        value = lines[column].iat[row] if column in lines else None
        return SIDE_B if is_second_terminal(value) else SIDE_A
    seen[place] = seen.get(place, -1) + 1
    return seen[place]


def _judge_devices(
    devices: pd.DataFrame,
    blocks: Sequence[LayerBlock],
    at: NDArray[np.intp],
    flat: NDArray[np.intp],
    dealt: DealtSides,
) -> None:
    """Say which devices part more than two ends, have an empty side, or stand on one another."""
    modes: dict[int, set[str]] = {}
    taken: dict[int, set[int]] = {}
    for place, side in zip(flat[np.isin(flat, at)], dealt.sides[np.isin(flat, at)], strict=True):
        taken.setdefault(int(place), set()).add(int(side))
    for row, place in enumerate(at):
        mode = blocks[row].sides
        modes.setdefault(int(place), set()).add(mode)
        used = taken.get(int(place), set())
        dealt.stars[row] = mode == "two" and len(used) > 2
        dealt.one_sided[row] = not {SIDE_A, SIDE_B} <= used
        if len(modes[int(place)]) > 1:
            dealt.stacked.append(str(devices["mrid"].iat[row]))
