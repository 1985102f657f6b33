"""Agents operate nothing unless they have the token and a person agrees; all they ask is noted."""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp.shared.exceptions import MCPError
from mcp_types import ElicitResult

import gridtwin
from asked_twin import TRICK, list_calls
from gridtwin.settings import ServeSettings
from gridtwin.tools.shared_twin import SharedTwin
from gridtwin.twin import Twin
from networks import two_feeders_with_a_tie

from .conftest import (
    ERAS,
    OPERATOR_TOKEN,
    client_by_stdio,
    client_in_memory,
    client_over_http,
    serving,
)

each_era = pytest.mark.parametrize("era", ERAS)
ASKED = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
ACCEPT = {"Accept": "application/json, text/event-stream"}
OPENING = {"of": "BKR1", "open": True, "reason": "work on the line", "actor": "ann"}


@pytest.fixture
def operated(tmp_path: Path) -> Twin:
    return gridtwin.open(two_feeders_with_a_tie()).save(tmp_path / "two.twin")


def answers(*said: ElicitResult) -> tuple[Any, list[str]]:
    """Return a person who answers so, and what that person was asked."""
    left, heard = list(said), list[str]()

    async def ask(_: object, params: Any) -> ElicitResult:
        heard.append(params.message)
        return left.pop(0)

    return ask, heard


YES = ElicitResult(action="accept", content={"operate": True})
NO = [
    ElicitResult(action="decline"),
    ElicitResult(action="cancel"),
    ElicitResult(action="accept", content={"operate": False}),
]


@each_era
def test_a_switch_is_operated_when_a_person_agrees(operated: Twin, era: str) -> None:
    ask, heard = answers(YES, YES)

    async def operate() -> None:
        shared = SharedTwin(operated)
        async with client_in_memory(shared, era, operator=True, ask=ask) as client:
            result = await client.call_tool("switch", OPENING)
            assert not result.is_error, result.content
            answer = result.structured_content
            assert answer["document"]["open"] == "ABC"
            assert answer["sentence"] == "BKR1 is open now; 8 customers out in all."
            result = await client.call_tool("switch", OPENING | {"open": False})
            assert result.structured_content["document"]["open"] == ""

    anyio.run(operate)
    assert heard == [
        "Open BKR1? 8 customers would lose supply, 0 customers would get it back.",
        "Close BKR1? 0 customers would lose supply, 8 customers would get it back.",
    ]
    first, second = operated.store.states.list_events()
    assert (first.actor, second.version) == ("ann: work on the line", 2)


@each_era
@pytest.mark.parametrize("said", NO, ids=["decline", "cancel", "no"])
def test_declined_nothing_is_changed(operated: Twin, era: str, said: ElicitResult) -> None:
    ask, heard = answers(said)

    async def operate() -> None:
        shared = SharedTwin(operated)
        async with client_in_memory(shared, era, operator=True, ask=ask) as client:
            result = await client.call_tool("switch", OPENING)
            assert result.is_error
            assert "declined: nothing was changed" in result.content[0].text

    anyio.run(operate)
    assert len(heard) == 1
    assert operated.version == 0


@each_era
def test_who_cannot_ask_a_person_cannot_operate(operated: Twin, era: str) -> None:
    async def operate() -> None:
        async with client_in_memory(SharedTwin(operated), era, operator=True) as client:
            with suppress(MCPError):  # the newer era says it so
                result = await client.call_tool("switch", OPENING)
                assert result.is_error

    anyio.run(operate)
    assert operated.version == 0


@each_era
def test_a_name_that_gives_orders_changes_nothing(
    shared: SharedTwin, asked: Twin, era: str
) -> None:
    before = asked.version, [each.revision for each in asked.outages.all()]

    async def read() -> None:
        async with client_in_memory(shared, era) as client:
            tools = (await client.list_tools()).tools
            assert TRICK not in json.dumps([tool.model_dump(mode="json") for tool in tools])
            for name, given in list_calls(asked):
                result = await client.call_tool(name, given)
                assert TRICK not in result.structured_content["sentence"]

    anyio.run(read)
    assert (asked.version, [each.revision for each in asked.outages.all()]) == before


def test_the_token_decides_over_http(operated: Twin) -> None:
    settings = ServeSettings(str(operated.store.path), operator_token=OPERATOR_TOKEN)
    ask, heard = answers(YES, YES)

    async def operate(url: str) -> None:
        async with client_over_http(url, "2026-07-28") as client:
            assert "switch" not in [tool.name for tool in (await client.list_tools()).tools]
        for era, opened in (("2025-11-25", True), ("2026-07-28", False)):
            async with client_over_http(url, era, token=OPERATOR_TOKEN, ask=ask) as client:
                assert "switch" in [tool.name for tool in (await client.list_tools()).tools]
                result = await client.call_tool("switch", OPENING | {"open": opened})
                assert not result.is_error, result.content

    with serving(settings) as url:
        anyio.run(operate, url)
        for token in ("Bearer wrong", "Bearer", "Basic abc", OPERATOR_TOKEN):
            headers = {**ACCEPT, "Authorization": token}
            refused = httpx.post(url, json=ASKED, headers=headers)
            assert refused.status_code == 401
            assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    assert len(heard) == 2
    assert operated.version == 2


def test_where_two_persons_operate_no_agent_does_over_http(operated: Twin) -> None:
    settings = ServeSettings(
        str(operated.store.path), operator_token=OPERATOR_TOKEN, two_person_min=5
    )

    async def look(url: str) -> list[str]:
        async with client_over_http(url, "2026-07-28", token=OPERATOR_TOKEN) as client:
            return [tool.name for tool in (await client.list_tools()).tools]

    with serving(settings) as url:
        listed = anyio.run(look, url)
    assert "overview" in listed
    assert "switch" not in listed


def test_a_server_without_a_token_takes_none(operated: Twin) -> None:
    with serving(ServeSettings(str(operated.store.path))) as url:
        for token in ("", "Bearer", "Bearer x"):
            headers = {**ACCEPT, "Authorization": token}
            assert httpx.post(url, json=ASKED, headers=headers).status_code == 401


def test_the_guards_of_the_server_stand_before_agents(operated: Twin) -> None:
    settings = ServeSettings(str(operated.store.path), rate_per_s=1.0, rate_burst=21.0)
    strict = replace(settings, most_bytes=4_000)
    with serving(strict) as url:
        for headers, status in (
            ({"Host": "elsewhere.example"}, 421),
            ({"Origin": "http://elsewhere.example"}, 403),
            ({"Origin": "null"}, 403),
        ):
            assert httpx.post(url, json=ASKED, headers=ACCEPT | headers).status_code == status
        for method in ("GET", "DELETE", "PUT"):
            assert httpx.request(method, url, headers=ACCEPT).status_code == 405
        long = ASKED | {"params": {"x": "y" * 5_000}}
        assert httpx.post(url, json=long, headers=ACCEPT).status_code == 413
        codes = [httpx.post(url, json=ASKED, headers=ACCEPT).status_code for _ in range(12)]
        assert codes[-1] == 429
        assert (
            "default-src 'none'" in httpx.post(url, json=ASKED).headers["Content-Security-Policy"]
        )


def test_an_operator_on_this_machine_has_the_token_in_the_environment(operated: Twin) -> None:
    async def look(**environment: str) -> list[str]:
        path = Path(str(operated.store.path))
        async with client_by_stdio(path, "2026-07-28", **environment) as client:
            return [tool.name for tool in (await client.list_tools()).tools]

    async def look_twice() -> None:
        assert "switch" not in await look(GRIDTWIN_OPERATOR_TOKEN="")
        assert "switch" in await look(GRIDTWIN_OPERATOR_TOKEN=OPERATOR_TOKEN)

    anyio.run(look_twice)


def test_every_call_is_noted(shared: SharedTwin, caplog: pytest.LogCaptureFixture) -> None:
    async def ask() -> None:
        async with client_in_memory(shared, "2026-07-28") as client:
            await client.call_tool("trace", {"kind": "downstream", "of": ["BKR-0000001"]})
            await client.call_tool("element", {"of": "no\nsuch\x1b[31m"})

    with caplog.at_level(logging.INFO, "gridtwin.audit"):
        anyio.run(ask)
    first, second = (each for each in caplog.records if each.name == "gridtwin.audit")
    assert (first.who.split()[0], first.tool, first.outcome) == ("ann", "trace", "answered")
    assert json.loads(first.arguments) == {"kind": "downstream", "of": ["BKR-0000001"]}
    assert first.rows > 400
    assert first.bytes > 1_000
    assert (second.tool, second.outcome, second.rows) == ("element", "NotFoundError", 0)
    assert "\n" not in second.getMessage()
    assert "\x1b" not in second.getMessage()
