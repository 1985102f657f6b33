"""Count and time every request: one line of log each, and figures for Prometheus."""

from __future__ import annotations

import logging
import secrets
import time
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.datastructures import MutableHeaders

from gridtwin.model.person import PERSON_SCOPE, REQUEST_SCOPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from prometheus_client import Metric
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("gridtwin.access")

disable_created_metrics()  # type: ignore[no-untyped-call] # their begin is no figure of ours

DURATION_BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
PERSONAL_PATHS = ("/api/customers/",)  # whose queries name people
LONGEST_PATH = 500


class RequestMetrics:
    """What a server has done since it began; threads may share it."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "gridtwin_requests",
            "Requests answered",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "gridtwin_request_seconds",
            "Time to answer a request",
            ("route",),
            buckets=DURATION_BOUNDS_S,
            registry=self.registry,
        )

    def note_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        self._requests.labels(method, route, status).inc()
        self._seconds.labels(route).observe(seconds)

    def show_values(self, values: Mapping[str, tuple[str, Callable[[], float]]]) -> None:
        """
        Show more figures, read whenever somebody asks.

        Parameters
        ----------
        values
            What each is and how to read it, by its name; a name that ends in ``_total`` counts.
        """
        self.registry.register(_Read(values))


class _Read(Collector):
    """Figures that are read when they are asked for."""

    def __init__(self, values: Mapping[str, tuple[str, Callable[[], float]]]) -> None:
        self._values = values

    def collect(self) -> Iterator[Metric]:
        """Yield the figures."""
        for name, (words, read) in self._values.items():
            kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
            yield kind(name, words, value=read())

    def describe(self) -> Iterator[Metric]:
        """Yield nothing: what is read later is not asked for its names now."""
        return iter(())


class Measured:
    """
    Log and count requests, and give each an id by which client and log speak of the same.

    What is logged holds no header and no body, so no token; of customers not who was looked for.
    """

    def __init__(self, app: ASGIApp, figures: RequestMetrics) -> None:
        self._app = app
        self._figures = figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and note how it went."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status, size = time.perf_counter(), 499, 0  # 499: the client went away
        request = scope[REQUEST_SCOPE] = secrets.token_hex(8)

        async def note_message(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request
            else:
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, note_message)
        finally:
            seconds = time.perf_counter() - began
            route = getattr(scope.get("route"), "path", "other")
            self._figures.note_request(scope["method"], route, status, seconds)
            _log_request(scope, request, status, seconds, size)


def _log_request(scope: Scope, request: str, status: int, seconds: float, size: int) -> None:
    query = scope.get("query_string", b"").decode("ascii", "replace")
    if query and scope["path"].startswith(PERSONAL_PATHS):
        query = "..."
    path = (f"{scope['path']}?{query}" if query else scope["path"])[:LONGEST_PATH]
    took_ms = round(seconds * 1000, 1)
    words = f"{scope['method']} {path!a} {status} {took_ms} ms"
    log.info(
        words,
        extra={
            "request": request,
            "method": scope["method"],
            "path": path,
            "status": status,
            "took_ms": took_ms,
            "bytes": size,
            "client": scope["client"][0] if scope.get("client") else "",
            "person": getattr(scope.get(PERSON_SCOPE), "name", ""),
        },
    )
