"""Write what is found in manuals as documents."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from gridtwin.results.documents.document_tags import DocumentTag

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gridtwin.manuals.document_pages import PageFigure
    from gridtwin.manuals.equipment_links import EquipmentLinks
    from gridtwin.manuals.library_reading import ManualDocument
    from gridtwin.manuals.manual_feedback import UseReport
    from gridtwin.manuals.manual_ingest import IngestReport
    from gridtwin.manuals.manual_search import FoundPassage
    from gridtwin.results.documents.manual_documents import (
        ConcernedRecord,
        FigureRecord,
        ManualIngestDocument,
        ManualLinksDocument,
        ManualRecord,
        ManualReportDocument,
        ManualsDocument,
        ManualSearchDocument,
        PassageRecord,
    )

VIEWER = "manual.html"
MOST_SHOWN_FIGURES = 3  # beside a passage
MOST_CONCERNED = 500  # pieces of equipment that one document lists


def record_document(document: ManualDocument) -> ManualRecord:
    """Return a document as documents show it."""
    return {
        "document": document.document,
        "title": document.title,
        "kind": document.kind,
        "manufacturer": document.manufacturer,
        "number": document.number,
        "revision": document.revision,
        "dated": document.dated,
        "language": document.language,
        "pages": document.pages,
        "unreadable": document.unreadable,
        "superseded_by": document.superseded_by,
        "folder": document.folder,
    }


def record_passage(found: FoundPassage, question: str = "") -> PassageRecord:
    """Return a passage as documents show it; `question` goes into the address of its page."""
    known = found.document
    revision = f", revision {known.revision}" if known.revision else ""
    return {
        "cited": f"{known.title}{revision}, page {found.page}",
        "document": record_document(found.document),
        "page": found.page,
        "heading": found.heading,
        "text": found.passage.text,
        "boxes": list(found.passage.boxes),
        "view": write_page_view(found.document.document, found.page, question),
        "score": found.score,
        "figures": [
            record_figure(known.document, found.page, each)
            for each in found.figures[:MOST_SHOWN_FIGURES]
        ],
    }


def record_figure(document: str, page: int, figure: PageFigure) -> FigureRecord:
    """Return a figure as documents show it."""
    return {
        "number": figure.number,
        "kind": figure.kind,
        "caption": figure.caption,
        "box": figure.box,
        "picture": f"api/manuals/{document}/pages/{page}/figures/{figure.number}",
    }


def write_page_view(document: str, page: int, question: str = "") -> str:
    """Return the address of a page in the viewer, which marks what answers a question."""
    asked = {"q": question} if question else {}
    return f"{VIEWER}#{urlencode({'document': document, 'page': page, **asked})}"


def search_document(
    question: str,
    passages: Sequence[FoundPassage],
    *,
    asked: int,
    of: str | None = None,
    on: str | None = None,
) -> ManualSearchDocument:
    """Return the passages that answer a question; `asked` is how many documents were asked."""
    return {
        "schema": DocumentTag.MANUAL_SEARCH,
        "question": question,
        "of": of,
        "on": on,
        "asked": asked,
        "passages": [record_passage(each, question) for each in passages],
    }


def manuals_document(
    documents: Iterable[ManualDocument],
    *,
    of: str | None = None,
    equipment: Sequence[ConcernedRecord] = (),
    total: int = 0,
) -> ManualsDocument:
    """Return documents, and what one of them concerns."""
    return {
        "schema": DocumentTag.MANUALS,
        "of": of,
        "documents": [record_document(each) for each in documents],
        "equipment": list(equipment),
        "total": total,
    }


def ingest_document(report: IngestReport) -> ManualIngestDocument:
    """Return what became of the files of a folder."""
    return {
        "schema": DocumentTag.MANUAL_INGEST,
        "documents": report.added,
        "unchanged": report.unchanged,
        "duplicates": report.duplicates,
        "gone": report.gone,
        "passed_over": report.passed_over,
        "pages": report.pages,
        "unreadable": report.unreadable,
        "figures": report.figures,
        "faults": [{"path": path, "reason": reason} for path, reason in report.faults],
    }


def links_document(links: EquipmentLinks) -> ManualLinksDocument:
    """Return which documents concern which models."""
    counts = dict(zip(links.assets.models, links.assets.count_rows().tolist(), strict=True))
    held = {link.model for link in links.links if link.holds}
    return {
        "schema": DocumentTag.MANUAL_LINKS,
        "links": [
            {
                "manufacturer": link.model.manufacturer,
                "model": link.model.model,
                "catalog": link.model.catalog,
                "equipment": counts[link.model],
                "document": link.document.document,
                "title": link.document.title,
                "state": link.state,
                "reason": link.reason,
            }
            for link in links.links
        ],
        "models": len(counts),
        "without": len(counts.keys() - held),
    }


def report_document(report: UseReport) -> ManualReportDocument:
    """Return how the manuals are used."""
    return {
        "schema": DocumentTag.MANUAL_REPORT,
        "asked": report.asked,
        "answered": report.answered,
        "unanswered": [
            {"question": each.question, "times": each.times, "last_asked": each.last_asked}
            for each in report.unanswered
        ],
        "votes": [
            {
                "document": each.document,
                "title": each.title,
                "page": each.page,
                "helpful": each.helpful,
                "useless": each.useless,
            }
            for each in report.votes
        ],
    }
