"""A network written as CIM100 is read again as it was, and means the same to other readers."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import shapely

import gridtwin
from cim_models import FEEDER, differences, ends_of, equipment, lost, nodes, read
from gridtwin.errors import InputError
from gridtwin.model.network import Network
from gridtwin.publish.cim_writer import CLASS_OF_KIND, write_cim
from networks import random_network, two_feeders_with_a_tie

SAMPLE = Path(__file__).parents[2] / "data/sample"


def again(network: Network, folder: Path) -> Network:
    write_cim(network, folder / "model.xml")
    return gridtwin.read(folder / "model.xml", crs=None if network.crs else "none")


def every_kind() -> Network:
    """Return a network with each kind, and ids and words that files find hard."""
    kinds = list(CLASS_OF_KIND)
    codes = ["", "ABC", "AB", "C", "ABCN", "As1s2", "s1s2"]
    count = len(kinds) * len(codes)
    rows = [(kind, code) for kind in kinds for code in codes]
    first = {code: "s1" if code.startswith("s") else code[:1] for code in codes}
    switches = {"breaker", "fuse", "jumper", "disconnector", "recloser", "sectionaliser"}
    return Network.from_frames(
        nodes={
            "mrid": [f"n {at}#_" for at in range(count + 1)],
            "geometry": [shapely.Point(7 + at / 1000, 50) for at in range(count + 1)],
            "nominal_v": [12_470.0 if at % 3 else np.nan for at in range(count + 1)],
        },
        equipment={
            "mrid": [f"_{kind}.{code or '-'}%20é" for kind, code in rows],
            "kind": [kind for kind, _ in rows],
            "node_a": [f"n {at}#_" for at in range(count)],
            "node_b": [f"n {at + 1}#_" for at in range(count)],
            "phases": [code for _, code in rows],
            "normal_open": [
                True if at % 4 == 1 else first[code] if at % 4 == 2 and kind in switches else ""
                for at, (kind, code) in enumerate(rows)
            ],
            "name": [f'<{kind}> & "{code}"' for kind, code in rows],
            "rated_a": [1 + at / 3 for at in range(count)],
            "rated_va": [np.nan if at % 2 else at * 1e5 for at in range(count)],
            "length_m": [at / 7 for at in range(count)],
            "placement": [("", "overhead", "underground")[at % 3] for at in range(count)],
            "control": [("none", "manual", "remote")[at % 3] for at in range(count)],
            "in_service": [at % 5 != 0 for at in range(count)],
            "vector_group": ["Dyn11" if at % 2 else "" for at in range(count)],
            "geometry": [
                shapely.LineString([(7 + at / 1000, 50), (7.1, 50.1), (7.001 + at / 1000, 50)])
                if "transformer" not in kind and "regulator" not in kind
                else None
                for at, (kind, _) in enumerate(rows)
            ],
        },
        usage_points={
            "mrid": ["urn:uuid:1", "urn:uuid:2"], "node": ["n 3#_", "n 3#_"], "phases": ["", "AB"],
            "name": ["Mill", ""], "customers": [0, 5], "peak_w": [np.nan, 1234.5],
            "service_class": ["residential", ""], "priority": ["hospital", ""],
            "transformer": ["_power_transformer.ABC%20é", ""],
            "geometry": [shapely.Point(8, 51), shapely.Point(8, 52)],
        },
        sources={
            "mrid": ["S1", "S2", "S3"], "node": ["n 0#_", "n 9#_", "n 9#_"],
            "phases": ["", "A", "ABC"],
            "kind": ["substation", "der", "feeder_head"], "substation": ["sub", "", "sub"],
            "rated_va": [1e6, np.nan, 5e3], "in_service": [True, False, True],
        },
        substations={
            "mrid": ["sub"], "name": ["North"], "rated_va": [2e6],
            "geometry": [shapely.Point(7, 50)],
        },
        feeders={
            "mrid": ["F"], "name": ["F-1"], "substation": ["sub"], "head": ["_fuse.AB%20é"],
        },
    )  # fmt: skip


def test_every_kind_and_word_is_read_again(tmp_path: Path) -> None:
    network = every_kind()
    assert differences(network, again(network, tmp_path)) == []


@pytest.mark.parametrize("seed", range(8))
def test_random_networks_are_read_again(tmp_path: Path, seed: int) -> None:
    network = random_network(seed)
    assert differences(network, again(network, tmp_path)) == []


def test_the_sample_is_read_again_without_a_notice(tmp_path: Path) -> None:
    network = gridtwin.read(SAMPLE)
    found = again(network, tmp_path)
    assert differences(network, found) == []
    assert found.notices == ()


def test_a_star_is_read_again(tmp_path: Path) -> None:
    network = read(
        tmp_path, *FEEDER, nodes("n4 n5"), equipment("PowerTransformer", "T", "n3 n4 n5"),
        ends_of("T", 3), equipment("EnergyConsumer", "V", "n4"),
    )  # fmt: skip
    assert differences(network, again(network, tmp_path)) == []


def test_what_cim_says_alone_means_the_same(tmp_path: Path) -> None:
    network = gridtwin.read(SAMPLE)
    write_cim(network, tmp_path / "model.xml")
    text = re.sub(r"<own:.*\n", "", (tmp_path / "model.xml").read_text())
    (tmp_path / "plain.xml").write_text(text)
    plain = gridtwin.read(tmp_path / "plain.xml")
    for mrid in network.equipment["mrid"][::9]:
        assert lost(plain, mrid) == lost(network, mrid), mrid


def test_a_node_gives_way_where_it_shares_an_id(tmp_path: Path) -> None:
    network = read(tmp_path, *FEEDER, nodes("L"), equipment("ACLineSegment", "X", "n3 L"))
    found = again(network, tmp_path)
    assert set(found.nodes["mrid"]) == {"n1", "n2", "n3", "L:N"}
    assert lost(found, "L") == {"U"}


def test_what_cannot_be_written_is_refused(tmp_path: Path) -> None:
    network = two_feeders_with_a_tie()
    for name in ("model.txt", "nowhere/model.xml"):
        with pytest.raises(InputError, match=r"ends in \.xml"):
            write_cim(network, tmp_path / name)
    shared = Network.from_frames(
        nodes={"mrid": ["a", "b"], "geometry": [shapely.Point(0, 0), shapely.Point(1, 1)]},
        equipment={"mrid": ["x"], "kind": ["fuse"], "node_a": ["a"], "node_b": ["b"]},
        usage_points={"mrid": ["x"], "node": ["b"]},
    )
    with pytest.raises(InputError, match="x is an id of equipment and of usage_points"):
        write_cim(shared, tmp_path / "model.xml")
    assert list(tmp_path.iterdir()) == []
