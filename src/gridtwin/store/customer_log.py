"""Keep beside customers the model that matches them, who looked them up, and who was erased."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridtwin.store.customer_database import CustomerDatabase

CONTACT_FIELDS = ("identity_number", "phone", "email", "address")
PSEUDONYMS_SINCE = "1970-01-01T00:00:00+00:00"  # nobody needs to know when


class CustomerLog:
    """
    The model, the look-ups and the erasures of the customers of a twin.

    Parameters
    ----------
    kept
        Where they are kept.
    """

    def __init__(self, kept: CustomerDatabase) -> None:
        self._kept = kept

    def write_model(self, text: str, at: str) -> None:
        """Keep the model that scores pairs."""
        with self._kept.write() as kept:
            kept.insert_rows("model", [("matching", at, text)])

    def read_model(self) -> str:
        """Return the model that scores pairs; empty if none is trained."""
        with self._kept.read() as kept:
            rows = kept.select("SELECT text FROM model WHERE name = 'matching'")
        return rows[0][0] if rows else ""

    def read_secret(self, fresh: str) -> str:
        """Return the secret of pseudonyms; `fresh` is kept as it where there is none yet."""
        with self._kept.write() as kept:
            rows = kept.select("SELECT text FROM model WHERE name = 'pseudonyms'")
            if not rows:
                kept.insert_rows("model", [("pseudonyms", PSEUDONYMS_SINCE, fresh)])
        return rows[0][0] if rows else fresh

    def record_lookup(self, row: Sequence[str]) -> None:
        """Note who looked up whom: ``at``, ``actor``, ``question``, ``subject``, ``parties``."""
        with self._kept.write() as kept:
            kept.insert_rows("lookup", [row])

    def list_lookups(self, *, limit: int) -> list[tuple[Any, ...]]:
        """Return who looked up whom, the last first."""
        with self._kept.read() as kept:
            return kept.select(
                "SELECT at, actor, question, subject, CAST(parties AS text) FROM lookup"
                " ORDER BY id DESC LIMIT :most",
                most=limit,
            )

    def count_holding(self, text: str) -> int:
        """Count the records and service points that say a text: of others, they may."""
        fields = ("record", "given_name", "surname", "organization", "birth_date", *CONTACT_FIELDS)
        said = " OR ".join(f"replace({name}, :text, '') <> {name}" for name in fields)
        with self._kept.read() as kept:
            rows = kept.select(
                f"SELECT count(*) FROM record WHERE {said} UNION ALL SELECT count(*)"  # noqa: S608 - own names
                " FROM service_point WHERE replace(address, :text, '') <> address",
                text=text,
            )
        return sum(count for (count,) in rows)

    def count_text(self, text: str) -> int:
        """Count where a text still stands, in all that is kept of customers."""
        return self._kept.find_text(text)

    def record_erasure(self, row: Sequence[Any]) -> None:
        """Note an erasure: ``at``, ``actor``, ``reason``, ``subject``, ``records``, ``proof``."""
        with self._kept.write() as kept:
            kept.insert_rows("erasure", [row])

    def list_erasures(self) -> list[tuple[Any, ...]]:
        """Return the erasures, the last first."""
        with self._kept.read() as kept:
            return kept.select(
                "SELECT at, actor, reason, subject, records, proof FROM erasure ORDER BY id DESC"
            )
