"""Publish to Iceberg: the network, its state and results, and readings by days."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridtwin.cli import render
from gridtwin.cli.logs import log_to_stderr
from gridtwin.cli.options import In, twin_named
from gridtwin.errors import InputError
from gridtwin.settings import IcebergSettings

if TYPE_CHECKING:
    from gridtwin.live.lake_following import LakePublication
    from gridtwin.publish.iceberg.whole_publication import PublishReport

GEOMETRY_FORMS = ("wkb", "v3")


def publish_iceberg(
    catalog: Annotated[str, typer.Option(metavar="URI", help="Address of the REST catalog.")],
    twin: In = "",
    warehouse: Annotated[str, typer.Option(help="Warehouse, as the catalog calls it.")] = "",
    namespace: Annotated[str, typer.Option(help="Namespace of the tables.")] = "gridtwin",
    geometry: Annotated[
        str, typer.Option(metavar="wkb|v3", help="Courses as bytes, or as geometry of version 3.")
    ] = "wkb",
    watch: Annotated[
        bool, typer.Option("--watch/--once", help="Go on publishing what changes.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Compare both sides, write nothing; 1 if they differ.")
    ] = False,
    readings: Annotated[bool, typer.Option(help="Publish readings and loads, too.")] = True,
    take_over: Annotated[
        bool, typer.Option("--take-over", help="Write over the publication of another twin.")
    ] = False,
    every: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="With --watch: between two looks.")
    ] = 2.0,
    readings_every: Annotated[
        float, typer.Option(min=0.0, metavar="MINUTES", help="With --watch: between two of days.")
    ] = 60.0,
    metrics: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Leave figures for Prometheus there.")
    ] = None,
    expire: Annotated[
        float, typer.Option(min=0.0, metavar="DAYS", help="Forget snapshots that are older.")
    ] = 0.0,
    log_json: Annotated[bool, typer.Option(help="Log one JSON object a line.")] = False,
) -> None:
    """
    Publish a twin as Iceberg tables; only what became another is written.

    Example: gridtwin publish iceberg --in houston.twin --catalog https://catalog/iceberg
    """
    from gridtwin.live.lake_following import LakePublication
    from gridtwin.store.iceberg_catalog import LakeAddress

    if geometry not in GEOMETRY_FORMS:
        msg = f"--geometry {geometry!r} is none: give wkb or v3"
        raise InputError(msg)
    if watch and check:
        msg = "--watch writes and --check does not: give one of them"
        raise InputError(msg)
    log_to_stderr(json_lines=log_json)
    publication = LakePublication(
        target=twin_named(twin),
        address=LakeAddress(catalog, warehouse, namespace),
        settings=IcebergSettings.from_environment(),
        form="v3" if geometry == "v3" else "wkb",
        readings=readings,
        take_over=take_over,
        metrics=metrics,
        keep_days=expire,
    )
    if check:
        _check_publication(publication)
    elif watch:
        from gridtwin.cli.live_commands import stop_signals

        publication.follow(stop_signals(), every, readings_every * 60, _print_report)
    else:
        with render.show_progress("tables") as tell:
            report = publication.publish_once(tell)
        _print_report(report)
        if not report.rows and not report.days:
            sys.stdout.write("nothing became another: nothing was written\n")


def _print_report(report: PublishReport) -> None:
    for name, rows in report.rows.items():
        gone = report.gone[name]
        sys.stdout.write(f"{name}: {rows:,} rows{' in place of all' if gone < 0 else ''}\n")
    if report.days:
        sys.stdout.write(f"days of readings: {', '.join(report.days)}\n")
    sys.stdout.flush()


def _check_publication(publication: LakePublication) -> None:
    comparisons = list(publication.compare())
    names = ("table", "rows here", "rows there", "missing", "extra", "differing")
    rows = [
        (each.table, each.rows_here, each.rows_there, each.missing, each.extra, each.differing)
        for each in comparisons
    ]
    render.write_table("", names, rows, shown=len(rows))
    if not all(each.is_same for each in comparisons):
        raise typer.Exit(1)
