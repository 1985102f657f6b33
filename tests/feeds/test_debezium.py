"""A real Debezium on a real Kafka Connect reads a real PostgreSQL; the twin stays equal to it."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

import gridtwin
from gridtwin.live.feed_following import FeedFollower
from gridtwin.model.feed_changes import FeedBatch
from gridtwin.model.feed_tables import FEED_TABLES
from gridtwin.store.postgis.cluster import Cluster, run_cluster
from gridtwin.store.protocol import Store
from gridtwin.stream.feeds.feed_decoding import FeedDecoder
from gridtwin.stream.feeds.feed_map_file import read_feed_map
from gridtwin.stream.feeds.topic_source import Arrived, TopicSource
from gridtwin.stream.topics import make_topics
from kafka import Kafka
from kafka_connect import run_connect
from networks import two_feeders_with_a_tie
from waiting import started, wait_until

pytestmark = pytest.mark.long

GRIDTWIN = Path(sys.executable).parent / "gridtwin"
SOURCE_TABLES = """
CREATE TABLE crew (
    id bigint PRIMARY KEY, crew_no text NOT NULL, crew_name text NOT NULL, st char(2) NOT NULL,
    lon numeric(9, 5), lat numeric(9, 5)
);
CREATE TABLE work_order (
    wo text NOT NULL, plant text NOT NULL, st text NOT NULL, asset text, planned timestamptz,
    long_text text, PRIMARY KEY (wo, plant)
);
CREATE PUBLICATION {slot} FOR TABLE crew, work_order;
"""
MAP = """
[crews]
topic = "{slot}.public.crew"
target = "crews"
unknown = "keep"
[crews.columns]
mrid = "crew_no"
name = "crew_name"
status = {{ field = "st", values = {{ A = "available", W = "on_site" }}, other = "off_duty" }}
home_lon = "lon"
home_lat = "lat"

[orders]
topic = "{slot}.public.work_order"
target = "work_orders"
unknown = "refuse"
[orders.columns]
work_order = {{ field = ["plant", "wo"] }}
status = {{ field = "st", values = {{ open = "released", done = "completed" }} }}
element = "asset"
planned_start = "planned"
description = "long_text"
"""
CREWS_THERE = """
SELECT crew_no, crew_name, CASE trim(st) WHEN 'A' THEN 'available' WHEN 'W' THEN 'on_site'
    ELSE 'off_duty' END, lon::float8, lat::float8 FROM crew ORDER BY crew_no COLLATE "C"
"""
ORDERS_THERE = """
SELECT plant || '-' || wo, CASE st WHEN 'open' THEN 'released' ELSE 'completed' END,
    coalesce(asset, ''), planned, coalesce(long_text, '')
FROM work_order ORDER BY (plant || '-' || wo) COLLATE "C"
"""


@pytest.fixture(scope="module")
def source() -> Iterator[Cluster]:
    """Return a PostgreSQL that can be read by a slot, as another system's would be."""
    with run_cluster({"wal_level": "logical"}) as running:
        yield running


class CustomerSystem:
    """The source: its database, and people who work in it."""

    def __init__(self, link: psycopg.Connection[Any], slot: str) -> None:
        self.link, self.slot = link, slot
        self._random = random.Random(slot)
        self._last = 0
        for statement in SOURCE_TABLES.format(slot=slot).split(";"):
            if statement.strip():
                link.execute(statement.encode())

    def add(self, count: int) -> None:
        """Insert rows."""
        for _ in range(count):
            self._last += 1
            number = self._last
            self.link.execute(
                "INSERT INTO crew VALUES (%s, %s, %s, %s, %s, %s)",
                (number, f"C-{number}", f"Crew {number}", self._random.choice("AWX"),
                 -95 - number / 1e4, 29 + number / 1e4),
            )  # fmt: skip
            text = "x" * self._random.choice((10, 900)) if number % 3 else None
            self.link.execute(
                "INSERT INTO work_order VALUES (%s, %s, %s, %s, now(), %s)",
                (str(number), "P1", self._random.choice(("open", "done")), "L1", text),
            )

    def work(self, count: int) -> None:
        """Do what people do: change rows, delete them, number them anew, some of it at once."""
        for _ in range(count):
            with self.link.transaction():
                for _ in range(self._random.choice((1, 1, 3))):
                    self._work_once()

    def _work_once(self) -> None:
        number = self._random.randint(1, self._last)
        what = self._random.random()
        if what < 0.5:
            self.link.execute(
                "UPDATE crew SET st = %s, crew_name = crew_name || '.' WHERE id = %s",
                (self._random.choice("AWX"), number),
            )
        elif what < 0.65:
            self.link.execute("DELETE FROM crew WHERE id = %s", (number,))
        elif what < 0.75:
            self._last += 1
            self.link.execute(
                "UPDATE crew SET id = %s, crew_no = 'N-' || crew_no WHERE id = %s",
                (self._last, number),
            )
        elif what < 0.85:
            self._last += 1
            self.link.execute(
                "UPDATE work_order SET wo = %s WHERE wo = %s", (str(self._last), str(number))
            )
        elif what < 0.95:
            self.link.execute(
                "UPDATE work_order SET st = 'done', planned = now() WHERE wo = %s", (str(number),)
            )
        else:
            self.add(1)

    def list_crews(self) -> list[tuple[Any, ...]]:
        """Return the crews as the twin is to have them."""
        return self.link.execute(CREWS_THERE).fetchall()

    def list_orders(self) -> list[tuple[Any, ...]]:
        """Return the work orders as the twin is to have them."""
        return self.link.execute(ORDERS_THERE).fetchall()


def list_crews(store: Store) -> list[tuple[Any, ...]]:
    return [
        (crew.mrid, crew.name, crew.status, crew.home_lon, crew.home_lat)
        for crew in store.crews.list_crews()
    ]


def list_orders(store: Store) -> list[tuple[Any, ...]]:
    table = FEED_TABLES["work_orders"]
    return [
        (order["work_order"], order["status"], order["element"],
         order["planned_start"] and datetime.fromisoformat(order["planned_start"]),
         order["description"])
        for order in (
            dict(zip(table.names, row, strict=True)) for row in store.feeds.read_rows(table, {})
        )
    ]  # fmt: skip


@pytest.fixture(params=["local", "postgis"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return where a twin is kept."""
    where = tmp_path / "small.twin"
    if request.param == "postgis":
        where = request.getfixturevalue("database")
    gridtwin.open(two_feeders_with_a_tie()).save(where)
    return str(where)


def test_the_twin_is_equal_to_the_source_whatever_is_killed(
    kafka: Kafka, source: Cluster, place: str, tmp_path: Path
) -> None:
    slot = f"cis_{place.rpartition('/')[2].replace('.', '_')}"[:40]
    feeds = tmp_path / "feeds.toml"
    feeds.write_text(MAP.format(slot=slot))
    make_topics(kafka.brokers, {f"{slot}.public.crew": 3, f"{slot}.public.work_order": 2})
    command = [
        str(GRIDTWIN), "feeds", "run", "--source", f"kafka://{kafka.brokers}", "--map", str(feeds),
        "--in", place,
    ]  # fmt: skip
    with ExitStack() as stack:
        database = stack.enter_context(source.create_database(spatial=False))
        link = stack.enter_context(
            psycopg.connect(
                source.build_url(database.rpartition("/")[2], user="postgres"), autocommit=True
            )
        )
        system = CustomerSystem(link, slot)
        stack.callback(drop_slot, link, slot)
        worker = stack.enter_context(run_connect(tmp_path / "connect", kafka.brokers, slot))
        system.add(300)
        worker.connect_postgres(database, "public.crew,public.work_order", slot=slot)
        store = gridtwin.open(place).store

        def is_equal() -> bool:
            return (
                list_crews(store) == system.list_crews()
                and list_orders(store) == system.list_orders()
            )

        def tell() -> str:
            log = worker.log.read_text(errors="replace")[-3000:]
            return f"{store.feeds.list_status()}\n{log}"

        for _ in range(3):  # the feed is killed under changes
            with started(command, stderr=subprocess.PIPE) as feed:
                system.work(60)
                wait_until(store.feeds.list_status, tell, process=feed)
        wait_until(lambda: worker.has_kept_snapshot(slot), tell)
        worker.kill()  # and the connector, which tells again what it had told
        system.work(100)
        worker.start()
        with started(command, stderr=subprocess.PIPE) as feed:
            wait_until(is_equal, tell, process=feed)
            link.execute("ALTER TABLE crew ADD COLUMN radio text")
            link.execute("UPDATE crew SET radio = 'CH-' || id")
            system.work(50)
            link.execute("TRUNCATE work_order")
            system.work(50)
            wait_until(is_equal, tell, process=feed)
        assert not store.feeds.list_letters()
        (told,) = link.execute("SELECT count(radio) FROM crew").fetchone() or (0,)
        assert count_kept(place) == told > 200

        tell_again(store, kafka, feeds, system)
        assert is_equal()
        check_refused_column(store, feeds, system, command, tell)


def drop_slot(link: psycopg.Connection[Any], slot: str) -> None:
    """Let a database be dropped that a connector, which is gone, has read."""
    asked = "SELECT count(pg_drop_replication_slot(slot_name)) FROM pg_replication_slots"
    wait_until(
        lambda: (
            link.execute(
                "SELECT NOT active FROM pg_replication_slots WHERE slot_name = %s", (slot,)
            ).fetchone()
            in {None, (True,)}
        )
    )
    link.execute(f"{asked} WHERE slot_name = %s".encode(), (slot,))


def count_kept(place: str) -> int:
    """Return how many crews have the column that no map names."""
    if place.startswith("postgresql://"):
        with psycopg.connect(place) as link:
            row = link.execute(
                "SELECT count(*) FROM gridtwin.crews WHERE own ->> 'radio' LIKE 'CH-%'"
            ).fetchone()
            assert row is not None
            return int(row[0])
    import sqlite3

    with sqlite3.connect(Path(place) / "state.sqlite") as link:
        asked = "SELECT count(*) FROM crews WHERE json_extract(own, '$.radio') LIKE 'CH-%'"
        return int(link.execute(asked).fetchone()[0])


def tell_again(store: Store, kafka: Kafka, feeds: Path, system: CustomerSystem) -> None:
    """Deliver all that was ever told once more, each topic upside down."""
    topics = [f"{system.slot}.public.crew", f"{system.slot}.public.work_order"]
    reader = TopicSource(kafka.brokers, topics)
    try:
        reader.begin({})
        parts: list[Arrived] = []
        while not reader.is_at_end:
            parts += reader.read(1.0)
    finally:
        reader.close()
    assert sum(len(part.messages) for part in parts) > 500
    decoders = {feed.topic: FeedDecoder(feed) for feed in read_feed_map(feeds)}
    for part in reversed(parts):
        again = part.messages[::-1]
        for at in range(0, len(again), 50):
            decoded = decoders[part.name].decode_messages(again[at : at + 50])
            store.feeds.apply_batch(FeedBatch(changes=decoded.changes), {})


def check_refused_column(
    store: Store, feeds: Path, system: CustomerSystem, command: list[str], tell: Any
) -> None:
    """Refuse a column that nobody named until the map names it; then nothing is lost."""
    system.link.execute("ALTER TABLE work_order ADD COLUMN cost numeric(9, 2)")
    system.link.execute("UPDATE work_order SET cost = 17.5, st = 'done'")
    count = len(system.list_orders())
    with started(command, stderr=subprocess.PIPE) as feed:
        wait_until(lambda: len(store.feeds.list_letters()) == count, tell, process=feed)
    assert {letter.reason for letter in store.feeds.list_letters()} == {
        "columns that the map does not name: cost"
    }
    feeds.write_text(feeds.read_text().replace('"refuse"', '"refuse"\nignore = ["cost"]'))
    follower = FeedFollower(store, read_feed_map(feeds))
    assert follower.replay_letters() == (count, 0)
    assert list_orders(store) == system.list_orders()
