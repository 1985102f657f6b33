"""Turn areas of vegetation risk and spans into rows of a database, and back."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridtwin.model.vegetation import KeptSpan, VegetationAreas, make_empty_areas

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FLOAT_FIELDS = frozenset(name for name, kind in KeptSpan.__annotations__.items() if kind == "float")


def list_area_rows(areas: VegetationAreas) -> Iterator[tuple[Any, ...]]:
    """Yield areas as rows: key, risk, rate, clearance, height, species, WKB; None = not known."""
    return zip(
        areas.key.tolist(),
        areas.risk.tolist(),
        map(_drop_nan, areas.failures_per_km_year.tolist()),
        map(_drop_nan, areas.clearance_m.tolist()),
        map(_drop_nan, areas.tree_height_m.tolist()),
        areas.species.tolist(),
        shapely.to_wkb(areas.geometry).tolist(),
        strict=True,
    )


def make_areas(rows: Sequence[Sequence[Any]]) -> VegetationAreas:
    """Return the areas of such rows; None = not known, a geometry is WKB or hexadecimal EWKB."""
    if not rows:
        return make_empty_areas()
    key, risk, rate, clearance, height, species, geometry = zip(*rows, strict=True)
    return VegetationAreas(
        np.array(key, dtype=object),
        np.array(risk, dtype=np.uint8),
        np.array(rate, dtype=np.float64),
        np.array(clearance, dtype=np.float64),
        np.array(height, dtype=np.float64),
        np.array(species, dtype=object),
        np.asarray(shapely.set_srid(shapely.from_wkb(list(geometry)), 0), dtype=object),
    )


def list_span_row(span: KeptSpan) -> tuple[Any, ...]:
    """Return a span as a row; None = not known."""
    return tuple(map(_drop_nan, span))


def _drop_nan(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def make_span(row: Sequence[Any]) -> KeptSpan:
    """Return the span of such a row; None = not known."""
    return KeptSpan._make(
        math.nan if value is None and name in FLOAT_FIELDS else value
        for name, value in zip(KeptSpan._fields, row, strict=True)
    )
