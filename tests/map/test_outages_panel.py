"""The panel of outages: who is out, until when, where; it follows what happens."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

import gridtwin
from gridtwin.erm.job import ErmJob
from rehearsed import a_storm, largest_fuse
from tab import TABLET, Tab


@pytest.fixture(scope="module")
def home(territory: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a twin in the middle of a storm; nobody operates it after."""
    home = Path(shutil.copytree(territory, tmp_path_factory.mktemp("map") / "storm.twin"))
    a_storm(home, stop_at=10)
    return home


def test_open_outages_are_listed_with_the_largest_first(tab: Tab, home: Path) -> None:
    outages = gridtwin.open(home).outages.all()
    page = tab.open("#panel=outages")
    rows = page.locator("[data-outage]")
    expect(rows).to_have_count(len(outages))
    wanted = sorted(outages, key=lambda each: -each.customers_out)
    expect(rows.first).to_contain_text(str(wanted[0].customers_out))
    expect(rows.first).to_contain_text(wanted[0].device)
    total = sum(each.customers_out for each in outages)
    expect(page.locator(".outages-panel .figure")).to_contain_text(f"{total:,}")


def test_filters_narrow_the_list_and_stay_in_the_address(tab: Tab, home: Path) -> None:
    outages = gridtwin.open(home).outages.all()
    page = tab.open("#panel=outages")
    rows = page.locator("[data-outage]")
    expect(rows).to_have_count(len(outages))
    page.get_by_role("searchbox", name="Words").fill(outages[0].device)
    expect(rows).to_have_count(1)
    assert outages[0].device in tab.state["list"]
    page.reload()
    expect(rows).to_have_count(1)
    page.get_by_role("searchbox", name="Words").fill("")
    page.get_by_label("Status").select_option("closed")
    expect(page.get_by_text("No outage passes the filter.")).to_be_visible()


def test_a_chosen_outage_shows_its_area_estimate_and_evidence(own_tab: Tab, own_home: Path) -> None:
    outages = a_storm(own_home, stop_at=12)
    ErmJob(gridtwin.open(own_home)).run("T-1")
    largest = max(outages, key=lambda each: each.customers_out)
    page = own_tab.open("#panel=outages")
    page.locator(f"[data-outage='{largest.id}']").click()
    card = page.get_by_role("article", name=f"Outage {largest.id}")
    expect(card).to_contain_text(f"{largest.customers_out:,} of {largest.customers:,}")
    expect(card.get_by_label("Estimated restoration")).to_contain_text("P80")
    expect(card).to_contain_text("crew assigned")
    assert own_tab.state["outage"] == largest.id
    own_tab.idle()
    assert own_tab.evaluate("!!window.gridtwin.map.getLayer('over-outage-hatch')")
    members = len(gridtwin.open(own_home).outages.members(largest.id))
    assert own_tab.evaluate("window.gridtwin.count('mark')") >= members
    own_tab.audit(".panel")
    page.get_by_role("button", name="All outages").click()
    own_tab.idle()
    assert not own_tab.evaluate("!!window.gridtwin.map.getLayer('over-outage-hatch')")
    assert own_tab.evaluate("window.gridtwin.count('mark')") == 0


def test_a_link_opens_the_outage_it_names(tab: Tab, home: Path) -> None:
    (outage, *_) = gridtwin.open(home).outages.all()
    page = tab.open(f"#panel=outages&outage={outage.id}")
    expect(page.get_by_role("article", name=f"Outage {outage.id}")).to_be_visible()


def test_an_outage_opened_by_another_process_appears_by_itself(
    own_tab: Tab, own_home: Path
) -> None:
    page = own_tab.open("#panel=outages")
    expect(page.get_by_text("Nobody is out.")).to_be_visible()
    twin = gridtwin.open(own_home)
    fuse = largest_fuse(twin)
    twin.switch(fuse, open=True)
    outage = twin.outages.open(fuse, state="normal", cause="vegetation")
    row = page.locator(f"[data-outage='{outage.id}']")
    expect(row).to_be_visible()
    expect(row).to_contain_text("vegetation")
    expect(page.get_by_label("Customers out")).to_contain_text(f"{outage.customers_out:,}")
    twin.switch(fuse, open=False)
    twin.outages.restore(outage.id)
    expect(row).to_have_count(0)


def test_the_list_is_used_by_keys_alone(tab: Tab) -> None:
    page = tab.open()
    page.keyboard.press("o")
    rows = page.locator("[data-outage]")
    expect(rows.first).to_be_visible()
    rows.first.focus()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(rows.last).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("article")).to_be_visible()


def test_the_list_can_be_read_by_everybody(tab: Tab) -> None:
    for theme in ("dark", "light"):
        page = tab.open(f"#panel=outages&theme={theme}")
        expect(page.locator("[data-outage]").first).to_be_visible()
        tab.audit(".panel")
    page.set_viewport_size(TABLET)
    expect(page.locator("[data-outage]").first).to_be_in_viewport()
    tab.audit(".panel")
