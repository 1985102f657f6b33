"""Ask what is at a place, measure, and share both."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tab import Tab, until

FUSE = "FUSE-0000001"


@pytest.mark.long
def test_a_place_is_asked_about_measured_and_shared(tab: Tab) -> None:
    lon, lat = tab.page.request.get(f"{tab.served.url}api/elements/{FUSE}").json()["at"]
    page = tab.open(f"#map=17.00/{lat:.5f}/{lon:.5f}")
    at = tab.evaluate(f"window.gridtwin.map.project([{lon}, {lat}])")
    box = page.locator(".map canvas").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + at["x"], box["y"] + at["y"], button="right")
    panel = page.get_by_role("region", name="Place")
    shown_lat, shown_lon = map(float, panel.locator("[data-place]").inner_text().split(","))
    assert (shown_lat, shown_lon) == pytest.approx((lat, lon), abs=1e-4)
    expect(panel.get_by_role("button", name=FUSE)).to_be_visible()
    panel.get_by_role("button", name="Measure from here").click()
    page.mouse.click(box["x"] + at["x"] + 150, box["y"] + at["y"])
    distance = panel.locator("[data-distance]")
    # 150 pixels of 40,075 km / (512 * 2^17), narrowed by the latitude
    meters = 150 * 0.59716 * 0.868
    assert float(distance.get_attribute("data-distance") or "nan") == pytest.approx(
        meters, rel=0.02
    )
    assert "sel" not in tab.state, "a click that measures chooses nothing"
    tab.audit(".panel")
    link = page.url
    page.goto("about:blank")
    page.goto(link)
    until(page, "window.gridtwin && window.gridtwin.idle")
    expect(panel.locator("[data-distance]")).to_be_visible()
