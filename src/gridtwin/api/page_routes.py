"""Serve the page: ``/`` and its assets, kept packed in memory."""

from __future__ import annotations

import mimetypes
from importlib.resources import files
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from gridtwin.api.answers import backend_for, compress_body, is_known, make_tag
from gridtwin.api.permission_gate import DeclaredRoute, open_to_all

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from starlette_cramjam.compression import Compression

router = APIRouter(include_in_schema=False, route_class=DeclaredRoute)

FOREVER = "public, max-age=31536000, immutable"  # the name of an asset changes with its content
PACKED = frozenset(
    {".js", ".mjs", ".css", ".html", ".svg", ".json", ".map", ".txt", ".webmanifest"}
)
SMALL = 5  # of 11: the first visitor waits for it, and 9 saves 4 % in three times as long
PAGE_MISSING = "the page is not part of this installation: its API is under /api, see /openapi.json"


class Assets:
    """The files of the page."""

    def __init__(self, root: Traversable | None = None) -> None:
        self._root = files("gridtwin.api") / "static" if root is None else root
        self._packed: dict[tuple[str, Compression | None], tuple[bytes, str]] = {}

    def answer_path(self, request: Request, path: str, *, kept: bool) -> Response:
        """Return one file; `kept` says that the browser need never ask for it again."""
        file = self._root
        for part in path.split("/"):
            if part in {"", ".", ".."} or "\\" in part or "\0" in part:
                raise HTTPException(404, f"there is no {path}")
            file = file / part
        if not file.is_file():
            raise HTTPException(
                404, PAGE_MISSING if path == "index.html" else f"there is no {path}"
            )
        suffix = f".{path.rpartition('.')[2]}"
        backend = None
        if suffix in PACKED:
            backend = backend_for(request.headers.get("accept-encoding", ""))
        known = self._packed.get((path, backend))
        if known is None:
            # Once for all clients.
            known = self._packed[path, backend] = compress_body(file.read_bytes(), backend, SMALL)
        body, encoding = known
        headers = {"Cache-Control": FOREVER if kept else "no-cache", "Vary": "Accept-Encoding"}
        if not kept:
            headers["ETag"] = f'"{make_tag(body)}"'
            if is_known(request, headers["ETag"]):
                return Response(status_code=304, headers=headers)
        if encoding:
            headers["Content-Encoding"] = encoding
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        return Response(
            body, headers=headers, media_type="text/javascript" if suffix == ".mjs" else kind
        )


@router.get("/", dependencies=[open_to_all()])
def read_page(request: Request) -> Response:
    """Return the page."""
    return _get_assets(request).answer_path(request, "index.html", kept=False)


@router.get("/assets/{path:path}", dependencies=[open_to_all()])
def read_asset(request: Request, path: str) -> Response:
    """Return an asset of the page."""
    return _get_assets(request).answer_path(request, f"assets/{path}", kept=True)


@router.get("/{name}", dependencies=[open_to_all()])
def read_file(request: Request, name: str) -> Response:
    """Return a file beside the page, such as its icon."""
    return _get_assets(request).answer_path(request, name, kept=False)


def _get_assets(request: Request) -> Assets:
    assets: Assets = request.app.state.assets
    return assets
