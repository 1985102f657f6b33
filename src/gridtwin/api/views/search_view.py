"""Show elements as the map does: what they are, and the feature that draws them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridtwin.analysis.state.identity import find_drawn, find_place
from gridtwin.model.ids import Element
from gridtwin.results.element_answer import identify_element

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.api.views.feature_ids import FeatureIds
    from gridtwin.model.network import Network


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
    return [
        identify_element(situation, element)
        | {"feature": find_feature(situation, features, element)}
        for element in elements
    ]


def locate_usage_point(network: Network, features: FeatureIds, mrid: str) -> dict[str, Any]:
    """Return where a usage point lies, and its feature; nothing where the network has none."""
    row = network.ids.tables["usage_points"].find_row(mrid.encode())
    if not mrid or row < 0:
        return {"at": None, "feature": None}
    element = Element("usage_points", row)
    return {
        "at": find_place(network.data, element),
        "feature": features.identify_element(element),
    }


def find_feature(
    situation: Situation, features: FeatureIds, element: Element
) -> dict[str, Any] | None:
    """Return the feature of the tiles that draws an element; of a feeder that of its head."""
    return features.identify_element(find_drawn(situation.data, element))
