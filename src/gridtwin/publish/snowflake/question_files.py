"""
Render the questions of the local stores for Snowflake: the same SQL over the same tables.

Only the places of the tables differ, and how a value is written.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gridtwin.semantic.semantic_model import read_semantic_model
from gridtwin.store.duckdb_queries import QUERY_TABLE, read_query

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridtwin.publish.snowflake.project_names import ProjectOptions
    from gridtwin.semantic.semantic_model import SemanticQuestion

# Where each table of schema ``gridtwin`` is: schema of the project, and name.
TABLE_PLACES = {
    "transformer_load": ("gold", "TRANSFORMER_LOAD"),
    "feeder_load": ("gold", "FEEDER_LOAD"),
    "transformers": ("network", "TRANSFORMERS"),
    "transformer_zones": ("network", "TRANSFORMER_ZONES"),
    "conditions": ("gold", "CONDITIONS"),
    "zone_prices": ("gold", "ZONE_PRICES"),
    "outage_usage_points": ("results", "INTERRUPTIONS"),
    "usage_points": ("network", "USAGE_POINTS"),
    "vegetation_spans": ("results", "CURRENT_VEGETATION_SPANS"),
}
FORMS = {form.name: form for form in read_semantic_model().forms}
VALUE_MARK = re.compile(r"\{\{(\w+)\}\}")
PERIOD_DAYS = 30
AREA_NAME = "storm"  # in RESULTS.STORM_AREAS; to be set to another


def place_table(table: str, options: ProjectOptions) -> str:
    """Return where a table of the local stores is in Snowflake, its schema quoted."""
    schema, name = TABLE_PLACES[table]
    return f"{options.qualify_schema(schema)}.{name}"


def name_place(table: str, options: ProjectOptions) -> str:
    """Return where a table of the local stores is in Snowflake, as a name with points."""
    schema, name = TABLE_PLACES[table]
    return f"{options.database_name}.{options.name_schema(schema)}.{name}"


def write_question(question: SemanticQuestion, options: ProjectOptions) -> str:
    """Return a question as a script: its values as session variables, then the query."""
    transformers = (
        f"SELECT a.TRANSFORMER FROM {options.qualify_schema('results')}.AREA_TRANSFORMERS AS a"  # noqa: S608
        " WHERE a.AREA = $asked_area"
    )
    query = read_query(question.name, "{{%s}}", {"transformers": transformers})
    query = VALUE_MARK.sub(lambda match: f"$asked_{match[1]}", query)
    query = _place_tables(query, lambda table: place_table(table, options)).strip()
    values = "".join(f"SET asked_{name} = {value:g};\n" for name, value in question.values.items())
    if question.of_area:
        values += f"SET asked_area = '{AREA_NAME}';  -- of RESULTS.STORM_AREAS\n"
    return (
        f"-- {question.words}\n\n"
        f'USE ROLE "{options.name_role("reader")}";\n'
        f'USE WAREHOUSE "{options.name_warehouse("read")}";\n\n'
        "SET asked_end = CURRENT_TIMESTAMP();\n"
        f"SET asked_start = DATEADD('day', -{PERIOD_DAYS}, CURRENT_TIMESTAMP());\n"
        f"{values}\n{query};\n"
    )


def write_verified_query(question: SemanticQuestion) -> str:
    """Return a question over the logical tables of the semantic view, its values filled in."""
    literals = {name: f"{value:g}" for name, value in question.values.items()} | {
        "start": f"DATEADD('day', -{PERIOD_DAYS}, CURRENT_TIMESTAMP())",
        "end": "CURRENT_TIMESTAMP()",
    }
    query = VALUE_MARK.sub(lambda match: literals[match[1]], read_query(question.name, "{{%s}}"))
    return " ".join(_place_tables(query, lambda table: table).split())


def _place_tables(query: str, place: Callable[[str], str]) -> str:
    """Return a query over the tables where they are; intervals stand for what is of periods."""

    def write_place(match: re.Match[str]) -> str:
        form = FORMS.get(match[1])
        return f"({form.query.format(table=place(form.table))})" if form else place(match[1])

    return QUERY_TABLE.sub(write_place, query)
