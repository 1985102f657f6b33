"""A basemap is looked at when the server starts, and served by ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from api.conftest import answering
from basemaps import SHAPES, write_basemap
from gridtwin.api.app import create_app
from gridtwin.errors import InputError
from gridtwin.publish.tiles.basemap import open_basemap
from gridtwin.settings import ServeSettings
from gridtwin.twin import open_twin
from networks import two_feeders_with_a_tie

if TYPE_CHECKING:
    from pathlib import Path


def test_a_basemap_is_said_and_served_by_ranges(tmp_path: Path) -> None:
    path = write_basemap(tmp_path / "streets.pmtiles")
    home = tmp_path / "two.twin"
    open_twin(two_feeders_with_a_tie()).save(home)
    settings = ServeSettings(str(home), basemap=path)
    app = create_app(settings)
    with answering(app, settings) as client:
        said = client.get("/api").json()["basemap"]
        assert said["attribution"] == "\u00a9 Example Mappers"
        part = client.get(said["url"], headers={"Range": "bytes=3-9"})
        assert part.status_code == 206
        assert part.content == path.read_bytes()[3:10]
        assert "immutable" in part.headers["Cache-Control"]
        assert client.get("/tiles/basemap.pmtiles?v=old").headers["Cache-Control"] == "no-cache"
        app.state.basemap = None
        assert client.get("/api").json()["basemap"] is None
        assert client.get("/tiles/basemap.pmtiles").status_code == 404


def test_what_cannot_be_drawn_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "streets.pmtiles"
    with pytest.raises(InputError, match=r"streets\.pmtiles cannot be read"):
        open_basemap(path)
    path.write_bytes(b"PK\x03\x04" * 100)
    with pytest.raises(InputError, match="no PMTiles archive"):
        open_basemap(path)
    write_basemap(path, {"gas_pipes": SHAPES["roads"]})
    with pytest.raises(InputError, match="but gas_pipes"):
        open_basemap(path)
    whole = write_basemap(path).read_bytes()
    path.write_bytes(whole[:127] + bytes(len(whole) - 127))
    with pytest.raises(InputError, match="damaged"):
        open_basemap(path)
