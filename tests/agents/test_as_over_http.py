"""What agents are told of elements is what the server tells everybody."""

from __future__ import annotations

import random
from typing import Any

import anyio
import httpx
import pytest

from gridtwin.twin import Twin

from .conftest import client_over_http

ELEMENTS = 200


@pytest.mark.long
def test_tools_tell_of_elements_what_the_server_tells(agents_url: str, asked: Twin) -> None:
    rng, network = random.Random(11), asked.network
    mrids = [*network.equipment.mrid, *network.usage_points.mrid, *network.feeders.mrid]
    chosen = rng.sample(mrids, ELEMENTS)
    base = agents_url.removesuffix("/mcp")
    told: list[tuple[str, dict[str, Any]]] = []

    async def ask_tools() -> None:
        async with client_over_http(agents_url, "2026-07-28") as client:
            for mrid in chosen:
                document = {}
                for tool, given in (
                    ("find", {"q": mrid, "limit": 1}),
                    ("element", {"of": mrid, "detail": "full"}),
                    ("trace", {"kind": "downstream", "of": [mrid]}),
                    ("explain", {"of": mrid}),
                ):
                    result = await client.call_tool(tool, given)
                    assert not result.is_error, result.content
                    document[tool] = result.structured_content
                told.append((mrid, document))

    anyio.run(ask_tools)
    with httpx.Client(base_url=base, timeout=60) as client:
        for mrid, answers in told:
            (hit,) = client.get("/api/search", params={"q": mrid, "limit": 1}).json()["results"]
            (found,) = answers["find"]["document"]["found"]
            assert (found["mrid"], found["kind"]) == (hit["mrid"], hit["kind"])
            for tool, path in (("element", f"elements/{mrid}"), ("explain", f"explain/{mrid}")):
                own, document = answers[tool]["document"], client.get(f"/api/{path}").json()
                shared = set(own) & set(document) - {"schema", *answers[tool]["truncated"]}
                assert len(shared) > 3
                for name in shared:
                    assert own[name] == document[name], (mrid, tool, name)
            traced = client.get("/api/trace/downstream", params={"of": mrid}).json()
            assert answers["trace"]["document"]["customers"] == traced["customers"]
