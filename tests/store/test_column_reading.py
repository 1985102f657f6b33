"""Columns that the server joins come back value by value, however many rows are joined at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from psycopg import sql

import gridtwin
from gridtwin.errors import StoreError
from gridtwin.store.postgis import column_reading
from gridtwin.store.postgis.column_reading import AskedColumn, decode_bytes, read_columns
from gridtwin.store.postgis.connect import connect
from gridtwin.store.postgis.mirror import hash_network
from gridtwin.store.postgis.network_reader import read_network

from .conftest import make_network

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

WORDS = ["", "käse", 'a,b\n"c"', "x" * 300, None, "\x01", "last "]


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection[Any]]:
    gridtwin.open(make_network()).save(database)
    with connect(database) as made:
        yield made


def fill_table(connection: psycopg.Connection[Any], count: int) -> list[AskedColumn]:
    """Make a table of as many rows, stored the other way round; return what to ask of it."""
    connection.execute(
        "CREATE TABLE gridtwin.odd (row int, word text, amps float4, yes bool, few int2, ref int,"
        " course geometry)"
    )
    for row in reversed(range(count)):
        points = ", ".join(f"{row} {each}" for each in range(row % 4 + 1))
        course = f"LINESTRING({points})" if row % 4 else ("LINESTRING EMPTY" if row else None)
        connection.execute(
            "INSERT INTO gridtwin.odd VALUES (%s, %s, %s, %s, %s, %s, ST_GeomFromText(%s))",
            (row, WORDS[row], row / 2 if row % 3 else None, row % 2 == 0, row, row or None, course),
        )
    kinds = {"word": "text", "amps": "float4", "yes": "bool", "few": "int2", "ref": "int4"}
    return [
        AskedColumn(name, kind, sql.Identifier(name))
        for name, kind in (kinds | {"course": "line"}).items()
    ]


@pytest.mark.parametrize("rows", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("count", [0, 1, 6, 7])
def test_every_value_comes_back(
    connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch, rows: int, count: int
) -> None:
    monkeypatch.setattr(column_reading, "READ_ROWS", rows)
    read = read_columns(connection, "odd", fill_table(connection, count))
    every = range(count)
    assert [each.decode() for each in read["word"].to_pylist()] == [
        WORDS[row] or "" for row in every
    ]
    assert decode_bytes(read["word"]).tolist() == [(WORDS[row] or "").encode() for row in every]
    amps = [row / 2 if row % 3 else np.nan for row in every]
    np.testing.assert_array_equal(read["amps"], np.array(amps, dtype=np.float32))
    assert read["yes"].tolist() == [row % 2 == 0 for row in every]
    assert read["few"].tolist() == list(every)
    assert read["ref"].tolist() == [row or -1 for row in every]
    counts = [row % 4 + 1 if row % 4 else 0 for row in every]
    assert read["course"].counts.tolist() == counts
    drawn = [(row, each) for row in every for each in range(counts[row])]
    np.testing.assert_array_equal(read["course"].xy, np.array(drawn, dtype=float).reshape(-1, 2))


@pytest.mark.parametrize("rows", [1, 5, 1_000])
def test_a_network_is_the_same_however_it_is_read(
    connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(column_reading, "READ_ROWS", rows)
    assert hash_network(read_network(connection)) == hash_network(make_network())


def test_rows_that_are_missing_are_told(connection: psycopg.Connection[Any]) -> None:
    connection.execute("DELETE FROM gridtwin.usage_points WHERE row = 0")
    with pytest.raises(StoreError, match=r"rows are missing from gridtwin.usage_points"):
        read_network(connection)
