"""Draw the ground of a territory: its land, water, parks, streets and buildings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from gridtwin.sources.synthetic.road_ground import read_ground
from gridtwin.sources.synthetic.service_level import COMMERCIAL, INDUSTRIAL, RESIDENTIAL
from gridtwin.sources.synthetic.street_plan import STREET_STEP_M, plan_streets
from gridtwin.sources.synthetic.territory import PIXEL_M, SHORE_STEP_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.sources.synthetic.laid_territory import LaidTerritory
    from gridtwin.sources.synthetic.territory import Land, Territory

TOWN_MARGIN_DEG = 0.02  # of land around real streets
# Width along the street and depth of a building, meters, by what is served there.
BUILDING_M = np.zeros((3, 2))
BUILDING_M[RESIDENTIAL] = 10.0, 9.0
BUILDING_M[COMMERCIAL] = 12.0, 18.0
BUILDING_M[INDUSTRIAL] = 32.0, 24.0
CORNER_SIGNS = np.array([(-1, 0), (1, 0), (1, 2), (-1, 2)]) / 2.0  # along the street, away from it


class TownMap(NamedTuple):
    """Shapes in longitude and latitude, arrays of shapely geometries."""

    earth: NDArray[np.object_]
    water: NDArray[np.object_]
    parks: NDArray[np.object_]
    streets: NDArray[np.object_]
    street_kind: NDArray[np.uint8]  # place in `ROAD_KINDS`
    buildings: NDArray[np.object_]


def draw_town(laid: LaidTerritory) -> TownMap:
    """Return the ground of a territory, as it was when the territory was laid out."""
    ground = laid.ground
    streets, kind = _draw_streets(laid)
    west, south, east, north = ground.bounds
    around = TOWN_MARGIN_DEG if laid.roads is not None else 0.0
    window = (west - around, south - around, east + around, north + around)
    water, parks = _draw_areas(laid, window)
    return TownMap(
        earth=np.array([shapely.box(*window)]),
        water=water,
        parks=parks,
        streets=streets,
        street_kind=kind,
        buildings=_draw_buildings(laid),
    )


def _draw_areas(
    laid: LaidTerritory, window: tuple[float, float, float, float]
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Return water and parks."""
    if laid.land is not None:
        return shapely.get_parts(laid.ground.water), _draw_parks(laid.ground, laid.land)
    none = np.empty(0, dtype=object)
    return read_ground(laid.roads_file, window) if laid.roads_file else (none, none)


def _draw_streets(laid: LaidTerritory) -> tuple[NDArray[np.object_], NDArray[np.uint8]]:
    line = shapely.GeometryType.LINESTRING
    if laid.roads is not None:
        return shapely.from_ragged_array(line, laid.roads.xy, (laid.roads.start,)), laid.roads.kind
    if laid.plan is None:
        return np.empty(0, dtype=object), np.empty(0, np.uint8)
    ground = laid.ground
    drawn = plan_streets(ground, laid.plan, laid.primary, laid.service.meters.plane)
    straight = shapely.linestrings(np.stack([drawn.start, drawn.end], axis=1))
    return _lay_on_ground(shapely.segmentize(straight, STREET_STEP_M), ground), drawn.kind


def _lay_on_ground(shapes: Any, ground: Territory) -> Any:
    """Return shapes of the plan as they lie on the ground."""
    return shapely.transform(shapes, lambda plan: ground.to_lonlat(ground.bending.bend(plan)))


def _draw_parks(ground: Territory, land: Land) -> NDArray[np.object_]:
    """Return the banks that are left free beside water."""
    row, column = np.nonzero(~land.dry)
    low = land.corner + np.stack([column, row], -1) * PIXEL_M
    banks = shapely.union_all(shapely.box(*low.T, *(low + PIXEL_M).T))
    banks = shapely.segmentize(shapely.difference(banks, ground.plan_water), SHORE_STEP_M)
    return np.atleast_1d(shapely.get_parts(_lay_on_ground(banks, ground)))


def _draw_buildings(laid: LaidTerritory) -> NDArray[np.object_]:
    """Return a building behind every meter, square to its street."""
    meters, bend = laid.service.meters, laid.ground.bending.bend
    site = laid.service.transformers.site[meters.transformer]
    front = bend(meters.plane)
    toward = bend(laid.primary.sides.find_beside(site, meters.along, meters.across / 2)) - front
    toward /= np.maximum(np.hypot(*toward.T), 1e-9)[:, None]
    beside = np.stack([-toward[:, 1], toward[:, 0]], -1)
    width, depth = BUILDING_M[meters.service].T
    corners = np.empty((len(front), 4, 2))
    for corner, (along, away) in enumerate(CORNER_SIGNS.tolist()):
        corners[:, corner] = (
            front + beside * (along * width)[:, None] - toward * (away * depth)[:, None]
        )
    laid.ground.to_lonlat(corners)
    return np.asarray(shapely.polygons(corners))
