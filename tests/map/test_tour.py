"""A newcomer is shown around in five steps, once, by keys alone if wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from served import Served
from tab import VIEW, Tab

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from playwright.sync_api import Browser, Page

STEPS = 5


@pytest.fixture
def newcomer(
    browser: Browser,
    server: Served,
    watch_tab: Callable[[Page, Served], AbstractContextManager[Tab]],
) -> Iterator[Tab]:
    """Return the page of somebody who was never here."""
    with (
        browser.new_context(viewport=VIEW, reduced_motion="reduce") as fresh,
        watch_tab(fresh.new_page(), server) as tab,
    ):
        yield tab


def test_a_newcomer_is_shown_around_once(newcomer: Tab) -> None:
    page = newcomer.open()
    tour = page.get_by_role("region", name="Tour of the page")
    expect(tour).to_contain_text("New here?")
    tour.get_by_role("button", name="Show me around").press("Enter")
    expect(tour).to_be_focused()
    for step in range(1, STEPS + 1):
        expect(tour).to_contain_text(f"{step} of {STEPS}")
        expect(page.locator(".toured")).to_have_count(1)
        newcomer.audit(".tour")
        page.keyboard.press("ArrowRight")
    expect(tour).to_have_count(0)
    expect(page.locator(".toured")).to_have_count(0)
    page.reload()
    newcomer.idle()
    page.keyboard.press("?")
    page.get_by_role("button", name="Show me around").click()
    page.keyboard.press("Escape")
    expect(tour).to_have_count(0)
    assert page.evaluate("localStorage.getItem('gridtwin.toured')") == "1"


def test_the_tour_is_skipped_with_one_click(newcomer: Tab) -> None:
    page = newcomer.open()
    tour = page.get_by_role("region", name="Tour of the page")
    tour.get_by_role("button", name="No, thanks").click()
    expect(tour).to_have_count(0)
    assert page.evaluate("localStorage.getItem('gridtwin.toured')") == "1"
