"""Show what some switch positions would change, as features of the tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.analysis.place.outline import find_extent
from gridtwin.analysis.state.supply_state import OUT

if TYPE_CHECKING:
    from gridtwin.api.views.feature_ids import FeatureIds
    from gridtwin.results.what_if import WhatIf


def view_what_if(result: WhatIf, features: FeatureIds) -> dict[str, Any]:
    """Return the answer with features of the tiles in place of mRIDs, and what it covers."""
    before, after = result.supply_before, result.supply_after
    moved = after.find_changes(before).equipment
    was, now = (each.equipment[moved] for each in (before, after))
    equipment = {"out": moved[now == OUT], "back": moved[(was == OUT) & (now != OUT)]}
    view: dict[str, Any] = dict(result.document())
    for name in ("out", "back", "partial"):
        rows = getattr(result, name)
        view[name] = {
            "customers": view[name]["customers"],
            "usage_points": len(rows),
            "features": features.collect_ids(equipment.get(name, moved[:0]), rows),
        }
    tried = np.flatnonzero(result.before.open_mask != result.after.open_mask).astype(np.int32)
    view["bounds"] = find_extent(
        result.before.data,
        np.concatenate([tried, moved]),
        np.concatenate([result.out, result.back, result.partial]),
    )
    del view["schema"]
    return view
