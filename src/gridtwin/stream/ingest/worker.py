"""
Take readings from topics into PostgreSQL, each message once, whatever dies on the way.

What a batch says and how far it was read are written in one transaction, so a worker that is killed
goes on where the database says. Kafka's own record of offsets is for its tools to look at. What
lies below that place is never written again, whatever the client brings.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from gridtwin.errors import BrokerError, StoreError
from gridtwin.store.acting_role import OWNER
from gridtwin.store.postgis.connect import hide_password, yield_waits
from gridtwin.store.postgis.links import Link
from gridtwin.store.postgis.refusals import translate_refusals
from gridtwin.stream.ingest import batch_writing
from gridtwin.stream.ingest import claims as claiming
from gridtwin.stream.ingest.intake import Intake, Options
from gridtwin.stream.reader import build_recreated_error

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from threading import Event

    import psycopg

    from gridtwin.stream.ingest.batch import ReadyBatch
    from gridtwin.stream.ingest.claims import Claim
    from gridtwin.stream.ingest.ingest_metrics import IngestMetrics
    from gridtwin.stream.partition_offsets import Partition
    from gridtwin.stream.reader import Messages, Reader
    from gridtwin.stream.wire import Registry

Result = TypeVar("Result")

LOG = logging.getLogger("gridtwin.stream")
LAG_EVERY_S = 2.0  # between two looks at lag and rate
PROGRESS_EVERY_S = 10.0  # between two lines in the log
DONE_CHECK_S = 0.2  # between two looks whether all is written
WORKER_AGAIN_S = (
    1.0  # before a partition is claimed again that was lost, or that nobody answers for
)
BATCH_TRIES = 3  # of a batch whose days are dropped under it
# Of the connection. To lose the last moments of a crash costs nothing: the offsets are lost with
# them, and what they stood for is read again.
WORKER_SETTINGS = (
    "SET synchronous_commit = off; SET lock_timeout = '20s'; SET jit = off;"
    # A worker that stands still in the middle of a batch does not keep its partitions locked.
    " SET idle_in_transaction_session_timeout = '10s'; SET statement_timeout = '30s';"
    # A batch looks its few meters up by key, whatever is thought of the size of a batch.
    " SET enable_hashjoin = off; SET enable_mergejoin = off"
)


class StoppedError(Exception):
    """The worker was told to stop while it waited."""


class RefusedError(Exception):
    """A batch is not this worker's to write; nothing of it was."""

    def __init__(self, standing: claiming.Standing) -> None:
        super().__init__()
        self.standing = standing


class Worker:
    """
    One member of a consumer group that writes into one database.

    Parameters
    ----------
    url
        Address of the database, whose schema is up to date.
    reader
        The member of the group.
    figures
        Where to count.
    options
        How to work.
    registry
        Where the schemas of Confluent's wire format are.
    """

    def __init__(
        self,
        url: str,
        reader: Reader,
        figures: IngestMetrics,
        options: Options | None = None,
        *,
        registry: Registry | None = None,
    ) -> None:
        self._url = url
        self._reader = reader
        self._figures = figures
        self._options = options or Options()
        self._intake = Intake(self._options, registry)
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._link = Link(url, patience_s=0.0, autocommit=True)
        self._ready_for: psycopg.Connection[Any] | None = None  # the connection that was set up
        self._claims: dict[Partition, Claim] = {}
        self._not_before: dict[Partition, float] = {}
        self._opened = False
        self._goal: dict[Partition, int] | None = None  # where the partitions ended when it began
        self._asked_at = 0.0

    def run(self, stop: Event, *, until_end: bool = False) -> None:
        """
        Work until told to stop, or, if wished, until all that was there is written.

        What was there when the work began counts, on all partitions: those that another worker has
        are waited for, and taken over if it is gone.

        Raises
        ------
        StoreError
            If the database or the broker refuses for a reason that will not pass.
        """
        self._stop = stop
        looked = told_at = time.monotonic()
        try:
            with translate_refusals(self._url, role=OWNER), suppress(StoppedError):
                self._intake.read_database(self._run_patiently)
                while not stop.is_set() and not (until_end and self._is_done()):
                    self._claim_partitions()
                    self._take_batch(
                        self._reader.read_messages(self._options.batch, self._options.wait_s)
                    )
                    self._pass_ends()
                    if time.monotonic() - looked > LAG_EVERY_S:
                        looked = time.monotonic()
                        self._update_lag()
                        if looked - told_at > PROGRESS_EVERY_S:
                            told_at = looked
                            self._log_progress()
        finally:
            self._reader.close()
            self._link.close()
            self._update_lag()
            self._log_progress("stopped")

    def _is_done(self) -> bool:
        """Return whether all that was there when the work began is written."""
        now = time.monotonic()
        if now - self._asked_at < DONE_CHECK_S:
            return False
        self._asked_at = now
        options = self._options
        topics = (options.readings, options.conditions)
        written = self._run_patiently(
            lambda connection: claiming.read_offsets(connection, options.stream, topics)
        )
        if self._goal is None:
            try:
                self._goal = self._reader.read_ends()
            except BrokerError as error:
                LOG.warning("waits for the broker: %s", error)
                return False
            for place, end in self._goal.items():
                if written.get(place, 0) > end:
                    raise build_recreated_error(place, end, written[place])
        return all(written.get(place, 0) >= end for place, end in self._goal.items())

    # -------------------------------------------------------------- partitions

    def _claim_partitions(self) -> None:
        """Claim the partitions that wait, and go on with each where the database says."""
        now = time.monotonic()
        wanted = [each for each in self._reader.waiting if self._not_before.get(each, now) <= now]
        if not wanted:
            return
        options = self._options

        def claim_all(connection: psycopg.Connection[Any]) -> dict[Partition, Claim]:
            return claiming.claim_partitions(connection, options.stream, self._name, wanted)

        for place, held in self._run_patiently(claim_all).items():
            self._claims[place] = held
            try:
                self._reader.resume_partition(place, held.next_offset)
            except BrokerError as error:
                self._not_before[place] = time.monotonic() + WORKER_AGAIN_S
                LOG.warning("waits for the broker: %s", error)
                return
            LOG.info(
                "reads a partition",
                extra={"topic": place[0], "partition": place[1], "offset": held.next_offset},
            )

    def _release_partitions(self, places: frozenset[Partition], why: str, *, wait_s: float) -> None:
        for place in places:
            self._claims.pop(place, None)
            self._not_before[place] = time.monotonic() + wait_s
            LOG.warning(why, extra={"topic": place[0], "partition": place[1]})
        self._reader.pause_partitions(places)

    def _pass_ends(self) -> None:
        """Write that partitions are read to their ends, where only marks are left before them."""
        ends = {
            place: end
            for place, end in self._reader.ended.items()
            if place in self._claims and self._claims[place].next_offset < end
        }
        if not ends:
            return
        try:
            self._run_patiently(partial(self._write_offsets, ends=ends))
        except RefusedError as error:
            self._release_claims(error.standing)
        else:
            self._advance_offsets(ends)

    def _advance_offsets(self, ends: dict[Partition, int]) -> None:
        """Remember how far partitions are written, and tell the group."""
        for place, end in ends.items():
            self._claims[place] = replace(self._claims[place], next_offset=end)
        self._reader.commit_offsets(ends)

    def _release_claims(self, standing: claiming.Standing) -> None:
        """Give up claims that do not stand."""
        lost, behind = standing.lost, standing.behind
        self._figures.add(fenced=len(lost), rewound=len(behind))
        self._release_partitions(lost, "another worker claimed it", wait_s=WORKER_AGAIN_S)
        self._release_partitions(behind, "the database is elsewhere: read again", wait_s=0)

    # -------------------------------------------------------------- batches

    def _take_batch(self, batch: list[Messages]) -> None:
        """Write a batch, or what of it is still this worker's to write."""
        from psycopg.errors import CheckViolation

        for _ in range(BATCH_TRIES):
            batch = [part for part in map(self._select_held, batch) if len(part)]
            if not batch:
                return
            ready = {
                part.topic: self._intake.prepare_messages(part, self._run_patiently)
                for part in batch
                if part.topic == self._options.readings
            }
            started = time.monotonic()
            try:
                dead = self._run_patiently(partial(self._write_batch, batch=batch, ready=ready))
            except CheckViolation:  # the oldest day was dropped meanwhile
                self._run_patiently(self._intake.read_days)
            except RefusedError as error:
                self._release_claims(error.standing)
            else:
                self._figures.count_batch(time.monotonic() - started)
                self._figures.add(dead=dead)
                self._count_batch(batch, ready)
                return
        msg = f"{hide_password(self._url)} loses its days as fast as they are made: start again"
        raise StoreError(msg)

    def _select_held(self, part: Messages) -> Messages:
        """Return the messages of partitions that are held, from the place of each on."""
        places = {
            number: held for (topic, number), held in self._claims.items() if topic == part.topic
        }
        kept = np.zeros(len(part), dtype=np.bool_)
        for number in np.unique(part.partition).tolist():
            if number in places:
                due = part.offset >= places[number].next_offset
                kept |= due & (part.partition == number)
        return part if kept.all() else part.select_rows(kept)

    def _write_batch(
        self,
        connection: psycopg.Connection[Any],
        batch: Sequence[Messages],
        ready: dict[str, ReadyBatch],
    ) -> int:
        """
        Write a batch and how far it goes, if all of it is still held; count what is dead.

        Partitions are locked once the server has all it needs: from then on it waits for nobody.
        """
        for part in batch:
            batch_writing.write_raw(connection, part)
            if part.topic in ready:
                batch_writing.stage_readings(connection, ready[part.topic])
        dead = 0
        self._write_offsets(connection, _find_ends(batch))
        for part in batch:
            dead += len(self._intake.write_messages(connection, part, ready.get(part.topic)))
        for each in ready.values():
            batch_writing.mark_due(connection, each.at_s)
        return dead

    def _write_offsets(
        self, connection: psycopg.Connection[Any], ends: dict[Partition, int]
    ) -> None:
        """Lock partitions, and write how far they are read if they are still held."""
        stream = self._options.stream
        standing = claiming.lock_claims(connection, stream, {at: self._claims[at] for at in ends})
        if standing.lost or standing.behind:
            raise RefusedError(standing)
        claiming.write_offsets(connection, stream, ends)

    def _count_batch(self, batch: list[Messages], ready: dict[str, ReadyBatch]) -> None:
        """Remember how far a batch went that was written."""
        figures = self._figures
        figures.add(messages=sum(map(len, batch)))
        for each in ready.values():
            figures.add(readings=len(each), repeated=each.repeated)
            figures.newest_s = max(figures.newest_s, int(each.at_s.max(initial=0)))
        self._advance_offsets(_find_ends(batch))

    # -------------------------------------------------------------- looking

    def _update_lag(self) -> None:
        given = self._reader.given
        self._figures.update_rate()
        lag = {}
        for place, held in self._claims.items():
            end = self._reader.find_end(place) if place in given else None
            if end is not None:
                lag[place] = max(0, end - held.next_offset)
        self._figures.lag = lag

    def _log_progress(self, message: str = "works") -> None:
        figures = self._figures
        LOG.info(
            message,
            extra={
                "lag": sum(figures.lag.values()),
                "readings_per_second": round(figures.rate, 1),
                "partitions": len(self._reader.given),
                **figures.counts,
            },
        )

    # -------------------------------------------------------------- patience

    def _run_patiently(self, work: Callable[[psycopg.Connection[Any]], Result]) -> Result:
        """
        Do work in one transaction, as often as it takes until the database is back.

        The work may be done again after it was done: it looks for itself how things stand.
        """
        import psycopg

        for wait in yield_waits():
            try:
                self._prepare_session()
                done = self._link.run_transaction(work, committed=lambda _: None)
            except (StoreError, psycopg.OperationalError) as error:
                if not self._opened:
                    raise  # the address, the login or the schema is wrong
                LOG.warning("waits for the database: %s", str(error).strip())
            else:
                self._opened = True
                return done
            self._figures.add(reconnects=1)
            if self._stop.is_set():
                raise StoppedError
            self._reader.stay_idle(wait)
        raise AssertionError  # the waits never end

    def _prepare_session(self) -> None:
        """Set up a connection that is new."""
        connection = self._link.connection
        if connection is not self._ready_for:
            connection.execute(WORKER_SETTINGS)
            connection.execute(batch_writing.CREATE_STAGE)
            self._ready_for = connection


def _find_ends(batch: Sequence[Messages]) -> dict[Partition, int]:
    """Return the offset after the last message of each partition."""
    return {(part.topic, number): end for part in batch for number, end in part.find_ends().items()}
