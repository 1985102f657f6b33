"""Count and time every request: one line of log each, and figures for Prometheus."""

from __future__ import annotations

import logging
import secrets
import time
from bisect import bisect_left
from collections import defaultdict
from threading import Lock
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("gridtwin.access")

BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
LONGEST_PATH = 500


class Figures:
    """What a server has done since it began; threads may share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: dict[tuple[str, str, int], int] = defaultdict(int)
        self._times: dict[str, list[int]] = {}
        self._seconds: dict[str, float] = defaultdict(float)

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        with self._lock:
            self._requests[method, route, status] += 1
            times = self._times.setdefault(route, [0] * (len(BOUNDS_S) + 1))
            times[bisect_left(BOUNDS_S, seconds)] += 1
            self._seconds[route] += seconds

    def lines(self, gauges: Mapping[str, float]) -> Iterator[str]:
        """Yield the figures in the text format of Prometheus, and others as gauges."""
        for name, value in gauges.items():
            kind = "counter" if name.endswith("_total") else "gauge"
            yield f"# TYPE {name} {kind}"
            yield f"{name} {value:.17g}"
        with self._lock:
            yield "# TYPE gridtwin_requests_total counter"
            for (method, route, status), count in sorted(self._requests.items()):
                labels = f'method="{method}",route="{route}",status="{status}"'
                yield f"gridtwin_requests_total{{{labels}}} {count}"
            yield "# TYPE gridtwin_request_seconds histogram"
            for route, times in sorted(self._times.items()):
                yield from self._histogram(route, times)

    def _histogram(self, route: str, times: list[int]) -> Iterator[str]:
        total = 0
        for bound, count in zip([*map(str, BOUNDS_S), "+Inf"], times, strict=True):
            total += count
            yield f'gridtwin_request_seconds_bucket{{route="{route}",le="{bound}"}} {total}'
        yield f'gridtwin_request_seconds_sum{{route="{route}"}} {self._seconds[route]:.6f}'
        yield f'gridtwin_request_seconds_count{{route="{route}"}} {total}'


class Measured:
    """
    Log and count requests, and give each an id by which client and log speak of the same.

    What is logged holds no header and no body, so no token.
    """

    def __init__(self, app: ASGIApp, figures: Figures) -> None:
        self._app = app
        self._figures = figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and note how it went."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status, size = time.perf_counter(), 499, 0  # 499: the client went away
        request = secrets.token_hex(8)

        async def noted(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request
            else:
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            seconds = time.perf_counter() - began
            route = getattr(scope.get("route"), "path", "other")
            self._figures.note(scope["method"], route, status, seconds)
            _log(scope, request, status, seconds, size)


def _log(scope: Scope, request: str, status: int, seconds: float, size: int) -> None:
    query = scope.get("query_string", b"").decode("ascii", "replace")
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
        },
    )
