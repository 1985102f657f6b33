"""Count what a worker does, and show it to Prometheus."""

from __future__ import annotations

import time
from bisect import bisect_left
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import Metric

    from gridtwin.stream.partition_offsets import Partition

METRIC_PREFIX = "gridtwin_stream"
BATCH_BOUNDS_S = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
METRIC_HELP = {
    "messages": "Messages written as they came",
    "readings": "Readings that counted when they were written",
    "repeated": "Readings that a later one of the same batch replaced",
    "dead": "Messages set apart as dead letters",
    "batches": "Transactions committed",
    "fenced": "Partitions that another worker had claimed",
    "rewound": "Partitions read again since the database lost its last moments",
    "reconnects": "Times that the database had to be waited for",
}


@dataclass(slots=True, eq=False)
class IngestMetrics:
    """What a worker has done since it started, and how far behind it is."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(METRIC_HELP, 0))
    lag: dict[Partition, int] = field(default_factory=dict)  # messages not written yet
    rate: float = 0.0  # readings a second, over the last seconds
    newest_s: int = 0  # end of the newest interval that was written
    took: list[int] = field(default_factory=lambda: [0] * (len(BATCH_BOUNDS_S) + 1))
    took_s: float = 0.0
    _since: tuple[float, int] = field(default_factory=lambda: (time.monotonic(), 0))

    def add(self, **more: int) -> None:
        """Count more of something."""
        for name, count in more.items():
            self.counts[name] += count

    def count_batch(self, seconds: float) -> None:
        """Count a committed transaction and the time it took."""
        self.counts["batches"] += 1
        self.took[bisect_left(BATCH_BOUNDS_S, seconds)] += 1
        self.took_s += seconds

    def update_rate(self) -> None:
        """Reckon the rate since the last call."""
        now, count = time.monotonic(), self.counts["readings"]
        then, before = self._since
        if now > then:
            self.rate = (count - before) / (now - then)
        self._since = (now, count)

    def collect(self) -> Iterator[Metric]:
        """Yield the figures as Prometheus reads them."""
        from prometheus_client.metrics_core import (
            CounterMetricFamily,
            GaugeMetricFamily,
            HistogramMetricFamily,
        )

        for name, words in METRIC_HELP.items():
            yield CounterMetricFamily(f"{METRIC_PREFIX}_{name}", words, value=self.counts[name])
        lag = GaugeMetricFamily(
            f"{METRIC_PREFIX}_lag_messages",
            "Messages not written yet",
            labels=("topic", "partition"),
        )
        for (topic, partition), messages in sorted(dict(self.lag).items()):
            lag.add_metric((topic, str(partition)), messages)
        yield lag
        yield GaugeMetricFamily(
            f"{METRIC_PREFIX}_readings_per_second", "Readings a second, of late", value=self.rate
        )
        yield GaugeMetricFamily(
            f"{METRIC_PREFIX}_newest_interval_seconds",
            "End of the newest interval that was written",
            value=self.newest_s,
        )
        bounds = [*map(str, BATCH_BOUNDS_S), "+Inf"]
        buckets = list(zip(bounds, map(float, accumulate(self.took)), strict=True))
        yield HistogramMetricFamily(
            f"{METRIC_PREFIX}_batch_seconds", "Time of a transaction", buckets=buckets,
            sum_value=self.took_s,
        )  # fmt: skip


@contextmanager
def serve_metrics(figures: IngestMetrics, port: int, host: str = "127.0.0.1") -> Iterator[int]:
    """Answer ``GET /metrics`` meanwhile; yields the port, which is a free one if 0 was given."""
    from prometheus_client import CollectorRegistry, start_http_server

    registry = CollectorRegistry()
    registry.register(figures)
    server, thread = start_http_server(port, host, registry)
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
