"""Who may not look unknown is sent to sign in, comes back to the place, and sees what was done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

import gridtwin
from access.lying_issuer import CLIENT, SECRET, lying_issuer
from api.conftest import answering
from gridtwin.api.app import create_app
from gridtwin.settings import ServeSettings, SignInSettings
from served import Served
from tab import Tab
from waiting import PATIENCE_S


@pytest.mark.long
def test_a_person_signs_in_sees_who_did_what_and_signs_out(
    new_context: Callable[[], BrowserContext], own_home: Path
) -> None:
    twin = gridtwin.open(own_home)
    fuse = twin.network.equipment.query("kind == 'fuse'").mrid.iloc[0]
    with lying_issuer() as issuer, new_context() as fresh:
        issuer.claims = {"roles": ["outage-manager"], "preferred_username": "ann"}
        sign_in = SignInSettings(
            issuer=issuer.url, client_id=CLIENT, client_secret=SECRET, anonymous=""
        )
        settings = ServeSettings(str(own_home), sign_in=sign_in)
        with answering(create_app(settings), settings) as client:
            url = str(client.base_url.join("/"))
            tab = Tab(fresh.new_page(), Served(url, own_home))
            page = tab.page
            page.set_default_timeout(PATIENCE_S * 1_000)
            page.goto(f"{url}#panel=element&sel={fuse}")
            foot = page.locator(".status")
            expect(foot).to_contain_text("ann, outage manager")
            tab.idle()
            assert tab.state == {"panel": "element", "sel": fuse}
            done = page.evaluate(
                """(mrid) => fetch("/api/switch", {
                    method: "POST",
                    headers: {"content-type": "application/json"},
                    body: JSON.stringify({ mrid, open: true }),
                }).then((answer) => answer.status)""",
                fuse,
            )
            assert done == 200
            trail = page.locator(".panel details", has_text="Who did what")
            trail.locator("summary").click()
            expect(trail).to_contain_text("ann (outage manager), done: POST /api/switch")
            tab.audit(".panel")
            tab.audit(".status")
            issuer.metadata = {}
            page.route("**/end", lambda route: route.fulfill(body="signed out"))
            foot.get_by_role("button", name="Sign out").click()
            expect(page.locator("body")).to_contain_text("signed out")
            assert client.get("/api/state").status_code == 401
            assert not [each for each in fresh.cookies() if each["name"] == "gridtwin_session"]
    assert [each.actor for each in twin.store.states.list_events()] == ["ann"]
