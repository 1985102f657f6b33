"""Give the tests of tools and of the protocol one twin to ask, and clients of every kind."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from asked_twin import save_asked_twin
from gridtwin.api.app import create_app
from gridtwin.api.serve_app import server_of
from gridtwin.cli.serve_commands import open_listener
from gridtwin.mcp_server.agent_server import make_agent_server
from gridtwin.settings import ServeSettings
from gridtwin.tools.shared_twin import SharedTwin
from gridtwin.twin import Twin, open_twin
from waiting import PATIENCE_S

ERAS = {"2025-11-25": "legacy", "2026-07-28": "auto"}
OPERATOR_TOKEN = "of-the-day-shift"  # noqa: S105 - of the tests alone
COMMAND = ["-c", "from gridtwin.cli.entry import main; main()", "mcp", "--in"]


@pytest.fixture(scope="session")
def asked_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a twin that is only asked."""
    path = tmp_path_factory.mktemp("asked") / "asked.twin"
    save_asked_twin(path)
    return path


@pytest.fixture(scope="session")
def asked(asked_path: Path) -> Twin:
    """Return the twin."""
    return open_twin(str(asked_path))


@pytest.fixture(scope="session")
def shared(asked: Twin) -> SharedTwin:
    """Return the same as tools ask it."""
    return SharedTwin(asked)


@contextmanager
def serving(settings: ServeSettings) -> Iterator[str]:
    """Serve a twin in a thread of this process; return where agents ask."""
    app = create_app(settings)
    with open_listener("127.0.0.1", 0) as listener:
        server = server_of(app, settings)
        thread = Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
        finally:
            app.state.broadcaster.close()
            server.should_exit = True
            thread.join(PATIENCE_S)
            assert not thread.is_alive(), "the server did not end"


@pytest.fixture(scope="session")
def agents_url(asked_path: Path) -> Iterator[str]:
    """Return where agents ask a server of the twin that is only asked."""
    with serving(ServeSettings(str(asked_path), rate_per_s=0)) as url:
        yield url


@asynccontextmanager
async def client_in_memory(shared: SharedTwin, era: str, **options: Any) -> AsyncIterator[Client]:
    """Return a client of a server in this process, without any transport."""
    ask = options.pop("ask", None)
    server = make_agent_server(lambda: shared, actor="ann", **options)
    async with Client(server, mode=ERAS[era], elicitation_callback=ask) as client:
        yield client


@asynccontextmanager
async def client_by_stdio(path: Path, era: str, **environment: str) -> AsyncIterator[Client]:
    """Return a client of a process that it starts."""
    started = StdioServerParameters(
        command=sys.executable,
        args=[*COMMAND, str(path)],
        env={**os.environ, **environment},
    )
    with Path(os.devnull).open("w") as nowhere:
        async with Client(stdio_client(started, errlog=nowhere), mode=ERAS[era]) as client:
            yield client


@asynccontextmanager
async def client_over_http(
    url: str, era: str, *, token: str = "", ask: Any = None, mode: str = ""
) -> AsyncIterator[Client]:
    """Return a client of a server that runs; how it agrees on a version is by default its era's."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=PATIENCE_S) as http,
        Client(
            streamable_http_client(url, http_client=http),
            mode=mode or ERAS[era],
            elicitation_callback=ask,
        ) as client,
    ):
        yield client
