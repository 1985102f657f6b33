"""A project is the same bytes for the same options, and names nothing that Snowflake refuses."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from gridtwin.errors import InputError
from gridtwin.publish.snowflake.project_files import MANIFEST_NAME, render_project, write_project
from gridtwin.publish.snowflake.project_names import ProjectOptions
from gridtwin.publish.yaml_text import write_yaml
from snowflake_sql import FULL

GOLDEN = Path(__file__).parent / "golden"


def test_a_project_is_byte_for_byte_what_it_was(request: pytest.FixtureRequest) -> None:
    """With --rewrite what is there is written anew."""
    manifest = render_project(FULL)[MANIFEST_NAME]
    if request.config.getoption("--rewrite"):
        (GOLDEN / "manifest.json").write_text(manifest, encoding="utf-8")
    assert manifest == (GOLDEN / "manifest.json").read_text(encoding="utf-8")


def test_the_manifest_holds_the_checksum_of_every_other_file(tmp_path: Path) -> None:
    paths = write_project(FULL, tmp_path / "project")
    told = json.loads(paths[-1].read_text())
    folder = tmp_path / "project"
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert there == {*told["files"], MANIFEST_NAME}
    for name, checksum in told["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == checksum


def test_what_was_of_an_older_project_goes_and_what_is_of_others_stays(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    write_project(FULL, folder)
    (folder / "notes.txt").write_text("ours")
    write_project(ProjectOptions(), folder)
    assert not (folder / "90_iceberg.sql").exists()
    assert (folder / "notes.txt").read_text() == "ours"
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("of a life")
    with pytest.raises(InputError, match="holds no project"):
        write_project(FULL, other)
    (other / MANIFEST_NAME).write_text('{"files": {"thesis.txt": ""}}')
    with pytest.raises(InputError, match="holds no project"):
        write_project(FULL, other)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"database": 'A"; DROP DATABASE B; --'}, "no name for Snowflake"),
        ({"database": "1ST"}, "no name for Snowflake"),
        ({"database": "grid-twin"}, "no name for Snowflake"),
        ({"database": "GRÖSSE"}, "no name for Snowflake"),
        ({"database": "straße"}, "no name for Snowflake"),
        ({"database": "x" * 71}, "no name for Snowflake"),
        ({"database": "GRID\n"}, "no name for Snowflake"),
        ({"environment": "a.b"}, "no name for Snowflake"),
        ({"schema_prefix": "a b"}, "no name for Snowflake"),
        ({"lag_minutes": 0}, "too short"),
        ({"credits": 0}, "too few"),
        ({"time_zone": "Houston"}, "no time zone"),
        ({"time_zone": "UTC'; DROP"}, "no time zone"),
        ({"iceberg_catalog": "http://lake.example.org"}, "https"),
        ({"iceberg_catalog": "https://lake.example.org/a'b"}, "letters"),
        ({"iceberg_catalog": "https://me:secret@lake.example.org"}, "https"),
        ({"iceberg_catalog": "https://lake.example.org", "iceberg_client": "a' b"}, "client"),
    ],
)
def test_what_is_no_name_is_refused(given: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=why):
        ProjectOptions(**given)


def test_roles_and_warehouses_of_two_projects_do_not_meet() -> None:
    plain, dev = ProjectOptions(), ProjectOptions(environment="dev")
    shared = ProjectOptions(schema_prefix="grid_")
    names = {each.name_role("loader") for each in (plain, dev, shared)}
    assert names == {"GRIDTWIN_LOADER", "GRIDTWIN_DEV_LOADER", "GRIDTWIN_GRID_LOADER"}
    assert shared.qualify_schema("gold") == '"GRIDTWIN"."GRID_GOLD"'
    assert dev.qualify_schema("gold") == '"GRIDTWIN_DEV"."GOLD"'


def test_every_warehouse_sleeps_and_has_a_limit() -> None:
    text = render_project(ProjectOptions(credits=7))["20_warehouses.sql"]
    assert text.count("AUTO_SUSPEND = 60 AUTO_RESUME") == 3
    assert text.count("CREDIT_QUOTA = 7 FREQUENCY = MONTHLY") == 3
    assert text.count("RESOURCE_MONITOR = ") == 3


def test_yaml_is_read_as_it_was_meant() -> None:
    value = {
        "text": 'a: "b" # c\nd',
        "number": 1,
        "flag": True,
        "word": "yes",
        "empty": [],
        "list": [{"a": "1", "b": ["x", "y"]}, {"c": {"d": "e"}}],
        "umlaut": "Größe",
    }
    assert yaml.safe_load(write_yaml(value)) == value
