"""Write the semantic model as a semantic view of Snowflake: as DDL, and as YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridtwin.publish.snowflake.question_files import (
    TABLE_PLACES,
    place_table,
    write_verified_query,
)
from gridtwin.publish.snowflake.snowflake_types import quote_text
from gridtwin.publish.yaml_text import write_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gridtwin.publish.snowflake.project_names import ProjectOptions
    from gridtwin.semantic.semantic_model import (
        SemanticColumn,
        SemanticLink,
        SemanticMetric,
        SemanticModel,
        SemanticTable,
    )

VIEW_NAME = "GRID_ANALYTICS"
YAML_TYPES = {"text": "VARCHAR", "number": "NUMBER", "time": "TIMESTAMP_TZ", "flag": "BOOLEAN"}


def write_semantic_view(model: SemanticModel, options: ProjectOptions) -> str:
    """Return the statement that makes the semantic view; the order of its clauses is fixed."""
    tables = model.tables
    clauses = [
        ("TABLES", [_write_logical_table(table, options) for table in tables]),
        ("RELATIONSHIPS", [_write_link(link) for link in model.links]),
        ("FACTS", [_write_column(*each) for each in _list_columns(tables, ("fact",))]),
        (
            "DIMENSIONS",
            [_write_column(*each) for each in _list_columns(tables, ("dimension", "time"))],
        ),
        (
            "METRICS",
            [_write_metric(table, metric) for table in tables for metric in table.metrics],
        ),
    ]
    body = "\n".join(f"{name} (\n{_indent_list(entries)}\n)" for name, entries in clauses)
    queries = [
        f"{question.name} AS (\n        QUESTION {quote_text(question.words)}\n"
        f"        SQL {quote_text(write_verified_query(question))}\n    )"
        for question in model.questions
        if not question.of_area
    ]
    return (
        f"CREATE OR REPLACE SEMANTIC VIEW {options.qualify_schema('gold')}.{VIEW_NAME}\n{body}\n"
        f"COMMENT = {quote_text(model.meaning)}\n"
        f"AI_SQL_GENERATION {quote_text(model.rules)}\n"
        f"AI_VERIFIED_QUERIES (\n{_indent_list(queries)}\n)\nCOPY GRANTS;"
    )


def write_semantic_yaml(model: SemanticModel, options: ProjectOptions) -> str:
    """Return the same as YAML, as SYSTEM$CREATE_SEMANTIC_VIEW_FROM_YAML takes it."""
    document = {
        "name": VIEW_NAME,
        "description": model.meaning,
        "tables": [_describe_table(table, options) for table in model.tables],
        "relationships": [
            {
                "name": _name_link(link),
                "left_table": link.table,
                "right_table": link.refers,
                "relationship_columns": [{"left_column": link.column, "right_column": link.key}],
            }
            for link in model.links
        ],
        "verified_queries": [
            {
                "name": question.name,
                "question": question.words,
                "sql": write_verified_query(question),
            }
            for question in model.questions
            if not question.of_area
        ],
        "custom_instructions": model.rules,
    }
    return write_yaml(document)


def _list_columns(
    tables: Iterable[SemanticTable], kinds: Sequence[str]
) -> list[tuple[SemanticTable, SemanticColumn]]:
    return [(table, column) for table in tables for column in table.columns if column.kind in kinds]


def _indent_list(entries: Iterable[str]) -> str:
    return ",\n".join(f"    {entry}" for entry in entries)


def _write_notes(meaning: str, synonyms: Sequence[str]) -> str:
    """Return the clauses that say what something means and how else it is called."""
    words = ", ".join(quote_text(word) for word in synonyms)
    called = f" WITH SYNONYMS = ({words})" if synonyms else ""
    return f"{called} COMMENT = {quote_text(meaning)}"


def _write_logical_table(table: SemanticTable, options: ProjectOptions) -> str:
    place, key = place_table(table.name, options), ", ".join(table.key)
    notes = _write_notes(table.meaning, table.synonyms)
    return f"{table.name} AS {place} PRIMARY KEY ({key}){notes}"


def _name_link(link: SemanticLink) -> str:
    return f"{link.table}_to_{link.refers}"


def _write_link(link: SemanticLink) -> str:
    return (
        f"{_name_link(link)} AS {link.table} ({link.column}) REFERENCES {link.refers} ({link.key})"
    )


def _write_column(table: SemanticTable, column: SemanticColumn) -> str:
    notes = _write_notes(column.meaning, column.synonyms)
    return f"{table.name}.{column.name} AS {column.name}{notes}"


def _write_metric(table: SemanticTable, metric: SemanticMetric) -> str:
    notes = _write_notes(metric.meaning, metric.synonyms)
    return f"{table.name}.{metric.name} AS {metric.expression}{notes}"


def _describe_table(table: SemanticTable, options: ProjectOptions) -> dict[str, Any]:
    schema, name = TABLE_PLACES[table.name]
    described: dict[str, Any] = {
        "name": table.name,
        "description": table.meaning,
        "base_table": {
            "database": options.database_name,
            "schema": options.name_schema(schema),
            "table": name,
        },
        "primary_key": {"columns": list(table.key)},
    }
    if table.synonyms:
        described["synonyms"] = list(table.synonyms)
    parts = {"dimension": "dimensions", "time": "time_dimensions", "fact": "facts"}
    for kind, part in parts.items():
        columns = [_describe_column(each) for each in table.columns if each.kind == kind]
        if columns:
            described[part] = columns
    if table.metrics:
        described["metrics"] = [
            {"name": metric.name, "description": metric.meaning, "expr": metric.expression}
            | ({"synonyms": list(metric.synonyms)} if metric.synonyms else {})
            for metric in table.metrics
        ]
    return described


def _describe_column(column: SemanticColumn) -> dict[str, Any]:
    described: dict[str, Any] = {"name": column.name, "description": column.meaning}
    if column.synonyms:
        described["synonyms"] = list(column.synonyms)
    return described | {"expr": column.name, "data_type": YAML_TYPES[column.type]}
