"""Run ``gridtwin serve`` as a process of its own on a free port, and stop it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from waiting import PATIENCE_S, started, wait_until

TOKEN = "of-the-shift-of-a-test"  # noqa: S105 - of servers that live as long as a test


@dataclass
class Served:
    """A running server."""

    url: str
    home: Path
    process: subprocess.Popen[bytes] | None = None  # none where it runs in that of the test

    def stop(self) -> int:
        """Ask it to end, and wait; return its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)


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
    with tempfile.NamedTemporaryFile(prefix="gridtwin-serve-", suffix=".log") as file:
        log = Path(file.name)
        command = ["serve", "--in", str(home), "--port", str(port), *words]
        with started(
            [sys.executable, "-c", "from gridtwin.cli.entry import main; main()", *command],
            stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            env={**os.environ, "GRIDTWIN_OPERATOR_TOKEN": TOKEN},
        ) as process:  # fmt: skip

            def address() -> str:
                said = re.search(r"http://127\.0\.0\.1:\d+/", log.read_text())
                return said[0] if said and _is_ready(said[0]) else ""

            url = wait_until(
                address,
                lambda: f"gridtwin serve did not start:\n{log.read_text()[-2000:]}",
                process=process,
            )
            yield Served(url, home, process)


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}ready", timeout=PATIENCE_S) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
