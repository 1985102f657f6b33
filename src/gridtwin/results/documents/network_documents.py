"""The documents of a network: checked, searched, mirrored in PostgreSQL, drawn as tiles."""

from typing import Annotated, Any, Literal, NotRequired

from gridtwin.analysis.place.intersect import PLACE_LAYERS
from gridtwin.analysis.state.name_index import MATCHES
from gridtwin.model.findings import SEVERITIES
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


class AcceptanceRecord(Shape):
    """Who accepted a finding as it is, and why."""

    key: str
    """mRID of what it is of, or LAYER:KEY of its row; *: all of the rule"""
    reason: str
    actor: str
    """empty: a mapping says so"""
    at: str
    """when, ISO 8601; empty: a mapping says so"""


class FindingRecord(Shape):
    """One thing that breaks a rule."""

    rule: str
    severity: Annotated[str, one_of(SEVERITIES)]
    mrid: str
    """what it is of; of a row that is not in the network LAYER:KEY; empty: of the whole source"""
    layer: str
    """of the source it was read from; empty: not known"""
    key: str
    """of its row there"""
    place: list[float] | None
    """x and y in the network's coordinates; null: it has none"""
    evidence: str
    """what was seen"""
    mend: str
    """what to do about it"""
    accepted: AcceptanceRecord | None
    """null: nobody accepted it"""


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


class PartnersRecord(Shape):
    """How many line ends have so many partners at their node."""

    partners: Count
    """other ends, devices, customers and sources there; 0: the end meets nothing"""
    ends: Count


class DistanceRecord(Shape):
    """How many line ends lie so far from the nearest other thing."""

    from_m: Amount
    to_m: Amount | None
    """null: however far"""
    ends: Count


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
    transformers_compared: Count
    """customers whose row records a transformer"""
    transformers_equal: Count
    """those that hang on the transformer they record"""
    ends: list[PartnersRecord]
    tolerance_m: Amount
    """how far apart ends at one place may be"""
    distances: list[DistanceRecord]
    """of ends that are joined by place, in steps of which the tolerance is one"""
    notices: list[NoticeRecord]
    counts: dict[str, Count]
    """by rule, findings not listed included"""
    findings: list[FindingRecord]
    """the worst first, then by rule; near misses by distance, the shortest first"""


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
    match: NotRequired[Annotated[str, one_of(MATCHES)]]
    """how it fits the text: whole, by its beginning, within it, or written nearly so"""
    feeder: NotRequired[str | None]
    """mRID of the feeder it belongs to; null: of none"""
    own: NotRequired[OwnValues]
    """those of the own columns asked for that its frame has, by name"""
    origin: NotRequired[OriginRecord]
    """left out: it is not known"""


class FindDocument(Shape):
    """
    Elements whose id or name is, holds, or is nearly a text, the best first.

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
