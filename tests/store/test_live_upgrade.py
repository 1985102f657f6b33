"""Others go on while a schema is upgraded: clients of the release before, and a running server."""

from __future__ import annotations

import logging
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
import pytest

import gridtwin
from api.conftest import served
from gridtwin.errors import StoreError, StoreVersionError
from gridtwin.store.postgis.connect import connect
from gridtwin.store.postgis.migrate import list_migrations, migrate
from postgres import Cluster, copy_of
from served import TOKEN
from waiting import PATIENCE_S, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
ROUNDS = 5  # answers that each client gets before, while, and after
THINKS_S = 0.02  # a client between two questions
QUESTIONS = (
    "SELECT gridtwin.customers_downstream('RCL-0000001')",
    "SELECT * FROM gridtwin.explain('RCL-0000001')",
    "SELECT mrid, kind FROM gridtwin.equipment WHERE mrid = 'RCL-0000001'",
    "SELECT * FROM grid.circuit_status_realtime",
    "SELECT * FROM grid.open_outages",
    "UPDATE gridtwin.outages SET cause = cause",
)
NEXT_RELEASE = """BEGIN;
ALTER TABLE gridtwin.equipment ADD COLUMN next_word text;
ALTER TABLE gridtwin.usage_points ADD COLUMN next_word text;
ALTER TABLE gridtwin.state_switches ADD COLUMN next_word text;
CREATE INDEX outages_next ON gridtwin.outages (device, status);
INSERT INTO gridtwin.migrations (number, name) VALUES ({number}, 'next_release');
COMMIT;
"""


@dataclass
class Asker:
    """Asks one thing over and over, in a thread of its own."""

    ask: Callable[[], object]
    answers: int = 0
    failures: list[str] = field(default_factory=list)

    def go_on(self, stop: threading.Event) -> None:
        while not stop.wait(THINKS_S) and not self.failures:
            try:
                self.ask()
                self.answers += 1
            except (psycopg.Error, httpx.HTTPError, AssertionError) as error:
                self.failures.append(f"{type(error).__name__}: {error}")


@contextmanager
def asking(askers: list[Asker]) -> Iterator[Callable[[], None]]:
    """Let all ask; give what waits until each got some more answers, and fails with one of them."""
    stop = threading.Event()
    threads = [threading.Thread(target=each.go_on, args=(stop,)) for each in askers]

    def wait_for_all() -> None:
        before = [each.answers for each in askers]

        def all_went_on() -> bool:
            assert not [each.failures for each in askers if each.failures]
            told = zip(askers, before, strict=True)
            return all(each.answers >= count + ROUNDS for each, count in told)

        wait_until(all_went_on)

    for thread in threads:
        thread.start()
    try:
        yield wait_for_all
        wait_for_all()
    finally:
        stop.set()
        for thread in threads:
            thread.join(PATIENCE_S)


@contextmanager
def holding(url: str) -> Iterator[psycopg.Connection[Any]]:
    """Read a table in a transaction that stays open, as a dump of the database does."""
    with psycopg.connect(url, application_name="a long dump") as connection:
        connection.execute("SELECT count(*) FROM gridtwin.equipment")
        yield connection


@contextmanager
def upgrading(
    url: str, caplog: pytest.LogCaptureFixture, directory: Path | None = None
) -> Iterator[Callable[[], list[str]]]:
    """Upgrade while a dump holds a table; give what ends the dump and waits for the upgrade."""

    def upgrade() -> list[str]:
        with connect(url) as connection:
            return migrate(connection, directory=directory)

    def end_dump() -> list[str]:
        dump.close()
        return done.result(PATIENCE_S)

    caplog.set_level(logging.INFO, "gridtwin.postgis")
    with ThreadPoolExecutor(1) as pool, holding(url) as dump:
        done = pool.submit(upgrade)
        wait_until(lambda: "locked by" in caplog.text or done.done())
        assert "a long dump" in caplog.text
        yield end_dump


def list_files(url: str) -> dict[str, int]:
    """Return the file of each table, which is another once the table was written anew."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT oid::regclass::text, relfilenode::bigint FROM pg_class"
            " WHERE relnamespace = 'gridtwin'::regnamespace AND relkind IN ('r', 'i')"
        )
        return dict(rows.fetchall())


@pytest.fixture
def old(postgres: Cluster, filled: str) -> Iterator[str]:
    """Return the address of a database of the release before, with a twin."""
    with copy_of(postgres, filled) as url:
        yield url


def test_clients_of_the_release_before_go_on(old: str, caplog: pytest.LogCaptureFixture) -> None:
    files = list_files(old)
    with ExitStack() as stack:
        askers = []
        for question in QUESTIONS:
            own = stack.enter_context(connect(old, autocommit=True))
            own.prepare_threshold = 1
            askers.append(Asker(partial(own.execute, question.encode())))
        with asking(askers) as wait_for_all:
            wait_for_all()
            with upgrading(old, caplog) as end_dump:
                wait_for_all()  # nobody stands behind the upgrade, which stands behind the dump
                assert "comments.sql" in end_dump()
    kept = list_files(old)
    assert {name: kept.get(name) for name in files} == files  # no table was written anew


def test_who_keeps_a_table_locked_is_named(old: str) -> None:
    with (
        holding(old),
        connect(old) as connection,
        pytest.raises(StoreError, match=r"kept locked for 0 s by \d+ \(a long dump\)"),
    ):
        migrate(connection, patience_s=0)


@pytest.mark.long
def test_a_running_server_goes_on(
    database: str, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    twin = gridtwin.open(gridtwin.synthesize("houston", meters=300, seed=1)).save(database)
    head = str(twin.network.equipment.mrid[twin.store.network.data.feeders.head[0]])
    meter = str(twin.network.usage_points.mrid[0])
    number = list_migrations()[-1].number + 1
    files = Path(shutil.copytree(ROOT / "sql/postgis", tmp_path / "sql"))
    (files / f"tables/{number:04}_next_release.sql").write_text(NEXT_RELEASE.format(number=number))
    paths = (
        *("/ready", "/api", "/api/state", "/api/outages", f"/api/elements/{meter}"),
        *(f"/api/trace/downstream?of={head}", f"/api/explain/{meter}"),
        f"/api/estimates/{meter}",
    )
    allowed = {"Authorization": f"Bearer {TOKEN}"}
    settings = {"GRIDTWIN_OPERATOR_TOKEN": TOKEN, "GRIDTWIN_RATE": "0/0"}
    with (
        served(database, **settings) as server,
        httpx.Client(base_url=server.url, timeout=PATIENCE_S, headers=allowed) as client,
    ):

        def read(path: str) -> None:
            answer = client.get(path)
            assert answer.status_code == 200, (path, answer.text)

        def operate() -> None:
            for opened in (True, False):
                answer = client.post("/api/switch", json={"mrid": head, "open": opened})
                assert answer.status_code == 200, answer.text

        askers = [*(Asker(partial(read, path)) for path in paths), Asker(operate)]
        with asking(askers) as wait_for_all:
            wait_for_all()
            with upgrading(database, caplog, files) as end_dump:
                wait_for_all()
                assert f"tables/{number:04}_next_release.sql" in end_dump()
    with pytest.raises(StoreVersionError, match="migrated by a newer gridtwin"):
        gridtwin.open(database)  # it is started again as the new release, not as the old one
