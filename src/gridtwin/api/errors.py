"""Answer every error with the status that fits it, in one form."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from gridtwin.api.models import ErrorAnswer
from gridtwin.errors import (
    ConflictError,
    GridtwinError,
    InputError,
    MissingExtraError,
    NotFoundError,
    PolygonError,
    StoreError,
)

if TYPE_CHECKING:
    from fastapi import FastAPI, Request

log = logging.getLogger("gridtwin.api")

# The first class that fits decides.
STATUSES: tuple[tuple[type[GridtwinError], HTTPStatus], ...] = (
    (NotFoundError, HTTPStatus.NOT_FOUND),
    (ConflictError, HTTPStatus.CONFLICT),
    (StoreError, HTTPStatus.SERVICE_UNAVAILABLE),
    (PolygonError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (InputError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (MissingExtraError, HTTPStatus.NOT_IMPLEMENTED),
    (GridtwinError, HTTPStatus.BAD_REQUEST),
)
RETRY_AFTER_S = 5  # the store may be back by then

RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorAnswer, "description": words}
    for status, words in (
        (404, "Nothing has that name; `matches` are the closest there are."),
        (422, "The request cannot be understood, or asks for what is not there."),
        (429, "Too many requests; `Retry-After` says when to come again."),
        (503, "The store cannot be reached now, or holds another network since a moment ago."),
    )
}


def problem(
    status: int, kind: str, message: str, *, matches: tuple[str, ...] = (), **headers: str
) -> JSONResponse:
    """Return an error as a document."""
    error = {"type": kind, "message": message, "matches": list(matches)}
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return JSONResponse({"error": error}, status, names | {"Cache-Control": "no-store"})


def answer_errors(app: FastAPI) -> None:
    """Let an application answer its errors in this way."""
    app.add_exception_handler(GridtwinError, _of_gridtwin)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(Exception, _of_defect)


async def _of_gridtwin(_: Request, error: Exception) -> JSONResponse:
    status = next(code for kind, code in STATUSES if isinstance(error, kind))
    matches = error.matches if isinstance(error, NotFoundError) else ()
    headers = {"Retry_After": str(RETRY_AFTER_S)} if status == 503 else {}
    words = " ".join(str(error).split())
    return problem(status, type(error).__name__, words, matches=matches, **headers)


async def _of_validation(_: Request, error: Exception) -> JSONResponse:
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    words = "; ".join(
        f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in faults[:5]
    )
    return problem(422, "InputError", words or "the request cannot be understood")


async def _of_http(_: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else ""
    kind = {404: "NotFoundError", 401: "NotAllowedError", 403: "NotAllowedError"}
    headers = dict(getattr(error, "headers", None) or {})
    answer = problem(status, kind.get(status, "InputError"), str(detail))
    answer.headers.update(headers)
    return answer


async def _of_defect(request: Request, error: Exception) -> JSONResponse:
    """Answer a defect of gridtwin without showing its insides; the log has them."""
    log.error("defect", exc_info=error, extra={"path": request.url.path})
    return problem(500, "InternalError", "gridtwin failed: its log says why")
