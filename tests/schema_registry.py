"""A schema registry on this machine, with the paths of the real one that clients use."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class _Answers(BaseHTTPRequestHandler):
    """``POST /subjects/S/versions`` registers; ``GET /schemas/ids/N`` gives back."""

    server: RegistryServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not re.fullmatch(r"/subjects/[\w-]+/versions", self.path.split("?")[0]):
            self._answer(404, {"error_code": 404, "message": "HTTP 404 Not Found"})
            return
        self._answer(200, {"id": self.server.add(body["schema"], body.get("schemaType", "AVRO"))})

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        found = re.fullmatch(r"/schemas/ids/(\d+)", self.path.split("?")[0])
        schema = self.server.schemas.get(int(found[1])) if found else None
        if schema is None:
            self._answer(404, {"error_code": 40403, "message": "Schema not found"})
            return
        text, kind = schema
        more = {} if kind == "AVRO" else {"schemaType": kind}
        self._answer(200, {"schema": text, **more})

    def _answer(self, code: int, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


class RegistryServer(ThreadingHTTPServer):
    """Schemas by number, and what was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.schemas: dict[int, tuple[str, str]] = {}
        self.asked: list[str] = []

    def add(self, schema: str, kind: str = "AVRO") -> int:
        known = [number for number, each in self.schemas.items() if each == (schema, kind)]
        number = known[0] if known else len(self.schemas) + 1
        self.schemas[number] = schema, kind
        return number

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def schema_registry() -> Iterator[RegistryServer]:
    server = RegistryServer()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
