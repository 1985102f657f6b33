"""The document of a question in words: what was understood, and the answer."""

from typing import Annotated, Any, Literal

from gridtwin.results.documents.document_fields import Count, Shape, Share, one_of
from gridtwin.results.documents.document_tags import DocumentTag

ANSWERED, OFFERED, REFUSED, UNKNOWN, FAILED = ASK_OUTCOMES = (
    "answered",
    "offered",
    "refused",
    "unknown",
    "failed",
)


class AskReading(Shape):
    """What a question was understood to mean."""

    question: str
    """name of the verified question"""
    text: str
    """the same in words"""
    tool: str
    """that answers it; the tools `define` and `help` are of the questions alone"""
    arguments: dict[str, Any]
    command: str | None
    """what a person may type instead; null: there is no such command"""
    sql: str | None
    """that is run, its values as `:name`; null: none"""
    score: Share
    """how near the question is to a verified one"""


class AskTable(Shape):
    """The answer as a table."""

    columns: list[str]
    rows: list[list[Any]]
    total: Count
    """of rows, before they were cut"""


class AskContext(Shape):
    """What the next question may refer to: hand it back with "and on feeder 1204?"."""

    question: str
    """name of the verified question"""
    elements: list[str]
    """mRIDs, and ids of outages"""
    time: list[str]
    """begin and end, ISO 8601; empty: none was said"""
    values: dict[str, Any]
    """the other values that were said, by slot"""


class AskDocument(Shape):
    """
    The answer to a question in words.

    `gridtwin ask`, `/api/ask`, the tool `ask`
    """

    schema: Literal[DocumentTag.ASK]
    question: str
    outcome: Annotated[str, one_of(ASK_OUTCOMES)]
    """answered; offered: one of `choices` is meant; refused: an order, or nothing the twin holds;
    unknown: not understood; failed: understood, and the twin cannot answer it"""
    sentence: str
    reading: AskReading | None
    """null: none was sure"""
    choices: list[AskReading]
    """the likeliest readings where none is sure, at most three"""
    nearest: list[str]
    """questions that can be answered, where this one cannot"""
    assumed: list[str]
    """state, moment, zone and whatever else was taken for granted"""
    table: AskTable | None
    document: dict[str, Any] | None
    """of the tool: one of the other documents, shortened"""
    totals: dict[str, Count]
    """exact lengths of its lists, before they were cut"""
    truncated: list[str]
    """lists and fields of it that were cut"""
    map: str | None
    """the view of the map that shows it: what stands in its address; null: none"""
    context: AskContext | None
    """to be handed back with a question that refers to this one"""
