"""Serve agents alone over HTTP: the door at ``/mcp``, behind the guards of the server."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.routing import Route

from gridtwin.api.guards import GUARDS
from gridtwin.api.identification import Identification
from gridtwin.api.permission_gate import Gate, check_declared
from gridtwin.api.request_metrics import Measured, RequestMetrics
from gridtwin.mcp_server.http_door import AGENT_PATH, AgentDoor
from gridtwin.mcp_server.twin_source import FollowedTwin
from gridtwin.model.permissions import Permission

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gridtwin.settings import ServeSettings


def create_agent_app(settings: ServeSettings) -> Starlette:
    """
    Return the application that serves one twin to agents.

    Raises
    ------
    StoreError
        If the twin cannot be opened.
    """
    twin = FollowedTwin(settings.twin, guarded=True)
    door = AgentDoor(twin, settings)

    @asynccontextmanager
    async def run_door(_: Starlette) -> AsyncIterator[None]:
        async with door.run():
            yield

    app = Starlette(routes=[guard_agents(door)], lifespan=run_door)
    app.state.identification = Identification(settings, lambda: twin().twin.store.access)
    check_declared(app.router.routes)
    for guard in GUARDS:
        app.add_middleware(guard, settings=settings)
    app.add_middleware(Measured, figures=RequestMetrics())
    return app


def guard_agents(door: AgentDoor) -> Route:
    """Return the path of agents: who may look comes in, who may operate finds more behind it."""
    return Route(AGENT_PATH, endpoint=Gate(door, Permission.LOOK, unknown=401))
