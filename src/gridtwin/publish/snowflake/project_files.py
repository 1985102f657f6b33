"""
Render the files of a project: numbered SQL, questions, the semantic model, and their checksums.

The same options give the same bytes. Every statement may run again: it makes what is missing,
brings in step what is there, and leaves the rest.
"""

from __future__ import annotations

import hashlib
import json
import re
from importlib.resources import files
from typing import TYPE_CHECKING

from gridtwin.errors import InputError
from gridtwin.publish.atomic_file import write_whole
from gridtwin.publish.osi_model import write_osi
from gridtwin.publish.snowflake.cortex_specs import build_agent, build_mcp_server
from gridtwin.publish.snowflake.question_files import name_place, write_question
from gridtwin.publish.snowflake.semantic_view import (
    VIEW_NAME,
    write_semantic_view,
    write_semantic_yaml,
)
from gridtwin.publish.snowflake.snowflake_types import write_table
from gridtwin.publish.yaml_text import write_yaml
from gridtwin.results.warehouse.table_shapes import WAREHOUSE_TABLES
from gridtwin.semantic.semantic_model import read_semantic_model

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gridtwin.publish.snowflake.project_names import ProjectOptions

PROJECT_FORMAT = "snowflake project 1"
MANIFEST_NAME = "manifest.json"
ICEBERG_FILE = "90_iceberg.sql"
SQL_FILES = (
    "10_roles.sql",
    "20_warehouses.sql",
    "30_database.sql",
    "40_landing.sql",
    "50_backfill.sql",
    "60_tables.sql",
    "65_topology.sql",
    "70_silver.sql",
    "75_gold.sql",
    "80_places.sql",
    "85_tasks.sql",
    ICEBERG_FILE,
    "95_semantic.sql",
    "97_cortex.sql",
    "99_verify.sql",
)
CONNECTOR_FILE = "kafka-connector.json"
LANDING_TABLES = (
    "AMI_READINGS_RAW",
    "GRID_EVENTS_RAW",
    "OUTAGE_ALERTS_RAW",
    "CONDITIONS_RAW",
    "AMI_BACKFILL_RAW",
    "ZONE_PRICES_RAW",
)
PLACEHOLDER = re.compile(r"\{\{ (\w+) \}\}")


def render_project(options: ProjectOptions) -> dict[str, str]:
    """
    Return the files of a project by their paths in its folder, the manifest last.

    Parameters
    ----------
    options
        What it is made for.
    """
    values = options.list_values()
    network, results = values["network"], values["results"]
    places = {"network": network, "results": results}
    model = read_semantic_model()
    agent, server = build_agent(options), build_mcp_server(options)
    values |= {
        "tables": "\n".join(write_table(each, places[each.schema]) for each in WAREHOUSE_TABLES),
        "counted": _write_counts(values["landing"]),
        "semantic_view": write_semantic_view(model, options),
        "agent_specification": write_yaml(agent),
        "server_specification": write_yaml(server),
    }
    names = [name for name in SQL_FILES if name != ICEBERG_FILE or options.iceberg_catalog]
    project = {name: fill_template(name, values).rstrip() + "\n" for name in names}
    project |= {
        CONNECTOR_FILE: fill_template(CONNECTOR_FILE, values),
        "semantic_model.yaml": write_semantic_yaml(model, options),
        "osi_model.yaml": write_osi(model, VIEW_NAME, lambda name: name_place(name, options)),
        "agent.yaml": write_yaml(agent),
        "mcp_server.yaml": write_yaml(server),
    }
    for question in model.questions:
        project[f"questions/{question.name}.sql"] = write_question(question, options)
    return project | {MANIFEST_NAME: _write_manifest(options, project)}


def fill_template(name: str, values: Mapping[str, str]) -> str:
    """Return a template with each ``{{ word }}`` replaced by its value."""
    text = (files("gridtwin.publish.snowflake") / "templates" / name).read_text(encoding="utf-8")
    return PLACEHOLDER.sub(lambda match: values[match[1]], text)


def write_project(options: ProjectOptions, folder: Path) -> list[Path]:
    """
    Write the files of a project into a folder; what was of an older one and is no more goes.

    Returns
    -------
        The files that were written or are as they were, the manifest last.

    Raises
    ------
    InputError
        If the folder cannot be made or written, or holds other things than a project.
    """
    project = render_project(options)
    before = _list_before(folder)
    paths = []
    for name, text in project.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            msg = f"{path.parent}: cannot be made: {error.strerror}"
            raise InputError(msg) from error
        write_whole(path, text.encode())
        paths.append(path)
    for name in sorted(before - project.keys()):
        (folder / name).unlink(missing_ok=True)
    return paths


def _list_before(folder: Path) -> set[str]:
    """Return the files that an older project of the folder names; refuse a folder of others."""
    manifest = folder / MANIFEST_NAME
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return set()
    try:
        told = json.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        told = {}
    if not isinstance(told, dict) or told.get("format") != PROJECT_FORMAT:
        msg = f"{folder} is there and holds no project of gridtwin: choose an empty folder"
        raise InputError(msg)
    names = {name for name in told.get("files", {}) if isinstance(name, str)}
    return {name for name in names if ".." not in name and not name.startswith("/")}


def _write_counts(landing: str) -> str:
    """Return the query that counts what each landing table refused."""
    return "\nUNION ALL\n".join(
        f"SELECT\n    CURRENT_TIMESTAMP() AS COUNTED_AT,\n    '{table}' AS TABLE_NAME,\n"
        f"    COUNT(*) AS ROWS_REFUSED\nFROM ERROR_TABLE({landing}.{table})"
        for table in LANDING_TABLES
    )


def _write_manifest(options: ProjectOptions, project: Mapping[str, str]) -> str:
    """Return what a project is made for, and the SHA-256 of each of its files."""
    manifest = {
        "format": PROJECT_FORMAT,
        "database": options.database_name,
        "schema_prefix": options.schema_prefix.upper(),
        "files": {
            name: hashlib.sha256(text.encode()).hexdigest() for name, text in project.items()
        },
    }
    return json.dumps(manifest, indent=2) + "\n"
