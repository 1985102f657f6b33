"""Tools over the protocol beside the same in Python: `python -m benchmarks.agents [meters]`."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import anyio
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from benchmarks.report import Limit, machine, publish, tables
from gridtwin.api.app import create_app
from gridtwin.api.serve_app import server_of
from gridtwin.cli.serve_commands import open_listener
from gridtwin.mcp_server.agent_server import make_agent_server
from gridtwin.settings import ServeSettings
from gridtwin.sources.synthetic import synthesize
from gridtwin.tools.shared_twin import SharedTwin
from gridtwin.tools.tool_answer import measure_bytes
from gridtwin.tools.tool_registry import TOOLS
from gridtwin.twin import open_twin

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

TITLE = "Agents"
CALLS = {tool.name: tool.call for tool in TOOLS}
ROUNDS = 15
COMMAND = ["-c", "from gridtwin.cli.entry import main; main()", "mcp", "--in"]


def main() -> None:
    """Measure every transport on a territory."""
    meters = int(sys.argv[1]) if len(sys.argv) > 1 else 596_906
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "grid.twin"
        open_twin(synthesize("houston", meters=meters, seed=1)).save(path)
        shared = SharedTwin(open_twin(str(path)))
        questions = list_questions(shared)
        first = time_call(shared, "find", {"q": "fues 12"})
        plain = {name: _ask_plainly(shared, name, given) for name, given in questions}
        over = anyio.run(measure_transports, path, shared, questions)
        sizes = [measure_bytes(CALLS[name](shared, **given)) for name, given in questions]
        begun = measure_cold(path)
    head = f"{meters:,} meters; {machine()}; means of {ROUNDS} calls, one at a time; processor"
    head += " time, of client and server together."
    lines = [
        "| tool | in Python, ms | memory | stdio | HTTP | bytes |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for (name, _), size in zip(questions, sizes, strict=True):
        cells = [plain[name], *(over[way][name] for way in ("memory", "stdio", "http"))]
        lines.append(
            f"| `{name}` | {' | '.join(f'{each * 1e3:,.1f}' for each in cells)} | {size:,} |"
        )
    added = {
        way: median(over[way][name] - plain[name] for name, _ in questions) * 1e3 for way in over
    }
    limits = [
        *(Limit(f"added by {way}, median of the tools", added[way], 25, "ms") for way in added),
        Limit("size of an answer, median", median(sizes) / 1e3, 4, "KB"),
        Limit("size of an answer, largest", max(sizes) / 1e3, 8, "KB"),
        Limit("first search with a slip of the pen", first, 5, "s"),
        Limit("`gridtwin mcp` from start to an answer, processor time", begun, 3.5, "s"),
    ]
    publish(TITLE, [head, "", *lines, "", *tables([], limits)])


def list_questions(shared: SharedTwin) -> list[tuple[str, dict[str, Any]]]:
    """Return one question of each tool that needs no readings, of the worst feeder."""
    worst = CALLS["critical"](shared, kind="breaker")["document"]["elements"][0]
    head, feeder = worst["mrid"], worst["feeder"]
    shared.twin.outages.open(head, id="O-1")
    meter = shared.twin.outages.members("O-1").usage_point[0]
    return [
        ("overview", {}),
        ("find", {"q": "fues 12"}),
        ("element", {"of": head}),
        ("trace", {"kind": "downstream", "of": [head], "state": "normal"}),
        ("explain", {"of": meter}),
        ("blast", {"of": [head], "scope": "trip"}),
        ("critical", {"feeder": feeder}),
        ("what_if", {"open": [head]}),
        ("outages", {}),
        ("outage", {"id": "O-1"}),
        ("estimate", {"of": feeder}),
        ("priority_sites", {"out_only": True}),
        ("history", {"start": "2026-01-01T00:00:00Z"}),
    ]


def time_call(shared: SharedTwin, name: str, given: dict[str, Any]) -> float:
    """Return the seconds of processor time of one call in Python."""
    begun = time.process_time()
    CALLS[name](shared, **given)
    return time.process_time() - begun


def _spend() -> float:
    """Return the seconds of processor time that this process and those it started have taken."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    ticks = 0
    for child in children:
        fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def _ask_plainly(shared: SharedTwin, name: str, given: dict[str, Any]) -> float:
    time_call(shared, name, given)
    return sum(time_call(shared, name, given) for _ in range(ROUNDS)) / ROUNDS


async def measure_transports(
    path: Path, shared: SharedTwin, questions: list[tuple[str, dict[str, Any]]]
) -> dict[str, dict[str, float]]:
    """Return the seconds of processor time of each question, by transport."""
    started = StdioServerParameters(
        command=sys.executable, args=[*COMMAND, str(path)], env=dict(os.environ)
    )
    found = {}
    async with Client(make_agent_server(lambda: shared)) as client:
        found["memory"] = await ask_all(client, questions)
    with Path(os.devnull).open("w") as nowhere:
        async with Client(stdio_client(started, errlog=nowhere)) as client:
            found["stdio"] = await ask_all(client, questions)
    found["http"] = await serve_and_ask(path, lambda url: _ask_at(url, questions))
    return found


async def _ask_at(url: str, questions: list[tuple[str, dict[str, Any]]]) -> dict[str, float]:
    async with Client(url) as client:
        return await ask_all(client, questions)


async def ask_all(client: Client, questions: list[tuple[str, dict[str, Any]]]) -> dict[str, float]:
    """Return the seconds of processor time of each question, of client and server together."""
    found = {}
    for name, given in questions:
        await client.call_tool(name, given)
        begun = _spend()
        for _ in range(ROUNDS):
            result = await client.call_tool(name, given)
            assert not result.is_error, result.content
        found[name] = (_spend() - begun) / ROUNDS
    return found


async def serve_and_ask(
    path: Path, ask: Callable[[str], Awaitable[dict[str, float]]]
) -> dict[str, float]:
    """Serve a twin in a thread while it is asked."""
    settings = ServeSettings(str(path), rate_per_s=0)
    app = create_app(settings)
    with open_listener("127.0.0.1", 0) as listener:
        server = server_of(app, settings)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            return await ask(f"http://127.0.0.1:{listener.getsockname()[1]}/mcp")
        finally:
            app.state.broadcaster.close()
            server.should_exit = True
            await anyio.to_thread.run_sync(thread.join)


def measure_cold(path: Path) -> float:
    """Return the processor time of a server by stdio from its start to its first answer."""
    asked = (
        '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",'
        '"capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}\n'
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, *COMMAND, str(path)]
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=True)
    assert '"gridtwin"' in done.stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
