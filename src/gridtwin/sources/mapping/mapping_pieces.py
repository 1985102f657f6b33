"""Name the pieces that lines are cut into: when a source is loaded again, each as it was before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridtwin.model.frames import equipment_courses
from gridtwin.model.tables import decode_texts, encode_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from gridtwin.model.network import Network
    from gridtwin.sources.mapping.mapping_named import MappingContext

MARK = "#"  # between the mRID of a line and the number of a piece


def name_pieces(
    mrids: Sequence[str],
    owners: NDArray[np.intp],
    courses: NDArray[np.object_],
    context: MappingContext,
) -> list[str]:
    """
    Return the mRID of each piece of lines: that of its line, then ``MRID#2`` and so on.

    Parameters
    ----------
    mrids
        Of each piece, the mRID of its line.
    owners
        Of each piece, the row of its line, rising; those of one line in the order of its course.
    courses
        The course of each piece.
    context
        Holds the network that was loaded before, if there is one, and how close is the same place.

    Notes
    -----
    A piece goes on being the former one that lies between the same two places, else the one that
    begins or ends where it does; if none of a line does, as where all of it was moved, they go by
    their order. The others get numbers that no piece of the line had. A line in one piece bears
    its own mRID.
    """
    names = _number_pieces(list(mrids), owners)
    starts = np.flatnonzero(np.append(True, owners[1:] != owners[:-1]))
    stops = np.append(starts[1:], len(owners))
    cut = [(a, b) for a, b in zip(starts.tolist(), stops.tolist(), strict=True) if b - a > 1]
    if context.former is None or not cut:
        return names
    former = _list_former_pieces(context.former, [mrids[first] for first, _ in cut])
    rows = np.array([row for pieces in former.values() for row in pieces.values()], dtype=np.intp)
    old_xy = _locate_ends(context.former, rows)
    new_xy = np.stack(
        [shapely.get_coordinates(shapely.get_point(courses, at)) for at in (0, -1)], 1
    )
    meters = context.measure_meters(np.concatenate([old_xy, new_xy]).reshape(-1, 2))
    old_m, new_m = np.split(meters.reshape(-1, 2, 2), [len(rows)])
    counts = [len(pieces) for pieces in former.values()]
    lay = dict(zip(former, np.split(old_m, np.cumsum(counts)[:-1]), strict=True))
    for first, last in cut:
        line = mrids[first]
        goes_on = _match_pieces(new_m[first:last], lay[line], context.rules.tolerance_m)
        names[first:last] = _take_names(line, list(former[line]), goes_on)
    return names


def _number_pieces(mrids: list[str], owners: NDArray[np.intp]) -> list[str]:
    parts = np.arange(len(owners)) - np.searchsorted(owners, owners)
    return [
        f"{mrid}{MARK}{part + 1}" if part else mrid
        for mrid, part in zip(mrids, parts.tolist(), strict=True)
    ]


def _list_former_pieces(former: Network, mrids: Iterable[str]) -> dict[str, dict[str, int]]:
    """Return for each of some lines the mRIDs of its former pieces, in order, and their rows."""
    wanted = list(dict.fromkeys(mrids))
    whole = former.ids.tables["equipment"].find_rows(encode_texts(wanted)).tolist()
    pieces = {
        mrid: {mrid: row} if row >= 0 else {} for mrid, row in zip(wanted, whole, strict=True)
    }
    every = former.data.equipment.mrid
    rows = np.flatnonzero(np.strings.find(every, MARK.encode()) > 0)
    numbered: list[tuple[str, int, int]] = []
    for name, row in zip(decode_texts(every[rows]).tolist(), rows.tolist(), strict=True):
        line, _, number = name.rpartition(MARK)
        if line in pieces and number.isascii() and number.isdigit():
            numbered.append((line, int(number), row))
    for line, number, row in sorted(numbered):
        pieces[line][f"{line}{MARK}{number}"] = row
    return pieces


def _locate_ends(former: Network, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return where some equipment begins and ends, shape (n, 2, 2)."""
    counts, xy = equipment_courses(former.data, rows)
    last = np.cumsum(counts) - 1
    return np.stack([xy[last - counts + 1], xy[last]], axis=1)


def _match_pieces(
    now: NDArray[np.float64], before: NDArray[np.float64], tolerance_m: float
) -> list[int]:
    """Return which former piece of a line each piece goes on; -1 = none."""
    if now.shape == before.shape and (np.abs(now - before) <= tolerance_m).all():
        return list(range(len(now)))  # as nearly all are
    apart = np.hypot(*np.moveaxis(now[:, None, :, None] - before[None, :, None, :], -1, 0))
    meets = apart <= tolerance_m  # piece, former piece, end of the one, end of the other
    same, other = meets[..., [0, 1], [0, 1]].sum(), meets[..., [0, 1], [1, 0]].sum()
    if other > same:  # the line is drawn the other way
        meets = meets[..., ::-1]
    begins, ends = meets[..., 0, 0], meets[..., 1, 1]
    kept = [-1] * len(now)
    free = np.ones(len(before), dtype=np.bool_)
    for alike in (begins & ends, begins, ends):
        for piece in range(len(now)):
            candidates = np.flatnonzero(alike[piece] & free)
            if kept[piece] < 0 and len(candidates):
                kept[piece] = int(candidates[0])
                free[candidates[0]] = False
    if free.all() and len(now) and len(before):
        course = shapely.LineString(np.concatenate([now[:, 0], now[-1:, 1]]))
        along = shapely.line_locate_point(course, shapely.points(before.mean(axis=1)))
        for piece, row in enumerate(np.argsort(along, kind="stable")[: len(now)].tolist()):
            kept[piece] = row
    return kept


def _take_names(mrid: str, pieces: Sequence[str], goes_on: Sequence[int]) -> list[str]:
    """Return the names of the pieces of a line, those that go on none with new numbers."""
    used = [int(name.rpartition(MARK)[2]) for name in pieces if name != mrid]
    number = max([1, *used])
    if not pieces:
        return _number_pieces([mrid] * len(goes_on), np.zeros(len(goes_on), dtype=np.intp))
    names = []
    for row in goes_on:
        if row >= 0:
            names.append(pieces[row])
        else:
            number += 1
            names.append(f"{mrid}{MARK}{number}")
    return names
