"""Show a profile and the mapping drafted from it as a JSON document."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gridtwin.results.documents.document_tags import DocumentTag

if TYPE_CHECKING:
    from gridtwin.results.documents.drafting_documents import (
        ColumnRecord,
        LayerRecord,
        MapInitDocument,
    )
    from gridtwin.sources.drafting.draft_text import MappingDraft
    from gridtwin.sources.drafting.mapping_profile import (
        ColumnProfile,
        LayerProfile,
        SourceProfile,
    )

SHOWN_VALUES = 8


def map_init_document(profile: SourceProfile, draft: MappingDraft) -> MapInitDocument:
    """Return a profile and its draft as the JSON document ``gridtwin.map_init/1``."""
    return {
        "schema": DocumentTag.MAP_INIT,
        "source": profile.path,
        "layers": [_show_layer(layer) for layer in profile.layers],
        "broken": dict(profile.broken),
        "node_columns": [
            {"layer": layer, "first": pair[0], "second": pair[1]}
            for layer, pair in draft.node_pairs.items()
        ],
        "references": [
            {
                "layer": each.layer,
                "column": each.column,
                "target": each.target,
                "target_column": each.target_column,
            }
            for each in draft.references
        ],
        "tolerance_m": draft.tolerance_m,
        "end_distances": [
            {"from_m": start, "to_m": stop if math.isfinite(stop) else None, "ends": count}
            for start, stop, count in draft.histogram
        ],
        "questions": [
            {"name": each.name, "text": each.text, "choices": list(each.choices)}
            for each in draft.questions
        ],
        "mapping": draft.write(),
    }


def _show_layer(layer: LayerProfile) -> LayerRecord:
    return {
        "name": layer.name,
        "rows": layer.rows,
        "geometry": layer.geometry,
        "crs": layer.crs,
        "extent": None if layer.extent is None else list(layer.extent),
        "columns": [_show_column(column) for column in layer.columns],
    }


def _show_column(column: ColumnProfile) -> ColumnRecord:
    top = [] if column.personal else list(column.counts.items())[:SHOWN_VALUES]
    return {
        "name": column.name,
        "kind": column.kind,
        "distinct": column.distinct,
        "blank": column.blank,
        "top": [{"value": value, "rows": rows} for value, rows in top],
        "words": dict(column.words),
        "personal": column.personal,
    }
