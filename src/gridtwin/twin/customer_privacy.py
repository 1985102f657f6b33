"""Show of customers what who asks may see, note who looked, and erase with proof."""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from gridtwin.errors import NotFoundError
from gridtwin.results.customer_masking import CustomerMask, digest_text
from gridtwin.store.customer_places import Holding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from gridtwin.results.customer_masking import Viewer
    from gridtwin.store.protocol import Store

ERASED_FIELDS = (
    *("given_name", "surname", "organization", "birth_date", "identity_number"),
    *("phone", "email", "address"),
)
LEAST_PROOF = 4  # characters: shorter words stand in others, too


def list_holdings(records: Iterable[Mapping[str, Any]]) -> list[Holding]:
    """Return which accounts records hold, where, and from when to when."""
    return [
        Holding(row["esi_id"], row["account"], row["valid_from"], row["valid_to"])
        for row in records
        if row["account"]
    ]


class ErasureProof(NamedTuple):
    """What erasing a party came to: what was looked for afterwards is found no more."""

    party: str
    records: int
    looked_for: int  # words of the erased records that no other record has
    still_found: int


class CustomerPrivacy:
    """What may be seen of the customers of a twin, who saw it, and who is erased."""

    def __init__(self, store: Store) -> None:
        self._book = store.customers

    def make_mask(self, viewer: Viewer) -> CustomerMask:
        """Return what decides what is shown to somebody."""
        return CustomerMask(viewer, self._pseudonym_secret)

    @cached_property
    def _pseudonym_secret(self) -> bytes:
        """What pseudonyms of this twin are made with; kept with the customers."""
        return bytes.fromhex(self._book.read_secret(secrets.token_hex(32)))

    def list_lookups(self, *, limit: int = 100) -> list[tuple[Any, ...]]:
        """Return who looked up whom, the last first; what was looked for only as a digest."""
        return self._book.list_lookups(limit=limit)

    def erase_party(self, party: str, *, reason: str, actor: str = "") -> ErasureProof:
        """
        Erase a party: its records, and all that names them; then look for what they said.

        Raises
        ------
        NotFoundError
            If there is no such party.
        StoreError
            If what is deleted cannot be overwritten now; the erasure is noted all the same.
        """
        (proof,) = self._erase_parties([party], reason, actor)
        return proof

    def erase_expired(self, before: date, *, actor: str = "") -> list[ErasureProof]:
        """Erase parties all of whose records ended before a day: what retention asks for."""
        return self._erase_parties(self._book.list_expired(before.isoformat()), "retention", actor)

    def _erase_parties(self, parties: Sequence[str], reason: str, actor: str) -> list[ErasureProof]:
        """Erase parties, shred what was kept of them once, and prove it of each."""
        erased = {party: self._delete_party(party) for party in parties}
        proofs: dict[str, ErasureProof] = {}
        try:
            if erased:
                self._book.shred_rows()
            proofs = {party: self._prove_erased(party, rows) for party, rows in erased.items()}
        finally:  # what is deleted is noted, be it proved or not
            for party, rows in erased.items():
                self._note_erasure(party, len(rows), proofs.get(party), (reason, actor))
        return list(proofs.values())

    def _delete_party(self, party: str) -> list[dict[str, Any]]:
        """Delete the records of a party and all that names them; return what they said."""
        records = self._book.list_party_records([party])
        if not records:
            what = "party"
            raise NotFoundError(what, party)
        ids = [row["record"] for row in records]
        self._book.erase_records(party, ids, list_holdings(records))
        return records

    def _prove_erased(self, party: str, records: list[dict[str, Any]]) -> ErasureProof:
        """Look for what erased records said, and nobody else's say."""
        ids = {row["record"] for row in records}
        words = {row[name] for row in records for name in ERASED_FIELDS} | ids
        words = {each for each in words if len(each) >= LEAST_PROOF}
        found = {each: self._book.count_text(each) for each in words}
        others = {each: self._book.count_holding(each) for each, count in found.items() if count}
        still = sum(found[each] > 0 and others.get(each, 0) == 0 for each in words)
        return ErasureProof(party, len(ids), len(words) - sum(map(bool, others.values())), still)

    def _note_erasure(
        self, party: str, records: int, proof: ErasureProof | None, why: tuple[str, str]
    ) -> None:
        reason, actor = why
        subject = hashlib.sha256(party.encode()).hexdigest()
        told = "not looked for: it could not be shredded"
        if proof is not None:
            told = f"{proof.looked_for} words looked for, {proof.still_found} found"
        at = datetime.now(UTC).isoformat(timespec="seconds")
        self._book.record_erasure((at, actor, reason, subject, records, told))

    def note_lookup(self, viewer: Viewer, question: str, subject: str, parties: list[str]) -> None:
        """Note who saw personal data; who sees pseudonyms only leaves no trace."""
        if viewer.may_see_personal_data:
            at = datetime.now(UTC).isoformat(timespec="seconds")
            digest = digest_text(subject, self._pseudonym_secret)
            self._book.record_lookup((at, viewer.actor, question, digest, json.dumps(parties)))
