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
CALL_OUTCOMES = ("answered", "refused", "failed")


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


class ModelCall(Shape):
    """One tool that a language model called, and what came of it."""

    number: Count
    """by which the answer cites it, as in `[1]`"""
    tool: str
    arguments: dict[str, Any]
    outcome: Annotated[str, one_of(CALL_OUTCOMES)]
    """answered; refused: no such tool, or arguments that it does not take; failed"""
    sentence: str
    """the tool's answer in words, or why there is none"""
    rows: Count
    map: str | None


class ModelFigure(Shape):
    """A number or an id in the model's words, and the tool answers in which it stands."""

    text: str
    start: Count
    """where it begins in the sentence, in characters"""
    calls: list[Count]
    """numbers of the calls whose answers hold it; empty: nowhere, so do not rely on it"""


class ModelUsage(Shape):
    """What the model's answer cost."""

    requests: Count
    tokens: Count
    """read and written"""
    dollars: float | None
    """null: the price of the model is not known"""
    seconds: float


class ModelAnswer(Shape):
    """How a language model came to its answer, or why it gave none."""

    name: str
    host: str
    """where the question and the answers of the tools went"""
    stopped: str | None
    """why it was stopped or failed; null: it answered"""
    calls: list[ModelCall]
    figures: list[ModelFigure]
    usage: ModelUsage


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
    """where a model answered, its words: `model` says what they rest on"""
    command: str | None
    """of an order that was refused: what a person who may can run; null: there is none"""
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
    model: ModelAnswer | None
    """null: no language model was asked"""
