"""Put the server together: routers, errors, and what lives as long as it does."""

from __future__ import annotations

from contextlib import asynccontextmanager
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING

from fastapi import FastAPI

from gridtwin.api import (
    elements,
    events,
    health,
    jobs,
    ogc,
    operate,
    outages,
    overview,
    page,
    polygons,
    restore,
    search,
    state,
    traces,
)
from gridtwin.api.answers import Kept
from gridtwin.api.broadcast import Broadcaster
from gridtwin.api.errors import answer_errors
from gridtwin.api.follow import Follower
from gridtwin.api.grid import Grid
from gridtwin.api.guards import GUARDS
from gridtwin.api.measure import Figures, Measured
from gridtwin.twin import open_twin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gridtwin.settings import ServeSettings

ROUTERS = (
    overview,
    state,
    search,
    elements,
    traces,
    operate,
    restore,
    polygons,
    outages,
    events,
    jobs,
    health,
)
OTHERS = ("tiles", "ami")


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
    app.state.assets = page.Assets()
    app.state.kept = Kept()
    app.state.figures = Figures()
    health.show_figures(app.state)
    answer_errors(app)
    for guard in GUARDS:
        app.add_middleware(guard, settings=settings)
    app.add_middleware(Measured, figures=app.state.figures)
    app.state.ogc = ogc.mount(app, settings.twin)
    app.include_router(page.router)
    return app


def create_routes() -> FastAPI:
    """Return the paths of the server, over no twin yet: what its OpenAPI document describes."""
    app = FastAPI(
        title="gridtwin",
        summary="The open digital twin of an electric distribution utility.",
        version=version("gridtwin"),
        docs_url=None,  # its page would ask another host for its scripts
        redoc_url=None,
        lifespan=_lifespan,
    )
    for module in ROUTERS:
        app.include_router(module.router)
    for name in OTHERS:
        if find_spec(f"gridtwin.api.{name}"):
            app.include_router(import_module(f"gridtwin.api.{name}").router)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Follow the store while the server runs."""
    broadcaster: Broadcaster = app.state.broadcaster
    broadcaster.start()

    def renew() -> Grid:
        grid: Grid = app.state.grid
        app.state.grid = Grid(open_twin(grid.settings.twin), grid.settings)
        return app.state.grid

    follower = Follower(app.state.grid, broadcaster, renew)
    app.state.follower = follower
    follower.start()
    try:
        yield
    finally:
        broadcaster.close()
        app.state.jobs.close()
        if app.state.ogc is not None:
            await app.state.ogc.close()
        follower.stop()
