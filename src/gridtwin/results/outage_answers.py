"""Put names and shapes on outages: the JSON documents that programs read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.results.documents.document_tags import DocumentTag

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gridtwin.model.outage import Evidence, Outage, Step
    from gridtwin.results.documents.outage_documents import (
        OutageCourse,
        OutageDocument,
        OutageRecord,
        OutagesDocument,
    )


def make_outages_document(outages: Sequence[Outage]) -> OutagesDocument:
    """Return outages as the JSON document ``gridtwin.outages/1``."""
    records = [make_outage_record(each) for each in outages]
    return {"schema": DocumentTag.OUTAGES, "outages": records}


def make_outage_document(
    outage: Outage, steps: Sequence[Step], evidence: Sequence[Evidence]
) -> OutageDocument:
    """Return one outage, with its steps and evidence, as the document ``gridtwin.outage/1``."""
    return {"schema": DocumentTag.OUTAGE, **make_outage_course(outage, steps, evidence)}


def make_outage_course(
    outage: Outage, steps: Sequence[Step], evidence: Sequence[Evidence]
) -> OutageCourse:
    """Return the fields of an outage, with its steps and evidence."""
    return {
        **make_outage_record(outage),
        "steps": [
            {
                "restored_at": _format_moment(step.restored_at),
                "usage_points": step.usage_points,
                "customers": step.customers,
                "customer_minutes": step.customer_minutes,
            }
            for step in steps
        ],
        "evidence": [
            {
                "at": each.at.isoformat(),
                "kind": each.kind,
                "mrid": each.mrid,
                "detail": dict(each.detail),
                "actor": each.actor,
            }
            for each in evidence
        ],
    }


def make_outage_record(outage: Outage) -> OutageRecord:
    """Return the fields of an outage; what is not known is null."""
    return {
        "id": outage.id,
        "began_at": outage.began_at.isoformat(),
        "status": outage.status,
        "device": outage.device or None,
        "phases": outage.phases,
        "planned": outage.planned,
        "cause": outage.cause,
        "crew_status": outage.crew_status,
        "parent": outage.parent or None,
        "first_seen_at": _format_moment(outage.first_seen_at),
        "confirmed_at": _format_moment(outage.confirmed_at),
        "restored_at": _format_moment(outage.restored_at),
        "closed_at": _format_moment(outage.closed_at),
        "etr_manual": _format_moment(outage.etr_manual),
        "etr_crew": _format_moment(outage.etr_crew),
        "updated_at": _format_moment(outage.updated_at),
        "state_version": outage.state_version,
        "customers": outage.customers,
        "customers_out": outage.customers_out,
        "revision": outage.revision,
        "momentary": outage.momentary,
    }


def _format_moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
