"""Write names, addresses and contacts of records in one way, so that they can be compared."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import pandas as pd

from gridtwin.errors import InputError, MissingExtraError
from gridtwin.model.customers import RECORD_COLUMNS
from gridtwin.model.street_words import STREET_WORDS

if TYPE_CHECKING:
    from collections.abc import Collection

    from duckdb import DuckDBPyConnection

# Last words of the name of a firm, which say nothing of who it is.
LEGAL_FORMS = (
    *("LLC", "INC", "INCORPORATED", "CORP", "CORPORATION", "LTD", "LIMITED", "CO", "COMPANY"),
    *("LP", "LLP", "PLLC", "PC"),
)


def connect_matching(*, memory: str = "3GB") -> DuckDBPyConnection:
    """
    Return an engine for matching, with what normalization looks up.

    Raises
    ------
    MissingExtraError
        Without the extra ``customers``.
    """
    try:
        import duckdb
        import nicknames  # noqa: F401
    except ImportError as error:
        what, extra = "matching customers", "customers"
        raise MissingExtraError(what, extra) from error
    connection = duckdb.connect()
    connection.execute(f"SET memory_limit = '{memory}'")
    connection.execute("SET preserve_insertion_order = false")
    names = pd.DataFrame(list_given_roots().items(), columns=["name", "roots"])
    connection.register("roots_frame", names)
    connection.execute("CREATE TABLE given_names AS SELECT * FROM roots_frame")
    connection.unregister("roots_frame")
    connection.execute(f"CREATE MACRO legal_forms() AS '{'|'.join(LEGAL_FORMS)}'")
    connection.execute(
        "CREATE TABLE street_abbreviations AS SELECT map($long, $short) AS street_words_short",
        {"long": list(STREET_WORDS), "short": list(STREET_WORDS.values())},
    )
    return connection


@cache
def list_given_roots() -> dict[str, list[str]]:
    """Return the names that each given name may stand for, itself among them."""
    from nicknames import NickNamer

    lookup = NickNamer().canonical_lookup
    return {
        short.upper(): sorted({short.upper(), *(each.upper() for each in formal)})
        for short, formal in lookup.items()
    }


def normalize_records(connection: DuckDBPyConnection, records: pd.DataFrame) -> None:
    """
    Make the table ``normalized`` of records.

    Parameters
    ----------
    connection
        As `connect_matching` returns it.
    records
        Columns of `RECORD_COLUMNS`; those that are missing are taken as empty.

    Raises
    ------
    InputError
        If a record has no id, or two have one.
    """
    rows = records.reindex(columns=list(RECORD_COLUMNS)).fillna("")
    check_record_ids(rows["record"])
    connection.register("records_frame", rows)
    kept = ", ".join(f"CAST({name} AS VARCHAR) AS {name}" for name in RECORD_COLUMNS)
    connection.execute(
        f"CREATE OR REPLACE TABLE source_records AS SELECT {kept} FROM records_frame"  # noqa: S608 - own names
    )
    connection.unregister("records_frame")
    connection.execute(read_matching_sql("normalize"))
    connection.execute("DROP TABLE split_names; DROP TABLE split_addresses")
    connection.execute("DROP TABLE source_records")


def mark_fresh_records(connection: DuckDBPyConnection, fresh: Collection[str]) -> None:
    """Note in the table ``normalized`` which records are new: ``is_fresh``."""
    connection.execute(
        "CREATE OR REPLACE TABLE normalized AS SELECT *,"
        " record IN (SELECT unnest($fresh)) AS is_fresh FROM normalized",
        {"fresh": sorted(fresh)},
    )


def check_record_ids(ids: pd.Series) -> None:
    """Refuse records without an id, or two of one; InputError with the row."""
    empty = ids == ""
    if empty.any():
        msg = f"record row {int(empty.argmax())}: it has no id: give every record one"
        raise InputError(msg)
    twice = ids.duplicated()
    if twice.any():
        row = int(twice.argmax())
        msg = f"record row {row}: {ids.iloc[row]!r} stands there twice: give each record one row"
        raise InputError(msg)


@cache
def read_matching_sql(name: str) -> str:
    """Return the SQL of a step of matching."""
    folder = files("gridtwin.customers.matching_sql")
    return (folder / f"{name}.sql").read_text(encoding="utf-8")
