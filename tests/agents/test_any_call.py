"""Whatever an agent sends, it gets an answer or clear words, and nothing is changed by it."""

from __future__ import annotations

import json
import math
import random
from typing import Any

import anyio
import pytest

from asked_twin import TRICK, list_calls
from document_schemas import hold_to_schema
from fuzzing import EXHAUSTIVE
from gridtwin.ask.agent_tools import list_agent_tools
from gridtwin.tools.shared_twin import SharedTwin
from gridtwin.tools.tool_answer import FULL, MOST_BYTES, measure_bytes
from gridtwin.twin import Twin

from .conftest import client_in_memory

TRIES = 10_000 if EXHAUSTIVE else 300
WORDS = (
    "", " ", "\0", "\ufeff", "ü水", "-", "-1", "1e400", "nan", "9" * 5000, "\x1b[31m", "%s%n",
    "{", "[", "[1,2]", '{"a": 1}', "null", "true", "x" * 3000, "../../etc/passwd",
    "'; DROP TABLE x; --", "kind == 'fuse'", "__import__('os').system('id')", "depth > ",
    "current", "normal", "full", "trip", "-180,-90,180,90", "0,0,0,0", "POLYGON EMPTY",
    "POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))", "1e308,0,1,1", "2026-07-01T12:00:00Z",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-13-01", "now", "FUSE-0000004",
    "MTR-0000001", "BKR-0000001", "O-1", "HOB-1201", "SUB-0001", "equipment:", TRICK,
)  # fmt: skip
NUMBERS = (0, 1, -1, 7, 500, 501, 10**6, 2**63, -(2**63), 10**30, 0.5, 1e308, math.nan, math.inf)


def invent(schema: Any, rng: random.Random, depth: int = 0) -> Any:
    """Return a value that mostly, not always, is of a type of JSON Schema."""
    kind = schema.get("type", "string")
    if rng.random() < 0.1 or depth > 3:
        kind = rng.choice(["string", "integer", "boolean", "array", "object", "null"])
    if "enum" in schema and rng.random() < 0.8:
        return rng.choice(schema["enum"])
    if kind == "array":
        inner = schema.get("items", {})
        return [invent(inner, rng, depth + 1) for _ in range(rng.choice((0, 1, 1, 2, 5)))]
    if kind == "object":
        return {rng.choice(WORDS): invent({}, rng, depth + 1) for _ in range(rng.randrange(3))}
    values = {"null": [None], "boolean": [True, False], "integer": NUMBERS, "number": NUMBERS}
    return rng.choice(values.get(kind, WORDS))


def invent_call(tools: list[Any], calls: list[Any], rng: random.Random) -> tuple[str, Any]:
    """Return a call: a good one spoiled, or one that was made up."""
    tool = rng.choice(tools)
    known = tool.input_schema["properties"]
    given = {name: invent(each, rng) for name, each in known.items() if rng.random() < 0.4}
    if rng.random() < 0.6:
        good = dict(rng.choice([given for name, given in calls if name == tool.name]))
        spoiled = rng.choice(list(known))
        return tool.name, {**good, spoiled: invent(known[spoiled], rng)}
    for name in tool.input_schema.get("required", []):
        if rng.random() < 0.9:
            given.setdefault(name, invent(known[name], rng))
    if rng.random() < 0.05:
        given[rng.choice(WORDS)] = invent({}, rng)
    return tool.name, given


def test_any_call_is_answered_or_told_why_not(shared: SharedTwin, asked: Twin) -> None:
    rng = random.Random(11)
    before = _look_at(asked)
    answered = 0

    async def ask() -> None:
        nonlocal answered
        calls = list_calls(asked)
        async with client_in_memory(shared, "2026-07-28") as client:
            tools = (await client.list_tools()).tools
            for _ in range(TRIES):
                name, given = invent_call(tools, calls, rng)
                result = await client.call_tool(name, given)
                text = result.content[0].text
                if result.is_error:
                    assert text != f"Error executing tool {name}", (name, given)
                    assert "Traceback" not in text
                    assert len(text) < 3_000, (name, given, text)
                    continue
                answered += 1
                answer = json.loads(text, parse_constant=pytest.fail)
                assert measure_bytes(answer) <= MOST_BYTES[FULL], (name, given)
                hold_to_schema(answer["document"])

    anyio.run(ask)
    assert answered > TRIES // 10
    assert _look_at(asked) == before


def _look_at(twin: Twin) -> tuple[Any, ...]:
    """Return what a call could have changed."""
    outages = [(each.id, each.revision) for each in twin.outages.all()]
    return (
        twin.version,
        twin.states(),
        outages,
        twin.store.specs.list_names(),
        len(list_agent_tools()),
    )
