"""
Serve vector tiles: TileJSON, tiles, and archives by ranges.

The address of a tile of the network bears the network's hash, so a browser may keep it for ever.
Tiles are kept compressed and handed on as they are to whoever reads gzip.
"""

from __future__ import annotations

import zlib
from hashlib import blake2b
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi import Path as InPath
from fastapi.responses import FileResponse, JSONResponse

from gridtwin.api.permission_gate import DeclaredRoute, require
from gridtwin.model.permissions import Permission
from gridtwin.model.state import CURRENT
from gridtwin.publish.tiles.zoom_plan import HIGHEST_ZOOM, LIVE_FIELDS

if TYPE_CHECKING:
    from gridtwin.publish.tiles.basemap import Basemap
    from gridtwin.publish.tiles.tile_sources import TileSource

router = APIRouter(
    prefix="/tiles",
    tags=["tiles"],
    route_class=DeclaredRoute,
    dependencies=[require(Permission.LOOK)],
)

MVT = "application/vnd.mapbox-vector-tile"
PMTILES = "application/vnd.pmtiles"
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
TILE_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {MVT: {}}, "description": "A Mapbox vector tile."},
    204: {"description": "There is nothing in this tile."},
    304: {"description": "The tile is still the one you have."},
    404: {"description": "No tile has that zoom, or the network is another than that of `v`."},
    422: {"description": "There is no such column or row at that zoom."},
}

Zoom = Annotated[int, InPath(ge=0, le=HIGHEST_ZOOM, examples=[12])]
Column = Annotated[int, InPath(ge=0, examples=[963])]
State = Annotated[str, Query(description="`current`, `normal`, or the name of an overlay.")]
Row = Annotated[int, InPath(ge=0, examples=[1692])]


@router.get("/grid.json", summary="TileJSON of the network")
def grid_json(request: Request) -> Response:
    """Return the TileJSON 3.0 of the network: address of the tiles, layers, fields, bounds."""
    said = _get_source(request).describe()
    return _answer_tilejson(
        request, "grid", said, f"/tiles/grid/{{z}}/{{x}}/{{y}}.mvt?v={said['network']}"
    )


@router.get(
    "/grid/{z}/{x}/{y}.mvt",
    summary="A tile of the network",
    response_class=Response,
    responses=TILE_ANSWERS,
)
def grid_tile(
    request: Request,
    z: Zoom,
    x: Column,
    y: Row,
    v: Annotated[str, Query(description="Hash of the network, from the TileJSON.")] = "",
) -> Response:
    """Return a tile: substations, lines, secondaries, switches, transformers, usage points."""
    _require_tile(z, x, y)
    source = _get_source(request)
    if z > source.max_zoom:
        raise HTTPException(404, f"there are tiles to zoom {source.max_zoom}")
    network = source.network
    if v and v != network:
        raise HTTPException(404, "the network is another now: read /tiles/grid.json again")
    headers = {
        "ETag": f'"{network}-{z}-{x}-{y}"',
        "Cache-Control": FOR_EVER if v else ASK_AGAIN,
        "Vary": "Accept-Encoding",
    }
    if _is_known(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return _answer_tile(request, source.tile(z, x, y), headers)


@router.head("/grid.pmtiles", include_in_schema=False)
@router.get(
    "/grid.pmtiles",
    summary="All tiles in one file",
    response_class=FileResponse,
    responses={
        200: {"content": {PMTILES: {}}, "description": "The whole archive."},
        206: {"content": {PMTILES: {}}, "description": "The range asked for."},
        404: {"description": "There is no archive; make one with gridtwin tiles build."},
    },
)
def grid_archive(request: Request) -> FileResponse:
    """Return the PMTiles archive, or the range of it that is asked for."""
    path = _get_source(request).archive
    if path is None:
        raise HTTPException(404, "there is no archive: make one with gridtwin tiles build")
    return FileResponse(path, media_type=PMTILES, headers={"Cache-Control": ASK_AGAIN})


@router.head("/basemap.pmtiles", include_in_schema=False)
@router.get(
    "/basemap.pmtiles",
    summary="What lies beneath the grid: streets, water, places",
    response_class=FileResponse,
    responses={
        200: {"content": {PMTILES: {}}, "description": "The whole archive."},
        206: {"content": {PMTILES: {}}, "description": "The range asked for."},
        404: {"description": "There is none; serve one with --basemap."},
    },
)
def read_basemap(
    request: Request,
    v: Annotated[str, Query(description="Its version, from `/api`.", max_length=64)] = "",
) -> FileResponse:
    """Return the PMTiles archive of the basemap, or the range of it that is asked for."""
    basemap: Basemap | None = request.app.state.basemap
    if basemap is None:
        raise HTTPException(404, "there is no basemap: serve one with --basemap FILE.pmtiles")
    kept = FOR_EVER if v == basemap.version else ASK_AGAIN
    return FileResponse(basemap.path, media_type=PMTILES, headers={"Cache-Control": kept})


@router.get("/live.json", summary="TileJSON of the network in a state")
def live_json(request: Request, state: State = CURRENT) -> Response:
    """Return the TileJSON 3.0 of tiles that say what has supply, for GIS clients."""
    _tag_of_state(request, state)
    said = _get_source(request).describe()
    layers = [
        layer if layer["id"] == "substations" else layer | {"fields": layer["fields"] | LIVE_FIELDS}
        for layer in said["vector_layers"]
    ]
    address = f"/tiles/live/{{z}}/{{x}}/{{y}}.mvt?state={quote(state)}"
    return _answer_tilejson(request, "live", said | {"vector_layers": layers}, address)


@router.get(
    "/live/{z}/{x}/{y}.mvt",
    summary="A tile of the network in a state",
    response_class=Response,
    responses=TILE_ANSWERS,
)
def live_tile(request: Request, z: Zoom, x: Column, y: Row, state: State = CURRENT) -> Response:
    """Return a tile whose features say `energized` and `open` in a state."""
    _require_tile(z, x, y)
    headers = {
        "ETag": f'"{_tag_of_state(request, state)}-{z}-{x}-{y}"',
        "Cache-Control": ASK_AGAIN,
        "Vary": "Accept-Encoding",
    }
    if _is_known(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return _answer_tile(request, _get_source(request).live(z, x, y, state), headers)


def _tag_of_state(request: Request, state: str) -> str:
    """
    Return what changes when a state does, or the network.

    Raises
    ------
    NotFoundError
        If no state has that name.
    """
    store = request.app.state.grid.twin.store
    outages = store.read_versions().outages if state == CURRENT else 0  # who is in one is out
    resolved = store.states.read_state(state)
    words = repr((state, resolved.version, outages, sorted(resolved.deviations.items())))
    return f"{store.network_hash}-{blake2b(words.encode(), digest_size=8).hexdigest()}"


def _get_source(request: Request) -> TileSource:
    source: TileSource = request.app.state.grid.tiles
    return source


def _require_tile(z: int, x: int, y: int) -> None:
    side = 1 << z
    if x >= side or y >= side:
        raise HTTPException(
            422, f"zoom {z} has columns and rows 0 to {side - 1}: there is no {x}/{y}"
        )


def _answer_tilejson(request: Request, name: str, said: dict[str, Any], address: str) -> Response:
    document = {
        "tilejson": "3.0.0",
        "name": name,
        "scheme": "xyz",
        "tiles": [address],
        "minzoom": said["minzoom"],
        "maxzoom": said["maxzoom"],
        "bounds": said["bounds"],
        "center": said["center"],
        "vector_layers": said["vector_layers"],
        "network": said["network"],
        "gates": said["gates"],
    }
    headers = {"ETag": f'"{name}-{said["network"]}"', "Cache-Control": ASK_AGAIN}
    if _is_known(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return JSONResponse(document, headers=headers)


def _answer_tile(request: Request, tile: bytes | None, headers: dict[str, str]) -> Response:
    """Return a tile as it is kept where gzip is read, else plain."""
    if tile is None:
        return Response(status_code=204, headers=headers)
    if _reads_gzip(request.headers.get("accept-encoding", "")):
        return Response(tile, media_type=MVT, headers=headers | {"Content-Encoding": "gzip"})
    # Named, so that nobody compresses it again on the way.
    return Response(
        zlib.decompress(tile, 31),
        media_type=MVT,
        headers=headers | {"Content-Encoding": "identity"},
    )


def _reads_gzip(accepted: str) -> bool:
    """Return whether an Accept-Encoding header admits gzip (RFC 9110, section 12.5.3)."""
    weights = dict[str, str]()
    for part in accepted.lower().split(","):
        name, _, weight = part.partition(";")
        weights[name.strip()] = weight.replace(" ", "")
    given = weights.get("gzip", weights.get("*"))
    return given is not None and given not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}


def _is_known(request: Request, etag: str) -> bool:
    """Return whether an If-None-Match header names an entity tag (RFC 9110, section 13.1.2)."""
    given = request.headers.get("if-none-match", "")
    tags = {tag.strip().removeprefix("W/") for tag in given.split(",")}
    return etag in tags or "*" in tags
