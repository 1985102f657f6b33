"""Put names and shapes on answers: the results that `Twin` returns and programs read as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridtwin.analysis.outage.sweep import sweep_elements
from gridtwin.analysis.trace.trace import CLASSES, find_live_phases
from gridtwin.model import cim, frames, phases
from gridtwin.model.own_columns import add_own, pick_own
from gridtwin.model.tables import decode_texts
from gridtwin.results.documents.document_tags import DocumentTag
from gridtwin.results.geo import make_geo_frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas
    import pandas as pd
    from numpy.typing import NDArray

    from gridtwin.analysis.outage.blast import Blast
    from gridtwin.analysis.state.situation import Situation
    from gridtwin.analysis.trace.trace import TraceRows
    from gridtwin.results.documents.loss_documents import BlastDocument
    from gridtwin.results.documents.trace_documents import TraceDocument, TraceElement


@dataclass
class TraceResult:
    """
    The answer of a trace.

    Elements stand in a fixed order: the same input gives the same ids in the same order.
    """

    trace: str
    of: list[str]
    rows: TraceRows
    situation: Situation

    @property
    def state(self) -> str:
        """Name of the state that was traced."""
        return self.situation.state

    @property
    def version(self) -> int:
        """Version of the state that was traced."""
        return self.situation.version

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the reader of the answer should know."""
        return self.rows.warnings

    @cached_property
    def elements(self) -> NDArray[np.str_]:
        """The mRIDs of the equipment found."""
        return decode_texts(self.situation.data.equipment.mrid[self.rows.equipment])

    @cached_property
    def usage_points(self) -> NDArray[np.str_]:
        """The mRIDs of the usage points found."""
        return decode_texts(self.situation.data.usage_points.mrid[self.rows.points])

    @cached_property
    def customers(self) -> int:
        """Customers of the usage points found."""
        return self.situation.customers_of(self.rows.points)

    @cached_property
    def classes(self) -> NDArray[np.object_]:
        """The class of each element: ``downstream``, ``indeterminate``, ``operate`` ..."""
        return np.array(CLASSES, dtype=object)[self.rows.kind]

    def make_columns(self, own: Sequence[str] = ()) -> dict[str, NDArray[Any]]:
        """Return mrid, kind, class, phases, parent, depth, and own columns of the elements."""
        data, rows = self.situation.data, self.rows
        parents = decode_texts(data.equipment.mrid[rows.parent])
        columns = {
            "mrid": self.elements.astype(object),
            "kind": np.array(cim.KIND_NAMES, dtype=object)[data.equipment.kind[rows.equipment]],
            "class": self.classes,
            "phases": phases.PHASE_CODES[find_live_phases(self.situation, rows.equipment)],
            "parent": np.where(rows.parent < 0, "", parents).astype(object),
            "depth": rows.depth,
        }
        picked = pick_own(data, "equipment", own)
        return columns | add_own(columns, picked, rows.equipment)

    def document(self, own: Sequence[str] = ()) -> TraceDocument:
        """Return the answer as the JSON document ``gridtwin.trace/1``, with some own columns."""
        values = zip(*(column.tolist() for column in self.make_columns().values()), strict=True)
        elements: list[TraceElement] = [
            {
                "mrid": mrid,
                "kind": kind,
                "class": name,
                "phases": text,
                "parent": parent or None,
                "depth": depth,
            }
            for mrid, kind, name, text, parent, depth in values
        ]
        picked = pick_own(self.situation.data, "equipment", own)
        recorded = [column.list_values(self.rows.equipment) for column in picked.values()]
        if recorded:
            for element, shown in zip(elements, zip(*recorded, strict=True), strict=True):
                element["own"] = dict(zip(picked, shown, strict=True))
        return {
            "schema": DocumentTag.TRACE,
            "trace": self.trace,
            "of": self.of,
            "state": self.state,
            "version": self.version,
            "elements": elements,
            "usage_points": self.usage_points.tolist(),
            "customers": self.customers,
            "warnings": list(self.warnings),
        }

    def to_geodataframe(self, own: Sequence[str] = ()) -> geopandas.GeoDataFrame:
        """Return the elements with their lines, and some own columns of equipment."""
        columns: dict[str, Any] = self.make_columns(own)
        columns["geometry"] = frames.equipment_lines(self.situation.data, self.rows.equipment)
        return make_geo_frame(columns, self.situation.network.crs)

    def explore(self, **options: Any) -> Any:
        """Return an interactive map of the elements, colored by class."""
        return self.to_geodataframe().explore(column="class", **options)

    def __len__(self) -> int:
        """Return the number of elements."""
        return len(self.rows.equipment)

    def __repr__(self) -> str:
        """Return the answer in one line."""
        return (
            f"TraceResult({self.trace} of {', '.join(self.of)}: {len(self):,} elements, "
            f"{len(self.rows.points):,} usage points, {self.customers:,} customers, "
            f"state {self.state} version {self.version})"
        )


@dataclass
class BlastRadius:
    """Who goes dark when things fail."""

    of: list[str]
    scope: str
    rows: Blast
    situation: Situation

    @property
    def state(self) -> str:
        """Name of the state before the fault."""
        return self.situation.state

    @property
    def version(self) -> int:
        """Version of the state before the fault."""
        return self.situation.version

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the reader of the answer should know."""
        return self.rows.warnings

    @cached_property
    def usage_points(self) -> NDArray[np.str_]:
        """The mRIDs of the usage points without any supply."""
        return decode_texts(self.situation.data.usage_points.mrid[self.rows.out])

    @cached_property
    def partial(self) -> NDArray[np.str_]:
        """The mRIDs of the usage points that lose some of their phases."""
        return decode_texts(self.situation.data.usage_points.mrid[self.rows.partial])

    @cached_property
    def devices(self) -> NDArray[np.str_]:
        """The mRIDs of the devices that trip, are opened, or are closed, by scope."""
        return decode_texts(self.situation.data.equipment.mrid[self.rows.devices])

    @cached_property
    def customers(self) -> int:
        """Customers without any supply."""
        return self.situation.customers_of(self.rows.out)

    @cached_property
    def priority_customers(self) -> int:
        """Customers without any supply at priority sites."""
        points = self.situation.data.usage_points
        return self.situation.customers_of(self.rows.out[points.priority[self.rows.out] != b""])

    @cached_property
    def peak_w(self) -> float:
        """Sum of the recorded peak loads that are out, in watts."""
        return float(np.nansum(self.situation.data.usage_points.peak_w[self.rows.out], dtype=float))

    @cached_property
    def feeders(self) -> list[str]:
        """The feeders that serve the usage points in the state before the fault."""
        first, _ = self.situation.feeder_of_nodes
        rows = np.unique(first[self.situation.data.usage_points.node[self.rows.out]])
        return decode_texts(self.situation.data.feeders.mrid[rows[rows >= 0]]).tolist()

    @cached_property
    def area(self) -> shapely.Geometry | None:
        """A concave outline of the usage points that are out; None if nobody is."""
        from gridtwin.analysis.place.outline import draw_outline

        xy = self.situation.data.usage_points.xy[self.rows.out]
        return draw_outline(xy, geographic=self.situation.network.crs is not None)

    def document(self) -> BlastDocument:
        """Return the answer as the JSON document ``gridtwin.blast/1``."""
        return {
            "schema": DocumentTag.BLAST,
            "of": self.of,
            "scope": self.scope,
            "state": self.state,
            "version": self.version,
            "usage_points": self.usage_points.tolist(),
            "partial": self.partial.tolist(),
            "customers": self.customers,
            "priority_customers": self.priority_customers,
            "peak_w": self.peak_w,
            "feeders": self.feeders,
            "devices": self.devices.tolist(),
            "area": None if self.area is None else json.loads(shapely.to_geojson(self.area)),
            "warnings": list(self.warnings),
        }

    def to_geodataframe(self) -> geopandas.GeoDataFrame:
        """Return the usage points that are out or in part out, as points."""
        data = self.situation.data
        rows = np.concatenate([self.rows.out, self.rows.partial])
        supply = np.repeat(["out", "partial"], [len(self.rows.out), len(self.rows.partial)])
        points = data.usage_points
        columns = {
            "mrid": decode_texts(points.mrid[rows]).astype(object),
            "supply": supply.astype(object),
            "customers": points.customers[rows],
            "peak_w": points.peak_w[rows],
            "priority": decode_texts(points.priority[rows]).astype(object),
            "geometry": shapely.points(points.xy[rows]),
        }
        return make_geo_frame(columns, self.situation.network.crs)

    def explore(self, **options: Any) -> Any:
        """Return an interactive map of the usage points that are out."""
        return self.to_geodataframe().explore(column="supply", **options)

    def __len__(self) -> int:
        """Return the number of usage points without supply."""
        return len(self.rows.out)

    def __repr__(self) -> str:
        """Return the answer in one line."""
        return (
            f"BlastRadius({self.scope} of {', '.join(self.of[:3])}"
            f"{' ...' if len(self.of) > 3 else ''}: {len(self):,} usage points, "
            f"{self.customers:,} customers, {len(self.rows.partial):,} in part, "
            f"state {self.state} version {self.version})"
        )


def make_sweep_frame(situation: Situation) -> pd.DataFrame:
    """Return what goes dark with every piece of equipment: mrid, kind, customers, usage_points."""
    import pandas as pd

    customers, usage_points = sweep_elements(situation)
    equipment = situation.data.equipment
    return pd.DataFrame(
        {
            "mrid": decode_texts(equipment.mrid).astype(object),
            "kind": np.array(cim.KIND_NAMES, dtype=object)[equipment.kind],
            "customers": customers,
            "usage_points": usage_points,
        }
    )
