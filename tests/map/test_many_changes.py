"""Twenty thousand elements that lose their supply at once are all painted."""

from __future__ import annotations

from pathlib import Path

import pytest

import gridtwin
from served import serve
from tab import Tab, until

METERS = 20_000
OUT = "window.gridtwin.count('supply')"


@pytest.mark.long
def test_twenty_thousand_elements_change_state_and_back(tab: Tab, tmp_path: Path) -> None:
    home = tmp_path / "large.twin"
    twin = gridtwin.open(gridtwin.synthesize("houston", meters=METERS, seed=1)).save(home)
    heads = twin.network.feeders["head"].tolist()
    with serve(home) as large:
        tab.served = large
        tab.open()
        for head in heads:
            twin.switch(head, open=True)
        situation = twin.situation()
        points = situation.data.usage_points
        dark = int((~situation.is_supplied[points.node]).sum())
        assert dark == METERS
        until(tab.page, f"{OUT} >= {METERS}")
        for head in heads:
            twin.switch(head, open=False)
        until(tab.page, f"{OUT} === 0")
        tab.idle()
        tab.page.goto("about:blank")  # before its server ends
