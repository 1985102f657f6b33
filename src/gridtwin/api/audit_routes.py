"""Who did what from where: ``/api/audit``; and the tokens of programs: ``/api/tokens``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from gridtwin.api.answers import answer_request
from gridtwin.api.noted_requests import find_book
from gridtwin.api.permission_gate import DeclaredRoute, require
from gridtwin.api.problems import RESPONSES
from gridtwin.model.access import ActionFilter
from gridtwin.model.moments import read_moment
from gridtwin.model.permissions import Permission
from gridtwin.results.access_answers import (
    audit_document,
    make_token_record,
    tokens_document,
)
from gridtwin.results.documents.access_documents import AuditDocument, TokenRecord, TokensDocument

router = APIRouter(prefix="/api", responses=RESPONSES, tags=["access"], route_class=DeclaredRoute)

MOST_ACTIONS = 1_000
Moment = Annotated[str, Query(max_length=40, description="ISO 8601 with a time zone.")]
Named = Annotated[str, Query(max_length=500)]


@router.get("/audit", response_model=AuditDocument, dependencies=[require(Permission.READ_AUDIT)])
def read_audit(
    request: Request,
    since: Moment = "",
    until: Moment = "",
    person: Named = "",
    element: Named = "",
    outage: Named = "",
    before: Annotated[
        int | None, Query(ge=0, lt=2**63, description="Those with a lower number.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_ACTIONS)] = 100,
) -> Response:
    """Return who did what from where, the newest first; `before` asks for those that follow."""
    wanted = ActionFilter(
        since=read_moment(since) if since else None,
        until=read_moment(until) if until else None,
        person=person,
        element=element,
        outage=outage,
        before_number=before,
        most=limit,
    )
    return answer_request(request, audit_document(find_book(request).list_actions(wanted)))


@router.get("/tokens", response_model=TokensDocument, dependencies=[require(Permission.ADMINISTER)])
def read_tokens(request: Request) -> Response:
    """Return the tokens of programs, never the tokens themselves."""
    tokens = find_book(request).list_tokens()
    return answer_request(request, tokens_document(tokens, datetime.now(UTC)))


@router.delete(
    "/tokens/{token}", response_model=TokenRecord, dependencies=[require(Permission.ADMINISTER)]
)
async def revoke_token(request: Request, token: Annotated[str, Path(max_length=100)]) -> Response:
    """Let a token, by its id, let nobody in any more."""
    now = datetime.now(UTC)
    revoked = await run_in_threadpool(find_book(request).revoke_token, token, now)
    request.app.state.identification.forget()  # of the event loop, which alone touches it
    return answer_request(request, make_token_record(revoked, now))
