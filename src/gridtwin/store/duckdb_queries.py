"""
Ask the history of readings in a folder of Parquet with the SQL that a database is asked with.

DuckDB reads the files as views with the names that the tables have in PostgreSQL. Keys of
transformers are rows of the network here, as the files hold them, and become mRIDs in the answer.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from gridtwin.errors import MissingExtraError, StoreError
from gridtwin.model.interval_loads import Nameplates
from gridtwin.store.load_views import TOGETHER, LoadViews

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import duckdb
    import pandas as pd
    import pyarrow as pa

    Progress = Callable[[int, int], None]

QUERY_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")
QUERY_TABLE = re.compile(r"\bgridtwin\.(\w+)")
PROGRESS_LOOK_S = 0.2  # between two looks at how far a question is

METER_QUERY = """
SELECT meter_id, reading_time, kwh, voltage_v FROM read_parquet($paths)
WHERE {which}
    AND reading_time BETWEEN to_timestamp($first) AND to_timestamp($last)
"""
ONE_METER = "meter_id = $mrids[1]"  # found by the statistics of the files
MANY_METERS = "meter_id IN (SELECT unnest($mrids))"
# What a folder shows in the place of each table that a question asks.
FOLDER_VIEWS = {
    "transformer_zones": "SELECT row AS transformer, load_zone FROM known_transformer_zones",
    "zone_prices": 'SELECT load_zone, "time", price_usd_mwh FROM kept_zone_prices',
    "transformers": "SELECT row AS transformer, mrid, rated_kva FROM known_transformers",
    "usage_points": "SELECT * FROM known_usage_points",
    "outage_usage_points": "SELECT * FROM known_members",
    "vegetation_spans": "SELECT * FROM known_vegetation_spans",
    "transformer_load": "SELECT *, row AS transformer FROM kept_transformer_load",
    "transformer_period_load": "SELECT *, row AS transformer FROM kept_transformer_period_load",
    "feeder_load": (
        "SELECT l.*, f.feeder FROM kept_feeder_load l JOIN named_feeders f ON f.row = l.row"
    ),
    "feeder_period_load": (
        "SELECT l.*, f.feeder FROM kept_feeder_period_load l JOIN named_feeders f ON f.row = l.row"
    ),
    "territory_load": "FROM kept_territory_load",
    "conditions": (
        'SELECT "time",'
        " CASE WHEN isnan(temperature_c) THEN NULL ELSE temperature_c END AS temperature_c,"
        " CASE WHEN isnan(price_usd_mwh) THEN NULL ELSE price_usd_mwh END AS price_usd_mwh"
        " FROM kept_conditions"
    ),
}
KEPT_PRICES = {  # files beside the readings, and what they hold
    "conditions": '"time" timestamptz, temperature_c float, price_usd_mwh float',
    "zone_prices": 'load_zone text, "time" timestamptz, price_usd_mwh float',
}
NAMED_FEEDERS = """
CREATE SCHEMA gridtwin;
CREATE TYPE feeder_name AS ENUM (SELECT mrid FROM known_feeders ORDER BY mrid);
CREATE TABLE named_feeders AS SELECT row, CAST(mrid AS feeder_name) AS feeder FROM known_feeders
"""


def read_query(
    name: str,
    style: str,
    lists: Mapping[str, str] | None = None,
    tables: Mapping[str, str] | None = None,
) -> str:
    """
    Return the SQL of a question.

    Parameters
    ----------
    name
        One of the questions of the semantic model.
    style
        What a value looks like, around its name: ``"$%s"`` or ``"%%(%s)s"``.
    lists
        The query, or the values, that stand for a list, by its name.
    tables
        What is asked in the place of a table, by its name; values stand there as in the files.
    """
    text = (files("gridtwin.store") / "ami_sql" / f"{name}.sql").read_text(encoding="utf-8")
    code = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    written, asked = lists or {}, tables or {}
    code = QUERY_TABLE.sub(lambda match: asked.get(match[1], match[0]), code)
    return QUERY_PARAMETER.sub(
        lambda match: written[match[1]] if match[1] in written else style % match[1], code
    )


@dataclass(frozen=True, slots=True)
class ReadingFolder:
    """A folder of readings and what they were rolled up to, to be asked by DuckDB."""

    path: Path

    def query_history(
        self,
        name: str,
        values: Mapping[str, Any],
        tables: Mapping[str, pd.DataFrame],
        progress: Progress,
    ) -> pd.DataFrame:
        """
        Ask a question of the history; see `ReadingBook.query_history`.

        Raises
        ------
        MissingExtraError
            If DuckDB is not installed.
        StoreError
            If a file cannot be read.
        """
        try:
            import duckdb
        except ImportError as error:
            need = "a question of the history of readings"
            raise MissingExtraError(need, "analytics") from error
        if "topmost" in values:  # what is kept here of a transformer is all that is below it
            row = tables["transformers"].set_index("mrid")["row"]
            values = {**values, "transformers": row[values["topmost"]].tolist()}
        with duckdb.connect() as connection:
            try:
                code = read_query(name, "$%s", {"transformers": str(TOGETHER)})
                self._create_views(connection, set(QUERY_TABLE.findall(code)), values, tables)
                return _run_query(connection, code, values, progress)
            except duckdb.Error as error:
                msg = f"{self.path}: {str(error).splitlines()[0]}: check its Parquet files"
                raise StoreError(msg) from error

    def _create_views(
        self,
        connection: duckdb.DuckDBPyConnection,
        asked: set[str],
        values: Mapping[str, Any],
        tables: Mapping[str, pd.DataFrame],
    ) -> None:
        """Lay the views that are asked for over the files of the period."""
        connection.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = false")
        for table, frame in tables.items():
            connection.register(f"known_{table}", frame)
        connection.execute(NAMED_FEEDERS)
        transformers = tables["transformers"]
        plates = Nameplates(transformers["row"].to_numpy(), transformers["rated_kva"].to_numpy())
        views = LoadViews(connection, self.path, values, plates)
        for table in asked & KEPT_PRICES.keys():
            self._read_prices(connection, table)
        for table in asked:
            views.create_view(table)
        for table in asked:
            connection.execute(f"CREATE VIEW gridtwin.{table} AS {FOLDER_VIEWS[table]}")

    def _read_prices(self, connection: duckdb.DuckDBPyConnection, table: str) -> None:
        prices = self.path / f"{table}.parquet"
        if prices.is_file():
            connection.read_parquet(str(prices)).create_view(f"kept_{table}")
        else:
            connection.execute(f"CREATE TABLE kept_{table} ({KEPT_PRICES[table]})")


def query_meters(paths: list[str], mrids: Sequence[str], first_s: int, last_s: int) -> pa.Table:
    """
    Return the readings of meters that end in ``first_s <= t <= last_s``.

    Raises
    ------
    StoreError
        If a file cannot be read.
    """
    import duckdb

    code = METER_QUERY.format(which=ONE_METER if len(mrids) == 1 else MANY_METERS)
    values = {"paths": paths, "mrids": list(mrids), "first": first_s, "last": last_s}
    with duckdb.connect() as connection:
        try:
            connection.execute("SET TimeZone = 'UTC'")
            return connection.execute(code, values).to_arrow_table()
        except duckdb.Error as error:
            msg = f"{paths[0]} and after: {str(error).splitlines()[0]}: check these Parquet files"
            raise StoreError(msg) from error


def _run_query(
    connection: duckdb.DuckDBPyConnection, code: str, values: Mapping[str, Any], progress: Progress
) -> pd.DataFrame:
    """Run a question while telling how far it is; an interrupt of the program ends it."""
    done = threading.Event()

    def report_progress() -> None:
        while not done.wait(PROGRESS_LOOK_S):
            progress(max(0, round(connection.query_progress())), 100)

    watching = threading.Thread(target=report_progress, daemon=True)
    watching.start()
    try:
        used = {name: values[name] for name in set(re.findall(r"\$([a-z_]+)", code))}
        return connection.execute(code, used).df()
    finally:
        done.set()
        watching.join()
        progress(100, 100)
