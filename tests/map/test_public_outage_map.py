"""The outage map for the public works from files alone: by table, by map, in two languages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

import gridtwin
from gridtwin.live.outage_map_following import OutageMapPublication

if TYPE_CHECKING:
    from playwright.sync_api import Browser

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"


class QuietHandler(SimpleHTTPRequestHandler):
    """Hands out files, without a word."""

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    twin = gridtwin.open(gridtwin.synthesize("houston", meters=1_500, seed=4))
    saved = twin.save(tmp_path / "small.twin")
    sweep = twin.sweep().sort_values(["usage_points", "mrid"])
    saved.outages.open(sweep.mrid.iloc[-1], cause="tree on the line")
    folder = tmp_path / "public"
    OutageMapPublication(str(tmp_path / "small.twin"), folder, "Bayou Electric").publish_once()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.long
def test_the_public_finds_its_area(browser: Browser, site: tuple[Path, str]) -> None:
    from playwright.sync_api import expect

    folder, url = site
    told = json.loads((folder / "outages.json").read_text(encoding="utf-8"))
    context = browser.new_context(locale="es-MX", bypass_csp=False)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(url)
    rows = page.locator("#rows tr")
    expect(rows).to_have_count(len(told["areas"]))
    expect(page.get_by_role("heading", level=1)).to_have_text("Bayou Electric Cortes de luz")
    page.get_by_role("button", name="English").click()
    expect(page.locator("#total")).to_contain_text("customers are without power")
    name = told["areas"][0]["name"]
    page.get_by_label("Find an area").fill(name.upper())
    expect(rows.first).to_contain_text(name)
    expect(rows.first).to_contain_text("vegetation")
    page.locator("canvas.maplibregl-canvas").wait_for()

    page.get_by_label("Find an area").fill("nowhere at all")
    expect(page.locator("#nobody")).to_be_visible()
    (folder / "outages.json").write_text(
        json.dumps(told | {"areas": [], "customers_out": {"about": 0}, "updated_at": "2020-01-01"}),
        encoding="utf-8",
    )
    page.reload()
    expect(page.locator("#total")).to_have_text(re.compile("sin luz"))
    expect(page.get_by_role("alert")).to_be_visible()  # figures of long ago are told as such
    assert not problems
    context.close()

    checked = browser.new_context(bypass_csp=True, color_scheme="dark")
    page = checked.new_page()
    page.goto(url)
    page.get_by_role("alert").wait_for()
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run({exclude: ['.maplibregl-map']})")
    assert [each["id"] for each in found["violations"]] == []
    checked.close()
