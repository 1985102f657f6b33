"""One model says what the tables mean: its measures are what the local questions answer."""

from __future__ import annotations

import re

import pandas as pd
import pytest
import sqlglot
import yaml
from jsonschema import Draft202012Validator
from sqlglot.optimizer.qualify import qualify

from gridtwin.analysis.ami.loading import POWER_FACTOR
from gridtwin.publish.snowflake.project_files import render_project
from gridtwin.publish.snowflake.project_names import ProjectOptions
from gridtwin.publish.snowflake.question_files import TABLE_PLACES, write_verified_query
from gridtwin.semantic.semantic_model import PeriodForm, SemanticQuestion, read_semantic_model
from gridtwin.store.postgis.connect import connect
from gridtwin.twin import Twin
from snowflake_day import ASKED, ASKED_AREA, ASKED_VALUES
from snowflake_duckdb import Warehouse
from snowflake_sql import list_statements, translate_body

VERIFIED = [question for question in read_semantic_model().questions if not question.of_area]
VALUES = {**ASKED_VALUES, "area": f"'{ASKED_AREA}'"}


def ask_snowflake(warehouse: Warehouse, query: str) -> pd.DataFrame:
    """Return the rows of a query of Snowflake, its columns in lower case."""
    code = translate_body(sqlglot.parse_one(query, dialect="snowflake"))
    return warehouse.ask(code).rename(columns=str.lower)


def ask_measures(warehouse: Warehouse, table: str, by: str) -> pd.DataFrame:
    """Return all measures of a table of the model, by one of its columns."""
    stated = read_semantic_model().find_table(table)
    schema, name = TABLE_PLACES[table]
    measures = ", ".join(f"{metric.expression} AS {metric.name}" for metric in stated.metrics)
    query = f'SELECT {by}, {measures} FROM "{schema.upper()}".{name} GROUP BY {by} ORDER BY {by}'  # noqa: S608
    return ask_snowflake(warehouse, query)


@pytest.mark.parametrize(
    "question", read_semantic_model().questions, ids=lambda question: question.name
)
def test_a_question_has_the_answer_that_a_database_and_a_folder_give(
    mirrored: Twin, kept: Twin, warehouse: Warehouse, question: SemanticQuestion
) -> None:
    name = question.name
    script = [each for file, each in list_statements() if file == f"questions/{name}.sql"]
    assert script[0].startswith("USE ROLE")
    query = re.sub(r"\$asked_(\w+)", lambda match: VALUES[match[1]], script[-1])
    have = ask_snowflake(warehouse, query)
    for twin in (mirrored, kept):
        want = ASKED[name](twin.ami.history).frame
        assert len(want), name
        for column in want.columns:
            if column.endswith("_at"):
                have[column] = pd.to_datetime(have[column], utc=True).astype("datetime64[ms, UTC]")
        pd.testing.assert_frame_equal(have[want.columns], want, check_dtype=False, rtol=1e-5)


def test_measures_are_those_of_the_questions(mirrored: Twin, warehouse: Warehouse) -> None:
    measured = ask_measures(warehouse, "feeder_load", "feeder").set_index("feeder")
    peaks = ASKED["peaks"](mirrored.ami.history).frame.set_index("feeder")
    volts = ASKED["voltages"](mirrored.ami.history).frame.set_index("feeder")
    same = {
        "peak_kw": peaks.peak_kw, "load_factor": peaks.load_factor, "lowest_v": volts.v_min,
        "highest_v": volts.v_max, "below_a_h": volts.below_a_h, "above_a_h": volts.above_a_h,
        "below_b_h": volts.below_b_h, "above_b_h": volts.above_b_h,
    }  # fmt: skip
    for name, column in same.items():
        assert measured[name].astype(float).to_dict() == pytest.approx(column.to_dict(), rel=1e-5)
    assert (measured.mean_kw / measured.peak_kw).to_dict() == pytest.approx(
        measured.load_factor.to_dict()
    )
    heavy = ask_measures(warehouse, "transformer_load", "transformer").set_index("transformer")
    over = ASKED["overloaded"](mirrored.ami.history).frame.set_index("transformer")
    peak = heavy.transformer_peak_kw[over.index] / POWER_FACTOR
    assert peak.to_dict() == pytest.approx(over.peak_kva.to_dict(), rel=1e-5)
    rated = ask_measures(warehouse, "transformers", "transformer").set_index("transformer")
    assert rated.installed_kva[over.index].to_dict() == pytest.approx(over.rated_kva.to_dict())
    out = ask_measures(warehouse, "outage_usage_points", "outage")
    assert out.interruptions.tolist() == out.points_out.tolist()
    assert sorted(out.points_out.tolist()) == [3, 6]
    points = ask_measures(warehouse, "usage_points", "mrid")
    assert points.customers_served.sum() == mirrored.network.usage_points.customers.sum()
    prices = ask_measures(warehouse, "conditions", "time")
    assert len(prices) == 100


def test_the_tables_of_the_model_are_there_here_and_there(
    mirrored: Twin, warehouse: Warehouse
) -> None:
    with connect(mirrored.store.url) as connection:  # type: ignore[attr-defined]
        for table in read_semantic_model().tables:
            local = connection.execute(
                "SELECT column_name FROM information_schema.columns"
                " WHERE table_schema = 'gridtwin' AND table_name = %s",
                (table.name,),
            ).fetchall()
            wanted = {column.name for column in table.columns} | set(table.key)
            assert wanted <= {name for (name,) in local}, table.name
            schema, name = TABLE_PLACES[table.name]
            have = set(warehouse.read(schema.upper(), name).columns.str.lower())
            assert wanted <= have, table.name
            keys = warehouse.read(schema.upper(), name)[[key.upper() for key in table.key]]
            assert not keys.duplicated().any(), f"{table.name}: its key names no row"


@pytest.mark.parametrize("form", read_semantic_model().forms, ids=lambda form: form.name)
def test_a_database_shows_intervals_as_the_model_says(mirrored: Twin, form: PeriodForm) -> None:
    said = form.query.format(table=f"gridtwin.{form.table}")
    columns = sqlglot.parse_one(said, dialect="postgres").named_selects
    asked = f"SELECT {', '.join(columns)} FROM {{}} t ORDER BY {', '.join(columns)}"  # noqa: S608
    with connect(mirrored.store.url) as connection:  # type: ignore[attr-defined]
        told, shown = (
            connection.execute(asked.format(each)).fetchall()
            for each in (f"({said})", f"gridtwin.{form.name}")
        )
    assert told == shown
    assert len(told) >= 100


def test_links_lead_to_keys() -> None:
    for link in read_semantic_model().links:
        assert link.key in read_semantic_model().find_table(link.refers).key
        columns = {column.name for column in read_semantic_model().find_table(link.table).columns}
        assert link.column in columns


def test_verified_queries_ask_what_the_model_has() -> None:
    logical = {
        table.name: {column.name: "VARIANT" for column in table.columns}
        for table in read_semantic_model().tables
    }
    for question in VERIFIED:
        query = sqlglot.parse_one(write_verified_query(question), dialect="snowflake")
        qualify(query, schema=logical, dialect="duckdb", validate_qualify_columns=True)
        assert question.values.keys() <= VALUES.keys()
        assert question.values.get("power_factor", POWER_FACTOR) == POWER_FACTOR


def test_the_yaml_says_what_the_view_says() -> None:
    project = render_project(ProjectOptions(environment="dev"))
    told = yaml.safe_load(project["semantic_model.yaml"])
    Draft202012Validator(YAML_SHAPE).validate(told)
    view = project["95_semantic.sql"]
    assert [table["name"] for table in told["tables"]] == [
        table.name for table in read_semantic_model().tables
    ]
    for table in told["tables"]:
        place = table["base_table"]
        named = f'"{place["database"]}"."{place["schema"]}".{place["table"]}'
        assert f"{table['name']} AS {named} PRIMARY KEY" in view
        for part in ("facts", "dimensions", "time_dimensions", "metrics"):
            for column in table.get(part, []):
                assert f"{table['name']}.{column['name']} AS {column['expr']}" in view
    for link in told["relationships"]:
        assert f"{link['name']} AS {link['left_table']} (" in view
    for query in told["verified_queries"]:
        assert f"{query['name']} AS (" in view
        assert query["sql"].replace("'", "''") in view


def test_agents_use_what_the_project_makes() -> None:
    options = ProjectOptions(environment="dev", schema_prefix="grid_")
    project = render_project(options)
    agent = yaml.safe_load(project["agent.yaml"])
    Draft202012Validator(AGENT_SHAPE).validate(agent)
    server = yaml.safe_load(project["mcp_server.yaml"])
    Draft202012Validator(SERVER_SHAPE).validate(server)
    made = {
        f"{match[1]}.{match[2]}.{match[3]}"
        for name in ("95_semantic.sql", "97_cortex.sql")
        for match in re.finditer(
            r'^CREATE OR REPLACE [A-Z ]+ "(\w+)"\."(\w+)"\.(\w+)', project[name], re.MULTILINE
        )
    }
    resources = agent["tool_resources"]
    assert set(resources) == {tool["tool_spec"]["name"] for tool in agent["tools"]}
    used = {each.get("semantic_view") or each["name"] for each in resources.values()}
    used |= {tool["identifier"] for tool in server["tools"]}
    assert used == made - {"GRIDTWIN_DEV.GRID_GOLD.GRID_MCP"}
    asked = resources["ask_measurements"]["execution_environment"]["warehouse"]
    assert f'"{asked}"' in project["20_warehouses.sql"]
    assert project["agent.yaml"] in project["97_cortex.sql"]
    assert project["mcp_server.yaml"] in project["97_cortex.sql"]


TEXT = {"type": "string", "minLength": 1}


def _shape(required: dict[str, object], **more: object) -> dict[str, object]:
    return {
        "type": "object",
        "properties": required | more,
        "required": list(required),
        "additionalProperties": False,
    }


def _list_of(shape: object) -> dict[str, object]:
    return {"type": "array", "items": shape, "minItems": 1}


COLUMN = _shape(
    {"name": TEXT, "description": TEXT, "expr": TEXT}, data_type=TEXT, synonyms=_list_of(TEXT)
)
YAML_SHAPE = _shape(
    {
        "name": TEXT,
        "description": TEXT,
        "tables": _list_of(
            _shape(
                {
                    "name": TEXT,
                    "description": TEXT,
                    "base_table": _shape({"database": TEXT, "schema": TEXT, "table": TEXT}),
                    "primary_key": _shape({"columns": _list_of(TEXT)}),
                },
                synonyms=_list_of(TEXT),
                dimensions=_list_of(COLUMN),
                time_dimensions=_list_of(COLUMN),
                facts=_list_of(COLUMN),
                metrics=_list_of(COLUMN),
            )
        ),
        "relationships": _list_of(
            _shape(
                {
                    "name": TEXT,
                    "left_table": TEXT,
                    "right_table": TEXT,
                    "relationship_columns": _list_of(
                        _shape({"left_column": TEXT, "right_column": TEXT})
                    ),
                }
            )
        ),
        "verified_queries": _list_of(_shape({"name": TEXT, "question": TEXT, "sql": TEXT})),
    },
    custom_instructions=TEXT,
)
AGENT_SHAPE = _shape(
    {
        "models": _shape({"orchestration": {"const": "auto"}}),
        "instructions": _shape({"response": TEXT, "orchestration": TEXT}),
        "tools": _list_of(
            _shape(
                {
                    "tool_spec": _shape(
                        {
                            "type": {"enum": ["cortex_analyst_text_to_sql", "cortex_search"]},
                            "name": TEXT,
                            "description": TEXT,
                        }
                    )
                }
            )
        ),
        "tool_resources": {"type": "object"},
    }
)
SERVER_SHAPE = _shape(
    {
        "tools": _list_of(
            _shape(
                {
                    "name": {"type": "string", "pattern": "^[a-z-]+$"},
                    "type": {
                        "enum": [
                            "CORTEX_ANALYST_MESSAGE", "CORTEX_SEARCH_SERVICE_QUERY",
                            "CORTEX_AGENT_RUN",
                        ]
                    },
                    "identifier": TEXT,
                    "title": TEXT,
                    "description": TEXT,
                }
            )
        )
    }
)  # fmt: skip
