"""The panel of findings: walked through by button and key, on the map, accepted and undone."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

import gridtwin
from gridtwin.model.findings import Finding, LoadFindings
from served import TOKEN
from tab import Tab, until


def test_findings_are_walked_through_accepted_and_undone(own_tab: Tab, own_home: Path) -> None:
    twin = gridtwin.open(own_home)
    network = twin.store.network
    line = network.equipment.query("kind == 'ac_line_segment'")["mrid"].iloc[0]
    place = tuple(network.data.nodes.xy[0].tolist())
    found = [
        Finding("undrawn_line", "error", "LINES:9", None, "has no geometry", "draw it"),
        Finding("near_miss", "warning", line, place, "ends 0.40 m beside", "mend it", "LINES", "1"),
    ]
    twin.store.findings.write_findings(
        LoadFindings(tuple(found), (), {"undrawn_line": 1, "near_miss": 1})
    )
    page = own_tab.open("#panel=findings")
    expect(page.locator("[data-finding='undrawn_line:LINES:9']")).to_be_visible()
    expect(page.locator(".findings-panel .figure")).to_contain_text("1 error")
    until(page, "!!window.gridtwin.map.getLayer('over-findings')")
    page.get_by_role("combobox", name="Which findings").select_option("near_miss")
    page.locator("[data-finding]").first.focus()
    page.keyboard.press("n")
    card = page.get_by_role("article", name=f"Finding near_miss of {line}")
    expect(card).to_contain_text("ends 0.40 m beside")
    expect(card).to_contain_text("LINES")
    assert own_tab.state["finding"] == f"near_miss:{line}"
    page.get_by_role("combobox", name="Which findings").select_option("open")
    page.get_by_role("button", name="Next").click()
    expect(page.locator("[data-walk='1']")).to_contain_text("1 of")
    card = page.get_by_role("article", name="Finding undrawn_line of LINES:9")
    own_tab.audit(".panel")
    card.get_by_label("Reason").fill("not built yet")
    card.get_by_label("Operator token").fill(TOKEN)
    card.get_by_role("button", name="Accept").click()
    expect(card).to_contain_text("Accepted by server")
    (accepted,) = twin.store.findings.read_findings().accepted
    assert (accepted.key, accepted.reason) == ("LINES:9", "not built yet")
    card.get_by_role("button", name="Undo").click()
    expect(card.get_by_role("button", name="Accept")).to_be_visible()
    assert twin.store.findings.read_findings().accepted == ()
    # What another page or person accepts is shown without asking.
    twin.accept_finding("undrawn_line", "LINES:9", "planned", actor="ann")
    expect(card).to_contain_text("Accepted by ann")
    page.get_by_role("button", name="Close Findings").click()
    until(page, "!window.gridtwin.map.getLayer('over-findings')")
