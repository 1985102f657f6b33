"""Put names and shapes on outages: the JSON documents that programs read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridtwin.model.outage import Outage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gridtwin.model.outage import Evidence, Step

OUTAGE_SCHEMA = "gridtwin.outage/1"
OUTAGES_SCHEMA = "gridtwin.outages/1"


def outages_document(outages: Sequence[Outage]) -> dict[str, Any]:
    """Return outages as the JSON document ``gridtwin.outages/1``."""
    return {"schema": OUTAGES_SCHEMA, "outages": [outage_record(each) for each in outages]}


def outage_document(
    outage: Outage, steps: Sequence[Step], evidence: Sequence[Evidence]
) -> dict[str, Any]:
    """Return one outage, with its steps and evidence, as the document ``gridtwin.outage/1``."""
    return {
        "schema": OUTAGE_SCHEMA,
        **outage_record(outage),
        "steps": [
            {
                "restored_at": _text(step.restored_at),
                "usage_points": step.usage_points,
                "customers": step.customers,
                "customer_minutes": step.customer_minutes,
            }
            for step in steps
        ],
        "evidence": [
            {
                "at": _text(each.at),
                "kind": each.kind,
                "mrid": each.mrid,
                "detail": dict(each.detail),
                "actor": each.actor,
            }
            for each in evidence
        ],
    }


def outage_record(outage: Outage) -> dict[str, Any]:
    """Return the fields of an outage; what is not known is null."""
    record = {}
    for name in Outage.__slots__:
        value = getattr(outage, name)
        record[name] = _text(value) if name.endswith("_at") or name.startswith("etr") else value
    return record | {
        "status": outage.status.value,
        "device": outage.device or None,
        "parent": outage.parent or None,
        "momentary": outage.momentary,
    }


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
