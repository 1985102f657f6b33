"""Small networks to keep (a radial feeder with a tie, a ring), in databases new and upgraded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from shapely import Point

from gridtwin.model.network import Network
from gridtwin.store.local_store import LocalStore
from gridtwin.store.postgis.connect import connect
from gridtwin.store.postgis.migrate import migrate
from gridtwin.topology.topology_index import build_index
from postgres import Cluster, copy_of

from .release import add_rows, install_release

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DATABASES = {"postgis": "database", "upgraded": "upgraded"}  # fixture by what tests ask for
ON_UPGRADED_TOO = {"test_postgis_store", "test_questions_in_sql"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the main tests of the store on a database of the release before, too."""
    module = metafunc.module.__name__.rpartition(".")[2]
    if module in ON_UPGRADED_TOO and "database" in metafunc.fixturenames:
        upgraded = pytest.param("upgraded", marks=pytest.mark.long)
        metafunc.parametrize("database", ["new", upgraded], indirect=True)


@pytest.fixture(scope="session")
def released(postgres: Cluster) -> Iterator[str]:
    """Return the address of a database of the release before, without a twin, to be copied."""
    with postgres.create_database() as url:
        with connect(url, autocommit=True) as connection:
            install_release(connection)
        yield url


@pytest.fixture(scope="session")
def filled(postgres: Cluster, released: str) -> Iterator[str]:
    """Return the address of a database of the release before, with a twin, to be copied."""
    with copy_of(postgres, released) as url:
        with connect(url) as connection:
            add_rows(postgres, connection.info.dbname, connection.info.user)
        yield url


@pytest.fixture
def before(postgres: Cluster, released: str) -> Iterator[str]:
    """Return the address of a database of the release before, without a twin."""
    with copy_of(postgres, released) as url:
        yield url


@pytest.fixture(scope="session")
def upgraded_schema(postgres: Cluster, released: str) -> Iterator[str]:
    """Return the address of a database that was upgraded, without a twin, to be copied."""
    with copy_of(postgres, released) as url:
        with connect(url) as connection:
            migrate(connection)
        yield url


@pytest.fixture
def upgraded(postgres: Cluster, upgraded_schema: str) -> Iterator[str]:
    """Return the address of a database that was upgraded, without a twin."""
    with copy_of(postgres, upgraded_schema) as url:
        yield url


@pytest.fixture
def database(request: pytest.FixtureRequest, postgres: Cluster, schema: str) -> Iterator[str]:
    """Return the address of a database with the schema, made new or upgraded, without a twin."""
    if getattr(request, "param", "new") == "upgraded":
        yield str(request.getfixturevalue("upgraded"))
    else:
        with copy_of(postgres, schema) as url:
            yield url


def make_network(*, meshed: bool = False) -> Network:
    nodes = ["BUS", "N1", "N2", "N3"]
    return Network.from_frames(
        nodes={"mrid": nodes, "geometry": [Point(-95 + i / 100, 29.7) for i in range(4)]},
        equipment={
            "mrid": ["BRK-1", "FUSE-ü", "LINE-1", "TIE-1"],
            "kind": ["breaker", "fuse", "ac_line_segment", "load_break_switch"],
            "node_a": ["BUS", "N1", "N2", "N3"],
            "node_b": ["N1", "N2", "N3", "N1"],
            "phases": ["ABC", "ABC", "AB", "ABC"],
            "normal_open": ["", "", "", "" if meshed else "ABC"],
        },
        usage_points={
            "mrid": ["M1", "M2"],
            "node": ["N2", "N3"],
            "name": ["Mühle", ""],
            "customers": [1, 4],
        },
        sources={"mrid": ["GRID"], "node": ["BUS"]},
        feeders={"mrid": ["F1"], "name": ["Feeder 1"], "head": ["BRK-1"]},
    )


def keep(path: Path, *, meshed: bool = False, overwrite: bool = False) -> LocalStore:
    network = make_network(meshed=meshed)
    index = build_index(network.data, network.data.equipment.normal_open)
    return LocalStore.create(path, network, index, overwrite=overwrite)


@pytest.fixture
def twin(tmp_path: Path) -> Path:
    return keep(tmp_path / "small.twin").path
