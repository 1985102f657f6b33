"""The page behind an ingress: drawn under its policy, live through its silence and its cuts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

import gridtwin
from api.conftest import answering
from gridtwin.api.app import create_app
from gridtwin.api.broadcast import HEARTBEAT_S
from gridtwin.settings import ServeSettings, SignInSettings
from ingress import DOMAIN, IDLE_S, LOGIN, OWN_POLICY, USER_HEADER, run_ingress
from served import Served
from tab import VIEW, Tab, until
from waiting import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HEAD = "BKR-0000001"
OPERATE = """asked => fetch("/api/switch", {
  method: "POST", headers: {"content-type": "application/json"}, body: JSON.stringify(asked),
}).then(answer => answer.status)"""


@pytest.mark.long
def test_the_page_lives_behind_an_ingress(browser: Browser, own_home: Path) -> None:
    known = SignInSettings(user_header=USER_HEADER, roles=(("ANN", "operator"),), anonymous="")
    settings = ServeSettings(str(own_home), hosts=(DOMAIN,), sign_in=known)
    with (
        answering(create_app(settings), settings) as server,
        run_ingress(str(server.base_url)) as ingress,
        browser.new_context(viewport=VIEW) as context,
    ):
        context.add_cookies([{"name": LOGIN, "value": "ANN", "url": ingress.url}])
        tab = Tab(context.new_page(), Served(ingress.url, own_home))
        tab.page.on("console", lambda said: tab.errors.extend([said.text] * (said.type == "error")))
        tab.page.on("pageerror", lambda error: tab.errors.append(str(error)))
        tab.page.on("request", lambda asked: tab.requests.append(asked.url))
        with tab.page.expect_response(ingress.url) as loaded:
            page = tab.open()
        assert OWN_POLICY in str(loaded.value.headers_array())
        until(page, "window.gridtwin.state().link === 'live'")
        page.evaluate("window.stillHere = true")
        # Nothing happens for longer than the ingress bears silence: comments keep the line.
        streams = ingress.paths.count("/api/events")
        wait_until(lambda: ingress.heartbeats > IDLE_S / HEARTBEAT_S + 1)
        assert (ingress.ended, ingress.paths.count("/api/events")) == (0, streams)
        assert page.evaluate(OPERATE, {"mrid": HEAD, "open": True}) == 200
        customers_out = page.get_by_label("Customers out")
        expect(customers_out).not_to_have_text("0 customers out")
        # From now on it cuts each line before its first comment: the page comes back each time.
        ingress.idle_s = HEARTBEAT_S / 10
        wait_until(lambda: ingress.ended >= 3)
        gridtwin.open(own_home).switch(HEAD, open=False)
        expect(customers_out).to_have_text("0 customers out")
        assert page.evaluate("window.stillHere")
        tab.expected.append("ERR_INCOMPLETE_CHUNKED_ENCODING")
        tab.verify()
