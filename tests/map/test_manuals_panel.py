"""Manuals on the map: of the chosen element, found by words, opened at the page with the answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

import gridtwin
from gridtwin.manuals.manual_ingest import add_manuals
from gridtwin.manuals.manual_library import ManualLibrary
from gridtwin.manuals.simulate.corpus_pages import InventedPage
from gridtwin.manuals.simulate.corpus_writer import InventedManual, write_manual
from gridtwin.model.schema import SCHEMA
from tab import Tab, until

LINES = ("Keep the area clean.", "Torque of the fasteners is 55 N·m.", "Collect the hardware.")
RECLOSER = "RCL-0000001"
MIDDLE_OF_MARK = """(() => {
  const sheet = document.querySelector("canvas").getBoundingClientRect();
  const mark = document.querySelector(".manual-mark").getBoundingClientRect();
  return (mark.y + mark.height / 2 - sheet.y) / sheet.height;
})()"""
MIDDLE_OF_LINE = (100 + 13 - 4) / 792  # the second line below the heading, of a page's points


@pytest.fixture
def equipped(own_home: Path) -> gridtwin.Twin:
    """Return the test's own twin with a recloser of a maker, and its manual and bulletin."""
    network = gridtwin.open(own_home).store.network
    frames = {name: getattr(network, name) for name in SCHEMA}
    known = frames["equipment"].mrid == RECLOSER
    columns = {"manufacturer": "Norwell Electric", "model": "VX-15"}
    frames["equipment"] = frames["equipment"].assign(
        **{name: known.map({True: value, False: ""}) for name, value in columns.items()}
    )
    twin = gridtwin.open(gridtwin.Network.from_frames(**frames, crs=network.crs))
    kept = twin.save(own_home, overwrite=True)
    folder = own_home.with_suffix(".files")
    for name, title in (("a.pdf", "Recloser VX-15: manual"), ("b.pdf", "Service bulletin VX-15")):
        pages = (InventedPage("Replacing the bushing", LINES, figure="Outline of the bushing"),)
        manual = InventedManual(
            name,
            title,
            columns["manufacturer"],
            name,
            "C",
            "March 2024",
            ("VX-15",),
            "VX15*",
            pages,
        )
        write_manual(manual, folder)
    library = ManualLibrary(own_home.with_suffix(".manuals"), create=True)
    add_manuals(library, folder, lambda *_: None, processes=1)
    return kept


@pytest.mark.long
def test_the_passage_is_marked_where_it_stands(equipped: gridtwin.Twin, own_tab: Tab) -> None:
    assert equipped.find_one(RECLOSER)
    page = own_tab.open(f"#sel={RECLOSER}&panel=element")
    card = page.locator(".manual-list li")
    expect(card).to_have_count(2)
    expect(card.first).to_contain_text("Service bulletin")
    own_tab.audit(".panel")
    page.get_by_role("button", name="Manuals").click()
    field = page.get_by_role("searchbox", name="Ask the manuals")
    field.fill("how tight do the bolts of the bushing go")
    field.press("Enter")
    found = page.locator(".passages li")
    expect(found.first).to_contain_text("Torque of the fasteners is 55 N·m.")
    picture = found.first.locator(".figures img")
    expect(picture).to_have_attribute("alt", "Figure 1: Outline of the bushing")
    picture.scroll_into_view_if_needed()
    until(page, "document.querySelector('.figures img').naturalWidth > 100")
    own_tab.audit(".panel")
    page.get_by_role("button", name="Show on the map what it concerns").first.click()
    expect(page.locator(".passages")).to_contain_text("Concerns 1 piece")
    address = found.locator("a").first.get_attribute("href")
    assert address
    page.goto(own_tab.served.url.rstrip("/") + address)
    mark = page.locator(".manual-mark")
    expect(mark.first).to_be_visible()
    until(page, f"Math.abs({MIDDLE_OF_MARK} - {MIDDLE_OF_LINE}) < 0.01")
    own_tab.audit(".manual-head")
    page.get_by_role("button", name="No").click()
    expect(page.get_by_role("status")).to_have_text("Thank you.")
    page.get_by_role("button", name="Page before").click()
    expect(page.locator(".manual-pager")).to_contain_text("Page 1 of 2")
    until(page, "document.title.endsWith('page 1')")


def test_a_grid_without_manuals_asks_for_none(tab: Tab) -> None:
    page = tab.open(f"#sel={RECLOSER}&panel=element")
    expect(page.get_by_role("button", name="Outages")).to_be_visible()
    expect(page.get_by_role("button", name="Manuals")).to_have_count(0)
    assert not [url for url in tab.requests if "/api/manuals" in url]
