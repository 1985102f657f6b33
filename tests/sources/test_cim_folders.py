"""A model in a folder: written by substation, and its files parsed in several processes."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import gridtwin
from cim_models import FEEDER, differences, document, equipment, nodes, thing, write
from gridtwin.errors import InputError, SourceError
from gridtwin.model.network import Network
from gridtwin.publish.cim_split import split_by_substation, write_cim_folder
from gridtwin.sources.cim import cim_processes
from networks import two_feeders_with_a_tie

METERS = 5_000  # of two substations


@cache
def territory() -> Network:
    return gridtwin.synthesize("houston", meters=METERS, seed=1)


@pytest.fixture
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two processes share the files of any folder."""
    monkeypatch.setattr(cim_processes, "SMALLEST_SHARED", 0)
    monkeypatch.setattr(cim_processes, "count_processors", lambda: 2)


@pytest.mark.usefixtures("two_processors")
def test_a_network_by_substation_is_read_again_as_it_was(tmp_path: Path) -> None:
    network = territory()
    files = write_cim_folder(network, tmp_path / "model")
    assert len(files) == len(network.substations) > 1
    assert sorted((tmp_path / "model").iterdir()) == files
    assert cim_processes.find_parallel_files(tmp_path / "model") == files
    again = gridtwin.read(tmp_path / "model")
    assert again.notices == ()
    assert differences(network, again) == []
    one, other = (
        gridtwin.open(each).sweep().sort_values("mrid", ignore_index=True)
        for each in (network, again)
    )
    assert one.equals(other)


def test_a_file_holds_what_its_substation_feeds() -> None:
    network = territory()
    parts, stations = split_by_substation(network.data)
    assert stations == network.substations.mrid.tolist()
    table = network.data.equipment
    ends = parts["nodes"][table.node_a], parts["nodes"][table.node_b]
    assert set(table.normal_open[ends[0] != ends[1]] != 0) <= {True}
    heads = parts["equipment"][network.data.feeders.head]
    assert np.array_equal(heads, network.data.feeders.substation)


def test_what_no_substation_feeds_has_a_file_of_its_own(tmp_path: Path) -> None:
    network = two_feeders_with_a_tie()  # its sources belong to no substation
    (only,) = write_cim_folder(network, tmp_path / "model")
    assert only.name == "0001-unfed.xml"
    crs = None if network.crs else "none"
    assert differences(network, gridtwin.read(tmp_path / "model", crs=crs)) == []


def test_a_folder_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    network = two_feeders_with_a_tie()
    (tmp_path / "there").mkdir()
    for name in ("there", "nowhere/model"):
        with pytest.raises(InputError, match="a folder that is not there yet"):
            write_cim_folder(network, tmp_path / name)
    twice = Network.from_frames(
        nodes=network.nodes,
        equipment=network.equipment,
        usage_points={"mrid": ["L1"], "node": ["n2"]},
    )
    with pytest.raises(InputError, match="L1 is an id of equipment and of usage_points"):
        write_cim_folder(twice, tmp_path / "model")
    assert [each.name for each in tmp_path.iterdir()] == ["there"]


def write_profiles(folder: Path) -> Path:
    """Write a model in files that speak of the same objects, agree, and do not."""
    odd = "urn:nobody:cim#"
    parts = {
        "eq": document(*FEEDER, thing("Substation", "sub", IdentifiedObject__name="North")),
        "eq2": document(
            nodes("n3 n4", IdentifiedObject__name="x"),
            equipment("Fuse", "F", "n3 n4", Switch__normalOpen="maybe"),
            thing("ACLineSegment", "L", Conductor__length="200"),
            thing("Substation", "sub", IdentifiedObject__name="South"),
        ),
        "gl": document(
            thing("Location", "p", Location__PowerSystemResources="#L"),
            thing("PositionPoint", "p1", PositionPoint__Location="#p",
                  PositionPoint__xPosition="1", PositionPoint__yPosition="2"),
        ),
        "gl2": document(
            thing("PositionPoint", "p2", PositionPoint__Location="#p",
                  PositionPoint__xPosition="3", PositionPoint__yPosition="4"),
        ),
        "odd": document(thing("Breaker", "B", Switch__open="true"), namespace=odd),
        "odd2": document(thing("Breaker", "B", Switch__open="false"), namespace=odd),
    }  # fmt: skip
    for name, text in parts.items():
        write(folder, text, f"{name}.xml")
    return folder


def test_several_processes_say_what_one_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_profiles(tmp_path / "model")
    alone = gridtwin.read(folder, crs="none")
    monkeypatch.setattr(cim_processes, "SMALLEST_SHARED", 0)
    monkeypatch.setattr(cim_processes, "count_processors", lambda: 2)
    shared = gridtwin.read(folder, crs="none")
    assert {notice.rule for notice in alone.notices} >= {
        "conflicting_value",
        "odd_value",
        "unknown_namespace",
    }
    assert list(map(str, shared.notices)) == list(map(str, alone.notices))
    assert differences(alone, shared) == []


@pytest.mark.usefixtures("two_processors")
def test_what_is_broken_is_told_alike(tmp_path: Path) -> None:
    folder = write_profiles(tmp_path / "model")
    whole = (folder / "eq2.xml").read_bytes()
    write(folder, whole[: len(whole) // 2], "eq2.xml")
    with pytest.raises(SourceError, match=r"eq2\.xml: broken or cut off after"):
        gridtwin.read(folder, crs="none")
    write(folder, document(thing("Fuse", "L")), "eq2.xml")
    with pytest.raises(SourceError, match=r"L is a Fuse here and a ACLineSegment elsewhere"):
        gridtwin.read(folder, crs="none")


@pytest.mark.usefixtures("two_processors")
def test_a_process_that_breaks_down_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cim_processes, "_START_OF_CIM", "raise SystemExit(3)")
    folder = write_profiles(tmp_path / "model")
    assert len(gridtwin.read(folder, crs="none").equipment) == 3


def test_small_files_share_a_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [tmp_path / f"{number}.xml" for number in range(6)]
    for file, size in zip(files, (10, 10, 10, 100, 5, 5), strict=True):
        file.write_bytes(b" " * size)
    monkeypatch.setattr(cim_processes, "count_processors", lambda: 2)
    monkeypatch.setattr(cim_processes, "LARGEST_SHARE", 25)
    shares = cim_processes.share_out(files)
    assert shares == [files[:2], files[2:3], files[3:4], files[4:]]
    monkeypatch.setattr(cim_processes, "MOST_SHARED", 1)
    assert cim_processes.share_out(files) == [[file] for file in files]


@pytest.mark.usefixtures("two_processors")
def test_what_does_not_pay_is_read_alone(tmp_path: Path) -> None:
    folder = write_profiles(tmp_path / "model")
    assert len(cim_processes.find_parallel_files(folder)) == 6
    assert cim_processes.find_parallel_files(folder / "eq.xml") == []
    (folder / "more").mkdir()
    assert cim_processes.find_parallel_files(folder) == []
    shutil.rmtree(folder / "more")
    (folder / "more.zip").touch()
    assert cim_processes.find_parallel_files(folder) == []
