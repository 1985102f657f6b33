"""Find the addresses at which power is delivered, by what a person wrote of them."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from gridtwin.analysis.gazetteer.address_index import AddressIndex
from gridtwin.analysis.gazetteer.address_layout import lay_addresses, read_layout
from gridtwin.errors import InputError
from gridtwin.results.documents.document_tags import DocumentTag

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gridtwin.results.customer_masking import Viewer
    from gridtwin.store.protocol import Store
    from gridtwin.twin.customer_privacy import CustomerPrivacy

MOST_ADDRESSES = 50


class FoundAddress(NamedTuple):
    """A building, or a street, that somebody may mean."""

    kind: str  # address or street
    address: str  # of a street that of a building in its middle
    city: str
    zip: str
    service_points: int  # at it
    usage_point: str  # mRID; of several the first


class CustomerAddresses:
    """
    The addresses of the service points of a twin; threads may share it.

    They are laid out for searching when service points are loaded; what is read of that is kept
    until others are.
    """

    def __init__(self, store: Store, privacy: CustomerPrivacy) -> None:
        self._book = store.customers
        self._privacy = privacy
        self._lock = Lock()
        self._kept: tuple[str, AddressIndex] | None = None  # with the mark of the load

    def search(self, text: str, viewer: Viewer, *, limit: int = 8) -> list[FoundAddress]:
        """
        Return the buildings that a text may mean, the best first; it is noted who asked.

        Slips of the finger and of the ear are forgiven, and so is a type of street that is left
        out. Where no building fits, streets are found.

        Parameters
        ----------
        text
            Number and street; unit, city and ZIP may follow.
        viewer
            Who asks.
        limit
            How many at most.

        Raises
        ------
        InputError
            If they may not see personal data.
        """
        if not viewer.may_see_personal_data:
            msg = "who may not see personal data may not search by address: ask by account or party"
            raise InputError(msg)
        hits = self.prepare_index().find_addresses(text, min(limit, MOST_ADDRESSES))
        self._privacy.note_lookup(viewer, "search by address", text, [])
        named = [hit.name for hit in hits]
        rows = {row["esi_id"]: row for row in self._book.list_points("esi_id", named)}
        return [
            FoundAddress(
                "street" if hit.is_street else "address",
                row["address"], row["city"], row["zip"], hit.addresses, row["usage_point"],
            )
            for hit, esi_id in zip(hits, named, strict=True)
            if (row := rows.get(esi_id)) is not None
        ]  # fmt: skip

    def prepare_index(self) -> AddressIndex:
        """Return the addresses, to be searched; one thread prepares them, others wait for it."""
        with self._lock:
            mark = self._book.read_points_mark()
            if self._kept is None or self._kept[0] != mark:
                laid = read_layout(self._book.read_laid_addresses(mark))
                if laid is None:  # of a gridtwin that laid nothing out, or laid it out otherwise
                    laid = lay_addresses(self._book.list_addresses())
                self._kept = mark, AddressIndex(laid)
            return self._kept[1]


def make_addresses_document(found: Iterable[FoundAddress]) -> dict[str, Any]:
    """Return addresses as a document."""
    return {"schema": DocumentTag.ADDRESSES, "addresses": [each._asdict() for each in found]}
