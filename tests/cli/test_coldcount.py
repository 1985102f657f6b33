"""The short way to a count gives the answer of the full way, or none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import gridtwin
from gridtwin.cli.cold_count import count_cold


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cold") / "town.twin"
    gridtwin.open(gridtwin.synthesize("houston", meters=800, seed=2)).save(path)
    return path


def asked(twin: Path, mrid: str) -> int | None:
    return count_cold(["trace", "downstream", mrid, "--count", "--in", str(twin)])


def test_every_element_counts_the_same_both_ways(twin: Path) -> None:
    opened = gridtwin.open(twin)
    answered = 0
    for mrid in opened.network.equipment.mrid[::7]:
        short = asked(twin, mrid)
        if short is not None:
            answered += 1
            assert short == opened.trace("downstream", mrid).customers, mrid
    assert answered > 50
    assert all(asked(twin, head) for head in opened.network.feeders["head"])


def test_anything_else_is_left_to_the_full_way(twin: Path, tmp_path: Path) -> None:
    head = gridtwin.open(twin).network.feeders["head"][0]
    question = ["trace", "downstream", head, "--count", "--in", str(twin)]
    assert count_cold(question) is not None
    assert count_cold([*question, "--phases", "A"]) is None
    assert count_cold(["trace", "upstream", *question[2:]]) is None
    assert asked(twin, "NO-SUCH-ID") is None
    assert asked(tmp_path / "none.twin", head) is None


def test_a_switch_out_of_its_normal_position_is_left_to_the_full_way(tmp_path: Path) -> None:
    path = tmp_path / "town.twin"
    opened = gridtwin.open(gridtwin.synthesize("houston", meters=800, seed=2)).save(path)
    head = opened.network.feeders["head"][0]
    assert asked(path, head) is not None
    opened.switch(head, open=True)
    assert asked(path, head) is None


def test_a_newer_twin_is_left_to_the_full_way(twin: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer.twin"
    newer.mkdir()
    card = json.loads((twin / "twin.json").read_text()) | {"version": 99}
    (newer / "twin.json").write_text(json.dumps(card))
    assert asked(newer, "BKR-0000001") is None
