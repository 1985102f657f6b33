"""Publish to Snowflake: write the project, run it in an account, bring the network and results."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridtwin.cli import render
from gridtwin.cli.options import In, open_twin
from gridtwin.errors import InputError
from gridtwin.settings import SnowflakeSettings

if TYPE_CHECKING:
    from gridtwin.publish.snowflake.account_connection import SnowflakeAccount
    from gridtwin.publish.snowflake.project_names import ProjectOptions


def publish_snowflake(
    twin: In = "",
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder to write it to.")] = None,
    database: Annotated[str, typer.Option(help="Database.")] = "GRIDTWIN",
    env: Annotated[str, typer.Option(help="Environment, behind its name, such as dev.")] = "",
    schema_prefix: Annotated[str, typer.Option(help="Before the name of each schema.")] = "",
    lag: Annotated[int, typer.Option(metavar="MINUTES", help="Age that layers may have.")] = 15,
    credits: Annotated[int, typer.Option(help="That each warehouse may use in a month.")] = 150,
    time_zone: Annotated[str, typer.Option(help="Of local days.")] = "America/Chicago",
    iceberg_catalog: Annotated[
        str, typer.Option(metavar="URI", help="Iceberg REST catalog to link.")
    ] = "",
    iceberg_client: Annotated[str, typer.Option(help="OAuth client it knows.")] = "gridtwin",
    apply: Annotated[
        bool, typer.Option("--apply", help="Run it in the account that the environment names.")
    ] = False,
    only: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="Run this file only; repeatable.")
    ] = None,
    skip: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="Leave this file out; repeatable.")
    ] = None,
    load: Annotated[
        bool, typer.Option("--load", help="Bring the network, outages and estimates of --in.")
    ] = False,
    run_id: Annotated[str, typer.Option(help="Brought once; the minute by default.")] = "",
) -> None:
    """
    Write the SQL, the semantic model and the agents of a twin in Snowflake; run it; fill it.

    Example: gridtwin publish snowflake --out snowflake --database GRID --env dev
    """
    from gridtwin.publish.snowflake.project_names import ProjectOptions

    options = ProjectOptions(
        database, env, schema_prefix, lag, credits, time_zone, iceberg_catalog, iceberg_client
    )
    if out is None and not (apply or load):
        msg = "nothing to do: give --out DIR to write the project, --apply to run it, or --load"
        raise InputError(msg)
    if (only or skip) and not apply:
        msg = "--only and --skip say which files --apply runs: give --apply too"
        raise InputError(msg)
    if out is not None:
        from gridtwin.publish.snowflake.project_files import write_project

        paths = write_project(options, out)
        sys.stdout.write(f"{out}: {len(paths):,} files for {options.database_name}\n")
    if not (apply or load):
        return
    from gridtwin.publish.snowflake.account_connection import open_account

    with open_account(SnowflakeSettings.from_environment()) as account:
        if apply:
            _apply_project(account, options, only or [], skip or [])
        if load:
            _load_twin(account, options, twin, run_id)


def _apply_project(
    account: SnowflakeAccount, options: ProjectOptions, only: list[str], skip: list[str]
) -> None:
    from gridtwin.publish.snowflake.project_apply import apply_project
    from gridtwin.publish.snowflake.project_files import render_project

    with render.show_progress("statements") as tell:
        project = render_project(options)
        done = apply_project(account, project, only=only, skip=skip, progress=tell)
    sys.stdout.write(f"{options.database_name}: {done:,} statements done\n")


def _load_twin(account: SnowflakeAccount, options: ProjectOptions, twin: str, run_id: str) -> None:
    from gridtwin.publish.snowflake.snapshot_loading import SnapshotLoader
    from gridtwin.twin.warehouse_snapshot import take_snapshot

    snapshot = take_snapshot(open_twin(twin), datetime.now(UTC), run=run_id)
    with render.show_progress("tables") as tell:
        report = SnapshotLoader(account, options).load_snapshot(snapshot, tell)
    for name, rows in report.rows.items():
        sys.stdout.write(f"{name}: {rows:,} rows\n")
    if report.passed_over:
        sys.stdout.write(f"as it was: {', '.join(report.passed_over)}\n")
