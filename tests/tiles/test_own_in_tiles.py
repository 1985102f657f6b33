"""A utility's own columns are properties of features where asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridtwin.errors import InputError
from gridtwin.model.network import Network
from gridtwin.publish.tiles.archive import TileArchive
from gridtwin.publish.tiles.build_tiles import build_tiles, write_tiles
from gridtwin.topology.topology_index import build_index
from own_frames import frames_of_every_kind
from vector_tiles import decode

TYPE = "Number: own column of the utility"


def test_features_have_the_own_columns_asked_for(tmp_path: Path) -> None:
    frames = frames_of_every_kind()
    frames["equipment"]['it\'s "v"'] = ["a", "b", ""]
    frames["equipment"]["feeder"] = [7, 8, 9]
    network = Network.from_frames(**frames)
    index = build_index(network.data, network.data.equipment.normal_open)
    own = ("install_year", "leased", "Last inspected", 'it\'s "v"', "feeder")
    built = build_tiles(network, index, network_hash="0" * 16, own=own)
    path = tmp_path / "a.pmtiles"
    write_tiles(built, path)
    archive = TileArchive(path)
    seen = {
        str(feature.properties["mrid"]): feature.properties
        for x in range(7_650, 7_760)
        for y in range(13_480, 13_580)
        for layer in decode(archive.get(15, x, y)).values()
        for feature in layer.values()
    }
    fields = {layer["id"]: layer["fields"] for layer in archive.metadata["vector_layers"]}
    archive.close()
    assert seen["11"].items() >= {
        "install_year": 1987, "leased": 1, "Last inspected": "2019-05-31", "it's \"v\"": "a",
        "feeder": 1, "own.feeder": 7,
    }.items()  # fmt: skip
    assert seen["13"].items() >= {"install_year": 2003, "leased": 0, "own.feeder": 9}.items()
    assert not {"install_year", "leased", "Last inspected"} & seen["12"].keys()
    assert "loss_kw" not in seen["11"]
    assert fields["switches"]["install_year"] == TYPE
    assert "install_year" not in fields["usage_points"]
    with pytest.raises(InputError, match="no frame has an own column 'year'"):
        build_tiles(network, index, network_hash="0" * 16, own=("year",))
