"""Divide a territory into communities as the public knows them: counties, ZIP codes, towns."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridtwin.analysis.place.polygon import read_polygon
from gridtwin.errors import InputError, PolygonError
from gridtwin.model.tables import decode_texts
from gridtwin.results.documents.odin_documents import COMMUNITY_KINDS
from gridtwin.results.layer_frames import find_groups_of_nodes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation


@dataclass(frozen=True, slots=True)
class Communities:
    """Communities, and which of them each usage point of a network is in."""

    names: list[str]
    kind: str  # one of COMMUNITY_KINDS
    of_point: NDArray[np.int32]  # (usage points,) place in `names`; -1 = in none
    meters: NDArray[np.int64]  # usage points in each
    customers: NDArray[np.int64]  # customers in each

    @classmethod
    def of_substations(cls, situation: Situation) -> Communities:
        """Return the service areas of the substations, by name."""
        table = situation.data.substations
        names = [
            str(name or mrid)
            for name, mrid in zip(decode_texts(table.name), decode_texts(table.mrid), strict=True)
        ]
        home = find_groups_of_nodes(situation, "substation")[situation.data.usage_points.node]
        return cls._assign_points(names, "serviceArea", home, situation)

    @classmethod
    def of_polygons(
        cls, situation: Situation, text: str, *, key: str, kind: str = "county"
    ) -> Communities:
        """
        Return communities drawn as polygons.

        Parameters
        ----------
        situation
            A network whose coordinates are degrees.
        text
            A GeoJSON FeatureCollection of polygons.
        key
            The property that names each: a FIPS code, a ZIP code, a name.
        kind
            What they are, one of `COMMUNITY_KINDS`.

        Raises
        ------
        InputError
            If it is no such collection, a name is missing, or the network has no coordinates.
        """
        if kind not in COMMUNITY_KINDS:
            msg = f"{kind!r} is no kind of community: use one of {', '.join(COMMUNITY_KINDS)}"
            raise InputError(msg)
        if situation.network.crs is None:
            msg = "the network has no place on earth: communities cannot be told"
            raise InputError(msg)
        named = read_named_polygons(text, key)
        names = sorted({name for name, _ in named})
        place = {name: number for number, name in enumerate(names)}
        points = np.asarray(shapely.points(situation.data.usage_points.xy), dtype=object)
        tree = shapely.STRtree([shape for _, shape in named])
        point, shape = tree.query(points, predicate="intersects")
        home = np.full(len(points), -1, dtype=np.int32)
        codes = np.array([place[name] for name, _ in named], dtype=np.int32)
        order = np.lexsort((codes[shape], point))[::-1]  # on a border the first name has it
        home[point[order]] = codes[shape[order]]
        return cls._assign_points(names, kind, home, situation)

    @classmethod
    def _assign_points(
        cls, names: list[str], kind: str, home: NDArray[np.int32], situation: Situation
    ) -> Communities:
        inside, count = home >= 0, len(names)
        people = situation.data.usage_points.customers
        return cls(
            names,
            kind,
            home,
            np.bincount(home[inside], minlength=count).astype(np.int64),
            np.bincount(home[inside], people[inside], count).astype(np.int64),
        )

    def find_most_common(self, points: NDArray[np.int32]) -> int:
        """Return the community with most of some usage points; -1 if they are in none."""
        inside = self.of_point[points[points >= 0]]
        inside = inside[inside >= 0]
        return int(np.bincount(inside).argmax()) if len(inside) else -1


def read_named_polygons(text: str, key: str) -> list[tuple[str, Any]]:
    """
    Return the name and shape of each feature of a GeoJSON collection.

    Raises
    ------
    InputError
        If it is none, or a feature has no such property or no polygon.
    """
    try:
        features: Sequence[Any] = json.loads(text)["features"]
    except (ValueError, KeyError, TypeError) as error:
        msg = "the communities are no GeoJSON FeatureCollection"
        raise InputError(msg) from error
    named = []
    for number, feature in enumerate(features):
        try:
            name = feature["properties"][key]
            shape = read_polygon(feature["geometry"]).geometry
        except (KeyError, TypeError) as error:
            msg = f"community {number} has no {key}, or no polygon: give --community-key"
            raise InputError(msg) from error
        except PolygonError as error:
            msg = f"community {number}: {error}"
            raise InputError(msg) from error
        if name in (None, ""):
            msg = f"community {number} has no {key}: give --community-key"
            raise InputError(msg)
        named.append((str(name), shape))
    return named
