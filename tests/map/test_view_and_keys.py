"""Every view is a link; every deed has a key."""

from __future__ import annotations

from playwright.sync_api import expect

from tab import Tab, until


def test_a_link_brings_back_the_whole_view(tab: Tab) -> None:
    place = "14.00/29.75026/-95.36697"
    page = tab.open(
        f"#map={place}&panel=element&sel=RCL-0000001&mode=voltage&theme=light&trace=upstream:RCL-0000001"
    )
    expect(page.get_by_role("heading", name="RCL-0000001", exact=True)).to_be_visible()
    expect(page.get_by_role("region", name="Trace")).to_contain_text("Upstream of RCL-0000001")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    assert tab.evaluate("window.gridtwin.map.getStyle().name") == "gridtwin light"
    assert tab.state["mode"] == "voltage"


def test_moving_the_map_changes_the_link_and_back_undoes_a_choice(tab: Tab) -> None:
    page = tab.open()
    tab.evaluate("void window.gridtwin.map.jumpTo({zoom: 13})")
    until(tab.page, "window.location.hash.includes('map=13')")
    page.keyboard.press("e")
    until(tab.page, "window.location.hash.includes('panel=element')")
    page.go_back()
    until(tab.page, "!window.location.hash.includes('panel=')")
    expect(page.get_by_role("region", name="Element")).to_have_count(0)
    assert tab.state["map"].startswith("13")


def test_a_broken_link_is_a_plain_view(tab: Tab) -> None:
    page = tab.open("#map=x/y/z&trace=nonsense:A&whatif=%E0%A4%A&mode=pink&theme=blue&panel=none")
    expect(page.get_by_role("region", name="Trace")).to_have_count(0)
    assert tab.evaluate("window.gridtwin.map.getZoom()") > 5


def test_the_theme_is_switched_without_new_geometry(tab: Tab) -> None:
    page = tab.open("#theme=dark")
    tiles = len([url for url in tab.requests if "/tiles/" in url])
    page.keyboard.press("t")
    until(tab.page, "window.gridtwin.map.getStyle().name === 'gridtwin light'")
    tab.idle()
    assert tab.state["theme"] == "light"
    assert len([url for url in tab.requests if "/tiles/" in url]) == tiles


def test_a_question_mark_shows_the_keys_and_escape_closes(tab: Tab) -> None:
    page = tab.open()
    page.keyboard.press("?")
    help_box = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(help_box).to_contain_text("Search")
    expect(help_box).to_contain_text("Whole territory")
    tab.audit("dialog")
    page.keyboard.press("Escape")
    expect(help_box).to_have_count(0)


def test_everything_is_reached_by_tab_with_a_visible_focus(tab: Tab) -> None:
    page = tab.open("#sel=RCL-0000001&panel=element")
    page.get_by_role("heading", name="RCL-0000001", exact=True).wait_for()
    page.evaluate("document.activeElement.blur()")
    seen: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        name, outlined = page.evaluate(
            """() => {
              const at = document.activeElement;
              if (at === document.body) return ['', true];  // between the last and the first
              const shown = (e) => getComputedStyle(e).outlineStyle !== 'none';
              const box = at.closest('.search-field');
              return [at.getAttribute('aria-label') || at.textContent.trim().slice(0, 40),
                      shown(at) || (box !== null && shown(box))];
            }"""
        )
        assert outlined, f"the focus cannot be seen on {name!r}"
        seen.append(name)
    for wanted in ("Go to search", "Search the grid", "Downstream", "Close Element", "Zoom in"):
        assert wanted in seen


def test_keys_move_the_map(tab: Tab) -> None:
    page = tab.open()
    before = tab.evaluate("window.gridtwin.map.getZoom()")
    page.keyboard.press("+")
    until(tab.page, f"window.gridtwin.map.getZoom() > {before} + 0.9")
    page.keyboard.press("0")
    until(tab.page, f"Math.abs(window.gridtwin.map.getZoom() - {before}) < 0.3")
