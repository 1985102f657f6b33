"""The documents of traces, and of why an element has supply or has none."""

from typing import Annotated, Literal, NotRequired

from typing_extensions import TypedDict

from gridtwin.results.documents.document_fields import Count, Keywords, OwnValues, Shape
from gridtwin.results.documents.document_tags import DocumentTag

TraceClass = TypedDict(
    "TraceClass",
    {
        "class": Annotated[
            str, Keywords(description="why it is in the answer: downstream, indeterminate, tie ...")
        ]
    },
)


class TraceElement(TraceClass, Shape):
    """One piece of equipment of a trace."""

    mrid: str
    kind: str
    """kind of equipment, as in `fuse`"""
    phases: str
    """that it has"""
    parent: str | None
    """mRID of the equipment it was reached over; null: the trace began with it"""
    depth: Count
    """pieces of equipment from where the trace began; of `loops` the number of the loop"""
    own: NotRequired[OwnValues]
    """the own columns asked for, by name"""


class TraceDocument(Shape):
    """
    The answer of a trace.

    `gridtwin trace`
    """

    schema: Literal[DocumentTag.TRACE]
    trace: str
    """its kind, as in `downstream`"""
    of: list[str]
    """mRIDs of where it began"""
    state: str
    """of the switches"""
    version: Count
    """of the state"""
    elements: list[TraceElement]
    usage_points: list[str]
    """mRIDs"""
    customers: Count
    """of the usage points"""
    warnings: NotRequired[list[str]]
    """what a reader should know"""


class ExplainDocument(Shape):
    """
    Why an element is in or out.

    `gridtwin explain`
    """

    schema: Literal[DocumentTag.EXPLAIN]
    state: str
    """of the switches"""
    mrid: str
    supplied: bool
    phases: NotRequired[str]
    """live there"""
    sentence: str
    """all of it in words"""
    feeders: NotRequired[list[str]]
    """mRIDs of those that supply it"""
    sources: NotRequired[list[str]]
    """mRIDs of those that reach it"""
    must_pass: NotRequired[list[str]]
    """mRIDs of devices each of which alone would put it out, the nearest first"""
    open_devices: NotRequired[list[str]]
    """mRIDs of those that keep it without supply"""
    out_of_service: NotRequired[list[str]]
    """mRIDs of equipment around it that is out of service"""
    alternatives: NotRequired[list[str]]
    """mRIDs of open ties with supply beyond"""
