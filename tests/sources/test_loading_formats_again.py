"""Sources of every format are loaded again as they were read before, and know their rows."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

import gridtwin
from circuits import circuit
from editions import build, copy_frames, edit_points
from gridtwin.cli.root_commands import app
from gridtwin.model.element_names import find_origin
from gridtwin.publish.cim_writer import write_cim
from gridtwin.publish.gpkg import write_gpkg

ROOT = Path(__file__).parents[2]
Write = Callable[[Path, bool], tuple[str, ...]]


def write_csv(folder: Path, is_edited: bool) -> tuple[str, ...]:
    source = folder / "sample"
    shutil.copytree(ROOT / "data/sample", source, dirs_exist_ok=True)
    file = source / "usage_points.csv"
    if is_edited:
        head, first, *rest = file.read_text().splitlines()
        file.write_text("\n".join([head, *rest]) + "\n")
        assert first.startswith("MTR")
    return (str(source),)


def write_package(folder: Path, is_edited: bool) -> tuple[str, ...]:
    frames = copy_frames(gridtwin.read(ROOT / "data/sample"))
    if is_edited:
        edit_points(frames, [4])
    out = folder / "grid.gpkg"
    out.unlink(missing_ok=True)
    write_gpkg(build(frames), out)
    return (str(out),)


def write_model(folder: Path, is_edited: bool) -> tuple[str, ...]:
    frames = copy_frames(gridtwin.read(ROOT / "data/sample"))
    if is_edited:
        edit_points(frames, [4])
    write_cim(build(frames), folder / "grid.xml")
    return (str(folder / "grid.xml"),)


def write_circuit(folder: Path, is_edited: bool) -> tuple[str, ...]:
    watts = 25 if is_edited else 20
    body = f"""
    new line.l1 bus1=sourcebus bus2=b1 length=1
    new line.l2 bus1=b1 bus2=b2 length=1
    new load.a bus1=b2 kw={watts}
    new load.b bus1=b1 kw=10
    """
    file = folder / "Master.dss"
    file.write_text(circuit(body))
    return (str(file), "--crs", "none")


def write_net(folder: Path, is_edited: bool) -> tuple[str, ...]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pandapower as pp

        net = pp.create_empty_network()
        buses = [pp.create_bus(net, 20.0, geodata=(7.0 + i / 100, 50.0)) for i in range(3)]
        pp.create_ext_grid(net, buses[0])
        for one, other in ((0, 1), (1, 2)):
            pp.create_line(net, buses[one], buses[other], length_km=1.0, std_type="NAYY 4x50 SE")
        pp.create_load(net, buses[2], p_mw=0.03 if is_edited else 0.02)
        pp.to_json(net, str(folder / "net.json"))
    return (str(folder / "net.json"),)


def run(*words: str) -> str:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout


@pytest.mark.parametrize(
    ("write", "layer"),
    [
        (write_csv, "usage_points.csv"),
        (write_package, "usage_points"),
        (write_model, "grid.xml"),
        (write_circuit, "Master.dss"),
        (write_net, "load"),
    ],
)
def test_a_source_is_loaded_again_as_it_was_read(write: Write, layer: str, tmp_path: Path) -> None:
    source, *options = write(tmp_path, False)
    twin = str(tmp_path / "a.twin")
    run("load", source, *options, "--into", twin)
    kept = gridtwin.open(twin).store.network
    point = kept.ids.find_element(kept.usage_points["mrid"].iloc[-1], ("usage_points",))
    origin = find_origin(kept.data, point)
    assert origin is not None
    assert (origin.layer, origin.load) == (layer, 1)
    assert origin.key in kept.usage_points["mrid"].iloc[-1]

    same = json.loads(run("load", source, "--into", twin, "--again", "--json"))
    assert (same["rows_added"], same["rows_changed"], same["rows_removed"]) == (0, 0, 0)
    write(tmp_path, True)
    other = json.loads(run("load", source, "--into", twin, "--again", "--json"))
    assert other["rows_added"] + other["rows_changed"] + other["rows_removed"] > 0
    assert {each["frame"] for each in other["layers"] if each["changed"] or each["removed"]} == {
        "usage_points"
    }
    assert len(gridtwin.open(twin).loads()) == 3
