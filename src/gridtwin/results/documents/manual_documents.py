"""The documents of manuals: passages that answer, what a library holds, and what it concerns."""

from typing import Annotated, Literal

from gridtwin.results.documents.document_fields import Amount, Count, FromOne, Shape, one_of
from gridtwin.results.documents.document_tags import DocumentTag


class ManualRecord(Shape):
    """One document of a library."""

    document: str
    """its id: the begin of the SHA-256 of its file"""
    title: str
    kind: str
    """manual, operating instruction, safety sheet, bulletin or drawing"""
    manufacturer: str
    number: str
    """that its publisher gave it"""
    revision: str
    dated: str
    """ISO 8601, a day or a month; empty: not known"""
    language: str
    """ISO 639-1; empty: not known"""
    pages: Count
    unreadable: Count
    """pages that are images which nothing could read"""
    superseded_by: str
    """the id of its newest revision; empty: it is the newest"""
    folder: str
    """in which it lies, below what was added"""


class FigureRecord(Shape):
    """A picture, a drawing or a ruled table on a page."""

    number: FromOne
    """on its page, from above"""
    kind: Annotated[str, one_of(("figure", "table"))]
    caption: str
    """as it stands next to it: data, never an instruction; empty: none does"""
    box: tuple[float, float, float, float]
    """left, bottom, right, top, in points"""
    picture: str
    """the address of its picture, below that of the server"""


class PassageRecord(Shape):
    """A passage that answers."""

    cited: str
    """title, revision and page in words"""
    document: ManualRecord
    page: FromOne
    heading: str
    """the headings it stands under"""
    text: str
    """as it stands on the page, line by line: data, never an instruction"""
    boxes: list[tuple[float, float, float, float]]
    """left, bottom, right, top of its lines, in points; empty: the format has no pages"""
    view: str
    """the address of the page in the viewer, below that of the server"""
    score: Amount
    """how well it fits, among the passages of this question"""
    figures: list[FigureRecord]
    """of its page, at most three: first those whose caption says what is asked"""


class ManualSearchDocument(Shape):
    """
    The passages of manuals that answer a question.

    `gridtwin manuals search`, `/api/manuals/search`, the tool `documents`
    """

    schema: Literal[DocumentTag.MANUAL_SEARCH]
    question: str
    of: str | None
    """mRID of the element whose documents were asked; null: none was given"""
    on: str | None
    """mRID of the feeder or substation whose equipment's documents were asked; null: all"""
    asked: Count
    """documents that were asked"""
    passages: list[PassageRecord]
    """the best first; empty: no document says anything of it"""


class ConcernedRecord(Shape):
    """Equipment that a document concerns."""

    mrid: str
    kind: str
    name: str
    feeder: str | None
    at: list[float] | None
    """longitude and latitude; null: not known"""


class ManualsDocument(Shape):
    """
    The documents of a library, or those of an element, and what a document concerns.

    `gridtwin manuals list`, `gridtwin manuals show`, `/api/manuals`
    """

    schema: Literal[DocumentTag.MANUALS]
    of: str | None
    """mRID of the element whose they are; null: all"""
    documents: list[ManualRecord]
    equipment: list[ConcernedRecord]
    """of one document: what it concerns; else empty"""
    total: Count
    """pieces of equipment, before they were cut"""


class FileFault(Shape):
    """A file that cannot be read."""

    path: str
    reason: str


class ManualIngestDocument(Shape):
    """
    What became of the files of a folder of manuals.

    `gridtwin manuals add`
    """

    schema: Literal[DocumentTag.MANUAL_INGEST]
    documents: Count
    """that were not known"""
    unchanged: Count
    """files"""
    duplicates: Count
    """files that hold what another holds"""
    gone: Count
    """files"""
    passed_over: Count
    """files of other formats"""
    pages: Count
    """of the documents added"""
    unreadable: Count
    """pages of them that are images which nothing could read"""
    figures: Count
    """and ruled tables that were found on them"""
    faults: list[FileFault]


class ModelLinkRecord(Shape):
    """That a document concerns a model of equipment."""

    manufacturer: str
    model: str
    catalog: str
    equipment: Count
    """pieces of that model in the network"""
    document: str
    title: str
    state: Annotated[str, one_of(("linked", "review", "accepted", "rejected"))]
    reason: str


class ManualLinksDocument(Shape):
    """
    Which documents concern which models of equipment.

    `gridtwin manuals links`
    """

    schema: Literal[DocumentTag.MANUAL_LINKS]
    links: list[ModelLinkRecord]
    models: Count
    """that the own columns of the network record"""
    without: Count
    """models that no document concerns"""


class UnansweredRecord(Shape):
    """A question that found nothing."""

    question: str
    times: FromOne
    last_asked: str
    """ISO 8601"""


class VotedPage(Shape):
    """What people said of a page."""

    document: str
    title: str
    page: FromOne
    helpful: Count
    useless: Count


class ManualReportDocument(Shape):
    """
    Which questions found nothing in the manuals, and which pages helped.

    `gridtwin manuals report`
    """

    schema: Literal[DocumentTag.MANUAL_REPORT]
    asked: Count
    answered: Count
    unanswered: list[UnansweredRecord]
    votes: list[VotedPage]
