"""Whether the server lives and can answer: ``/health``, ``/ready``."""

from __future__ import annotations

from fastapi import APIRouter, Request

from gridtwin.api.errors import RESPONSES
from gridtwin.api.grid import GridNow
from gridtwin.api.models import Document

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
    """Say that the store answers; 503 when it does not."""
    del request
    return Ready(network=grid.network_hash, version=grid.twin.version)
