"""Publish to Snowflake: write the project."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def publish_snowflake(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the project.")],
    database: Annotated[str, typer.Option(help="Database.")] = "GRIDTWIN",
    env: Annotated[str, typer.Option(help="Environment, behind its name, such as dev.")] = "",
    schema_prefix: Annotated[str, typer.Option(help="Before the name of each schema.")] = "",
    lag: Annotated[int, typer.Option(metavar="MINUTES", help="Age that layers may have.")] = 15,
    credits: Annotated[int, typer.Option(help="That each warehouse may use in a month.")] = 60,
    time_zone: Annotated[str, typer.Option(help="Of local days.")] = "America/Chicago",
    iceberg_catalog: Annotated[
        str, typer.Option(metavar="URI", help="Iceberg REST catalog to link.")
    ] = "",
    iceberg_client: Annotated[str, typer.Option(help="OAuth client it knows.")] = "gridtwin",
) -> None:
    """
    Write the SQL, the semantic model and the agents of a twin in Snowflake.

    Example: gridtwin publish snowflake --out snowflake --database GRID --env dev
    """
    from gridtwin.publish.snowflake.project_files import write_project
    from gridtwin.publish.snowflake.project_names import ProjectOptions

    options = ProjectOptions(
        database, env, schema_prefix, lag, credits, time_zone, iceberg_catalog, iceberg_client
    )
    paths = write_project(options, out)
    sys.stdout.write(f"{out}: {len(paths):,} files for {options.database_name}\n")
