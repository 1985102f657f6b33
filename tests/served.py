"""Run ``gridtwin serve`` as a process of its own on a free port, and stop it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

READY_S = 60.0
STOP_S = 20.0
TOKEN = "of-the-shift-of-a-test"  # noqa: S105 - of servers that live as long as a test


@dataclass
class Served:
    """A running server."""

    url: str
    home: Path
    process: subprocess.Popen[bytes]
    log: Path

    def stop(self) -> int:
        """Ask it to end, and wait; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_S)


@contextmanager
def serve(home: Path, *words: str, port: int = 0) -> Iterator[Served]:
    """
    Serve a twin.

    Parameters
    ----------
    home
        The twin.
    words
        More options of ``gridtwin serve``.
    port
        By default one that is free.
    """
    with tempfile.NamedTemporaryFile(prefix="gridtwin-serve-", suffix=".log") as log:
        running = _started(home, words, port, Path(log.name))
        try:
            yield running
        finally:
            if running.process.poll() is None:
                running.process.terminate()
                try:
                    running.process.wait(STOP_S)
                except subprocess.TimeoutExpired:
                    running.process.kill()
                    running.process.wait()


def _started(home: Path, words: tuple[str, ...], port: int, log: Path) -> Served:
    command = ["serve", "--in", str(home), "--port", str(port), *words]
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-c", "from gridtwin.cli.entry import main; main()", *command],
            stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            env={**os.environ, "GRIDTWIN_OPERATOR_TOKEN": TOKEN},
        )  # fmt: skip
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and process.poll() is None:
        said = re.search(r"http://127\.0\.0\.1:\d+/", log.read_text())
        if said and _is_ready(said[0]):
            return Served(said[0], home, process, log)
        time.sleep(0.05)
    process.kill()
    process.wait()
    msg = f"gridtwin serve did not start:\n{log.read_text()[-2000:]}"
    raise RuntimeError(msg)


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}ready", timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
