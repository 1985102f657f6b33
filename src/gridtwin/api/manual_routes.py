"""Manuals, searched and shown: ``/api/manuals``."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path as FilePath
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import FileResponse

from gridtwin.api.answers import answer_request, is_known
from gridtwin.api.grid import Grid, GridNow
from gridtwin.api.models import Document, Features
from gridtwin.api.permission_gate import DeclaredRoute, PersonNow, require
from gridtwin.api.problems import RESPONSES
from gridtwin.errors import InputError, NotFoundError
from gridtwin.manuals.figure_pictures import LARGE_PICTURE, SMALL_PICTURE
from gridtwin.manuals.manual_answers import manuals_document, record_figure
from gridtwin.manuals.manual_feedback import LONGEST_KEPT_QUESTION, vote_page
from gridtwin.manuals.manual_search import LONGEST_MANUAL_QUESTION, MOST_PASSAGES
from gridtwin.model.ids import Element
from gridtwin.model.permissions import Permission
from gridtwin.model.state import NORMAL
from gridtwin.results.documents.manual_documents import ManualsDocument, ManualSearchDocument
from gridtwin.tools.manual_shelf import open_shelf
from gridtwin.tools.tool_elements import find_element

router = APIRouter(
    prefix="/api/manuals",
    responses=RESPONSES,
    tags=["manuals"],
    route_class=DeclaredRoute,
    dependencies=[require(Permission.LOOK)],
)

# The viewer reads a file as bytes; a browser that is led to it shows nothing of it by itself.
FILE_HEADERS = {"Content-Disposition": "attachment", "Content-Security-Policy": "sandbox"}
PICTURE_HEADERS = {"Cache-Control": "no-cache", "Content-Security-Policy": "sandbox"}
ETAG_BYTES = 12
Question = Annotated[str, Query(max_length=LONGEST_MANUAL_QUESTION, description="In words.")]
ElementName = Annotated[str, Query(max_length=200, description="Only documents of this element.")]
PlaceName = Annotated[
    str,
    Query(max_length=200, description="Only of what is installed on this feeder or substation."),
]
DocumentId = Annotated[str, Path(pattern="^[0-9a-f]{16}$")]
PageNumber = Annotated[int, Path(ge=1, le=1_000_000)]
FigureNumber = Annotated[int, Path(ge=1, le=1_000)]


class ManualsAnswer(ManualsDocument):
    """The document `gridtwin.manuals/1`, with the features of the equipment."""

    features: Features


class LineAnswer(Document):
    """One line of a page."""

    text: str
    box: tuple[float, float, float, float] | None = Field(
        description="Left, bottom, right, top in points; null: the format has no pages."
    )
    heading: bool


class FigureAnswer(Document):
    """A picture, a drawing or a ruled table on a page."""

    number: int = Field(description="On its page, from above.")
    kind: str = Field(description="`figure` or `table`.")
    caption: str = Field(description="As it stands next to it; empty: none does.")
    box: tuple[float, float, float, float] = Field(description="In points.")
    picture: str = Field(description="The address of its picture, below that of the server.")


class PageAnswer(Document):
    """One page of a document, and what on it answers a question."""

    document: str
    title: str
    revision: str
    dated: str
    superseded_by: str
    page: int
    pages: int
    heading: str
    drawn: bool = Field(description="Whether the file can be drawn: a PDF.")
    lines: list[LineAnswer]
    marks: list[tuple[float, float, float, float]] = Field(description="Boxes that answer `q`.")
    marked: list[str] = Field(description="Lines that answer `q`.")
    figures: list[FigureAnswer]


class VoteAsked(BaseModel):
    """Whether a page helped."""

    model_config = ConfigDict(extra="forbid")

    document: Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
    page: Annotated[int, Field(ge=1)]
    helpful: bool
    question: Annotated[str, Field(max_length=LONGEST_KEPT_QUESTION)] = ""


class VoteAnswer(Document):
    """What was kept."""

    helpful: bool


def read_permissions(person: PersonNow) -> frozenset[str]:
    """Return what who asks may do: folders of manuals are kept for who has a permission."""
    return frozenset(str(each) for each in Permission if person.may(each))


Permissions = Annotated[frozenset[str], Depends(read_permissions)]


@router.get("/search", response_model=ManualSearchDocument)
def search_manuals(
    request: Request,
    grid: GridNow,
    permissions: Permissions,
    q: Question,
    of: ElementName = "",
    on: PlaceName = "",
    limit: Annotated[int, Query(ge=1, le=MOST_PASSAGES)] = 5,
    superseded: Annotated[bool, Query(description="Also older revisions.")] = False,
) -> Response:
    """Return the passages that answer a question."""
    found = open_shelf(grid.twin).search(
        q,
        grid.read_situation(NORMAL) if of or on else None,
        of=find_element(grid, of) if of else None,
        on=_find_place(grid, on) if on else None,
        limit=limit,
        permissions=permissions,
        superseded=superseded,
    )
    return answer_request(request, found)


@router.get("", response_model=ManualsDocument)
def list_manuals(
    request: Request,
    grid: GridNow,
    permissions: Permissions,
    of: ElementName = "",
) -> Response:
    """Return the documents, or those of an element, bulletins first; none without a library."""
    element = find_element(grid, of) if of else None
    try:
        desk = open_shelf(grid.twin)
    except NotFoundError:
        return answer_request(request, manuals_document([], of=of or None))
    situation = grid.read_situation(NORMAL)
    documents = desk.list_documents(situation, element, permissions=permissions)
    return answer_request(request, manuals_document(documents, of=of or None))


@router.get("/{document}", response_model=ManualsAnswer)
def show_manual(
    request: Request, grid: GridNow, permissions: Permissions, document: DocumentId
) -> Response:
    """Return a document and the equipment it concerns, as of a bulletin."""
    situation = grid.read_situation(NORMAL)
    shown = open_shelf(grid.twin).show_document(situation, document, permissions=permissions)
    elements = [grid.network.ids.find_first(each["mrid"]) for each in shown["equipment"]]
    equipment, points = (
        np.array([each.row for each in elements if each and each.table == table], dtype=np.int32)
        for table in ("equipment", "usage_points")
    )
    return answer_request(
        request, {**shown, "features": grid.features.collect_ids(equipment, points)}
    )


@router.get("/{document}/pages/{page}", response_model=PageAnswer)
def read_manual_page(
    request: Request,
    grid: GridNow,
    permissions: Permissions,
    document: DocumentId,
    page: PageNumber,
    q: Question = "",
) -> Response:
    """Return what stands on a page, and which of it answers a question."""
    desk = open_shelf(grid.twin)
    known = desk.find_document(document, permissions=permissions)
    heading, lines = desk.library.read_page(document, page)
    (figures,) = desk.library.read_figures([(document, page)])
    passage = desk.mark_page(document, page, q) if q.strip() else None
    answer = PageAnswer(
        document=document,
        title=known.title,
        revision=known.revision,
        dated=known.dated,
        superseded_by=known.superseded_by,
        page=page,
        pages=known.pages,
        heading=heading,
        drawn=known.path.lower().endswith(".pdf"),
        lines=[
            LineAnswer(
                text=line.text, box=line.box if any(line.box) else None, heading=line.is_heading
            )
            for line in lines
        ],
        marks=list(passage.boxes) if passage else [],
        marked=passage.text.splitlines() if passage else [],
        figures=[FigureAnswer(**record_figure(document, page, each)) for each in figures],
    )
    return answer_request(request, answer)


@router.get(
    "/{document}/pages/{page}/figures/{number}",
    response_class=Response,
    responses={200: {"content": {"image/webp": {}}, "description": "The picture."}},
)
def draw_manual_figure(
    request: Request,
    grid: GridNow,
    permissions: Permissions,
    document: DocumentId,
    page: PageNumber,
    number: FigureNumber,
    small: Annotated[bool, Query(description="As it is shown among others.")] = False,
) -> Response:
    """Return the picture of a figure, drawn from the file as it was when it was read."""
    desk = open_shelf(grid.twin)
    longest = SMALL_PICTURE if small else LARGE_PICTURE
    picture = desk.draw_figure(document, page, number, permissions=permissions, longest=longest)
    etag = f'"{blake2b(picture, digest_size=ETAG_BYTES).hexdigest()}"'
    headers = {**PICTURE_HEADERS, "ETag": etag}
    if is_known(request, etag):
        return Response(status_code=304, headers=headers)
    return Response(picture, media_type="image/webp", headers=headers)


@router.get("/{document}/file", response_class=FileResponse)
def read_manual_file(grid: GridNow, permissions: Permissions, document: DocumentId) -> FileResponse:
    """Return the file of a PDF, for the viewer of the page."""
    desk = open_shelf(grid.twin)
    known = desk.find_document(document, permissions=permissions)
    path = FilePath(known.path)
    if path.suffix.lower() != ".pdf":
        msg = f"{path.name} is no PDF: its pages are shown as text"
        raise InputError(msg)
    if not desk.library.holds_unchanged(path, document):
        what = "unchanged file of the document"
        raise NotFoundError(what, known.title)
    return FileResponse(path, media_type="application/pdf", headers=FILE_HEADERS)


@router.post("/votes")
def keep_vote(
    grid: GridNow, person: PersonNow, permissions: Permissions, asked: VoteAsked
) -> VoteAnswer:
    """Keep whether a page helped; of a person the last word on a page and a question counts."""
    desk = open_shelf(grid.twin)
    desk.find_document(asked.document, permissions=permissions)
    vote_page(
        desk.library,
        asked.document,
        asked.page,
        helpful=asked.helpful,
        question=asked.question,
        voter=f"{person.way} {person.name or person.address}",
    )
    return VoteAnswer(helpful=asked.helpful)


def _find_place(grid: Grid, name: str) -> Element:
    element = find_element(grid, name)
    if element.table not in {"feeders", "substations"}:
        msg = f"{name!r} is no feeder and no substation: give it as `of`"
        raise InputError(msg)
    return element
