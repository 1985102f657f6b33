"""A view goes to paper and into a file, and the legend says what its signs mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.image import imread
from playwright.sync_api import expect

from rehearsed import a_storm
from tab import Tab, until


def test_a_picture_has_the_map_the_title_and_the_legend(drawn_tab: Tab, own_home: Path) -> None:
    a_storm(own_home, stop_at=8)
    page = drawn_tab.open("#panel=print")
    page.get_by_label("Title").fill("After the storm")
    with page.expect_download() as taken:
        page.get_by_role("button", name="Save as PNG").click()
    assert taken.value.suggested_filename.startswith("gridtwin-map-")
    picture = imread(taken.value.path(), format="png")
    box = page.locator(".map canvas").bounding_box()
    assert box
    height, width = picture.shape[:2]
    assert width == round(box["width"])
    assert height > box["height"] + 100  # head and legend
    head, ground = picture[:58], picture[58 : 58 + int(box["height"])]
    foot = picture[58 + int(box["height"]) :]
    for part in (head, ground, foot):
        assert len(np.unique(part.reshape(-1, part.shape[-1]), axis=0)) > 10


def test_printing_prints_the_sheet_alone(tab: Tab) -> None:
    page = tab.open("#panel=print")
    page.evaluate("() => { window.print = () => { window.printed = true } }")
    page.get_by_role("button", name="Print or save as PDF").click()
    until(page, "window.printed")
    page.emulate_media(media="print")
    expect(page.locator(".print-sheet img")).to_be_visible()
    expect(page.locator("#root")).to_be_hidden()
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    page.emulate_media(media="screen")
    page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    expect(page.locator(".print-sheet")).to_have_count(0)


def test_the_legend_follows_how_lines_are_colored(tab: Tab) -> None:
    page = tab.open()
    page.keyboard.press("l")
    legend = page.get_by_role("region", name="Legend")
    expect(legend.get_by_text("no supply")).to_be_visible()
    expect(legend.get_by_text("Lines by feeder")).to_be_visible()
    legend.get_by_label("Color by").select_option("voltage")
    expect(legend.get_by_text("10 to 20 kV")).to_be_visible()
    assert tab.state == tab.state | {"legend": "open", "mode": "voltage"}
    for theme in ("dark", "light"):
        page.evaluate("t => { location.hash += `&theme=${t}` }", theme)
        tab.audit(".legend")


def test_the_print_panel_can_be_used_by_everybody(tab: Tab) -> None:
    tab.open("#panel=print&theme=dark")
    tab.audit(".panel")
    tab.open("#panel=print&theme=light")
    tab.audit(".panel")
