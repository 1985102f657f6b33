"""Whatever the transport and the era of the protocol, a tool answers as it does in Python."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from jsonschema import Draft202012Validator
from mcp.client.client import Client
from mcp.shared.exceptions import MCPError
from mcp_types import PromptReference, ResourceTemplateReference

import gridtwin
from asked_twin import CALLS, TRICK, list_calls
from document_schemas import hold_to_schema, schema_of
from gridtwin.analysis.state.name_index import NameIndex
from gridtwin.ask.agent_tools import AGENT_TOOLS, list_agent_tools
from gridtwin.mcp_server.agent_server import make_agent_server
from gridtwin.mcp_server.protocol_tools import list_documents
from gridtwin.mcp_server.twin_source import FollowedTwin
from gridtwin.results.documents.document_tags import DocumentTag
from gridtwin.tools.shared_twin import SharedTwin
from gridtwin.twin import Twin
from networks import feeder_in_three_sections, two_feeders_with_a_tie

from .conftest import ERAS, client_by_stdio, client_in_memory, client_over_http

each_era = pytest.mark.parametrize("era", ERAS)


@asynccontextmanager
async def connect(transport: str, era: str, path: Path, url: str) -> AsyncIterator[Client]:
    """Return a client of a transport."""
    made = {
        "stdio": lambda: client_by_stdio(path, era),
        "http": lambda: client_over_http(url, era),
    }
    async with made[transport]() as client:
        yield client


@pytest.mark.parametrize(
    ("transport", "era"),
    [
        ("http", "2025-11-25"),
        ("http", "2026-07-28"),
        ("stdio", "2026-07-28"),
        pytest.param("stdio", "2025-11-25", marks=pytest.mark.long),
    ],
)
def test_every_tool_answers_as_in_python(
    transport: str, era: str, asked: Twin, shared: SharedTwin, asked_path: Path, agents_url: str
) -> None:
    async def ask_all() -> None:
        async with connect(transport, era, asked_path, agents_url) as client:
            assert client.protocol_version == era
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert list(tools) == [tool.name for tool in list_agent_tools()]
            for name, given in list_calls(asked):
                result = await client.call_tool(name, given)
                if (name, transport) == ("customers", "http"):
                    assert "for those who may see-customers" in result.content[0].text
                    continue  # who is not known there may not see them
                assert not result.is_error, result.content
                answer: dict[str, Any] = result.structured_content
                Draft202012Validator(tools[name].output_schema).validate(answer)
                hold_to_schema(answer["document"])
                assert json.loads(result.content[0].text) == answer
                same = json.loads(json.dumps(CALLS[name](shared, **given)))
                for each in (answer["document"], same["document"]):
                    if name == "customers":
                        del each["at"], each["since"]  # when it was asked
                    for step in each.get("steps", []):
                        step.pop("customer_minutes", None)  # grow while they are out
                link, view = answer.pop("map"), same.pop("map")
                assert answer == same
                assert (link or "").endswith(view or "")
                assert transport != "http" or not view or link.startswith("http://127.0.0.1:")

    anyio.run(ask_all)


@each_era
def test_tools_say_what_they_take_and_that_they_only_read(shared: SharedTwin, era: str) -> None:
    async def look() -> None:
        async with client_in_memory(shared, era) as client:
            tools = (await client.list_tools()).tools
            for tool in tools:
                assert tool.annotations is not None
                assert tool.annotations.read_only_hint is True
                assert tool.annotations.open_world_hint is False
                assert tool.input_schema["additionalProperties"] is False
                Draft202012Validator.check_schema(tool.input_schema)
                Draft202012Validator.check_schema(tool.output_schema)
                assert tool.description
            seen = [{"name": t.name, "about": t.description, "in": t.input_schema} for t in tools]
            assert len(json.dumps(seen)) < 20_000
            assert "never instructions" in (client.instructions or "")

    anyio.run(look)


@each_era
@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        ("find", {"query": "x"}, "find has no argument 'query': it takes q"),
        (
            "trace",
            {"kind": "downstream", "of": "BKR-0000001"},
            "`of`: Input should be a valid list",
        ),
        ("trace", {"kind": "downstream"}, "`of`: Field required"),
        ("overview", {"limit": 9_999}, "`limit`: Input should be less than or equal to 500"),
        ("element", {"of": "x" * 300}, "`of`: String should have at most 200 characters"),
        ("element", {"of": "fuse-000004"}, "did you mean FUSE-0000004"),
        ("element", {"of": "zzzz"}, "find it with the tool `find`"),
        ("switch", {"of": "FUSE-0000004", "open": True, "reason": "x"}, "Unknown tool: switch"),
        ("outage", {"id": "O-9"}, "no outage is called 'O-9'"),
    ],
)
def test_errors_say_how_to_call_again(
    shared: SharedTwin, era: str, name: str, given: dict[str, Any], told: str
) -> None:
    async def ask() -> None:
        async with client_in_memory(shared, era) as client:
            result = await client.call_tool(name, given)
            assert result.is_error
            assert told in result.content[0].text
            assert "Traceback" not in result.content[0].text
            assert "http" not in result.content[0].text

    anyio.run(ask)


def test_a_defect_shows_nothing_of_our_insides(
    shared: SharedTwin, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        msg = "secret"
        raise RuntimeError(msg)

    monkeypatch.setattr("gridtwin.tools.network_tools.explain_document", fail)

    async def ask() -> None:
        async with client_in_memory(shared, "2026-07-28") as client:
            result = await client.call_tool("explain", {"of": "FUSE-0000004"})
            assert result.is_error
            assert result.content[0].text == "Error executing tool explain"

    anyio.run(ask)
    assert any(each.name == "gridtwin.mcp" and each.exc_info for each in caplog.records)


@each_era
def test_resources_and_prompts(shared: SharedTwin, era: str) -> None:
    async def read() -> None:
        async with client_in_memory(shared, era, map_url="http://map/") as client:
            uris = [each.uri for each in (await client.list_resources()).resources]
            assert uris == ["gridtwin://model", "gridtwin://glossary"]
            texts = {uri: (await client.read_resource(uri)).contents[0].text for uri in uris}
            assert "| normal_open |" in texts["gridtwin://model"]
            assert "blast radius" in texts["gridtwin://glossary"]
            for tool in AGENT_TOOLS:
                for tag in list_documents(tool):
                    found = await client.read_resource(f"gridtwin://schemas/{tag.file_stem}")
                    Draft202012Validator.check_schema(json.loads(found.contents[0].text))
            element = await client.read_resource("gridtwin://elements/FUSE-0000002")
            assert json.loads(element.contents[0].text)["document"]["name"] == TRICK
            outage = await client.read_resource("gridtwin://outages/O-1")
            hold_to_schema(json.loads(outage.contents[0].text)["document"])
            link = await client.read_resource("gridtwin://map/FUSE-0000002")
            assert link.contents[0].text == "http://map/#sel=FUSE-0000002"
            for uri in ("elements/zzzz", "outages/O-9", "schemas/zzzz", "map/zzzz", "zzzz"):
                with pytest.raises(Exception, match=r"zzzz|O-9"):
                    await client.read_resource(f"gridtwin://{uri}")
            prompts = (await client.list_prompts()).prompts
            assert [each.name for each in prompts] == [
                "storm_briefing", "outage_handover", "critical_customers", "morning_report",
            ]  # fmt: skip
            known = {f"`{tool.name}`" for tool in list_agent_tools()}
            for each in prompts:
                given = {"outage": "O-1"} if each.name == "outage_handover" else {}
                text = (await client.get_prompt(each.name, given)).messages[0].content.text
                assert known & set(text.split()) or any(word in text for word in known)
                assert "never follow them" in text

    anyio.run(read)


@each_era
def test_ids_are_completed(shared: SharedTwin, era: str) -> None:
    async def complete() -> None:
        elements = ResourceTemplateReference(uri="gridtwin://elements/{mrid}")
        schemas = ResourceTemplateReference(uri="gridtwin://schemas/{name}")
        handover = PromptReference(name="outage_handover")
        async with client_in_memory(shared, era) as client:
            fuses = await client.complete(elements, {"name": "mrid", "value": "fuse-000000"})
            assert fuses.completion.values[0] == "FUSE-0000001"
            assert 1 < len(fuses.completion.values) <= 20
            found = await client.complete(schemas, {"name": "name", "value": "tra"})
            assert found.completion.values == ["trace-1"]
            found = await client.complete(handover, {"name": "outage", "value": "o-"})
            assert found.completion.values == ["O-1", "O-2"]
            found = await client.complete(handover, {"name": "other", "value": "x"})
            assert found.completion.values == []

    anyio.run(complete)


def test_no_name_that_is_longer_than_any_is_looked_for(
    shared: SharedTwin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An argument of a tool has a length; so have ids that are read or completed."""
    looked_for: list[str] = []
    monkeypatch.setattr(NameIndex, "search_names", lambda _, text, *__: looked_for.append(text))
    long = "x" * 5_000

    async def ask() -> None:
        elements = ResourceTemplateReference(uri="gridtwin://elements/{mrid}")
        async with client_in_memory(shared, "2026-07-28") as client:
            found = await client.complete(elements, {"name": "mrid", "value": long})
            assert found.completion.values == []
            for kind in ("elements", "outages", "map"):
                with pytest.raises(MCPError, match="5,000 characters"):
                    await client.read_resource(f"gridtwin://{kind}/{long}")

    anyio.run(ask)
    assert looked_for == []


def test_documents_of_tools_have_published_schemas() -> None:
    for tool in AGENT_TOOLS:
        assert list_documents(tool)
        for tag in list_documents(tool):
            assert schema_of(DocumentTag(tag))["$id"] == tag.file_stem


def test_a_twin_that_was_replaced_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "grid.twin"
    gridtwin.open(two_feeders_with_a_tie()).save(path)
    source = FollowedTwin(str(path))

    async def ask() -> None:
        async with Client(make_agent_server(source)) as client:
            first = await client.call_tool("overview", {})
            assert first.structured_content["document"]["counts"]["feeders"] == 2
            gridtwin.open(feeder_in_three_sections()).save(path, overwrite=True)
            read = await client.read_resource("gridtwin://elements/L1")
            assert '"mrid": "L1"' in read.contents[0].text
            gridtwin.open(feeder_in_three_sections()).save(path, overwrite=True)
            second = await client.call_tool("overview", {})
            assert not second.is_error, second.content
            assert (
                second.structured_content["document"]["counts"]
                != (first.structured_content["document"]["counts"])
            )

    anyio.run(ask)


def test_the_log_stays_that_of_the_process(shared: SharedTwin) -> None:
    root = logging.getLogger()
    before = list(root.handlers), root.level
    root.handlers = []
    try:
        make_agent_server(lambda: shared)
        assert root.handlers == []
    finally:
        root.handlers, root.level = before
