"""Put the server together: routers, errors, and what lives as long as it does."""

from __future__ import annotations

from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.routing import Route

from gridtwin.api import (
    ami_routes,
    ask_routes,
    element_routes,
    event_routes,
    finding_routes,
    health_routes,
    jobs,
    ogc_routes,
    operation_routes,
    outage_routes,
    overview_routes,
    page_routes,
    polygon_routes,
    restoration_routes,
    search_routes,
    state_routes,
    tile_routes,
    trace_routes,
    vegetation_routes,
)
from gridtwin.api.answers import AnswerCache
from gridtwin.api.broadcast import Broadcaster
from gridtwin.api.grid import Grid
from gridtwin.api.guards import GUARDS
from gridtwin.api.problems import answer_errors
from gridtwin.api.request_metrics import Measured, RequestMetrics
from gridtwin.api.store_follower import Follower
from gridtwin.mcp_server.http_door import AGENT_PATH, AgentDoor
from gridtwin.mcp_server.protocol_sdk import has_sdk
from gridtwin.twin import open_twin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gridtwin.settings import ServeSettings

ROUTERS = (
    overview_routes,
    state_routes,
    search_routes,
    element_routes,
    trace_routes,
    operation_routes,
    restoration_routes,
    polygon_routes,
    outage_routes,
    event_routes,
    finding_routes,
    vegetation_routes,
    jobs,
    health_routes,
    tile_routes,
    ami_routes,
    ask_routes,
)


def create_app(settings: ServeSettings) -> FastAPI:
    """
    Return the application that serves one twin.

    Parameters
    ----------
    settings
        Which twin, and how.

    Raises
    ------
    StoreError
        If the twin cannot be opened.
    """
    grid = Grid(open_twin(settings.twin), settings)
    app = create_routes()
    app.state.grid = grid
    app.state.broadcaster = Broadcaster()
    app.state.jobs = jobs.Jobs()
    app.state.assets = page_routes.Assets()
    app.state.kept = AnswerCache()
    app.state.figures = RequestMetrics()
    health_routes.show_figures(app.state)
    answer_errors(app)
    for guard in GUARDS:
        app.add_middleware(guard, settings=settings)
    app.add_middleware(Measured, figures=app.state.figures)
    app.state.ogc = ogc_routes.mount_collections(app, settings.twin)
    app.state.agents = AgentDoor(lambda: app.state.grid, settings)
    if has_sdk():
        app.router.routes.append(Route(AGENT_PATH, endpoint=app.state.agents))
    app.include_router(page_routes.router)
    return app


def create_routes() -> FastAPI:
    """Return the paths of the server, over no twin yet: what its OpenAPI document describes."""
    app = FastAPI(
        title="gridtwin",
        summary="The open digital twin of an electric distribution utility.",
        version=version("gridtwin"),
        docs_url=None,  # its page would ask another host for its scripts
        redoc_url=None,
        lifespan=_run_lifespan,
    )
    for module in ROUTERS:
        app.include_router(module.router)
    return app


@asynccontextmanager
async def _run_lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Follow the store while the server runs."""
    broadcaster: Broadcaster = app.state.broadcaster
    broadcaster.start()

    def renew_grid() -> Grid:
        grid: Grid = app.state.grid
        app.state.grid = Grid(open_twin(grid.settings.twin), grid.settings)
        return app.state.grid

    follower = Follower(app.state.grid, broadcaster, renew_grid)
    app.state.follower = follower
    follower.start()
    try:
        async with app.state.agents.run():
            yield
    finally:
        broadcaster.close()
        app.state.jobs.close()
        if app.state.ogc is not None:
            await app.state.ogc.close()
        follower.stop()
