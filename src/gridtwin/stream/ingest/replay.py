"""Look at dead letters, and take those that can be used by now."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.store.acting_role import OWNER, READER
from gridtwin.store.postgis.links import open_link
from gridtwin.store.postgis.refusals import translate_refusals
from gridtwin.stream.ingest import batch_writing
from gridtwin.stream.ingest.intake import Intake, Options
from gridtwin.stream.reader import Messages

if TYPE_CHECKING:
    from datetime import datetime

    import psycopg

    from gridtwin.stream.ingest.batch import ReadyBatch
    from gridtwin.stream.wire import Registry

REPLAYED_AT_ONCE = 5_000
STILL_DEAD = """
SELECT id, partition, kafka_offset, value FROM gridtwin.dead_letters
WHERE topic = %s AND replayed_at IS NULL AND id > %s ORDER BY id LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class BrokerDeadLetter:
    """A message that could not be used."""

    topic: str
    partition: int
    offset: int
    received_at: datetime
    reason: str
    value: bytes | None
    replayed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of dead letters."""

    taken: int
    still_dead: int


def list_broker_letters(
    url: str, *, most: int = 100, replayed: bool = False
) -> list[BrokerDeadLetter]:
    """Return dead letters of a database, the newest first; on request those taken since, too."""
    with translate_refusals(url, role=READER), open_link(url, autocommit=True) as link:
        rows = link.run_query(
            lambda connection: connection.execute(
                "SELECT topic, partition, kafka_offset, received_at, reason, value, replayed_at"
                " FROM gridtwin.dead_letters WHERE %s OR replayed_at IS NULL"
                " ORDER BY id DESC LIMIT %s",
                (replayed, most),
            ).fetchall()
        )
    return [BrokerDeadLetter(*row) for row in rows]


def replay_broker_letters(
    url: str, *, options: Options | None = None, registry: Registry | None = None
) -> Replayed:
    """
    Take every dead letter that can be used by now; the others keep their place, and a new reason.

    A letter counts by its offset, as if it had been taken when it came: what was said later stays.

    Raises
    ------
    StoreError
        If the database cannot be used.
    """
    options = options or Options()
    intake = Intake(options, registry)
    taken = still_dead = 0
    with translate_refusals(url, role=OWNER), open_link(url, autocommit=True) as link:
        do = partial(link.run_transaction, committed=lambda _: None)
        intake.read_database(do)
        link.connection.execute(batch_writing.CREATE_STAGE)
        for topic in (options.readings, options.conditions):
            last = 0
            while True:
                rows = link.run_query(
                    lambda connection, t=topic, n=last: connection.execute(  # type: ignore[misc]
                        STILL_DEAD, (t, n, REPLAYED_AT_ONCE)
                    ).fetchall()
                )
                if not rows:
                    break
                last = rows[-1][0]
                part = _build_messages(topic, rows)
                ready = intake.prepare_messages(part, do) if topic == options.readings else None
                dead = do(partial(_take_letters, part=part, ready=ready, intake=intake))
                still_dead += dead
                taken += len(part) - dead
    return Replayed(taken, still_dead)


def _take_letters(
    connection: psycopg.Connection[Any], *, part: Messages, ready: ReadyBatch | None, intake: Intake
) -> int:
    """Take letters in one transaction, and return how many stay dead."""
    if ready is not None:
        batch_writing.stage_readings(connection, ready)
    dead = intake.write_messages(connection, part, ready)
    stays = {letter[:2] for letter in dead}
    places = zip(part.partition.tolist(), part.offset.tolist(), strict=True)
    gone = [place for place in places if place not in stays]
    connection.execute(
        "UPDATE gridtwin.dead_letters d SET replayed_at = clock_timestamp()"
        " FROM unnest(%s::int[], %s::bigint[]) g (partition, place)"
        " WHERE d.topic = %s AND d.partition = g.partition AND d.kafka_offset = g.place",
        ([place[0] for place in gone], [place[1] for place in gone], part.topic),
    )
    if ready is not None:
        batch_writing.mark_due(connection, ready.at_s)
    return len(dead)


def _build_messages(topic: str, rows: list[tuple[Any, ...]]) -> Messages:
    return Messages(
        topic,
        np.array([row[1] for row in rows], dtype=np.int32),
        np.array([row[2] for row in rows], dtype=np.int64),
        [None if row[3] is None else bytes(row[3]) for row in rows],
    )
