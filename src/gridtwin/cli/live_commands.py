"""Drive a twin by live events, and play its past."""

from __future__ import annotations

import math
import signal
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from gridtwin.cli import render
from gridtwin.cli.logs import log_to_stderr
from gridtwin.cli.options import In, Json, open_twin
from gridtwin.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridtwin.live.event_batch import EventBatch
    from gridtwin.live.operations import LiveMetrics
    from gridtwin.twin import Twin as AnyTwin

KAFKA = "kafka://"
METRICS_S = 5.0

From = Annotated[
    str,
    typer.Option(
        "--from", metavar="SOURCE", help="kafka://HOST:PORT, a file of JSON lines, or - for stdin."
    ),
]


def operate_twin(
    source: From,
    twin: In = "",
    registry: Annotated[str, typer.Option(metavar="URL", help="A schema registry.")] = "",
    model: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Estimates by it; default: the one shipped.")
    ] = None,
    no_estimates: Annotated[bool, typer.Option(help="Leave estimates to another.")] = False,
    metrics: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Leave figures for Prometheus there.")
    ] = None,
    log_json: Annotated[bool, typer.Option(help="Log one JSON object a line.")] = False,
    json: Json = False,
) -> None:
    """
    Operate the twin by live events: switches move, outages open and end, alerts go out.

    From a broker it runs until interrupted; alerts go to the topic outage_alerts. From lines it
    lives through them in order of their times, and ends with them; alerts are printed. It may be
    killed anywhere and started again.

    Example: gridtwin stream operate --in postgresql://ops@db/grid --from kafka://broker:9092
    """
    log_to_stderr(json_lines=log_json)
    opened = open_twin(twin)
    if source.startswith(KAFKA):
        from gridtwin.live.event_followers import Broker, follow_broker

        brokers = source.removeprefix(KAFKA)
        follow_broker(
            opened, lambda: Broker(brokers, registry=registry), stop_signals(),
            shown=_make_keeper(metrics), model=model, estimates=not no_estimates,
        )  # fmt: skip
        return
    from gridtwin.live.event_followers import follow_lines

    with ExitStack() as stack:
        lines, name = _open_lines(source, stack)
        live = follow_lines(
            opened, lines, _print_alerts(quiet=json), source=name, model=model,
            estimates=not no_estimates,
        )  # fmt: skip
    if json:
        render.write_json(live.document())
    figures = live.metrics
    render.print_note(
        f"{figures.events:,} events, {figures.repeated:,} known before, {figures.letters:,} that"
        f" cannot be used; {figures.outages_changed:,} changes of outages"
    )


def stop_signals() -> threading.Event:
    """Return what is set when the process is told to end."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _make_keeper(path: Path | None) -> Callable[[LiveMetrics], None]:
    """Return what keeps the figures in a file, now and then."""
    import time

    from gridtwin.publish.prometheus_file import write_metrics

    written = [-math.inf]

    def keep_metrics(figures: LiveMetrics) -> None:
        if path is not None and time.monotonic() - written[0] > METRICS_S:
            written[0] = time.monotonic()
            write_metrics(path, figures.name_metrics())

    return keep_metrics


def _print_alerts(*, quiet: bool) -> Callable[[list[bytes], list[bytes]], None]:
    def tell_alerts(_keys: list[bytes], values: list[bytes]) -> None:
        if not quiet:
            sys.stdout.writelines(f"{value.decode()}\n" for value in values)
            sys.stdout.flush()

    return tell_alerts


def _open_lines(source: str, stack: ExitStack) -> tuple[BinaryIO, str]:
    """Return the lines of a source, and the name it is remembered by."""
    if source == "-":
        return sys.stdin.buffer, ""
    path = Path(source)
    if not path.is_file():
        msg = f"{source}: there is no such file; give kafka://HOST:PORT, a file, or -"
        raise InputError(msg)
    return stack.enter_context(path.open("rb")), str(path.resolve())


def run_chain(
    twin: In = "",
    meters: Annotated[
        int, typer.Option(min=100, help="Of the territory made without --in.")
    ] = 5_000,
    database: Annotated[
        str, typer.Option(metavar="URL", help="An empty one with PostGIS; default: a throw-away.")
    ] = "",
    brokers: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="A Kafka; default: a throw-away node.")
    ] = "",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Of the map.")] = 8766,
    speed: Annotated[float, typer.Option(min=1, help="Seconds of the story in a second.")] = 60.0,
    storm: Annotated[int, typer.Option(min=0, help="Devices that open in the story.")] = 12,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another story.")] = 1,
) -> None:
    """
    Start the whole chain: Kafka, PostgreSQL, generator, ingest, live operations and the map.

    Example: gridtwin stream demo --meters 20000
    """
    import gridtwin
    from gridtwin.live.pipeline import Pipeline

    stop = stop_signals()
    network = None if twin else gridtwin.synthesize("houston", meters=meters, seed=seed)
    chain = Pipeline(
        open_twin(twin) if network is None else gridtwin.open(network),
        database=database,
        brokers=brokers,
        port=port,
        speed=speed,
        faults=storm,
        seed=seed,
    )
    chain.run(stop, render.print_note)


def replay_events(
    to: Annotated[str, typer.Option(metavar="TIME", help="ISO 8601, such as 2026-07-01T12:00Z.")],
    twin: In = "",
    source: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="SOURCE",
            help="kafka://HOST:PORT or JSON lines of grid_events, from the design on; by default"
            " the twin's own log.",
        ),
    ] = "",
    overlay: Annotated[str, typer.Option(metavar="NAME", help="Keep the state under it.")] = "",
    into: Annotated[str, typer.Option(metavar="TWIN", help="Operate this twin all the way.")] = "",
    since: Annotated[str, typer.Option(metavar="TIME", help="With --into: where to begin.")] = "",
    speed: Annotated[
        float, typer.Option(min=0, help="With --into: minutes in a minute; 0 does not wait.")
    ] = 0.0,
    json: Json = False,
) -> None:
    """
    Rebuild the state of a past moment, or live through the past again.

    Example: gridtwin stream replay --in houston.twin --to 2026-07-01T12:00Z --overlay noon
    """
    from gridtwin.model.moments import read_moment
    from gridtwin.results.network_answers import replay_document
    from gridtwin.twin import Twin
    from gridtwin.twin.history import open_past

    opened, when = open_twin(twin), read_moment(to)
    if into:
        if not since or source:
            msg = "--into plays the log of a twin: give --since TIME, and no --from"
            raise InputError(msg)
        _live_through(opened, into, (since, to), speed)
        return
    if source:
        from gridtwin.live.log_replay import rebuild_state

        state, refused = rebuild_state(opened.store.network, _read_events(source).events, when)
        render.print_note(*(f"{each.place}: {each.reason}" for each in refused))
    else:
        state = opened.store.states.read_past_state(when)
    if overlay:
        opened.store.states.save_overlay(overlay, state.deviations)
    situation = Twin(open_past(opened.store, when, state)).situation()
    document = replay_document(when, state, situation, overlay=overlay)
    if json:
        render.write_json(document)
        return
    out = document["customers_out"]
    title = f"At {when:%Y-%m-%d %H:%M:%S}Z, version {state.version}: {out:,} customers out"
    rows = [[mrid, opens or "closed"] for mrid, opens in document["open"].items()]
    render.write_table(title, ["differs from the design", "open phases"], rows)


def _read_events(source: str) -> EventBatch:
    from gridtwin.live.log_replay import read_broker_events, read_event_lines

    if source.startswith(KAFKA):
        return read_broker_events(source.removeprefix(KAFKA))
    with ExitStack() as stack:
        lines, name = _open_lines(source, stack)
        return read_event_lines(lines, name)


def _live_through(past: AnyTwin, into: str, span: tuple[str, str], speed: float) -> None:
    from gridtwin.live.log_replay import replay_operations
    from gridtwin.model.moments import read_moment

    start, end = map(read_moment, span)
    for event in replay_operations(
        past, open_twin(into), start, end, speed=speed or math.inf, stop=stop_signals()
    ):
        sys.stdout.write(f"{event.at}  {event.mrid}  {event.to_phases or 'closed'}\n")
        sys.stdout.flush()
