"""
Wait for what must come, however slow the machine is, and leave no process behind.

No test says how fast anything is: a limit is there only so that what never comes is told.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

Found = TypeVar("Found")

PATIENCE_S = 900.0  # a machine that is only slow never needs so long


def wait_until(
    holds: Callable[[], Found],
    otherwise: Callable[[], str] = lambda: "it never came to that",
    *,
    process: subprocess.Popen[Any] | None = None,
) -> Found:
    """Return what a condition answers once that is true; a process it needs must not end before."""
    end = time.monotonic() + PATIENCE_S
    while not (found := holds()):
        assert process is None or process.poll() is None, f"{otherwise()}: its process ended"
        assert time.monotonic() < end, otherwise()
        time.sleep(0.05)
    return found


@contextmanager
def started(command: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """Start a process, and end it with all it started itself, however the test ends."""
    with subprocess.Popen(command, start_new_session=True, **options) as process:
        try:
            yield process
        finally:
            end_group(process)


def end_group(process: subprocess.Popen[Any]) -> None:
    """End a process that leads a session of its own, and all that it started there."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
