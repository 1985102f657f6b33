"""Every statement of a project parses, runs twice, and keeps the rules of incremental refresh."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest
import sqlglot
from sqlglot.errors import OptimizeError

from gridtwin.publish.snowflake.project_names import ProjectOptions
from gridtwin.publish.snowflake.sql_statements import split_statements
from snowflake_sql import (
    ALLOWED_KINDS,
    Body,
    find_fault,
    list_forbidden,
    list_statements,
    name_kind,
    read_bodies,
    read_tables,
    resolve_body,
)

RENAMED = ProjectOptions(
    database="utility", environment="dev", schema_prefix="grid_", lag_minutes=1,
    iceberg_catalog="https://lake.example.org:8181/api",
)  # fmt: skip
REPEATABLE = re.compile(
    r"USE (ROLE|WAREHOUSE) |GRANT |CREATE OR (ALTER|REPLACE) |CREATE [A-Z ]+ IF NOT EXISTS "
    r"|COPY INTO |ALTER (RESOURCE MONITOR|WAREHOUSE) \S+ SET"
    r"|ALTER TASK (IF EXISTS )?\S+ (SUSPEND|RESUME)|SHOW |SELECT|SET \w+ = |WITH "
)


def test_every_statement_parses_or_is_of_an_allowed_kind() -> None:
    statements = list_statements()
    faults = {statement: find_fault(statement) for _, statement in statements}
    assert not {statement: fault for statement, fault in faults.items() if fault}
    assert len(statements) > 150
    used = {name_kind(statement) for _, statement in statements} - {""}
    assert used == set(ALLOWED_KINDS), "a kind that is not used needs no place in the list"


@pytest.mark.parametrize(
    "broken",
    [
        "CREATE OR ALTER DYNAMIC TABLE a TARGET_LAGG = '1 minute' WAREHOUSE = b AS SELECT 1",
        "CREATE OR REPLACE SEMANTIC VIEW A.B.C TABLES ( t AS A.B.T ) COPY GRANTS",
        "CREATE DATABASE IF NOT EXISTS A LINKED_CATALOGUE = (CATALOG = 'B')",
        "CREATE OR REPLACE AGENT A.B.C FROM SPECIFICATION no",
        "GRANT USAGE ON AGENTS A.B.C TO ROLE D",
        "SHOW DYNAMIC TABLE IN DATABASE A",
    ],
)
def test_a_statement_with_a_mistake_is_found(broken: str) -> None:
    assert find_fault(broken)


def test_every_statement_may_run_again() -> None:
    odd = [each for _, each in list_statements() if not REPEATABLE.match(each)]
    assert odd == []


def test_no_statement_names_what_is_not_of_the_project() -> None:
    """Another database, environment and prefix leave no name of the default behind."""
    text = "\n".join(
        statement for name, statement in list_statements(RENAMED) if name != "97_cortex.sql"
    )
    assert '"GRIDTWIN' not in text
    assert '"UTILITY_DEV"."GRID_GOLD".AMI_ENRICHED' in text
    assert '"UTILITY_DEV_GRID_LOADER"' in text
    agents = [each for name, each in list_statements(RENAMED) if name == "97_cortex.sql"]
    assert "GRIDTWIN" not in "".join(agents)


def test_every_body_resolves_against_the_columns_that_are_declared() -> None:
    statements = list_statements()
    known: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    for (schema, name), columns in read_tables(statements).items():
        known[schema][name] = columns
    bodies = read_bodies(statements)
    assert len(bodies) >= 18
    for body in bodies:
        schema, name = body.place
        known[schema][name] = resolve_body(body, known)
    assert "PRICE_USD_MWH" in known["GOLD"]["AMI_ENRICHED"]
    astray = sqlglot.parse_one(
        'SELECT r.NONE FROM "GRIDTWIN"."GOLD".AMI_ENRICHED AS r', "snowflake"
    )
    with pytest.raises(OptimizeError):
        resolve_body(Body(("GOLD", "ASTRAY"), "VIEW", astray), known)  # type: ignore[arg-type]


def test_bodies_that_say_incremental_hold_nothing_that_cannot_be() -> None:
    bodies = read_bodies(list_statements())
    modes = defaultdict(set)
    for body in bodies:
        modes[body.mode].add(body.place[1])
        if body.mode == "INCREMENTAL":
            assert list(list_forbidden(body.query)) == [], body.place
    assert modes["FULL"] == {"CLOSURE"}
    assert {"AMI_DEDUPLICATED", "AMI_ENRICHED", "AMI_REJECTED"} <= modes["INCREMENTAL"]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT a FROM t WHERE a IN (SELECT b FROM u)",
        "SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u)",
        "SELECT (SELECT MAX(b) FROM u) AS m FROM t",
        "SELECT a FROM t EXCEPT SELECT a FROM u",
        "SELECT a FROM t LIMIT 5",
        "SELECT ANY_VALUE(a) AS a FROM t",
        "SELECT CURRENT_TIMESTAMP() AS now FROM t",
        "SELECT ST_MAKEPOINT(a, b) AS p FROM t",
        "SELECT TO_GEOGRAPHY(a) AS p FROM t",
        "SELECT t.a FROM t LEFT JOIN u ON t.a > u.a",
        "SELECT t.a FROM t ASOF JOIN u MATCH_CONDITION (t.a >= u.a) ON t.b = u.b",
    ],
)
def test_the_rules_find_what_no_incremental_refresh_takes(query: str) -> None:
    assert list(list_forbidden(sqlglot.parse_one(query, dialect="snowflake")))


def test_no_layer_is_fresher_than_what_it_is_made_of() -> None:
    lags = {body.place[1]: body.lag for body in read_bodies(list_statements()) if body.lag}
    assert set(lags.values()) == {"'15 minutes'", "DOWNSTREAM", "'60 minutes'"}
    assert lags["AMI_DEDUPLICATED"] == "DOWNSTREAM"


def test_the_sql_of_the_page_parses_and_names_what_is_there() -> None:
    page = (Path(__file__).parents[2] / "docs/snowflake.md").read_text(encoding="utf-8")
    code = "".join(re.findall(r"```sql\n(.*?)```", page, re.DOTALL))
    places = {f"{body.place[0]}.{body.place[1]}" for body in read_bodies(list_statements())}
    places |= {".".join(place) for place in read_tables(list_statements())}
    asked = split_statements(code)
    assert len(asked) == 2
    for statement in asked:
        assert find_fault(statement) == ""
        assert set(re.findall(r"GRID_DEV\.(\w+\.\w+)", statement)) <= places


def test_a_script_comes_apart_at_semicolons_that_end_a_statement() -> None:
    script = """
    -- one; not two
    SELECT 'a;--b', ";" FROM t; /* ; */
    CREATE AGENT a FROM SPECIFICATION $$
    x: "; -- y"
    $$;
    SELECT 'it''s; ' || '\\'';
    """
    found = split_statements(script)
    assert [each.split()[0] for each in found] == ["SELECT", "CREATE", "SELECT"]
    assert found[0] == "SELECT 'a;--b', \";\" FROM t"
    assert '"; -- y"' in found[1]
    assert split_statements(" -- nothing\n ; ") == []
