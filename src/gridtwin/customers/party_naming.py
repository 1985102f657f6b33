"""Keep the ids of parties when records are matched again, and say which merged and split."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence


class Movement(NamedTuple):
    """Records that came from one party to another."""

    change: str  # merge: the party they left is no more; split: it goes on without them
    from_party: str
    into_party: str
    records: tuple[str, ...]


def draw_party_id() -> str:
    """Return the id of a new party: by chance, so that nobody finds it by trying records."""
    return f"PTY-{secrets.token_hex(8)}"


def keep_party_ids(
    groups: Iterable[Sequence[str]],
    former: Mapping[str, str],
    *,
    newcomers: Collection[str] = (),
) -> dict[str, str]:
    """
    Name groups of records so that a party which grows or shrinks keeps its id.

    Parameters
    ----------
    groups
        The records of each party, all of them.
    former
        The party that records had before. One that splits gives its parts ids made of its own.
    newcomers
        Records whose party of before gives way to that of any other.

    Returns
    -------
        The party of each record. An id goes to the group with most of its records; where groups or
        ids draw, the first record decides, never the id itself: that is drawn by chance, and the
        same records would be named another way. Who has none of before gets a new one.
    """
    groups = [sorted(group) for group in groups]
    first: dict[str, str] = {}
    for record in sorted(former):
        first.setdefault(former[record], record)
    claims = []
    for number, group in enumerate(groups):
        shares = Counter({former[each]: 0 for each in group if each in former})
        shares.update(former[each] for each in group if each in former and each not in newcomers)
        for party, count in shares.items():
            lost_first = first[party] not in group
            claims.append((-count, lost_first, first[party], number, party))
    named: dict[int, str] = {}
    taken: set[str] = set()
    for *_, number, party in sorted(claims):
        if number not in named and party not in taken:
            named[number] = party
            taken.add(party)
    placed: dict[str, str] = {}
    for number, group in enumerate(groups):
        party = named.get(number) or _derive_party_id(former.get(group[0], group[0]), taken)
        taken.add(party)
        placed.update(dict.fromkeys(group, party))
    return placed


def list_movements(former: Mapping[str, str], now: Mapping[str, str]) -> list[Movement]:
    """Return the merges and splits by which parties became what they are now."""
    moved: dict[tuple[str, str], list[str]] = {}
    staying = {now[record] for record, party in former.items() if now.get(record) == party}
    for record, party in former.items():
        if record in now and now[record] != party:
            moved.setdefault((party, now[record]), []).append(record)
    return [
        Movement("split" if left in staying else "merge", left, into, tuple(sorted(records)))
        for (left, into), records in sorted(moved.items())
    ]


def _derive_party_id(seed: str, taken: set[str]) -> str:
    """Return an id that is not taken, the same for the same seed."""
    tries = 0
    while True:
        digest = hashlib.sha256(f"{seed} {tries}".encode()).hexdigest()
        if (party := f"PTY-{digest[:16]}") not in taken:
            return party
        tries += 1
