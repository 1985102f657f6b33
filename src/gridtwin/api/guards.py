"""
Keep harm out: who may call, how much, how often, and what a browser may do with the page.

Each guard is plain ASGI, so that streams pass through untouched.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cachetools import LRUCache
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException

from gridtwin.api.problems import make_problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from gridtwin.settings import ServeSettings

# MapLibre runs its workers from blobs; nothing else comes from anywhere but here.
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "worker-src": "'self' blob:",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
MOST_CLIENTS = 10_000  # whose rates are remembered
LONGEST_USER = 256  # characters that tell one user from another


class SafeHeaders:
    """Say to browsers what pages of this server may do: nothing with any other host."""

    def __init__(self, app: ASGIApp, settings: ServeSettings) -> None:
        self._app = app
        framed = " ".join(["'self'", *settings.frames])
        policy = {**POLICY, "frame-ancestors": framed}
        self._headers = HEADERS | {
            "Content-Security-Policy": "; ".join(f"{name} {what}" for name, what in policy.items())
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and add the headers to its response."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers)


class KnownHosts:
    """
    Refuse who calls the server by a name it does not have.

    A page of another site whose name was bound to this address (DNS rebinding) would else read
    everything with the browser of who looks at it. An address in place of a name cannot be bound.
    A proxy whose public names are known only later is named by the domain that they are below.
    """

    def __init__(self, app: ASGIApp, settings: ServeSettings) -> None:
        self._app = app
        own = {"localhost", settings.host, socket.gethostname(), *settings.hosts}
        names = {name.casefold().rstrip(".") for name in own}
        self._domains = tuple(name for name in names if name.startswith("."))
        self._names = frozenset(names.difference(self._domains))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http" and not self._knows_host(Headers(scope=scope).get("host", "")):
            told = "the server is not called that: name it in GRIDTWIN_HOSTS"
            await make_problem(421, "HostError", told)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _knows_host(self, host: str) -> bool:
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        try:
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            called = name.casefold().rstrip(".")
            return called in self._names or called.endswith(self._domains)
        return True


class SmallBodies:
    """Refuse what is longer than any question."""

    def __init__(self, app: ASGIApp, settings: ServeSettings) -> None:
        self._app = app
        self._most = settings.most_bytes
        self._told = f"a request may have {self._most // 1024:,} KB: simplify it"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on whose body is short enough; look while it comes if it does not say."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        said = Headers(scope=scope).get("content-length", "0")
        if not said.isdigit() or int(said) > self._most:
            await make_problem(413, "TooLargeError", self._told)(scope, receive, send)
            return
        left = self._most

        async def count_body() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413, self._told)
            return message

        await self._app(scope, count_body, send)


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class FairRates:
    """
    Give every client its share: a bucket of tokens that fills again (token bucket).

    A client is a user where a trusted proxy says who asks, since all come from its address then.
    Responses say what is left (`RateLimit`, `RateLimit-Policy`: draft-ietf-httpapi-ratelimit).
    """

    def __init__(self, app: ASGIApp, settings: ServeSettings) -> None:
        self._app = app
        self._rate = settings.rate_per_s
        self._burst = settings.rate_burst
        self._user_header = settings.sign_in.user_header
        self._buckets: LRUCache[str, _Bucket] = LRUCache(MOST_CLIENTS)
        window = max(round(self._burst / self._rate), 1) if self._rate else 0
        self._policy = f'"client";q={self._burst};w={window}'

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on while there are tokens for it, else refuse it for now."""
        cost = _find_cost(scope) if scope["type"] == "http" and self._rate else 0.0
        if not cost:
            await self._app(scope, receive, send)
            return
        bucket = self._find_bucket(self._find_user(scope) or _find_client(scope))
        if bucket.tokens < cost:
            after = str(max(1, round((cost - bucket.tokens) / self._rate)))
            refused = make_problem(
                429, "BusyError", "too many requests: slow down", Retry_After=after
            )
            refused.headers["RateLimit"] = f'"client";r=0;t={after}'
            refused.headers["RateLimit-Policy"] = self._policy
            await refused(scope, receive, send)
            return
        bucket.tokens -= cost

        async def with_rate(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["RateLimit"] = f'"client";r={int(bucket.tokens)}'
                headers["RateLimit-Policy"] = self._policy
            await send(message)

        await self._app(scope, receive, with_rate)

    def _find_user(self, scope: Scope) -> str:
        """Return whom a trusted ingress names, which hides addresses; empty without one."""
        name = self._user_header and Headers(scope=scope).get(self._user_header, "")
        return f"user {name[:LONGEST_USER]}" if name else ""

    def _find_bucket(self, client: str) -> _Bucket:
        now = time.monotonic()
        bucket = self._buckets.setdefault(client, _Bucket(self._burst, now))
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at) * self._rate)
        bucket.at = now
        return bucket


# Tokens for a request, by how its path begins; the first that fits.
COSTS: tuple[tuple[str, str, float], ...] = (
    ("POST", "/api/switch", 10.0),  # nobody operates so often; nobody guesses tokens either
    ("POST", "/api/findings/", 10.0),  # the same
    ("POST", "/api/operations", 10.0),
    ("", "/auth/", 10.0),  # nobody signs in so often
    ("POST", "/api/", 5.0),
    ("", "/api/", 1.0),
    ("", "/api", 1.0),
    ("", "/tiles/live", 0.5),
    ("", "/tiles/", 0.1),
    ("", "/ogc/", 5.0),
    ("", "/mcp", 2.0),
)


def _find_cost(scope: Scope) -> float:
    path, method = scope["path"], scope["method"]
    fits = (cost for verb, begin, cost in COSTS if path.startswith(begin) and verb in {"", method})
    return next(fits, 0.0)


def _find_client(scope: Scope) -> str:
    """Return whose bucket a request takes from: an address, of IPv6 its network."""
    host = scope["client"][0] if scope.get("client") else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return str(host)
    if address.version == 4:
        return host
    return str(ipaddress.ip_network((address, 64), strict=False))


GUARDS: Iterable[type[SafeHeaders | KnownHosts | SmallBodies | FairRates]] = (
    SmallBodies,
    FairRates,
    KnownHosts,
    SafeHeaders,
)
