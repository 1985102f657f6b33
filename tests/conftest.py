"""Start PostgreSQL for the tests that ask for it, and give each a database of its own."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import sys
import tempfile
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer.main
import typer.testing

from examples import register_profiles
from gridtwin.errors import BrokerError
from gridtwin.store.postgis.connect import connect
from gridtwin.store.postgis.migrate import migrate
from gridtwin.twin import Twin, open_twin
from kafka import Kafka, kafka_cluster
from lake_bench import Lake, run_lake
from networks import two_feeders_with_a_tie
from postgres import Cluster, PostgresMissingError, copy_of, run_cluster

if TYPE_CHECKING:
    from collections.abc import Iterator


# A Kafka lives for seconds here: what its machine spends on making itself fast is not earned back.
os.environ.setdefault("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1")

# Processes by the hundred import the same modules: none compiles what another has compiled.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Databases and twins of the tests are made, copied and thrown away by the hundred. In memory that
# costs a fraction, and no test waits for the disk of a machine that is busy; TMPDIR overrules it.
IN_MEMORY = Path("/dev/shm")  # noqa: S108 - every name below it is made by tempfile
if IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > 4 << 30:
    os.environ.setdefault("TMPDIR", str(IN_MEMORY))
    tempfile.tempdir = None  # asked for anew

register_profiles()

# All commands are made anew whenever one is asked, which takes longer than most of them: here a
# process asks hundreds.
typer.main.get_command = typer.testing._get_command = cache(typer.main.get_command)  # type: ignore[assignment]


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over what was imported, which stays to the end."""
    gc.collect()
    gc.freeze()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the answers that are kept in files be written anew."""
    parser.addoption(
        "--rewrite", action="store_true", help="write the files of expected answers anew"
    )


@pytest.fixture(autouse=True)
def _log_of_gridtwin() -> Iterator[None]:
    """Let no command that ran in this process go on writing its log to where a test looked."""
    log = logging.getLogger("gridtwin")
    handlers, level = list(log.handlers), log.level
    yield
    log.handlers = handlers
    log.setLevel(level)


@pytest.fixture(scope="session")
def kept_feeders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a twin of two feeders with a tie: to be copied, which is quicker."""
    home = tmp_path_factory.mktemp("kept") / "two.twin"
    open_twin(two_feeders_with_a_tie()).save(home)
    return home


@pytest.fixture
def two_feeders(kept_feeders: Path, tmp_path: Path) -> Twin:
    """Return a twin of two feeders with a tie of the test's own, kept in a directory."""
    return open_twin(shutil.copytree(kept_feeders, tmp_path / "two.twin"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """Return a PostgreSQL of this process; a machine without one fails, it never skips."""
    with ExitStack() as stack:
        try:
            running = stack.enter_context(run_cluster())
        except PostgresMissingError as error:
            pytest.fail(str(error), pytrace=False)
        yield running


@pytest.fixture
def empty_database(postgres: Cluster) -> Iterator[str]:
    """Return the address of an empty database with PostGIS, dropped after the test."""
    with postgres.create_database() as url:
        yield url


@pytest.fixture(scope="session")
def schema(postgres: Cluster) -> Iterator[str]:
    """Return the address of a database with the schema and no twin, to be copied."""
    with postgres.create_database() as url:
        with connect(url) as connection:
            migrate(connection)
        yield url


@pytest.fixture
def database(postgres: Cluster, schema: str) -> Iterator[str]:
    """Return the address of a database with the schema and no twin, dropped after the test."""
    with copy_of(postgres, schema) as url:
        yield url


@pytest.fixture(scope="session")
def kafka() -> Iterator[Kafka]:
    """Return an Apache Kafka of this process; a machine without Java fails, it never skips."""
    with ExitStack() as stack:
        try:
            running = stack.enter_context(kafka_cluster())
        except BrokerError as error:
            pytest.fail(str(error), pytrace=False)
        yield running


@pytest.fixture(scope="session")
def lake() -> Iterator[Lake]:
    """Return an object store and an Iceberg catalog; a machine without Java fails, no skip."""
    with ExitStack() as stack:
        try:
            running = stack.enter_context(run_lake())
        except BrokerError as error:
            pytest.fail(str(error), pytrace=False)
        yield running
