"""
Let agents in over HTTP: at ``/mcp``, who may operate to the tools that do.

Who asks is known by the gate that stands before this door.

The SDK is imported, and the servers made, when somebody first comes: a server that no agent asks
costs nothing more.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio
from starlette.datastructures import Headers
from starlette.responses import JSONResponse

from gridtwin.model.permissions import Permission
from gridtwin.model.person import PERSON_SCOPE, Person, Way

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from anyio.abc import TaskGroup, TaskStatus
    from starlette.types import ASGIApp, Receive, Scope, Send

    from gridtwin.mcp_server.twin_source import TwinSource
    from gridtwin.settings import ServeSettings

AGENT_PATH = "/mcp"
IDLE_S = 1_800.0  # after which a session of an operator ends
MOST_SESSIONS = 200  # of operators; others have none


class AgentDoor:
    """
    An ASGI application that speaks the Model Context Protocol.

    Who may look only asks, each request by itself. Who may operate has a session, in which a
    person can be asked before a switch is operated; where two persons operate, nobody does here.
    """

    def __init__(self, source: TwinSource, settings: ServeSettings) -> None:
        self._source = source
        self._settings = settings
        self._apps: dict[bool, ASGIApp] = {}
        self._making: anyio.Lock | None = None
        self._tasks: TaskGroup | None = None

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Answer as long as this lasts."""
        async with anyio.create_task_group() as self._tasks:
            self._making = anyio.Lock()
            try:
                yield
            finally:
                self._tasks.cancel_scope.cancel()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        headers, person = Headers(scope=scope), _find_person(scope)
        refused = _refuse_origin(headers)
        operator = person.may(Permission.OPERATE) and not self._settings.two_person_min
        if refused is None and person.way is Way.NOBODY and "authorization" in headers:
            told = "this is no token: send one as a bearer"
            refused = _refuse(401, told, WWW_Authenticate='Bearer realm="gridtwin"')
        if refused is None and not operator and scope["method"] != "POST":
            refused = _refuse(405, "POST is all that is answered without a session", Allow="POST")
        if refused is not None:
            await refused(scope, receive, send)
            return
        await (await self._find_app(operator=operator))(scope, receive, send)

    async def _find_app(self, *, operator: bool) -> ASGIApp:
        assert self._making is not None  # noqa: S101 - requests come while it runs
        assert self._tasks is not None  # noqa: S101
        async with self._making:
            if operator not in self._apps:
                server = await anyio.to_thread.run_sync(self._make_server, operator)
                self._apps[operator] = await self._tasks.start(_run_sessions, server, operator)
        return self._apps[operator]

    def _make_server(self, operator: bool) -> Any:  # noqa: FBT001 - called in a thread
        from gridtwin.mcp_server.agent_server import make_agent_server

        return make_agent_server(
            self._source,
            operator=operator,
            map_url=self._settings.map_url,
            actor="operator" if operator else "",
        )


async def _run_sessions(server: Any, operator: bool, *, task_status: TaskStatus[ASGIApp]) -> None:  # noqa: FBT001
    from mcp.server.transport_security import TransportSecuritySettings

    app = server.streamable_http_app(
        streamable_http_path=AGENT_PATH,
        stateless_http=not operator,
        json_response=not operator,
        session_idle_timeout=IDLE_S if operator else None,
        max_sessions=MOST_SESSIONS,
        # Names, origins and sizes are held by the guards of the server, and above.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    async with server.session_manager.run():
        task_status.started(app)
        await anyio.sleep_forever()


def _find_person(scope: Scope) -> Person:
    person: Person = scope[PERSON_SCOPE]
    return person


def _refuse_origin(headers: Headers) -> JSONResponse | None:
    """Refuse pages of other sites: a browser says of each request where its page is from."""
    origin = headers.get("origin")
    if origin is None or urlsplit(origin).netloc.casefold() == headers.get("host", "").casefold():
        return None
    return _refuse(403, "pages of other sites may not ask this server")


def _refuse(status: int, told: str, **headers: str) -> JSONResponse:
    error = {"error": {"type": "NotAllowedError", "message": told, "matches": []}}
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return JSONResponse(error, status, names | {"Cache-Control": "no-store"})
