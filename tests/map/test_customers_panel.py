"""Customers on the page: found by name, their card, pairs to decide on; nothing for a viewer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

import gridtwin
from ami_folder import write_readings
from api.conftest import answering
from gridtwin.api.app import create_app
from gridtwin.settings import ServeSettings, SignInSettings
from served import Served
from small_customers import COMPLAINED_AT, fill_customers
from tab import Tab, until

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

QUARTER_S = 900
NAMES = ("Margaret", "Winward", "713-234", "home.example", "Oak St", "A1")


@pytest.fixture
def peopled(own_home: Path) -> gridtwin.Twin:
    """Return the test's own twin with a few customers, one of whom is out and had low voltage."""
    twin = gridtwin.open(own_home)
    head = str(twin.network.feeders["head"].iloc[0])
    point = str(twin.trace("downstream", head).usage_points[0])
    received_s = int(COMPLAINED_AT.timestamp())
    write_readings(
        own_home / "ami",
        [
            (point, received_s + at * QUARTER_S, 1.0, 109.5 if at <= 0 else 119)
            for at in range(-3, 5)
        ],
    )
    fill_customers(twin, point, head)
    return twin


@pytest.fixture
def clerk_tab(
    own_home: Path,
    new_context: Callable[[], BrowserContext],
    watch_tab: Callable[[Page, Served], AbstractContextManager[Tab]],
) -> Iterator[Tab]:
    """Return a page of somebody who may see customers and decide on them."""
    settings = ServeSettings(str(own_home), sign_in=SignInSettings(anonymous="operator"))
    with answering(create_app(settings), settings) as client, new_context() as fresh:
        served = Served(str(client.base_url.join("/")), own_home)
        with watch_tab(fresh.new_page(), served) as tab:
            yield tab


def test_a_clerk_finds_a_customer_by_name_and_sees_the_card(
    peopled: gridtwin.Twin, clerk_tab: Tab
) -> None:
    page = clerk_tab.open("")
    page.get_by_role("button", name="Customers", exact=True).click()
    panel = page.locator(".panel")
    panel.get_by_label("Search by").select_option("name")
    panel.get_by_role("searchbox", name="Customer").fill("winward")
    panel.get_by_role("button", name="Search").click()
    found = panel.get_by_role("button", name="Margaret Winward 12 Oak St")
    expect(found).to_contain_text("2 records")
    clerk_tab.audit(".panel")
    found.click()
    card = panel.get_by_role("article", name="Customer")
    expect(card).to_contain_text("1 place out now")
    expect(card).to_contain_text("tree")
    complaints = card.get_by_role("region", name="Complaints of voltage")
    expect(complaints).to_contain_text("109.5 to 109.5 V in the week before")
    expect(complaints).to_contain_text("4 of 4 intervals; within the ranges since then")
    expect(card).to_contain_text("1,234.5 kWh from 2026-06-01 to 2026-07-01, estimated")
    clerk_tab.audit(".panel")
    assert clerk_tab.state == {"panel": "customers"}, "the address tells nobody who was looked for"
    questions = [row[2] for row in peopled.customers.privacy.list_lookups()]
    assert questions[:2] == ["card", "search by name"]


def test_a_clerk_decides_on_a_pair_that_the_model_is_not_sure_of(
    peopled: gridtwin.Twin, clerk_tab: Tab
) -> None:
    before = peopled.store.customers.count_links()["review"]
    page = clerk_tab.open("#panel=customers")
    panel = page.locator(".panel")
    panel.get_by_role("button", name="Review pairs").click()
    pair = panel.get_by_role("article", name="Pair of records")
    expect(pair.get_by_role("columnheader")).to_have_count(3)
    clerk_tab.audit(".panel")
    left, right = pair.get_by_role("columnheader").all_text_contents()[1:]
    pair.get_by_role("button", name="Two parties").click()
    left_to_do = f"{before - 1} pair" if before > 1 else "No pair is left"
    expect(panel).to_contain_text(left_to_do)
    assert peopled.store.customers.list_labels() == [(*sorted((left, right)), False)]
    parties = peopled.store.customers.read_parties()
    assert parties[left] != parties[right]
    clerk_tab.audit(".panel")


def test_a_viewer_is_offered_no_customers_and_told_no_names(
    peopled: gridtwin.Twin, own_tab: Tab
) -> None:
    page = own_tab.open("#panel=customers")
    until(page, "!!window.gridtwin")
    expect(page.get_by_role("button", name="Outages")).to_be_visible()
    expect(page.get_by_role("button", name="Customers", exact=True)).to_have_count(0)
    expect(page.get_by_role("searchbox", name="Customer")).to_have_count(0)
    told = page.evaluate("() => fetch('/api/customers/card?of=A1').then((answer) => answer.text())")
    assert '"out_now": 1' in told or '"out_now":1' in told
    assert not any(f'"{name}' in told for name in NAMES)
    assert peopled.customers.privacy.list_lookups() == []
