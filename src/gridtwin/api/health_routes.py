"""Whether the server lives and can answer: ``/health``, ``/ready``."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from gridtwin.api.grid import GridNow
from gridtwin.api.models import Document
from gridtwin.api.permission_gate import DeclaredRoute, open_to_all, require
from gridtwin.api.problems import RESPONSES
from gridtwin.api.request_metrics import RequestMetrics
from gridtwin.errors import StoreError
from gridtwin.model.permissions import Permission
from gridtwin.store.postgis.postgis_store import PostgisStore

if TYPE_CHECKING:
    from starlette.datastructures import State

    from gridtwin.store.protocol import Store

router = APIRouter(responses=RESPONSES, tags=["health"], route_class=DeclaredRoute)


class Health(Document):
    """The server lives."""

    status: str = "alive"


class ReadyAnswer(Document):
    """The store can be reached."""

    status: str = "ready"
    network: str
    version: int


@router.get("/health", dependencies=[open_to_all()])
async def read_health() -> Health:
    """Say that the process lives and its event loop turns."""
    return Health()


@router.get("/ready", dependencies=[open_to_all()])
def read_ready(request: Request, grid: GridNow) -> ReadyAnswer:
    """Say that the store answers and is followed; 503 when it is not."""
    if not request.app.state.follower.is_alive:
        msg = "what changes is not followed any more: start the server again"
        raise StoreError(msg)
    return ReadyAnswer(network=grid.network_hash, version=grid.twin.version)


@router.get("/metrics", dependencies=[require(Permission.LOOK)], response_class=PlainTextResponse)
def read_metrics(request: Request) -> Response:
    """Return figures in the text format of Prometheus."""
    figures: RequestMetrics = request.app.state.figures
    return Response(generate_latest(figures.registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)


@router.get("/openapi.json", include_in_schema=False, dependencies=[require(Permission.LOOK)])
def read_description(request: Request) -> JSONResponse:
    """Return what the server answers, as OpenAPI."""
    return JSONResponse(request.app.openapi())


def show_figures(state: State) -> None:
    """Show how a server stands among the figures of its requests."""
    state.figures.show_values(
        {
            "gridtwin_store_up": (
                "Whether the store answers and is followed",
                lambda: state.follower.is_well and state.follower.is_alive,
            ),
            "gridtwin_state_version": (
                "Version of the current state",
                lambda: state.follower.supply.version,
            ),
            "gridtwin_customers_out": (
                "Customers without supply",
                lambda: state.follower.supply.customers_out,
            ),
            "gridtwin_event_clients": (
                "Clients that follow events",
                lambda: state.broadcaster.clients,
            ),
            "gridtwin_events_total": ("Events told", lambda: state.broadcaster.event_count),
            "gridtwin_event_clients_dropped_total": (
                "Clients dropped since they did not listen",
                lambda: state.broadcaster.dropped,
            ),
            "gridtwin_jobs_running": ("Jobs that are not done", lambda: state.jobs.running),
            "gridtwin_lake_slot_lag_bytes": (
                "Log that the database keeps for the lake that is behind most",
                lambda: _measure_slot_lag(state.grid.twin.store),
            ),
            "gridtwin_usage_points": (
                "Usage points of the network",
                lambda: len(state.grid.network.data.usage_points.mrid),
            ),
            "process_max_resident_memory_bytes": (
                "Most memory the process has held",
                _memory_bytes,
            ),
        }
    )


def _measure_slot_lag(store: Store) -> float:
    """Return what a database keeps for lakes; 0 of a folder, NaN of one that does not answer."""
    if not isinstance(store, PostgisStore):
        return 0
    try:
        return store.measure_slot_lag()
    except StoreError:
        return math.nan


def _memory_bytes() -> int:
    """Return the most memory the process has held; 0 where the system does not tell."""
    try:
        import resource
    except ModuleNotFoundError:  # Windows
        return 0
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held if sys.platform == "darwin" else held * 1024  # kilobytes on Linux
