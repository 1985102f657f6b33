"""Run a worker: a member of the group, a keeper of the house, and figures to look at."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gridtwin.stream.ingest.housekeeping import KeeperRules, run_keeper
from gridtwin.stream.ingest.ingest_metrics import IngestMetrics, serve_metrics
from gridtwin.stream.ingest.intake import Options
from gridtwin.stream.ingest.worker import Worker
from gridtwin.stream.reader import SESSION_S, Reader
from gridtwin.stream.topics import make_topics
from gridtwin.stream.wire import Registry

if TYPE_CHECKING:
    from threading import Event


@dataclass(frozen=True, slots=True)
class Kafka:
    """Where messages come from."""

    brokers: str
    registry: str = ""  # address of a schema registry; empty for none
    instance: str = ""  # name of this worker that outlives its restart; empty for none
    session_s: float = SESSION_S
    settings: dict[str, Any] = field(default_factory=dict)  # more of librdkafka, as for TLS


def run_worker(
    url: str,
    kafka: Kafka,
    stop: Event,
    *,
    options: Options | None = None,
    rules: KeeperRules | None = None,
    metrics_port: int | None = None,
    until_end: bool = False,
) -> IngestMetrics:
    """
    Take readings from Kafka into PostgreSQL until told to stop.

    Parameters
    ----------
    url
        Address of a database that a twin was put into.
    kafka
        Where messages come from. Topics that are not there are made.
    stop
        When to stop: the batch under way is written, and the group is left.
    options
        How to work.
    rules
        How to keep house.
    metrics_port
        Where to show the figures to Prometheus; 0 for any free port, none by default.
    until_end
        Stop when all that is there is written.

    Returns
    -------
        What was done.

    Raises
    ------
    StoreError
        If the database cannot be used, or, as a BrokerError, if Kafka cannot.
    """
    from gridtwin.store.postgis.connect import connect
    from gridtwin.store.postgis.migrate import check_schema

    options = options or Options()
    figures = IngestMetrics()
    with connect(url, autocommit=True) as connection:
        check_schema(connection)
    make_topics(kafka.brokers, {options.readings: 6, options.conditions: 1})
    registry = Registry(kafka.registry) if kafka.registry else None
    with ExitStack() as stack:
        stack.enter_context(run_keeper(url, rules or KeeperRules(keep_days=options.keep_days)))
        if metrics_port is not None:
            stack.enter_context(serve_metrics(figures, metrics_port))
        reader = Reader(
            kafka.brokers,
            [options.readings, options.conditions],
            group=options.stream,
            instance=kafka.instance,
            session_s=kafka.session_s,
            settings=kafka.settings,
        )
        Worker(url, reader, figures, options, registry=registry).run(stop, until_end=until_end)
    return figures
