"""One process for the queries of many mappings: beginning it takes ten times what they ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gridtwin.sources.mapping import query_client

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def idle_processes() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Keep processes that wait to be set up anew, and end them with the tests."""
    idle: list[subprocess.Popen[bytes]] = []
    yield idle
    for process in idle:
        query_client.end_process(process)


@pytest.fixture
def shared_query_process(
    idle_processes: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Take a process that another test has left, and leave it to the next."""
    start_process, end_process = query_client.start_process, query_client.end_process

    def take() -> subprocess.Popen[bytes]:
        return idle_processes.pop() if idle_processes else start_process()

    def leave(process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None:
            idle_processes.append(process)
        else:
            end_process(process)

    monkeypatch.setattr(query_client, "start_process", take)
    monkeypatch.setattr(query_client, "end_process", leave)
