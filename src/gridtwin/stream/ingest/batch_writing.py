"""Write a batch into PostgreSQL, in the caller's transaction: what came, what counts, the dead."""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.store.postgis.binary_copy import COPY_HEADER, COPY_TRAILER, Numbers, stream_copy

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import psycopg
    from numpy.typing import NDArray

    from gridtwin.model.readings import Conditions
    from gridtwin.stream.ingest.batch import ReadyBatch, StreamDeadLetter
    from gridtwin.stream.reader import Messages

EPOCH_OF_POSTGRES_S = 946_684_800  # 2000-01-01, which its timestamps count microseconds from

# Of a connection: a batch passes through it on its way.
CREATE_STAGE = """
CREATE TEMP TABLE IF NOT EXISTS ready (
    reading_time timestamptz, meter int, kwh real, voltage_v real, kafka_offset bigint,
    partition smallint
) ON COMMIT DELETE ROWS
"""
COPY_TO_STAGE = "COPY pg_temp.ready FROM STDIN (FORMAT BINARY)"
# A reading is looked up by key, whatever is thought of the size of a batch: hence no join.
KEPT_OFFSET = """(
    SELECT k.kafka_offset FROM gridtwin.ami_silver k
    WHERE k.reading_time = r.reading_time AND k.meter = r.meter
)"""
# Nearly all readings are the first of their meter and interval; an upsert of these costs much more.
INSERT_FIRST_READINGS = f"""
WITH first AS (
    INSERT INTO gridtwin.ami_silver AS s
        (reading_time, meter, kwh, voltage_v, kafka_offset, partition)
    SELECT r.reading_time, r.meter, r.kwh, r.voltage_v, r.kafka_offset, r.partition
    FROM pg_temp.ready r
    WHERE {KEPT_OFFSET} IS NULL
    RETURNING s.reading_time, s.meter, s.kwh, s.voltage_v
)
INSERT INTO gridtwin.ami_gold
    (reading_time, meter, kwh, voltage_v, meter_id, transformer, feeder)
SELECT f.reading_time, f.meter, f.kwh, f.voltage_v, m.mrid, m.transformer, m.feeder
FROM first f
JOIN gridtwin.meters m ON m.meter = f.meter
"""  # noqa: S608 - our own words
UPSERT_LATER_READINGS = f"""
WITH kept AS (
    INSERT INTO gridtwin.ami_silver AS s
        (reading_time, meter, kwh, voltage_v, kafka_offset, partition)
    SELECT r.reading_time, r.meter, r.kwh, r.voltage_v, r.kafka_offset, r.partition
    FROM pg_temp.ready r
    WHERE NOT coalesce({KEPT_OFFSET} >= r.kafka_offset, false)
    ON CONFLICT (reading_time, meter) DO UPDATE
    SET kwh = excluded.kwh, voltage_v = excluded.voltage_v,
        kafka_offset = excluded.kafka_offset, partition = excluded.partition
    WHERE excluded.kafka_offset > s.kafka_offset
    RETURNING s.reading_time, s.meter, s.kwh, s.voltage_v
)
INSERT INTO gridtwin.ami_gold AS g
    (reading_time, meter, kwh, voltage_v, meter_id, transformer, feeder)
SELECT k.reading_time, k.meter, k.kwh, k.voltage_v, m.mrid, m.transformer, m.feeder
FROM kept k
JOIN gridtwin.meters m ON m.meter = k.meter
ON CONFLICT (reading_time, meter) DO UPDATE
SET kwh = excluded.kwh, voltage_v = excluded.voltage_v,
    transformer = excluded.transformer, feeder = excluded.feeder
"""  # noqa: S608 - our own words
# Last of all: the workers meet at these rows, so their locks are held as briefly as can be.
ADD_LOADS_DUE = """
INSERT INTO gridtwin.loads_due AS d (reading_time)
SELECT to_timestamp(t.at) FROM unnest(%s::bigint[]) t (at) ORDER BY 1
ON CONFLICT (reading_time) DO UPDATE SET touched_at = clock_timestamp()
"""
ADD_DEAD_LETTERS = """
INSERT INTO gridtwin.dead_letters (topic, partition, kafka_offset, reason, value)
SELECT %s, d.* FROM unnest(%s::int[], %s::bigint[], %s::text[], %s::bytea[]) d
ON CONFLICT (topic, partition, kafka_offset) DO UPDATE SET reason = excluded.reason
"""
ADD_CONDITIONS = """
INSERT INTO gridtwin.conditions AS c ("time", temperature_c, price_usd_mwh, kafka_offset)
SELECT DISTINCT ON (n.at) to_timestamp(n.at), nullif(n.temperature, 'NaN'),
    nullif(n.price, 'NaN'), n.place
FROM unnest(%s::bigint[], %s::real[], %s::real[], %s::bigint[]) n (at, temperature, price, place)
ORDER BY n.at, n.place DESC
ON CONFLICT ("time") DO UPDATE
SET temperature_c = excluded.temperature_c, price_usd_mwh = excluded.price_usd_mwh,
    kafka_offset = excluded.kafka_offset
WHERE excluded.kafka_offset > c.kafka_offset
"""


def write_raw(connection: psycopg.Connection[Any], messages: Messages) -> None:
    """Append messages as they came."""
    topic = messages.topic.encode()
    start = struct.pack(f">hi{len(topic)}s", 4, len(topic), topic)
    place = struct.Struct(">ihiqi")
    pieces = [COPY_HEADER]
    rows = zip(messages.partition.tolist(), messages.offset.tolist(), messages.values, strict=True)
    for partition, offset, value in rows:
        length = -1 if value is None else len(value)
        pieces += (start, place.pack(2, partition, 8, offset, length), value or b"")
    pieces.append(COPY_TRAILER)
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY gridtwin.ami_bronze (topic, partition, kafka_offset, value)"
            " FROM STDIN (FORMAT BINARY)"
        ) as copy,
    ):
        copy.write(b"".join(pieces))


def write_ready(connection: psycopg.Connection[Any], topic: str, ready: ReadyBatch) -> None:
    """Write the readings that count, unless one of a higher offset is there, and what is dead."""
    stage_readings(connection, ready)
    write_staged(connection, topic, ready)


def stage_readings(connection: psycopg.Connection[Any], ready: ReadyBatch) -> None:
    """
    Bring readings to the server, where nothing is locked by them yet.

    A server does not break off a COPY whose client stands still, so no lock may be held by then.
    """
    if not len(ready):
        return
    columns = [
        Numbers("int8", (ready.at_s - EPOCH_OF_POSTGRES_S) * 1_000_000),
        Numbers("int4", ready.meter),
        Numbers("float4", ready.kwh, np.isnan(ready.kwh)),
        Numbers("float4", ready.voltage_v, np.isnan(ready.voltage_v)),
        Numbers("int8", ready.offset),
        Numbers("int2", ready.partition),
    ]
    with connection.cursor() as cursor, cursor.copy(COPY_TO_STAGE) as copy:
        for piece in stream_copy(columns):
            copy.write(piece)


def write_staged(connection: psycopg.Connection[Any], topic: str, ready: ReadyBatch) -> None:
    """
    Write the readings that were brought, and what is dead.

    What is there already, or what somebody else writes at this moment, is left to an upsert.
    """
    from psycopg.errors import UniqueViolation

    write_dead_letters(connection, topic, ready.dead)
    if not len(ready):
        return
    written = 0
    with suppress(UniqueViolation), connection.transaction():
        written = connection.execute(INSERT_FIRST_READINGS).rowcount
    if written < len(ready):
        connection.execute(UPSERT_LATER_READINGS)


def mark_due(connection: psycopg.Connection[Any], at_s: NDArray[np.int64]) -> None:
    """Say that the loads of some intervals have to be summed."""
    if len(at_s):
        connection.execute(ADD_LOADS_DUE, (np.unique(at_s).tolist(),))


def write_dead_letters(
    connection: psycopg.Connection[Any], topic: str, letters: Sequence[StreamDeadLetter]
) -> None:
    """Keep messages that cannot be used, each once."""
    if not letters:
        return
    partitions, offsets, reasons, values = map(list, zip(*letters, strict=True))
    reasons = [reason.replace("\0", "\N{SYMBOL FOR NULL}") for reason in reasons]
    connection.execute(ADD_DEAD_LETTERS, (topic, partitions, offsets, reasons, values))


def write_conditions(
    connection: psycopg.Connection[Any], found: Conditions, offset: NDArray[np.int64]
) -> None:
    """Write weather and prices, unless one of a higher offset is there."""
    if len(found.at_s):
        columns = (found.temperature_c, found.price_usd_mwh)
        given = (each.tolist() for each in columns)
        connection.execute(ADD_CONDITIONS, (found.at_s.tolist(), *given, offset.tolist()))


def read_days(connection: psycopg.Connection[Any]) -> set[int]:
    """Return the days that there is room for, counted from 1970."""
    rows = connection.execute(
        "SELECT day - date '1970-01-01' FROM gridtwin.reading_days() day"
    ).fetchall()
    return {day for (day,) in rows}


def make_days(connection: psycopg.Connection[Any], wanted: Iterable[int]) -> None:
    """Make room for the readings of days, counted from 1970."""
    for day in sorted(wanted):
        connection.execute(
            "SELECT gridtwin.make_reading_days(date '1970-01-01' + %(day)s,"
            " date '1970-01-01' + %(day)s)",
            {"day": day},
        )


def make_room_today(connection: psycopg.Connection[Any]) -> None:
    """Make room for the messages that come today and tomorrow."""
    connection.execute(
        "SELECT gridtwin.make_raw_days(d, d + 1) FROM"
        " (SELECT (now() AT TIME ZONE 'UTC')::date) n (d)"
    )
