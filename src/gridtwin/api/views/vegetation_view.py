"""Show spans at risk on the map: ids of features by class, and the ranked list with its places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.analysis.place.outline import find_extent
from gridtwin.analysis.state.situation import NO_ROWS
from gridtwin.model.ids import Element
from gridtwin.model.vegetation import RISK_CLASSES
from gridtwin.results.vegetation_result import SECTIONS, SPANS, VegetationRisk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.api.views.feature_ids import FeatureIds


def collect_by_class(risk: VegetationRisk, features: FeatureIds) -> dict[str, dict[str, list[int]]]:
    """Return the ids of the spans at risk by class and layer; classes without any are left out."""
    ranked = risk.ranked
    classes = risk.exposures.risk[ranked.exposure]
    return {
        name: features.collect_ids(ranked.row[classes == code])
        for code, name in enumerate(RISK_CLASSES)
        if (classes == code).any()
    }


def list_ranked(
    risk: VegetationRisk, features: FeatureIds, by: str, limit: int
) -> list[dict[str, Any]]:
    """
    Return the first rows of the ranked list, each with where it lies.

    Parameters
    ----------
    risk, features
        The spans at risk, and the features of the tiles.
    by
        ``span``, ``section`` or ``feeder``.
    limit
        How many rows at most.
    """
    data, ranked = risk.situation.data, risk.ranked
    frame = risk.make_frame(by).head(limit).drop(columns="geometry", errors="ignore")
    if by == SPANS:
        members = [ranked.row[[at]] for at in range(len(frame))]
        drawn = [Element("equipment", int(rows[0])) for rows in members]
    else:
        groups = risk.sections if by == SECTIONS else risk.feeders
        of_span = ranked.section if by == SECTIONS else ranked.feeder
        members = _split_groups(ranked.row, of_span, groups.group[:limit])
        switch = groups.group if by == SECTIONS else data.feeders.head[groups.group]
        drawn = [Element("equipment", row) for row in switch[:limit].tolist()]
    rows: Any = frame.to_dict("records")
    return [
        {
            "mrid": row[by],
            "section": row.get("section", ""),
            "feeder": row["feeder"],
            "spans": row.get("spans", 1),
            **{name: row[name] for name in SHOWN_FIELDS},
            "bounds": find_extent(data, own, NO_ROWS),
            "feature": features.identify_element(element) if row[by] else None,
        }
        for row, own, element in zip(rows, members, drawn, strict=True)
    ]


SHOWN_FIELDS = (
    "risk_class",
    "score",
    "length_in_risk_m",
    "customers",
    "priority_sites",
    "customer_minutes_at_risk",
    "customer_minutes_per_km",
)


def _split_groups(
    rows: NDArray[np.int32], group: NDArray[np.int32], wanted: NDArray[np.int32]
) -> list[NDArray[np.int32]]:
    """Return the rows of each group that is wanted."""
    order = np.argsort(group, kind="stable")
    known = group[order]
    first, last = known.searchsorted(wanted), known.searchsorted(wanted, "right")
    return [rows[order[a:b]] for a, b in zip(first.tolist(), last.tolist(), strict=True)]
