"""Find an element, read about it, trace from it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from playwright.sync_api import expect

import gridtwin
from api.conftest import answering
from basemaps import SHAPES, locate, write_basemap
from gridtwin.api.app import create_app
from gridtwin.settings import ServeSettings, SignInSettings
from served import Served
from tab import Tab, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from playwright.sync_api import BrowserContext, Page


def test_typing_suggests_and_enter_goes_there(tab: Tab) -> None:
    page = tab.open()
    page.keyboard.press("/")
    field = page.get_by_role("combobox", name="Search the grid")
    expect(field).to_be_focused()
    field.press_sequentially("RCL-000000")
    options = page.get_by_role("option")
    expect(options.first).to_be_visible()
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    chosen = options.nth(1).locator("strong").inner_text()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=chosen, exact=True)).to_be_visible()
    assert tab.state["sel"] == chosen
    until(tab.page, "window.gridtwin.map.getZoom() > 15")


def test_what_is_not_there_is_said(tab: Tab) -> None:
    page = tab.open()
    page.get_by_role("combobox", name="Search the grid").fill("no such thing")
    expect(page.get_by_text("Nothing is called so.")).to_be_visible()


def test_a_click_on_the_map_shows_the_element(tab: Tab) -> None:
    page = tab.open()
    tab.evaluate(
        "void window.gridtwin.map.jumpTo({center: window.gridtwin.map.querySourceFeatures("
        "'grid', {sourceLayer: 'lines'})[0].geometry.coordinates.flat(2).slice(0, 2), zoom: 14})"
    )
    tab.idle()
    box = page.locator(".map canvas").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    panel = page.get_by_role("region", name="Element")
    expect(panel.locator("h3").first).to_have_text(tab_selection(tab))
    expect(panel).to_contain_text(re.compile(r"has supply|is out", re.IGNORECASE))
    assert tab.evaluate("window.gridtwin.count('chosen')") == 1


def tab_selection(tab: Tab) -> str:
    """Return what the address bar says is chosen, once it does."""
    until(tab.page, "window.location.hash.includes('sel=')")
    return tab.state["sel"]


def test_the_panel_says_what_hangs_below_and_leads_upstream(tab: Tab) -> None:
    twin = gridtwin.open(tab.served.home)
    below = twin.blast_radius("RCL-0000001")
    page = tab.open("#sel=RCL-0000001&panel=element")
    panel = page.get_by_role("region", name="Element")
    expect(panel.get_by_text("Customers below").locator("xpath=..")).to_contain_text(
        f"{below.customers:,}"
    )
    head = twin.network.feeders["head"].to_list()
    link = panel.locator(".way").get_by_role("button", name=re.compile("|".join(head)))
    link.first.click()
    expect(panel.locator("h3").first).to_have_text(re.compile("|".join(head)))


def test_a_trace_is_drawn_with_its_counts(tab: Tab) -> None:
    found = gridtwin.open(tab.served.home).trace("downstream", "RCL-0000001")
    page = tab.open("#sel=RCL-0000001&panel=element")
    page.get_by_role("button", name="Downstream").click()
    card = page.get_by_role("region", name="Trace")
    expect(card).to_contain_text(f"{found.customers:,} customers")
    expect(card).to_contain_text(f"{len(found.usage_points):,} meters")
    expect(page.get_by_role("button", name="Downstream")).to_have_attribute("aria-pressed", "true")
    marked = tab.evaluate("window.gridtwin.count('mark')")
    assert marked == len(found.elements) + len(found.usage_points)
    page.keyboard.press("x")
    expect(card).to_have_count(0)
    assert tab.evaluate("window.gridtwin.count('mark')") == 0
    assert "trace" not in tab.state


def test_a_trace_flows_and_then_rests(tab: Tab) -> None:
    tab.page.emulate_media(reduced_motion="no-preference")
    page = tab.open("#trace=downstream:BKR-0000001")
    page.locator("#deckgl-overlay, .deck-widget-container, canvas").nth(1).wait_for()
    until(tab.page, "document.querySelectorAll('.map canvas').length === 1")


def test_nothing_flows_for_who_asked_for_less_motion(tab: Tab) -> None:
    tab.page.emulate_media(reduced_motion="reduce")
    page = tab.open("#trace=downstream:BKR-0000001")
    page.get_by_role("region", name="Trace").get_by_text("elements").wait_for()
    tab.idle()
    assert not [url for url in tab.requests if "flow" in url]


def test_isolation_shows_what_to_open_and_what_to_tag(tab: Tab) -> None:
    twin = gridtwin.open(tab.served.home)
    found = twin.trace("isolation", "RCL-0000001").document()["elements"]
    page = tab.open("#sel=RCL-0000001&panel=element")
    page.get_by_role("button", name="Isolation").click()
    card = page.get_by_role("region", name="Trace")
    says = {
        "operate": "to open",
        "verify_and_tag": "open already: verify and tag",
        "dead_beyond": "to leave: only dead ends beyond",
    }
    sizes = {word: sum(each["class"] == word for each in found) for word in says}
    assert sizes["operate"] > 0
    assert sizes["dead_beyond"] > 0
    for word, size in sizes.items():
        expect(card.get_by_text(f"{size} {says[word]}")).to_have_count(1 if size else 0)


def test_the_blast_radius_follows_its_scope(tab: Tab) -> None:
    twin = gridtwin.open(tab.served.home)
    page = tab.open("#sel=FUSE-0000001&panel=element")
    card = page.get_by_role("region", name="Trace")
    page.get_by_role("button", name="Blast radius").click()
    expect(card).to_contain_text(f"{twin.blast_radius('FUSE-0000001').customers:,} customers")
    page.get_by_label("Scope").select_option("trip")
    trip = twin.blast_radius("FUSE-0000001", scope="trip")
    expect(card).to_contain_text(f"{trip.customers:,} customers")
    assert tab.state["trace"] == "blast.trip:FUSE-0000001"


def test_an_unknown_element_is_named_with_close_matches(tab: Tab) -> None:
    tab.expected.append("404")
    page = tab.open("#sel=RCL-000000&panel=element")
    expect(page.get_by_role("alert")).to_contain_text("RCL-000000")


def test_addresses_and_places_are_found_misspelt_and_flown_to(
    own_home: Path,
    tmp_path: Path,
    new_context: Callable[[], BrowserContext],
    watch_tab: Callable[[Page, Served], AbstractContextManager[Tab]],
) -> None:
    twin = gridtwin.open(own_home)
    point = twin.network.usage_points.iloc[7]
    home = {
        "esi_id": "1",
        "premise": "P1",
        "usage_point": point.mrid,
        "address": "12 Oak Forest Dr",
    }
    twin.customers.loading.load_points(pd.DataFrame([home]))
    named = SHAPES | {"places": (locate(-95.4, 29.8), {"kind": "locality", "name": "Seaville"})}
    basemap = write_basemap(tmp_path / "streets.pmtiles", named)
    known = SignInSettings(anonymous="operator")
    settings = ServeSettings(str(own_home), basemap=basemap, sign_in=known)
    with answering(create_app(settings), settings) as client, new_context() as fresh:
        served = Served(str(client.base_url.join("/")), own_home)
        with watch_tab(fresh.new_page(), served) as tab:
            page = tab.open()
            field = page.get_by_role("combobox", name="Search the grid")
            field.fill("12 oka forest")
            option = page.get_by_role("option").first
            expect(option).to_contain_text("12 Oak Forest Dr")
            tab.audit(".search")
            page.keyboard.press("Enter")
            expect(page.get_by_role("heading", name=point.mrid, exact=True)).to_be_visible()
            until(page, "window.gridtwin.map.getZoom() >= 17")
            assert "oak" not in page.url.lower()  # an address stands in no link
            field.fill("seavile")
            page.get_by_role("option", name="Seaville").click()
            until(page, "Math.abs(window.gridtwin.map.getCenter().lat - 29.8) < 0.2")


def test_addresses_are_not_asked_for_by_who_may_not_see_them(tab: Tab) -> None:
    page = tab.open()
    with page.expect_response(re.compile(r"/api/search\?")):
        page.get_by_role("combobox", name="Search the grid").fill("12 oak forest")
    assert not [url for url in tab.requests if "/api/search/addresses" in url]
