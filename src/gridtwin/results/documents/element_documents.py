"""The document of all that is known of one element."""

from typing import Annotated, Any, Literal

from gridtwin.analysis.state.supply_state import SUPPLY_WORDS
from gridtwin.results.documents.document_fields import Count, GeoJsonGeometry, Shape, one_of
from gridtwin.results.documents.document_tags import DocumentTag
from gridtwin.results.documents.network_documents import OriginRecord
from gridtwin.results.documents.trace_documents import ExplainDocument, TraceClass


class WayRecord(TraceClass, Shape):
    """One piece of equipment on the way to the source."""

    mrid: str
    kind: str


class OutageBrief(Shape):
    """One open outage."""

    id: str
    status: str
    customers_out: Count


class ElementDocument(Shape):
    """
    All that is known of one element.

    the tool `element`
    """

    schema: Literal[DocumentTag.ELEMENT]
    state: str
    """of the switches"""
    version: Count
    """of the state"""
    mrid: str
    """behind its table where several share it: equipment:11"""
    table: str
    kind: str
    """of equipment; else the singular of its table"""
    name: str
    """empty: it has none"""
    phases: str
    feeder: str | None
    """mRID of the feeder it belongs to; null: of none"""
    substation: str | None
    """mRID"""
    open: str | None
    """of a switch: the phases that stand open"""
    normal_open: str | None
    """of a switch: the phases open by design"""
    energized: Annotated[str, one_of(SUPPLY_WORDS)]
    attributes: dict[str, Any]
    """what else is recorded, own columns included; what is not known is left out"""
    origin: OriginRecord | None
    """null: it is not known"""
    customers_below: Count
    """who would be out without it, and it alone"""
    usage_points_below: Count
    upstream: list[WayRecord]
    """the way to the source of the fewest devices"""
    explain: ExplainDocument
    outages: list[OutageBrief]
    """the open outages it is in or has caused"""
    geometry: GeoJsonGeometry | None
    """null: it has no place"""
    at: list[float] | None
    """x and y, equipment in the middle between its ends; null: it has no place"""
