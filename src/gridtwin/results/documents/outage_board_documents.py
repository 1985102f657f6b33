"""The documents of outages as a control room reads them: who is out, why, and until when."""

from typing import Literal

from gridtwin.model.outage import Status
from gridtwin.results.documents.document_fields import Count, Shape, Timestamp
from gridtwin.results.documents.document_tags import DocumentTag
from gridtwin.results.documents.inside_documents import PrioritySite
from gridtwin.results.documents.outage_documents import OutageCourse


class PromiseRecord(Shape):
    """When it ends; times in UTC, null where that is not known."""

    etr: Timestamp | None
    """what is promised; null: still being assessed"""
    source: str
    """what decided: manual, crew, zone, model or table"""
    reason: str
    p50: Timestamp | None
    """one in two such outages ends before"""
    p80: Timestamp | None
    p95: Timestamp | None
    issued_at: Timestamp | None
    stage: str
    """what brings back those it is of: remote, manual or repair"""


class BoardRow(Shape):
    """One outage in short."""

    id: str
    status: Status
    device: str | None
    """mRID of what opened or failed"""
    feeder: str | None
    """that its device is on as designed"""
    began_at: Timestamp
    restored_at: Timestamp | None
    cause: str
    """as it was noted; empty: not known"""
    crew_status: str
    """as it was noted"""
    customers: Count
    """in it, back or not"""
    customers_out: Count
    """in it and not back; of a feeder asked for, those on it"""
    priority_customers: Count
    """of those out, at priority sites"""
    etr: Timestamp | None
    """until when, as promised; null: not promised"""
    source: str | None
    """what the promise rests on"""


class OutageBoardDocument(Shape):
    """
    Outages in short, with what is promised.

    the tool `outages`
    """

    schema: Literal[DocumentTag.OUTAGE_BOARD]
    at: Timestamp | None
    """the past moment asked for; null: now"""
    version: Count
    """of the current state"""
    customers_out: Count
    """in all outages listed"""
    outages: list[BoardRow]
    """in the order asked for"""


class OutageReportDocument(OutageCourse):
    """
    One outage with all that is known of it.

    the tool `outage`
    """

    schema: Literal[DocumentTag.OUTAGE_REPORT]
    feeder: str | None
    """that its device is on as designed"""
    estimate: PromiseRecord | None
    priority_customers: Count
    """at priority sites and out"""
    priority: list[PrioritySite]
    """priority sites that are out"""


class EstimatePart(PromiseRecord):
    """Some customers, the outage they are out in, and until when."""

    outage: str
    usage_points: Count
    """of what was asked for, in this outage"""
    customers: Count


class EstimateDocument(Shape):
    """
    Until when customers are out.

    the tool `estimate`
    """

    schema: Literal[DocumentTag.ESTIMATE]
    of: str
    """mRID of what was asked for, or id of the outage"""
    kind: str
    version: Count
    """of the current state"""
    customers: Count
    """of what was asked for"""
    customers_out: Count
    """of those, without supply"""
    parts: list[EstimatePart]
    """by outage, the most customers first; empty: in none"""
