"""The panel of loading shows what the meters measured, and the map is colored by it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

import gridtwin
from tab import Tab, until

MAIN = "from gridtwin.cli.entry import main; main()"


@pytest.fixture(scope="module")
def home(territory: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a twin whose meters were read for an hour; nobody writes to it after."""
    home = Path(shutil.copytree(territory, tmp_path_factory.mktemp("map") / "read.twin"))
    words = ["stream", "simulate", "--in", str(home), "--sink", f"parquet:{home}/ami"]
    hour = ["--from", "2026-07-01T00:00:00Z", "--to", "2026-07-01T01:00:00Z"]
    subprocess.run([sys.executable, "-c", MAIN, *words, *hour], check=True, capture_output=True)
    gridtwin.open(home).ami.roll_up()
    return home


def test_the_most_loaded_are_listed_and_the_map_is_colored(tab: Tab, home: Path) -> None:
    page = tab.open("#panel=loading")
    loading = gridtwin.open(home).ami.loading()
    known = np.isfinite(loading.transformer_pct)
    panel = page.locator(".loading-panel")
    top = f"{round(float(np.nanmax(loading.transformer_pct)))} %"
    expect(panel.get_by_text("Transformers, the most loaded")).to_be_visible()
    expect(panel.locator("section").nth(1)).to_contain_text(top)
    page.get_by_role("button", name="Color the map by loading").click()
    until(page, "n => window.gridtwin.count('load') === n", int(known.sum()))
    assert tab.state["mode"] == "loading"
    for theme in ("dark", "light"):
        page.evaluate("t => { location.hash += `&theme=${t}` }", theme)
        tab.audit(".panel")


def test_a_chosen_meter_shows_its_last_day(tab: Tab, home: Path) -> None:
    twin = gridtwin.open(home)
    meter = twin.network.usage_points.mrid.iloc[5]
    page = tab.open(f"#panel=loading&sel={meter}")
    chart = page.get_by_role("img", name="Power from")
    expect(chart).to_be_visible()
    kw = twin.ami.meter(meter)["kwh"].to_numpy() * 4
    expect(page.locator(".series figcaption").first).to_contain_text(f"{kw.max():.2f}"[:3])
