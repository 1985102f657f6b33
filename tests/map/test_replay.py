"""The time slider plays a storm back from the log, and never lets the past pass for the present."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

import gridtwin
from rehearsed import a_storm, largest_fuse
from served import Served
from tab import TABLET, Tab, until

PAST = ".past-banner"
OUT = "window.gridtwin.count('supply')"


@pytest.fixture(scope="module")
def home(territory: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a twin that a storm has passed over; nobody operates it after."""
    home = Path(shutil.copytree(territory, tmp_path_factory.mktemp("map") / "stormed.twin"))
    a_storm(home)
    return home


@pytest.fixture
def replay(tab: Tab) -> Page:
    return begin(tab)


def begin(tab: Tab) -> Page:
    """Open the replay."""
    page = tab.open()
    assert tab.evaluate(OUT) == 0
    page.get_by_role("button", name="Replay").click()
    expect(page.get_by_role("slider", name="Moment shown")).to_be_visible()
    return page


def test_the_map_shows_the_past_and_says_so(tab: Tab, replay: Page) -> None:
    slider = replay.get_by_role("slider", name="Moment shown")
    slider.focus()
    replay.keyboard.press("Home")
    replay.keyboard.press("ArrowRight")
    expect(replay.locator(PAST)).to_contain_text("The map shows the past")
    until(replay, f"{OUT} > 0")
    assert "at" in tab.state
    replay.get_by_role("button", name="Back to live").click()
    expect(replay.locator(PAST)).to_have_count(0)
    until(replay, f"{OUT} === 0")
    assert "at" not in tab.state


def test_every_moment_shows_what_the_log_says(tab: Tab, home: Path, replay: Page) -> None:
    slider = replay.get_by_role("slider", name="Moment shown")
    slider.focus()
    replay.keyboard.press("Home")
    for _ in range(3):
        replay.keyboard.press("ArrowRight")
    expect(replay.locator(".replay-now[aria-busy=false]")).to_be_visible()
    at = tab.state["at"].replace("Z", "+00:00")
    past = gridtwin.open(home).at(at)
    situation = past.situation()
    points = situation.data.usage_points
    dark = int((~situation.is_supplied[points.node]).sum())
    until(
        replay,
        "n => window.gridtwin.count('supply') > 0"
        " && document.querySelector('.past-banner').textContent.includes(n)",
        f"{dark:,}",
    )


def test_play_runs_to_the_end_and_pause_stands_still(
    new_context: Callable[[], BrowserContext], server: Served
) -> None:
    with new_context() as own, own.new_page() as page:  # the clock is that of a whole context
        tab = Tab(page, server)
        play_and_pause(tab, begin(tab))


def play_and_pause(tab: Tab, replay: Page) -> None:
    replay.get_by_role("slider", name="Moment shown").press("Home")
    replay.clock.install()
    replay.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))
    replay.get_by_role("button", name="Play", exact=True).click()
    first = tab.state["at"]
    replay.clock.run_for(500)
    until(replay, "at => !location.hash.includes(encodeURIComponent(at))", first)
    replay.get_by_role("button", name="Pause").click()
    stood = tab.state["at"]
    replay.clock.run_for(2_000)
    assert tab.state["at"] == stood
    replay.get_by_role("button", name="Play", exact=True).click()
    replay.clock.run_for(200_000)
    expect(replay.get_by_role("button", name="Play", exact=True)).to_be_visible()


def test_a_link_opens_the_past(own_tab: Tab, own_home: Path) -> None:
    twin = gridtwin.open(own_home)
    fuse = largest_fuse(twin)
    twin.switch(fuse, open=True)
    (event,) = list(twin.watch(0, timeout_s=0))
    twin.switch(fuse, open=False)
    at = event.at.replace("+00:00", "Z")
    page = own_tab.open(f"#at={at}")
    expect(page.locator(PAST)).to_be_visible()
    until(page, f"{OUT} > 0")


def test_what_happens_meanwhile_does_not_show_until_it_is_live_again(
    own_tab: Tab, own_home: Path
) -> None:
    a_storm(own_home)
    replay = begin(own_tab)
    replay.get_by_role("slider", name="Moment shown").press("Home")
    expect(replay.locator(PAST)).to_be_visible()
    until(replay, f"{OUT} === 0")
    twin = gridtwin.open(own_home)
    version = twin.switch(largest_fuse(twin), open=True).version
    until(replay, "v => window.gridtwin.state().version === v", version)
    assert own_tab.evaluate(OUT) == 0
    replay.get_by_role("button", name="Back to live").click()
    until(replay, f"{OUT} > 0")


def test_the_replay_can_be_used_by_everybody(tab: Tab, replay: Page) -> None:
    replay.get_by_role("slider", name="Moment shown").press("Home")
    for theme in ("dark", "light"):
        replay.evaluate("t => { location.hash += `&theme=${t}` }", theme)
        tab.audit(".replay")
    replay.set_viewport_size(TABLET)
    expect(replay.get_by_role("button", name="Play", exact=True)).to_be_in_viewport()
    replay.get_by_role("button", name="Close the replay").click()
    assert not {"at", "replay"} & set(tab.state)
