"""
Tell many clients of one event: written once, kept for who comes back, dropped for who is slow.

::

    follower thread ─ publish ─→ event loop ─→ ring of the last events
                                     └──→ queue of each client ─→ its response

Every client gets the same bytes. A client whose queue is full gets none of it but ``resync``: it
then asks for the whole state again. So memory is bounded by the ring and by
clients times queue, whatever happens.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

QUEUE = 64  # events a client may be behind
RING_EVENTS = 2_000
RING_BYTES = 32 * 1024 * 1024
HEARTBEAT_S = 15.0
RETRY_MS = 2_000  # after which a browser comes back
HEARTBEAT = b": alive\n\n"


@dataclass(frozen=True, slots=True)
class Event:
    """One event, as it goes over the wire."""

    number: int
    wire: bytes


@dataclass(eq=False, slots=True)
class _Client:
    queue: deque[bytes] = field(default_factory=deque)
    ready: asyncio.Event = field(default_factory=asyncio.Event)


class Broadcaster:
    """Events of one server, in order. Its methods but `publish` belong to the event loop."""

    def __init__(self, *, queue: int = QUEUE, heartbeat_s: float = HEARTBEAT_S) -> None:
        self._queue = queue
        self._heartbeat_s = heartbeat_s
        # Numbers of another process mean nothing here; its clients have to ask for everything.
        self._run = secrets.token_hex(4)
        self._number = 0
        self._ring: deque[Event] = deque()
        self._ring_bytes = 0
        self._clients: set[_Client] = set()
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self.dropped = 0  # clients that were too slow

    def start(self) -> None:
        """Begin, in the event loop that serves."""
        self._loop = asyncio.get_running_loop()

    @property
    def clients(self) -> int:
        """How many clients listen."""
        return len(self._clients)

    @property
    def event_count(self) -> int:
        """How many events there were."""
        return self._number

    @property
    def last_id(self) -> str:
        """The id of the newest event."""
        return f"{self._run}-{self._number}"

    def publish_event(self, kind: str, document: Mapping[str, Any]) -> None:
        """Tell all clients of an event; any thread may call it."""
        body = json.dumps(document, separators=(",", ":"))
        self._call_soon(lambda: self._spread_event(kind, body))

    def close(self) -> None:
        """End every stream, now and from now on; any thread or signal handler may call it."""
        self._call_soon(self._end_streams)

    def _call_soon(self, work: Callable[[], None]) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(work)

    def _end_streams(self) -> None:
        self._closed = True
        for client in self._clients:
            client.ready.set()

    def _spread_event(self, kind: str, body: str) -> None:
        self._number += 1
        wire = f"id: {self.last_id}\nevent: {kind}\ndata: {body}\n\n".encode()
        self._keep_event(Event(self._number, wire))
        for client in self._clients:
            if len(client.queue) >= self._queue:
                client.queue.clear()
                wire_of_client = self._make_resync()
                self.dropped += 1
            else:
                wire_of_client = wire
            client.queue.append(wire_of_client)
            client.ready.set()

    def _keep_event(self, event: Event) -> None:
        self._ring.append(event)
        self._ring_bytes += len(event.wire)
        while len(self._ring) > RING_EVENTS or self._ring_bytes > RING_BYTES:
            self._ring_bytes -= len(self._ring.popleft().wire)

    def _make_resync(self) -> bytes:
        return f"id: {self.last_id}\nevent: resync\ndata: {{}}\n\n".encode()

    def _list_missed(self, last_id: str) -> list[bytes] | None:
        """Return what a client has not seen that comes back; None if that is not known."""
        run, _, number = last_id.rpartition("-")
        seen = int(number) if number.isascii() and number.isdigit() else -1
        first = self._ring[0].number if self._ring else self._number + 1
        if run != self._run or not first - 1 <= seen <= self._number:
            return None
        missed = [event.wire for event in self._ring if event.number > seen]
        return missed if len(missed) < self._queue else None

    async def stream_events(self, last_id: str = "") -> AsyncIterator[bytes]:
        """Yield events as they come, those missed since `last_id` first, and heartbeats between."""
        client = _Client()
        missed = self._list_missed(last_id) if last_id else []
        # An id, so that a client that saw no event yet comes back to this place.
        begin = last_id if missed else self.last_id
        client.queue.append(f"retry: {RETRY_MS}\nid: {begin}\n\n".encode())
        client.queue.extend([self._make_resync()] if missed is None else missed)
        self._clients.add(client)
        try:
            while not self._closed:
                while client.queue and not self._closed:
                    yield client.queue.popleft()
                client.ready.clear()
                try:
                    await asyncio.wait_for(client.ready.wait(), self._heartbeat_s)
                except TimeoutError:
                    yield HEARTBEAT
        finally:
            self._clients.discard(client)
