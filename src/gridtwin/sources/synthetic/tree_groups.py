"""Make synthetic areas of vegetation risk along the overhead lines of a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridtwin.errors import InputError
from gridtwin.model.frames import equipment_lines
from gridtwin.model.lengths import METERS_PER_DEGREE
from gridtwin.model.vegetation import RISK_CLASSES, find_spans

if TYPE_CHECKING:
    import geopandas as gpd

    from gridtwin.model.network import Network

CORNERS = 9
RADIUS_M = (8.0, 45.0)  # of a group of trees
ASIDE_M = 12.0  # spread of how far its middle lies from the line
SHARES = (0.45, 0.35, 0.15, 0.05)  # of the risk classes
# Trees along the coast of the Gulf of Mexico, with how tall they grow, in meters.
SPECIES = (
    ("Quercus virginiana", 15.0),
    ("Pinus taeda", 27.0),
    ("Carya illinoinensis", 24.0),
    ("Liquidambar styraciflua", 21.0),
    ("Triadica sebifera", 11.0),
)
GROWTH_SPREAD = 0.2  # of heights and radii


def synthesize_vegetation(network: Network, *, areas: int = 0, seed: int = 1) -> gpd.GeoDataFrame:
    """
    Return groups of trees along the overhead lines of a network, out of nothing but chance.

    Parameters
    ----------
    network
        A network in longitude and latitude.
    areas
        How many; by default one for each four spans.
    seed
        Source of all chance: the same network and seed give the same areas.

    Returns
    -------
        A GeoDataFrame with the columns ``key``, ``risk``, ``species``, ``tree_height_m``,
        ``clearance_m`` and ``geometry``, as `Twin.load_vegetation` takes it.

    Raises
    ------
    InputError
        If the network is planar, or has no overhead lines.
    """
    import geopandas

    spans = find_spans(network.data)
    if network.crs is None or not len(spans):
        msg = "trees are made along overhead lines in longitude and latitude: there are none here"
        raise InputError(msg)
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(2,)))
    count = areas or max(1, len(spans) // 4)
    # Taken by mRID, so that the order of rows does not matter.
    spans = spans[np.argsort(network.data.equipment.mrid[spans], kind="stable")]
    lines = equipment_lines(network.data, spans[rng.integers(len(spans), size=count)])
    middle = shapely.line_interpolate_point(lines, rng.random(count), normalized=True)
    xy = np.column_stack([shapely.get_x(middle), shapely.get_y(middle)])
    per_degree = np.column_stack(
        [METERS_PER_DEGREE * np.cos(np.radians(xy[:, 1])), np.full(count, METERS_PER_DEGREE)]
    )
    aside = rng.normal(0.0, ASIDE_M, size=(count, 2))
    radius = rng.uniform(*RADIUS_M, size=count)
    angle = np.linspace(0.0, 2 * np.pi, CORNERS, endpoint=False)
    reach = radius[:, None] * rng.lognormal(0.0, GROWTH_SPREAD, size=(count, CORNERS))
    corners = np.stack([reach * np.cos(angle), reach * np.sin(angle)], axis=2)
    rings = xy[:, None, :] + (aside[:, None, :] + corners) / per_degree[:, None, :]
    species = rng.integers(len(SPECIES), size=count)
    risk = rng.choice(len(RISK_CLASSES), size=count, p=SHARES)
    height = np.array([tall for _, tall in SPECIES])[species] * rng.lognormal(
        0, GROWTH_SPREAD, count
    )
    clearance = 4.5 / (1.0 + risk) ** 1.5 * rng.lognormal(0.0, GROWTH_SPREAD, count)
    return geopandas.GeoDataFrame(
        {
            "key": [f"TREES-{number:06}" for number in range(1, count + 1)],
            "risk": np.array(RISK_CLASSES, dtype=object)[risk],
            "species": np.array([name for name, _ in SPECIES], dtype=object)[species],
            "tree_height_m": height.round(1),
            "clearance_m": clearance.round(2),
            "geometry": shapely.polygons(rings),
        },
        crs=network.crs,
    )
