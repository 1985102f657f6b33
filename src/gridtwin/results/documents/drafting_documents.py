"""The document of a drafted mapping: what a source holds, and what only a person can tell."""

from typing import Annotated, Literal

from gridtwin.results.documents.document_fields import Amount, Count, Shape, one_of
from gridtwin.results.documents.document_tags import DocumentTag

COLUMN_KINDS = ("text", "integer", "real", "date", "flag", "other")
GEOMETRY_KINDS = ("", "point", "line", "polygon", "other")


class ValueRecord(Shape):
    """One value of a column."""

    value: str
    rows: Count


class ColumnRecord(Shape):
    """What one column of a layer holds."""

    name: str
    kind: Annotated[str, one_of(COLUMN_KINDS)]
    distinct: Count
    """values there are, blanks left out"""
    blank: Count
    """rows without one"""
    top: list[ValueRecord]
    """the most frequent values; none of a column about persons"""
    words: dict[str, str]
    """what codes stand for, as the source says"""
    personal: str
    """what it seems to say of persons; empty: nothing"""


class LayerRecord(Shape):
    """What one layer of a source holds."""

    name: str
    rows: Count
    geometry: Annotated[str, one_of(GEOMETRY_KINDS)]
    """empty: a table without places"""
    crs: str
    """empty: it states none"""
    extent: list[float] | None
    """west, south, east and north in its own coordinates; null: nothing is drawn"""
    columns: list[ColumnRecord]


class NodePairRecord(Shape):
    """Two columns of a layer that name the nodes at its ends."""

    layer: str
    first: str
    second: str


class ReferenceRecord(Shape):
    """A column whose values are keys of another layer."""

    layer: str
    column: str
    target: str
    """the other layer"""
    target_column: str


class EndDistanceRecord(Shape):
    """How many line ends lie so far from the nearest other end."""

    from_m: Amount
    to_m: Amount | None
    """null: any distance"""
    ends: Count


class QuestionRecord(Shape):
    """What only a person can tell."""

    name: str
    """how ``--answer`` calls it"""
    text: str
    choices: list[str]
    """empty: any text"""


class MapInitDocument(Shape):
    """
    What a source holds, and the mapping drafted for it.

    `gridtwin map init`
    """

    schema: Literal[DocumentTag.MAP_INIT]
    source: str
    layers: list[LayerRecord]
    broken: dict[str, str]
    """layers that do not open, and why"""
    node_columns: list[NodePairRecord]
    """empty: lines meet by place"""
    references: list[ReferenceRecord]
    tolerance_m: Amount | None
    """null: no line is drawn"""
    end_distances: list[EndDistanceRecord]
    questions: list[QuestionRecord]
    """those that are not answered"""
    mapping: str
    """the draft, as TOML"""
