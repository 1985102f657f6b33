"""Tell what is drawn on a page of a PDF, besides its letters: images, rules, frames, drawings."""

from __future__ import annotations

import ctypes
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gridtwin.manuals.document_pages import Box

    Matrix = tuple[float, float, float, float, float, float]
    Point = tuple[float, float]

IMAGE_MARK, RULE_MARK, FRAME_MARK, STROKE_MARK = "image", "rule", "frame", "stroke"
MOST_OBJECTS = 20_000  # of a page that are looked at; of more, every second, third ...
LOOKS_AN_OBJECT = 2  # that most paths cost, with their segments
MOST_SEGMENTS = 400  # of a path; one of more is a drawing, whatever they are
SEGMENTS_AN_OBJECT = 4  # that cost about as much as looking at another object
DEEPEST_FORM = 4  # forms within forms
THINNEST_FRAME = 3.0  # points; what is thinner is a rule
SHORTEST_RULE = 8.0  # points
STRAIGHT_WITHIN = 0.5  # points by which a straight line may be off
FRAME_CORNERS = 4
WHITE = (255, 255, 255)
SAME_SPACE: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


class PageMark(NamedTuple):
    """
    Something that is drawn on a page, and where.

    Attributes
    ----------
    kind
        An image; a rule: a straight line along an edge of the page; a frame: a rectangle; or a
        stroke: any other line or area.
    box
        Where it stands.
    """

    kind: str
    box: Box


def list_marks(page: Any) -> list[PageMark]:
    """Return what is drawn on a page of pypdfium2, also in its forms, with bounded work."""
    from pypdfium2 import raw

    marks: list[PageMark] = []
    waiting: list[tuple[Any, Matrix, int]] = [(page.raw, SAME_SPACE, 0)]
    left = MOST_OBJECTS
    while waiting and left > 0:
        parent, space, depth = waiting.pop()
        count_objects = raw.FPDFFormObj_CountObjects if depth else raw.FPDFPage_CountObjects
        get_object = raw.FPDFFormObj_GetObject if depth else raw.FPDFPage_GetObject
        count = count_objects(parent)
        for at in range(0, count, max(1, -(-LOOKS_AN_OBJECT * count // left))):
            left -= 1
            item = get_object(parent, at)
            kind = raw.FPDFPageObj_GetType(item) if item else raw.FPDF_PAGEOBJ_UNKNOWN
            if kind == raw.FPDF_PAGEOBJ_PATH:
                left -= _count_looks(item)
                marks += _read_path(item, space)
            elif kind in {raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_SHADING}:
                box = _read_box(item, space)
                marks += [PageMark(IMAGE_MARK, box)] if box else []
            elif kind == raw.FPDF_PAGEOBJ_FORM and depth < DEEPEST_FORM:
                waiting.append((item, _join_spaces(_read_matrix(item), space), depth + 1))
            if left <= 0:
                break
    return marks


def _count_looks(path: Any) -> int:
    """Return how many objects more could be looked at in the time that a path takes."""
    from pypdfium2 import raw

    segments = raw.FPDFPath_CountSegments(path)
    return segments // SEGMENTS_AN_OBJECT if segments <= MOST_SEGMENTS else 0


def _read_box(item: Any, space: Matrix) -> Box | None:
    from pypdfium2 import raw

    sides = [ctypes.c_float() for _ in range(4)]  # left, bottom, right, top
    if not raw.FPDFPageObj_GetBounds(item, *sides):
        return None
    left, bottom, right, top = (side.value for side in sides)
    if space is SAME_SPACE:
        return left, bottom, right, top
    return _bound_points(
        [_move_point(space, point) for point in ((left, bottom), (left, top), (right, bottom),
                                                 (right, top))]
    )  # fmt: skip


def _bound_points(points: Sequence[Point]) -> Box:
    lefts, bottoms = [x for x, _ in points], [y for _, y in points]
    return min(lefts), min(bottoms), max(lefts), max(bottoms)


def _read_matrix(item: Any) -> Matrix:
    from pypdfium2 import raw

    found = raw.FS_MATRIX()
    if not raw.FPDFPageObj_GetMatrix(item, found):
        return SAME_SPACE
    return found.a, found.b, found.c, found.d, found.e, found.f


def _join_spaces(inner: Matrix, outer: Matrix) -> Matrix:
    """Return the matrix that does what one does, and then the other."""
    a, b, c, d, e, f = inner
    g, h, i, j, k, m = outer
    return (
        a * g + b * i,
        a * h + b * j,
        c * g + d * i,
        c * h + d * j,
        *_move_point((g, h, i, j, k, m), (e, f)),
    )


def _move_point(space: Matrix, point: Point) -> Point:
    a, b, c, d, e, f = space
    x, y = point
    return a * x + c * y + e, b * x + d * y + f


def _read_path(path: Any, space: Matrix) -> Iterator[PageMark]:
    """Yield a path: its straight lines and rectangles apart, where it is made of nothing else."""
    from pypdfium2 import raw

    box = _read_box(path, space)
    if box is None:
        return
    narrow, wide = sorted((box[2] - box[0], box[3] - box[1]))
    if narrow <= THINNEST_FRAME:
        yield PageMark(RULE_MARK if wide >= SHORTEST_RULE else STROKE_MARK, box)
        return
    if _is_hidden(path):
        return
    segments = raw.FPDFPath_CountSegments(path)
    pieces = _read_pieces(path, segments, space) if segments <= MOST_SEGMENTS else None
    if pieces is None:
        yield PageMark(STROKE_MARK, box)
        return
    for points in pieces:
        if len(points) >= FRAME_CORNERS:
            yield PageMark(FRAME_MARK, _bound_points(points))
        else:
            for ends in pairwise(points):
                yield PageMark(RULE_MARK, _bound_points(ends))


def _is_hidden(path: Any) -> bool:
    """Return whether nothing is seen of a path on white paper."""
    from pypdfium2 import raw

    fill, stroke = ctypes.c_int(), ctypes.c_int()
    if not raw.FPDFPath_GetDrawMode(path, fill, stroke) or stroke.value:
        return False
    color = [ctypes.c_uint() for _ in range(4)]
    known = raw.FPDFPageObj_GetFillColor(path, *color)
    return not fill.value or (
        bool(known) and (tuple(each.value for each in color[:3]) == WHITE or not color[3].value)
    )


def _read_pieces(path: Any, segments: int, space: Matrix) -> list[list[Point]] | None:
    """Return the points of the pieces of a path; None if a line is bent or slants."""
    from pypdfium2 import raw

    matrix = _join_spaces(_read_matrix(path), space)
    pieces: list[list[Point]] = []
    x, y = ctypes.c_float(), ctypes.c_float()
    for at in range(segments):
        segment = raw.FPDFPath_GetPathSegment(path, at)
        kind = raw.FPDFPathSegment_GetType(segment)
        if kind not in {raw.FPDF_SEGMENT_MOVETO, raw.FPDF_SEGMENT_LINETO}:
            return None
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        point = _move_point(matrix, (x.value, y.value))
        if kind == raw.FPDF_SEGMENT_MOVETO or not pieces:
            pieces.append([point])
            continue
        before = pieces[-1][-1]
        if min(abs(point[0] - before[0]), abs(point[1] - before[1])) > STRAIGHT_WITHIN:
            return None
        pieces[-1].append(point)
    return pieces
