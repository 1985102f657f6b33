"""The tables of the mirror are those of the schema: the same columns, types, words and defaults."""

from __future__ import annotations

import re

import pytest

from gridtwin.model.schema import SCHEMA, FrameColumn
from gridtwin.store.postgis.connect import connect
from gridtwin.store.postgis.mirror_rows import SQL_TYPES
from gridtwin.store.postgis.origin_copying import ORIGIN_COLUMNS

BESIDE = {"row", "own", *ORIGIN_COLUMNS}  # what a table has beside the columns of its frame
DRAWN = {"geometry_3857"}  # and where these have a place
COLUMNS = """
    SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
        pg_get_expr(d.adbin, d.adrelid)
    FROM pg_attribute a
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
"""
CHECKS = """
    SELECT pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid = %s::regclass AND contype = 'c'
"""
NAMES = {"int2": "smallint", "int4": "integer", "float4": "real", "bool": "boolean"}
SHAPES = {"point": "geometry(Point,4326)", "line": "geometry(LineString,4326)"}


def type_of(column: FrameColumn) -> str:
    if column.kind in SHAPES:
        return SHAPES[column.kind]
    word = SQL_TYPES[column.kind]
    return NAMES.get(word, word)


@pytest.mark.parametrize("frame", SCHEMA)
def test_table_has_the_columns_of_its_frame(schema: str, frame: str) -> None:
    with connect(schema) as connection:
        held = {name: rest for name, *rest in connection.execute(COLUMNS, (f"gridtwin.{frame}",))}
    named = {column.name for column in SCHEMA[frame].columns}
    assert set(held) == named | BESIDE | (DRAWN if "geometry" in named else set())
    for column in SCHEMA[frame].columns:
        assert held[column.name][0] == type_of(column), column.name
        if column.required and column.kind not in SHAPES and column.refers != "equipment":
            assert held[column.name][1], f"{column.name} may be null"


@pytest.mark.parametrize("frame", SCHEMA)
def test_table_takes_the_words_of_its_frame_and_no_others(schema: str, frame: str) -> None:
    with connect(schema) as connection:
        checks = [text for (text,) in connection.execute(CHECKS, (f"gridtwin.{frame}",))]
    for column in (each for each in SCHEMA[frame].columns if each.kind == "word"):
        (check,) = (text for text in checks if re.match(rf"CHECK \(\(?{column.name} = ANY", text))
        assert set(re.findall(r"'([^']*)'", check)) == set(column.words), column.name


@pytest.mark.parametrize("frame", SCHEMA)
def test_table_takes_for_granted_what_its_frame_does(schema: str, frame: str) -> None:
    with connect(schema) as connection:
        held = {
            name: rest[2] for name, *rest in connection.execute(COLUMNS, (f"gridtwin.{frame}",))
        }
    for column in SCHEMA[frame].columns:
        if column.default is not None and column.usual is None:
            default = re.sub(r"^'(.*)'::\w+$", r"\1", held[column.name] or "")
            assert default.casefold() == str(column.default).casefold(), column.name
