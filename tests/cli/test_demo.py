"""The demo ends with a map that is alive, and ends when it is told to."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

import gridtwin

MAIN = "from gridtwin.cli.entry import main; main()"
WAIT_S = 90


def started(out: Path, *words: str, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", MAIN, "demo", "--out", str(out), "--meters", "1000", *words]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, **environment},
    )  # fmt: skip


def asked(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own server
        return json.load(answer)


@pytest.mark.slow
def test_the_demo_serves_a_storm_until_interrupted(tmp_path: Path) -> None:
    demo = started(tmp_path)
    assert demo.stdout is not None
    try:
        lines = iter(demo.stdout.readline, "")
        url = next(found[1] for line in lines if (found := re.search(r"(http://\S+)", line)))
        deadline = time.monotonic() + WAIT_S
        while not asked(f"{url}api/state")["customers_out"]:
            assert time.monotonic() < deadline, "no customer is out"
            time.sleep(0.2)
        demo.send_signal(signal.SIGINT)
        rest, said = demo.communicate(timeout=30)
    finally:
        demo.kill()
    assert "Traceback" not in rest + said
    assert demo.returncode == 0, said
    assert gridtwin.open(tmp_path / "houston.twin").outages.all()


@pytest.mark.slow
def test_the_demo_ends_without_a_map_when_told_to(tmp_path: Path) -> None:
    demo = started(tmp_path, DEMO_SERVE="0")
    said, _ = demo.communicate(timeout=WAIT_S)
    assert demo.returncode == 0
    assert "http://" not in said
    assert (tmp_path / "houston.gpkg").exists()
