"""Ask the manuals of a twin: the library, the links to its equipment, and who may see what."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.state import identity
from gridtwin.manuals.equipment_links import link_equipment, read_reviews
from gridtwin.manuals.figure_pictures import LARGE_PICTURE, FigurePictures
from gridtwin.manuals.manual_answers import (
    MOST_CONCERNED,
    manuals_document,
    search_document,
)
from gridtwin.manuals.manual_feedback import note_question
from gridtwin.manuals.manual_search import ManualSearch
from gridtwin.model.element_names import mrid_of
from gridtwin.model.ids import Element
from gridtwin.results.element_answer import identify_element
from gridtwin.results.layer_frames import find_feeders_of_equipment, find_groups_of_nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.manuals.equipment_links import EquipmentLinks
    from gridtwin.manuals.library_reading import LibraryReader, ManualDocument
    from gridtwin.manuals.manual_passages import ManualPassage
    from gridtwin.results.documents.manual_documents import (
        ConcernedRecord,
        ManualsDocument,
        ManualSearchDocument,
    )


class ManualDesk:
    """
    The manuals of one network; threads may share it.

    Parameters
    ----------
    library
        The documents.
    """

    def __init__(self, library: LibraryReader) -> None:
        self.library = library
        self._search = ManualSearch(library)
        self._pictures = FigurePictures(library)
        self._pictured: object = None  # the documents whose pictures may be kept
        self._links: tuple[object, EquipmentLinks] | None = None
        self._linking = Lock()

    def link_network(self, situation: Situation) -> EquipmentLinks:
        """Return the documents of a network's equipment; kept until library or network changes."""
        catalog = self._search.read_catalog()
        mark = (id(situation.network.data), self.library.read_mark())
        with self._linking:
            if self._links is None or self._links[0] != mark:
                reviews = read_reviews(self.library)
                made = link_equipment(situation.data, catalog, reviews)
                self._links = mark, made
            return self._links[1]

    def search(
        self,
        question: str,
        situation: Situation | None = None,
        *,
        of: Element | None = None,
        on: Element | None = None,
        limit: int = 5,
        permissions: frozenset[str] | None = None,
        superseded: bool = False,
    ) -> ManualSearchDocument:
        """
        Return the passages that answer a question, and count it.

        Parameters
        ----------
        question
            In words.
        situation
            The network as designed; needed with `of` and `on`.
        of
            An element: only its documents are asked.
        on
            A feeder or substation: only documents of what is installed there.
        limit, permissions, superseded
            See `ManualSearch.find_passages`.

        Raises
        ------
        InputError
            If the question is empty or too long.
        """
        within: set[str] | None = None
        names: dict[str, str | None] = {"of": None, "on": None}
        for word, element in (("of", of), ("on", on)):
            if element is not None and situation is not None:
                mrid = mrid_of(situation.data, element)
                names[word] = situation.network.ids.write_id(element.table, mrid)
                held = self._list_ids(situation, element)
                within = held if within is None else within & held
        found = self._search.find_passages(
            question, limit=limit, within=within, permissions=permissions, superseded=superseded
        )
        note_question(self.library, question, answered=bool(found))
        catalog = self._search.read_catalog()
        hidden = catalog.find_hidden(permissions)
        asked = (catalog.documents.keys() if within is None else within) - hidden
        return search_document(question, found, asked=len(asked), **names)

    def _list_ids(self, situation: Situation, element: Element) -> set[str]:
        links = self.link_network(situation)
        if element.table in {"feeders", "substations"}:
            return links.find_documents(find_installed(situation, element))
        return {link.document.document for link in links.find_links(element)}

    def list_documents(
        self,
        situation: Situation | None = None,
        element: Element | None = None,
        *,
        permissions: frozenset[str] | None = None,
    ) -> list[ManualDocument]:
        """Return all documents, or those of an element, bulletins first, that one may see."""
        catalog = self._search.read_catalog()
        hidden = catalog.find_hidden(permissions)
        if element is None or situation is None:
            return [each for each in catalog.documents.values() if each.document not in hidden]
        if element.table in {"feeders", "substations"}:
            held = self._list_ids(situation, element)
            documents = [each for each in catalog.documents.values() if each.document in held]
        else:
            documents = [each.document for each in self.link_network(situation).find_links(element)]
        return [each for each in documents if each.document not in hidden]

    def find_document(
        self, document: str, *, permissions: frozenset[str] | None = None
    ) -> ManualDocument:
        """
        Return a document.

        Raises
        ------
        NotFoundError
            If there is none, or none that one may see.
        """
        if document in self._search.read_catalog().find_hidden(permissions):
            document = ""
        return self.library.find_document(document)

    def mark_page(self, document: str, page: int, question: str) -> ManualPassage | None:
        """Return the lines of a page that answer a question; None if none does."""
        return self._search.mark_page(document, page, question)

    def draw_figure(
        self,
        document: str,
        page: int,
        number: int,
        *,
        permissions: frozenset[str] | None = None,
        longest: int = LARGE_PICTURE,
        ending: str = "webp",
    ) -> bytes:
        """
        Return the picture of a figure, as a file; see `FigurePictures.read_picture`.

        Raises
        ------
        NotFoundError
            If there is none, or none that one may see, or its file is gone.
        """
        catalog = self._search.read_catalog()
        if catalog is not self._pictured:
            self._pictures.keep_only(catalog.documents)
            self._pictured = catalog
        known = self.find_document(document, permissions=permissions)
        figure = self.library.find_figure(document, page, number)
        return self._pictures.read_picture(known, page, figure, longest=longest, ending=ending)

    def show_document(
        self, situation: Situation, document: str, *, permissions: frozenset[str] | None = None
    ) -> ManualsDocument:
        """
        Return a document and the equipment that it concerns, as of a bulletin.

        Raises
        ------
        NotFoundError
            If there is none, or none that one may see.
        """
        found = self.find_document(document, permissions=permissions)
        rows = self.link_network(situation).find_equipment(document)
        total = sum(len(chosen) for chosen in rows.values())
        concerned = list(_list_concerned(situation, rows))
        return manuals_document([found], equipment=concerned, total=total)


def find_installed(situation: Situation, place: Element) -> dict[str, NDArray[np.int64]]:
    """Return the rows of what is installed on a feeder or in a substation, by frame."""
    by = "feeder" if place.table == "feeders" else "substation"
    equipment = find_feeders_of_equipment(situation)
    if by == "substation":
        equipment = np.append(situation.data.feeders.substation, np.int32(-1))[equipment]
    points = find_groups_of_nodes(situation, by)[situation.data.usage_points.node]
    return {
        "equipment": np.flatnonzero(equipment == place.row),
        "usage_points": np.flatnonzero(points == place.row),
    }


def _list_concerned(
    situation: Situation, rows: dict[str, NDArray[np.int64]]
) -> Iterator[ConcernedRecord]:
    left = MOST_CONCERNED
    for frame, chosen in rows.items():
        for row in chosen[:left].tolist():
            element = Element(frame, row)
            known = identify_element(situation, element)
            yield {
                "mrid": known["mrid"],
                "kind": known["kind"],
                "name": identity.find_name(situation.data, element),
                "feeder": known["feeder"],
                "at": known["at"],
            }
        left -= min(left, len(chosen))
