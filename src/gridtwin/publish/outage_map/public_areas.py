"""
Divide a territory into areas that are told of in public, none so small that it gives a home away.

Without polygons of the utility's own, the square around the territory is quartered, and each part
again, as long as every part with somebody in it has enough usage points and customers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridtwin.errors import InputError
from gridtwin.model.tables import decode_texts
from gridtwin.publish.communities import read_named_polygons
from gridtwin.results.layer_frames import find_groups_of_nodes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation

FEWEST_SERVED = 50  # usage points, and customers, of an area that is told of
MOST_QUARTERINGS = 12  # quarterings of a territory
MOST_AREAS = 5_000


@dataclass(frozen=True, slots=True, eq=False)
class PublicAreas:
    """Areas that are told of, and which of them each usage point of a network is in."""

    names: list[str]
    shapes: NDArray[np.object_]  # polygons in degrees (EPSG:4326)
    served: NDArray[np.int64]  # customers in each
    of_point: NDArray[np.int32]  # (usage points,) place in `names`; -1 = in none that is told of


def draw_areas(situation: Situation, fewest: int = FEWEST_SERVED) -> PublicAreas:
    """
    Return squares of the territory, small where many live, named for the substation there.

    Parameters
    ----------
    situation
        A network whose coordinates are degrees.
    fewest
        Usage points and customers that an area has at least.

    Raises
    ------
    InputError
        If the network has no place on earth.
    """
    xy = _find_places(situation)
    placed = np.flatnonzero(np.isfinite(xy).all(axis=1))
    of_point = np.full(len(xy), -1, dtype=np.int32)
    squares: list[Any] = []
    if len(placed):
        low, high = xy[placed].min(axis=0), xy[placed].max(axis=0)
        side = float((high - low).max()) * 1.001 or 0.01
        corner = (low + high - side) / 2
        customers = situation.data.usage_points.customers
        for rows, column, line, depth in _quarter(xy, customers, placed, corner, side, fewest):
            step = side / 2**depth
            of_point[rows] = len(squares)
            # Both sides of a border come of one product, so that they are one number.
            west, east = corner[0] + np.array([column, column + 1]) * step
            south, north = corner[1] + np.array([line, line + 1]) * step
            squares.append(shapely.box(west, south, east, north))
    names = _name_by_substation(situation, of_point, len(squares))
    return _keep_large_areas(situation, names, squares, of_point, fewest)


def read_areas(
    situation: Situation, text: str, *, key: str, fewest: int = FEWEST_SERVED
) -> PublicAreas:
    """
    Return areas drawn as polygons: ZIP codes, towns, counties.

    Parameters
    ----------
    situation
        A network whose coordinates are degrees.
    text
        A GeoJSON FeatureCollection of polygons; those of one name are one area.
    key
        The property that names each.
    fewest
        Usage points and customers that an area has at least; one with fewer is left out.

    Raises
    ------
    InputError
        If it is no such collection, has too many areas, or the network has no place on earth.
    """
    xy = _find_places(situation)
    named = read_named_polygons(text, key)
    names = sorted({name for name, _ in named})
    if len(names) > MOST_AREAS:
        msg = f"{len(names):,} areas are more than {MOST_AREAS:,}: give larger ones"
        raise InputError(msg)
    shapes = [shapely.union_all([shape for own, shape in named if own == name]) for name in names]
    point, area = shapely.STRtree(shapes).query(shapely.points(xy), predicate="intersects")
    of_point = np.full(len(xy), -1, dtype=np.int32)
    order = np.lexsort((area, point))[::-1]  # on a border the first name has it
    of_point[point[order]] = area[order]
    return _keep_large_areas(situation, names, shapes, of_point, fewest)


def _find_places(situation: Situation) -> NDArray[np.float64]:
    """Return the places of the usage points, in degrees."""
    if situation.network.crs is None:
        msg = "the network has no place on earth: no map can be made of its outages"
        raise InputError(msg)
    return situation.data.usage_points.xy


def _quarter(
    xy: NDArray[np.float64],
    customers: NDArray[np.int32],
    placed: NDArray[np.intp],
    corner: NDArray[np.float64],
    side: float,
    fewest: int,
) -> list[tuple[NDArray[np.intp], int, int, int]]:
    """Return squares that cannot be quartered: their rows, column, line and depth."""
    done, waiting = [], [(placed, 0, 0, 0)]
    while waiting:
        rows, column, line, depth = waiting.pop()
        step = side / 2 ** (depth + 1)
        east = xy[rows, 0] >= corner[0] + (2 * column + 1) * step
        north = xy[rows, 1] >= corner[1] + (2 * line + 1) * step
        parts = [
            (rows[(east == right) & (north == upper)], 2 * column + right, 2 * line + upper)
            for upper in (0, 1)
            for right in (0, 1)
        ]
        parts = [part for part in parts if len(part[0])]
        if depth < MOST_QUARTERINGS and all(
            len(part[0]) >= fewest and customers[part[0]].sum() >= fewest for part in parts
        ):
            waiting += [(*part, depth + 1) for part in reversed(parts)]
        else:
            done.append((rows, column, line, depth))
    return done


def _name_by_substation(situation: Situation, of_point: NDArray[np.int32], count: int) -> list[str]:
    """Return names such as "Bayou 3": the substation most of an area hang on, and a number."""
    table = situation.data.substations
    known = [
        str(name or mrid)
        for name, mrid in zip(decode_texts(table.name), decode_texts(table.mrid), strict=True)
    ]
    home = find_groups_of_nodes(situation, "substation")[situation.data.usage_points.node]
    numbers: dict[str, int] = {}
    names = []
    for area in range(count):
        inside = home[of_point == area]
        inside = inside[inside >= 0]
        name = known[int(np.bincount(inside).argmax())] if len(inside) else "Area"
        numbers[name] = numbers.get(name, 0) + 1
        names.append(f"{name} {numbers[name]}")
    return names


def _keep_large_areas(
    situation: Situation,
    names: list[str],
    shapes: list[Any],
    of_point: NDArray[np.int32],
    fewest: int,
) -> PublicAreas:
    """Return the areas with enough usage points and customers."""
    inside, count = of_point >= 0, len(names)
    customers = situation.data.usage_points.customers
    points = np.bincount(of_point[inside], minlength=count)
    served = np.bincount(of_point[inside], customers[inside], count).astype(np.int64)
    kept = np.flatnonzero((points >= fewest) & (served >= fewest))
    place = np.full(count + 1, -1, dtype=np.int32)
    place[kept] = np.arange(len(kept), dtype=np.int32)
    return PublicAreas(
        [names[area] for area in kept],
        np.array([shapes[area] for area in kept], dtype=object),
        served[kept],
        place[of_point],
    )
