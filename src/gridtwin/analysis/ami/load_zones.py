"""Find the load zones of the market that usage points and transformers are in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.own_columns import OwnColumn
    from gridtwin.model.tables import NetworkData

LOAD_ZONE = "load_zone"  # the own column that names the load zone of a row


def find_load_zones(
    data: NetworkData, feeder: NDArray[np.int32], substation: NDArray[np.int32]
) -> NDArray[np.object_]:
    """
    Return the load zone of each usage point: its own, its feeder's, or its substation's.

    Parameters
    ----------
    data
        The tables of a network.
    feeder, substation
        Row of that of each usage point; -1 where it has none.

    Returns
    -------
        None where no zone is known.
    """
    zones = np.full(len(data.usage_points.mrid), None, dtype=object)
    rows_of: dict[str, NDArray[Any]] = {
        "substations": substation,
        "feeders": feeder,
        "usage_points": np.arange(len(zones)),
    }
    for frame, rows in rows_of.items():
        own = getattr(data, frame).own.get(LOAD_ZONE)
        if own is None:
            continue
        named = np.append(_write_zones(own), "")[rows]
        zones[named != ""] = named[named != ""]
    return zones


def _write_zones(own: OwnColumn) -> NDArray[np.object_]:
    """Return the zone each row names, numbers without a point; empty where none is known."""
    form = "{:g}" if own.kind == "number" else "{}"
    written = np.array([form.format(value) for value in own.show()], dtype=object)
    written[~own.known] = ""
    return written
