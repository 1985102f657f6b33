"""The page loads: small, from one host only, readable for everybody."""

from __future__ import annotations

import pytest

from tab import TABLET, Tab, each_look, until

pytestmark = each_look

FIRST_LOAD_BYTES = 1_500_000


def test_the_territory_is_on_the_map_and_the_line_is_live(tab: Tab) -> None:
    tab.open()
    until(tab.page, "window.gridtwin.state().link === 'live'")
    drawn = tab.evaluate(
        """window.gridtwin.map.queryRenderedFeatures().reduce((sizes, {source, sourceLayer}) => {
          const layer = sourceLayer || source;
          return {...sizes, [layer]: (sizes[layer] || 0) + 1};
        }, {})"""
    )
    assert drawn["substations"] > 0
    assert drawn["lines"] > 100
    assert tab.evaluate("window.gridtwin.firstIdle") > 0


def test_the_first_load_is_small_and_asks_no_other_host(own_tab: Tab) -> None:
    own_tab.open()
    sent = own_tab.evaluate(
        "performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))"
        ".reduce((sum, entry) => sum + entry.transferSize, 0)"
    )
    assert 0 < sent < FIRST_LOAD_BYTES
    assert not [url for url in own_tab.requests if "flow" in url], "deck.gl waits for a trace"


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_everybody_can_read_it(tab: Tab, theme: str) -> None:
    page = tab.open(f"#theme={theme}&sel=RCL-0000001&panel=element&trace=downstream:RCL-0000001")
    page.get_by_role("region", name="Trace").get_by_text("elements").wait_for()
    page.get_by_role("heading", name="RCL-0000001", exact=True).wait_for()
    tab.audit("body")


def test_it_fits_a_tablet(tab: Tab) -> None:
    tab.page.set_viewport_size(TABLET)
    page = tab.open("#sel=RCL-0000001&panel=element")
    page.get_by_role("heading", name="RCL-0000001", exact=True).wait_for()
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= TABLET["width"]
    tab.audit("body")


def test_labels_are_drawn_in_the_bundled_font(tab: Tab) -> None:
    tab.open()
    until(tab.page, "document.fonts.check('600 16px \"Noto Sans SemiBold\"')")
    assert any("noto-sans" in url for url in tab.requests)
