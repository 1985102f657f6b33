"""Count what a worker does, and show it to Prometheus in its text format."""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridtwin.stream.places import Place

PREFIX = "gridtwin_stream"
BOUNDS_S = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
HELP = {
    "messages": "Messages written as they came",
    "readings": "Readings that counted when they were written",
    "repeated": "Readings that a later one of the same batch replaced",
    "dead": "Messages set apart as dead letters",
    "batches": "Transactions committed",
    "fenced": "Partitions that another worker had claimed",
    "rewound": "Partitions read again since the database lost its last moments",
    "reconnects": "Times that the database had to be waited for",
}


@dataclass(slots=True)
class Figures:
    """What a worker has done since it started, and how far behind it is."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(HELP, 0))
    lag: dict[Place, int] = field(default_factory=dict)  # messages not written yet
    rate: float = 0.0  # readings a second, over the last seconds
    newest_s: int = 0  # end of the newest interval that was written
    took: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    took_s: float = 0.0
    _since: tuple[float, int] = field(default_factory=lambda: (time.monotonic(), 0))

    def add(self, **more: int) -> None:
        """Count more of something."""
        for name, count in more.items():
            self.counts[name] += count

    def batch(self, seconds: float) -> None:
        """Count a committed transaction and the time it took."""
        self.counts["batches"] += 1
        self.took[bisect_left(BOUNDS_S, seconds)] += 1
        self.took_s += seconds

    def settle(self) -> None:
        """Reckon the rate since the last call."""
        now, count = time.monotonic(), self.counts["readings"]
        then, before = self._since
        if now > then:
            self.rate = (count - before) / (now - then)
        self._since = (now, count)

    def text(self) -> str:
        """Return the figures as Prometheus reads them."""
        lines = []
        for name, words in HELP.items():
            full = f"{PREFIX}_{name}_total"
            lines += [f"# HELP {full} {words}", f"# TYPE {full} counter"]
            lines.append(f"{full} {self.counts[name]}")
        lines += [f"# HELP {PREFIX}_lag_messages Messages not written yet"]
        lines += [f"# TYPE {PREFIX}_lag_messages gauge"]
        for (topic, partition), lag in sorted(dict(self.lag).items()):
            lines.append(f'{PREFIX}_lag_messages{{topic="{topic}",partition="{partition}"}} {lag}')
        for name, value in (
            ("readings_per_second", self.rate),
            ("newest_interval_seconds", self.newest_s),
        ):
            lines += [f"# TYPE {PREFIX}_{name} gauge", f"{PREFIX}_{name} {value:.17g}"]
        full, running = f"{PREFIX}_batch_seconds", 0
        lines += [f"# HELP {full} Time of a transaction", f"# TYPE {full} histogram"]
        for bound, count in zip((*BOUNDS_S, "+Inf"), self.took, strict=True):
            running += count
            lines.append(f'{full}_bucket{{le="{bound}"}} {running}')
        lines += [f"{full}_sum {self.took_s:.17g}", f"{full}_count {running}"]
        return "\n".join(lines) + "\n"


@contextmanager
def served(figures: Figures, port: int, host: str = "127.0.0.1") -> Iterator[int]:
    """Answer ``GET /metrics`` meanwhile; yields the port, which is a free one if 0 was given."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path == "/metrics"
            body = figures.text().encode() if known else b"see /metrics\n"
            self.send_response(200 if known else 404)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing of it."""

    server = ThreadingHTTPServer((host, port), Answer)
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
