"""QGIS itself opens the project: every layer valid, no column missing, and the map is drawn."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from gridtwin.publish.qgis.map_layers import MAP_LAYERS
from gridtwin.publish.qgis.qgis_folder import write_qgis
from qgis_words import WORDS_FILE, find_qgis_python, read_words

if TYPE_CHECKING:
    from gridtwin import Twin
    from postgres import Cluster

pytestmark = pytest.mark.long

PATIENCE_S = 240
GROUND = (246, 245, 241)
OUT = (200, 32, 26)


def open_project(path: Path, picture: Path, *words: str, **environment: str) -> dict[str, Any]:
    """Return what QGIS tells of a project, and let it draw."""
    script = Path(__file__).with_name("open_in_qgis.py")
    done = subprocess.run(
        [find_qgis_python(), str(script), str(path), str(picture), *words],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
        env={**{k: v for k, v in os.environ.items() if k != "PYTHONPATH"}, **environment},
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def require_sound(told: dict[str, Any]) -> None:
    assert told["read"]
    assert set(told["layers"]) == {layer.title for layer in MAP_LAYERS}
    assert {name for name, layer in told["layers"].items() if not layer["valid"]} == set()
    assert {name for name, layer in told["layers"].items() if layer["missing"]} == set()
    assert {name for name, layer in told["layers"].items() if layer["wrong"]} == set()
    assert {name for name, valid in told["relations"].items() if not valid} == set()
    assert told["layers"]["Lines"]["fields"]["rated_a"] == "rated current [A]"
    assert told["layers"]["Lines"]["styles"] == ["by feeder", "by voltage"]
    assert "kind" in told["layers"]["Switches"]["coded"]
    assert told["layouts"] == ["Map page"]
    assert sorted(told["themes"]) == ["By feeder", "By voltage"]


def read_pixels(picture: Path) -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(picture).convert("RGB")).reshape(-1, 3)


def count_drawn(picture: Path) -> int:
    return int((np.abs(read_pixels(picture).astype(int) - GROUND).max(axis=1) > 40).sum())


def test_qgis_opens_and_draws_the_project(
    qgis_folder: Path, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    told = open_project(qgis_folder / "network.qgs", tmp_path / "map.png")
    require_sound(told)
    assert told["bookmarks"]
    assert count_drawn(tmp_path / "map.png") > 5_000
    dark = np.abs(read_pixels(tmp_path / "map.png").astype(int) - OUT).max(axis=1) < 20
    assert dark.sum() > 20  # what hangs on the open fuse
    assert count_drawn(tmp_path / "map_page.png") > 20_000
    theirs = read_words(qgis_folder / "network_by_qgis.qgs")
    ours = read_words(qgis_folder / "network.qgs")
    assert sorted(ours - theirs) == []
    if pytestconfig.getoption("--rewrite"):
        WORDS_FILE.write_text("".join(f"{word}\n" for word in sorted(ours & theirs)))


def test_scales_and_themes_change_what_is_drawn(qgis_folder: Path, tmp_path: Path) -> None:
    project = qgis_folder / "network.qgs"
    open_project(project, tmp_path / "far.png", "150000")
    open_project(project, tmp_path / "near.png", "3000")
    open_project(project, tmp_path / "volts.png", "3000", "By voltage")
    assert 0 < count_drawn(tmp_path / "far.png") < count_drawn(tmp_path / "near.png")
    assert (read_pixels(tmp_path / "near.png") != read_pixels(tmp_path / "volts.png")).any()


def test_qgis_opens_the_project_of_a_database(
    postgres: Cluster, town: Twin, tmp_path: Path
) -> None:
    with postgres.create_database() as url:
        town.save(url)
        given = (town.situation("normal"), town.supply())
        write_qgis(tmp_path / "map", *given, title="Town", mirror=url)
        parts = urlsplit(url)
        told = open_project(
            tmp_path / "map/network.qgs",
            tmp_path / "map.png",
            PGUSER=parts.username or "",
            PGPASSWORD=parts.password or "",
        )
    require_sound(told)
    assert told["layers"]["Usage points"]["rows"] == len(town.network.usage_points)
    assert count_drawn(tmp_path / "map.png") > 5_000
