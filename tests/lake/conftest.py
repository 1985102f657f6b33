"""A PostgreSQL whose log can be followed, and a twin in a database of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

import gridtwin
from gridtwin.store.postgis.cluster import CLUSTER_OWNER
from lake_bench import Lake
from postgres import Cluster, PostgresMissingError, copy_of, run_cluster

LOGICAL = {"wal_level": "logical", "max_slot_wal_keep_size": "1GB"}


@pytest.fixture(scope="session")
def followed() -> Iterator[Cluster]:
    """Return a PostgreSQL with a logical log; a machine without it fails, it never skips."""
    with ExitStack() as stack:
        try:
            running = stack.enter_context(run_cluster(LOGICAL))
        except PostgresMissingError as error:
            pytest.fail(str(error), pytrace=False)
        running.execute(f"ALTER ROLE {CLUSTER_OWNER} REPLICATION")
        yield running


@pytest.fixture(scope="session")
def mirrored_town(followed: Cluster) -> Iterator[str]:
    """Return the address of a database that holds a town of 400 meters; nobody is connected."""
    town = gridtwin.open(gridtwin.synthesize("houston", meters=400, seed=7))
    with followed.create_database() as url:
        town.save(url).store.close()  # type: ignore[attr-defined]
        yield url


@pytest.fixture
def town(followed: Cluster, mirrored_town: str) -> Iterator[str]:
    """Return the address of a copy of that database, whose slots are dropped at the end."""
    with copy_of(followed, mirrored_town) as url:
        yield url
        name = url.rpartition("/")[2]
        followed.execute(
            "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots"  # noqa: S608
            f" WHERE database = '{name}' AND active_pid IS NOT NULL",
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"  # noqa: S608
            f" WHERE database = '{name}'",
        )


@pytest.fixture
def namespace(lake: Lake) -> str:
    """Return a namespace of its own."""
    return lake.make_namespace()
