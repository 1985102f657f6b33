"""Show what an answer in words is about: features of the tiles, and their extent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.analysis.place.outline import find_extent
from gridtwin.analysis.state.identity import find_drawn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridtwin.api.views.feature_ids import FeatureIds
    from gridtwin.model.ids import Element
    from gridtwin.model.network import Network
    from gridtwin.results.documents.ask_documents import AskDocument


def draw_asked(document: AskDocument, network: Network, features: FeatureIds) -> dict[str, Any]:
    """
    Return the elements an answer is about as ``features``, and their ``bounds``.

    They are those of the question, and the first that each row of the table names; of a feeder
    its head. A substation is no feature, and left out.
    """
    drawn = [find_drawn(network.data, each) for each in _list_elements(document, network)]
    equipment, points = (
        np.unique(np.array([each.row for each in drawn if each.table == table], dtype=np.int32))
        for table in ("equipment", "usage_points")
    )
    return {
        "features": features.collect_ids(equipment, points),
        "bounds": find_extent(network.data, equipment, points),
    }


def _list_elements(document: AskDocument, network: Network) -> Iterator[Element]:
    reading, table = document["reading"], document["table"]
    arguments = reading["arguments"].values() if reading else ()
    said = [each for value in arguments for each in (value if isinstance(value, list) else [value])]
    for each in said:
        yield from _find_named([each], network)[:1]
    for row in table["rows"] if table else ():
        yield from _find_named(row, network)[:1]


def _find_named(cells: list[Any], network: Network) -> list[Element]:
    texts = (each for each in cells if isinstance(each, str) and each)
    return [each for text in texts if (each := network.ids.find_first(text)) is not None]
