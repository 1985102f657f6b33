"""Ask what lies inside a polygon, and who goes dark when everything there is damaged."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.outage import blast as blasting
from gridtwin.model import cim
from gridtwin.model.ids import Element
from gridtwin.model.state import CURRENT
from gridtwin.model.tables import decode_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas
    import pandas as pd

    from gridtwin.analysis.place.polygon import PolygonInput
    from gridtwin.analysis.place.spatial_index import SpatialIndex
    from gridtwin.results.inside import Inside
    from gridtwin.results.trace_result import BlastRadius
    from gridtwin.twin.questions import NetworkQuestions


class AreaQuestions:
    """Questions of places; nothing is written."""

    def __init__(self, questions: NetworkQuestions) -> None:
        self._questions = questions

    def storm(
        self,
        polygon: object,
        *,
        kinds: Sequence[str] = (),
        scope: str = "element",
        state: str = CURRENT,
    ) -> BlastRadius:
        """
        Say who goes dark when everything inside a polygon is damaged at once.

        Parameters
        ----------
        polygon
            GeoJSON text or mapping, WKT, or a shapely polygon, in the network's coordinates.
        kinds
            Kinds of equipment that are damaged; all by default.
        scope, state
            As for `blast_radius`.
        """
        from gridtwin.analysis.place.polygon import read_polygon
        from gridtwin.results.trace_result import BlastRadius

        situation = self._questions.situation(state)
        given = read_polygon(polygon, geographic=situation.network.crs is not None)
        rows = self._spatial_index.find_inside(given.geometry, layer="equipment")
        if kinds:
            codes = [cim.kind_code(kind) for kind in kinds]
            rows = rows[np.isin(situation.data.equipment.kind[rows], codes)]
        elements = [Element("equipment", row) for row in rows.tolist()]
        blast = blasting.compute_blast(situation, elements, scope)
        blast = replace(blast, warnings=blast.warnings + given.warnings)
        names = decode_texts(situation.data.equipment.mrid[rows]).tolist()
        return BlastRadius(names, scope, blast, situation)

    @cached_property
    def _spatial_index(self) -> SpatialIndex:
        from gridtwin.analysis.place.spatial_index import SpatialIndex

        return SpatialIndex(self._questions.store.network.data)

    def intersect(
        self,
        polygon: object,
        *,
        layer: str = "usage_points",
        predicate: str = "intersects",
        by: str = "",
        own: Sequence[str] = (),
        state: str = CURRENT,
    ) -> geopandas.GeoDataFrame | pd.DataFrame:
        """
        Return what lies inside a polygon.

        Parameters
        ----------
        polygon
            GeoJSON text or mapping, WKT, or a shapely polygon, in the network's coordinates.
        layer
            ``usage_points``, ``nodes``, ``substations`` or ``equipment``.
        predicate
            ``intersects``, ``within`` and the others of `gridtwin.analysis.place.intersect`.
        by
            ``feeder`` or ``substation``: counts per group instead of rows.
        own
            Own columns of the layer to show with its rows.
        state
            The state in which feeders are reckoned.
        """
        from gridtwin.analysis.place.polygon import read_polygon
        from gridtwin.results.layer_frames import count_by_group, make_layer_frame

        situation = self._questions.situation(state)
        given = read_polygon(polygon, geographic=situation.network.crs is not None)
        rows = self._spatial_index.find_inside(given.geometry, layer=layer, predicate=predicate)
        frame = (
            count_by_group(situation, layer, rows, by)
            if by
            else make_layer_frame(situation, layer, rows, own)
        )
        frame.attrs["warnings"] = list(given.warnings)
        return frame

    def inside(self, polygon: PolygonInput, *, state: str = CURRENT) -> Inside:
        """Say of all layers at once what lies inside a polygon."""
        from gridtwin.results.inside import Inside

        situation = self._questions.situation(state)
        equipment, points, substations = (
            self._spatial_index.find_inside(polygon.geometry, layer=layer)
            for layer in ("equipment", "usage_points", "substations")
        )
        supply = self._questions.supply(situation)
        return Inside(situation, supply, equipment, points, substations, polygon.warnings)
