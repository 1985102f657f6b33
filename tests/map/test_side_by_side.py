"""Two maps side by side: two states or moments at one place, and what differs in words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, Page, expect

import gridtwin
from rehearsed import largest_fuse
from tab import TABLET, Tab, until

if TYPE_CHECKING:
    from gridtwin.twin import Twin

LEFT, RIGHT = "window.gridtwin", "window.gridtwin.beside"
HEAD = "BKR-0000001"


def region(page: Page) -> Locator:
    return page.get_by_role("region", name="Side by side")


def side(page: Page, name: str) -> Locator:
    return region(page).get_by_role("group", name=name)


def difference(page: Page) -> Locator:
    return region(page).get_by_role("status")


def place(tab: Tab, hook: str) -> str:
    """Return where the camera of a map stands."""
    return str(tab.evaluate(f"JSON.stringify([{hook}.map.getCenter(), {hook}.map.getZoom()])"))


def leave_moment(twin: Twin, fuse: str) -> str:
    """Open a fuse and close it again; return when it stood open."""
    twin.switch(fuse, open=True)
    (event,) = list(twin.watch(0, timeout_s=0))
    twin.switch(fuse, open=False)
    return event.at.replace("+00:00", "Z")


def test_what_is_switched_is_held_against_the_design(own_tab: Tab, own_home: Path) -> None:
    twin = gridtwin.open(own_home)
    fuse = largest_fuse(twin)
    customers = twin.trace("downstream", fuse).customers
    twin.switch(fuse, open=True)
    page = own_tab.open()
    assert not [url for url in own_tab.requests if "SideBySide" in url], "it waits to be opened"

    page.keyboard.press("d")
    expect(side(page, "Left")).to_contain_text("0 without supply")
    expect(side(page, "Right")).to_contain_text(f"{customers:,} without supply")
    expect(difference(page)).to_contain_text(f"{customers:,} more right")
    assert own_tab.state == own_tab.state | {"left": "normal", "right": "now"}

    until(page, f"{LEFT}.idle && {RIGHT}?.idle && {RIGHT}.count('supply') > 0")
    feature = page.request.get(f"{own_tab.served.url}api/elements/{fuse}").json()["feature"]
    this = f"'{feature['layer']}', {feature['id']}"
    assert own_tab.evaluate(f"[{LEFT}, {RIGHT}].map(map => map.painted('open', {this}))")[0] == 0
    assert own_tab.evaluate(f"{RIGHT}.painted('open', {this})") > 0
    assert own_tab.evaluate(f"{LEFT}.count('supply')") == 0
    for hook in (LEFT, RIGHT):
        assert own_tab.evaluate(f"{hook}.painted('differs', {this})") == 1

    twin.switch(fuse, open=False)
    expect(difference(page)).to_contain_text("No difference")
    until(page, f"{RIGHT}.count('supply') === 0 && {LEFT}.count('differs') === 0")
    region(page).get_by_role("button", name="Close the second map").click()
    until(page, f"{RIGHT} === null")
    assert not {"left", "right"} & set(own_tab.state)


def test_a_link_keeps_a_past_moment_and_a_what_if(own_tab: Tab, own_home: Path) -> None:
    twin = gridtwin.open(own_home)
    fuse = largest_fuse(twin)
    past = twin.trace("downstream", fuse).customers
    at = leave_moment(twin, fuse)
    tried = twin.what_if({HEAD: True})
    dark = int(twin.network.data.usage_points.customers[tried.out].sum())

    page = own_tab.open(f"#left={at}&right=whatif&whatif={HEAD}:o")
    expect(side(page, "Left")).to_contain_text(f"{past:,} without supply")
    expect(side(page, "Right")).to_contain_text(f"{dark:,} without supply")
    expect(difference(page)).to_contain_text(f"{dark - past:,} more right")
    until(page, f"{LEFT}.count('supply') > 0 && {RIGHT}?.count('supply') > 0")
    assert own_tab.evaluate(f"{LEFT}.count('fate')") == 0, "the what-if has a map of its own"


@pytest.mark.long
def test_two_maps_move_as_one(own_tab: Tab) -> None:
    page = own_tab.open("#left=normal&right=now")
    until(page, f"{LEFT}.idle && {RIGHT}?.idle")
    before = place(own_tab, LEFT)
    for name in ("Map on the right", "Map on the left"):
        page.get_by_role("region", name=name).press("+")
        until(page, f"{LEFT}.idle && {RIGHT}.idle")
        assert place(own_tab, LEFT) == place(own_tab, RIGHT) != before
        before = place(own_tab, LEFT)


@pytest.mark.long
def test_two_maps_can_be_read_by_everybody_and_on_a_tablet(own_tab: Tab, own_home: Path) -> None:
    twin = gridtwin.open(own_home)
    at = leave_moment(twin, largest_fuse(twin))
    page = own_tab.open(f"#left={at}&right=whatif&whatif={HEAD}:o")
    until(page, f"{LEFT}.count('supply') > 0 && {RIGHT}?.count('supply') > 0")
    for theme in ("dark", "light"):
        page.evaluate("t => { location.hash += `&theme=${t}` }", theme)
        own_tab.audit(".beside")

    page.set_viewport_size(TABLET)
    shown = side(page, "Left").get_by_label("Left map shows")
    expect(shown).to_be_in_viewport()
    shown.select_option("Now")
    expect(side(page, "Left")).to_contain_text("0 without supply")
    until(page, f"{LEFT}.count('supply') === 0")
    page.go_back()
    expect(page.get_by_label("Moment on the left")).to_be_visible()
    until(page, f"{LEFT}.count('supply') > 0")
