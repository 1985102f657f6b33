"""Serve small twins, in the process of the test or as a client meets them: over a socket."""

from __future__ import annotations

import os
import re
import signal
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from gridtwin.api.app import create_app
from gridtwin.api.serve_app import server_of
from gridtwin.cli.serve_commands import open_listener
from gridtwin.settings import ServeSettings
from gridtwin.twin import Twin
from waiting import PATIENCE_S, started

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fastapi import FastAPI

CERTIFICATES = ssl.create_default_context()  # which every client would read for itself
PROGRAM = str(Path(sys.executable).with_name("gridtwin"))
TOKEN = "of-the-night-shift"  # noqa: S105 - of the tests alone


@pytest.fixture
def twin(two_feeders: Twin) -> Twin:
    """Return two feeders with a tie, kept in a directory."""
    return two_feeders


@pytest.fixture
def settings(twin: Twin) -> ServeSettings:
    """Return how the twin is served."""
    return ServeSettings(str(twin.store.path), operator_token=TOKEN)


@pytest.fixture
def client(settings: ServeSettings) -> Iterator[httpx.Client]:
    """Return a client of the twin's server, which runs in a thread of this process."""
    with answering(create_app(settings), settings) as client:
        yield client


@contextmanager
def answering(app: FastAPI, settings: ServeSettings) -> Iterator[httpx.Client]:
    """Run an application at a free port, and return a client of it."""
    with open_listener("127.0.0.1", 0) as listener:
        server = server_of(app, settings)

        def run() -> None:
            with listener:  # whoever waits for a server that could not start is told at once
                server.run([listener])

        thread = threading.Thread(target=run)
        thread.start()
        try:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            with httpx.Client(base_url=url, timeout=PATIENCE_S, verify=CERTIFICATES) as client:
                yield client
        finally:
            app.state.broadcaster.close()
            server.should_exit = True
            thread.join(PATIENCE_S)
            assert not thread.is_alive(), "the server did not end"


@contextmanager
def served(target: str, *options: str, **environment: str) -> Iterator[Served]:
    """Run ``gridtwin serve`` on a free port, and end it as an operator would."""
    command = [PROGRAM, "serve", "--in", target, "--port", "0", *options]
    environ = {**os.environ, **environment}
    with started(command, stderr=subprocess.PIPE, text=True, env=environ) as process:
        running = Served(process)
        yield running
        running.end()


class Served:
    """A server in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.log: list[str] = []
        self._ready = threading.Event()
        self.url = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self._ready.wait(PATIENCE_S), "the server did not start"
        assert self.url, "\n".join(self.log)

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(line.rstrip())
            found = re.search(r"at (http://\S+)/", line)
            if found and not self.url:
                self.url = found[1]
                self._ready.set()
        self._ready.set()

    def end(self, signum: int = signal.SIGTERM) -> int:
        """End it, if it still runs; return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signum)
        code = self.process.wait(PATIENCE_S)
        self._reader.join()
        return code


@pytest.fixture
def serve() -> Callable[..., Any]:
    """Return what serves a twin in a process of its own."""
    return served
