"""Lay out a territory from its land to its meters, and keep what its map is drawn from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.errors import InputError
from gridtwin.model.network import Network
from gridtwin.sources.synthetic.feeders import count_feeders, plan_feeders
from gridtwin.sources.synthetic.primary import lay_primary
from gridtwin.sources.synthetic.service_level import lay_service
from gridtwin.sources.synthetic.territory import (
    Land,
    Territory,
    cut_districts,
    find_territory,
    survey_land,
)
from gridtwin.sources.synthetic.territory_tables import write_tables

if TYPE_CHECKING:
    from gridtwin.sources.synthetic.feeders import Circuits, FeederPlan
    from gridtwin.sources.synthetic.primary import Primary
    from gridtwin.sources.synthetic.road_file import RoadLines
    from gridtwin.sources.synthetic.service_level import ServiceLevel

FEWEST_METERS = 50


@dataclass(frozen=True)
class LaidTerritory:
    """
    A territory with everything in its place.

    Attributes
    ----------
    ground
        Where it lies.
    circuits, primary, service
        Its feeders, their lines, what hangs on those.
    network
        All of it as a network.
    plan, land
        Its rectangles of streets, and its dry squares; None where it follows real streets.
    roads, roads_file
        The real streets that it follows, and the file that they are from.
    attribution
        Whose its streets are.
    """

    ground: Territory
    circuits: Circuits
    primary: Primary
    service: ServiceLevel
    network: Network
    plan: FeederPlan | None = None
    land: Land | None = None
    roads: RoadLines | None = None
    roads_file: Path | None = None
    attribution: str = "Streets and water: synthetic"


def lay_territory(
    territory: str = "houston",
    *,
    meters: int = 60_000,
    seed: int = 1,
    roads: str | Path | None = None,
    roads_layer: str = "",
) -> LaidTerritory:
    """
    Lay out a territory; see `synthesize`.

    Raises
    ------
    InputError
        As `synthesize`.
    """
    if meters < FEWEST_METERS:
        msg = f"{meters} meters are too few for a territory: ask for {FEWEST_METERS} or more"
        raise InputError(msg)
    rng = np.random.default_rng(seed)
    if roads is None:
        return _lay_on_plan(find_territory(territory), meters, rng)
    return _lay_on_roads(Path(roads), roads_layer, meters, rng)


def _lay_on_plan(ground: Territory, meters: int, rng: np.random.Generator) -> LaidTerritory:
    """Lay a territory out along the streets of a plan of rectangles."""
    substations, feeders = count_feeders(meters)
    land = survey_land(ground, meters)
    shares = cut_districts(land, substations)
    plan = plan_feeders(shares, max(feeders, len(shares.weight)), meters, rng)
    made = _hang_service(ground, plan.circuits, lay_primary(plan, land, shares, rng), rng)
    return replace(made, plan=plan, land=land)


def _lay_on_roads(path: Path, layer: str, meters: int, rng: np.random.Generator) -> LaidTerritory:
    """Lay a territory out along the streets of a file."""
    from gridtwin.sources.synthetic.road_areas import choose_streets, share_streets
    from gridtwin.sources.synthetic.road_file import name_origin, read_roads
    from gridtwin.sources.synthetic.road_graph import build_road_graph
    from gridtwin.sources.synthetic.road_primary import lay_roads

    roads = read_roads(path, layer=layer)
    low, high = roads.xy.min(axis=0), roads.xy.max(axis=0)
    ground = Territory((*low.tolist(), *high.tolist()))
    try:
        graph = build_road_graph(roads, ground.to_plane(roads.xy))
        graph = choose_streets(graph, meters)
        circuits, primary = lay_roads(graph, share_streets(graph, meters), meters, rng)
    except InputError as error:
        msg = f"{path}: {error}"
        raise InputError(msg) from error
    made = _hang_service(ground, circuits, primary, rng)
    return replace(made, roads=roads, roads_file=path, attribution=name_origin(path, layer=layer))


def _hang_service(
    ground: Territory, circuits: Circuits, primary: Primary, rng: np.random.Generator
) -> LaidTerritory:
    service = lay_service(primary, circuits, rng)
    data = write_tables(ground, circuits, primary, service, rng)
    network = Network(data, crs="EPSG:4326")
    return LaidTerritory(ground, circuits, primary, service, network)
