"""Put the server together: routers, errors, and what lives as long as it does."""

from __future__ import annotations

from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING

from fastapi import FastAPI

from gridtwin.api import (
    ami_routes,
    ask_routes,
    audit_routes,
    command_routes,
    comparison_routes,
    crew_routes,
    customer_routes,
    element_routes,
    event_routes,
    finding_routes,
    health_routes,
    jobs,
    manual_routes,
    measurement_routes,
    ogc_routes,
    operation_routes,
    order_routes,
    outage_change_routes,
    outage_routes,
    overview_routes,
    page_routes,
    planned_routes,
    polygon_routes,
    restoration_routes,
    schematic_routes,
    search_routes,
    sign_in_routes,
    state_routes,
    tile_routes,
    trace_routes,
    vegetation_routes,
    webhook_routes,
)
from gridtwin.api.agent_app import guard_agents
from gridtwin.api.answers import AnswerCache
from gridtwin.api.broadcast import Broadcaster
from gridtwin.api.grid import Grid
from gridtwin.api.guards import GUARDS
from gridtwin.api.identification import Identification
from gridtwin.api.issuer_client import IssuerClient
from gridtwin.api.permission_gate import check_declared
from gridtwin.api.problems import answer_errors
from gridtwin.api.request_metrics import Measured, RequestMetrics
from gridtwin.api.store_follower import Follower
from gridtwin.api.views import overview_view
from gridtwin.mcp_server.http_door import AgentDoor
from gridtwin.mcp_server.protocol_sdk import has_sdk
from gridtwin.publish.tiles.basemap import Basemap, find_own_basemap, open_basemap
from gridtwin.publish.tiles.basemap_places import BasemapPlaces
from gridtwin.twin import open_twin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gridtwin.settings import ServeSettings

ROUTERS = (
    overview_routes,
    state_routes,
    comparison_routes,
    search_routes,
    element_routes,
    trace_routes,
    schematic_routes,
    operation_routes,
    command_routes,
    order_routes,
    restoration_routes,
    polygon_routes,
    outage_routes,
    outage_change_routes,
    planned_routes,
    crew_routes,
    event_routes,
    finding_routes,
    vegetation_routes,
    measurement_routes,
    jobs,
    health_routes,
    tile_routes,
    ami_routes,
    ask_routes,
    manual_routes,
    sign_in_routes,
    audit_routes,
    customer_routes,
    webhook_routes,
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
    InputError
        If the basemap cannot be drawn.
    """
    issuer = IssuerClient(settings.sign_in) if settings.sign_in.issuer else None
    grid = Grid(open_twin(settings.twin, guarded=True), settings)
    app = create_routes()
    app.state.grid = grid
    app.state.issuer = issuer
    app.state.identification = Identification(settings, lambda: app.state.grid.twin.store.access)
    app.state.broadcaster = Broadcaster()
    app.state.jobs = jobs.Jobs()
    app.state.model_desk = ask_routes.ModelDesk(settings.model)
    app.state.basemap = _choose_basemap(settings, grid)
    west, south, east, north = overview_view.find_bounds(grid.network.data)
    app.state.places = BasemapPlaces(app.state.basemap, (west, south, east, north))
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
        app.router.routes.append(guard_agents(app.state.agents))
    app.router.routes.extend(page_routes.router.routes)
    check_declared(app.router.routes)
    return app


def _choose_basemap(settings: ServeSettings, grid: Grid) -> Basemap | None:
    """Return the basemap that is named, or else that of the twin itself."""
    path = settings.basemap or find_own_basemap(grid.twin.store)
    if path is None or (settings.basemap is None and not path.is_file()):
        return None
    return open_basemap(path)


def create_routes() -> FastAPI:
    """Return the paths of the server, over no twin yet: what its OpenAPI document describes."""
    app = FastAPI(
        title="gridtwin",
        summary="The open digital twin of an electric distribution utility.",
        version=version("gridtwin"),
        openapi_url=None,  # `health_routes` has it, behind the gate
        docs_url=None,  # its page would ask another host for its scripts
        redoc_url=None,
        lifespan=_run_lifespan,
    )
    for module in ROUTERS:  # include_router would make every path once more, at a first request
        app.router.routes.extend(module.router.routes)
    check_declared(app.router.routes)
    return app


@asynccontextmanager
async def _run_lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Follow the store while the server runs."""
    broadcaster: Broadcaster = app.state.broadcaster
    broadcaster.start()

    def renew_grid() -> Grid:
        grid: Grid = app.state.grid
        renewed = Grid(open_twin(grid.settings.twin, guarded=True), grid.settings)
        renewed.start_preparing()
        app.state.grid = renewed
        return renewed

    follower = Follower(app.state.grid, broadcaster, renew_grid)
    app.state.follower = follower
    follower.start()
    app.state.grid.start_preparing()
    try:
        async with app.state.agents.run():
            yield
    finally:
        broadcaster.close()
        app.state.jobs.close()
        if app.state.ogc is not None:
            await app.state.ogc.close()
        follower.stop()
