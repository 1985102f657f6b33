"""Operate switches on paper, and plan."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

import gridtwin
from gridtwin.twin import Twin
from tab import Tab, until

HEAD = "BKR-0000001"


def feature(tab: Tab, mrid: str) -> tuple[str, int]:
    """Return layer and id of an element's feature."""
    found = tab.page.request.get(f"{tab.served.url}api/elements/{mrid}").json()["feature"]
    return found["layer"], found["id"]


def out_with(twin: Twin, switches: dict[str, bool]) -> str:
    """Return how many customers would go out, as the page writes it."""
    customers = twin.network.data.usage_points.customers
    return f"{int(customers[twin.what_if(switches).out].sum()):,}"


def test_opening_a_switch_shows_who_would_go_out(tab: Tab) -> None:
    out = out_with(gridtwin.open(tab.served.home), {HEAD: True})
    page = tab.open(f"#sel={HEAD}&panel=element")
    page.get_by_role("button", name="What if it were opened?").click()
    banner = page.get_by_role("region", name="What-if")
    expect(banner).to_contain_text(f"{out} customers would go out")
    layer, number = feature(tab, HEAD)
    assert tab.evaluate(f"window.gridtwin.painted('tried', '{layer}', {number})") == 7
    assert tab.evaluate("window.gridtwin.count('fate')") > 0
    assert tab.state["whatif"] == f"{HEAD}:o"
    assert tab.evaluate("window.gridtwin.state().customersOut") == 0, "nothing is switched"
    page.get_by_role("button", name="End", exact=True).click()
    expect(banner).to_have_count(0)
    assert tab.evaluate("window.gridtwin.count('fate')") == 0


def test_a_tie_brings_them_back_and_the_view_can_be_shared(tab: Tab) -> None:
    twin = gridtwin.open(tab.served.home)
    (tie, *_) = twin.trace("ties", HEAD).elements
    page = tab.open(f"#panel=whatif&whatif={HEAD}:o,{tie}:c")
    panel = page.get_by_role("region", name="What if", exact=True)
    out = panel.locator(".fates [data-fate=out] dd")
    expect(out).to_have_text(out_with(twin, {HEAD: True, tie: False}))
    switch = panel.get_by_role("switch", name=f"{tie} closed")
    expect(switch).to_have_attribute("aria-checked", "true")
    switch.click()
    expect(out).to_have_text(out_with(twin, {HEAD: True, tie: True}))
    tab.audit(".panel")


def test_what_ifs_and_plans_are_brought_into_view(tab: Tab) -> None:
    page = tab.open()
    lines = gridtwin.open(tab.served.home).trace("downstream", "FUSE-0000001").to_geodataframe()
    west, south, east, north = map(float, lines.total_bounds)
    corners = f"[[{west}, {south}], [{east}, {north}]]"
    seen = f"{corners}.every((at) => window.gridtwin.map.getBounds().contains(at))"
    for question in ("panel=whatif&whatif=FUSE-0000001:o", "panel=plan&fault=FUSE-0000001"):
        tab.evaluate(f"window.gridtwin.map.jumpTo({{center: [{west} - 1, {south}], zoom: 12}})")
        assert not tab.evaluate(seen)
        tab.evaluate("(asked) => { location.hash = asked }", question)
        until(page, f"window.gridtwin.idle && {seen}")


@pytest.mark.long
def test_a_link_is_shown_from_its_own_place(tab: Tab) -> None:
    west, south, *_ = tab.page.request.get(f"{tab.served.url}api").json()["bounds"]
    place = f"13.00/{south:.5f}/{west:.5f}"
    page = tab.open(f"#map={place}&panel=whatif&whatif=FUSE-0000001:o")
    expect(page.get_by_role("region", name="What-if")).to_contain_text("would go out")
    tab.idle()
    assert tab.state["map"] == place


def test_the_plan_for_a_fault_is_listed_and_can_be_tried(tab: Tab) -> None:
    plan = gridtwin.open(tab.served.home).restore("RCL-0000001").document()
    page = tab.open("#sel=RCL-0000001&panel=element")
    page.get_by_role("button", name="Switching plan for a fault here").click()
    panel = page.get_by_role("region", name="Switching plan")
    restored = plan["totals"]["customers_restored"]
    expect(panel.locator(".fates [data-fate=back] dd")).to_have_text(f"{restored:,}")
    steps = panel.locator(".step:not([data-action=trip])")
    expect(steps).to_have_count(len(plan["steps"]))
    expect(panel.locator(".dead-ends li")).to_have_text(plan["dead_beyond"])
    steps.first.hover()
    until(tab.page, "window.gridtwin.count('mark') > 0")
    tab.audit(".panel")
    page.get_by_role("button", name="Show its end as a what-if").click()
    expect(page.get_by_role("region", name="What-if")).to_contain_text("would go out")


def test_switches_towards_dead_ends_are_operated_when_asked_for(tab: Tab) -> None:
    twin = gridtwin.open(tab.served.home)
    lean, every = (twin.restore("RCL-0000001", all_sides=wanted) for wanted in (False, True))
    assert len(lean) < len(every)
    page = tab.open("#fault=RCL-0000001&panel=plan")
    panel = page.get_by_role("region", name="Switching plan")
    steps = panel.locator(".step:not([data-action=trip])")
    expect(steps).to_have_count(len(lean))
    panel.get_by_label("Operate towards dead ends too").check()
    expect(steps).to_have_count(len(every))
    expect(panel.locator(".dead-ends")).to_have_count(0)
    assert tab.state["sides"] == "all"
    tab.audit(".panel")
