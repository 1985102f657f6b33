"""The panel of areas: draw or upload one, and the answers are those of the twin itself."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

import gridtwin
from gridtwin.twin import Twin
from tab import TABLET, Tab


def middle(twin: Twin, share: float = 0.3) -> list[list[float]]:
    """Return the corners of a box around the middle of a territory."""
    xy = twin.store.network.data.usage_points.xy
    west, south = np.quantile(xy, 0.5 - share, axis=0)
    east, north = np.quantile(xy, 0.5 + share, axis=0)
    return [[west, south], [east, south], [east, north], [west, north]]


def polygon(ring: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def asked(tab: Tab) -> dict[str, Any]:
    """Return the polygon that the page has asked of last."""
    posted = [body for path, body in tab.posted if path == "/api/intersect"]
    area: dict[str, Any] = posted[-1]["polygon"]
    return area


def draw(tab: Tab, ring: list[list[float]]) -> None:
    """Click the corners of a ring on the map."""
    box = tab.page.locator(".map").bounding_box()
    assert box
    for corner in ring:
        at = tab.evaluate("c => { const p = gridtwin.map.project(c); return [p.x, p.y] }", corner)
        tab.page.mouse.click(box["x"] + at[0], box["y"] + at[1])


@pytest.fixture
def panel(tab: Tab) -> Page:
    tab.page.set_viewport_size({"width": 1600, "height": 1000})
    return tab.open("#panel=area")


def test_a_drawn_polygon_says_who_is_inside(tab: Tab, home: Path, panel: Page) -> None:
    twin = gridtwin.open(home)
    panel.get_by_role("button", name="Draw an area").click()
    draw(tab, middle(twin, 0.1))
    panel.keyboard.press("Enter")
    inside = panel.get_by_text("customers inside")
    expect(inside).to_be_visible()
    found = twin.intersect(asked(tab))
    expect(inside).to_contain_text(f"{int(found.customers.sum()):,} customers inside")
    assert len(found)
    assert "panel=element" not in panel.url  # the clicks chose nothing
    tab.idle()
    assert tab.evaluate("!!gridtwin.map.getLayer('over-area-hatch')")
    assert tab.evaluate("gridtwin.count('mark')") >= len(found)


def test_who_would_be_out_is_what_a_storm_of_the_twin_says(
    tab: Tab, home: Path, panel: Page
) -> None:
    twin = gridtwin.open(home)
    panel.get_by_role("button", name="Draw an area").click()
    draw(tab, middle(twin, 0.08))
    panel.keyboard.press("Enter")
    section = panel.get_by_label("If all of it is damaged", exact=True).first
    for scope in ("element", "trip"):
        panel.get_by_role("combobox", name="If all of it is damaged").select_option(scope)
        storm = twin.storm(asked(tab), scope=scope)
        expect(section.get_by_role("status")).to_contain_text(f"{storm.customers:,} customers out")


def test_corners_are_moved_added_and_removed(tab: Tab, home: Path, panel: Page) -> None:
    panel.get_by_role("button", name="Draw an area").click()
    draw(tab, middle(gridtwin.open(home), 0.1))
    panel.keyboard.press("Enter")
    corners = panel.locator(".handle:not(.handle-middle)")
    expect(corners).to_have_count(4)
    before = tab.state["area"]
    box = corners.nth(2).bounding_box()
    assert box
    panel.mouse.move(box["x"] + 13, box["y"] + 13)
    panel.mouse.down()
    panel.mouse.move(box["x"] + 60, box["y"] - 20, steps=4)
    panel.mouse.up()
    assert tab.state["area"] != before
    panel.get_by_role("button", name="Add a corner to side 1").click()
    expect(corners).to_have_count(5)
    corners.nth(1).press("ArrowDown")
    corners.nth(1).press("Delete")
    expect(corners).to_have_count(4)


def test_a_polygon_is_drawn_by_keys_alone(tab: Tab, panel: Page) -> None:
    panel.get_by_role("button", name="Draw an area").click()
    for at in ([-95.37, 29.75], [-95.36, 29.75], [-95.365, 29.76]):
        tab.evaluate("c => void gridtwin.map.jumpTo({ center: c })", at)
        panel.locator(".map canvas").focus()
        panel.keyboard.press("Space")
    expect(panel.get_by_text("3 corners")).to_be_visible()
    panel.keyboard.press("Backspace")
    expect(panel.get_by_text("2 corners")).to_be_visible()
    panel.keyboard.press("Space")
    panel.keyboard.press("Enter")
    expect(panel.get_by_text("customers inside")).to_be_visible()


def test_sides_that_cross_are_told(tab: Tab, home: Path, panel: Page) -> None:
    a, b, c, d = middle(gridtwin.open(home), 0.1)
    panel.get_by_role("button", name="Draw an area").click()
    draw(tab, [a, c, b, d])
    expect(panel.get_by_text("Sides 1 and 3 cross")).to_be_visible()
    expect(panel.get_by_role("button", name="Done")).to_be_disabled()
    panel.keyboard.press("Escape")
    expect(panel.get_by_role("button", name="Done")).to_have_count(0)


def test_a_link_opens_the_area(tab: Tab, home: Path, panel: Page) -> None:
    panel.get_by_role("button", name="Draw an area").click()
    draw(tab, middle(gridtwin.open(home), 0.1))
    panel.keyboard.press("Enter")
    text = panel.get_by_text("customers inside").text_content()
    panel.reload()
    tab.idle()
    expect(panel.get_by_text("customers inside")).to_have_text(text or "")


def test_an_uploaded_file_is_asked_about(home: Path, panel: Page, tmp_path: Path) -> None:
    twin = gridtwin.open(home)
    area = polygon(middle(twin))
    point = {"type": "Point", "coordinates": [0, 0]}
    features = [{"type": "Feature", "properties": {}, "geometry": each} for each in (area, point)]
    file = tmp_path / "damage.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    panel.get_by_label("GeoJSON file").set_input_files(file)
    customers = int(twin.intersect(area).customers.sum())
    expect(panel.get_by_text("customers inside")).to_contain_text(f"{customers:,}")
    expect(panel.get_by_text("1 without an area left out")).to_be_visible()


def test_a_wrong_file_is_refused_with_its_reason(panel: Page, tmp_path: Path) -> None:
    planar = json.dumps(polygon([[271_000, 3.2e6], [272_000, 3.2e6], [272_000, 3.3e6]]))
    for name, text, reason in (
        ("words", "POLYGON ((0 0, 1 1))", "is no JSON"),
        ("point", '{"type": "Point", "coordinates": [0, 0]}', "holds no polygon"),
        ("planar", planar, "EPSG:4326"),
    ):
        file = tmp_path / f"{name}.geojson"
        file.write_text(text)
        panel.get_by_label("GeoJSON file").set_input_files(file)
        expect(panel.get_by_role("alert")).to_contain_text(file.name)
        expect(panel.get_by_role("alert")).to_contain_text(reason)


def test_the_answer_can_be_taken_away(tab: Tab, home: Path, panel: Page) -> None:
    twin = gridtwin.open(home)
    panel.get_by_role("button", name="Draw an area").click()
    draw(tab, middle(twin, 0.1))
    panel.keyboard.press("Enter")
    expect(panel.get_by_text("customers inside")).to_be_visible()
    with panel.expect_download() as taken:
        panel.get_by_role("button", name="Meters as CSV").click()
    rows = list(csv.DictReader(StringIO(taken.value.path().read_text())))
    assert sorted(row["usage_point"] for row in rows) == sorted(twin.intersect(asked(tab)).mrid)
    with panel.expect_download() as taken:
        panel.get_by_role("button", name="Summary as CSV").click()
    summary = list(csv.DictReader(StringIO(taken.value.path().read_text())))
    assert {"customers", "feeder", "equipment"} <= {row["what"] for row in summary}
    with panel.expect_download() as taken:
        panel.get_by_role("button", name="Area as GeoJSON").click()
    assert json.loads(taken.value.path().read_text())["features"][0]["geometry"] == asked(tab)


def test_the_panel_can_be_used_by_everybody(tab: Tab, home: Path, panel: Page) -> None:
    panel.get_by_role("button", name="Draw an area").click()
    draw(tab, middle(gridtwin.open(home), 0.1))
    tab.audit(".panel")
    panel.keyboard.press("Enter")
    expect(panel.get_by_text("customers inside")).to_be_visible()
    tab.audit(".stage")
    panel.evaluate("() => { location.hash += '&theme=light' }")
    tab.audit(".panel")
    panel.set_viewport_size(TABLET)
    expect(panel.get_by_role("button", name="Draw an area")).to_be_in_viewport()
