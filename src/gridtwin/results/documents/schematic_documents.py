"""The document of a one-line diagram."""

from typing import Annotated, Literal

from gridtwin.analysis.state.supply_state import SUPPLY_WORDS
from gridtwin.results.documents.document_fields import Amount, Count, Shape, one_of
from gridtwin.results.documents.document_tags import DocumentTag

Energized = Annotated[str, one_of(SUPPLY_WORDS)]


class SchematicSection(Shape):
    """What no switch parts, drawn from its column to the next in its row."""

    column: Count
    row: Count
    customers: Count
    """in it"""
    customers_out: Count
    """in it and without supply"""
    customers_behind: Count
    """in it and in all that hangs on it as designed"""
    transformers: Count
    length_m: Amount
    energized: Energized
    fed_by: str | None
    """mRID of the feeder that feeds it in this state; null: none"""


class SchematicSwitch(Shape):
    """A switch, drawn at the left of its column."""

    mrid: str
    kind: str
    column: Count
    row: Count
    from_row: Count
    """of the section it hangs on; another than its own: a line goes down from there"""
    phases: str
    open: str
    """phases that stand open now; empty: closed"""
    normal_open: str
    """phases that stand open as designed"""
    energized: Energized
    is_tie: bool
    """it feeds nothing here as designed"""
    tie_to: str | None
    """mRID of the feeder beyond a tie; null: none, or no tie"""
    at: list[float] | None
    """longitude and latitude; null: not known"""


class SchematicDocument(Shape):
    """
    The one-line diagram of a feeder: sections between switches, in columns and rows.

    `gridtwin schematic`
    """

    schema: Literal[DocumentTag.SCHEMATIC]
    feeder: str
    state: str
    version: Count
    """of the state"""
    columns: Count
    rows: Count
    sections: list[SchematicSection]
    switches: list[SchematicSwitch]
    """that of each section first, in the order of these; then ties"""
