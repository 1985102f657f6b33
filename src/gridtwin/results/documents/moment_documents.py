"""The document of what happened between two moments."""

from typing import Annotated, Literal

from gridtwin.results.documents.document_fields import Count, Shape, Span, Timestamp, one_of
from gridtwin.results.documents.document_tags import DocumentTag

MOMENT_WORDS = ("switch", "outage", "restored")


class MomentRecord(Shape):
    """Something that happened, and who was out after it."""

    at: Timestamp
    what: Annotated[str, one_of(MOMENT_WORDS)]
    mrid: str
    """of what was operated, or the device of the outage"""
    outage: str | None
    """its id"""
    customers: int
    """who went out by it; below zero: came back"""
    customers_out: Count
    """after it"""


class MomentsDocument(Span, Shape):
    """
    What happened between two moments.

    the tool `history`
    """

    schema: Literal[DocumentTag.MOMENTS]
    out_at_start: Count
    """customers"""
    most_out: Count
    """customers out at one time, at most"""
    most_out_at: Timestamp
    """when that was first so"""
    moments: list[MomentRecord]
    """in order of time"""
