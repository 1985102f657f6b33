"""Put names and shapes on tags, requests of a second person, and switching orders."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gridtwin.results.documents.document_tags import DocumentTag

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gridtwin.model.operation_request import OperationRequest
    from gridtwin.model.operational_tag import OperationalTag
    from gridtwin.model.switching_order import OrderStep, SwitchingOrder
    from gridtwin.results.documents.operating_documents import (
        OperationRequestRecord,
        OrderRecord,
        OrdersDocument,
        OrderStepRecord,
        TagRecord,
        TagsDocument,
    )


def make_tag_record(tag: OperationalTag) -> TagRecord:
    """Return a tag as a record of a document."""
    return {
        "number": tag.number,
        "mrid": tag.mrid,
        "kind": tag.kind,
        "reason": tag.reason,
        "placed_by": tag.placed_by,
        "placed_at": tag.placed_at.isoformat(),
        "removed_by": tag.removed_by or None,
        "removed_at": None if tag.removed_at is None else tag.removed_at.isoformat(),
        "removed_because": tag.removed_because,
    }


def make_tags_document(tags: Iterable[OperationalTag]) -> TagsDocument:
    """Return tags as the JSON document ``gridtwin.tags/1``."""
    return {"schema": DocumentTag.TAGS, "tags": [make_tag_record(tag) for tag in tags]}


def make_request_record(request: OperationRequest) -> OperationRequestRecord:
    """Return a request as a record of a document; one that waited too long is expired."""
    decided = request.decided_at
    return {
        "id": request.id,
        "mrid": request.mrid,
        "open": request.open,
        "phases": request.phases,
        "digest": request.digest,
        "requested_by": request.requested_by,
        "requested_at": request.requested_at.isoformat(),
        "expires_at": request.expires_at.isoformat(),
        "status": request.derive_status(datetime.now(UTC)),
        "decided_by": request.decided_by or None,
        "decided_at": None if decided is None else decided.isoformat(),
        "version": request.version,
    }


def make_orders_document(orders: Iterable[SwitchingOrder]) -> OrdersDocument:
    """Return switching orders as the JSON document ``gridtwin.orders/1``."""
    return {"schema": DocumentTag.ORDERS, "orders": [make_order_record(each) for each in orders]}


def make_order_record(order: SwitchingOrder) -> OrderRecord:
    """Return a switching order as a record of a document."""
    following = order.next_step
    return {
        "id": order.id,
        "of": list(order.of),
        "status": "active" if order.status == "active" else "ended",
        "started_by": order.started_by,
        "started_at": order.started_at.isoformat(),
        "ended_by": order.ended_by or None,
        "ended_at": None if order.ended_at is None else order.ended_at.isoformat(),
        "next_step": None if following is None else following.number,
        "steps": [_make_step_record(step) for step in order.steps],
    }


def _make_step_record(step: OrderStep) -> OrderStepRecord:
    return {
        "step": step.number,
        "action": step.action,
        "mrid": step.mrid,
        "phases": step.phases,
        "control": "remote" if step.remote else "manual",
        "status": step.status,
        "actor": step.actor or None,
        "at": None if step.at is None else step.at.isoformat(),
        "note": step.note,
        "open_before": step.open_before,
        "version": step.version,
    }
