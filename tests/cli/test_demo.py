"""The demo ends with a map that is alive, and ends when it is told to."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

import gridtwin
from waiting import PATIENCE_S, started, wait_until

MAIN = "from gridtwin.cli.entry import main; main()"


def demo_of(out: Path, **environment: str) -> AbstractContextManager[subprocess.Popen[str]]:
    command = [sys.executable, "-c", MAIN, "demo", "--out", str(out), "--meters", "1000"]
    return started(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, **environment},
    )  # fmt: skip


def asked(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:  # noqa: S310 - our own server
        return json.load(answer)


@pytest.mark.long
def test_the_demo_serves_a_storm_until_interrupted(tmp_path: Path) -> None:
    with demo_of(tmp_path) as demo:
        assert demo.stdout is not None
        lines = iter(demo.stdout.readline, "")
        url = next(found[1] for line in lines if (found := re.search(r"(http://\S+)", line)))
        wait_until(lambda: asked(f"{url}api/state")["customers_out"], process=demo)
        demo.send_signal(signal.SIGINT)
        rest, said = demo.communicate(timeout=PATIENCE_S)
    assert "Traceback" not in rest + said
    assert demo.returncode == 0, said
    assert gridtwin.open(tmp_path / "houston.twin").outages.all()


@pytest.mark.long
def test_the_demo_ends_without_a_map_when_told_to(tmp_path: Path) -> None:
    with demo_of(tmp_path, DEMO_SERVE="0") as demo:
        said, _ = demo.communicate(timeout=PATIENCE_S)
    assert demo.returncode == 0
    assert "http://" not in said
    assert (tmp_path / "houston.gpkg").exists()
