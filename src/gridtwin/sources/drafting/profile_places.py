"""Measure by their places how the layers of a source meet: tolerance, inner vertices, sides."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridtwin.sources.drafting.draft_words import find_role
from gridtwin.sources.mapping.mapping_findings import MappingFindings
from gridtwin.sources.mapping.mapping_layers import SourceLayer, project_shapes
from gridtwin.sources.mapping.mapping_lines import flatten_lines, locate_points, measure_ends
from gridtwin.sources.mapping.mapping_places import measure_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.sources.drafting.mapping_profile import LayerProfile, SourceProfile

BIN_EDGES_M = (0.0, 0.001, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
LEAST_TOLERANCE_M, MOST_TOLERANCE_M = 0.01, 1.0
LENGTH_UNITS = {"m": 1.0, "ft": 0.3048, "km": 1_000.0, "mi": 1_609.344}
UNIT_FITS = 0.05  # how far the median of recorded by drawn length may be from that of a unit


@dataclass(slots=True)
class PlacedLayer:
    """One layer in meters: line ends and vertices, or points."""

    layer: LayerProfile
    lines: NDArray[np.object_] | None
    ends: NDArray[np.float64]  # shape (2 n, 2): all first, then all last; of points each once
    drawn_m: NDArray[np.float64]  # length of each line


@dataclass(slots=True)
class PlaceEvidence:
    """How the layers of a source meet by place."""

    tolerance_m: float = 0.1
    histogram: list[tuple[float, float, int]] = field(default_factory=list)  # from, to, line ends
    placed: dict[str, PlacedLayer] = field(default_factory=dict)
    tapped: dict[str, int] = field(default_factory=dict)  # what meets inner vertices, by layer
    touches: dict[str, dict[str, NDArray[np.intp]]] = field(default_factory=dict)

    def show_histogram(self) -> str:
        """Return the distances from line ends to the nearest other end, as a comment shows them."""
        shown = [
            f"{count:,} below {stop:g} m" if not start else f"{count:,} to {stop:g} m"
            for start, stop, count in self.histogram
            if count
        ]
        return ", ".join(shown)


def measure_places(profile: SourceProfile, crs: str = "") -> PlaceEvidence:
    """
    Return how the drawn layers of a source meet.

    Parameters
    ----------
    profile
        The source.
    crs
        Its coordinate system, where the layers do not state it; such layers are left out without.
    """
    evidence = PlaceEvidence()
    for layer in profile.layers:
        stated = layer.crs or crs
        shapes = layer.shapes
        if (
            shapes is None
            or not stated
            or layer.geometry not in {"line", "point"}
            or not layer.rows
        ):
            continue
        if layer.geometry == "point" and find_role(layer.name) in {"structure", "lamp"}:
            continue
        whole = SourceLayer(layer.name, layer.table, shapes, layer.crs or None)
        drawn = project_shapes(whole, None if layer.crs else crs, layer.name)
        evidence.placed[layer.name] = _place_layer(layer, drawn)
    _share_plane(evidence, planar=crs.casefold() == "none")
    lines = [each for each in evidence.placed.values() if each.lines is not None]
    if lines:
        _measure_tolerance(evidence, lines)
        _count_taps(evidence, lines)
        _count_touches(evidence, lines)
    return evidence


def _place_layer(layer: LayerProfile, drawn: NDArray[np.object_]) -> PlacedLayer:
    """Return a layer still in longitude and latitude; `_share_plane` makes meters of it."""
    import pandas as pd

    if layer.geometry == "point":
        xy = locate_points(drawn)
        return PlacedLayer(layer, None, xy, np.empty(0))
    numbers = np.arange(len(drawn)).astype(str).astype(object)
    rows = pd.DataFrame({"mrid": numbers, "layer": layer.name, "key": numbers})
    lines = flatten_lines(drawn, rows, MappingFindings())
    lines = lines[~shapely.is_missing(lines)]
    return PlacedLayer(layer, lines, np.concatenate(measure_ends(lines)), np.empty(0))


def _share_plane(evidence: PlaceEvidence, *, planar: bool) -> None:
    """Put all layers on one plane in meters."""
    placed = list(evidence.placed.values())
    counts = [len(each.ends) for each in placed]
    vertices = [
        shapely.get_coordinates(each.lines) if each.lines is not None else np.empty((0, 2))
        for each in placed
    ]
    everything = np.concatenate([*(each.ends for each in placed), *vertices, np.empty((0, 2))])
    if not len(everything):
        return
    finite = np.isfinite(everything).all(axis=1)
    moved = np.full_like(everything, np.nan)
    moved[finite] = measure_points(everything[finite], planar=planar)
    parts = np.split(moved, np.cumsum([*counts, *map(len, vertices)])[:-1])
    for row, each in enumerate(placed):
        each.ends = parts[row]
        if each.lines is not None:
            each.lines = shapely.set_coordinates(each.lines.copy(), parts[len(placed) + row])
            each.drawn_m = shapely.length(each.lines)


def _measure_tolerance(evidence: PlaceEvidence, lines: list[PlacedLayer]) -> None:
    """Find the widest gap between ends that coincide and those that do not."""
    from scipy.spatial import cKDTree

    ends = np.concatenate([each.ends for each in lines])
    others = [each.ends for each in evidence.placed.values() if each.lines is None]
    points = np.concatenate([*others, np.empty((0, 2))])
    points = points[np.isfinite(points).all(axis=1)]
    count = len(ends)
    every = np.concatenate([ends, points])
    if count < 2:
        return
    distance, nearest = cKDTree(every).query(ends, k=2)
    own = nearest == np.arange(count)[:, None]
    apart = np.where(own[:, 0], distance[:, 1], distance[:, 0])
    counts, _ = np.histogram(apart, bins=[*BIN_EDGES_M, math.inf])
    edges = [*BIN_EDGES_M, math.inf]
    evidence.histogram = [
        (edges[row], edges[row + 1], int(number)) for row, number in enumerate(counts)
    ]
    evidence.tolerance_m = find_knee(apart)


def find_knee(apart: NDArray[np.float64]) -> float:
    """
    Return the tolerance in meters that parts ends which meet from those which do not.

    Parameters
    ----------
    apart
        The distance from each end to the nearest other, in meters.

    Examples
    --------
    >>> find_knee(np.array([0.0, 0.0, 0.0, 0.0, 0.05, 0.08, 25.0, 40.0]))
    0.5
    >>> find_knee(np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.05, 0.08, 2.0, 3.0, 25.0]))
    0.2
    """
    steps = np.unique(np.clip(np.sort(apart), LEAST_TOLERANCE_M, 30.0))
    most_meet = np.searchsorted(np.sort(apart), steps, side="right") >= len(apart) / 2
    inside = most_meet & (steps < MOST_TOLERANCE_M)
    rows = np.flatnonzero(inside[:-1]) if len(steps) > 1 else np.empty(0, dtype=np.intp)
    if not len(rows):
        return 0.1
    upper = np.minimum(steps[rows + 1], 10.0)
    widest = rows[np.argmax(upper / steps[rows])]
    middle = math.sqrt(steps[widest] * min(steps[widest + 1], 10.0))
    scale = 10.0 ** math.floor(math.log10(middle))
    nice = max(step * scale for step in (1.0, 2.0, 5.0) if step * scale <= middle * 1.000001)
    return float(f"{min(max(nice, LEAST_TOLERANCE_M), MOST_TOLERANCE_M):g}")


def _count_taps(evidence: PlaceEvidence, lines: list[PlacedLayer]) -> None:
    """Count the ends and points that lie at inner vertices of each layer of lines."""
    from scipy.spatial import cKDTree

    for each in lines:
        if each.lines is None:
            continue
        xy, owner = shapely.get_coordinates(each.lines, return_index=True)
        inner = np.zeros(len(owner), dtype=bool)
        inner[1:-1] = (owner[1:-1] == owner[:-2]) & (owner[1:-1] == owner[2:])
        if not inner.any():
            continue
        contacts = np.concatenate([other.ends for other in evidence.placed.values()])
        contacts = contacts[np.isfinite(contacts).all(axis=1)]
        near, _ = cKDTree(contacts).query(xy[inner], distance_upper_bound=evidence.tolerance_m)
        evidence.tapped[each.layer.name] = int(np.isfinite(near).sum())


def _count_touches(evidence: PlaceEvidence, lines: list[PlacedLayer]) -> None:
    """Count the line ends of each layer at each point of the layers of points."""
    from scipy.spatial import cKDTree

    trees = {each.layer.name: cKDTree(each.ends) for each in lines}
    for name, each in evidence.placed.items():
        if each.lines is not None:
            continue
        known = np.isfinite(each.ends).all(axis=1)
        evidence.touches[name] = {}
        for other, tree in trees.items():
            counts = np.zeros(len(each.ends), dtype=np.intp)
            counts[known] = tree.query_ball_point(
                each.ends[known], evidence.tolerance_m, return_length=True
            )
            evidence.touches[name][other] = counts


def find_length_unit(placed: PlacedLayer, recorded: list[str]) -> tuple[str, str]:
    """Return the unit of a recorded length, and how it compares with the drawn one; or nothing."""
    if placed.lines is None or len(recorded) != len(placed.drawn_m):
        return "", ""
    numbers = np.array([float(text) if text else math.nan for text in recorded])
    usable = np.isfinite(numbers) & (numbers > 0) & (placed.drawn_m > 1.0)
    if not usable.any():
        return "", ""
    ratio = float(np.median(placed.drawn_m[usable] / numbers[usable]))
    for unit, meters in LENGTH_UNITS.items():
        if abs(ratio / meters - 1) <= UNIT_FITS:
            return unit, f"drawn lines are {ratio:.4g} m long for each 1 that is recorded"
    return "", f"drawn lines are {ratio:.4g} m long for each 1 that is recorded: no known unit"
