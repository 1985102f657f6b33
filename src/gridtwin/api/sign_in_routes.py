"""Sign people in at an issuer, and out again: ``/auth``; and say who asks: ``/api/me``."""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import escape
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from gridtwin.api.answers import answer_request
from gridtwin.api.identification import SESSION_COOKIE, Identification, clean_name
from gridtwin.api.models import Document
from gridtwin.api.noted_requests import find_book
from gridtwin.api.permission_gate import DeclaredRoute, find_person, open_to_all
from gridtwin.api.problems import RESPONSES
from gridtwin.api.role_choice import list_claim
from gridtwin.errors import GridtwinError, NotAllowedError
from gridtwin.model.access import (
    Outcome,
    SessionKind,
    StoredSession,
    digest_secret,
    make_secret,
)
from gridtwin.model.person import REQUEST_SCOPE, Person, Way
from gridtwin.tools.action_log import make_action, write_end

if TYPE_CHECKING:
    from gridtwin.api.issuer_client import IssuerClient
    from gridtwin.settings import ServeSettings

router = APIRouter(route_class=DeclaredRoute, responses=RESPONSES, tags=["access"])

ATTEMPT_COOKIE = "gridtwin_attempt"
ATTEMPT = timedelta(minutes=10)  # that a person has to sign in at the issuer
CALLBACK = "/auth/callback"
LONGEST_PATH_BACK = 2_000
LONGEST_SECRET = 4_000
EVERYWHERE = "*"  # in the claim of substations; who has none in it operates nowhere
Asked = Annotated[Person, open_to_all()]


class MeAnswer(Document):
    """Who asks, and what they may do."""

    name: str
    role: str | None
    way: str
    permissions: list[str]
    substations: list[str] | None
    """mRIDs of those they operate; null: all"""
    can_sign_in: bool


@router.get("/api/me", response_model=MeAnswer)
def read_me(request: Request, person: Asked) -> Response:
    """Say who asks, and what they may do."""
    document = MeAnswer(
        name=person.name,
        role=person.role,
        way=person.way,
        permissions=sorted(person.permissions),
        substations=None if person.substations is None else [*person.substations],
        can_sign_in=request.app.state.issuer is not None,
    )
    return answer_request(request, document)


@router.get("/auth/sign-in", include_in_schema=False, dependencies=[open_to_all()])
async def begin_sign_in(
    request: Request, path: Annotated[str, Query(alias="next", max_length=LONGEST_PATH_BACK)] = "/"
) -> Response:
    """Send a browser to the issuer; it comes back to a path of this server."""
    issuer = _find_issuer(request)
    url, remembered = await issuer.begin(f"{_find_own_url(request)}{CALLBACK}")
    secret, now = make_secret(), datetime.now(UTC)
    content = remembered | {"path": choose_path(path)}
    attempt = StoredSession(
        digest_secret(secret), SessionKind.ATTEMPT, content, now, now, now + ATTEMPT
    )
    await run_in_threadpool(find_book(request).write_session, attempt)
    answer = RedirectResponse(url, 303, {"Cache-Control": "no-store"})
    _find_known(request).cookies.give(
        request.scope, answer, ATTEMPT_COOKIE, secret, seconds=ATTEMPT.total_seconds(), site="lax"
    )
    return answer


@router.get(CALLBACK, include_in_schema=False)
async def finish_sign_in(
    request: Request,
    person: Asked,
    code: Annotated[str, Query(max_length=LONGEST_SECRET)] = "",
    state: Annotated[str, Query(max_length=LONGEST_SECRET)] = "",
    iss: Annotated[str, Query(max_length=LONGEST_SECRET)] = "",
    error: Annotated[str, Query(max_length=LONGEST_SECRET)] = "",
) -> Response:
    """Take a browser back from the issuer: give it a session, and its page."""
    try:
        issuer, attempt = _find_issuer(request), await _take_attempt(request, state)
        issuer.check_issuer(iss)
        if error or not code:
            msg = f"the issuer says: {error or 'nothing'}"
            raise NotAllowedError(msg)
        claims = await issuer.finish(attempt.content, code)
        answer = await _begin_session(request, claims, str(attempt.content["path"]))
    except GridtwinError as refusal:
        answer = _tell_refusal(str(refusal))
        await _note_sign_in(request, person, Outcome.REFUSED, str(refusal))
    _find_known(request).cookies.drop(request.scope, answer, ATTEMPT_COOKIE)
    return answer


class SignedOut(Document):
    """Nobody is signed in any more."""

    issuer_url: str
    """Where the browser signs out of the issuer too; empty where that is not known."""


@router.post("/auth/sign-out", include_in_schema=False)
async def sign_out(request: Request, response: Response, person: Asked) -> SignedOut:
    """End the session of who asks, here and in all other processes."""
    if person.session:
        await run_in_threadpool(find_book(request).take_session, person.session)
        noted = make_action(person, request.scope[REQUEST_SCOPE], None, "sign out")
        await run_in_threadpool(write_end, find_book(request), noted, Outcome.DONE)
        _find_known(request).forget(person.session)
    _find_known(request).cookies.drop(request.scope, response, SESSION_COOKIE)
    response.headers["Cache-Control"] = "no-store"
    issuer: IssuerClient | None = request.app.state.issuer
    return SignedOut(issuer_url="" if issuer is None else issuer.find_sign_out())


def choose_path(path: str) -> str:
    """Return where a browser goes afterwards: a path of this server, whatever it asked for."""
    local = re.fullmatch(r"/(?![/\\])[^\\\x00-\x20\x7f]*", path) and path.isascii()
    return path if local and not path.startswith("/auth/") else "/"


async def _take_attempt(request: Request, state: str) -> StoredSession:
    """Return what was remembered of a browser that comes back; each is taken once."""
    secret = _find_known(request).cookies.find(request.scope, ATTEMPT_COOKIE)
    attempt = None
    if secret:
        digest = digest_secret(secret)
        attempt = await run_in_threadpool(find_book(request).take_session, digest)
    now = datetime.now(UTC)
    if attempt is None or attempt.kind is not SessionKind.ATTEMPT or now >= attempt.ends_at:
        msg = "this browser did not begin to sign in, or that took too long"
        raise NotAllowedError(msg)
    if not secrets.compare_digest(state.encode(), str(attempt.content["state"]).encode()):
        msg = "this answers another attempt to sign in"
        raise NotAllowedError(msg)
    return attempt


async def _begin_session(request: Request, claims: dict[str, object], path: str) -> Response:
    """Give a browser a session of its own, in place of whatever it had."""
    settings = _find_settings(request).sign_in
    known, book = _find_known(request), find_book(request)
    named = [*list_claim(claims, settings.name_claim), str(claims["sub"])]
    name = next(filter(None, map(clean_name, named)), "somebody")
    roles = list_claim(claims, settings.role_claim)
    role = known.roles.choose_role(roles)
    if role is None:
        msg = f"{name} has no role here: ask who runs this server"
        raise NotAllowedError(msg)
    before = known.cookies.find(request.scope, SESSION_COOKIE)
    if before:
        await run_in_threadpool(book.take_session, digest_secret(before))
        known.forget(digest_secret(before))
    secret, now = make_secret(), datetime.now(UTC)
    areas = list_claim(claims, settings.area_claim) if settings.area_claim else [EVERYWHERE]
    content = {
        "name": name,
        "subject": claims["sub"],
        "roles": roles,
        "substations": None if EVERYWHERE in areas else areas,
    }
    ends = now + timedelta(seconds=settings.longest_s)
    session = StoredSession(digest_secret(secret), SessionKind.PERSON, content, now, now, ends)
    await run_in_threadpool(book.write_session, session)
    person = replace(find_person(request), name=name, role=role, way=Way.SESSION)
    await _note_sign_in(request, person, Outcome.DONE, str(claims["sub"]))
    answer = RedirectResponse(path, 303, {"Cache-Control": "no-store"})
    known.cookies.give(
        request.scope, answer, SESSION_COOKIE, secret, seconds=settings.longest_s, site="strict"
    )
    return answer


async def _note_sign_in(request: Request, person: Person, outcome: Outcome, said: str) -> None:
    noted = make_action(person, request.scope[REQUEST_SCOPE], None, "sign in")
    noted.tell(after={"subject" if outcome is Outcome.DONE else "reason": said})
    await run_in_threadpool(write_end, find_book(request), noted, outcome)


def _tell_refusal(reason: str) -> Response:
    page = (
        "<!doctype html><html lang=en><title>Not signed in</title><h1>Not signed in</h1>"
        f"<p>{escape(reason)}.</p><p><a href=/auth/sign-in>Try again</a></p>"
    )
    return HTMLResponse(page, 403, {"Cache-Control": "no-store"})


def _find_own_url(request: Request) -> str:
    """Return where a browser finds this server: where the map is, else where it asked."""
    own = _find_settings(request).map_url.rstrip("/")
    host = quote(request.headers.get("host", ""), safe=":[]")
    return own or f"{request.scope['scheme']}://{host}"


def _find_issuer(request: Request) -> IssuerClient:
    issuer: IssuerClient | None = request.app.state.issuer
    if issuer is None:
        raise HTTPException(404, "nobody signs in here: this server has no GRIDTWIN_ISSUER")
    return issuer


def _find_settings(request: Request) -> ServeSettings:
    settings: ServeSettings = request.app.state.grid.settings
    return settings


def _find_known(request: Request) -> Identification:
    known: Identification = request.app.state.identification
    return known
