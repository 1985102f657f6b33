"""Turn what loading again changes, and the loads there were, into documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.results.documents.document_tags import DocumentTag
from gridtwin.results.network_answers import list_table_syncs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gridtwin.analysis.edition.edition_report import EditionReport, FrameChanges
    from gridtwin.analysis.edition.moved_customers import MovedCustomers
    from gridtwin.model.network_loads import NetworkLoad
    from gridtwin.results.documents.edition_documents import (
        EditionDocument,
        FrameRecord,
        LoadRecord,
        MovedRecord,
        NetworkLoadsDocument,
    )
    from gridtwin.store.table_changes import TableChange


def edition_document(
    report: EditionReport, load: NetworkLoad, tables: Sequence[TableChange], *, written: bool
) -> EditionDocument:
    """Return what a new edition changes as the JSON document ``gridtwin.load_again/1``."""
    return {
        "schema": DocumentTag.LOAD_AGAIN,
        "source": load.reading.shown_source,
        "load": load.number,
        "at": load.at.isoformat(),
        "written": written,
        "vanished_percent": round(report.vanished_percent, 3),
        "rows_added": report.added,
        "rows_changed": report.changed,
        "rows_removed": report.removed,
        "frames": [_frame_record(each) for each in report.frames],
        "layers": [
            {
                "frame": each.frame,
                "layer": each.layer,
                "rows": each.rows,
                "added": each.added,
                "changed": each.changed,
                "removed": each.removed,
            }
            for each in report.layers
        ],
        "feeders": _moved_record(report.feeders),
        "transformers": _moved_record(report.transformers),
        "lost_outages": [
            {
                "outage": each.outage,
                "device": each.device,
                "usage_points": list(each.usage_points),
            }
            for each in report.lost.outages
        ],
        "lost_positions": [
            {"state": each.state, "mrid": each.mrid, "open": each.open_phases}
            for each in report.lost.positions
        ],
        "lost_acceptances": [
            {"rule": each.rule, "key": each.key, "reason": each.reason}
            for each in report.lost.acceptances
        ],
        "tables": list_table_syncs(tables),
    }


def _frame_record(changes: FrameChanges) -> FrameRecord:
    return {
        "frame": changes.frame,
        "before": changes.before,
        "rows": changes.rows,
        "added": changes.added,
        "changed": changes.changed,
        "removed": changes.removed,
        "columns": dict(changes.columns),
        "own_added": list(changes.own_added),
        "own_removed": list(changes.own_removed),
        "first_added": list(changes.first_added),
        "first_changed": list(changes.first_changed),
        "first_removed": list(changes.first_removed),
    }


def _moved_record(moved: MovedCustomers) -> MovedRecord:
    return {
        "usage_points": moved.usage_points,
        "customers": moved.customers,
        "ways": [
            {
                "before": way.before,
                "after": way.after,
                "usage_points": way.usage_points,
                "customers": way.customers,
            }
            for way in moved.ways
        ],
        "first": [
            {"mrid": point.mrid, "before": point.before, "after": point.after}
            for point in moved.first
        ],
    }


def loads_document(loads: Iterable[NetworkLoad]) -> NetworkLoadsDocument:
    """Return the loads of a network as the JSON document ``gridtwin.loads/1``."""
    return {"schema": DocumentTag.LOADS, "loads": [_load_record(load) for load in loads]}


def _load_record(load: NetworkLoad) -> LoadRecord:
    return {
        "load": load.number,
        "at": load.at.isoformat(),
        "source": load.reading.shown_source,
        "options": dict(load.reading.options),
        "mapping": load.reading.mapping.name,
        "mapping_hash": load.reading.mapping.digest,
        "rows": load.rows,
        "added": load.added,
        "changed": load.changed,
        "removed": load.removed,
    }
