"""
Stand where the ingress of Snowpark Container Services stands: before the server, and in its way.

It lets in who has logged in and names them to the server, takes ``Authorization`` away, hides where
clients are, calls the server by a public name, adds a content policy of its own, and ends what is
silent for too long. Written after the reference; the real one was not seen.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from gridtwin.cli.serve_commands import open_listener
from waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from starlette.requests import Request

PUBLIC_NAME = "mfr3x7a-grid-utility.snowflakecomputing.app"
DOMAIN = ".snowflakecomputing.app"
USER_HEADER = "Sf-Context-Current-User"
IDLE_S = 90.0  # as documented
LOGIN = "user"  # the cookie of who has logged in; the real one is a session
OWN_POLICY = "default-src 'self' 'unsafe-inline' 'unsafe-eval' blob: data:; connect-src 'self'"
# What is between two ends of one connection alone, what is taken away, what is set anew.
NOT_PASSED = {
    *("connection", "keep-alive", "transfer-encoding", "te", "upgrade", "host", "authorization"),
    *("cookie", "x-forwarded-for", "forwarded", USER_HEADER.lower()),
}
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]


@dataclass
class Ingress:
    """A running ingress, and what it saw."""

    target: str
    idle_s: float = IDLE_S  # within a response
    url: str = ""
    ended: int = 0  # responses that it ended, since nothing came
    heartbeats: int = 0  # comments that passed in streams of events
    paths: list[str] = field(default_factory=list)

    async def pass_on(self, request: Request) -> Response:
        """Answer as the server behind does."""
        user = request.cookies.get(LOGIN)
        if not user:
            return PlainTextResponse("log in first", 401)
        self.paths.append(request.url.path)
        headers = [
            (name, value) for name, value in request.headers.items() if name not in NOT_PASSED
        ]
        headers += [("host", PUBLIC_NAME), (USER_HEADER, user)]
        client: httpx.AsyncClient = request.app.state.client
        asked = client.build_request(
            request.method,
            self.target + request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            headers=headers,
            content=await request.body(),
        )
        try:
            answer = await asyncio.wait_for(client.send(asked, stream=True), IDLE_S)
        except TimeoutError:
            return PlainTextResponse("the service did not answer", 504)
        passed = StreamingResponse(self._pass_body(answer), answer.status_code)
        passed.raw_headers = [
            (name.lower(), value)
            for name, value in answer.headers.raw
            if name.decode().lower() not in NOT_PASSED
        ]
        passed.headers.append("Content-Security-Policy", OWN_POLICY)
        passed.headers.append("X-Frame-Options", "DENY")
        return passed

    async def _pass_body(self, answer: httpx.Response) -> AsyncIterator[bytes]:
        pieces = answer.aiter_raw()
        try:
            while True:
                piece = await asyncio.wait_for(anext(pieces), self.idle_s)
                self.heartbeats += piece.startswith(b":")
                yield piece
        except StopAsyncIteration:
            return
        except TimeoutError:
            self.ended += 1
            raise  # in the middle of a body: the connection is cut
        finally:
            await answer.aclose()


@contextmanager
def run_ingress(target: str, *, idle_s: float = IDLE_S) -> Iterator[Ingress]:
    """
    Run an ingress before a server, at a free port of this machine.

    Parameters
    ----------
    target
        Address of the server.
    idle_s
        Seconds of silence after which it ends a response that has begun.
    """
    ingress = Ingress(target.rstrip("/"), idle_s)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with httpx.AsyncClient(timeout=None) as app.state.client:  # noqa: S113 - it has its own
            yield

    app = Starlette(
        routes=[Route("/{path:path}", ingress.pass_on, methods=METHODS)], lifespan=lifespan
    )
    with open_listener("127.0.0.1", 0) as listener:
        ingress.url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        config = uvicorn.Config(
            app, log_config=None, access_log=False, ws="none", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield ingress
        finally:
            server.should_exit = True
            thread.join(PATIENCE_S)
            assert not thread.is_alive(), "the ingress did not end"
