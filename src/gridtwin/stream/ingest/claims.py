"""
Hold the partitions that a worker reads: a claim in the database decides, not the broker's word.

Each claim raises the epoch of its partition. A worker that the broker has given up, but that does
not know it yet, has an older epoch, and what it writes is refused in the transaction that would
write it. So a partition has one writer, however late the news of a rebalance come.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import psycopg

    from gridtwin.stream.partition_offsets import Partition


@dataclass(frozen=True, slots=True)
class Claim:
    """A partition that a worker holds."""

    epoch: int
    next_offset: int  # the first message that is not written yet


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of claims: those that stand, and those that do not."""

    valid: frozenset[Partition]
    lost: frozenset[Partition]  # another worker claimed them
    behind: frozenset[
        Partition
    ]  # the database knows less than was written: it lost its last moments


def claim_partitions(
    connection: psycopg.Connection[Any], stream: str, worker: str, places: Iterable[Partition]
) -> dict[Partition, Claim]:
    """Take partitions over, and return where to go on; waits for a commit that is under way."""
    claims = {}
    for topic, partition in sorted(places):
        row = connection.execute(
            "SELECT next_offset, epoch FROM gridtwin.claim_partition(%s, %s, %s, %s)",
            (stream, topic, partition, worker),
        ).fetchone()
        assert row is not None  # noqa: S101 - it returns the row it wrote
        claims[topic, partition] = Claim(row[1], row[0])
    return claims


def lock_claims(
    connection: psycopg.Connection[Any], stream: str, claims: Mapping[Partition, Claim]
) -> Standing:
    """Lock partitions until the transaction ends, and return which of them may be written."""
    topics = [topic for topic, _ in claims]
    partitions = [partition for _, partition in claims]
    rows = connection.execute(
        "SELECT o.topic, o.partition, o.epoch, o.next_offset FROM gridtwin.stream_offsets o"
        " JOIN unnest(%s::text[], %s::int[]) w (topic, partition)"
        " ON w.topic = o.topic AND w.partition = o.partition"
        " WHERE o.stream = %s ORDER BY o.topic, o.partition FOR UPDATE OF o",
        (topics, partitions, stream),
    ).fetchall()
    stand = {(topic, partition): (epoch, offset) for topic, partition, epoch, offset in rows}
    valid, lost, behind = set(), set(), set()
    for place, held in claims.items():
        epoch, offset = stand.get(place, (-1, -1))
        if epoch != held.epoch:
            lost.add(place)
        elif offset != held.next_offset:
            behind.add(place)
        else:
            valid.add(place)
    return Standing(frozenset(valid), frozenset(lost), frozenset(behind))


def read_offsets(
    connection: psycopg.Connection[Any], stream: str, topics: Iterable[str]
) -> dict[Partition, int]:
    """Return the first message of each partition that is not written yet."""
    rows = connection.execute(
        "SELECT topic, partition, next_offset FROM gridtwin.stream_offsets"
        " WHERE stream = %s AND topic = ANY(%s)",
        (stream, list(topics)),
    ).fetchall()
    return {(topic, partition): offset for topic, partition, offset in rows}


def write_offsets(
    connection: psycopg.Connection[Any], stream: str, ends: Mapping[Partition, int]
) -> None:
    """Write how far partitions are read."""
    connection.execute(
        "UPDATE gridtwin.stream_offsets o SET next_offset = n.offset_,"
        " updated_at = clock_timestamp()"
        " FROM unnest(%s::text[], %s::int[], %s::bigint[]) n (topic, partition, offset_)"
        " WHERE o.stream = %s AND o.topic = n.topic AND o.partition = n.partition",
        (
            [topic for topic, _ in ends],
            [partition for _, partition in ends],
            list(ends.values()),
            stream,
        ),
    )
