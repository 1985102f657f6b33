"""Describe a territory: its bounds, its town centers, its water, and its all-land districts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gridtwin.errors import InputError
from gridtwin.sources.synthetic.bending import Bending, Twist, Wave

if TYPE_CHECKING:
    from numpy.typing import NDArray

PIXEL_M = 250.0  # districts are cut out of squares of this size
METERS_PER_KM2 = 160.0  # how fast the served area grows with the meters
NARROWEST = 4  # squares across a district that had to give way to water
SLIMMEST = 3  # times as long as wide; what is longer is cut across
SMALLEST_SHARE = 0.15  # of a mean district; land pieces of less weight are left unserved
RURAL_WEIGHT = 0.12  # density far from every center, where a large center has 1.0
CORE_SHARE = 0.7  # of a town center's reach: where its streets are straight and turned
SHORE_STEP_M = 50.0  # between the points of a shore, so that it bends as the streets do


class TownCenter(NamedTuple):
    """A town center: where it lies, how far its density reaches, how its streets are turned."""

    lon: float
    lat: float
    weight: float
    reach_m: float
    turn: float  # degrees, anticlockwise


class River(NamedTuple):
    """A river or bayou: its center line and half its width."""

    half_width_m: float
    line: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Territory:
    """
    A stretch of land and water, told in longitude and latitude before it is bent.

    Attributes
    ----------
    bounds
        West, south, east, north.
    centers
        Town centers; the first is where a small territory begins.
    lakes
        Rings of standing water.
    streams
        Running water.
    waves, broad
        What bends streets and shores, see `Bending`.
    """

    bounds: tuple[float, float, float, float]
    centers: tuple[TownCenter, ...] = ()
    lakes: tuple[tuple[tuple[float, float], ...], ...] = ()
    streams: tuple[River, ...] = ()
    waves: tuple[Wave, ...] = ()
    broad: tuple[Wave, ...] = ()

    @cached_property
    def scale(self) -> NDArray[np.float64]:
        """Meters in a degree of longitude and of latitude at the middle of the territory."""
        middle = (self.bounds[1] + self.bounds[3]) / 2
        scale: NDArray[np.float64] = degree_m(np.array([middle]))[0]
        return scale

    @cached_property
    def size_m(self) -> NDArray[np.float64]:
        """Width and height in meters."""
        west, south, east, north = self.bounds
        return np.array([east - west, north - south]) * self.scale

    def to_plane(self, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return meters east and north of the south-west corner."""
        plane: NDArray[np.float64] = (lonlat - np.array(self.bounds[:2])) * self.scale
        return plane

    def to_lonlat(self, plane: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return longitude and latitude of places of the plane, in the array given."""
        plane /= self.scale
        plane += np.array(self.bounds[:2])
        return plane

    @cached_property
    def bending(self) -> Bending:
        """What brings the plan to the ground."""
        twists = tuple(
            Twist(
                (at := self.to_plane(np.array([center.lon, center.lat])))[0],
                at[1],
                center.reach_m * CORE_SHARE,
                np.radians(center.turn),
            )
            for center in self.centers
        )
        fixed = (twists[0].east, twists[0].north) if twists else (0.0, 0.0)
        return Bending(twists, self.waves, self.broad, fixed)

    @cached_property
    def plan_water(self) -> Any:
        """All water as one geometry of the plan, in meters of the plane."""
        import shapely

        plane = [shapely.Polygon(self.to_plane(np.array(ring))) for ring in self.lakes]
        plane += [
            shapely.LineString(self.to_plane(np.array(stream.line))).buffer(stream.half_width_m)
            for stream in self.streams
        ]
        return shapely.union_all(plane)

    @cached_property
    def water(self) -> Any:
        """All water as one geometry in longitude and latitude, as it lies on the ground."""
        import shapely

        fine = shapely.segmentize(self.plan_water, SHORE_STEP_M)
        return shapely.transform(fine, lambda plan: self.to_lonlat(self.bending.bend(plan)))

    def estimate_density(self, plane: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how densely people live around places of the plane, shape (..., 2)."""
        total = np.full(plane.shape[:-1], RURAL_WEIGHT)
        for center in self.centers:
            at = self.to_plane(np.array([center.lon, center.lat]))
            distance = np.hypot(*np.moveaxis(plane - at, -1, 0))
            total += center.weight * np.exp(-distance / center.reach_m)
        return total


def degree_m(lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Return meters in a degree of longitude and latitude on WGS 84, shape (n, 2).

    References
    ----------
    National Geospatial-Intelligence Agency, "Length of a degree of latitude and longitude":
    the usual cosine series, good to a few centimeters per degree.
    """
    phi = np.radians(lat)
    lon = 111_412.84 * np.cos(phi) - 93.5 * np.cos(3 * phi) + 0.118 * np.cos(5 * phi)
    north = 111_132.92 - 559.82 * np.cos(2 * phi) + 1.175 * np.cos(4 * phi)
    return np.stack([lon, north], axis=-1)


class Land(NamedTuple):
    """The part of a territory that is served, as squares of `PIXEL_M`."""

    dry: NDArray[np.bool_]  # (rows, columns): no water in the square
    weight: NDArray[np.float64]  # (rows, columns): share of the people, 0 where not dry
    corner: NDArray[np.float64]  # (2,): south-west corner of the window in the plane

    def is_dry(self, plane: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return whether the squares around places of the plane are dry; False off the window."""
        cell = np.floor((plane - self.corner) / PIXEL_M).astype(np.int64)
        rows, columns = self.dry.shape
        inside = (cell >= 0).all(-1) & (cell[..., 0] < columns) & (cell[..., 1] < rows)
        cell[~inside] = 0
        dry: NDArray[np.bool_] = inside & self.dry[cell[..., 1], cell[..., 0]]
        return dry


def survey_land(territory: Territory, meters: int) -> Land:
    """Return the window of a territory that so many meters fill, around its first center."""
    import shapely

    first = territory.centers[0]
    middle = territory.to_plane(np.array([first.lon, first.lat]))
    aspect = territory.size_m / np.sqrt(np.prod(territory.size_m))
    side = np.sqrt(max(meters, 100) / METERS_PER_KM2) * 1_000.0
    low = np.floor(np.clip(middle - side * aspect / 2, 0, None) / PIXEL_M).astype(int)
    last = np.floor(territory.size_m / PIXEL_M).astype(int)
    high = np.minimum(np.ceil((middle + side * aspect / 2) / PIXEL_M).astype(int), last)
    column, row = np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1]))
    west, south, east, north = (PIXEL_M * edge for edge in (column, row, column + 1, row + 1))
    squares = shapely.box(west, south, east, north)
    shapely.prepare(territory.plan_water)
    wet = shapely.intersects(territory.plan_water, squares)
    centers = np.stack([column + 0.5, row + 0.5], -1) * PIXEL_M
    return Land(~wet, np.where(wet, 0.0, territory.estimate_density(centers)), low * PIXEL_M)


class Districts(NamedTuple):
    """One all-land rectangle per substation, in the plane."""

    middle: NDArray[np.float64]  # (n, 2) meters
    half: NDArray[np.float64]  # (n, 2) meters: half of width and height
    weight: NDArray[np.float64]  # (n,) share of the people


_Cut = tuple[int, int, int, int]  # first row, one past the last row, the same for columns


def cut_districts(land: Land, count: int) -> Districts:
    """
    Cut the land into rectangles without water, about equally many people in each.

    Rectangles that hold water are cut where a cut parts water from land best, as a decision tree
    is grown on the Gini impurity; then the heaviest is halved until there are enough.
    """
    enough = SMALLEST_SHARE * land.weight.sum() / count
    dry = _cut_out_water(land, enough)
    weights = [float(land.weight[a:b, c:d].sum()) for a, b, c, d in dry]
    while len(dry) < count:
        heaviest = int(np.argmax(weights))
        halves = _halve_rectangle(land.weight, dry[heaviest])
        if halves is None:
            break
        dry[heaviest : heaviest + 1] = halves
        weights[heaviest : heaviest + 1] = [land.weight[a:b, c:d].sum() for a, b, c, d in halves]
    kept = sorted(np.argsort(weights)[::-1][:count])
    cuts = np.array([dry[i] for i in kept], dtype=np.float64) * PIXEL_M
    low, high = cuts[:, [2, 0]] + land.corner, cuts[:, [3, 1]] + land.corner
    return Districts((low + high) / 2, (high - low) / 2, np.array([weights[i] for i in kept]))


def _cut_out_water(land: Land, enough: float) -> list[_Cut]:
    """Return rectangles without water, leaving out those with too few people."""
    pending: list[_Cut] = [(0, land.dry.shape[0], 0, land.dry.shape[1])]
    cuts: list[_Cut] = []
    while pending:
        cut = a, b, c, d = pending.pop()
        if land.weight[a:b, c:d].sum() < enough:
            continue
        wet = ~land.dry[a:b, c:d]
        short, long = sorted((b - a, d - c))
        if wet.any():
            pending += _part_rectangle(wet, cut)
        elif long > SLIMMEST * short:
            pending += _halve_rectangle(land.weight, cut) or []
        elif short >= min(NARROWEST, *land.dry.shape):
            cuts.append(cut)
    return cuts or [_find_largest_square(land)]


def _find_largest_square(land: Land) -> _Cut:
    """Return one dry square, the last resort of a very small territory."""
    row, column = np.unravel_index(int(np.argmax(land.weight)), land.weight.shape)
    return int(row), int(row) + 1, int(column), int(column) + 1


def _part_rectangle(wet: NDArray[np.bool_], cut: _Cut) -> list[_Cut]:
    """Cut a rectangle in two where the sides differ most in water."""
    a, b, c, d = cut
    by_row, row = _measure_impurity(wet.sum(1), wet.shape[1])
    by_column, column = _measure_impurity(wet.sum(0), wet.shape[0])
    if by_row <= by_column:
        return [(a, a + row, c, d), (a + row, b, c, d)]
    return [(a, b, c, c + column), (a, b, c + column, d)]


def _measure_impurity(wet: NDArray[np.int_], breadth: int) -> tuple[float, int]:
    """Return the least Gini impurity that a cut along one axis leaves, and where it is."""
    if len(wet) < 2:
        return np.inf, 0
    before = np.cumsum(wet)[:-1]
    squares = np.arange(1, len(wet)) * breadth
    after, rest = wet.sum() - before, len(wet) * breadth - squares
    impurity = before * (1 - before / squares) + after * (1 - after / rest)
    best = int(np.argmin(impurity))
    return float(impurity[best]), best + 1


def _halve_rectangle(weight: NDArray[np.float64], cut: _Cut) -> list[_Cut] | None:
    """Halve a rectangle across its longer side so that each half has as many people."""
    a, b, c, d = cut
    across_rows = b - a >= d - c
    profile = weight[a:b, c:d].sum(1 if across_rows else 0)
    if len(profile) < 2:
        return None
    running = np.cumsum(profile)
    at = int(np.clip(np.searchsorted(running, running[-1] / 2) + 1, 1, len(profile) - 1))
    if across_rows:
        return [(a, a + at, c, d), (a + at, b, c, d)]
    return [(a, b, c, c + at), (a, b, c + at, d)]


HOUSTON = Territory(
    bounds=(-95.95, 29.42, -94.82, 30.15),
    centers=(
        TownCenter(-95.367, 29.758, 1.0, 5_000, -22),  # downtown
        TownCenter(-95.463, 29.738, 0.7, 4_000, 16),
        TownCenter(-95.400, 29.706, 0.6, 3_000, -14),
        TownCenter(-95.560, 29.725, 0.5, 5_000, 24),
        TownCenter(-95.620, 29.620, 0.5, 5_000, -18),
        TownCenter(-95.820, 29.785, 0.4, 5_000, 10),
        TownCenter(-95.650, 29.930, 0.5, 7_000, 20),
        TownCenter(-95.420, 30.070, 0.5, 7_000, -15),
        TownCenter(-95.250, 30.000, 0.35, 5_000, 24),
        TownCenter(-95.200, 29.680, 0.5, 4_500, -22),
        TownCenter(-94.960, 29.760, 0.35, 4_000, 12),
        TownCenter(-95.290, 29.560, 0.45, 5_000, -18),
        TownCenter(-95.110, 29.530, 0.45, 5_000, 16),
        TownCenter(-95.430, 29.860, 0.45, 5_000, 21),
    ),
    lakes=(
        (  # Galveston Bay and Trinity Bay
            (-94.60, 29.20), (-94.90, 29.20), (-94.905, 29.40), (-94.955, 29.455),
            (-94.915, 29.495), (-94.965, 29.520), (-95.010, 29.545), (-95.000, 29.575),
            (-95.010, 29.620), (-95.000, 29.665), (-94.980, 29.685), (-94.945, 29.672),
            (-94.925, 29.690), (-94.868, 29.664), (-94.860, 29.715), (-94.800, 29.760),
            (-94.600, 29.770),
        ),
        (  # Clear Lake
            (-95.000, 29.548), (-95.060, 29.543), (-95.095, 29.552), (-95.090, 29.566),
            (-95.040, 29.570), (-95.000, 29.558),
        ),
        (  # Lake Houston
            (-95.140, 29.914), (-95.122, 29.928), (-95.104, 29.968), (-95.112, 30.010),
            (-95.140, 30.042), (-95.172, 30.036), (-95.150, 29.996), (-95.138, 29.962),
            (-95.154, 29.936),
        ),
    ),
    streams=(
        River(450, ((-94.985, 29.684), (-95.020, 29.712), (-95.075, 29.752))),
        River(  # ship channel
            180, ((-95.075, 29.752), (-95.120, 29.744), (-95.200, 29.736), (-95.275, 29.722))
        ),
        River(  # San Jacinto
            220, ((-95.075, 29.752), (-95.060, 29.800), (-95.085, 29.870), (-95.135, 29.918))
        ),
        River(  # Buffalo Bayou
            25,
            (
                (-95.275, 29.722), (-95.300, 29.750), (-95.358, 29.766), (-95.410, 29.760),
                (-95.475, 29.766), (-95.560, 29.772), (-95.625, 29.782),
            ),
        ),
        River(40, ((-95.960, 29.590), (-95.800, 29.560), (-95.690, 29.520), (-95.620, 29.400))),
    ),
    waves=(
        Wave(1.05, 3_700, 100, 0.4), Wave(0.35, 2_900, 75, 2.1), Wave(1.90, 2_150, 60, 5.0),
        Wave(2.70, 1_500, 38, 3.3), Wave(0.80, 1_050, 24, 1.2), Wave(2.15, 760, 16, 4.4),
    ),
    broad=(
        Wave(1.45, 13_700, 650, 5.2), Wave(0.20, 9_100, 420, 3.0), Wave(2.30, 6_300, 200, 1.0),
    ),
)  # fmt: skip

TERRITORIES = {"houston": HOUSTON}


def find_territory(name: str) -> Territory:
    """
    Return a territory by its name.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    territory = TERRITORIES.get(name.strip().casefold())
    if territory is None:
        known = ", ".join(sorted(TERRITORIES))
        msg = f"there is no territory called {name!r}; there is: {known}"
        raise InputError(msg)
    return territory
