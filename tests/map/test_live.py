"""The page follows the grid: by itself, at once, through a dead server too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, expect

import gridtwin
from served import TOKEN, serve
from tab import Tab, until

HEAD = "BKR-0000001"


def operate(tab: Tab, mrid: str, *, open_it: bool) -> None:
    """Switch as an operator does."""
    said = tab.page.request.post(
        f"{tab.served.url}api/switch",
        data={"mrid": mrid, "open": open_it},
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    assert said.ok, said.text()


def test_what_is_switched_appears_without_new_geometry(own_tab: Tab) -> None:
    page = own_tab.open()
    until(own_tab.page, "window.gridtwin.state().link === 'live'")
    tiles = len([url for url in own_tab.requests if "/tiles/" in url])
    out = gridtwin.open(own_tab.served.home).trace("downstream", HEAD).customers
    operate(own_tab, HEAD, open_it=True)
    expect(page.get_by_label("Customers out")).to_have_text(f"{out:,} customers out")
    assert own_tab.evaluate("window.gridtwin.count('supply')") > out / 2
    expect(page.locator(".status")).to_contain_text("1 of 1 substations affected")
    operate(own_tab, HEAD, open_it=False)
    expect(page.get_by_label("Customers out")).to_have_text("0 customers out")
    until(own_tab.page, "window.gridtwin.count('supply') === 0")
    assert len([url for url in own_tab.requests if "/tiles/" in url]) == tiles


def test_an_open_panel_keeps_up(own_tab: Tab) -> None:
    page = own_tab.open(f"#sel={HEAD}&panel=element&trace=downstream:{HEAD}")
    panel = page.get_by_role("region", name="Element")
    expect(panel).to_contain_text("Closed")
    operate(own_tab, HEAD, open_it=True)
    expect(panel).to_contain_text("Open (normally closed)")


def test_another_program_may_switch(own_tab: Tab) -> None:
    page = own_tab.open()
    until(own_tab.page, "window.gridtwin.state().link === 'live'")
    gridtwin.open(own_tab.served.home).switch(HEAD, open=True)
    expect(page.get_by_label("Customers out")).not_to_have_text("0 customers out")


def test_a_dead_server_is_said_and_survived_without_a_reload(
    new_context: Callable[[], BrowserContext], own_home: Path
) -> None:
    context = new_context()
    try:
        with serve(own_home) as first:
            port = int(first.url.rstrip("/").rpartition(":")[2])
            tab = Tab(context.new_page(), first)
            page = tab.open()
            until(tab.page, "window.gridtwin.state().link === 'live'")
            page.evaluate("window.stillHere = true")
            first.stop()
            expect(page.get_by_role("alert")).to_contain_text("The server is gone.")
            expect(page.locator(".status")).to_contain_text("No connection")
            tab.audit("body")
        gridtwin.open(own_home).switch(HEAD, open=True)
        with serve(own_home, port=port):
            until(tab.page, "window.gridtwin.state().link === 'live'")
            expect(page.get_by_label("Customers out")).not_to_have_text("0 customers out")
            expect(page.get_by_text("The server is back.").first).to_be_attached()
            assert page.evaluate("window.stillHere")
            assert tab.evaluate("window.gridtwin.count('supply')") > 0
    finally:
        context.close()


def test_a_page_opened_before_its_server_waits_for_it(tab: Tab) -> None:
    tab.expected.append("503|500")
    tab.page.route("**/api", lambda route: route.fulfill(status=503, body="{}"))
    tab.page.goto(tab.served.url)
    expect(tab.page.get_by_role("alert")).to_contain_text("The server is gone.")
    tab.page.unroute("**/api")
    # The page tries again by itself, too, and may have been quicker: then no button is left.
    again = tab.page.get_by_role("button", name="Try now")
    again.evaluate_all("buttons => buttons.forEach(button => button.click())")
    tab.idle()
