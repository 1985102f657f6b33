"""Work is announced from the page, shown on the map, begun and ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import expect

import gridtwin
from served import TOKEN
from tab import Tab, until

SWITCH = "RCL-0000001"


def test_work_is_announced_shown_begun_and_ended(own_tab: Tab, own_home: Path) -> None:
    twin = gridtwin.open(own_home)
    affected = twin.planned.affected([SWITCH])
    page = own_tab.open(f"#sel={SWITCH}&panel=element")
    page.get_by_role("button", name="Announce work here").click()
    form = page.get_by_role("form", name="Announce work")
    expect(form.locator(".figure")).to_contain_text(f"{affected.customers:,} customers")
    until(page, f"window.gridtwin.count('mark') >= {len(affected.points)}")
    own_tab.audit(".panel")
    form.get_by_label("Your name").fill("ann")
    form.get_by_label("Operator token").fill(TOKEN)
    form.get_by_label("Why, for customers").fill("a new recloser")
    form.get_by_role("button", name="Announce").click()
    card = page.get_by_role("article", name="Planned outage P-")
    expect(card).to_contain_text("a new recloser")
    (planned,) = twin.planned.all()
    assert (planned.announced_by, planned.customers) == ("ann", affected.customers)
    assert own_tab.state["planned"] == planned.id
    own_tab.audit(".panel")
    with page.expect_download() as taken:
        card.get_by_role("button", name="Letters (CSV)").click()
    lines = Path(taken.value.path()).read_text().splitlines()
    assert len(lines) == len(affected.points) + 1
    card.get_by_role("button", name="Begin").click()
    expect(card).to_contain_text("ongoing")
    outage = twin.outages.get(twin.planned.get(planned.id).outage)
    assert (outage.planned, outage.customers_out) == (True, affected.customers)
    card.get_by_role("button", name="All are back").click()
    expect(card).to_contain_text("done")
    page.get_by_role("button", name="All outages").click()
    expect(page.get_by_text("No work is announced.")).to_be_visible()
    assert own_tab.evaluate("window.gridtwin.count('mark')") == 0


def test_what_others_announce_appears_by_itself(own_tab: Tab, own_home: Path) -> None:
    page = own_tab.open("#panel=outages")
    expect(page.get_by_text("No work is announced.")).to_be_visible()
    twin = gridtwin.open(own_home)
    start = datetime.now(UTC) + timedelta(days=7)
    planned = twin.planned.announce([SWITCH], start, start + timedelta(hours=4), reason="poles")
    row = page.locator(f"[data-planned='{planned.id}']")
    expect(row).to_contain_text("poles")
    row.click()
    expect(page.get_by_role("article", name=f"Planned outage {planned.id}")).to_be_visible()
