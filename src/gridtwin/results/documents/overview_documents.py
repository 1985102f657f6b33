"""The document that says at a glance how a network stands."""

from typing import Annotated, Literal

from gridtwin.results.documents.document_fields import Count, Shape, Timestamp, one_of
from gridtwin.results.documents.document_tags import DocumentTag
from gridtwin.results.documents.inside_documents import SERVED_BY


class GroupStanding(Shape):
    """One feeder or substation, and who is out there."""

    mrid: str | None
    """null: of none"""
    name: str
    """empty: it has none"""
    customers: Count
    customers_out: Count


class OverviewDocument(Shape):
    """
    How a network stands: how much there is, who is out, and where.

    the tool `overview`
    """

    schema: Literal[DocumentTag.OVERVIEW]
    at: Timestamp | None
    """the past moment asked for; null: now"""
    state: str
    """of the switches"""
    version: Count
    """of the state"""
    states: list[str]
    """names of the states that can be asked of"""
    counts: dict[str, Count]
    """rows of each frame"""
    customers: Count
    customers_out: Count
    customers_partial: Count
    """with fewer phases than by design"""
    priority_customers_out: Count
    open_outages: Count
    operated: Count
    """switches that stand otherwise than designed"""
    readings_until: Timestamp | None
    """end of the last interval with readings of meters; null: none"""
    by: Annotated[str, one_of(SERVED_BY)]
    groups: list[GroupStanding]
    """who has most customers out first"""
