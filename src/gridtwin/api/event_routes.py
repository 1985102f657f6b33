"""What changes, as it changes: ``/api/events`` (server-sent events)."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from starlette.exceptions import HTTPException

from gridtwin.api.broadcast import Broadcaster
from gridtwin.api.permission_gate import DeclaredRoute, PersonNow, require
from gridtwin.api.problems import RESPONSES
from gridtwin.model.permissions import Permission
from gridtwin.model.person import Person, Way

if TYPE_CHECKING:
    from gridtwin.api.identification import Identification

router = APIRouter(
    prefix="/api",
    responses=RESPONSES,
    tags=["events"],
    route_class=DeclaredRoute,
    dependencies=[require(Permission.LOOK)],
)

ADMITTED_S = 10.0  # for which who follows is not asked for again who it is
EVENT_STREAM_WORDS = """\
A stream of `text/event-stream`. Events: `state`, what changed in supply and switches
since the version before (`out`, `partial`, `back`, `open`, `closed`, `customers_out`);
`outages`; `estimates`; `ami`; `findings`; `operating` (tags, requests, orders); `crews`; `resync`,
ask for `/api/state` again."""


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": EVENT_STREAM_WORDS}},
)
async def read_events(
    request: Request,
    person: PersonNow,
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
        _stream_admitted(request, person, broadcaster.stream_events(last_event_id or since)),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _stream_admitted(
    request: Request, person: Person, events: AsyncIterator[bytes]
) -> AsyncIterator[bytes]:
    """Yield events as long as who follows them may look: until the token or session ends."""
    known: Identification = request.app.state.identification
    checked = time.monotonic()
    async for each in events:
        if person.way is not Way.NOBODY and time.monotonic() - checked > ADMITTED_S:
            if not await known.is_still(request.scope, Permission.LOOK):
                return
            checked = time.monotonic()
        yield each
