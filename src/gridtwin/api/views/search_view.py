"""Show elements that were found by name: what they are, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridtwin.analysis.state.identity import (
    find_drawn,
    find_feeder,
    find_kind,
    find_name,
    find_place,
)
from gridtwin.model.element_names import mrid_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.api.views.feature_ids import FeatureIds
    from gridtwin.model.ids import Element


def list_hits(
    situation: Situation, features: FeatureIds, elements: Iterable[Element]
) -> list[dict[str, Any]]:
    """
    Return elements as mrid, name, kind, feeder, substation, place and feature.

    Parameters
    ----------
    situation
        The network in the state in which feeders are reckoned.
    features
        The features of its tiles.
    elements
        The elements.
    """
    return [_describe_hit(situation, features, element) for element in elements]


def _describe_hit(situation: Situation, features: FeatureIds, element: Element) -> dict[str, Any]:
    data = situation.data
    feeder = find_feeder(situation, element)
    substation = int(data.feeders.substation[feeder]) if feeder >= 0 else -1
    if element.table == "substations":
        substation = element.row
    elif element.table == "sources":
        substation = int(data.sources.substation[element.row])
    return {
        "mrid": situation.network.ids.write_id(element.table, mrid_of(data, element)),
        "name": find_name(data, element),
        "kind": find_kind(data, element),
        "feeder": None if feeder < 0 else bytes(data.feeders.mrid[feeder]).decode(),
        "substation": None if substation < 0 else bytes(data.substations.mrid[substation]).decode(),
        "at": find_place(data, element),
        "feature": features.identify_element(find_drawn(data, element)),
    }
