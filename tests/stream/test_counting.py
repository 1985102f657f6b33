"""Of all that is said of a meter and a time, the highest offset counts, however it is batched."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from examples import scale_examples
from gridtwin.model.ids import SortedIds
from gridtwin.model.tables import encode_texts
from gridtwin.store.postgis.connect import connect
from gridtwin.store.postgis.migrate import migrate
from gridtwin.stream.contracts import Window
from gridtwin.stream.ingest import batch_writing, claims
from gridtwin.stream.ingest.batch import find_newest, prepare_batch
from gridtwin.stream.ingest.claims import Claim
from gridtwin.stream.ingest.housekeeping import Keeper, KeeperRules
from gridtwin.stream.reader import Messages
from meter_stream import START_S, reading
from waiting import PATIENCE_S, wait_until

if TYPE_CHECKING:
    import psycopg

NAMES = [f"UP-{n}" for n in range(6)]
WAITS = "SELECT 1 FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted"


@pytest.fixture
def readings(database: str) -> Iterator[psycopg.Connection[Any]]:
    """Return a connection to a database that knows some meters and has room for a day."""
    with connect(database, autocommit=True) as connection:
        migrate(connection)
        connection.execute(
            "INSERT INTO gridtwin.meters (mrid, transformer)"
            " SELECT 'UP-' || n, 'T' || n / 3 FROM generate_series(0, 5) n"
        )
        connection.execute("SELECT gridtwin.make_reading_days('2026-07-01', '2026-07-01')")
        connection.execute(batch_writing.CREATE_STAGE)
        yield connection


def known(connection: psycopg.Connection[Any]) -> SortedIds:
    rows = connection.execute("SELECT mrid, meter FROM gridtwin.meters ORDER BY mrid").fetchall()
    return SortedIds(
        encode_texts([mrid for mrid, _ in rows]), np.array([n for _, n in rows], np.int32)
    )


SAID = st.lists(st.tuples(st.integers(0, 5), st.integers(1, 4), st.integers(0, 9)), max_size=30)


@settings(
    max_examples=scale_examples(40),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(said=SAID, cuts=st.sets(st.integers(0, 30)), order=st.randoms(use_true_random=False))
def test_batches_in_any_order_and_any_size_leave_what_the_highest_offset_said(
    readings: psycopg.Connection[Any], said: list[tuple[int, int, int]], cuts: set[int], order: Any
) -> None:
    readings.execute("TRUNCATE gridtwin.ami_silver, gridtwin.ami_gold")
    values = [reading(NAMES[m], START_S + 900 * at, kwh) for m, at, kwh in said]
    edges = [0, *sorted(cut for cut in cuts if cut < len(said)), len(said)]
    batches = [range(a, b) for a, b in pairwise(edges)]
    order.shuffle(batches)  # as after a replay, or when a dead letter is taken late
    for batch in [*batches, *batches[:1]]:
        offsets = np.array(batch, dtype=np.int64)
        part = Messages("t", np.zeros(len(batch), np.int32), offsets, [values[at] for at in batch])
        with readings.transaction():
            batch_writing.write_ready(readings, "t", prepare_batch(part, known(readings), Window()))
    want = {(NAMES[m], at): (kwh, place) for place, (m, at, kwh) in enumerate(said)}
    rows = readings.execute(
        "SELECT g.meter_id, (extract(epoch FROM g.reading_time) - %s) / 900, g.kwh, s.kafka_offset"
        " FROM gridtwin.ami_silver s JOIN gridtwin.ami_gold g USING (reading_time, meter)"
        " WHERE s.kwh = g.kwh",
        (START_S,),
    ).fetchall()
    assert {(meter, int(at)): (kwh, place) for meter, at, kwh, place in rows} == want
    assert len(rows) == len(want)


@given(SAID)
def test_what_counts_of_a_batch_is_the_last_of_each_sorted(
    said: list[tuple[int, int, int]],
) -> None:
    at = np.array([at for _, at, _ in said], dtype=np.int64)
    meter = np.array([meter for meter, _, _ in said], dtype=np.int32)
    rows = find_newest(at, meter, np.arange(len(said))).tolist()
    last = {(at, meter): place for place, (meter, at, _) in enumerate(said)}
    assert rows == [last[place] for place in sorted(last)]


def test_a_claim_takes_a_partition_from_whoever_held_it(readings: psycopg.Connection[Any]) -> None:
    place = ("t", 0)
    old = claims.claim_partitions(readings, "s", "first", [place])
    assert old == {place: Claim(1, 0)}
    assert claims.lock_claims(readings, "s", old).valid == {place}
    claims.write_offsets(readings, "s", {place: 7})
    assert claims.lock_claims(readings, "s", old).behind == {place}
    new = claims.claim_partitions(readings, "s", "second", [place])
    assert new == {place: Claim(2, 7)}
    assert claims.lock_claims(readings, "s", old).lost == {place}
    assert claims.lock_claims(readings, "s", new).valid == {place}
    assert claims.lock_claims(readings, "another", new).lost == {place}


def test_the_keeper_drops_old_days_and_makes_room_for_tomorrow(
    readings: psycopg.Connection[Any], database: str
) -> None:
    readings.execute("SELECT gridtwin.make_reading_days('2026-07-02', '2026-07-09')")
    readings.execute(
        "INSERT INTO gridtwin.conditions VALUES ('2026-07-02 12:00Z'), ('2026-07-09Z')"
    )
    Keeper(database, KeeperRules(keep_days=3)).do_due_work(readings)
    days = readings.execute("SELECT to_char(gridtwin.reading_days(), 'MM-DD')").fetchall()
    assert days == [("07-07",), ("07-08",), ("07-09",)]
    assert readings.execute("SELECT count(*) FROM gridtwin.conditions").fetchone() == (1,)
    raw = readings.execute(
        "SELECT count(*) FROM pg_inherits WHERE inhparent = 'gridtwin.ami_bronze'::regclass"
    )
    assert raw.fetchone() == (2,)


def test_only_one_keeper_keeps_house_at_a_time(
    readings: psycopg.Connection[Any], database: str
) -> None:
    readings.execute(
        "INSERT INTO gridtwin.loads_due VALUES ('2026-07-01 12:00Z', now() - interval '1 h')"
    )
    with connect(database, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(x'677269640005'::bigint)")
        Keeper(database).do_due_work(readings)
        assert readings.execute("SELECT count(*) FROM gridtwin.loads_due").fetchone() == (1,)
        other.execute("SELECT pg_advisory_unlock(x'677269640005'::bigint)")
    Keeper(database).do_due_work(readings)
    assert readings.execute("SELECT count(*) FROM gridtwin.loads_due").fetchone() == (0,)


def test_who_meets_another_writer_of_a_reading_leaves_the_later_one(
    readings: psycopg.Connection[Any], database: str
) -> None:
    names = known(readings)

    def write(connection: psycopg.Connection[Any], offset: int, kwh: int) -> None:
        said = [reading(name, START_S + 900, kwh) for name in NAMES[:2]]
        offsets = np.arange(offset, offset + 2)
        ready = prepare_batch(Messages("t", np.zeros(2, np.int32), offsets, said), names, Window())
        with connection.transaction():
            batch_writing.write_ready(connection, "t", ready)

    with connect(database) as other, ThreadPoolExecutor(1) as pool:
        other.execute(batch_writing.CREATE_STAGE)
        write(other, 2, 7)
        met = pool.submit(write, readings, 0, 3)  # of lower offsets: it stands behind the other
        with connect(database, autocommit=True) as looking:
            wait_until(lambda: looking.execute(WAITS).fetchone())
        other.commit()
        met.result(PATIENCE_S)
    for table in ("ami_silver", "ami_gold"):
        rows = readings.execute(f"SELECT kwh FROM gridtwin.{table}").fetchall()  # noqa: S608
        assert rows == [(7,), (7,)]


def test_an_interval_touched_while_it_is_summed_stays_due(
    readings: psycopg.Connection[Any], database: str
) -> None:
    at = START_S + 900
    with connect(database) as writer:
        writer.execute(batch_writing.CREATE_STAGE)
        batch_writing.mark_due(writer, np.array([at]))
        writer.commit()
        part = Messages("t", np.zeros(1, np.int32), np.zeros(1, np.int64), [reading("UP-0", at, 1)])
        batch_writing.write_ready(writer, "t", prepare_batch(part, known(readings), Window()))
        writer.commit()
        readings.execute("SELECT gridtwin.sum_loads(to_timestamp(%s))", (at,))
        assert readings.execute("SELECT kwh FROM gridtwin.transformer_load").fetchall() == [(1,)]
        assert readings.execute("SELECT count(*) FROM gridtwin.loads_due").fetchone() == (0,)
        # A batch under way: what is due is marked, but nobody sees it yet.
        part = Messages("t", np.zeros(1, np.int32), np.ones(1, np.int64), [reading("UP-1", at, 2)])
        batch_writing.write_ready(writer, "t", prepare_batch(part, known(readings), Window()))
        batch_writing.mark_due(writer, np.array([at]))
        readings.execute("SELECT gridtwin.sum_loads(to_timestamp(%s))", (at,))
        writer.commit()
    assert readings.execute("SELECT count(*) FROM gridtwin.loads_due").fetchone() == (1,)
    readings.execute("SELECT gridtwin.sum_loads(to_timestamp(%s))", (at,))
    assert readings.execute("SELECT kwh FROM gridtwin.transformer_load").fetchall() == [(3,)]
