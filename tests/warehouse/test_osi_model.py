"""The semantic model goes to other tools as Open Semantic Interchange, and means the same there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from command_line import run_cli
from gridtwin.errors import InputError
from gridtwin.publish.osi_model import place_in_postgres, qualify_expression, write_osi
from gridtwin.publish.snowflake.project_files import render_project
from gridtwin.publish.snowflake.project_names import ProjectOptions
from gridtwin.semantic.semantic_model import SemanticTable, read_semantic_model
from gridtwin.store.postgis.connect import connect
from gridtwin.twin import Twin

if TYPE_CHECKING:
    from psycopg import Connection


def read_expression(told: dict[str, Any]) -> str:
    """Return the only expression of a field or metric."""
    (dialect,) = told["expression"]["dialects"]
    assert dialect["dialect"] == "ANSI_SQL"
    return str(dialect["expression"])


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """Return the model as another tool reads it, over the tables of PostgreSQL."""
    text = write_osi(read_semantic_model(), "grid", place_in_postgres(""))
    document: dict[str, Any] = yaml.safe_load(text)
    Draft202012Validator(OSI_SHAPE).validate(document)
    (model,) = document["semantic_model"]
    return model


def test_nothing_of_the_model_is_left_out(told: dict[str, Any]) -> None:
    model = read_semantic_model()
    assert [each["name"] for each in told["datasets"]] == [each.name for each in model.tables]
    for dataset, table in zip(told["datasets"], model.tables, strict=True):
        assert dataset["primary_key"] == list(table.key)
        assert {each["name"]: each["description"] for each in dataset["fields"]} == {
            each.name: each.meaning for each in table.columns
        }
        kinds = {each["name"]: each.get("dimension") for each in dataset["fields"]}
        assert {name for name, kind in kinds.items() if kind == {"is_time": True}} == {
            each.name for each in table.columns if each.kind == "time"
        }
        assert {name for name, kind in kinds.items() if kind is None} == {
            each.name for each in table.columns if each.kind == "fact"
        }
    metrics = {each["name"]: each["description"] for each in told["metrics"]}
    assert metrics == {each.name: each.meaning for table in model.tables for each in table.metrics}
    assert len(metrics) == len(told["metrics"]), "a name of a metric stands twice"
    assert len(told["relationships"]) == len(model.links)


def test_every_metric_runs_in_the_database_as_it_is_written(
    mirrored: Twin, told: dict[str, Any]
) -> None:
    datasets = {each["name"]: each["source"] for each in told["datasets"]}
    expressions = {
        each.name: (table.name, each.expression)
        for table in read_semantic_model().tables
        for each in table.metrics
    }
    with connect(mirrored.store.url) as connection:  # type: ignore[attr-defined]
        for metric in told["metrics"]:
            table, own = expressions[metric["name"]]
            asked = read_expression(metric)
            assert f"{table}." in asked
            source = datasets[table]
            want = ask(connection, f"SELECT {own} FROM {source}")  # noqa: S608
            have = ask(connection, f"SELECT {asked} FROM {source} AS {table}")  # noqa: S608
            assert have == want, metric["name"]


def test_relationships_join_each_row_at_most_once(mirrored: Twin, told: dict[str, Any]) -> None:
    datasets = {each["name"]: each["source"] for each in told["datasets"]}
    with connect(mirrored.store.url) as connection:  # type: ignore[attr-defined]
        for link in told["relationships"]:
            one, other = datasets[link["from"]], datasets[link["to"]]
            pairs = zip(link["from_columns"], link["to_columns"], strict=True)
            equal = " AND ".join(f"l.{left} = r.{right}" for left, right in pairs)
            joined = ask(
                connection,
                f"SELECT count(*), count(r) FROM {one} AS l LEFT JOIN {other} AS r ON {equal}",  # noqa: S608
            )
            counted = ask(connection, f"SELECT count(*) FROM {one}")  # noqa: S608
            assert joined[0] == counted[0], link["name"]
            assert joined[1] > 0, f"{link['name']}: no row is joined"


def ask(connection: Connection[Any], query: str) -> tuple[Any, ...]:
    """Return the only row of a query that this file wrote."""
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return tuple(row)


@pytest.mark.parametrize(
    ("expression", "qualified"),
    [
        ("MAX(ABS(kwh)) * 4", "MAX(ABS(t.kwh)) * 4"),
        ("AVG(kwh) / NULLIF(MAX(kwh), 0)", "AVG(t.kwh) / NULLIF(MAX(t.kwh), 0)"),
        ("COUNT(*)", "COUNT(t.reading_time)"),
    ],
)
def test_columns_stand_with_their_table(expression: str, qualified: str) -> None:
    columns = read_semantic_model().find_table("transformer_load").columns
    table = SemanticTable("t", "", ("reading_time", "transformer"), columns)
    assert qualify_expression(table, expression) == qualified


def test_the_project_for_snowflake_has_it_over_its_own_tables() -> None:
    project = render_project(ProjectOptions("GRID", environment="dev", schema_prefix="tw_"))
    document = yaml.safe_load(project["osi_model.yaml"])
    Draft202012Validator(OSI_SHAPE).validate(document)
    view = yaml.safe_load(project["semantic_model.yaml"])
    (model,) = document["semantic_model"]
    assert model["name"] == view["name"]
    assert [each["source"] for each in model["datasets"]] == [
        ".".join(each["base_table"][part] for part in ("database", "schema", "table"))
        for each in view["tables"]
    ]


def test_it_is_written_from_the_command_line(tmp_path: Path) -> None:
    file = tmp_path / "grid.osi.yaml"
    done = run_cli("publish", "osi", str(file), "--database", "grid")
    assert done.returncode == 0, done.stderr
    (model,) = yaml.safe_load(file.read_text())["semantic_model"]
    assert model["datasets"][0]["source"] == "grid.gridtwin.transformer_load"


def test_a_database_that_would_have_to_be_quoted_is_refused() -> None:
    with pytest.raises(InputError, match="no plain name"):
        place_in_postgres("Grid; drop")


TEXT = {"type": "string", "minLength": 1}
NAMES = {"type": "array", "items": TEXT, "minItems": 1}


def _shape(required: dict[str, object], **more: object) -> dict[str, object]:
    return {
        "type": "object",
        "properties": required | more,
        "required": list(required),
        "additionalProperties": False,
    }


def _list_of(shape: object) -> dict[str, object]:
    return {"type": "array", "items": shape, "minItems": 1}


# What core specification 0.1.1 of OSI allows, of which this uses only standard SQL.
CONTEXT = _shape({}, synonyms=NAMES, instructions=TEXT, examples=NAMES)
EXPRESSION = _shape(
    {"dialects": _list_of(_shape({"dialect": {"const": "ANSI_SQL"}, "expression": TEXT}))}
)
FIELD = _shape(
    {"name": TEXT, "expression": EXPRESSION},
    dimension=_shape({}, is_time={"type": "boolean"}),
    description=TEXT,
    ai_context=CONTEXT,
)
OSI_SHAPE = _shape(
    {
        "version": {"const": "0.1.1"},
        "semantic_model": _list_of(
            _shape(
                {
                    "name": TEXT,
                    "datasets": _list_of(
                        _shape(
                            {"name": TEXT, "source": TEXT},
                            primary_key=NAMES,
                            description=TEXT,
                            ai_context=CONTEXT,
                            fields=_list_of(FIELD),
                        )
                    ),
                },
                description=TEXT,
                ai_context=CONTEXT,
                relationships=_list_of(
                    _shape(
                        {
                            "name": TEXT,
                            "from": TEXT,
                            "to": TEXT,
                            "from_columns": NAMES,
                            "to_columns": NAMES,
                        }
                    )
                ),
                metrics=_list_of(
                    _shape(
                        {"name": TEXT, "expression": EXPRESSION},
                        description=TEXT,
                        ai_context=CONTEXT,
                    )
                ),
            )
        ),
    }
)
