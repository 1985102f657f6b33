"""One mistake in a mapping that comes with gridtwin is refused or told, whatever it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fuzzing import EXHAUSTIVE
from gridtwin.sources.mapping.mapping_file import read_mapping_text
from gridtwin.sources.mapping.mapping_layers import MappedSource
from mapping_mutations import find_silent, list_mutations

pytestmark = [pytest.mark.field, pytest.mark.long]

ROOT = Path(os.environ.get("GRIDTWIN_FIELD_DATA", Path(__file__).parents[2] / "../shared/data"))
BDGD = "Mux_Energia_401_2024-12-31_V11_20250806-1857.gdb.zip"
SOURCES = {
    "bdgd": (BDGD, ("EPSG:31983", "EPSG:32722", "EPSG:4618")),
    "esri-geometric-network": ("arcfm_like_8500.gdb.zip", ("EPSG:32617", "EPSG:4326", "EPSG:2278")),
    "esri-utility-network": ("un_like_8500.gdb.zip", ("EPSG:32617", "EPSG:4326", "EPSG:2278")),
    "ding0": ("ding0_2.zip", ("EPSG:32632", "EPSG:3857", "none")),
}
SPREAD = 12  # of so many mistakes one is tried, unless all are asked for
# What nothing in the source contradicts: lines may be rated as many kVA as these are m long, and a
# feeder is supplied at its controller, whether that is a source by its own row or by the head.
UNDECIDABLE = {
    "ding0": {"[[layer]] 2, rated_va: s_nom -> length"},
    "esri-utility-network": {"[[layer]] 4, where: 1 -> 3"},
}


@pytest.mark.parametrize("mapping", SOURCES)
def test_single_mistakes_are_refused_or_told(
    mapping: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, systems = SOURCES[mapping]
    path = ROOT / "networks/gis" / name
    text = read_mapping_text(mapping)[1]
    mutations = list_mutations(text, MappedSource(path), crs=systems)
    assert len(mutations) >= 80
    tried = mutations if EXHAUSTIVE else mutations[::SPREAD]
    silent = find_silent(path, text, tried, tmp_path, monkeypatch)
    assert {what: of for what, of in silent if what not in UNDECIDABLE.get(mapping, ())} == {}
