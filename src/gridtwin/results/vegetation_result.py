"""Show which spans vegetation threatens: ranked, by section and by feeder, as documents."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gridtwin.analysis.vegetation.trimming import RankedGroups, RankedSpans, group_spans
from gridtwin.errors import InputError
from gridtwin.model import frames
from gridtwin.model.tables import decode_texts
from gridtwin.model.vegetation import RISK_CLASSES, KeptSpan, KeptSpans
from gridtwin.results.documents.document_tags import DocumentTag
from gridtwin.results.geo import make_geo_frame

if TYPE_CHECKING:
    import geopandas
    import pandas as pd
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.model.ids import Element
    from gridtwin.model.vegetation import SpanExposures, VegetationLayer
    from gridtwin.results.documents.vegetation_documents import (
        VegetationDocument,
        VegetationLayerRecord,
    )

TRIMMING_GROUPS = ("span", "section", "feeder")
SPANS, SECTIONS, FEEDERS = TRIMMING_GROUPS


class RestorationTime(NamedTuple):
    """How long an interrupted customer is without supply on average, and how that is known."""

    minutes: float
    known_from: str


@dataclass(frozen=True)
class VegetationRisk:
    """
    The spans that lie in areas of risk, ranked by customer-minutes at risk for each kilometer.

    Attributes
    ----------
    situation
        The network in the state that was asked about.
    exposures, ranked
        What of the spans lies in areas, and what a fault on each does.
    restoration
        The time that was reckoned with.
    layers
        The sources of the areas.
    """

    situation: Situation
    exposures: SpanExposures
    ranked: RankedSpans
    restoration: RestorationTime
    layers: tuple[VegetationLayer, ...] = ()

    def __len__(self) -> int:
        """Return how many spans are at risk."""
        return len(self.ranked.row)

    @property
    def customer_minutes(self) -> float:
        """Customer-minutes at risk in a year, all spans together."""
        return float(self.ranked.customer_minutes.sum())

    @property
    def length_in_risk_m(self) -> float:
        """Length inside areas of risk, all spans together."""
        return float(self.exposures.length_in_risk_m[self.ranked.exposure].sum())

    @cached_property
    def sections(self) -> RankedGroups:
        """The spans at risk by the switch that feeds their section: what one crew trims."""
        return group_spans(self.ranked, self.exposures, self.ranked.section)

    @cached_property
    def feeders(self) -> RankedGroups:
        """The spans at risk by feeder."""
        return group_spans(self.ranked, self.exposures, self.ranked.feeder)

    def select_spans(self, element: Element) -> VegetationRisk:
        """Return the spans that are an element, or of its section, feeder or substation."""
        ranked, row = self.ranked, element.row
        if element.table == "equipment":
            chosen = (ranked.row == row) | (ranked.section == row)
        elif element.table == "feeders":
            chosen = ranked.feeder == row
        elif element.table == "substations":
            of_feeder = np.append(self.situation.data.feeders.substation, np.int32(-1))
            chosen = of_feeder[ranked.feeder] == row
        else:
            msg = "vegetation is asked of a span, a switch, a feeder or a substation"
            raise InputError(msg)
        return replace(self, ranked=RankedSpans._make(column[chosen] for column in ranked))

    def make_frame(self, by: str = SPANS) -> pd.DataFrame:
        """
        Return the ranked list.

        Parameters
        ----------
        by
            ``span`` (a GeoDataFrame), ``section`` or ``feeder``.

        Raises
        ------
        InputError
            If it is none of them.
        """
        if by not in TRIMMING_GROUPS:
            msg = f"spans cannot be ranked by {by!r}: use one of {', '.join(TRIMMING_GROUPS)}"
            raise InputError(msg)
        if by == SPANS:
            return self._make_span_frame()
        import pandas as pd

        return pd.DataFrame(self._list_groups(by))

    def _make_span_frame(self) -> geopandas.GeoDataFrame:
        kept, ranked = self.exposures, self.ranked
        at = ranked.exposure
        columns: dict[str, Any] = {
            "span": kept.mrid[at],
            **self._name_places(ranked.feeder, ranked.section),
            "risk_class": _name_classes(kept.risk[at]),
            "score": ranked.score,
            "length_m": kept.length_m[at],
            "length_in_risk_m": kept.length_in_risk_m[at],
            "failures_per_year": kept.failures_per_year[at],
            "customers": ranked.customers,
            "customers_behind": ranked.customers_behind,
            "priority_sites": ranked.priority_sites,
            "customer_minutes_at_risk": ranked.customer_minutes,
            "customer_minutes_per_km": ranked.minutes_per_km,
            "clearance_m": kept.clearance_m[at],
            "tree_height_m": kept.tree_height_m[at],
            "species": kept.species[at],
            "area": kept.area[at],
            "geometry": frames.equipment_lines(self.situation.data, ranked.row),
        }
        return make_geo_frame(columns, self.situation.network.crs)

    def _list_groups(self, by: str) -> dict[str, Any]:
        groups = self.sections if by == SECTIONS else self.feeders
        named = self._name_places(groups.feeder, groups.group if by == SECTIONS else None)
        return {
            **({"section": named.pop("section")} if by == SECTIONS else {}),
            **named,
            "spans": groups.spans,
            "risk_class": _name_classes(groups.risk),
            "score": groups.score,
            "length_m": groups.length_m,
            "length_in_risk_m": groups.length_in_risk_m,
            "failures_per_year": groups.failures_per_year,
            "customers": groups.customers,
            "priority_sites": groups.priority_sites,
            "customer_minutes_at_risk": groups.customer_minutes,
            "customer_minutes_per_km": groups.minutes_per_km,
        }

    def _name_places(
        self, feeder: NDArray[np.int32], section: NDArray[np.int32] | None
    ) -> dict[str, NDArray[np.object_]]:
        data = self.situation.data
        feeders, substations = data.feeders, data.substations
        substation = np.append(feeders.substation, np.int32(-1))[feeder]
        named = {
            "feeder": _name_rows(feeders.mrid, feeder),
            "substation": _name_rows(substations.mrid, substation),
        }
        if section is not None:
            named["section"] = _name_rows(data.equipment.mrid, section)
        return named

    def list_kept(self, network: str) -> KeptSpans:
        """Return the spans as stores keep them, with the hash of the network they are of."""
        frame = self._make_span_frame()
        frame["device"] = _name_rows(self.situation.data.equipment.mrid, self.ranked.device)
        frame["restoration_min"] = self.restoration.minutes
        columns = [frame[name].tolist() for name in KeptSpan._fields]
        return KeptSpans(network, tuple(map(KeptSpan, *columns)))

    def document(self, by: str = SECTIONS, *, limit: int | None = None) -> VegetationDocument:
        """
        Return the ranked list as the JSON document ``gridtwin.vegetation/1``.

        Parameters
        ----------
        by
            ``span``, ``section`` or ``feeder``.
        limit
            How many rows at most, the first in rank; all by default.
        """
        frame = self.make_frame(by).drop(columns="geometry", errors="ignore")
        rows: Any = frame.head(len(frame) if limit is None else limit).to_dict("records")
        return {
            "schema": DocumentTag.VEGETATION,
            "state": self.situation.state,
            "version": self.situation.version,
            "by": by,
            "layers": [make_layer_record(layer) for layer in self.layers],
            "restoration_min": self.restoration.minutes,
            "restoration_from": self.restoration.known_from,
            "spans": len(self),
            "length_in_risk_m": self.length_in_risk_m,
            "customer_minutes_at_risk": self.customer_minutes,
            "total": len(frame),
            "rows": list(map(_drop_unknown, rows)),
        }


def make_layer_record(layer: VegetationLayer) -> VegetationLayerRecord:
    """Return a source of areas as a record of documents."""
    return {
        "source": layer.source,
        "load_number": layer.load_number,
        "loaded_at": layer.loaded_at.isoformat(),
        "file": layer.file,
        "areas": layer.areas,
    }


def _name_rows(mrids: NDArray[np.bytes_], rows: NDArray[np.int32]) -> NDArray[np.object_]:
    """Return the mRID of each row; empty for -1."""
    used, place = np.unique(rows, return_inverse=True)
    names = (
        decode_texts(mrids[used]).astype(object) if len(mrids) else np.full(len(used), "", object)
    )
    names[used < 0] = ""
    return names[place]


def _name_classes(risk: NDArray[np.uint8]) -> NDArray[np.object_]:
    return np.array(RISK_CLASSES, dtype=object)[risk]


def _drop_unknown(row: dict[str, Any]) -> Any:
    """Return a row whose numbers that are not known are null."""
    return {
        name: None if isinstance(value, float) and np.isnan(value) else value
        for name, value in row.items()
    }
