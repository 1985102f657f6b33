"""Make straight edges of the circular arcs in a polygon's text (WKT of SQL/MM)."""

from __future__ import annotations

import math
import re

_TAG = r"\s*(?:ZM|Z|M)?\s*"
_FLAT = r"\(([^()]*)\)"
_ARCS = re.compile(rf"CIRCULARSTRING{_TAG}{_FLAT}", re.IGNORECASE)
_LINESTRING = re.compile(rf"LINESTRING{_TAG}(?=\()", re.IGNORECASE)
_COMPOUND = re.compile(rf"COMPOUNDCURVE{_TAG}\(((?:\s*{_FLAT}\s*,?)+)\)", re.IGNORECASE)
_CURVED = re.compile(rf"CURVEPOLYGON{_TAG}(?=\()", re.IGNORECASE)
_SURFACES = re.compile(rf"MULTISURFACE{_TAG}(?=\()", re.IGNORECASE)
_PLAIN = re.compile(rf"(?<!MULTI)POLYGON{_TAG}(?=\()", re.IGNORECASE)
ARC_STEP = math.pi / 64  # of an arc; the area of a circle comes out 0.04 % too small

Point = tuple[float, float]


def straighten_arcs(text: str) -> str:
    """
    Return the WKT of a polygon without arcs, in two dimensions.

    Raises
    ------
    ValueError
        If an arc is none.
    """
    flat = re.sub(_FLAT, lambda found: f"({_write_points(_read_points(found[1]))})", text)
    flat = _ARCS.sub(lambda found: f"({_write_points(_trace_arcs(_read_points(found[1])))})", flat)
    flat = _LINESTRING.sub("", flat)
    flat = _COMPOUND.sub(lambda found: f"({_write_points(_join_pieces(found[1]))})", flat)
    flat = _CURVED.sub("POLYGON ", flat)
    if _SURFACES.search(flat):
        flat = _SURFACES.sub("MULTIPOLYGON ", _PLAIN.sub("", flat))
    return flat


def _read_points(listed: str) -> list[Point]:
    pairs = [position.split()[:2] for position in listed.split(",")]
    return [(float(x), float(y)) for x, y in pairs]


def _write_points(points: list[Point]) -> str:
    return ", ".join(f"{x!r} {y!r}" for x, y in points)


def _join_pieces(members: str) -> list[Point]:
    """Return the points of pieces that begin where the one before ends."""
    points: list[Point] = []
    for piece in re.findall(_FLAT, members):
        listed = _read_points(piece)
        points += listed[1:] if points and points[-1] == listed[0] else listed
    return points


def _trace_arcs(points: list[Point]) -> list[Point]:
    """Return the points along arcs, each given by its start, a point on it, and its end."""
    if len(points) < 3 or len(points) % 2 == 0:
        msg = f"a circular string has 3, 5, 7 ... points, not {len(points)}"
        raise ValueError(msg)
    traced = points[:1]
    for at in range(0, len(points) - 2, 2):
        traced += [*_trace_arc(*points[at : at + 3]), points[at + 2]]
    return traced


def _trace_arc(start: Point, middle: Point, stop: Point) -> list[Point]:
    """Return points between the ends of one arc; none where it is straight."""
    (ax, ay), (bx, by), (cx, cy) = start, middle, stop
    bx, by, cx, cy = bx - ax, by - ay, cx - ax, cy - ay
    cross = 2 * (bx * cy - by * cx)
    if start == stop:  # a whole circle, whose middle lies opposite
        x, y, sweep = bx / 2, by / 2, 2 * math.pi
    elif cross == 0:
        return []
    else:
        b, c = bx * bx + by * by, cx * cx + cy * cy
        x, y = (cy * b - by * c) / cross, (bx * c - cx * b) / cross
        sweep = (math.atan2(cy - y, cx - x) - math.atan2(-y, -x)) % (2 * math.pi)
        if cross < 0:  # clockwise
            sweep -= 2 * math.pi
    first, radius = math.atan2(-y, -x), math.hypot(x, y)
    count = max(2, math.ceil(abs(sweep) / ARC_STEP))
    angles = [first + sweep * step / count for step in range(1, count)]
    return [
        (ax + x + radius * math.cos(angle), ay + y + radius * math.sin(angle)) for angle in angles
    ]
