"""Load GridLAB-D and CYME models from the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from planning_models import GLM, write_cyme, write_glm


def load(source: Path, twin: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from gridtwin.cli.entry import main; main()", "load"]
    return subprocess.run(
        [*command, str(source), "--into", str(twin), *words],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_model_is_loaded_and_what_is_passed_over_told(tmp_path: Path) -> None:
    done = load(write_glm(tmp_path), tmp_path / "x.twin")
    assert done.returncode == 0
    assert "8 nodes, 7 equipment, 5 usage points" in done.stdout
    assert "notice: open_link: " in done.stderr


def test_a_folder_of_cyme_text_is_told_by_what_it_holds(tmp_path: Path) -> None:
    folder, twin = tmp_path / "model", tmp_path / "x.twin"
    folder.mkdir()
    done = load(write_cyme(folder), twin)
    assert (done.returncode, twin.exists()) == (2, False)
    assert "give --crs" in done.stderr
    done = load(folder, twin, "--crs", "none")
    assert done.returncode == 0
    assert "10 nodes, 9 equipment, 3 usage points" in done.stdout


def test_a_broken_model_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    done = load(write_glm(folder, GLM.replace("to n1;", "to nowhere;")), tmp_path / "x.twin")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "overhead_line_7 says to nowhere" in done.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["model"]
