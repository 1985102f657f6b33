"""Streets and water beneath the grid come from the server itself, and can be hidden."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from api.conftest import answering
from basemaps import write_basemap
from gridtwin.api.app import create_app
from gridtwin.settings import ServeSettings
from served import Served
from tab import Tab, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from playwright.sync_api import BrowserContext, Page

DRAWN = """(() => {
  const map = window.gridtwin.map;
  const layers = map.getStyle().layers.filter(({ source }) => source === "basemap");
  const drawn = map.queryRenderedFeatures({ layers: layers.map(({ id }) => id) });
  return drawn.map(({ sourceLayer }) => sourceLayer);
})()"""


@pytest.mark.long
def test_a_basemap_is_drawn_beneath_and_can_be_hidden(
    home: Path,
    tmp_path: Path,
    new_context: Callable[[], BrowserContext],
    watch_tab: Callable[[Page, Served], AbstractContextManager[Tab]],
) -> None:
    settings = ServeSettings(str(home), basemap=write_basemap(tmp_path / "streets.pmtiles"))
    with answering(create_app(settings), settings) as client, new_context() as fresh:
        served = Served(str(client.base_url.join("/")), home)
        with watch_tab(fresh.new_page(), served) as tab:
            page = tab.open("#legend=open")
            until(page, f"window.gridtwin.map.getSource('basemap') && {DRAWN}.includes('earth')")
            order = tab.evaluate("window.gridtwin.map.getStyle().layers.map(({ id }) => id)")
            assert order.index("basemap-places-towns") < order.index("lines")
            expect(page.get_by_text("\u00a9 Example Mappers")).to_be_visible()
            tab.audit(".attribution")
            page.keyboard.press("t")
            until(page, f"window.gridtwin.idle && {DRAWN}.includes('earth')")
            page.get_by_role("checkbox", name="Streets and water").uncheck()
            until(page, "!window.gridtwin.map.getSource('basemap')")
            assert tab.state["base"] == "off"
