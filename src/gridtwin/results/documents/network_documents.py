"""The documents of a network: checked, searched, mirrored in PostgreSQL, drawn as tiles."""

from typing import Annotated, Any, Literal, NotRequired

from gridtwin.analysis.place.intersect import PLACE_LAYERS
from gridtwin.analysis.quality.checks import SEVERITIES
from gridtwin.results.documents.document_fields import (
    Amount,
    Count,
    FromOne,
    Keywords,
    OwnValues,
    Shape,
    one_of,
)
from gridtwin.results.documents.document_tags import DocumentTag


class FindingRecord(Shape):
    """One thing that breaks a rule."""

    rule: str
    severity: Annotated[str, one_of(SEVERITIES)]
    mrid: str
    place: list[float] | None
    """x and y in the network's coordinates; null: it has none"""
    evidence: str
    """what was seen"""
    mend: str
    """what to do about it"""


class CheckDocument(Shape):
    """
    What breaks the data-quality rules.

    `gridtwin check`
    """

    schema: Literal[DocumentTag.CHECK]
    counts: dict[str, Count]
    """by rule, findings not listed included"""
    findings: list[FindingRecord]
    """the worst first, then by rule and mRID"""


class TallyRecord(Shape):
    """What became of the rows of one layer in one block of a mapping."""

    block: str
    """as in ``[[layer]] 3 (SWITCHES)``"""
    layer: str
    to: str
    """the frame its rows go to, or heads, or associations"""
    read: Count
    filtered: Count
    """rows left out by where"""
    unlisted: Count
    """rows left out because of a code that the mapping does not list, or lists as nothing"""
    repeated: Count
    """rows left out because another row of their key is preferred"""
    mapped: Count


class NoticeRecord(Shape):
    """One thing that was passed over, mended or taken for granted."""

    rule: str
    severity: Annotated[str, one_of(SEVERITIES)]
    evidence: str
    mend: str


class MapCheckDocument(Shape):
    """
    How a mapping fits a source.

    `gridtwin map check`
    """

    schema: Literal[DocumentTag.MAP_CHECK]
    mapping: str
    layers: list[TallyRecord]
    feeders_compared: Count
    """customers whose row records a feeder"""
    feeders_equal: Count
    """those that hang on the feeder they record"""
    notices: list[NoticeRecord]


class OriginRecord(Shape):
    """Where an element comes from."""

    layer: str
    """layer, table or file of the source; empty: made, no row of it"""
    key: str
    """what names the row there"""
    load: Count
    """the load that added the element or last changed it; 0: before loads were counted"""


class FoundElement(Shape):
    """One element that was searched for."""

    mrid: str
    kind: str
    """kind of equipment, or usage_point, source, feeder, substation"""
    name: str
    """empty: it has none"""
    own: NotRequired[OwnValues]
    """those of the own columns asked for that its frame has, by name"""
    origin: NotRequired[OriginRecord]
    """left out: it is not known"""


class FindDocument(Shape):
    """
    Elements whose id or name holds a text, the best first.

    `gridtwin find`
    """

    schema: Literal[DocumentTag.FIND]
    found: list[FoundElement]


class IntersectDocument(Shape):
    """
    What lies inside a polygon.

    `gridtwin intersect`
    """

    schema: Literal[DocumentTag.INTERSECT]
    layer: Annotated[str, one_of(PLACE_LAYERS)]
    predicate: str
    """how it lies: intersects, within ..."""
    by: Annotated[str, one_of(("", "feeder", "substation"))]
    """empty: a row for each element; else one for each group"""
    version: Count
    """of the current state"""
    rows: list[dict[str, Any]]
    """the columns of the layer and the own ones asked for, or the group and its count"""


class TableSync(Shape):
    """How the rows of one table differed from those of the twin."""

    table: str
    """its name; `traces`: how many were asked on both sides, and as updated how many differed"""
    rows: Count
    """rows of the twin"""
    inserted: Count
    updated: Count
    deleted: Count


class SyncDocument(Shape):
    """
    What was moved into the mirror of a twin in PostgreSQL, or how it differs.

    `gridtwin sync`
    """

    schema: Literal[DocumentTag.SYNC]
    verified_only: bool
    """whether the database was compared only, and nothing written"""
    tables: list[TableSync]


class TilesDocument(Shape):
    """
    Tiles that were built.

    `gridtwin tiles build`
    """

    schema: Literal[DocumentTag.TILES]
    path: str
    """the archive"""
    network: Annotated[str, Keywords(pattern="^[0-9a-f]{16}$")]
    """hash of the network"""
    bytes: FromOne
    """size of the archive"""
    tiles: FromOne
    largest_tile_bytes: FromOne
    """compressed"""
    max_zoom: Annotated[int, Keywords(minimum=0, maximum=22)]
    gates: dict[str, Count]
    """first zoom of each group of features"""
    features: dict[str, Count]
    """features of each layer, all found at the highest zoom"""
    unplaced: dict[str, Count]
    """rows of each layer without a place on the map; a layer without any is left out"""
    seconds: Amount
    """that it took"""
