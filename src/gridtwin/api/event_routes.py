"""What changes, as it changes: ``/api/events`` (server-sent events)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from starlette.exceptions import HTTPException

from gridtwin.api.broadcast import Broadcaster
from gridtwin.api.problems import RESPONSES

router = APIRouter(prefix="/api", responses=RESPONSES, tags=["events"])

EVENT_STREAM_WORDS = """\
A stream of `text/event-stream`. Events: `state`, what changed in supply and switches
since the version before (`out`, `partial`, `back`, `open`, `closed`, `customers_out`);
`outages`; `estimates`; `ami`; `findings`; `resync`, ask for `/api/state` again."""


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": EVENT_STREAM_WORDS}},
)
async def read_events(
    request: Request,
    last_event_id: Annotated[str, Header(max_length=100)] = "",
    since: Annotated[str, Query(max_length=100, description="As the header `Last-Event-ID`.")] = "",
) -> StreamingResponse:
    """Follow the twin: what goes out, comes back, opens and closes, from now on."""
    broadcaster: Broadcaster = request.app.state.broadcaster
    most = request.app.state.grid.settings.most_streams
    if broadcaster.clients >= most:
        msg = f"{most:,} clients follow already: come again later"
        raise HTTPException(503, msg)
    return StreamingResponse(
        broadcaster.stream_events(last_event_id or since),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
