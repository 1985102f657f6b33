"""Check a basemap: streets, water and places in one PMTiles file of the Protomaps scheme."""

from __future__ import annotations

import html
import json
import re
import struct
import zlib
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from gridtwin.errors import InputError
from gridtwin.publish.tiles.archive import HEADER_BYTES, PMTILES_MAGIC

if TYPE_CHECKING:
    from pathlib import Path

    from gridtwin.store.protocol import Store

OWN_BASEMAP = "basemap.pmtiles"  # in the directory of a twin
BASEMAP_LAYERS = ("earth", "water", "landuse", "roads", "buildings", "places")
MOST_METADATA_BYTES = 8 * 1024 * 1024
MOST_ATTRIBUTION = 300  # characters
DAMAGES = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    struct.error,
    zlib.error,
)
HTML_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Basemap:
    """A file that the page draws beneath the grid."""

    path: Path
    version: str  # another one where the file is another
    attribution: str  # whose data it is, as plain text


def find_own_basemap(store: Store) -> Path | None:
    """Return where a twin keeps a basemap of its own; None for a twin that is no directory."""
    from gridtwin.store.local_store import LocalStore

    return store.path / OWN_BASEMAP if isinstance(store, LocalStore) else None


def open_basemap(path: Path) -> Basemap:
    """
    Return a basemap, its file looked at.

    Raises
    ------
    InputError
        If the file is no PMTiles archive of vector tiles, or has no layer that the page draws.
    """
    from pmtiles.tile import Compression, TileType, deserialize_header

    try:
        with path.open("rb") as file:
            head = file.read(HEADER_BYTES)
            if head[: len(PMTILES_MAGIC)] != PMTILES_MAGIC or len(head) < HEADER_BYTES:
                msg = f"{path} is no PMTiles archive of version 3: give --basemap another file"
                raise InputError(msg)
            header: dict[str, Any] = {**deserialize_header(head)}
            file.seek(header["metadata_offset"])
            packed = file.read(min(header["metadata_length"], MOST_METADATA_BYTES))
            version = _describe_version(path, head)
        if header["internal_compression"] == Compression.GZIP:
            packed = zlib.decompressobj(31).decompress(packed, MOST_METADATA_BYTES)
        said = json.loads(packed)
        layers = {layer["id"] for layer in said.get("vector_layers", ())}
    except OSError as error:
        msg = f"{path} cannot be read ({error.strerror}): give --basemap a PMTiles file"
        raise InputError(msg) from error
    except DAMAGES as error:
        msg = f"{path}: its header or metadata are damaged ({error}): fetch the file anew"
        raise InputError(msg) from error
    if header["tile_type"] != TileType.MVT or layers.isdisjoint(BASEMAP_LAYERS):
        wanted, got = ", ".join(BASEMAP_LAYERS), ", ".join(sorted(map(str, layers))) or "none"
        msg = (
            f"{path} has no vector layer that is drawn ({wanted}) but {got}: give --basemap a file"
            " of the Protomaps scheme"
        )
        raise InputError(msg)
    return Basemap(path, version, _strip_tags(said.get("attribution")))


def _describe_version(path: Path, head: bytes) -> str:
    stat = path.stat()
    words = head + f"{stat.st_size} {stat.st_mtime_ns}".encode()
    return blake2b(words, digest_size=8).hexdigest()


def _strip_tags(text: object) -> str:
    """Return the words of HTML on one line; empty where there are none."""
    words = html.unescape(HTML_TAG.sub(" ", text)) if isinstance(text, str) else ""
    return " ".join(words.split())[:MOST_ATTRIBUTION]
