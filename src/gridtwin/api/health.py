"""Whether the server lives and can answer: ``/health``, ``/ready``."""

from __future__ import annotations

import sys

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

from gridtwin.api.errors import RESPONSES
from gridtwin.api.grid import GridNow
from gridtwin.api.models import Document
from gridtwin.errors import StoreError

router = APIRouter(responses=RESPONSES, tags=["health"])


class Health(Document):
    """The server lives."""

    status: str = "alive"


class Ready(Document):
    """The store can be reached."""

    status: str = "ready"
    network: str
    version: int


@router.get("/health")
async def read_health() -> Health:
    """Say that the process lives and its event loop turns."""
    return Health()


@router.get("/ready")
def read_ready(request: Request, grid: GridNow) -> Ready:
    """Say that the store answers and is followed; 503 when it is not."""
    if not request.app.state.follower.is_alive:
        msg = "what changes is not followed any more: start the server again"
        raise StoreError(msg)
    return Ready(network=grid.network_hash, version=grid.twin.version)


@router.get("/metrics", response_class=PlainTextResponse)
def read_metrics(request: Request, grid: GridNow) -> PlainTextResponse:
    """Return figures in the text format of Prometheus."""
    state = request.app.state
    gauges = {
        "gridtwin_store_up": float(state.follower.is_well and state.follower.is_alive),
        "gridtwin_state_version": state.follower.supply.version,
        "gridtwin_customers_out": state.follower.supply.customers_out,
        "gridtwin_event_clients": state.broadcaster.clients,
        "gridtwin_events_total": state.broadcaster.told,
        "gridtwin_event_clients_dropped_total": state.broadcaster.dropped,
        "gridtwin_jobs_running": state.jobs.running,
        "gridtwin_usage_points": len(grid.network.data.usage_points.mrid),
        "process_max_resident_memory_bytes": _memory_bytes(),
    }
    lines = state.figures.lines(gauges)
    kind = "text/plain; version=0.0.4"
    return PlainTextResponse("".join(f"{line}\n" for line in lines), media_type=kind)


def _memory_bytes() -> int:
    """Return the most memory the process has held; 0 where the system does not tell."""
    try:
        import resource
    except ModuleNotFoundError:  # Windows
        return 0
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held if sys.platform == "darwin" else held * 1024  # kilobytes on Linux
