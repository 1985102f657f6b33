"""The one-line diagram of a feeder follows its switches, and leads to them on the map."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import expect

import gridtwin
from tab import Tab, until


def test_a_feeder_is_drawn_and_follows_what_is_switched(own_tab: Tab, own_home: Path) -> None:
    twin = gridtwin.open(own_home)
    feeder, head = twin.network.feeders.loc[0, ["mrid", "head"]]
    drawn = twin.schematic(feeder).document()
    page = own_tab.open(f"#sel={head}&panel=element")
    page.get_by_role("button", name=f"One-line diagram of {feeder}").click()
    panel = page.get_by_role("region", name="One-line diagram")
    signs = panel.locator(".schematic-switch")
    expect(signs).to_have_count(len(drawn["switches"]))
    own_tab.audit(".panel")
    customers = sum(each["customers"] for each in drawn["sections"])
    expect(panel.locator(".figure")).to_contain_text(f"0 of {customers:,}")
    sign = panel.get_by_role("button", name=re.compile(f"^{head}, breaker, closed"))
    expect(sign).to_have_attribute("data-open", "false")
    twin.switch(head, open=True)
    opened = panel.get_by_role(
        "button", name=re.compile(f"^{head}, breaker, open, not as designed")
    )
    expect(opened).to_have_attribute("data-open", "true")
    expect(panel.locator(".figure")).to_contain_text(f"{customers:,} of {customers:,}")


def test_a_switch_is_chosen_on_the_map_by_keys(tab: Tab) -> None:
    twin = gridtwin.open(tab.served.home)
    feeder = twin.network.feeders.mrid[0]
    page = tab.open(f"#panel=schematic&feeder={feeder}")
    sign = page.locator(".schematic-switch").nth(1)
    sign.press("Enter")
    expect(sign).to_have_attribute("aria-pressed", "true")
    assert tab.state["panel"] == "schematic"
    assert sign.get_attribute("aria-label", timeout=None).startswith(tab.state["sel"])
    until(page, "window.gridtwin.map.getZoom() >= 16")
