"""Show what an operation would change, as features of the tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridtwin.analysis.state import identity
from gridtwin.analysis.state.supply_state import FULL, OUT, PARTIAL
from gridtwin.model.ids import Element

Located = tuple[list[float] | None, dict[str, Any] | None]

if TYPE_CHECKING:
    from gridtwin.api.views.feature_ids import FeatureIds
    from gridtwin.model.network import Network
    from gridtwin.results.operation_preview import OperationPreview


def locate_equipment(network: Network, features: FeatureIds, mrid: str) -> Located:
    """Return where equipment lies and its feature; None where it is not of this network."""
    row = network.ids.tables["equipment"].find_row(mrid.encode())
    if row < 0:
        return None, None
    element = Element("equipment", row)
    drawn = identity.find_drawn(network.data, element)
    return identity.find_place(network.data, element), features.identify_element(drawn)


def draw_preview(seen: OperationPreview, features: FeatureIds) -> dict[str, Any]:
    """Return the features that gain supply, lose it, and lose some of their phases."""
    before, after = seen.effect.supply_before, seen.effect.supply_after
    moved = after.find_changes(before).equipment
    was, now = (each.equipment[moved] for each in (before, after))
    equipment = {
        "gained": moved[(was == OUT) & (now != OUT)],
        "lost": moved[(was != OUT) & (now == OUT)],
        "partial": moved[(was == FULL) & (now == PARTIAL)],
    }
    points = {"gained": seen.gained, "lost": seen.lost, "partial": seen.partial}
    return {name: features.collect_ids(equipment[name], points[name]) for name in points}
