"""Keep which records came from one party to another, until whoever they name is erased."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridtwin.store.customer_database import CustomerConnection


class PartyChange(NamedTuple):
    """Records that came from one party to another."""

    at: str
    actor: str
    change: str  # merge, split or undo
    from_party: str
    into_party: str
    records: tuple[str, ...]
    reason: str
    id: int = 0  # 0 = not kept yet


def place_records(
    kept: CustomerConnection, changes: Sequence[PartyChange], placed: Mapping[str, str]
) -> None:
    """Put records into parties, and note the merges and splits among it."""
    kept.insert_rows("party_member", placed.items())
    kept.insert_rows(
        "party_change",
        [(*each[:5], json.dumps(each.records), each.reason) for each in changes],
    )


def select_changes(kept: CustomerConnection, which: str, **values: Any) -> list[PartyChange]:
    """Return merges and splits: those that a clause says, in its order."""
    rows = kept.select(
        "SELECT at, actor, change, from_party, into_party, CAST(records AS text), reason, id"  # noqa: S608 - own clauses
        f" FROM party_change AS c {which}",
        **values,
    )
    return [PartyChange._make((*row[:5], tuple(json.loads(row[5])), *row[6:])) for row in rows]


def leave_out_of_changes(kept: CustomerConnection, gone: set[str]) -> int:
    """
    Name records no more where they once moved between parties.

    Returns
    -------
        How many changes named no other, and were deleted.
    """
    emptied = 0
    named = select_changes(
        kept,
        "WHERE EXISTS (SELECT 1 FROM each_of(CAST(c.records AS text)) AS moved"
        " WHERE moved.value IN (SELECT value FROM each_of(:gone)))",
        gone=json.dumps(sorted(gone)),
    )
    for each in named:
        left = [record for record in each.records if record not in gone]
        if left:
            kept.execute(
                "UPDATE party_change SET records = :left WHERE id = :id",
                left=json.dumps(left),
                id=each.id,
            )
        else:
            emptied += kept.execute("DELETE FROM party_change WHERE id = :id", id=each.id)
    return emptied
