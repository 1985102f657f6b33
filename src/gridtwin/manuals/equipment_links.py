"""Link models of equipment to the documents that concern them: by rules, and by a person's word."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from rapidfuzz import fuzz

from gridtwin.errors import InputError
from gridtwin.manuals.asset_columns import read_assets
from gridtwin.manuals.manual_facts import BULLETIN, fits_model, fold_model

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.manuals.asset_columns import AssetModel, AssetTable
    from gridtwin.manuals.document_routing import LibraryCatalog
    from gridtwin.manuals.library_reading import LibraryReader, ManualDocument
    from gridtwin.manuals.manual_library import ManualLibrary
    from gridtwin.model.ids import Element
    from gridtwin.model.tables import NetworkData

LINKED, REVIEW, ACCEPTED, REJECTED = LINK_STATES = ("linked", "review", "accepted", "rejected")
SAME_MAKER = 85.0  # likeness of two names of makers, of 100
SHORTEST_SERIES = 4  # letters and digits that a model may share with a document to be reviewed
_LEGAL_FORM = re.compile(
    r"\b(inc|corp|corporation|co|company|ltd|llc|gmbh|ag|sa|plc)\b\.?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class ModelLink:
    """
    That a document concerns a model.

    Attributes
    ----------
    state
        ``linked`` by a rule, ``review``: a person is to say; ``accepted`` or ``rejected`` by one.
    reason
        Why.
    """

    model: AssetModel
    document: ManualDocument
    state: str
    reason: str

    @property
    def holds(self) -> bool:
        """Whether the document is shown at the equipment."""
        return self.state in {LINKED, ACCEPTED}


@dataclass(frozen=True, slots=True)
class EquipmentLinks:
    """The documents of a network's equipment."""

    assets: AssetTable
    links: tuple[ModelLink, ...]
    _of_model: dict[AssetModel, list[ModelLink]] = field(default_factory=dict)

    def find_links(self, element: Element) -> list[ModelLink]:
        """Return the links of an element that hold: bulletins first, then by title."""
        model = self.assets.find_model(element)
        return [] if model is None else self._list_holding(model)

    def _list_holding(self, model: AssetModel) -> list[ModelLink]:
        links = [each for each in self._of_model.get(model, ()) if each.holds]
        return sorted(links, key=lambda each: (each.document.kind != BULLETIN, each.document.title))

    def find_documents(self, rows: dict[str, NDArray[np.int64]]) -> set[str]:
        """Return the documents of the equipment in some rows, by frame."""
        numbers = {
            int(at)
            for frame, chosen in rows.items()
            if frame in self.assets.of_rows
            for at in np.unique(self.assets.of_rows[frame][chosen])
            if at >= 0
        }
        models = (self.assets.models[at] for at in numbers)
        return {link.document.document for model in models for link in self._list_holding(model)}

    def find_equipment(self, document: str) -> dict[str, NDArray[np.int64]]:
        """Return the rows of the equipment that a document concerns, by frame."""
        numbers = [
            at
            for at, model in enumerate(self.assets.models)
            if any(link.document.document == document for link in self._list_holding(model))
        ]
        rows = {frame: np.flatnonzero(np.isin(held, numbers))
                for frame, held in self.assets.of_rows.items()}  # fmt: skip
        return {frame: chosen for frame, chosen in rows.items() if len(chosen)}


def link_equipment(
    data: NetworkData, catalog: LibraryCatalog, reviews: dict[tuple[str, str, str], str]
) -> EquipmentLinks:
    """
    Return which documents concern which models of a network.

    Parameters
    ----------
    data
        Its own columns say maker, model and catalog number.
    catalog
        The documents.
    reviews
        What people said, by folded maker and model, and document; see `read_reviews`.
    """
    assets = read_assets(data)
    links: list[ModelLink] = []
    of_model: dict[AssetModel, list[ModelLink]] = {}
    for model in assets.models:
        for document in _list_candidates(model, catalog):
            state, reason = _judge(model, document, catalog.models[document.document])
            said = reviews.get((*model.key, document.document))
            if said:
                state, reason = said, "said by a person"
            if state:
                link = ModelLink(model, document, state, reason)
                links.append(link)
                of_model.setdefault(model, []).append(link)
    return EquipmentLinks(assets, tuple(links), of_model)


def _list_candidates(model: AssetModel, catalog: LibraryCatalog) -> list[ManualDocument]:
    """Return the documents that may concern a model: they name its number, or its series."""
    numbers = [folded for each in (model.model, model.catalog) if (folded := fold_model(each))]
    found = {each for number in numbers for each in catalog.find_by_model(number)}
    series = fold_model(model.model).rstrip("abcdefghijklmnopqrstuvwxyz")
    if len(series) >= SHORTEST_SERIES:
        found |= catalog.find_by_model(series)
    documents = (catalog.documents.get(each) for each in found)
    current = [each for each in documents if each is not None and not each.superseded_by]
    return sorted(current, key=lambda each: (each.title, each.document))


def _judge(
    model: AssetModel, document: ManualDocument, patterns: list[tuple[str, str]]
) -> tuple[str, str]:
    """Return the state of a link by the rules, and why; empty where there is none."""
    number, catalog = fold_model(model.model), fold_model(model.catalog)
    by_model = any(role == "model" and fits_model(number, each) for role, each in patterns)
    by_catalog = any(
        fits_model(folded, each)
        for role, each in patterns
        for folded in (number, catalog)
        if folded and role == "catalog"
    )
    likeness = compare_makers(model.manufacturer, document.manufacturer)
    if by_model and likeness is True:
        return LINKED, "maker and model"
    if by_catalog and likeness is True:
        return LINKED, "maker and catalog number"
    if likeness is False:
        return (REVIEW, "catalog number, of another maker") if by_catalog else ("", "")
    if by_model or by_catalog:
        return REVIEW, "model, and one of both names no maker"
    return REVIEW, "series, not the model itself"


def compare_makers(first: str, second: str) -> bool | None:
    """Return whether two names are of one maker; None where one is not known."""
    names = [" ".join(_LEGAL_FORM.sub("", each).lower().split()) for each in (first, second)]
    if not all(names):
        return None
    return fuzz.token_set_ratio(*names) >= SAME_MAKER


def read_reviews(library: LibraryReader) -> dict[tuple[str, str, str], str]:
    """Return what people said of links, by folded maker and model, and document."""
    with library.open_database() as connection:
        rows = connection.execute("SELECT manufacturer, model, document, verdict FROM link_reviews")
        return {(maker, model, document): verdict for maker, model, document, verdict in rows}


def review_link(
    library: ManualLibrary,
    names: tuple[str, str],
    document: str,
    verdict: str,
    *,
    actor: str = "",
) -> None:
    """
    Keep what a person says of a link.

    Parameters
    ----------
    library
        That keeps it.
    names
        Maker, and model or else catalog number, as the own columns write them.
    document
        Its id.
    verdict
        ``accepted`` or ``rejected``.
    actor
        Who says so.

    Raises
    ------
    InputError
        If the verdict is none.
    NotFoundError
        If there is no such document.
    """
    if verdict not in {ACCEPTED, REJECTED}:
        msg = f"a link is {ACCEPTED} or {REJECTED}, not {verdict!r}"
        raise InputError(msg)
    library.find_document(document)
    maker, model = (fold_model(each) for each in names)
    with library.open_database() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO link_reviews VALUES (?, ?, ?, ?, ?)",
            (maker, model, document, verdict, actor[:100]),
        )
