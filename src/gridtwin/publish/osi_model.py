"""
Write the semantic model in the form of Open Semantic Interchange (OSI), core specification 0.1.1.

That is the version that Snowflake and dbt read. Metrics stand beside the datasets there, so their
columns are written with the dataset they are of.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gridtwin.errors import InputError
from gridtwin.publish.yaml_text import write_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gridtwin.semantic.semantic_model import (
        SemanticColumn,
        SemanticLink,
        SemanticMetric,
        SemanticModel,
        SemanticTable,
    )

OSI_VERSION = "0.1.1"
MODEL_NAME = "grid_analytics"
TABLE_SCHEMA = "gridtwin"  # of PostgreSQL
DIALECT = "ANSI_SQL"
ALL_ROWS = "COUNT(*)"
FIELD_WORD = re.compile(r"\w+")
PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")


def write_osi(model: SemanticModel, name: str, place: Callable[[str], str]) -> str:
    """
    Return the semantic model as a YAML document of OSI.

    Parameters
    ----------
    model
        What the tables mean.
    name
        What the model is called there.
    place
        Gives where a table is, such as ``database.schema.table``.
    """
    described = {
        "name": name,
        "description": model.meaning,
        "ai_context": {
            "instructions": model.rules,
            "examples": [question.words for question in model.questions if not question.of_area],
        },
        "datasets": [_describe_table(table, place(table.name)) for table in model.tables],
        "relationships": [_describe_link(link) for link in model.links],
        "metrics": [
            _describe_metric(table, metric) for table in model.tables for metric in table.metrics
        ],
    }
    return write_yaml({"version": OSI_VERSION, "semantic_model": [described]})


def place_in_postgres(database: str) -> Callable[[str], str]:
    """
    Return what says where a table is in PostgreSQL; with no database, by its schema alone.

    Raises
    ------
    InputError
        If the name of the database would have to be quoted.
    """
    if database and not PLAIN_NAME.fullmatch(database):
        msg = f"database {database!r} is no plain name: take small letters, digits and _"
        raise InputError(msg)
    before = f"{database}.{TABLE_SCHEMA}" if database else TABLE_SCHEMA
    return lambda name: f"{before}.{name}"


def _describe_table(table: SemanticTable, source: str) -> dict[str, Any]:
    return {
        "name": table.name,
        "source": source,
        "primary_key": list(table.key),
        "description": table.meaning,
        **_tell_synonyms(table.synonyms),
        "fields": [_describe_column(column) for column in table.columns],
    }


def _describe_column(column: SemanticColumn) -> dict[str, Any]:
    described = {"name": column.name, "expression": _write_expression(column.name)}
    if column.kind != "fact":
        described["dimension"] = {"is_time": column.kind == "time"}
    return described | {"description": column.meaning, **_tell_synonyms(column.synonyms)}


def _describe_link(link: SemanticLink) -> dict[str, Any]:
    return {
        "name": f"{link.table}_to_{link.refers}",
        "from": link.table,
        "to": link.refers,
        "from_columns": [link.column],
        "to_columns": [link.key],
    }


def _describe_metric(table: SemanticTable, metric: SemanticMetric) -> dict[str, Any]:
    return {
        "name": metric.name,
        "expression": _write_expression(qualify_expression(table, metric.expression)),
        "description": metric.meaning,
        **_tell_synonyms(metric.synonyms),
    }


def qualify_expression(table: SemanticTable, expression: str) -> str:
    """
    Return an expression over the columns of a table with the table before each of them.

    ``COUNT(*)`` names no table, so the rows are counted by a column of the key, which is never
    null.
    """
    columns = {column.name for column in table.columns}
    counted = expression.replace(ALL_ROWS, f"COUNT({table.key[0]})")
    return FIELD_WORD.sub(
        lambda match: f"{table.name}.{match[0]}" if match[0] in columns else match[0], counted
    )


def _write_expression(expression: str) -> dict[str, Any]:
    return {"dialects": [{"dialect": DIALECT, "expression": expression}]}


def _tell_synonyms(synonyms: Sequence[str]) -> dict[str, Any]:
    return {"ai_context": {"synonyms": list(synonyms)}} if synonyms else {}
