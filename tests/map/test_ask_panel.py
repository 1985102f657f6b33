"""Questions in words beside the map: answered, offered, refused, followed, shown, linked to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

import gridtwin
from api.conftest import answering
from gridtwin.api.app import create_app
from gridtwin.settings import LanguageModelSettings, ServeSettings
from model_stand_in import Say, follow_script, stand_in
from served import Served
from tab import Tab, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Locator, Page

CRITICAL = "what are the most critical elements?"


@pytest.fixture(scope="module")
def twin(home: Path) -> gridtwin.Twin:
    """Return the twin that is served."""
    return gridtwin.open(home)


@pytest.fixture(scope="module")
def asker(twin: gridtwin.Twin) -> gridtwin.TwinAsker:
    """Return what asks the same twin from Python."""
    return gridtwin.TwinAsker(twin)


def ask(page: Page, question: str) -> Locator:
    """Ask, and return the answer once it is there."""
    field = page.get_by_label("Ask about the grid")
    field.fill(question)
    field.press("Enter")
    return await_answer(page, question)


def await_answer(page: Page, question: str) -> Locator:
    turn = page.get_by_role("article", name="Answer")
    expect(turn.get_by_role("heading")).to_have_text(question)
    expect(turn).to_have_attribute("aria-busy", "false")
    return turn


def test_a_question_is_answered_followed_and_shown(tab: Tab, asker: gridtwin.TwinAsker) -> None:
    page = tab.open("")
    until(page, "!!window.gridtwin")
    assert not [url for url in tab.requests if "AskPanel" in url]
    page.keyboard.press("g")
    expect(page.get_by_label("Ask about the grid")).to_be_focused()
    tab.audit(".panel")
    turn = ask(page, CRITICAL)
    told = asker.ask(CRITICAL).document()
    sentence = turn.locator(".sentence")
    expect(sentence).to_have_text(told["sentence"])
    assert tab.evaluate("window.gridtwin.state().spoken") == told["sentence"]
    expect(turn.get_by_role("region", name="How it was understood")).to_contain_text(
        "gridtwin outage sweep"
    )
    assert told["table"] is not None
    expect(turn.locator("tbody tr").first).to_contain_text(told["table"]["rows"][0][0])
    expect(turn.get_by_role("img", name="customers of 10")).to_be_visible()
    until(page, "window.gridtwin.count('chosen') > 0")
    feeder = next(row[-1] for row in told["table"]["rows"] if row[-1])
    follow = f"and on feeder {feeder}?"
    turn.get_by_role("button", name=follow).click()
    turn = await_answer(page, follow)
    expect(turn).to_be_focused()
    then = asker.ask(follow, context=told["context"]).document()
    expect(turn.locator(".sentence")).to_have_text(then["sentence"])
    assert tab.posted[-1][1]["context"] == told["context"]
    for theme in ("dark", "light"):
        page.evaluate("t => { location.hash += `&theme=${t}` }", theme)
        tab.audit(".panel")
    page.get_by_role("region", name="Asked before").get_by_role("button", name=CRITICAL).click()
    expect(page.locator(".turn .sentence")).to_have_text(told["sentence"])
    asked = len(tab.posted)
    page.get_by_role("button", name="Close Grid Intelligence").click()
    page.get_by_role("navigation").get_by_role("button", name="Ask").click()
    expect(page.locator(".turn .sentence")).to_have_text(told["sentence"])
    assert len(tab.posted) == asked


def test_a_link_asks_anew_and_draws_the_trace(tab: Tab, asker: gridtwin.TwinAsker) -> None:
    question = "what is downstream of FUSE-0000012"
    page = tab.open(f"#panel=ask&ask={quote(question)}")
    turn = await_answer(page, question)
    expect(turn.locator(".sentence")).to_have_text(asker.ask(question).sentence)
    expect(page.get_by_role("region", name="Trace")).to_contain_text("Downstream of FUSE-0000012")
    until(page, "window.gridtwin.count('mark') > 0")
    until(page, "window.gridtwin.map.getZoom() > 13")
    assert tab.state["trace"] == "downstream:FUSE-0000012"
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    turn.get_by_role("button", name="Copy a link").click()
    expect(page.get_by_text("The link to this question is copied.").first).to_be_visible()
    link = tab.evaluate("navigator.clipboard.readText()")
    assert link == f"{tab.served.url}#panel=ask&ask={quote(question)}"
    ask(page, CRITICAL)
    until(page, "!location.hash.includes('trace')")


def test_what_is_not_sure_is_offered_and_what_cannot_be_is_said(
    tab: Tab, twin: gridtwin.Twin, asker: gridtwin.TwinAsker
) -> None:
    page = tab.open("#panel=ask")
    feeder = str(twin.network.feeders.mrid.iloc[0])
    doubtful = f"outages or loads on feeder {feeder}"
    turn = ask(page, doubtful)
    told = asker.ask(doubtful).document()
    assert told["outcome"] == "offered"
    choices = turn.get_by_role("list", name="Which is meant?").get_by_role("button")
    expect(choices).to_have_text([each["text"] for each in told["choices"]])
    tab.audit(".panel")
    choices.nth(1).click()
    chosen = asker.ask(doubtful, pick=2)
    expect(page.locator(".turn .sentence")).to_have_text(chosen.sentence)
    assert tab.state["pick"] == "2"
    page.go_back()
    expect(choices).to_have_count(len(told["choices"]))
    turn = ask(page, "open BKR-0000001")
    expect(turn.locator(".command code")).to_have_text("gridtwin switch open BKR-0000001")
    turn = ask(page, "xyzzy plugh")
    nearest = asker.ask("xyzzy plugh").document()["nearest"]
    turn.get_by_role("button", name=nearest[0]).click()
    await_answer(page, nearest[0])
    lost = "what is upstream of the river"
    slotted = next(near for near in asker.ask(lost).document()["nearest"] if "ID" in near)
    ask(page, lost).get_by_role("button", name=slotted).click()
    field = page.get_by_label("Ask about the grid")
    expect(field).to_be_focused()
    assert field.evaluate("f => f.value.slice(f.selectionStart, f.selectionEnd)") == "ID"


def test_slow_and_failed_questions_are_stopped_and_asked_again(tab: Tab) -> None:
    page = tab.open("#panel=ask")
    page.route("**/api/ask", lambda _: None)  # never answered
    field = page.get_by_label("Ask about the grid")
    field.fill(CRITICAL)
    field.press("Enter")
    turn = page.get_by_role("article", name="Answer")
    expect(turn.get_by_role("status")).to_contain_text("Still looking")
    turn.get_by_role("button", name="Stop").click()
    expect(turn.get_by_role("alert")).to_have_text("Not waited for.")
    page.unroute("**/api/ask")
    refusal = {"error": {"type": "TooLargeError", "message": "more than one may ask"}}
    tab.expected.append("413")
    page.route("**/api/ask", lambda route: route.fulfill(status=413, json=refusal))
    turn.get_by_role("button", name="Ask again").click()
    expect(turn.get_by_role("alert")).to_have_text("more than one may ask")
    tab.audit(".panel")
    page.unroute("**/api/ask")
    turn.get_by_role("button", name="Ask again").click()
    expect(turn.locator(".sentence")).to_be_visible()
    expect(turn.get_by_role("alert")).to_have_count(0)


@pytest.mark.long
def test_what_a_model_writes_is_shown_with_what_it_rests_on(
    tab: Tab, asker: gridtwin.TwinAsker
) -> None:
    """The stream is as the server sends it, which the tests of the API hold."""
    page = tab.open("#panel=ask")
    told = asker.ask(CRITICAL).document()
    call = {"number": 1, "tool": "critical", "arguments": {"limit": 1}, "outcome": "answered"}
    call |= {"sentence": "One is the worst.", "rows": 1, "map": None}
    figures = [{"text": "4711", "start": 8, "calls": []}, {"text": "12", "start": 17, "calls": [1]}]
    usage = {"requests": 2, "tokens": 345, "dollars": 0.01, "seconds": 1.5}
    model = {"name": "m", "host": "h", "stopped": None, "calls": [call], "figures": figures}
    answer = told | {"reading": None, "sentence": "It lost 4711, or 12 [1].", "features": {}}
    answer |= {"bounds": None, "model": model | {"usage": usage}}
    events = [("call", {"tool": "critical", "arguments": {}}), ("result", call)]
    events += [("text", {"text": "It lost"}), ("answer", answer)]
    body = "".join(f"event: {kind}\ndata: {json.dumps(data)}\n\n" for kind, data in events)
    page.route(
        "**/api/ask", lambda route: route.fulfill(content_type="text/event-stream", body=body)
    )
    turn = ask(page, "compare our losses")
    expect(turn.locator(".sentence")).to_contain_text("It lost 4711")
    expect(turn.locator(".sentence mark")).to_have_count(1)
    expect(turn.locator(".sentence mark")).to_contain_text("4711 (in no answer of a tool)")
    sources = turn.get_by_label("What the model did")
    expect(sources).to_contain_text("critical limit=1")
    expect(sources).to_contain_text("Written by the model m at h: 2 requests, 345 tokens, $0.0100.")
    tab.audit(".panel")


def test_a_model_reads_what_was_said_in_this_conversation_alone(
    new_context: Callable[[], BrowserContext],
    watch_tab: Callable[[Page, Served], AbstractContextManager[Tab]],
    home: Path,
) -> None:
    hard, next_one, other = "compare our losses", "and what of those?", "weigh the whole lot"
    with stand_in(follow_script(Say("The first is worst."), Say("As before."))) as model:
        settings = ServeSettings(
            str(home), model=LanguageModelSettings("openai", "m", f"{model.url}/v1")
        )
        with answering(create_app(settings), settings) as client, new_context() as fresh:
            served = Served(str(client.base_url.join("/")), home)
            with watch_tab(fresh.new_page(), served) as tab:
                page = tab.open("#panel=ask")
                for question in (hard, next_one):
                    expect(ask(page, question).locator(".sentence")).to_be_visible()
                page.get_by_role("button", name="New conversation").click()
                expect(page.get_by_role("article", name="Answer")).to_have_count(0)
                expect(ask(page, other).locator(".sentence")).to_be_visible()
                tab.audit(".panel")
                names = [body["conversation"] for _, body in tab.posted]
    told = [json.dumps(each["messages"]) for each in model.heard]
    assert names[0] == names[1] != names[2]
    assert [hard in each for each in told] == [True, True, False]
    assert "The first is worst." in told[1]
