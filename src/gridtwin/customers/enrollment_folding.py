"""
Make of retailers' transactions who held which account, from when to when.

A transaction does something at a service point on a day: another customer moves in, the same one
changes the retailer, moves out, or is called something else. The records of a service point are its
timeline: none overlaps another, whatever the order in which transactions come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from gridtwin.customers.record_normalization import LEGAL_FORMS
from gridtwin.errors import InputError
from gridtwin.model.customers import (
    ENROLLMENT_COLUMNS,
    RECORD_COLUMNS,
    EnrollmentAction,
    PartyKind,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Row = dict[str, Any]

# What a transaction may say of the customer and the account, and what stays where it does not.
SAID_FIELDS = tuple(name for name in ENROLLMENT_COLUMNS if name in RECORD_COLUMNS)
NAME_FIELDS = ("given_name", "surname", "organization")


class FoldedEnrollments(NamedTuple):
    """
    What transactions come to.

    Attributes
    ----------
    records
        Records that are new, or other than before: columns of `RECORD_COLUMNS`.
    without_effect
        Transactions that end or change what nobody holds, as ``row N: action of ESI_ID``.
    """

    records: pd.DataFrame
    without_effect: tuple[str, ...]


def fold_enrollments(
    enrollments: pd.DataFrame, held: Iterable[Mapping[str, Any]], source: str
) -> FoldedEnrollments:
    """
    Return the records that transactions make, given those there are.

    Parameters
    ----------
    enrollments
        Columns of `ENROLLMENT_COLUMNS`, in the order in which they came; the index numbers rows.
    held
        The records that the source already has of these service points.
    source
        What the records are of; a record is called ``SOURCE:ESI_ID/DAY`` by the day it begins.

    Raises
    ------
    InputError
        If a transaction is of no service point, on no day, or does nothing that is known; with the
        row.
    """
    if not source:
        msg = "transactions of no source: say which system keeps them"
        raise InputError(msg)
    timelines: dict[str, dict[str, Row]] = {}
    for row in held:
        kept = {name: row[name] for name in RECORD_COLUMNS}
        timelines.setdefault(kept["esi_id"], {})[kept["record"]] = kept
    before = {name: dict(row) for line in timelines.values() for name, row in line.items()}
    without: list[tuple[int, str]] = []
    rows = dict(zip(enrollments.index.tolist(), enrollments.to_dict("records"), strict=True))
    for number, row in rows.items():
        _check_row(number, row)
    left = {
        (row["esi_id"], row["effective_date"])
        for row in rows.values()
        if row["action"] == EnrollmentAction.MOVE_OUT
    }
    for number, row in sorted(rows.items(), key=lambda each: each[1]["effective_date"]):
        if row["action"] == EnrollmentAction.NONE:
            continue
        line = timelines.setdefault(row["esi_id"], {})
        if row["action"] == EnrollmentAction.CANCEL:
            someone_left = (row["esi_id"], row["effective_date"]) in left
            applied = _cancel_account(line, name_account(row, source), reopen=not someone_left)
        else:
            applied = _apply_transaction(line, row, source)
        if not applied:
            without.append((number, f"row {number}: {row['action']} of {row['esi_id']}"))
    changed = [
        row for line in timelines.values() for name, row in line.items() if before.get(name) != row
    ]
    frame = pd.DataFrame(changed, columns=list(RECORD_COLUMNS), dtype=str)
    return FoldedEnrollments(frame, tuple(text for _, text in sorted(without)))


def split_customer_name(name: str, kind: str = "") -> dict[str, str]:
    """
    Return a name in one text as the fields of a record.

    ``SURNAME, GIVEN`` is a person; with a legal form it is a firm; else, where the kind is not
    said, two or three words are a person, whose surname comes last.
    """
    words = name.split()
    form = words[-1].strip(".,").replace(".", "").upper() if words else ""
    surname, comma, given = (each.strip() for each in name.partition(","))
    looks_like_firm = form in LEGAL_FORMS or (not comma and not 2 <= len(words) <= 3)
    if kind == PartyKind.ORGANIZATION or (kind != PartyKind.PERSON and looks_like_firm):
        return {"kind": PartyKind.ORGANIZATION.value, "organization": name}
    if not comma:
        given, surname = " ".join(words[:-1]), " ".join(words[-1:])
    return {"kind": PartyKind.PERSON.value, "given_name": given, "surname": surname}


def name_account(row: Row, source: str) -> str:
    """Return what the record of an account that a transaction begins or cancels is called."""
    return f"{source}:{row['esi_id']}/{row['effective_date']}"


def _check_row(number: int, row: Row) -> None:
    if row["action"] not in frozenset(EnrollmentAction):
        there = ", ".join(EnrollmentAction)
        msg = f"row {number}: {row['action']!r} is no action: there are {there}"
        raise InputError(msg)
    if not row["esi_id"]:
        msg = f"row {number}: {row['action']} of no service point: give its ESI ID"
        raise InputError(msg)
    if not row["effective_date"] and row["action"] != EnrollmentAction.NONE:
        msg = f"row {number} ({row['esi_id']}): {row['action']} on no day: give its effective_date"
        raise InputError(msg)


def _apply_transaction(line: dict[str, Row], row: Row, source: str) -> bool:
    """Do to a timeline what a transaction says; False if there is nothing to do it to."""
    day, action = row["effective_date"], row["action"]
    if action in {EnrollmentAction.MOVE_IN, EnrollmentAction.SWITCH}:
        _begin_account(line, row, source)
        return True
    holder = _find_holder(line, day, at_end=action == EnrollmentAction.MOVE_OUT)
    if holder is None:
        return False
    if action == EnrollmentAction.MOVE_OUT:
        holder["valid_to"] = day
    else:
        holder |= _take_said(row)
    return True


def _begin_account(line: dict[str, Row], row: Row, source: str) -> None:
    day = row["effective_date"]
    name = name_account(row, source)
    others = [each for each in line.values() if each["record"] != name and _is_held(each)]
    holder = max(
        (each for each in others if each["valid_from"] < day),
        key=lambda each: each["valid_from"],
        default=None,
    )
    later = [each["valid_from"] for each in others if each["valid_from"] > day]
    former: Row = {}
    if holder is not None:
        if not holder["valid_to"] or holder["valid_to"] > day:
            holder["valid_to"] = day
        if row["action"] == EnrollmentAction.SWITCH and holder["valid_to"] == day:
            former = {name: holder[name] for name in SAID_FIELDS}
    fresh = dict.fromkeys(RECORD_COLUMNS, "") | former | _take_said(row)
    line[name] = fresh | {
        "record": name,
        "source": source,
        "esi_id": row["esi_id"],
        "account": row["account"] or name.partition(":")[2],
        "valid_from": day,
        "valid_to": min(later, default=""),
    }


def _cancel_account(line: dict[str, Row], name: str, *, reopen: bool) -> bool:
    """Let an account hold on no day; and who held before hold on, if they did not leave."""
    gone = line.get(name)
    if gone is None:
        return False
    day, until = gone["valid_from"], gone["valid_to"]
    gone["valid_to"] = day
    for each in line.values():
        if reopen and each["record"] != name and each["valid_to"] == day and _is_held(each):
            each["valid_to"] = until
    return True


def _find_holder(line: dict[str, Row], day: str, *, at_end: bool) -> Row | None:
    """Return who holds an account on a day; at its end, who held it up to that day."""
    for each in line.values():
        first, last = each["valid_from"], each["valid_to"]
        held = first < day <= (last or day) if at_end else first <= day < (last or "9999-12-31")
        if held:
            return each
    return None


def _is_held(record: Row) -> bool:
    return not record["valid_to"] or record["valid_from"] < record["valid_to"]


def _take_said(row: Row) -> Row:
    """Return what a transaction says of the customer: a name replaces all of the former name."""
    named = {name: row[name] for name in ("kind", *NAME_FIELDS) if row[name]}
    if not any(row[name] for name in NAME_FIELDS) and row["customer_name"]:
        named = split_customer_name(row["customer_name"], row["kind"])
    said = {name: row[name] for name in SAID_FIELDS if row[name] and name not in named}
    blank = dict.fromkeys(NAME_FIELDS, "") if set(named) & set(NAME_FIELDS) else {}
    return blank | said | named
