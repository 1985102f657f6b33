"""Answer every error with the status that fits it, in one form."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from gridtwin.api.models import ErrorAnswer, Problem
from gridtwin.errors import (
    BusyError,
    ConflictError,
    GridtwinError,
    InputError,
    MissingExtraError,
    NotAllowedError,
    NotFoundError,
    OperationRefusedError,
    PolygonError,
    StoreError,
    TooLargeError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI, Request


log = logging.getLogger("gridtwin.api")

# The first class that fits decides.
STATUSES: tuple[tuple[type[GridtwinError], HTTPStatus], ...] = (
    (NotFoundError, HTTPStatus.NOT_FOUND),
    (NotAllowedError, HTTPStatus.FORBIDDEN),
    (ConflictError, HTTPStatus.CONFLICT),
    (OperationRefusedError, HTTPStatus.CONFLICT),
    (StoreError, HTTPStatus.SERVICE_UNAVAILABLE),
    (PolygonError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (InputError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (MissingExtraError, HTTPStatus.NOT_IMPLEMENTED),
    (TooLargeError, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (BusyError, HTTPStatus.TOO_MANY_REQUESTS),
    (GridtwinError, HTTPStatus.BAD_REQUEST),
)
RETRY_AFTER_S = {429: 2, 503: 5}  # by then there may be room, or the store be back
STATUS_KINDS = {401: "NotAllowedError", 403: "NotAllowedError", 404: "NotFoundError"}

RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorAnswer, "description": words}
    for status, words in (
        (401, "It has to be known who asks: sign in, or send a token."),
        (403, "Who asks may not do this, or the token is not known."),
        (404, "Nothing has that name; `matches` are the closest there are."),
        (422, "The request cannot be understood, or asks for what is not there."),
        (429, "Too many requests; `Retry-After` says when to come again."),
        (503, "The store cannot be reached now, or holds another network since a moment ago."),
    )
}


def problem_of(error: BaseException | None) -> tuple[int, Problem]:
    """Return the status that fits an error, and what to say of it without showing our insides."""
    if not isinstance(error, GridtwinError):
        return 500, Problem(type="InternalError", message="gridtwin failed: its log says why")
    status = next(code for kind, code in STATUSES if isinstance(error, kind))
    matches = list(error.matches) if isinstance(error, NotFoundError) else []
    words = " ".join(str(error).split())
    return status, Problem(type=type(error).__name__, message=words, matches=matches)


def make_problem(status: int, kind: str, message: str, **headers: str) -> JSONResponse:
    """Return an error as a document; the words of headers' names are joined by dashes."""
    return _respond_problem(status, Problem(type=kind, message=message), headers)


def _respond_problem(status: int, found: Problem, headers: Mapping[str, str]) -> JSONResponse:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    if status in RETRY_AFTER_S:
        names.setdefault("Retry-After", str(RETRY_AFTER_S[status]))
    document = ErrorAnswer(error=found).model_dump()
    return JSONResponse(document, status, names | {"Cache-Control": "no-store"})


def answer_errors(app: FastAPI) -> None:
    """Let an application answer its errors in this way."""
    app.add_exception_handler(GridtwinError, _of_gridtwin)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(Exception, _of_defect)


async def _of_gridtwin(_: Request, error: Exception) -> JSONResponse:
    return _respond_problem(*problem_of(error), {})


async def _of_validation(_: Request, error: Exception) -> JSONResponse:
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    words = "; ".join(
        f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in faults[:5]
    )
    return make_problem(422, "InputError", words or "the request cannot be understood")


async def _of_http(_: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else ""
    headers = dict(getattr(error, "headers", None) or {})
    return make_problem(status, STATUS_KINDS.get(status, "InputError"), str(detail), **headers)


async def _of_defect(request: Request, error: Exception) -> JSONResponse:
    """Answer a defect of gridtwin without showing its insides; the log has them."""
    log.error("defect", exc_info=error, extra={"path": request.url.path})
    return _respond_problem(*problem_of(error), {})
