"""
Answer queries in a process of its own, which its parent can stop: DuckDB, and nothing of gridtwin.

A scalar function of DuckDB heeds no interrupt and no limit of memory, so that a mapping somebody
sends could take the machine; a process can be limited and killed. It reads requests from its
standard input and writes answers to its standard output, each a line of JSON with the sizes of the
Arrow streams that follow it.
"""

from __future__ import annotations

import json
import sys
from typing import IO, Any

import duckdb
import pyarrow as pa

ADDRESS_SPACE = "address_space_bytes"
PROCESSOR_TIME = "processor_s"
RESULT_BYTES = "result_bytes"
BATCH_ROWS = 20_000


class ResultSizeError(Exception):
    """A result has more rows or bytes than it may."""


def read_message(stream: IO[bytes]) -> tuple[dict[str, Any], list[bytes]] | None:
    """Return the next message and what follows it; None at the end."""
    line = stream.readline()
    if not line.endswith(b"\n"):
        return None
    message: dict[str, Any] = json.loads(line)
    parts = [stream.read(size) for size in message.pop("sizes", [])]
    return message, parts


def write_message(stream: IO[bytes], message: dict[str, Any], parts: list[pa.Buffer]) -> None:
    """Write a message and what follows it."""
    line = json.dumps(message | {"sizes": [part.size for part in parts]})
    stream.write(line.encode() + b"\n")
    for part in parts:
        stream.write(part)
    stream.flush()


def pack_table(table: pa.Table) -> pa.Buffer:
    """Return a table as an Arrow stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def unpack_table(part: bytes) -> pa.Table:
    """Return the table of an Arrow stream."""
    return pa.ipc.open_stream(part).read_all()


class QueryServer:
    """
    Answers requests until there are no more.

    Parameters
    ----------
    setup
        ``config`` of DuckDB, ``macros`` to create, and the limits.
    """

    def __init__(self, setup: dict[str, Any]) -> None:
        limit_process(setup)
        self._result_bytes: int = setup[RESULT_BYTES]
        self._connection = duckdb.connect(":memory:", config=setup["config"])
        for macro in setup["macros"]:
            self._connection.execute(macro)
        self._connection.execute("SET lock_configuration = true")

    def answer(
        self, request: dict[str, Any], parts: list[bytes]
    ) -> tuple[dict[str, Any], list[pa.Buffer]]:
        """Return the answer to one request: what it is, and tables."""
        try:
            if "hold" in request:
                for name in request["drop"]:
                    self._connection.unregister(name)
                for name, part in zip(request["hold"], parts, strict=True):
                    self._connection.register(name, unpack_table(part))
                return {}, []
            if "parse" in request:
                return {"statements": self._parse(request["parse"])}, []
            if self._parse(request["select"]) != ["SELECT"]:
                return {"error": "write one expression for each key, and no statement"}, []
            return {}, [pack_table(self._select(request["select"], request["parameters"]))]
        except (duckdb.Error, ResultSizeError, pa.ArrowException, MemoryError) as error:
            return {"error": str(error) or "out of memory"}, []

    def _parse(self, query: str) -> list[str]:
        return [each.type.name for each in self._connection.extract_statements(query)]

    def _select(self, query: str, parameters: dict[str, Any]) -> pa.Table:
        """Return the rows of a query, refusing more bytes of them than there may be."""
        reader = self._connection.execute(query, parameters).to_arrow_reader(BATCH_ROWS)
        batches, size = [], 0
        for batch in reader:
            size += batch.nbytes
            if size > self._result_bytes:
                msg = f"it makes more than {self._result_bytes / 2**20:,.0f} MiB"
                raise ResultSizeError(msg)
            batches.append(batch)
        return pa.Table.from_batches(batches, reader.schema)


def limit_process(setup: dict[str, Any]) -> None:
    """Take no more memory and processor time than there is to take, where the system can tell."""
    try:
        import resource
    except ImportError:  # Windows: its parent still stops it
        return
    resource.setrlimit(resource.RLIMIT_AS, (setup[ADDRESS_SPACE],) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (setup[PROCESSOR_TIME],) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def serve_queries(source: IO[bytes], sink: IO[bytes]) -> None:
    """Answer what is asked until there is no more; a message that sets up begins with nothing."""
    server: QueryServer | None = None
    while (message := read_message(source)) is not None:
        request, parts = message
        if server is None or "config" in request:
            server = QueryServer(request)
            write_message(sink, {}, [])
        else:
            write_message(sink, *server.answer(request, parts))


if __name__ == "__main__":
    # DuckDB loads pandas to see whether a table is one of its frames: half of this process's time.
    sys.modules["pandas"] = None  # type: ignore[assignment]
    serve_queries(sys.stdin.buffer, sys.stdout.buffer)
