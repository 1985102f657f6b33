"""Make a synthetic distribution territory of any size, the same for the same seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.sources.synthetic.laid_territory import lay_territory

if TYPE_CHECKING:
    from pathlib import Path

    from gridtwin.model.network import Network

__all__ = ["lay_territory", "synthesize"]


def synthesize(
    territory: str = "houston",
    *,
    meters: int = 60_000,
    seed: int = 1,
    roads: str | Path | None = None,
    roads_layer: str = "",
) -> Network:
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
    roads
        A file with the streets of a real place, which the lines then follow, see `read_roads`.
    roads_layer
        Its layer, where it has several of lines.

    Returns
    -------
        The network, radial in its normal state, in EPSG:4326, its rows in preorder: every node
        stands before what it feeds, and all that a node feeds stands together.

    Raises
    ------
    InputError
        If the territory is unknown, the meters are too few, or the streets cannot be followed.

    Notes
    -----
    `docs/synthetic.md` says how it is laid out and holds its statistics against published ones.
    Nothing in it copies a real network; places and names only set the scene.
    """
    made = lay_territory(territory, meters=meters, seed=seed, roads=roads, roads_layer=roads_layer)
    return made.network
