"""Operate from the page: look, confirm, tag, carry out a plan, send a crew, end an outage."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

import gridtwin
from gridtwin.model.crews import Crew, CrewPosition
from served import TOKEN
from tab import Tab, until

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

HEAD = "BKR-0000001"


def sign(form: Locator, name: str = "ann") -> None:
    """Say who acts; the page remembers it."""
    form.get_by_label("Your name").fill(name)
    form.get_by_label("Operator token").fill(TOKEN)


def test_a_switch_is_looked_at_tagged_and_operated(own_tab: Tab, own_home: Path) -> None:
    twin = gridtwin.open(own_home)
    seen = twin.operations.preview(HEAD, open=True)
    lost = f"{seen.document()['lost']['customers']:,}"
    page = own_tab.open(f"#sel={HEAD}&panel=element")
    section = page.get_by_role("region", name="Operate")
    section.get_by_role("button", name="Open ...").click()
    form = section.get_by_role("form", name="Confirm the operation")
    expect(form.locator(".fates [data-fate=out] dd")).to_have_text(lost)
    until(page, "window.gridtwin.count('fate') > 0")
    own_tab.audit(".panel")
    # Another person hangs a tag while this one looks: the page forbids it at once.
    tag = twin.operations.place_tag(HEAD, "crew 7 at work", actor="eve")
    expect(form.get_by_role("alert")).to_contain_text("crew 7 at work")
    confirm = form.get_by_role("button", name=f"Confirm: open {HEAD}")
    expect(confirm).to_be_disabled()
    until(page, "!!window.gridtwin.map.getLayer('over-operating')")
    twin.operations.remove_tag(tag.number, actor="eve")
    sign(form)
    expect(confirm).to_be_enabled()
    page.keyboard.press("Tab")
    confirm.focus()
    page.keyboard.press("Enter")
    expect(form).to_have_count(0)
    until(page, f"window.gridtwin.state().customersOut === {lost.replace(',', '')}")
    (event,) = twin.store.states.list_events()
    assert (event.mrid, event.to_phases, event.actor) == (HEAD, "ABC", "ann")
    assert own_tab.evaluate("window.gridtwin.count('fate')") == 0
    section.get_by_role("button", name="Place a tag").click()
    placing = section.get_by_role("form", name="Place a tag")
    placing.get_by_label("Reason").fill("under repair")
    placing.get_by_role("button", name="Hang it").click()
    expect(section.get_by_role("list", name="Tags")).to_contain_text("under repair")
    (hung,) = twin.operations.tags()
    assert (hung.mrid, hung.kind, hung.placed_by) == (HEAD, "hold", "ann")


def start_order(page: Page, line: str) -> Locator:
    """Start the order of the plan for a fault; return its card."""
    page.get_by_role("button", name="Carry it out step by step").click()
    form = page.get_by_role("form", name="Start the order")
    sign(form)
    form.get_by_role("button", name="Start", exact=True).click()
    card = page.get_by_role("article", name="Order S-")
    expect(card).to_contain_text(line)
    return card


@pytest.mark.long
def test_a_plan_is_carried_out_from_its_panel(own_tab: Tab, own_home: Path) -> None:
    twin = gridtwin.open(own_home)
    lines = [each for each in twin.trace("feeder", HEAD).elements if each.startswith("LINE")]
    line = next(each for each in lines if len(twin.restore(each, expansions=500)) > 2)
    page = own_tab.open(f"#panel=plan&fault={line}")
    card = start_order(page, line)
    twin.switch(HEAD, open=True, actor="scada")  # it trips, as the plan has it
    (order,) = twin.orders.all()
    assert (order.of, order.started_by) == ((line,), "ann")
    go_on = card.get_by_role("form", name="Go on")
    own_tab.audit(".panel")
    for step in order.steps:
        go_on.get_by_role("button", name=f"Do step {step.number}:").click()
        row = card.locator(".order-steps li").nth(step.number - 1)
        expect(row.locator(".tag")).to_have_text("done")
        expect(row).to_contain_text("ann at")
    assert twin.orders.get(order.id).next_step is None
    go_on.get_by_role("button", name="Undo the last step").click()
    last = card.locator(".order-steps li").nth(len(order.steps) - 1)
    expect(last.locator(".tag")).to_have_text("undone")
    go_on.get_by_label(f"Skip step {len(order.steps)}, because").fill("enough")
    go_on.get_by_role("button", name="Skip", exact=True).click()
    expect(last).to_contain_text("enough")
    go_on.get_by_role("button", name="End the order").click()
    expect(card).to_contain_text("ended by ann")
    started = dict(own_tab.posted)["/api/orders"]
    assert [each["mrid"] for each in started["steps"]] == [each.mrid for each in order.steps]
    assert twin.orders.all() == []


@pytest.mark.long
def test_a_crew_is_sent_and_its_outage_ended(own_tab: Tab, own_home: Path) -> None:
    twin = gridtwin.open(own_home)
    outage = twin.outages.open(HEAD, predicted=True)
    twin.store.crews.write_crews(
        [Crew("C-1", "Line 1", ("line",)), Crew("C-2", "Trees", ("tree",))]
    )
    lon, lat = twin.network.data.nodes.xy.mean(axis=0).tolist()
    now = datetime.now(UTC)
    twin.store.crews.write_positions(
        [CrewPosition("C-1", lon, lat, now), CrewPosition("C-2", lon + 0.01, lat, now)]
    )
    page = own_tab.open(f"#panel=outages&outage={outage.id}")
    act = page.get_by_role("form", name=f"Act on {outage.id}")
    sign(act)
    act.get_by_role("button", name="Confirm").click()
    expect(page.locator(".outage-card .tag").first).to_have_text("confirmed")
    crews = page.get_by_role("region", name="Crews")
    expect(crews).to_contain_text("min by road")
    until(page, "!!window.gridtwin.map.getLayer('over-operating')")
    own_tab.audit(".panel")
    crews.get_by_role("button", name="Assign Line 1").click()
    for word, status in (("Set out", "en_route"), ("Arrived", "on_site"), ("Done", "done")):
        crews.get_by_role("button", name=word).click()
        if status != "done":
            expect(crews.locator(".tag").first).to_have_text(status.replace("_", " "))
    expect(crews.get_by_role("button", name="Assign Line 1")).to_be_visible()
    (made,) = twin.crews.assignments(past=True)
    assert (made.crew, made.status.value, made.changed_by) == ("C-1", "done", "ann")
    act = page.get_by_role("form", name=f"Act on {outage.id}")
    act.get_by_label("Cause").fill("tree")
    act.get_by_role("button", name="Note").click()
    expect(page.locator(".outage-card .facts")).to_contain_text("tree")
    page.get_by_role("button", name="All are back").click()
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator(".outage-card .tag").first).to_have_text("closed")
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    listed = page.get_by_role("region", name="Operating")
    expect(listed).to_contain_text("No tag hangs")
    expect(listed.get_by_role("button", name="Line 1")).to_be_visible()
