"""Make a synthetic distribution territory of any size, the same for the same seed."""

from __future__ import annotations

import numpy as np

from gridtwin.errors import InputError
from gridtwin.model.network import Network
from gridtwin.sources.synthetic.feeders import count_feeders, plan_feeders
from gridtwin.sources.synthetic.primary import lay_primary
from gridtwin.sources.synthetic.service_level import lay_service
from gridtwin.sources.synthetic.territory import cut_districts, find_territory, survey_land
from gridtwin.sources.synthetic.territory_tables import write_tables

FEWEST_METERS = 50

__all__ = ["synthesize"]


def synthesize(territory: str = "houston", *, meters: int = 60_000, seed: int = 1) -> Network:
    """
    Make a distribution network that looks and counts like a utility's, out of nothing but chance.

    Parameters
    ----------
    territory
        Which stretch of land and water to build on: ``"houston"``.
    meters
        How many usage points, from 50 up. Substations, feeders and the served area grow with
        them: 60,000 meters are 24 substations and 150 feeders, 596,906 are 242 and 1,500.
    seed
        Source of all chance: the same territory, meters and seed give the same network.

    Returns
    -------
        The network, radial in its normal state, in EPSG:4326, its rows in preorder: every node
        stands before what it feeds, and all that a node feeds stands together.

    Raises
    ------
    InputError
        If the territory is unknown or the meters are too few.

    Notes
    -----
    `docs/synthetic.md` says how it is laid out and holds its statistics against published ones.
    Nothing in it copies a real network; places and names only set the scene.
    """
    ground = find_territory(territory)
    if meters < FEWEST_METERS:
        msg = f"{meters} meters are too few for a territory: ask for {FEWEST_METERS} or more"
        raise InputError(msg)
    rng = np.random.default_rng(seed)
    substations, feeders = count_feeders(meters)
    land = survey_land(ground, meters)
    shares = cut_districts(land, substations)
    layout = plan_feeders(shares, max(feeders, len(shares.weight)), meters, rng)
    primary = lay_primary(layout, land, rng)
    service = lay_service(primary, layout, rng)
    return Network(write_tables(ground, layout, primary, service, rng), crs="EPSG:4326")
