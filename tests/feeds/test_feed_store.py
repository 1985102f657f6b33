"""What feeds bring is kept in the order of its source, all of it or nothing, in every store."""

from __future__ import annotations

import itertools
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

import gridtwin
from gridtwin.errors import InputError, StoreError
from gridtwin.model.crews import Crew
from gridtwin.model.feed_changes import (
    FeedBatch,
    FeedChanges,
    FeedLetter,
    FeedSource,
    RowChange,
    Truncation,
)
from gridtwin.model.feed_tables import FEED_TABLES, FeedRow, FeedTable
from gridtwin.store.postgis.connect import connect
from gridtwin.store.protocol import Store
from gridtwin.twin import Twin
from networks import two_feeders_with_a_tie
from postgres import Cluster
from waiting import PATIENCE_S, wait_until

CREWS = FEED_TABLES["crews"]
SOURCE = FeedSource("crews", "t:0")


def change(number: int, at: int, mrid: str | None = "", name: str = "", **more: Any) -> RowChange:
    """Return what a row of the source became at a position; gone without an mRID."""
    mrid = f"C-{number}" if mrid == "" else mrid
    row = mrid and (mrid, name or f"as of {at}", "", "available", "car", "", None, None)
    return RowChange(f'["{number}"]', f"{at:09d}", row or None, **more)


def write(store: Store, *changes: RowChange | Truncation, feed: str = "crews") -> tuple[int, ...]:
    """Write changes, those of a row once; return what came of it."""
    runs: list[Any] = []
    for each in changes:
        if isinstance(each, Truncation):
            runs += [each, []]
        elif runs and isinstance(runs[-1], list):
            runs[-1].append(each)
        else:
            runs.append([each])
    batch = FeedBatch([FeedChanges(feed, CREWS, run) for run in runs if run])
    return tuple(store.feeds.apply_batch(batch, {}))


def names(store: Store) -> dict[str, str]:
    return {crew.mrid: crew.name for crew in store.crews.list_crews()}


def test_what_is_late_never_brings_back_a_row_or_a_value(twin: Twin) -> None:
    store = twin.store
    assert write(store, change(1, 5), change(2, 6)) == (2, 0, 0, 0)
    assert write(store, change(1, 9), change(2, 9, None)) == (1, 1, 0, 0)
    assert write(store, change(1, 7), change(2, 8)) == (0, 0, 2, 0)
    assert names(store) == {"C-1": "as of 9"}
    assert write(store, change(3, 4, None), change(3 + 1, 4)) == (1, 1, 0, 0)
    assert write(store, change(3, 3)) == (0, 0, 1, 0)  # deleted before it was ever seen
    assert write(store, change(2, 10)) == (1, 0, 0, 0)  # made anew
    assert names(store) == {"C-1": "as of 9", "C-2": "as of 10", "C-4": "as of 4"}
    (status,) = store.feeds.list_status()
    assert (status.feed, status.rows, status.deletes) == ("crews", 3, 1)


def test_any_order_of_delivery_comes_to_the_same(twin: Twin) -> None:
    told = [
        change(1, 1),
        change(1, 2, "C-9"),
        change(1, 3, None),
        change(2, 2),
        change(2, 4, "C-1"),
    ]
    orders = list(itertools.permutations(told))
    for order in random.Random(3).sample(orders, 12):
        for at, each in enumerate(order):
            write(twin.store, each, feed=f"f{orders.index(order)}")
            if at % 2:
                write(twin.store, order[at - 1], feed=f"f{orders.index(order)}")
        assert names(twin.store) == {"C-1": "as of 4"}, order


def test_a_row_that_goes_by_another_key_leaves_its_old_one(twin: Twin) -> None:
    store = twin.store
    write(store, change(1, 1, "C-1"), change(2, 1, "C-2"))
    write(store, change(1, 2, "C-2", "first"), change(2, 3, "C-3", "second"))
    assert names(store) == {"C-2": "first", "C-3": "second"}
    write(store, change(1, 4, None))
    assert names(store) == {"C-3": "second"}


def test_a_truncation_takes_what_was_before_it_and_nothing_else(twin: Twin) -> None:
    store = twin.store
    store.crews.write_crews([Crew("C-0", "written here")])
    write(store, change(1, 1), change(2, 8))
    write(store, change(3, 1), feed="others")
    assert write(store, Truncation("000000005"))[1] == 1
    assert names(store) == {"C-0": "written here", "C-2": "as of 8", "C-3": "as of 1"}
    assert write(store, change(1, 3), change(4, 4)) == (0, 0, 2, 0)
    assert write(store, change(1, 6), Truncation("000000007"), change(4, 9)) == (1 + 1, 1, 0, 0)
    assert write(store, Truncation("000000002")) == (0, 0, 0, 0)  # told again
    assert set(names(store)) == {"C-0", "C-2", "C-3", "C-4"}


def test_what_a_source_left_out_stays_as_it_was(twin: Twin) -> None:
    store = twin.store
    write(store, change(1, 1), change(2, 1))
    left = change(1, 2, name="new", unchanged=("vehicle",))
    assert left.row is not None
    write(store, left._replace(row=(*left.row[:4], "", *left.row[5:])), change(2, 2))
    assert [(crew.name, crew.vehicle) for crew in store.crews.list_crews()] == [
        ("new", "car"), ("as of 2", "car"),
    ]  # fmt: skip


def test_rows_letters_and_offsets_are_written_together_or_not_at_all(twin: Twin) -> None:
    store = twin.store
    letter = FeedLetter("crews", "t:0:7", "no JSON", None, b"{")
    batch = FeedBatch([FeedChanges("crews", CREWS, [change(1, 1)])], [letter], {SOURCE: 8})
    assert tuple(store.feeds.apply_batch(batch, {})) == (1, 0, 0, 1)
    assert store.feeds.read_offsets() == {SOURCE: 8}
    assert store.feeds.list_letters() == [letter]
    assert store.feeds.list_letters("others") == []

    broken = change(2, 2, "")._replace(row=("C-2", "x", "", "no status", "", "", None, None))
    spoiled = FeedBatch(
        [FeedChanges("crews", CREWS, [change(3, 3)]), FeedChanges("crews", CREWS, [broken])],
        [letter._replace(place="t:0:9")], {SOURCE: 10},
    )  # fmt: skip
    with pytest.raises(StoreError):
        store.feeds.apply_batch(spoiled, {SOURCE: 8})
    assert (names(store), store.feeds.read_offsets()) == ({"C-1": "as of 1"}, {SOURCE: 8})
    assert store.feeds.list_letters() == [letter]


def test_a_second_reader_of_a_source_is_told_so(twin: Twin) -> None:
    store = twin.store
    store.feeds.apply_batch(FeedBatch(offsets={SOURCE: 8}), {})
    with pytest.raises(StoreError, match=r"t:0 was read by somebody else meanwhile"):
        store.feeds.apply_batch(
            FeedBatch([FeedChanges("crews", CREWS, [change(1, 1)])], offsets={SOURCE: 9}), {}
        )
    assert names(store) == {}
    store.feeds.apply_batch(FeedBatch(offsets={SOURCE: 9}), {SOURCE: 8})
    assert store.feeds.read_offsets() == {SOURCE: 9}


def make_samples(table: FeedTable) -> tuple[FeedRow, FeedRow]:
    """Return a row with all values, and one with those that must be."""
    samples = {"text": "x", "number": 1.5, "whole": 3, "time": "2026-07-01T12:00:00.000000+00:00"}
    full = tuple(
        each.choices[0] if each.choices else "AB" if each.pattern else samples[each.kind]
        for each in table.columns
    )
    least = tuple(
        value
        if each.required
        else ("" if each.kind == "text" and not each.is_nullable_text else None)
        for each, value in zip(table.columns, full, strict=True)
    )
    return full, least


def test_a_feed_is_forgotten_whole_while_somebody_reads_it(database: str) -> None:
    store = gridtwin.open(two_feeders_with_a_tie()).save(database).store
    waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"
    with connect(database) as reader, connect(database, autocommit=True) as watch:
        reader.execute("LOCK TABLE gridtwin.feed_offsets IN SHARE ROW EXCLUSIVE MODE")
        with ThreadPoolExecutor(1) as pool:
            forgetting = pool.submit(store.feeds.forget_feed, "crews")
            wait_until(lambda: watch.execute(waits).fetchone() == (True,))
            reader.execute(
                "INSERT INTO gridtwin.crews (mrid, name, status, feed, feed_key)"
                " VALUES ('C-1', 'Line 1', 'available', 'crews', '[\"1\"]')"
            )
            reader.commit()
            assert forgetting.result(timeout=PATIENCE_S) == 1
    assert names(store) == {}


def test_every_table_takes_a_row_that_its_contract_takes(twin: Twin) -> None:
    feeds = twin.store.feeds
    for table in (each for each in FEED_TABLES.values() if not each.is_series):
        full, least = make_samples(table)
        for at, row in enumerate((full, least), start=1):
            change = RowChange('["1"]', str(at), row, '{"a": 1}')
            batch = FeedBatch([FeedChanges(table.name, table, [change])])
            assert feeds.apply_batch(batch, {}).written == 1
            assert feeds.read_rows(table, {}) == [row]
        assert len(feeds.read_rows(table, {table.key[0]: [full[0], "nothing"]})) == 1
        assert feeds.read_rows(table, {table.key[0]: []}) == []


def test_weather_and_prices_join_the_readings(tmp_path: Path, database: str) -> None:
    table, zones = FEED_TABLES["conditions"], FEED_TABLES["zone_prices"]
    hour = [f"2026-07-01T12:{minute:02}:00.000000+00:00" for minute in (0, 15, 30)]
    network = two_feeders_with_a_tie()
    for where in (tmp_path / "small.twin", database):
        store = gridtwin.open(network).save(where).store

        def write_row(feed: str, at: int, row: Any, to: FeedTable = table) -> tuple[int, ...]:
            key = f'["{row[0]}"]' if row else f'["{hour[0]}"]'
            batch = FeedBatch([FeedChanges(feed, to, [RowChange(key, f"{at:04}", row)])])
            return tuple(store.feeds.apply_batch(batch, {}))  # noqa: B023

        assert write_row("weather", 1, (hour[0], 31.5, None)) == (1, 0, 0, 0)
        assert write_row("market", 1, (hour[0], None, 48.25)) == (1, 0, 0, 0)
        assert write_row("weather", 5, (hour[1], 32.0, None)) == (1, 0, 0, 0)
        assert write_row("weather", 4, (hour[1], 99.0, None)) == (0, 0, 1, 0)  # late
        assert write_row("weather", 6, None) == (0, 1, 0, 0)  # no value is ever deleted
        kept = store.readings.read_conditions(0, 2_000_000_000)
        assert kept.temperature_c.tolist() == [31.5, 32.0]
        assert kept.price_usd_mwh.tolist()[0] == 48.25
        assert write_row("zones", 1, (hour[0], "NORTH", 40.0), zones) == (1, 0, 0, 0)
        assert write_row("zones", 2, (hour[0], "NORTH", 41.0), zones) == (1, 0, 0, 0)
    with psycopg.connect(database) as link:
        assert link.execute(
            "SELECT load_zone, price_usd_mwh FROM gridtwin.zone_prices"
        ).fetchall() == [("NORTH", 41.0)]
    memory = gridtwin.open(network).store
    batch = FeedBatch([FeedChanges("w", table, [RowChange("[]", "1", (hour[2], 20.0, None))])])
    with pytest.raises(InputError, match="keeps no readings"):
        memory.feeds.apply_batch(batch, {})


def test_the_operator_of_a_database_may_feed_it(postgres: Cluster, database: str) -> None:
    gridtwin.open(two_feeders_with_a_tie()).save(database)
    login = f"feeder_{database.rpartition('_')[2]}"
    postgres.execute(f"CREATE ROLE {login} LOGIN IN ROLE gridtwin_operator")
    try:
        store = gridtwin.open(postgres.build_url(database.rpartition("/")[2], user=login)).store
        assert write(store, change(1, 1), change(2, 2, None)) == (1, 1, 0, 0)
        assert names(store) == {"C-1": "as of 1"}
        store.close()  # type: ignore[attr-defined]
    finally:
        postgres.execute(f"DROP ROLE {login}")


def test_who_only_reads_a_database_sees_no_person(postgres: Cluster, database: str) -> None:
    store = gridtwin.open(two_feeders_with_a_tie()).save(database).store
    letter = FeedLetter("parties", "t:0:1", "name 'Ann Winward' is ...", None, b"{}")
    store.feeds.apply_batch(FeedBatch(letters=[letter]), {})
    login = f"looker_{database.rpartition('_')[2]}"
    postgres.execute(f"CREATE ROLE {login} LOGIN IN ROLE gridtwin_reader")
    try:
        url = postgres.build_url(database.rpartition("/")[2], user=login)
        reader = gridtwin.open(url).store
        assert [(each.feed, each.letters) for each in reader.feeds.list_status()] == [
            ("parties", 1)
        ]
        with pytest.raises(StoreError, match="GRANT gridtwin_operator"):
            reader.feeds.list_letters()
        with connect(url, autocommit=True) as link:
            link.execute("SELECT party, kind FROM gridtwin.parties")
            for words in (
                "SELECT name FROM gridtwin.parties",
                "SELECT needs FROM gridtwin.accounts",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    link.execute(words)
        reader.close()  # type: ignore[attr-defined]
    finally:
        postgres.execute(f"DROP ROLE {login}")
