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
from gridtwin.store.postgis.connect import shown, waits
from gridtwin.store.postgis.links import Link
from gridtwin.store.postgis.refusals import OWNER, told
from gridtwin.stream.ingest import claims as claiming
from gridtwin.stream.ingest import writing
from gridtwin.stream.ingest.intake import Intake, Options
from gridtwin.stream.reader import made_anew

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from threading import Event

    import psycopg

    from gridtwin.stream.ingest.batch import Ready
    from gridtwin.stream.ingest.claims import Claim
    from gridtwin.stream.ingest.figures import Figures
    from gridtwin.stream.places import Place
    from gridtwin.stream.reader import Messages, Reader
    from gridtwin.stream.wire import Registry

Result = TypeVar("Result")

LOG = logging.getLogger("gridtwin.stream")
LOOK_S = 2.0  # between two looks at lag and rate
TELL_S = 10.0  # between two lines in the log
ASK_S = 0.2  # between two looks whether all is written
AGAIN_S = 1.0  # before a partition is claimed again that was lost, or that nobody answers for
TRIES = 3  # of a batch whose days are dropped under it
# Of the connection. To lose the last moments of a crash costs nothing: the offsets are lost with
# them, and what they stood for is read again.
SETTINGS = (
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
        figures: Figures,
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
        self._claims: dict[Place, Claim] = {}
        self._not_before: dict[Place, float] = {}
        self._opened = False
        self._goal: dict[Place, int] | None = None  # where the partitions ended when it began
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
            with told(self._url, role=OWNER), suppress(StoppedError):
                self._intake.open(self._patiently)
                while not stop.is_set() and not (until_end and self._is_done()):
                    self._claim()
                    self._take(self._reader.read(self._options.batch, self._options.wait_s))
                    self._pass_ends()
                    if time.monotonic() - looked > LOOK_S:
                        looked = time.monotonic()
                        self._look()
                        if looked - told_at > TELL_S:
                            told_at = looked
                            self._tell()
        finally:
            self._reader.close()
            self._link.close()
            self._look()
            self._tell("stopped")

    def _is_done(self) -> bool:
        """Return whether all that was there when the work began is written."""
        now = time.monotonic()
        if now - self._asked_at < ASK_S:
            return False
        self._asked_at = now
        options = self._options
        topics = (options.readings, options.conditions)
        written = self._patiently(
            lambda connection: claiming.read_places(connection, options.stream, topics)
        )
        if self._goal is None:
            try:
                self._goal = self._reader.read_ends()
            except BrokerError as error:
                LOG.warning("waits for the broker: %s", error)
                return False
            for place, end in self._goal.items():
                if written.get(place, 0) > end:
                    raise made_anew(place, end, written[place])
        return all(written.get(place, 0) >= end for place, end in self._goal.items())

    # -------------------------------------------------------------- partitions

    def _claim(self) -> None:
        """Claim the partitions that wait, and go on with each where the database says."""
        now = time.monotonic()
        wanted = [each for each in self._reader.waiting if self._not_before.get(each, now) <= now]
        if not wanted:
            return
        options = self._options

        def work(connection: psycopg.Connection[Any]) -> dict[Place, Claim]:
            return claiming.claim(connection, options.stream, self._name, wanted)

        for place, held in self._patiently(work).items():
            self._claims[place] = held
            try:
                self._reader.resume(place, held.next_offset)
            except BrokerError as error:
                self._not_before[place] = time.monotonic() + AGAIN_S
                LOG.warning("waits for the broker: %s", error)
                return
            LOG.info(
                "reads a partition",
                extra={"topic": place[0], "partition": place[1], "offset": held.next_offset},
            )

    def _give_up(self, places: frozenset[Place], why: str, *, wait_s: float) -> None:
        for place in places:
            self._claims.pop(place, None)
            self._not_before[place] = time.monotonic() + wait_s
            LOG.warning(why, extra={"topic": place[0], "partition": place[1]})
        self._reader.hold(places)

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
            self._patiently(partial(self._advance, ends=ends))
        except RefusedError as error:
            self._give_way(error.standing)
        else:
            self._move(ends)

    def _move(self, ends: dict[Place, int]) -> None:
        """Remember how far partitions are written, and tell the group."""
        for place, end in ends.items():
            self._claims[place] = replace(self._claims[place], next_offset=end)
        self._reader.tell(ends)

    def _give_way(self, standing: claiming.Standing) -> None:
        """Give up claims that do not stand."""
        lost, behind = standing.lost, standing.behind
        self._figures.add(fenced=len(lost), rewound=len(behind))
        self._give_up(lost, "another worker claimed it", wait_s=AGAIN_S)
        self._give_up(behind, "the database is elsewhere: read again", wait_s=0)

    # -------------------------------------------------------------- batches

    def _take(self, batch: list[Messages]) -> None:
        """Write a batch, or what of it is still this worker's to write."""
        from psycopg.errors import CheckViolation

        for _ in range(TRIES):
            batch = [part for part in map(self._held, batch) if len(part)]
            if not batch:
                return
            ready = {
                part.topic: self._intake.ready(part, self._patiently)
                for part in batch
                if part.topic == self._options.readings
            }
            started = time.monotonic()
            try:
                dead = self._patiently(partial(self._write, batch=batch, ready=ready))
            except CheckViolation:  # the oldest day was dropped meanwhile
                self._patiently(self._intake.read_days)
            except RefusedError as error:
                self._give_way(error.standing)
            else:
                self._figures.batch(time.monotonic() - started)
                self._figures.add(dead=dead)
                self._count(batch, ready)
                return
        msg = f"{shown(self._url)} loses its days as fast as they are made: start again"
        raise StoreError(msg)

    def _held(self, part: Messages) -> Messages:
        """Return the messages of partitions that are held, from the place of each on."""
        places = {
            number: held for (topic, number), held in self._claims.items() if topic == part.topic
        }
        kept = np.zeros(len(part), dtype=np.bool_)
        for number in np.unique(part.partition).tolist():
            if number in places:
                due = part.offset >= places[number].next_offset
                kept |= due & (part.partition == number)
        return part if kept.all() else part.only(kept)

    def _write(
        self,
        connection: psycopg.Connection[Any],
        batch: Sequence[Messages],
        ready: dict[str, Ready],
    ) -> int:
        """
        Write a batch and how far it goes, if all of it is still held; count what is dead.

        Partitions are locked once the server has all it needs: from then on it waits for nobody.
        """
        for part in batch:
            writing.write_raw(connection, part)
            if part.topic in ready:
                writing.stage(connection, ready[part.topic])
        dead = 0
        self._advance(connection, _ends(batch))
        for part in batch:
            dead += len(self._intake.write(connection, part, ready.get(part.topic)))
        for each in ready.values():
            writing.mark_due(connection, each.at_s)
        return dead

    def _advance(self, connection: psycopg.Connection[Any], ends: dict[Place, int]) -> None:
        """Lock partitions, and write how far they are read if they are still held."""
        stream = self._options.stream
        standing = claiming.check(connection, stream, {at: self._claims[at] for at in ends})
        if standing.lost or standing.behind:
            raise RefusedError(standing)
        claiming.advance(connection, stream, ends)

    def _count(self, batch: list[Messages], ready: dict[str, Ready]) -> None:
        """Remember how far a batch went that was written."""
        figures = self._figures
        figures.add(messages=sum(map(len, batch)))
        for each in ready.values():
            figures.add(readings=len(each), repeated=each.repeated)
            figures.newest_s = max(figures.newest_s, int(each.at_s.max(initial=0)))
        self._move(_ends(batch))

    # -------------------------------------------------------------- looking

    def _look(self) -> None:
        given = self._reader.given
        self._figures.settle()
        lag = {}
        for place, held in self._claims.items():
            end = self._reader.end_of(place) if place in given else None
            if end is not None:
                lag[place] = max(0, end - held.next_offset)
        self._figures.lag = lag

    def _tell(self, message: str = "works") -> None:
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

    def _patiently(self, work: Callable[[psycopg.Connection[Any]], Result]) -> Result:
        """
        Do work in one transaction, as often as it takes until the database is back.

        The work may be done again after it was done: it looks for itself how things stand.
        """
        import psycopg

        for wait in waits():
            try:
                self._set_up()
                done = self._link.run(work, committed=lambda _: None)
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
            self._reader.wait(wait)
        raise AssertionError  # the waits never end

    def _set_up(self) -> None:
        """Set up a connection that is new."""
        connection = self._link.connection
        if connection is not self._ready_for:
            connection.execute(SETTINGS)
            connection.execute(writing.STAGE)
            self._ready_for = connection


def _ends(batch: Sequence[Messages]) -> dict[Place, int]:
    """Return the offset after the last message of each partition."""
    return {(part.topic, number): end for part in batch for number, end in part.ends().items()}
