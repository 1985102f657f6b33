"""Stand in for the endpoint of a language model: a script in three protocols, on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "a-key-that-nobody-may-read"


@dataclass(frozen=True)
class Say:
    """The model writes, in parts."""

    text: str


@dataclass(frozen=True)
class Call:
    """The model calls tools."""

    calls: tuple[tuple[str, Any], ...]
    text: str = ""

    @classmethod
    def of(cls, tool: str, **arguments: Any) -> Call:
        """Return a call of one tool."""
        return cls(((tool, arguments),))


@dataclass(frozen=True)
class Raw:
    """The endpoint does what it wants with the connection."""

    answer: Callable[[BaseHTTPRequestHandler], None]


@dataclass
class StandIn:
    """What the endpoint answers, and what it heard."""

    script: Callable[[int, dict[str, Any]], Any]
    heard: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    leave: threading.Event = field(default_factory=threading.Event)
    url: str = ""


def follow_script(*replies: Any) -> Callable[[int, dict[str, Any]], Any]:
    """Return a script of one reply after the other; the last is repeated."""
    return lambda at, _: replies[min(at, len(replies) - 1)]


@contextmanager
def stand_in(script: Callable[[int, dict[str, Any]], Any]) -> Iterator[StandIn]:
    """Serve a script on a free port of this machine."""
    held = StandIn(script)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"  # a body ends with its connection

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            held.heard.append(body)
            held.headers.append({name.lower(): value for name, value in self.headers.items()})
            reply = held.script(len(held.heard) - 1, body)
            if isinstance(reply, Raw):
                reply.answer(self)
                return
            write = write_anthropic if self.path.endswith("/messages") else write_openai
            start_events(self)
            for event in write(reply, len(held.heard)):
                self.wfile.write(event.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    held.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield held
    finally:
        held.leave.set()
        server.shutdown()
        server.server_close()
        thread.join()


def start_events(handler: BaseHTTPRequestHandler, **headers: str) -> None:
    """Begin a reply that streams."""
    handler.send_response(200)
    for name, value in ({"Content-Type": "text/event-stream"} | headers).items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()


def split_text(text: str) -> list[str]:
    """Return a text in the parts in which it is sent."""
    return [text[at : at + 7] for at in range(0, len(text), 7)]


def write_openai(reply: Any, number: int) -> Iterator[str]:
    """Yield a reply as chat completions stream it."""

    def pack(delta: dict[str, Any], finish: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        body = {"id": f"c{number}", "object": "chat.completion.chunk", "created": 1, "model": "m",
                "choices": [choice], **more}  # fmt: skip
        return f"data: {json.dumps(body)}\n\n"

    for part in split_text(reply.text):
        yield pack({"role": "assistant", "content": part})
    calls = getattr(reply, "calls", ())
    for at, (tool, arguments) in enumerate(calls):
        told = arguments if isinstance(arguments, str) else json.dumps(arguments)
        function = {"name": tool, "arguments": told}
        call = {"index": at, "id": f"t{number}-{at}", "type": "function", "function": function}
        yield pack({"tool_calls": [call]})
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    yield pack({}, "tool_calls" if calls else "stop", usage=usage)
    yield "data: [DONE]\n\n"


def write_anthropic(reply: Any, number: int) -> Iterator[str]:
    """Yield a reply as messages stream it."""

    def pack(kind: str, **body: Any) -> str:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **body})}\n\n"

    usage = {"input_tokens": 100, "output_tokens": 1}
    message = {"id": f"m{number}", "type": "message", "role": "assistant", "model": "m"}
    message |= {"content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}
    yield pack("message_start", message=message)
    at = 0
    if reply.text:
        yield pack("content_block_start", index=at, content_block={"type": "text", "text": ""})
        for part in split_text(reply.text):
            delta = {"type": "text_delta", "text": part}
            yield pack("content_block_delta", index=at, delta=delta)
        yield pack("content_block_stop", index=at)
        at += 1
    calls = getattr(reply, "calls", ())
    for tool, arguments in calls:
        block = {"type": "tool_use", "id": f"t{number}-{at}", "name": tool, "input": {}}
        yield pack("content_block_start", index=at, content_block=block)
        told = arguments if isinstance(arguments, str) else json.dumps(arguments)
        delta = {"type": "input_json_delta", "partial_json": told}
        yield pack("content_block_delta", index=at, delta=delta)
        yield pack("content_block_stop", index=at)
        at += 1
    stop = {"stop_reason": "tool_use" if calls else "end_turn", "stop_sequence": None}
    yield pack("message_delta", delta=stop, usage={"output_tokens": 10})
    yield pack("message_stop")
