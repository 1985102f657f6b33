"""Many agents ask at once, for long, and the server stays as it is."""

from __future__ import annotations

import gc
import resource
from typing import Any

import anyio
import pytest

from asked_twin import list_calls
from gridtwin.tools.shared_twin import SharedTwin
from gridtwin.twin import Twin

from .conftest import ERAS, client_in_memory, client_over_http

CALLS_BEFORE, CALLS_AFTER = 300, 3_000
MOST_GROWN_KB = 30_000
# Named beforehand: a client that looks for the version itself gives up after ten seconds, and asks
# in the older way while the answer comes.
MODES = ERAS | {"2026-07-28": "2026-07-28"}


@pytest.mark.parametrize("count", [12, pytest.param(100, marks=pytest.mark.long)])
@pytest.mark.parametrize("era", ERAS)
def test_sessions_at_once_get_the_same_answers(
    agents_url: str, asked: Twin, era: str, count: int
) -> None:
    head = asked.network.feeders["head"].iloc[0]
    found: list[Any] = []

    async def ask_one() -> None:
        async with client_over_http(agents_url, era, mode=MODES[era]) as client:
            for name, given in (("overview", {}), ("blast", {"of": [head]}), ("find", {"q": head})):
                result = await client.call_tool(name, given)
                assert not result.is_error, result.content
                found.append((name, result.structured_content))

    async def ask_all() -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(count):
                tasks.start_soon(ask_one)

    anyio.run(ask_all)
    for name in ("overview", "blast", "find"):
        answers = [answer for asked_for, answer in found if asked_for == name]
        assert len(answers) == count
        assert all(answer == answers[0] for answer in answers)


@pytest.mark.long
def test_memory_stays_flat(shared: SharedTwin, asked: Twin) -> None:
    calls = [each for each in list_calls(asked) if each[0] not in {"analytics", "readings"}]

    async def ask(count: int) -> None:
        async with client_in_memory(shared, "2026-07-28") as client:
            for at in range(count):
                result = await client.call_tool(*calls[at % len(calls)])
                assert not result.is_error

    anyio.run(ask, CALLS_BEFORE)
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    anyio.run(ask, CALLS_AFTER)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_GROWN_KB
