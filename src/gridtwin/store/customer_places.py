"""Keep where power is delivered and to whom: service points, designations, complaints, usage."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from gridtwin.model.customers import (
    COMPLAINT_COLUMNS,
    DESIGNATION_COLUMNS,
    RECORD_COLUMNS,
    SERVICE_POINT_COLUMNS,
    USAGE_COLUMNS,
)
from gridtwin.store.customer_log import CustomerLog

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gridtwin.store.customer_database import CustomerConnection

RECORD_FIELDS = ", ".join(f"r.{name}" for name in RECORD_COLUMNS) + ", m.party"
SERVICE_POINT_FIELDS = ", ".join(SERVICE_POINT_COLUMNS)
DESIGNATION_FIELDS = ", ".join(DESIGNATION_COLUMNS)
COMPLAINT_FIELDS = ", ".join(COMPLAINT_COLUMNS)
USAGE_FIELDS = ", ".join(USAGE_COLUMNS)
# Beside the models. The first changes with each load; the second is of the addresses of one.
POINTS_MARK, LAID_ADDRESSES = "service-points", "addresses"
EARLIEST_DAY, LATEST_DAY = "0001-01-01", "9999-12-31"  # of what has no beginning, or no end
# What of an account goes with who held it, and when it was theirs.
HELD_ROWS = {
    "designation": (
        "esi_id = :esi_id AND valid_from < :last AND (valid_until IS NULL OR valid_until >= :first)"
    ),
    "usage": "esi_id = :esi_id AND period_start < :last AND period_end > :first",
    "complaint": (
        "(esi_id = :esi_id AND esi_id <> '' AND received_at >= :first AND received_at < :last)"
        " OR (account = :account AND account <> '')"
    ),
}

Row = dict[str, Any]


class Holding(NamedTuple):
    """That somebody holds an account at a service point, from one day to another."""

    esi_id: str
    account: str
    first: str = ""  # YYYY-MM-DD; empty = nobody knows since when
    last: str = ""  # first day it is held no longer; empty = it still is


class CustomerPlaces(CustomerLog):
    """The places of customers, and what is kept of them by place."""

    def write_points(
        self, rows: Iterable[Sequence[Any]], *, mark: str, at: str, laid: str = ""
    ) -> None:
        """
        Keep where power is delivered, in place of all of before.

        Parameters
        ----------
        rows
            The service points, their values in the order of the columns of the table.
        mark
            What tells them from those of another load.
        at
            When they were loaded.
        laid
            Their addresses, laid out to be searched; see `read_laid_addresses`.
        """
        with self._kept.write() as kept:
            kept.execute("DELETE FROM service_point")
            kept.insert_rows("service_point", rows)
            kept.insert_rows(
                "model", [(POINTS_MARK, at, mark), (LAID_ADDRESSES, at, f"{mark} {laid}")]
            )

    def read_points_mark(self) -> str:
        """Return the mark of the service points that are kept; empty where they have none."""
        with self._kept.read() as kept:
            rows = kept.select("SELECT text FROM model WHERE name = :name", name=POINTS_MARK)
        return rows[0][0] if rows else ""

    def read_laid_addresses(self, mark: str) -> str:
        """Return the addresses of a load as they were laid out with it; empty if they were not."""
        with self._kept.read() as kept:
            rows = kept.select("SELECT text FROM model WHERE name = :name", name=LAID_ADDRESSES)
        of, _, laid = rows[0][0].partition(" ") if rows else ("", "", "")
        return laid if of == mark else ""

    def list_addresses(self) -> list[tuple[str, str, str, str]]:
        """Return the service points that still hold: ESI ID, address, city and ZIP."""
        with self._kept.read() as kept:
            rows = kept.select(
                "SELECT esi_id, address, city, zip FROM service_point"
                " WHERE valid_to IS NULL AND address <> '' ORDER BY esi_id"
            )
        return [(esi_id, address, city, code) for esi_id, address, city, code in rows]

    def list_points(self, by: str, ids: Iterable[str]) -> list[Row]:
        """Return service points by ``esi_id`` or ``usage_point``."""
        column = {"esi_id": "esi_id", "usage_point": "usage_point"}[by]
        with self._kept.read() as kept:
            rows = kept.select(
                f"SELECT {SERVICE_POINT_FIELDS} FROM service_point"  # noqa: S608 - own names
                f" WHERE {column} IN (SELECT value FROM each_of(:ids)) ORDER BY esi_id",
                ids=json.dumps(sorted(set(ids))),
            )
        return [name_fields(SERVICE_POINT_COLUMNS, row) for row in rows]

    def write_designations(self, rows: Iterable[Sequence[Any]]) -> None:
        """Keep designations, in place of all of before."""
        with self._kept.write() as kept:
            kept.execute("DELETE FROM designation")
            kept.insert_rows("designation", rows)

    def list_designations(self) -> list[Row]:
        """Return all designations, those that are over too."""
        with self._kept.read() as kept:
            rows = kept.select(
                f"SELECT {DESIGNATION_FIELDS} FROM designation ORDER BY designation"  # noqa: S608 - own names
            )
        return [name_fields(DESIGNATION_COLUMNS, row) for row in rows]

    def list_holders(self, esi_ids: Iterable[str]) -> list[Row]:
        """Return the records that hold the accounts of service points now, by ESI ID."""
        with self._kept.read() as kept:
            return select_records(
                kept,
                "WHERE r.esi_id IN (SELECT value FROM each_of(:ids))"
                " AND r.esi_id <> '' AND r.account <> '' AND r.valid_to IS NULL"
                " ORDER BY r.esi_id, r.record",
                ids=json.dumps(sorted(set(esi_ids))),
            )

    def list_party_points(self) -> list[tuple[str, str]]:
        """Return the usage points of every party, by the accounts it holds now."""
        with self._kept.read() as kept:
            rows = kept.select(
                "SELECT DISTINCT m.party, s.usage_point FROM record AS r"
                " JOIN party_member AS m ON m.record = r.record"
                " JOIN service_point AS s ON s.esi_id = r.esi_id"
                " WHERE r.account <> '' AND r.esi_id <> '' AND r.valid_to IS NULL"
                " AND s.usage_point <> '' ORDER BY 1, 2"
            )
        return [(party, point) for party, point in rows]

    def list_source_records(self, source: str, esi_ids: Iterable[str]) -> list[Row]:
        """Return the records that a source has of service points, by ESI ID and beginning."""
        with self._kept.read() as kept:
            return select_records(
                kept,
                "WHERE r.source = :source AND r.esi_id <> ''"
                " AND r.esi_id IN (SELECT value FROM each_of(:ids))"
                " ORDER BY r.esi_id, r.valid_from, r.record",
                source=source,
                ids=json.dumps(sorted(set(esi_ids))),
            )

    def write_complaints(self, rows: Iterable[Sequence[Any]]) -> None:
        """Keep complaints in place of those of the same ids."""
        with self._kept.write() as kept:
            kept.insert_rows("complaint", rows)

    def list_complaints(
        self, kinds: Iterable[str], *, start: str, end: str, limit: int
    ) -> list[Row]:
        """Return complaints of some kinds received in ``start <= t < end``, the last first."""
        with self._kept.read() as kept:
            rows = kept.select(
                f"SELECT {COMPLAINT_FIELDS} FROM complaint"  # noqa: S608 - own names
                " WHERE received_at >= :start AND received_at < :end"
                " AND kind IN (SELECT value FROM each_of(:kinds))"
                " ORDER BY received_at DESC, complaint LIMIT :most",
                start=start,
                end=end,
                kinds=json.dumps(sorted(kinds)),
                most=limit,
            )
        return [name_fields(COMPLAINT_COLUMNS, row) for row in rows]

    def list_place_complaints(self, esi_ids: Iterable[str], accounts: Iterable[str]) -> list[Row]:
        """Return the complaints of service points and accounts, the last first."""
        with self._kept.read() as kept:
            rows = kept.select(
                f"SELECT {COMPLAINT_FIELDS} FROM complaint WHERE (esi_id <> ''"  # noqa: S608 - own names
                " AND esi_id IN (SELECT value FROM each_of(:places)))"
                " OR (account <> '' AND account IN (SELECT value FROM each_of(:accounts)))"
                " ORDER BY received_at DESC, complaint",
                places=json.dumps(sorted(set(esi_ids))),
                accounts=json.dumps(sorted(set(accounts))),
            )
        return [name_fields(COMPLAINT_COLUMNS, row) for row in rows]

    def find_account_places(self, accounts: Iterable[str]) -> list[Row]:
        """Return the records that name accounts with their ESI IDs."""
        with self._kept.read() as kept:
            return select_records(
                kept,
                "WHERE r.account <> '' AND r.esi_id <> ''"
                " AND r.account IN (SELECT value FROM each_of(:accounts)) ORDER BY r.record",
                accounts=json.dumps(sorted(set(accounts))),
            )

    def write_usage(self, rows: Iterable[Sequence[Any]]) -> None:
        """Keep billed usage in place of that of the same meters and periods."""
        with self._kept.write() as kept:
            kept.insert_rows("usage", rows)

    def list_usage(self, esi_ids: Iterable[str]) -> list[Row]:
        """Return the billed usage of service points, the last period first."""
        with self._kept.read() as kept:
            rows = kept.select(
                f"SELECT {USAGE_FIELDS} FROM usage"  # noqa: S608 - own names
                " WHERE esi_id IN (SELECT value FROM each_of(:ids))"
                " ORDER BY period_start DESC, esi_id, meter",
                ids=json.dumps(sorted(set(esi_ids))),
            )
        return [dict(zip(USAGE_COLUMNS, row, strict=True)) for row in rows]


def delete_holdings(kept: CustomerConnection, holdings: Iterable[Holding]) -> dict[str, int]:
    """Delete what is kept of accounts while they were held; return how many rows, by table."""
    removed = dict.fromkeys(HELD_ROWS, 0)
    for each in holdings:
        for table, held in HELD_ROWS.items():
            removed[table] += kept.execute(
                f"DELETE FROM {table} WHERE {held}",  # noqa: S608 - own names
                **{
                    "esi_id": each.esi_id,
                    "first": each.first or EARLIEST_DAY,
                    "last": each.last or LATEST_DAY,
                }
                | ({"account": each.account} if table == "complaint" else {}),
            )
    return removed


def select_records(kept: CustomerConnection, which: str, **values: Any) -> list[Row]:
    """Return records ``r`` of parties ``m``: those that a clause says, in its order."""
    rows = kept.select(
        f"SELECT {RECORD_FIELDS} FROM record AS r"  # noqa: S608 - own names
        f" JOIN party_member AS m ON m.record = r.record {which}",
        **values,
    )
    return [name_fields((*RECORD_COLUMNS, "party"), row) for row in rows]


def name_fields(names: Iterable[str], row: Sequence[Any]) -> Row:
    """Return a row with its names; what it does not say is empty."""
    return {name: "" if each is None else each for name, each in zip(names, row, strict=True)}
