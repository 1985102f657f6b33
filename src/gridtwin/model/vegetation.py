"""Hold where vegetation threatens lines: areas of risk as loaded, and what of spans lies there."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.model import cim

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from gridtwin.model.tables import NetworkData

RISK_CLASSES = ("low", "moderate", "high", "extreme")  # rising

SPAN_KINDS = ("ac_line_segment",)  # service drops are trimmed by others

# Failures for each kilometer and year where an area gives no rate of its own. "moderate" is the
# rate of the 11 kV overhead line of the RBTS from all causes (Allan, Billinton, Sjarief, Goel and
# So, IEEE Transactions on Power Systems 6(2), 1991: a figure as usually quoted, not checked against
# the paper); the factor of four from class to class is assumed. Replace them with your own records.
FAILURES_PER_KM_YEAR: NDArray[np.float64] = np.array([0.065 / 4, 0.065, 0.065 * 4, 0.065 * 16])


class VegetationLayer(NamedTuple):
    """One source of areas, as it was last loaded."""

    source: str  # what it is called; loading it again replaces its areas
    load_number: int  # from 1 on: how often it was loaded
    loaded_at: datetime
    file: str  # file or name, as it was given
    areas: int


@dataclass(frozen=True, slots=True)
class VegetationAreas:
    """
    Areas in which vegetation threatens lines: columns of one length, geometry valid.

    NaN and empty texts mean *not known*.
    """

    key: NDArray[np.object_]  # what names the area in its source
    risk: NDArray[np.uint8]  # place among `RISK_CLASSES`
    failures_per_km_year: NDArray[np.float64]
    clearance_m: NDArray[np.float64]  # from the vegetation to the conductor
    tree_height_m: NDArray[np.float64]
    species: NDArray[np.object_]
    geometry: NDArray[np.object_]  # polygons in the network's coordinates

    def __len__(self) -> int:
        """Return how many areas there are."""
        return len(self.key)

    def find_rates(self) -> NDArray[np.float64]:
        """Return the failures for each kilometer and year: given, or those of the class."""
        given = self.failures_per_km_year
        return np.where(np.isnan(given), FAILURES_PER_KM_YEAR[self.risk], given)


@dataclass(frozen=True, slots=True)
class SpanExposures:
    """
    What of each span lies in areas of risk; a place in several counts in the worst of them.

    Spans without any length in an area are left out.
    """

    mrid: NDArray[np.object_]
    risk: NDArray[np.uint8]  # worst class, place among `RISK_CLASSES`
    length_m: NDArray[np.float64]  # of the span, along its course
    length_in_risk_m: NDArray[np.float64]  # of that, inside areas
    failures_per_year: NDArray[np.float64]
    clearance_m: NDArray[np.float64]  # least of its areas; NaN = not known
    tree_height_m: NDArray[np.float64]  # most of its areas; NaN = not known
    species: NDArray[np.object_]  # of the area with most failures; empty = not known
    area: NDArray[np.object_]  # that area, SOURCE:KEY

    def __len__(self) -> int:
        """Return how many spans there are."""
        return len(self.mrid)


class KeptSpan(NamedTuple):
    """
    One span at risk as stores keep it for other programs: in the normal state, by mRIDs.

    Empty texts and NaN mean *not known* or *none*.
    """

    span: str
    feeder: str
    substation: str
    section: str  # switch that feeds its section
    device: str  # protective device that trips; empty = several, or none
    risk_class: str
    score: float  # chance of a failure within a year, percent
    length_m: float
    length_in_risk_m: float
    failures_per_year: float
    customers: int  # interrupted by a fault there
    customers_behind: int  # of these, who have no supply without the span
    priority_sites: int  # usage points with a priority that are interrupted
    restoration_min: float  # mean minutes of an interruption
    customer_minutes_at_risk: float  # a year
    customer_minutes_per_km: float  # of these, for each kilometer in areas of risk
    clearance_m: float
    tree_height_m: float
    species: str
    area: str  # SOURCE:KEY of the area with most failures


class KeptSpans(NamedTuple):
    """All spans at risk, the first in rank first, and the network they were measured in."""

    network: str  # its hash; empty = never measured
    spans: tuple[KeptSpan, ...] = ()


def read_exposures(spans: Sequence[KeptSpan]) -> SpanExposures:
    """Return what of kept spans lies in areas; who hangs on them is asked anew."""
    columns = dict(zip(KeptSpan._fields, zip(*spans, strict=True), strict=True)) if spans else {}

    def list_numbers(name: str) -> NDArray[np.float64]:
        return np.array(columns.get(name, ()), dtype=np.float64)

    def list_texts(name: str) -> NDArray[np.object_]:
        return np.array(columns.get(name, ()), dtype=object)

    return SpanExposures(
        list_texts("span"),
        np.array([RISK_CLASSES.index(each.risk_class) for each in spans], dtype=np.uint8),
        list_numbers("length_m"),
        list_numbers("length_in_risk_m"),
        list_numbers("failures_per_year"),
        list_numbers("clearance_m"),
        list_numbers("tree_height_m"),
        list_texts("species"),
        list_texts("area"),
    )


def make_empty_areas() -> VegetationAreas:
    """Return no areas."""
    words, numbers = np.empty(0, dtype=object), np.empty(0)
    return VegetationAreas(
        words, np.empty(0, dtype=np.uint8), numbers, numbers, numbers, words, words
    )


def join_areas(layers: Mapping[str, VegetationAreas]) -> VegetationAreas:
    """Return the areas of all sources, by the names of these; their keys become SOURCE:KEY."""
    named = [
        replace(areas, key=np.array([f"{source}:{key}" for key in areas.key], dtype=object))
        for source, areas in sorted(layers.items())
    ]
    parts = [make_empty_areas(), *named]
    return (
        VegetationAreas(
            *(
                np.concatenate([getattr(part, each.name) for part in parts])
                for each in fields(named[0])
            )
        )
        if named
        else parts[0]
    )


def find_spans(data: NetworkData, kinds: Sequence[str] = SPAN_KINDS) -> NDArray[np.int32]:
    """Return the rows of lines above ground; one of no recorded placement is taken for one."""
    equipment = data.equipment
    codes = [cim.kind_code(kind) for kind in kinds]
    overhead = equipment.placement != cim.PLACEMENTS.index("underground")
    return np.flatnonzero(overhead & np.isin(equipment.kind, codes)).astype(np.int32)
