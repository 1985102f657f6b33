"""Note in the audit what people write, what they were refused, and what they see of others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from gridtwin.errors import NotAllowedError
from gridtwin.model.access import Outcome
from gridtwin.model.person import REQUEST_SCOPE, Person, Way
from gridtwin.store.acting_role import OPERATOR, acting_as
from gridtwin.tools.action_log import (
    NotedAction,
    make_action,
    write_action,
    write_end,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from fastapi import Response

    from gridtwin.model.permissions import Permission
    from gridtwin.store.access_book import AccessBook

ACTION_SCOPE = "gridtwin.action"  # the key of a request's ASGI scope that holds its action


def find_action(request: Request) -> NotedAction:
    """Return the action of a request that writes, for whatever it can say more of it."""
    noted: NotedAction = request.scope[ACTION_SCOPE]
    return noted


ActionNow = Annotated[NotedAction, Depends(find_action)]


def is_noted(person: Person, permission: Permission) -> bool:
    """Return whether the audit has what somebody does; who is not known looks unseen."""
    return permission.writes or (permission.personal and person.way is not Way.NOBODY)


async def answer_noted(
    request: Request,
    permission: Permission,
    person: Person,
    answer: Callable[[Request], Coroutine[Any, Any, Response]],
) -> Response:
    """
    Answer a request, and note who made it: of a write before and afterwards, else once.

    The store is asked as what the permission needs, not as all that the person may.

    Raises
    ------
    StoreError
        If it cannot be noted; then nothing is done, or shown.
    """
    book, noted = find_book(request), await _begin_action(request, permission, person)
    request.scope[ACTION_SCOPE] = noted
    if not permission.writes:
        response = await answer(request)
        await run_in_threadpool(write_action, book, noted, Outcome.DONE)
        return response
    await run_in_threadpool(write_action, book, noted, Outcome.ASKED)
    outcome = Outcome.FAILED
    try:
        with acting_as(OPERATOR, request=noted.action.request):
            response = await answer(request)
        outcome = Outcome.DONE if response.status_code < 400 else Outcome.FAILED
    except NotAllowedError:
        outcome = Outcome.REFUSED
        raise
    finally:
        await run_in_threadpool(write_end, book, noted, outcome)
    return response


async def note_refusal(request: Request, permission: Permission, person: Person) -> None:
    """
    Note that somebody asked what they may not.

    Of nobody that is known it is noted once a minute for each address and path: rows stay for ever,
    and whoever has no name could else fill the disk with them.
    """
    if person.way is Way.NOBODY:
        path = getattr(request.scope.get("route"), "path", "")
        lately = request.app.state.identification.refused_lately
        if (person.address, path) in lately:
            return
        lately[person.address, path] = True
    noted = await _begin_action(request, permission, person)
    await run_in_threadpool(write_end, find_book(request), noted, Outcome.REFUSED)


def find_book(request: Request) -> AccessBook:
    """Return what the server that a request reached keeps of those who ask."""
    book: AccessBook = request.app.state.identification.find_book()
    return book


async def _begin_action(request: Request, permission: Permission, person: Person) -> NotedAction:
    """Return the action of a request; of nobody that is known the body is not read."""
    asked: dict[str, Any] = dict(request.path_params)
    if person.way is not Way.NOBODY and request.method not in {"GET", "HEAD"}:
        try:
            body = json.loads(await request.body())
        except (ValueError, RecursionError):
            body = None
        asked |= body if isinstance(body, dict) else {}
    return make_action(
        person,
        request.scope.get(REQUEST_SCOPE, ""),
        permission,
        f"{request.method} {request.url.path}",
        asked or None,
    )
