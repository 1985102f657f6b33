"""Read the SQL of a project for Snowflake: parse it, name its tables, render it for DuckDB."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import sqlglot
from sqlfluff.core import FluffConfig, Linter
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify

from gridtwin.publish.snowflake.project_files import render_project
from gridtwin.publish.snowflake.project_names import ProjectOptions
from gridtwin.publish.snowflake.sql_statements import split_statements

CATALOG = "https://lake.example.org/api/catalog"
FULL = ProjectOptions(iceberg_catalog=CATALOG)

# Statements that the grammar of sqlfluff has not; each whole statement has to match its own.
NAME = r'(?:"[A-Z0-9_]+"|[A-Z0-9_]+)(?:\.(?:"[A-Z0-9_]+"|[A-Z0-9_]+)){0,2}'
TEXT = r"'(?:[^']|'')*'"
NOTES = rf"(?: WITH SYNONYMS = \({TEXT}(?:, {TEXT})*\))? COMMENT = {TEXT}"
ALLOWED_KINDS = {
    "grant on an agent or server": rf"GRANT (?:CREATE (?:AGENT|MCP SERVER) ON SCHEMA"
    rf"|USAGE ON (?:AGENT|MCP SERVER)) {NAME} TO ROLE {NAME}",
    "show dynamic tables": rf"SHOW DYNAMIC TABLES IN DATABASE {NAME}",
    "linked database": rf"CREATE DATABASE IF NOT EXISTS {NAME}"
    rf" LINKED_CATALOG = \(CATALOG = {TEXT}\)",
    "catalog integration": rf"CREATE CATALOG INTEGRATION IF NOT EXISTS {NAME}"
    r" CATALOG_SOURCE = ICEBERG_REST TABLE_FORMAT = ICEBERG"
    rf" REST_CONFIG = \( CATALOG_URI = {TEXT} ACCESS_DELEGATION_MODE = VENDED_CREDENTIALS \)"
    rf" REST_AUTHENTICATION = \( TYPE = OAUTH OAUTH_CLIENT_ID = {TEXT}"
    rf" OAUTH_CLIENT_SECRET = 'set by hand' OAUTH_ALLOWED_SCOPES = \({TEXT}\) \)"
    r" ENABLED = TRUE REFRESH_INTERVAL_SECONDS = \d+",
    "agent": rf"CREATE OR REPLACE AGENT {NAME} COPY GRANTS COMMENT = {TEXT}"
    r" FROM SPECIFICATION \$\$.*\$\$",
    "semantic view": rf"CREATE OR REPLACE SEMANTIC VIEW {NAME}"
    rf" TABLES \( (?:\w+ AS {NAME} PRIMARY KEY \(\w+(?:, \w+)*\){NOTES},? )+\)"
    r" RELATIONSHIPS \( (?:\w+ AS \w+ \(\w+\) REFERENCES \w+ \(\w+\),? )+\)"
    rf" FACTS \( (?:\w+\.\w+ AS \w+{NOTES},? )+\)"
    rf" DIMENSIONS \( (?:\w+\.\w+ AS \w+{NOTES},? )+\)"
    rf" METRICS \( (?:\w+\.\w+ AS [\w(),.*/ ]+?{NOTES},? )+\)"
    rf" COMMENT = {TEXT} AI_SQL_GENERATION {TEXT}"
    rf" AI_VERIFIED_QUERIES \( (?:\w+ AS \( QUESTION {TEXT} SQL {TEXT} \),? )+\) COPY GRANTS",
}
# What a body that is refreshed by increments must not hold, by the documentation of dynamic tables.
GEOGRAPHY = re.compile(r"^(ST_|H3_|TO_GEOGRAPHY|TRY_TO_GEOGRAPHY|TO_GEOMETRY)", re.IGNORECASE)
CLOCKS = (exp.CurrentTimestamp, exp.CurrentDate, exp.CurrentTime)


@dataclass(frozen=True)
class Body:
    """The query of a view or a dynamic table."""

    place: tuple[str, str]  # schema, name
    mode: str  # VIEW, or the refresh mode of a dynamic table
    query: exp.Query
    lag: str = ""


def list_statements(options: ProjectOptions = FULL) -> list[tuple[str, str]]:
    """Return every statement of a project behind the name of its file."""
    return [
        (name, statement)
        for name, text in render_project(options).items()
        if name.endswith(".sql")
        for statement in split_statements(text)
    ]


@cache
def _linter() -> Linter:
    return Linter(config=FluffConfig(overrides={"dialect": "snowflake"}))


def find_fault(statement: str) -> str:
    """Return why a statement is none; empty if it parses, or is of an allowed kind."""
    faults = [str(each) for each in _linter().parse_string(statement + ";").violations]
    if not faults or name_kind(statement):
        return ""
    return faults[0]


def name_kind(statement: str) -> str:
    """Return the allowed kind that a statement is of; empty if none."""
    flat = " ".join(statement.split())
    kinds = [kind for kind, form in ALLOWED_KINDS.items() if re.fullmatch(form, flat)]
    return kinds[0] if kinds else ""


def read_tables(statements: Iterable[tuple[str, str]]) -> dict[tuple[str, str], dict[str, str]]:
    """Return the columns, with their types, of every table that is made."""
    tables = {}
    for _, statement in statements:
        head = re.match(
            r'CREATE OR ALTER TABLE "\w+"\."(\w+)"\.(\w+) \(\n(.*?)\n\)', statement, re.DOTALL
        )
        if head:
            columns = re.findall(r"^    (\w+) (\w+(?: ?\([\d, ]+\))?)", head[3], re.MULTILINE)
            tables[head[1], head[2]] = dict(columns)
    return tables


def read_bodies(statements: Iterable[tuple[str, str]]) -> list[Body]:
    """Return the bodies of views and dynamic tables, in the order in which they are made."""
    bodies = []
    for _, statement in statements:
        head = re.match(
            r'CREATE OR ALTER (VIEW|DYNAMIC TABLE) "\w+"\."(\w+)"\.(\w+)\n(.*?)\bAS\n(.*)',
            statement,
            re.DOTALL,
        )
        if not head:
            continue
        mode = re.search(r"REFRESH_MODE = (\w+)", head[4])
        lag = re.search(r"TARGET_LAG = (\S.*)", head[4])
        assert (mode is not None) == (head[1] == "DYNAMIC TABLE"), f"{head[3]} states no mode"
        query = sqlglot.parse_one(head[5], dialect="snowflake")
        assert isinstance(query, exp.Query)
        bodies.append(
            Body((head[2], head[3]), mode[1] if mode else "VIEW", query, lag[1] if lag else "")
        )
    return bodies


def list_forbidden(query: exp.Expression) -> Iterator[str]:
    """Yield what a query holds that no incremental refresh takes."""
    for node in query.walk():
        if _is_inner_query(node):
            yield "a subquery outside of FROM"
        elif isinstance(node, exp.Except | exp.Intersect):
            yield "EXCEPT or INTERSECT"
        elif isinstance(node, exp.Limit | exp.Fetch):
            yield "LIMIT"
        elif isinstance(node, exp.Pivot):
            yield "PIVOT"
        elif isinstance(node, exp.Lateral):
            yield "LATERAL"
        elif isinstance(node, exp.AnyValue):
            yield "ANY_VALUE"
        elif isinstance(node, CLOCKS) and not node.find_ancestor(exp.Where):
            yield "the clock outside of WHERE"
        elif isinstance(node, exp.Func) and GEOGRAPHY.match(node.sql(dialect="snowflake")):
            yield "geography"
        elif isinstance(node, exp.Join):
            yield from _list_join_faults(node)


def _is_inner_query(node: exp.Expression) -> bool:
    """Return whether a node is a query that stands elsewhere than in FROM or a join."""
    if isinstance(node, exp.In):
        return node.args.get("query") is not None
    nested = isinstance(node, exp.Subquery | exp.Exists)
    return nested and not isinstance(node.parent, exp.From | exp.Join)


def _list_join_faults(join: exp.Join) -> Iterator[str]:
    if join.args.get("match_condition") is not None:
        yield "ASOF JOIN"
    on = join.args.get("on")
    if join.side and on is not None:
        tests = list(on.flatten()) if isinstance(on, exp.And) else [on]
        if not all(isinstance(each, exp.EQ) for each in tests):
            yield "an outer join without equality"


def resolve_body(body: Body, known: dict[str, dict[str, dict[str, str]]]) -> dict[str, str]:
    """Return the columns of a body; a name that no known table has is an error."""
    qualified = qualify(
        body.query.copy(),
        schema={"GRIDTWIN": known},
        dialect="snowflake",
        validate_qualify_columns=True,
        quote_identifiers=True,
    )
    return dict.fromkeys(qualified.named_selects, "VARIANT")


# ---------------------------------------------------------------- in DuckDB


def translate_body(query: exp.Expression) -> str:
    """Return a query of Snowflake as DuckDB runs it, its tables without the database."""
    query = query.copy()
    for table in query.find_all(exp.Table):
        table.set("catalog", None)
    translated = query.transform(_translate_parsing).transform(_translate_zone)
    return translated.sql(dialect="duckdb")


def _translate_zone(node: exp.Expression) -> exp.Expression:
    """Render a change of zone as DuckDB means it."""
    if isinstance(node, exp.ConvertTimezone):
        zone = node.args["target_tz"].name
        time = node.args["timestamp"]
        if zone == "UTC":  # a time with its zone stays the moment it is
            return time
        return exp.AtTimeZone(this=time, zone=exp.Literal.string(zone))
    return node


def _translate_parsing(node: exp.Expression) -> exp.Expression:
    """Render as a cast what sqlglot does not know to be one."""
    if isinstance(node, exp.Anonymous) and node.name.upper() == "TRY_TO_TIMESTAMP_TZ":
        return exp.TryCast(this=node.expressions[0], to=exp.DataType.build("TIMESTAMPTZ"))
    if isinstance(node, exp.Cast) and node.to.is_type("geography"):
        binary = node.this.name.endswith("_WKB")
        return exp.Anonymous(
            this="ST_GeomFromWKB" if binary else "ST_GeomFromText", expressions=[node.this]
        )
    return node
