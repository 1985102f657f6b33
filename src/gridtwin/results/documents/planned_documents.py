"""The documents of planned outages."""

from typing import Annotated, Literal

from gridtwin.model.planned_outage import PlannedStatus
from gridtwin.results.documents.document_fields import (
    Count,
    FromOne,
    Shape,
    Timestamp,
    one_of,
)
from gridtwin.results.documents.document_tags import DocumentTag


class PlannedOutageRecord(Shape):
    """Work that is announced, and how it stands; times in UTC."""

    id: str
    status: Annotated[str, one_of(tuple(each.value for each in PlannedStatus))]
    starts_at: Timestamp
    """when supply is to go off"""
    ends_at: Timestamp
    """when it is to be back"""
    reason: str
    """in words that customers may read"""
    elements: list[str]
    """mRIDs of what is worked on"""
    switches: dict[str, str]
    """mRID to the phases that stand open meanwhile; empty: closed"""
    usage_points: Count
    """without supply meanwhile"""
    customers: Count
    """without supply meanwhile"""
    outage: str | None
    """id of the outage that was opened for it; null: none yet"""
    announced_by: str
    announced_at: Timestamp
    changed_by: str
    changed_at: Timestamp
    revision: FromOne
    """how often it was written"""


class PlannedOutagesDocument(Shape):
    """
    Planned outages, by when they start.

    `gridtwin outage planned list` and the commands that change one
    """

    schema: Literal[DocumentTag.PLANNED_OUTAGES]
    planned_outages: list[PlannedOutageRecord]
