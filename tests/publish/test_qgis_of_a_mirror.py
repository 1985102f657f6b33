"""A project of the PostGIS mirror shows what the file would, and names nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pandas as pd
import pytest
from typer.testing import CliRunner

from gridtwin.cli.root_commands import app
from gridtwin.publish.qgis.map_layers import MAP_LAYERS
from gridtwin.publish.qgis.mirror_sources import find_mirror_source, write_mirror_query
from gridtwin.publish.qgis.qgis_folder import write_qgis
from gridtwin.publish.qgis.twin_columns import TWIN_COLUMNS, compute_twin_columns
from gridtwin.store.postgis.connect import connect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gridtwin import Twin
    from postgres import Cluster

LINES = next(layer for layer in MAP_LAYERS if layer.id == "gridtwin_lines")


@pytest.fixture(scope="module")
def mirror(postgres: Cluster, town: Twin) -> Iterator[str]:
    """Return the address of a database that mirrors the town."""
    with postgres.create_database() as url:
        saved = town.save(url)
        for mrid, phases in town.store.states.read_state().deviations.items():
            saved.switch(mrid, open=bool(phases))
        yield url


@pytest.mark.parametrize("frame", ["nodes", "equipment", "usage_points", "sources", "feeders"])
def test_sql_of_a_layer_gives_the_columns_of_the_file(town: Twin, mirror: str, frame: str) -> None:
    network = town.network
    added = compute_twin_columns(frame, town.situation("normal"), town.supply())
    expected = getattr(network, frame).assign(**added)
    with connect(mirror) as connection:
        own = getattr(network.data, frame).own
        cursor = connection.execute(write_mirror_query(frame, own))
        names = [column.name for column in cursor.description or ()]
        rows = pd.DataFrame(cursor.fetchall(), columns=names)
    assert set(names) == {"id", *expected.columns}
    rows, expected = (each.set_index("mrid").sort_index() for each in (rows, expected))
    for name in expected.columns.drop("geometry", errors="ignore"):
        given, there = expected[name], rows[name]
        if given.dtype.kind == "f":
            pd.testing.assert_series_equal(
                there.astype(float), given.astype(float), check_names=False, rtol=1e-6
            )
        else:
            assert there.fillna("").tolist() == given.fillna("").tolist(), name


def test_twin_columns_of_sql_and_of_files_are_the_same() -> None:
    for frame, columns in TWIN_COLUMNS.items():
        query = write_mirror_query(frame, {})
        assert all(f'AS "{column.name}"' in query for column in columns)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        (
            "postgresql://ann:secret@db.example:5433/grid?sslmode=verify-full",
            "host='db.example' port='5433' dbname='grid' sslmode='verify-full' key='id'",
        ),
        ("postgresql:///?service=grid", "service='grid' key='id'"),
    ],
)
def test_an_address_is_written_without_user_and_password(address: str, told: str) -> None:
    source = find_mirror_source(address, LINES, {})
    assert source.provider == "postgres"
    assert source.address.startswith(told)
    assert "ann" not in source.address
    assert "secret" not in source.address
    assert source.address.endswith(f"(geometry) sql={LINES.rows}")


def test_a_project_of_a_database_writes_no_data(mirror: str, tmp_path: Path, town: Twin) -> None:
    given = (town.situation("normal"), town.supply())
    written = write_qgis(tmp_path / "map", *given, title="x", mirror=mirror)
    assert [path.name for path in written] == ["network.qgs"]
    root = ElementTree.parse(written[0]).getroot()  # noqa: S314
    assert {each.text for each in root.iter("provider")} == {"postgres"}


def test_a_database_shows_the_current_state_alone(mirror: str, tmp_path: Path) -> None:
    words = ["publish", "qgis", str(tmp_path / "map"), "--in", mirror, "--state", "normal"]
    done = CliRunner().invoke(app, words)
    assert "shows the current state: leave --state out" in str(done.exception)
