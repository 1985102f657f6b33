"""Load records of customers, service points and designations into a twin."""

from __future__ import annotations

from datetime import UTC, date, datetime
from secrets import token_hex
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from gridtwin.analysis.gazetteer.address_layout import lay_addresses
from gridtwin.customers.enrollment_folding import FoldedEnrollments, fold_enrollments
from gridtwin.customers.matching_run import prepare_records
from gridtwin.customers.party_naming import draw_party_id
from gridtwin.customers.record_normalization import check_record_ids
from gridtwin.errors import InputError
from gridtwin.model.customers import (
    COMPLAINT_COLUMNS,
    DESIGNATION_COLUMNS,
    ENROLLMENT_COLUMNS,
    LONGEST_DESIGNATION_DAYS,
    READING_KINDS,
    RECORD_COLUMNS,
    SERVICE_POINT_COLUMNS,
    USAGE_COLUMNS,
    ComplaintKind,
    Designation,
    DesignationKind,
)
from gridtwin.model.tables import encode_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gridtwin.store.customer_book import CustomerBook
    from gridtwin.store.protocol import Store


class LoadedCustomers(NamedTuple):
    """What came of loading a table."""

    table: str
    rows: int
    lost: tuple[str, ...] = ()  # what hangs nowhere: rows are kept, and told
    keys: frozenset[int] = frozenset()  # by which records like these are found


class CustomerLoading:
    """What brings customers into a twin."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._book = store.customers

    def load_table(self, table: str, frame: pd.DataFrame) -> LoadedCustomers:
        """Keep one of `gridtwin.customers.customer_map.CUSTOMER_FILE_COLUMNS`."""
        loads = {
            "records": self.load_records,
            "service-points": self.load_points,
            "designations": self.load_designations,
            "enrollments": self.load_enrollments,
            "complaints": self.load_complaints,
            "usage": self.load_usage,
        }
        return loads[table](frame)

    def load_enrollments(self, enrollments: pd.DataFrame) -> LoadedCustomers:
        """
        Keep the records that retailers' transactions make; tell those without effect.

        Parameters
        ----------
        enrollments
            Columns of `ENROLLMENT_COLUMNS`, and ``source``: of which the records are.
        """
        folded = self.fold_enrollments(enrollments)
        loaded = self.load_records(folded.records)
        return LoadedCustomers("records", loaded.rows, folded.without_effect, loaded.keys)

    def fold_enrollments(self, enrollments: pd.DataFrame) -> FoldedEnrollments:
        """Return the records that transactions make of those that are kept."""
        frame = _take_columns(enrollments, (*ENROLLMENT_COLUMNS, "source"))
        _check_dates(frame, ("effective_date",), "esi_id")
        parts = [
            fold_enrollments(
                rows, self._book.list_source_records(str(source), rows["esi_id"]), str(source)
            )
            for source, rows in frame.groupby("source", sort=True)
        ]
        empty = pd.DataFrame(columns=list(RECORD_COLUMNS), dtype=str)
        return FoldedEnrollments(
            pd.concat([empty, *(each.records for each in parts)], ignore_index=True),
            tuple(text for each in parts for text in each.without_effect),
        )

    def load_complaints(self, complaints: pd.DataFrame) -> LoadedCustomers:
        """
        Keep complaints in place of those of the same ids; tell those of nobody who is known.

        Raises
        ------
        InputError
            If one has no id, two have one, or it names neither service point nor account.
        """
        frame = _take_columns(complaints, COMPLAINT_COLUMNS)
        _check_ids(frame, "complaint")
        _check_words(frame, "complaint", "kind", ComplaintKind)
        unnamed = (frame["esi_id"] == "") & (frame["account"] == "")
        if unnamed.any():
            row = int(unnamed.to_numpy().argmax())
            msg = (
                f"complaint row {row} ({frame['complaint'].iloc[row]}): of nobody: give its ESI ID"
                " or its account"
            )
            raise InputError(msg)
        self._book.write_complaints(frame.itertuples(index=False, name=None))
        places = find_complaint_places(
            self._book, frame[["complaint", "esi_id", "account"]].itertuples(index=False, name=None)
        )
        lost = frame.loc[~frame["complaint"].isin(places), "complaint"]
        return LoadedCustomers("complaints", len(frame), tuple(lost))

    def load_usage(self, usage: pd.DataFrame) -> LoadedCustomers:
        """
        Keep billed usage in place of that of the same meters and periods; tell unknown ESI IDs.

        Raises
        ------
        InputError
            If a period does not end after it begins, or an amount is no number.
        """
        frame = _take_columns(usage, USAGE_COLUMNS)
        _check_dates(frame, ("period_start", "period_end"), "esi_id")
        wrong = (frame["period_start"] == "") | (frame["period_end"] <= frame["period_start"])
        if wrong.any():
            row = int(wrong.to_numpy().argmax())
            msg = (
                f"usage row {row} ({frame['esi_id'].iloc[row]}): its period ends before it begins:"
                " mend period_start or period_end"
            )
            raise InputError(msg)
        _check_ids(frame, "esi_id", "meter", "period_start", what="usage")
        _check_words(frame, "usage", "reading", READING_KINDS)
        for name in ("kwh", "demand_kw"):
            frame[name] = _read_amounts(frame, name, may_be_empty=name == "demand_kw")
        self._book.write_usage(frame.itertuples(index=False, name=None))
        known = {row["esi_id"] for row in self._book.list_points("esi_id", frame["esi_id"])}
        lost = sorted(set(frame["esi_id"]) - known)
        return LoadedCustomers("usage", len(frame), tuple(lost))

    def load_records(self, records: pd.DataFrame) -> LoadedCustomers:
        """
        Keep records in place of those of the same ids; each new one is a party of its own.

        Raises
        ------
        InputError
            If a record has no id, two have one, or a date is none; nothing is written then.
        """
        frame = _take_columns(records, RECORD_COLUMNS)
        check_record_ids(frame["record"])
        _check_dates(frame, ("valid_from", "valid_to"), "record")
        prepared = prepare_records(frame)
        search = prepared.search.set_index("record").reindex(frame["record"])
        empty = search.astype(object).where(search.notna(), None)
        dates = frame[["valid_from", "valid_to"]].replace("", None)
        rows = pd.concat([frame.drop(columns=dates.columns), dates], axis=1)[list(RECORD_COLUMNS)]
        known = self._book.read_parties(frame["record"])
        placed = {each: draw_party_id() for each in frame["record"] if each not in known}
        self._book.write_records(
            zip(*(rows[name] for name in rows), *(empty[name] for name in empty), strict=True),
            prepared.keys.itertuples(index=False, name=None),
            placed,
            replaced=known.keys(),
        )
        keys = frozenset(int(key) for key in prepared.keys["key"].unique())
        return LoadedCustomers("records", len(frame), keys=keys)

    def load_points(self, points: pd.DataFrame) -> LoadedCustomers:
        """Keep where power is delivered, in place of all of before; tell what hangs nowhere."""
        frame = _take_columns(points, SERVICE_POINT_COLUMNS)
        _check_dates(frame, ("valid_from", "valid_to"), "esi_id")
        table = self._store.network.ids.tables["usage_points"]
        rows = table.find_rows(encode_texts(frame["usage_point"].tolist()))
        lost = frame.loc[rows < 0, "esi_id"]
        held = frame[(frame["valid_to"] == "") & (frame["address"] != "")]
        parts = ("esi_id", "address", "city", "zip")
        laid = lay_addresses(zip(*(held[name].tolist() for name in parts), strict=True))
        frame[["valid_from", "valid_to"]] = frame[["valid_from", "valid_to"]].replace("", None)
        self._book.write_points(
            frame.itertuples(index=False, name=None),
            mark=token_hex(8),
            at=datetime.now(UTC).isoformat(timespec="seconds"),
            laid=laid.write_text(),
        )
        return LoadedCustomers("service-points", len(frame), tuple(lost))

    def load_designations(self, designations: pd.DataFrame) -> LoadedCustomers:
        """
        Keep designations, in place of all of before.

        Raises
        ------
        InputError
            If one has no kind, no beginning, or no end where the rule demands one.
        """
        frame = _take_columns(designations, DESIGNATION_COLUMNS)
        _check_dates(frame, ("valid_from", "valid_until"), "designation")
        for row, each in enumerate(frame.itertuples(index=False, name=None)):
            named = dict(zip(DESIGNATION_COLUMNS, each, strict=True))
            _check_designation(row, read_designation(named, row))
        rows = frame.assign(valid_until=frame["valid_until"].replace("", None))
        self._book.write_designations(rows.itertuples(index=False, name=None))
        return LoadedCustomers("designations", len(frame))


def find_complaint_places(
    book: CustomerBook, complaints: Iterable[tuple[str, str, str]]
) -> dict[str, str]:
    """Return the usage points of complaints: each with its id, its ESI ID and its account."""
    rows = list(complaints)
    accounts = {account for _, esi_id, account in rows if not esi_id}
    # Who holds the account last, where several records name it.
    places = {row["account"]: row["esi_id"] for row in book.find_account_places(accounts)}
    esi_ids = {name: esi_id or places.get(account, "") for name, esi_id, account in rows}
    points: dict[str, str] = {}
    for row in book.list_points("esi_id", esi_ids.values()):
        if row["usage_point"] and not row["valid_to"]:
            first = points.setdefault(row["esi_id"], row["usage_point"])
            points[row["esi_id"]] = min(first, row["usage_point"])
    return {name: points[esi_id] for name, esi_id in esi_ids.items() if esi_id in points}


def read_designation(row: Mapping[str, Any], number: int = 0) -> Designation:
    """Return a designation of a row; InputError if its kind or its dates are none."""
    try:
        return Designation(
            row["designation"],
            DesignationKind(row["kind"]),
            row["esi_id"],
            row["source"],
            row["contact"],
            row["second_contact"],
            date.fromisoformat(row["valid_from"]),
            date.fromisoformat(row["valid_until"]) if row["valid_until"] else None,
        )
    except ValueError as error:
        msg = f"designation row {number} ({row['designation']}): {error}"
        raise InputError(msg) from error


def _check_designation(row: int, each: Designation) -> None:
    longest = LONGEST_DESIGNATION_DAYS[each.kind]
    where = f"designation row {row} ({each.designation})"
    if longest is not None and each.valid_until is None:
        msg = f"{where}: {each.kind} ends after {longest} days at most: give its valid_until"
        raise InputError(msg)
    if each.valid_until is not None:
        days = (each.valid_until - each.valid_from).days
        if days < 0 or (longest is not None and days > longest):
            msg = f"{where}: it holds {days} days: mend valid_from or valid_until"
            raise InputError(msg)


def _check_dates(frame: pd.DataFrame, columns: Iterable[str], key: str) -> None:
    """Refuse dates that are none; InputError with the first row."""
    for name in columns:
        given = frame[name]
        parsed = pd.to_datetime(given.where(given != ""), format="%Y-%m-%d", errors="coerce")
        wrong = (given != "") & parsed.isna()
        if wrong.any():
            row = int(wrong.to_numpy().argmax())
            msg = (
                f"row {row} ({frame[key].iloc[row]}): {name} {given.iloc[row]!r} is no date:"
                " write YYYY-MM-DD"
            )
            raise InputError(msg)


def _take_columns(given: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """Return the columns of a table, all of it text; what is missing is empty."""
    return given.reindex(columns=list(columns)).fillna("").astype(str).reset_index(drop=True)


def _check_ids(frame: pd.DataFrame, *names: str, what: str = "") -> None:
    """Refuse rows without an id, or two of one; InputError with the row."""
    what = what or names[0]
    empty = frame[names[0]] == ""
    if empty.any():
        msg = f"{what} row {int(empty.to_numpy().argmax())}: it has no {names[0]}: give it one"
        raise InputError(msg)
    twice = frame.duplicated(list(names))
    if twice.any():
        row = int(twice.to_numpy().argmax())
        named = " ".join(text for name in names if (text := str(frame[name].iloc[row])))
        msg = f"{what} row {row}: {named} stands there twice: keep one row of it"
        raise InputError(msg)


def _check_words(frame: pd.DataFrame, what: str, name: str, words: Iterable[str]) -> None:
    """Refuse words that a column does not know; InputError with the row."""
    wrong = ~frame[name].isin(list(words))
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        msg = f"{what} row {row}: {name} {frame[name].iloc[row]!r} is none of {', '.join(words)}"
        raise InputError(msg)


def _read_amounts(frame: pd.DataFrame, name: str, *, may_be_empty: bool) -> list[float | None]:
    """Return amounts as numbers; InputError with the row where one is none."""
    given = frame[name]
    amounts = pd.to_numeric(given.where(given != ""), errors="coerce")
    wrong = ~np.isfinite(amounts) & ~((given == "") & may_be_empty)
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        msg = (
            f"usage row {row} ({frame['esi_id'].iloc[row]}): {name} {given.iloc[row]!r} is no"
            " number: write it as 1234.5"
        )
        raise InputError(msg)
    return [None if amount != amount else float(amount) for amount in amounts]  # noqa: PLR0124 - NaN is not itself
