"""Hand files to processes that read them, and replace a process that a file ends."""

from __future__ import annotations

import json
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import IO, TYPE_CHECKING, Any

from gridtwin.manuals.document_pages import DocumentReading, take_reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from types import TracebackType

    from gridtwin.manuals.reading_limits import ReadingLimits

MOST_ANSWER = 512 * 1024 * 1024  # bytes of what is read of one file
LOOK_S = 1.0  # between two looks whether one takes too long


@dataclass(frozen=True, slots=True)
class FileReading:
    """What came of one file: `reading`, or `fault` saying why there is none."""

    path: Path
    reading: DocumentReading | None
    fault: str = ""


@dataclass(slots=True)
class _Worker:
    process: subprocess.Popen[bytes]
    path: Path | None = None
    since: float = 0.0
    answer: bytearray = field(default_factory=bytearray)

    @property
    def input(self) -> IO[bytes]:
        assert self.process.stdin is not None  # noqa: S101 - it was asked for
        return self.process.stdin

    @property
    def output(self) -> IO[bytes]:
        assert self.process.stdout is not None  # noqa: S101 - it was asked for
        return self.process.stdout


class ReadingPool:
    """Processes that read files; they end with the context."""

    def __init__(self, limits: ReadingLimits, processes: int) -> None:
        self._limits = limits
        self._selector = selectors.DefaultSelector()
        self._workers: list[_Worker] = []
        self._count = processes

    def __enter__(self) -> ReadingPool:
        """Start the processes."""
        self._workers = [self._start() for _ in range(self._count)]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the processes, whatever they do."""
        for worker in self._workers:
            self._end(worker)
        self._selector.close()

    def read_files(self, paths: Iterable[Path]) -> Iterator[FileReading]:
        """Yield what came of each file, in the order in which they are done."""
        waiting = deque(paths)
        while waiting or any(worker.path for worker in self._workers):
            for worker in self._workers:
                if worker.path is None and waiting:
                    self._send(worker, waiting.popleft())
            for key, _ in self._selector.select(LOOK_S):
                done = self._receive(key.data)
                if done is not None:
                    yield done
            yield from self._end_late()

    def _start(self) -> _Worker:
        words = [sys.executable, "-m", "gridtwin.manuals.reading_worker"]
        process = subprocess.Popen(  # noqa: S603 - our own module
            [*words, json.dumps(asdict(self._limits))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        worker = _Worker(process)
        self._selector.register(worker.output, selectors.EVENT_READ, worker)
        return worker

    def _end(self, worker: _Worker) -> None:
        self._selector.unregister(worker.output)
        worker.process.kill()
        worker.process.wait()
        worker.output.close()
        worker.input.close()

    def _replace(self, worker: _Worker, fault: str) -> FileReading:
        path = worker.path
        assert path is not None  # noqa: S101 - only one that reads is replaced
        self._end(worker)
        self._workers[self._workers.index(worker)] = self._start()
        return FileReading(path, None, fault)

    def _send(self, worker: _Worker, path: Path) -> None:
        worker.path, worker.since = path, time.monotonic()
        try:
            worker.input.write(json.dumps(str(path)).encode() + b"\n")
            worker.input.flush()
        except BrokenPipeError:
            return  # that it has ended is seen where its answer is read

    def _receive(self, worker: _Worker) -> FileReading | None:
        """Return what came of a file if its answer is whole."""
        chunk = worker.output.read1(1 << 20)  # type: ignore[attr-defined]
        if not chunk:
            return self._tell_end(worker)
        worker.answer += chunk
        if len(worker.answer) > MOST_ANSWER:
            return self._replace(worker, "it holds more text than any document")
        if not chunk.endswith(b"\n") or worker.path is None:
            return None
        plain: dict[str, Any] = json.loads(bytes(worker.answer))
        path = worker.path
        worker.path, worker.answer = None, bytearray()
        if "fault" in plain:
            return FileReading(path, None, plain["fault"])
        return FileReading(path, take_reading(plain))

    def _tell_end(self, worker: _Worker) -> FileReading | None:
        code = worker.process.wait()
        if worker.path is None:  # it ended between two files
            self._end(worker)
            self._workers[self._workers.index(worker)] = self._start()
            return None
        if code == -signal.SIGXCPU:
            fault = f"it takes more than {self._limits.most_cpu_s} s of processor time to read"
        elif code < 0:
            fault = (
                f"reading it was ended by {signal.Signals(-code).name}: it is damaged or hostile"
            )
        else:
            fault = f"reading it failed with code {code}: it is damaged or hostile"
        return self._replace(worker, fault)

    def _end_late(self) -> Iterator[FileReading]:
        now = time.monotonic()
        for worker in list(self._workers):
            if worker.path is not None and now - worker.since > self._limits.most_wall_s:
                yield self._replace(
                    worker, f"it takes more than {self._limits.most_wall_s} s to read"
                )
