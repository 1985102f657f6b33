"""Run the batch job that estimates the end of every open outage."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridtwin.cli import render
from gridtwin.cli.logs import log_to_stderr
from gridtwin.cli.options import In, Json, open_twin
from gridtwin.errors import InputError

if TYPE_CHECKING:
    from gridtwin.erm.job import ErmReport


def estimate_outages(
    twin: In = "",
    run_id: Annotated[str, typer.Option(help="Written once; the minute by default.")] = "",
    model: Annotated[
        Path | None, typer.Option(metavar="FILE", help="By default the one shipped.")
    ] = None,
    watch: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="Run again every so many seconds.")
    ] = 0.0,
    dry_run: Annotated[bool, typer.Option(help="Write nothing.")] = False,
    metrics: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Leave the figures of the last run there.")
    ] = None,
    log_json: Annotated[bool, typer.Option(help="Log one JSON object a line.")] = False,
    json: Json = False,
) -> None:
    """
    Estimate the end of every open outage, and write it: per outage and per usage point.

    Example: gridtwin erm run --in postgresql://erm@db/grid --watch 300 --log-json
    """
    from gridtwin.erm.job import ErmJob

    if watch and (run_id or dry_run):
        msg = "--watch takes neither --run-id nor --dry-run: each of its runs is one of its own"
        raise InputError(msg)
    log_to_stderr(json_lines=log_json)
    job = ErmJob(open_twin(twin), model)
    if not watch:
        _show_run(job.run(run_id, dry_run=dry_run), metrics, json=json)
        return
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    for report in job.watch(watch, stop):
        _show_run(report, metrics, json=json)


def _show_run(report: ErmReport, metrics: Path | None, *, json: bool) -> None:
    if metrics is not None:
        from gridtwin.publish.prometheus_file import write_metrics

        write_metrics(metrics, report.metrics())
    if json:
        render.write_json(report.document())
        return
    rows: list[list[Any]] = [
        [
            each.outage,
            _format_clock(each.etr),
            _format_clock(each.p50),
            _format_clock(each.p95),
            each.source,
        ]
        for each in report.estimates
    ]
    title = f"Run {report.run.id}: {'written' if report.written else 'nothing written'}"
    render.write_table(title, ["outage", "promised", "P50", "P95", "by"], rows)


def _format_clock(at: Any) -> str:
    return "assessing" if at is None else f"{at:%Y-%m-%d %H:%M}Z"
