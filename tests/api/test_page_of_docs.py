"""Every command of the page on the server runs, and answers."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import gridtwin
from gridtwin.settings import ServeSettings
from waiting import PATIENCE_S

from .conftest import TOKEN, served

if TYPE_CHECKING:
    import pytest

PAGE = Path(__file__).parents[2] / "docs/server.md"


def test_every_example_of_the_page_answers(tmp_path: Path) -> None:
    twin = gridtwin.open(gridtwin.synthesize("houston", meters=400, seed=1))
    twin = twin.save(tmp_path / "town.twin")
    equipment = twin.network.equipment
    names = {
        kind: equipment.mrid[equipment.kind == kind].iloc[0] for kind in ("fuse", "ac_line_segment")
    }
    blocks = re.findall(r"```bash\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    commands = [
        line for block in blocks for line in block.replace("\\\n", " ").splitlines() if line
    ]
    assert len(commands) > 20
    with served(str(tmp_path / "town.twin"), GRIDTWIN_OPERATOR_TOKEN=TOKEN) as server:
        environment = {
            **os.environ,
            "URL": server.url,
            "FUSE": names["fuse"],
            "LINE": names["ac_line_segment"],
            "METER": twin.network.usage_points.mrid[0],
            "GRIDTWIN_OPERATOR_TOKEN": TOKEN,
        }
        area = next(line for line in commands if line.startswith("AREA="))
        for command in commands:
            done = subprocess.run(
                ["bash", "-c", f"{area}\n{command.replace('curl -s', 'curl -sS --fail', 1)}"],
                env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE_S,
            )  # fmt: skip
            assert done.returncode == 0, (command, done.stderr, done.stdout)
            assert '"error":{' not in done.stdout, command
    assert len(twin.store.states.list_events()) == 1


def test_the_page_names_the_limits_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRIDTWIN_RATE", raising=False)
    found, page = ServeSettings("x"), PAGE.read_text(encoding="utf-8")
    assert f"| {found.most_bytes // 1024**2} MB |" in page
    for limit in (found.most_vertices, found.most_listed, found.most_streams):
        assert f"| {limit:,} |" in page
    assert f"{found.rate_per_s:g} a second, {found.rate_burst:g} saved" in page
