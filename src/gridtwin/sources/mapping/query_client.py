"""Ask queries of a process of its own, and stop it when it takes too long or too much memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Timer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

LOCKED_CONFIG: dict[str, str | bool | int] = {
    "enable_external_access": False,
    "python_enable_replacements": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "temp_directory": "",  # nothing is spilled to a disk
    "threads": 2,
}
SERVER = Path(__file__).with_name("query_process.py")
# The process sees the packages of its parent, and none of its environment but what starts it.
START = (
    "import json, runpy, sys; sys.path[:] = json.loads(sys.argv[1]);"
    " runpy.run_path(sys.argv[2], run_name='__main__')"
)
# Threads and memory pools reserve addresses that they never use, and those are limited.
LEAN_VARIABLES = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "2",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
STARTING_S = 120.0  # for what is no query: to begin the process, and to hand tables over
CLOSING_S = 10.0


class QueryError(Exception):
    """A query failed, or was stopped."""


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """What a query may take."""

    seconds: float = 120.0
    memory_mib: int = 1_024  # of DuckDB; the process may map four times as much
    result_mib: int = 2_048


def start_process() -> subprocess.Popen[bytes]:
    """Begin a process that waits for what it may take."""
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-I", "-c", START, json.dumps(sys.path), str(SERVER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=LEAN_VARIABLES
        | {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ},
    )


def end_process(process: subprocess.Popen[bytes]) -> None:
    """Let a process end, and see that it does."""
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):  # what it did not take any more
                stream.close()
    try:
        process.wait(CLOSING_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class QueryClient:
    """
    Holds a process that answers queries over tables; one that ended is begun anew.

    Parameters
    ----------
    macros
        Statements that make macros.
    limits
        What a query may take.
    """

    def __init__(self, macros: Sequence[str], limits: QueryLimits) -> None:
        self._macros = list(macros)
        self._limits = limits
        self._held: dict[str, pa.Buffer] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            end_process(process)

    def hold_tables(self, tables: Mapping[str, pa.Table]) -> None:
        """Let queries read these tables, and no longer those before."""
        from gridtwin.sources.mapping.query_process import pack_table

        dropped, self._held = list(self._held), {}
        packed = {name: pack_table(table) for name, table in tables.items()}
        self._ask({"hold": list(packed), "drop": dropped}, list(packed.values()))
        self._held = packed

    def list_statements(self, text: str) -> list[str]:
        """Return the kind of each statement of a text, such as ``SELECT``."""
        answer, _ = self._ask({"parse": text})
        return [str(kind) for kind in answer["statements"]]

    def select_rows(
        self, query: str, parameters: Mapping[str, str], *, seconds: float | None = None
    ) -> pa.Table:
        """
        Return what one SELECT, and nothing else, makes of the tables.

        Parameters
        ----------
        query, parameters
            SQL, and what it knows by name.
        seconds
            How long it may take, if not as long as the limits say.

        Raises
        ------
        QueryError
            If it is none, fails, or takes more than it may.
        """
        from gridtwin.sources.mapping.query_process import unpack_table

        asked = {"select": query, "parameters": dict(parameters)}
        _, parts = self._ask(asked, seconds=self._limits.seconds if seconds is None else seconds)
        return unpack_table(parts[0])

    def _ask(
        self,
        message: dict[str, Any],
        parts: Sequence[pa.Buffer] = (),
        *,
        seconds: float = STARTING_S,
    ) -> tuple[dict[str, Any], list[bytes]]:
        """Return the answer to a message; the process is stopped when it takes too long."""
        if self._process is None:
            self._start_process()
        answer = self._exchange(message, list(parts), seconds)
        if "error" in answer[0]:
            raise QueryError(answer[0]["error"])
        return answer

    def _start_process(self) -> None:
        """Begin the process, with the tables that were held by the one before."""
        self._process = start_process()
        limits = self._limits
        setup = {
            "config": LOCKED_CONFIG | {"memory_limit": f"{limits.memory_mib}MiB"},
            "macros": self._macros,
            "address_space_bytes": 4 * limits.memory_mib * 2**20,
            "processor_s": int(20 * limits.seconds) + 60,
            "result_bytes": limits.result_mib * 2**20,
        }
        self._exchange(setup, [], STARTING_S)
        if self._held:
            held = {"hold": list(self._held), "drop": []}
            self._exchange(held, list(self._held.values()), STARTING_S)

    def _exchange(
        self, message: dict[str, Any], parts: list[pa.Buffer], seconds: float
    ) -> tuple[dict[str, Any], list[bytes]]:
        from gridtwin.sources.mapping.query_process import read_message, write_message

        process = self._process
        assert process is not None, "it was begun"  # noqa: S101 - for types
        assert process.stdin is not None, "pipes were asked for"  # noqa: S101
        assert process.stdout is not None, "pipes were asked for"  # noqa: S101
        late = Event()

        def stop_late() -> None:
            late.set()
            process.kill()

        timer = Timer(seconds, stop_late)
        timer.start()
        try:
            write_message(process.stdin, message, parts)
            answer = read_message(process.stdout)
        except OSError:  # it ended while it was written to
            answer = None
        finally:
            timer.cancel()
        if answer is not None:
            return answer
        process.kill()
        process.wait()
        self.close()
        if late.is_set():
            msg = f"it takes longer than {seconds:g} s"
            raise QueryError(msg)
        msg = "it takes more memory or processor time than it may"
        raise QueryError(msg)
