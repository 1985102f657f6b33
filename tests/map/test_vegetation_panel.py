"""Vegetation risk on the map: loaded only when it is asked for, ranked, zoomed to, on the card."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

import gridtwin
from tab import Tab, until


@pytest.fixture
def overgrown(own_home: Path) -> gridtwin.Twin:
    """Return the test's own twin with trees along its lines, before it is served."""
    twin = gridtwin.open(own_home)
    twin.load_vegetation(gridtwin.synthesize_vegetation(twin.store.network), name="trees")
    return twin


def test_the_trimming_list_leads_to_its_spans(overgrown: gridtwin.Twin, own_tab: Tab) -> None:
    page = own_tab.open("")
    until(page, "!!window.gridtwin")
    assert not [url for url in own_tab.requests if "/api/vegetation" in url]
    page.get_by_role("button", name="Vegetation").click()
    panel = page.locator(".vegetation-panel")
    expect(panel.locator(".figure")).to_contain_text("at risk")
    frame = overgrown.vegetation().make_frame("section")
    rows = panel.locator("[data-ranked]")
    expect(rows.first).to_have_attribute("data-ranked", frame["section"].iloc[0])
    expect(rows).to_have_count(min(100, len(frame)))
    own_tab.audit(".panel")
    panel.get_by_role("button", name="Color the map by risk").click()
    assert own_tab.state["mode"] == "vegetation"
    spans = overgrown.vegetation().make_frame("span")
    until(page, f"window.gridtwin.count('risk') === {len(spans)}")
    page.get_by_role("button", name="Legend").click()
    expect(page.locator(".legend-body")).to_contain_text("extreme risk")
    panel.get_by_role("combobox", name="How the list is grouped").select_option("span")
    first = spans["span"].iloc[0]
    button = panel.locator(f"[data-ranked='{first}']")
    expect(button).to_be_visible()
    button.click()
    assert own_tab.state["sel"] == first
    page.get_by_role("button", name="Element").click()
    card = page.get_by_role("region", name="Vegetation risk")
    expect(card).to_contain_text(f"{spans['risk_class'].iloc[0]} risk")
    expect(card).to_contain_text(f"{spans['customers'].iloc[0]:,} customer")
    own_tab.audit(".panel")


def test_a_grid_without_areas_offers_no_vegetation(tab: Tab) -> None:
    page = tab.open("")
    until(page, "!!window.gridtwin")
    expect(page.get_by_role("button", name="Outages")).to_be_visible()
    expect(page.get_by_role("button", name="Vegetation")).to_have_count(0)
    modes = page.get_by_role("combobox", name="Color by").locator("option").all_text_contents()
    assert "vegetation risk" not in modes
