"""Send documents: compressed where the client takes it, and not at all where it has them."""

from __future__ import annotations

from contextlib import suppress
from hashlib import blake2b
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from cachetools import LRUCache
from fastapi import Response
from pydantic import BaseModel
from pydantic_core import to_json
from starlette_cramjam.compression import Compression
from starlette_cramjam.middleware import get_compression_backend

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fastapi import Request
    from numpy.typing import NDArray

    Answer = BaseModel | Mapping[str, object]

MOST_KEPT_BYTES = 64 * 1024 * 1024
WORTH_IT = 1_000  # bytes from which on a body is compressed
LEVELS = {Compression.br: 4, Compression.gzip: 4}  # a quarter of the time of the best, +10 % size


def answer_request(
    request: Request, document: Answer | Callable[[], Answer], *, etag: str = ""
) -> Response:
    """
    Return a document as the response to a request.

    Parameters
    ----------
    request
        The request.
    document
        What to send, or what makes it where the client does not have it yet: a model, or one of
        the documents of `gridtwin.results.documents`.
    etag
        What tells this answer from every other to the same question; the client asks again each
        time, and gets 304 while it has not changed. Without it nobody may keep the answer.
    """
    headers = {"Cache-Control": "no-cache" if etag else "no-store", "Vary": "Accept-Encoding"}
    if etag:
        headers["ETag"] = f'W/"{etag}"'
        if is_known(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
    backend = backend_for(request.headers.get("accept-encoding", ""))

    def pack_body() -> tuple[bytes, str]:
        return compress_body(to_bytes(document() if callable(document) else document), backend)

    kept: AnswerCache = request.app.state.kept
    body, encoding = (
        kept.get_or_make((request.url.path, etag, backend), pack_body) if etag else pack_body()
    )
    if encoding:
        headers["Content-Encoding"] = encoding
    return Response(body, headers=headers, media_type="application/json")


def to_bytes(found: Answer) -> bytes:
    """Return a model or a document as JSON; what is no number becomes null."""
    if isinstance(found, BaseModel):
        return found.model_dump_json(by_alias=True).encode()
    return to_json(found, inf_nan_mode="null")


class AnswerCache:
    """The last answers that many clients ask for, as they are sent; threads may share it."""

    def __init__(self, most_bytes: int = MOST_KEPT_BYTES) -> None:
        self._lock = Lock()  # one thread makes an answer; who else wants it waits for it
        self._answers: LRUCache[object, tuple[bytes, str]] = LRUCache(
            most_bytes, getsizeof=lambda found: len(found[0])
        )

    def get_or_make(self, key: object, make: Callable[[], tuple[bytes, str]]) -> tuple[bytes, str]:
        """Return an answer by what tells it from every other, made where it is not kept."""
        with self._lock:
            found = self._answers.get(key)
            if found is None:
                found = make()
                with suppress(ValueError):  # larger than all that is kept
                    self._answers[key] = found
            return found


def is_known(request: Request, etag: str) -> bool:
    """Return whether the client has what an entity tag names."""
    known = request.headers.get("if-none-match", "")
    return known == "*" or etag.removeprefix("W/") in (
        each.strip().removeprefix("W/") for each in known.split(",")
    )


def backend_for(accepted: str) -> Compression | None:
    """Return how a client takes bodies, the best first; None for as they are."""
    return get_compression_backend(accepted, list(LEVELS))


def compress_body(
    body: bytes, backend: Compression | None, level: int | None = None
) -> tuple[bytes, str]:
    """Return a body as a client takes it, and the name of the encoding; none for small ones."""
    if backend is None or len(body) < WORTH_IT:
        return body, ""
    level = LEVELS[backend] if level is None else level
    return bytes(backend.compress.compress(body, level=level)), backend.value


def make_tag(*parts: object) -> str:
    """Return a short text that changes with any of the parts."""
    return blake2b(repr(parts).encode(), digest_size=8).hexdigest()


def digest_array(values: NDArray[np.uint8]) -> str:
    """Return a short text that changes with an array."""
    return blake2b(np.ascontiguousarray(values).data, digest_size=8).hexdigest()
