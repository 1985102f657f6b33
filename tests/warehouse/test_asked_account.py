"""The questions of a project, run as they stand in a stand-in for an account, answer as a twin."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pandas as pd
import pytest

from fakesnow_server import run_fakesnow
from gridtwin.publish.snowflake.account_connection import SnowflakeAccount, open_account
from gridtwin.publish.snowflake.project_apply import apply_project
from gridtwin.publish.snowflake.project_files import render_project
from gridtwin.publish.snowflake.project_names import SCHEMA_NAMES, ProjectOptions
from gridtwin.publish.snowflake.snapshot_loading import SnapshotLoader
from gridtwin.publish.snowflake.sql_statements import split_statements
from gridtwin.semantic.semantic_model import SemanticQuestion, read_semantic_model
from gridtwin.twin import Twin
from gridtwin.twin.warehouse_snapshot import take_snapshot
from snowflake_day import ASKED, ASKED_AREA, ASKED_VALUES, BOUNDS
from snowflake_duckdb import Warehouse

OPTIONS = ProjectOptions(environment="asked")
# What the stand-in cannot work out: it knows neither TRY_TO_TIMESTAMP_TZ nor geography.
TAKEN = {
    ("SILVER", "AMI_DEDUPLICATED"): "METER_ID VARCHAR, READING_TIME TIMESTAMP_TZ, KWH DOUBLE,"
    " VOLTAGE_V DOUBLE, QUALITY VARCHAR",
    ("SILVER", "CONDITIONS"): "INTERVAL_END TIMESTAMP_TZ, TEMPERATURE_C DOUBLE,"
    " PRICE_USD_MWH DOUBLE",
    ("SILVER", "ZONE_PRICES"): "LOAD_ZONE VARCHAR, INTERVAL_END TIMESTAMP_TZ,"
    " PRICE_USD_MWH DOUBLE",
    ("RESULTS", "AREA_TRANSFORMERS"): "AREA VARCHAR, TRANSFORMER VARCHAR",
}  # fmt: skip


@pytest.fixture(scope="module")
def account(mirrored: Twin, warehouse: Warehouse) -> Iterator[SnowflakeAccount]:
    """Return an account with the network as it is loaded, and gold made there of silver."""
    with run_fakesnow() as settings, open_account(settings) as opened:
        opened.execute(f'CREATE DATABASE "{OPTIONS.database_name}"')
        for schema in SCHEMA_NAMES:
            opened.execute(f"CREATE SCHEMA {OPTIONS.qualify_schema(schema)}")
        project = render_project(OPTIONS)
        backfill = project["50_backfill.sql"]
        project["50_backfill.sql"] = backfill[: backfill.index("COPY INTO")]
        apply_project(opened, project, only=["50_backfill.sql", "60_tables.sql", "65_topology.sql"])
        SnapshotLoader(opened, OPTIONS).load_snapshot(
            take_snapshot(mirrored, BOUNDS[1], run="run-1")
        )
        meters = f"{OPTIONS.qualify_schema('network')}.METERS"
        opened.execute(f"UPDATE {meters} SET VALID_FROM = '1970-01-01 00:00:00+00:00'")  # noqa: S608
        for (schema, name), columns in TAKEN.items():
            place = f"{OPTIONS.qualify_schema(schema.lower())}.{name}"
            opened.execute(f"CREATE TABLE {place} ({columns})")
            rows = warehouse.read(schema, name)[[each.split()[0] for each in columns.split(", ")]]
            values = ", ".join(
                f"({', '.join(map(write_value, row))})"
                for row in rows.itertuples(index=False, name=None)
            )
            opened.execute(f"INSERT INTO {place} VALUES {values}")  # noqa: S608
        for statement in split_statements(project["75_gold.sql"]):
            if 'GOLD".METER_DAY' not in statement:  # local days the stand-in cannot tell
                opened.execute(statement)
        yield opened


def write_value(value: Any) -> str:
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return "NULL"
    return f"'{value.isoformat()}'" if isinstance(value, datetime) else repr(value)


@pytest.mark.parametrize(
    "question", read_semantic_model().questions, ids=lambda question: question.name
)
def test_a_script_answers_as_the_twin_does(
    account: SnowflakeAccount, mirrored: Twin, question: SemanticQuestion
) -> None:
    *settings, query = split_statements(render_project(OPTIONS)[f"questions/{question.name}.sql"])
    for statement in settings:
        account.execute(statement)
    for name, value in {**ASKED_VALUES, "area": f"'{ASKED_AREA}'"}.items():
        account.execute(f"SET asked_{name} = {value}")
    want = ASKED[question.name](mirrored.ami.history).frame
    have = pd.DataFrame(account.execute(query), columns=want.columns)
    assert len(want), question.name
    for column in want.columns:
        if column.endswith("_at"):
            have[column] = pd.to_datetime(have[column], utc=True).astype("datetime64[ms, UTC]")
        elif want[column].dtype != object:
            have[column] = have[column].astype(float)
    pd.testing.assert_frame_equal(have, want, check_dtype=False, rtol=1e-5)
