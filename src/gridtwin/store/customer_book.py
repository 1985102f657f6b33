"""The customers of a twin: their records, the parties they are of, and who asked for them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from gridtwin.model.customers import SAID_BY_SOMEBODY
from gridtwin.store.customer_places import (
    CustomerPlaces,
    Holding,
    Row,
    delete_holdings,
    select_records,
)
from gridtwin.store.party_changes import leave_out_of_changes, place_records, select_changes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from gridtwin.store.customer_database import CustomerConnection
    from gridtwin.store.party_changes import PartyChange

MOST_SHARING_A_KEY = 60  # records of one key: more are no sign that two are of one party
# By what customers are searched: the column, and whether its beginning is enough.
SEARCHED_COLUMNS = {
    "name": ("r.name_key", True),
    "phone": ("r.phone_key", False),
    "email": ("r.email_key", False),
    "address": ("r.place_key", True),
    "account": ("r.account", False),
    "esi_id": ("r.esi_id", False),
    "party": ("m.party", False),
    "record": ("r.record", False),
}
LAST_CHARACTER = "\U0010ffff"


class KeptLink(NamedTuple):
    """A pair of records that was compared."""

    record_l: str
    record_r: str
    weight: float  # bits
    decision: str
    reason: str
    weights: dict[str, float]  # by field, in bits


class KeptLabel(NamedTuple):
    """What somebody said of two records."""

    left: str
    right: str
    same: bool
    at: str
    actor: str


class CustomerBook(CustomerPlaces):
    """The customers of a twin."""

    def write_records(
        self,
        rows: Iterable[Sequence[Any]],
        keys: Iterable[Sequence[Any]],
        placed: Mapping[str, str],
        *,
        replaced: Collection[str],
    ) -> None:
        """
        Keep records in place of those of the same ids.

        Parameters
        ----------
        rows
            The records, their values in the order of the columns of the table.
        keys
            The keys they are found by.
        placed
            The party of each record that had none; who has got one meanwhile keeps it.
        replaced
            Those of the records that are there already: their keys of before go.
        """
        with self._kept.write() as kept:
            if replaced:  # all keys are looked through for them: none is found by its record
                kept.execute(
                    "DELETE FROM record_key WHERE record IN (SELECT value FROM each_of(:gone))",
                    gone=json.dumps(sorted(replaced)),
                )
            kept.insert_rows("record", rows)
            kept.insert_rows("record_key", keys)
            held = select_parties(kept, placed)
            kept.insert_rows("party_member", ((n, p) for n, p in placed.items() if n not in held))

    def count_records(self) -> dict[str, int]:
        """Return how many records each source has."""
        with self._kept.read() as kept:
            asked = "SELECT source, count(*) FROM record GROUP BY source ORDER BY source"
            return dict(kept.select(asked))

    def read_records(self, records: Sequence[str] | None = None) -> list[Row]:
        """Return records by id, as their source keeps them; by default all."""
        with self._kept.read() as kept:
            if records is None:
                rows = select_records(kept, "ORDER BY r.record")
            else:
                rows = select_records(
                    kept,
                    "WHERE r.record IN (SELECT value FROM each_of(:ids)) ORDER BY r.record",
                    ids=json.dumps(list(records)),
                )
        return rows

    def read_parties(self, records: Iterable[str] | None = None) -> dict[str, str]:
        """Return the party of records that have one; by default of all."""
        with self._kept.read() as kept:
            if records is None:
                return dict(kept.select("SELECT record, party FROM party_member"))
            return select_parties(kept, records)

    def list_party_records(self, parties: Iterable[str]) -> list[Row]:
        """Return the records of parties, by party and id."""
        with self._kept.read() as kept:
            return select_records(
                kept,
                "WHERE m.party IN (SELECT value FROM each_of(:ids)) ORDER BY m.party, r.record",
                ids=json.dumps(sorted(set(parties))),
            )

    def find_candidates(self, keys: Iterable[int]) -> list[str]:
        """Return records that share a key which is not common to many."""
        with self._kept.read() as kept:
            rows = kept.select(
                "SELECT DISTINCT record FROM record_key WHERE key IN ("
                " SELECT key FROM record_key"
                " WHERE key IN (SELECT CAST(value AS bigint) FROM each_of(:keys))"
                " GROUP BY key HAVING count(*) <= :most) ORDER BY record",
                keys=json.dumps([str(each) for each in keys]),
                most=MOST_SHARING_A_KEY,
            )
        return [record for (record,) in rows]

    def find_parties(self, by: str, text: str, *, limit: int) -> list[str]:
        """
        Return parties by what their records say.

        Parameters
        ----------
        by
            One of `SEARCHED_COLUMNS`.
        text
            What is looked for, written as `gridtwin.customers.record_normalization` does.
        limit
            How many at most.
        """
        column, begins = SEARCHED_COLUMNS[by]
        asked = f"{column} >= :text AND {column} <= :last" if begins else f"{column} = :text"
        with self._kept.read() as kept:
            rows = kept.select(
                # That it is not empty is said, so that indexes without the empty ones are used.
                "SELECT DISTINCT m.party FROM record AS r JOIN party_member AS m"  # noqa: S608 - own names
                f" ON m.record = r.record WHERE {asked} AND {column} <> ''"
                " ORDER BY m.party LIMIT :most",
                text=text,
                most=limit,
                **({"last": text + LAST_CHARACTER} if begins else {}),
            )
        return [party for (party,) in rows]

    def write_matching(
        self,
        links: Iterable[KeptLink],
        changes: Sequence[PartyChange],
        placed: Mapping[str, str],
        *,
        model: tuple[str, str] | None = None,
        fresh: Iterable[str] | None = None,
    ) -> None:
        """
        Keep what matching found, all of it at once.

        Parameters
        ----------
        links
            The pairs it found, in place of those of before.
        changes, placed
            As for `place_records`.
        model
            The model, if it was trained, and when.
        fresh
            Records whose links alone are replaced; by default those of all.
        """
        with self._kept.write() as kept:
            if model is not None:
                text, at = model
                kept.insert_rows("model", [("matching", at, text)])
            if fresh is None:
                kept.execute("DELETE FROM link")
            else:
                _delete_pairs(kept, "link", json.dumps(sorted(fresh)))
            kept.insert_rows("link", ((*each[:5], json.dumps(each.weights)) for each in links))
            place_records(kept, changes, placed)

    def list_links(self, record: str) -> list[KeptLink]:
        """Return the links of a record, the surest first."""
        with self._kept.read() as kept:
            rows = kept.select(
                "SELECT record_l, record_r, weight, decision, reason, CAST(weights AS text)"
                " FROM link WHERE record_l = :record OR record_r = :record"
                " ORDER BY weight DESC, record_l, record_r",
                record=record,
            )
        return [_build_link(row) for row in rows]

    def list_review(self, *, limit: int) -> list[KeptLink]:
        """Return pairs that nobody decided on yet, those nearest the threshold first."""
        with self._kept.read() as kept:
            rows = kept.select(
                "SELECT record_l, record_r, weight, decision, reason, CAST(weights AS text)"
                " FROM link WHERE decision = 'review'"
                " ORDER BY abs(weight), record_l, record_r LIMIT :most",
                most=limit,
            )
        return [_build_link(row) for row in rows]

    def count_links(self) -> dict[str, int]:
        """Return how many links there are of each decision."""
        with self._kept.read() as kept:
            asked = "SELECT decision, count(*) FROM link GROUP BY decision ORDER BY decision"
            return dict(kept.select(asked))

    def write_labels(
        self,
        labels: Iterable[KeptLabel],
        changes: Sequence[PartyChange],
        placed: Mapping[str, str],
    ) -> None:
        """Keep what somebody said of pairs and decide their links by it; see `place_records`."""
        with self._kept.write() as kept:
            for each in labels:
                _write_label(kept, each)
            place_records(kept, changes, placed)

    def count_labels(self) -> list[tuple[str, int, int]]:
        """
        Return, by what the model had decided, how many pairs people looked at.

        Returns
        -------
            What it had decided, how many pairs, and how many of them are of one party.
        """
        with self._kept.read() as kept:
            rows = kept.select(
                "SELECT decided, count(*), sum(same) FROM label WHERE decided <> ''"
                " GROUP BY decided ORDER BY decided"
            )
        return [(decided, int(count), int(same)) for decided, count, same in rows]

    def list_labels(self) -> list[tuple[str, str, bool]]:
        """Return what people said of pairs of records."""
        with self._kept.read() as kept:
            rows = kept.select("SELECT record_l, record_r, same FROM label ORDER BY 1, 2")
        return [(left, right, bool(same)) for left, right, same in rows]

    def list_changes(self, *, limit: int) -> list[PartyChange]:
        """Return merges and splits, the last first."""
        with self._kept.read() as kept:
            return select_changes(kept, "ORDER BY id DESC LIMIT :most", most=limit)

    def find_change(self, number: int) -> PartyChange | None:
        """Return a merge or a split by its id; None for none."""
        with self._kept.read() as kept:
            found = select_changes(kept, "WHERE id = :number", number=number)
        return found[0] if found else None

    def list_expired(self, before: str) -> list[str]:
        """Return parties all of whose records ended before a day."""
        with self._kept.read() as kept:
            rows = kept.select(
                "SELECT m.party FROM record AS r JOIN party_member AS m ON m.record = r.record"
                " GROUP BY m.party"
                " HAVING count(*) = sum(CASE WHEN r.valid_to < :before THEN 1 ELSE 0 END)"
                " ORDER BY 1",
                before=before,
            )
        return [party for (party,) in rows]

    def erase_records(
        self, party: str, records: Sequence[str], holdings: Sequence[Holding]
    ) -> dict[str, int]:
        """
        Delete a party and all that names it; return how many rows went, by table.

        `shred_rows` then overwrites what was deleted.

        Parameters
        ----------
        party, records
            The party, and all its records.
        holdings
            Its accounts: designations, complaints and usage of their time go, too; what is of who
            came before or after stays.
        """
        ids = json.dumps(list(records))
        removed: dict[str, int] = {}
        with self._kept.write() as kept:
            for table in ("record_key", "party_member", "record"):
                removed[table] = kept.execute(
                    f"DELETE FROM {table} WHERE record IN (SELECT value FROM each_of(:ids))",  # noqa: S608 - own names
                    ids=ids,
                )
            for table in ("link", "label"):
                removed[table] = _delete_pairs(kept, table, ids)
            removed |= delete_holdings(kept, holdings)
            removed["party_change"] = kept.execute(
                "DELETE FROM party_change WHERE from_party = :party OR into_party = :party",
                party=party,
            )
            removed["party_change"] += leave_out_of_changes(kept, set(records))
        return removed

    def shred_rows(self) -> None:
        """Leave nothing of deleted rows where rows are kept; StoreError if that cannot be now."""
        self._kept.shred_rows()


def select_parties(kept: CustomerConnection, records: Iterable[str]) -> dict[str, str]:
    """Return the party of each record that has one, of some."""
    rows = kept.select(
        "SELECT record, party FROM party_member WHERE record IN (SELECT value FROM each_of(:ids))",
        ids=json.dumps(sorted(set(records))),
    )
    return dict(rows)


def _delete_pairs(kept: CustomerConnection, table: str, ids: str) -> int:
    """Delete the rows of ``link`` or ``label`` that name one of some records."""
    return kept.execute(
        f"DELETE FROM {table} WHERE record_l IN (SELECT value FROM each_of(:ids))"  # noqa: S608 - own names
        " OR record_r IN (SELECT value FROM each_of(:ids))",
        ids=ids,
    )


def _write_label(kept: CustomerConnection, label: KeptLabel) -> None:
    """Keep a label with what the model had decided, and decide the link by it."""
    left, right = sorted(label[:2])
    pair = {"left": left, "right": right}
    before = kept.select(
        "SELECT decided FROM label WHERE record_l = :left AND record_r = :right"
        " UNION ALL SELECT decision FROM link"
        " WHERE (record_l = :left AND record_r = :right)"
        " OR (record_l = :right AND record_r = :left)",
        **pair,
    )
    decided = before[0][0] if before else ""
    kept.insert_rows("label", [(left, right, int(label.same), label.at, label.actor, decided)])
    kept.execute(
        "UPDATE link SET decision = :decision, reason = :reason"
        " WHERE (record_l = :left AND record_r = :right)"
        " OR (record_l = :right AND record_r = :left)",
        decision="matched" if label.same else "rejected",
        reason=SAID_BY_SOMEBODY,
        **pair,
    )


def _build_link(row: Sequence[Any]) -> KeptLink:
    return KeptLink._make((*row[:5], json.loads(row[5])))
