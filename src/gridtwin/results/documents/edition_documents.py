"""The documents of loading again: what a new edition changes, and the loads there were."""

from typing import Any, Literal

from gridtwin.results.documents.document_fields import Amount, Count, FromOne, Shape, Timestamp
from gridtwin.results.documents.document_tags import DocumentTag
from gridtwin.results.documents.network_documents import TableSync


class FrameRecord(Shape):
    """What became of the rows of one frame."""

    frame: str
    before: Count
    """rows of the former edition"""
    rows: Count
    added: Count
    changed: Count
    removed: Count
    columns: dict[str, Count]
    """changed rows that differ in each column; own columns as own.NAME"""
    own_added: list[str]
    """own columns that only the new edition has; they make no row a changed one"""
    own_removed: list[str]
    first_added: list[str]
    first_changed: list[str]
    first_removed: list[str]


class LayerChangeRecord(Shape):
    """What became of the rows of one layer of the source."""

    frame: str
    layer: str
    """empty: made of no row of the source"""
    rows: Count
    added: Count
    changed: Count
    removed: Count


class MovedWayRecord(Shape):
    """Usage points that hang on another element than before."""

    before: str
    """mRID; empty: none"""
    after: str
    usage_points: Count
    customers: Count


class MovedPointRecord(Shape):
    """One of them."""

    mrid: str
    before: str
    after: str


class MovedRecord(Shape):
    """Who hangs on another feeder, or another transformer."""

    usage_points: Count
    customers: Count
    ways: list[MovedWayRecord]
    """those of most customers first, the first 20"""
    first: list[MovedPointRecord]


class LostOutageRecord(Shape):
    """An open outage that loses what it refers to."""

    outage: str
    device: str
    """its device, if that is there no more; empty: it is"""
    usage_points: list[str]
    """who is out in it and there no more"""


class LostPositionRecord(Shape):
    """A position of a switch that is there no more, or has no such pole."""

    state: str
    mrid: str
    open: str
    """phases"""


class LostAcceptanceRecord(Shape):
    """A finding that was accepted of an element that is there no more."""

    rule: str
    key: str
    reason: str


class EditionDocument(Shape):
    """
    What loading a network again changes.

    `gridtwin load --again`
    """

    schema: Literal[DocumentTag.LOAD_AGAIN]
    source: str
    load: FromOne
    """number of the load"""
    at: Timestamp
    written: bool
    """false: it was a dry run"""
    vanished_percent: Amount
    """of equipment or usage points, whichever is more: the share that is removed"""
    rows_added: Count
    """of all frames"""
    rows_changed: Count
    rows_removed: Count
    frames: list[FrameRecord]
    layers: list[LayerChangeRecord]
    feeders: MovedRecord
    transformers: MovedRecord
    lost_outages: list[LostOutageRecord]
    lost_positions: list[LostPositionRecord]
    lost_acceptances: list[LostAcceptanceRecord]
    tables: list[TableSync]
    """of a database: the rows that were written"""


class LoadRecord(Shape):
    """One load of the network."""

    load: FromOne
    at: Timestamp
    source: str
    options: dict[str, Any]
    """how it was read, as far as it was said"""
    mapping: str
    """name of its mapping; empty: none"""
    mapping_hash: str
    """the first 16 digits of the SHA-256 of its text"""
    rows: Count
    """of all frames afterwards"""
    added: Count
    changed: Count
    removed: Count


class NetworkLoadsDocument(Shape):
    """
    The loads that brought a network.

    `gridtwin loads`
    """

    schema: Literal[DocumentTag.LOADS]
    loads: list[LoadRecord]
    """the first first"""
