"""Group what is drawn close together on a page, on a raster of bits, whatever there is of it."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridtwin.manuals.document_pages import Box
    from gridtwin.manuals.page_marks import PageMark

RASTER_CELLS = 160  # along the longer side of a page
JOINED_WITHIN = 0.004  # of the longer side of a page; the raster joins what is a cell farther, too


class _Run(NamedTuple):
    """Cells of a row that touch: the first, the last, and its place among all runs."""

    start: int
    end: int
    number: int


def group_marks(marks: Sequence[PageMark], sheet: Box) -> list[list[PageMark]]:
    """
    Return marks in groups of which each is apart from the others.

    Parameters
    ----------
    marks
        What is drawn.
    sheet
        The page; what lies outside it is left out.
    """
    side = max(sheet[2] - sheet[0], sheet[3] - sheet[1], 1.0)
    cell, reach = side / RASTER_CELLS, JOINED_WITHIN * side
    rows, placed = [0] * (RASTER_CELLS + 1), []
    for mark in marks:
        left, bottom, right, top = mark.box
        if right < sheet[0] or left > sheet[2] or top < sheet[1] or bottom > sheet[3]:
            continue
        columns = _find_cells(left - reach - sheet[0], right + reach - sheet[0], cell)
        lines = _find_cells(bottom - reach - sheet[1], top + reach - sheet[1], cell)
        bits = (1 << (columns[1] + 1)) - (1 << columns[0])
        for row in range(lines[0], lines[1] + 1):
            rows[row] |= bits
        placed.append((mark, lines[0], columns[0]))
    runs, roots = _join_runs(rows)
    starts = [[run.start for run in row] for row in runs]
    groups: dict[int, list[PageMark]] = {}
    for mark, row, column in placed:
        run = runs[row][bisect_right(starts[row], column) - 1]
        groups.setdefault(_find_root(roots, run.number), []).append(mark)
    return list(groups.values())


def _find_cells(low: float, high: float, cell: float) -> tuple[int, int]:
    """Return the first and the last cell of a stretch, within the raster."""
    first, last = (min(max(int(each / cell), 0), RASTER_CELLS) for each in (low, high))
    return first, last


def _join_runs(rows: Sequence[int]) -> tuple[list[list[_Run]], list[int]]:
    """Return the runs of each row, and for each run one that it hangs together with."""
    runs: list[list[_Run]] = []
    roots: list[int] = []
    for bits in rows:
        row = [_Run(start, end, len(roots) + at) for at, (start, end) in enumerate(_cut_runs(bits))]
        roots += [run.number for run in row]
        for run in row:
            for below in runs[-1] if runs else ():
                if below.start <= run.end + 1 and run.start <= below.end + 1:
                    roots[_find_root(roots, run.number)] = _find_root(roots, below.number)
        runs.append(row)
    return runs, roots


def _cut_runs(bits: int) -> list[tuple[int, int]]:
    """
    Return the first and last places of bits that follow each other.

    Examples
    --------
    >>> _cut_runs(0b1101110)
    [(1, 3), (5, 6)]
    """
    runs, at = [], 0
    while bits:
        skipped = (bits & -bits).bit_length() - 1
        bits >>= skipped
        length = (~bits & (bits + 1)).bit_length() - 1
        runs.append((at + skipped, at + skipped + length - 1))
        bits >>= length
        at += skipped + length
    return runs


def _find_root(roots: list[int], number: int) -> int:
    while roots[number] != number:
        roots[number] = roots[roots[number]]
        number = roots[number]
    return number
