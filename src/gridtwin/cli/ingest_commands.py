"""Take readings in, and look after those that could not be used."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridtwin.cli import render
from gridtwin.cli.logs import log_to_stderr
from gridtwin.cli.options import In, Json, open_twin, twin_named
from gridtwin.errors import InputError
from gridtwin.store.postgis.connect import is_address

if TYPE_CHECKING:
    from gridtwin.results.documents.stream_documents import StreamRunDocument
    from gridtwin.stream.ingest.replay import Replayed

dead_letters = typer.Typer(
    help="Messages that could not be used.", no_args_is_help=True, rich_markup_mode=None
)

Group = Annotated[str, typer.Option(help="Consumer group: its workers share the partitions.")]
Prefix = Annotated[str, typer.Option(help="Put before the names of the topics.")]
Registry = Annotated[
    str, typer.Option(metavar="URL", help="Schema registry, for Confluent's wire format.")
]


def ingest_readings(
    twin: In = "",
    brokers: Annotated[
        str,
        typer.Option(
            metavar="HOST:PORT,...",
            envvar="KAFKA_BOOTSTRAP_SERVERS",
            help="Kafka to read from, into a twin in PostgreSQL.",
        ),
    ] = "",
    source: Annotated[
        Path | None,
        typer.Option(metavar="PLACE", help="File or folder to read from, into a local twin."),
    ] = None,
    group: Group = "gridtwin",
    topic_prefix: Prefix = "",
    instance: Annotated[
        str, typer.Option(help="Name of this worker that outlives its restart.")
    ] = "",
    registry: Registry = "",
    setting: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Of the Kafka client, as for TLS; repeat it."),
    ] = None,
    keep_days: Annotated[
        int, typer.Option(min=1, help="Days of readings that PostgreSQL keeps.")
    ] = 7,
    metrics_port: Annotated[
        int, typer.Option(min=-1, help="Show figures to Prometheus there; 0 for any free port.")
    ] = -1,
    until_end: Annotated[
        bool, typer.Option(help="Stop when all that was there when it began is taken.")
    ] = False,
    log_json: Annotated[bool, typer.Option(help="Log one JSON object a line.")] = False,
    json: Json = False,
) -> None:
    """
    Take readings into a twin, each once: from Kafka into PostgreSQL, from files into a folder.

    Example: gridtwin stream run --in postgresql://db/grid --brokers kafka:9092 --log-json
    """
    target = twin_named(twin)
    log_to_stderr(json_lines=log_json)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if not is_address(target):
        if source is None:
            msg = "a local twin takes files: give --source; Kafka is read into postgresql://..."
            raise InputError(msg)
        _run_local(target, source, stop, json=json)
        return
    if source is not None or not brokers:
        msg = "a twin in PostgreSQL is read from Kafka: give --brokers, and no --source"
        raise InputError(msg)

    from gridtwin.stream.ingest.ingest_documents import build_broker_run_document
    from gridtwin.stream.ingest.intake import Options
    from gridtwin.stream.ingest.worker_run import Kafka
    from gridtwin.stream.ingest.worker_run import run_worker as work

    figures = work(
        target,
        Kafka(brokers, registry, instance, settings=read_settings(setting or [])),
        stop,
        options=Options.for_prefix(group, topic_prefix, keep_days=keep_days),
        metrics_port=None if metrics_port < 0 else metrics_port,
        until_end=until_end,
    )
    _show_run(build_broker_run_document(figures.counts), json=json)


def _run_local(target: str, source: Path, stop: threading.Event, *, json: bool) -> None:
    from gridtwin.stream.ingest.ingest_documents import build_local_run_document
    from gridtwin.stream.ingest.local.taking import take_files

    opened = open_twin(target)
    folder = Path(target) / "ami"
    mrid = opened.network.data.usage_points.mrid
    with render.show_progress("files") as advance:
        taken = take_files(source, folder, mrid, stop=stop, progress=advance)
    if taken.readings and not stop.is_set():
        with render.show_progress("hours summed up") as advance:
            opened.ami.roll_up(progress=advance)
    _show_run(build_local_run_document(taken), json=json)


def _show_run(document: StreamRunDocument, *, json: bool) -> None:
    if json:
        render.write_json(document)
    else:
        facts = {name: count for name, count in document.items() if name != "schema"}
        render.write_facts("Taken", facts)


def read_settings(given: list[str]) -> dict[str, Any]:
    """Return settings of the Kafka client by their names."""
    for each in given:
        if "=" not in each:
            msg = f"--setting {each}: write NAME=VALUE, as in security.protocol=SSL"
            raise InputError(msg)
    return dict(each.split("=", 1) for each in given)


@dead_letters.command("list")
def list_letters(
    twin: In = "",
    top: Annotated[int, typer.Option(min=1, help="The K newest.")] = 100,
    replayed: Annotated[bool, typer.Option(help="Also those that were taken since.")] = False,
    json: Json = False,
) -> None:
    """
    List messages that could not be used, and why; the newest first.

    Example: gridtwin stream dead-letters list --in houston.twin --top 20
    """
    from gridtwin.stream.ingest import ingest_documents as shaped

    target = twin_named(twin)
    if is_address(target):
        from gridtwin.stream.ingest.replay import list_broker_letters

        found = shaped.describe_broker_letters(
            list_broker_letters(target, most=top, replayed=replayed)
        )
    else:
        from gridtwin.stream.ingest.local.taking import list_local_letters as local_letters

        open_twin(target)
        kept = local_letters(Path(target) / "ami", most=top, replayed=replayed)
        found = shaped.describe_local_letters(kept)
    if json:
        render.write_json(shaped.build_dead_letters_document(found))
        return
    names = ["source", "place", "received_at", "reason", "value"]
    rows = [
        (each["source"], each["place"], each["received_at"], each["reason"], each["value"])
        for each in found
    ]
    render.write_table(f"{len(found):,} dead letters", names, rows)


@dead_letters.command("replay")
def replay_letters(twin: In = "", topic_prefix: Prefix = "", registry: Registry = "") -> None:
    """
    Take what can be used by now, such as readings of meters that have joined the network.

    Example: gridtwin stream dead-letters replay --in houston.twin
    """
    target = twin_named(twin)
    if is_address(target):
        from gridtwin.stream.ingest.intake import Options
        from gridtwin.stream.ingest.replay import replay_broker_letters as take_again
        from gridtwin.stream.wire import Registry as Schemas

        done: Replayed = take_again(
            target,
            options=Options.for_prefix(prefix=topic_prefix),
            registry=Schemas(registry) if registry else None,
        )
    else:
        from gridtwin.stream.ingest.local.taking import replay_local_letters as take_again_local

        mrid = open_twin(target).network.data.usage_points.mrid
        done = take_again_local(Path(target) / "ami", mrid)
    render.write_facts("Dead letters", {"taken": done.taken, "still dead": done.still_dead})
