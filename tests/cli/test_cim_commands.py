"""CIM models and their switch states from the command line."""

from __future__ import annotations

from pathlib import Path

from cim_models import FEEDER, document, equipment, thing, write
from command_line import run_cli


def test_a_model_is_loaded_and_its_state_kept(tmp_path: Path) -> None:
    tie = equipment("LoadBreakSwitch", "T", "n1 n3", Switch__normalOpen="true")
    parts = (part.replace("EnergySource", "EquivalentInjection") for part in FEEDER)
    model = write(tmp_path, document(*parts, tie))
    ssh = write(tmp_path, document(thing("LoadBreakSwitch", "T", Switch__open="false")), "ssh.xml")
    twin = tmp_path / "x.twin"
    done = run_cli("load", model, "--into", twin, "--supplying", "EquivalentInjection")
    assert done.returncode == 0, done.stderr
    assert "notice: no_places" in done.stderr
    assert "no_supply" not in done.stderr
    done = run_cli("state", "load", ssh, "--in", twin)
    assert done.stdout == f"{ssh}: 1 switches, 0 open, kept as ssh\n"
    done = run_cli("state", "load", ssh, "--operate", "--in", twin)
    assert done.stdout == f"{ssh}: 1 switches, 0 open, 1 operated\n"
    done = run_cli("state", "load", ssh, "--operate", "--as", "x", "--in", twin)
    assert done.returncode == 2
    assert "--operate" in done.stderr


def test_a_model_is_written_by_substation(tmp_path: Path) -> None:
    twin, out = tmp_path / "x.twin", tmp_path / "model"
    assert run_cli("new", twin, "--meters", "300").returncode == 0
    done = run_cli("publish", "cim", out, "--in", twin, "--split", "substation")
    assert done.stdout == f"{out}: {len(list(out.iterdir()))} files written\n"
    done = run_cli("publish", "cim", out, "--in", twin, "--split", "feeder")
    assert done.returncode == 2
    assert "use --split substation" in done.stderr
