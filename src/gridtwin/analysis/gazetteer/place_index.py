"""Find towns, streets and other named places by what a person wrote of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.analysis.gazetteer.spelling_index import SpellingIndex
from gridtwin.model.street_words import fold_street

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST_PLACE_LIKENESS = 0.7
GAINS = {"places": 0.03, "pois": 0.015, "roads": 0.0}  # of two of one name a town comes first


class NamedPlace(NamedTuple):
    """A place with a name."""

    name: str
    layer: str  # places, pois or roads
    kind: str  # as the basemap calls it: locality, school, minor_road
    longitude: float
    latitude: float


class PlaceIndex:
    """
    Named places to be found; threads may share it.

    Parameters
    ----------
    places
        The places; of one name there may be several.
    """

    def __init__(self, places: Sequence[NamedPlace]) -> None:
        self.places = places
        names: dict[str, int] = {}
        found = [names.setdefault(fold_street(each.name), len(names)) for each in places]
        self._name = np.array(found, dtype=np.int32)
        self._gain = np.array([GAINS.get(each.layer, 0.0) for each in places], dtype=np.float32)
        self._names = SpellingIndex(list(names))

    def find_places(self, text: str, limit: int = 5) -> list[NamedPlace]:
        """Return the places that a text may mean, the best first; at most `limit`."""
        likeness = self._names.score_names(text)
        if not likeness.size or limit < 1:
            return []
        fit = np.flatnonzero(likeness[self._name] >= LEAST_PLACE_LIKENESS)
        scores = likeness[self._name[fit]] + self._gain[fit]
        best = fit[np.argsort(-scores, kind="stable")[:limit]]
        return [self.places[row] for row in best.tolist()]
