"""Describe tiles in the words of TileJSON 3.0: zooms, place, layers and the meaning of fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.publish.tiles.mercator import to_lonlat
from gridtwin.publish.tiles.zoom_plan import LAYER_FIELDS, NUMBER_FIELDS, TILE_LAYERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gridtwin.publish.tiles.tile_layers import TileLayer
    from gridtwin.publish.tiles.zoom_plan import ZoomPlan

VIEW_TILES = 2  # tiles along the side of a view of 1,024 pixels, in which all is to be seen


def describe_tiles(
    layers: Mapping[str, TileLayer], plan: ZoomPlan, network_hash: str
) -> dict[str, Any]:
    """
    Return what is said of tiles.

    Parameters
    ----------
    layers
        What is drawn.
    plan
        From which zoom on.
    network_hash
        Which network it is.
    """
    low, high = _list_corners(layers)
    (west, north), (east, south) = to_lonlat(np.stack([low, high])).round(7).tolist()
    longitude, latitude = to_lonlat(((low + high) / 2)[None, :]).round(7)[0].tolist()
    side = max(float((high - low).max()), 2.0**-plan.max_zoom)
    return {
        "network": network_hash,
        "gates": dict(plan.gates),
        "minzoom": 0,
        "maxzoom": plan.max_zoom,
        "bounds": [west, south, east, north],
        "center": [longitude, latitude, max(0, int(np.log2(VIEW_TILES / side)))],
        "vector_layers": [_describe_layer(name, plan, layers[name]) for name in TILE_LAYERS],
    }


def _describe_layer(name: str, plan: ZoomPlan, layer: TileLayer) -> dict[str, Any]:
    first, last = plan.find_layer_zooms(name)
    fields = {
        field: f"{'Number' if field in NUMBER_FIELDS else 'String'}: {meaning}"
        for field, meaning in LAYER_FIELDS[name].items()
    }
    for field, values in layer.columns.items():
        if field not in fields:
            kind = "String" if values.dtype.kind == "S" else "Number"
            fields[field] = f"{kind}: own column of the utility"
    return {"id": name, "minzoom": first, "maxzoom": last, "fields": fields}


def _list_corners(
    layers: Mapping[str, TileLayer],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the corners of all that is drawn, on the square of the map."""
    drawn = [layer.xy for layer in layers.values() if layer.count]
    if not drawn:
        return np.zeros(2), np.ones(2)
    low: NDArray[np.float64] = np.min([xy.min(axis=0) for xy in drawn], axis=0)
    return low, np.max([xy.max(axis=0) for xy in drawn], axis=0)
