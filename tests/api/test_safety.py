"""What comes from outside is limited, and a browser may do nothing with any other host."""

from __future__ import annotations

import json
import logging
import socket
from dataclasses import replace
from typing import TYPE_CHECKING

import cramjam
import pytest

from gridtwin.api.answers import AnswerCache, backend_for, compress_body
from gridtwin.api.app import create_app
from gridtwin.errors import InputError
from gridtwin.settings import ServeSettings
from waiting import PATIENCE_S

from .conftest import TOKEN, answering

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import httpx


@pytest.fixture
def strict(settings: ServeSettings) -> Iterator[httpx.Client]:
    """Return a client of a server that allows little."""
    strict = replace(settings, rate_per_s=1.0, rate_burst=12.0, most_bytes=2_000, most_listed=5)
    with answering(create_app(strict), strict) as client:
        yield client


def test_pages_may_ask_this_server_alone(client: httpx.Client) -> None:
    for path in ("/health", "/api", "/nowhere", "/api/nowhere"):
        headers = client.get(path).headers
        policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["connect-src"] == policy["style-src"] == "'self'"
        assert policy["worker-src"] == "'self' blob:"
        assert policy["frame-ancestors"] == "'self'"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "server" not in headers
        assert "access-control-allow-origin" not in headers


def test_other_sites_get_no_word_of_permission(client: httpx.Client) -> None:
    asked = {"Origin": "http://elsewhere", "Access-Control-Request-Method": "POST"}
    answer = client.options("/api/switch", headers=asked)
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("host", ["elsewhere.example", "127.0.0.1.example:80", "", "localhost.x"])
def test_a_name_the_server_does_not_have_is_refused(client: httpx.Client, host: str) -> None:
    answer = client.get("/api/state", headers={"Host": host})
    assert answer.status_code in {400, 421}  # without any, the HTTP parser may refuse it first
    assert "customers_out" not in answer.text


@pytest.mark.parametrize("host", ["localhost:99", "LOCALHOST", "[::1]:80", "10.0.0.7", "127.0.0.1"])
def test_its_own_names_and_addresses_are_known(client: httpx.Client, host: str) -> None:
    assert client.get("/health", headers={"Host": host}).status_code == 200


def test_names_can_be_added(settings: ServeSettings) -> None:
    named = replace(settings, hosts=("grid.utility.example",), frames=("http://localhost:8888",))
    with answering(create_app(named), named) as client:
        answer = client.get("/health", headers={"Host": "grid.utility.example"})
        assert answer.status_code == 200
        assert "frame-ancestors 'self' http://localhost:8888" in str(answer.headers)


def test_a_long_body_is_refused_before_it_is_read(strict: httpx.Client) -> None:
    asked = {"switches": {"BKR1": True}, "base": "x" * 3_000}
    answer = strict.post("/api/what-if", json=asked)
    assert answer.status_code == 413
    assert answer.json()["error"]["type"] == "TooLargeError"


def test_a_body_that_does_not_say_its_length_is_counted(strict: httpx.Client) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(10):
            yield b" " * 1_000

    answer = strict.post("/api/what-if", content=pieces())
    assert answer.status_code == 413


def test_an_answer_that_would_name_too_much_is_refused(strict: httpx.Client) -> None:
    answer = strict.get("/api/trace/connected", params={"of": "L1", "detail": "full"})
    assert answer.status_code == 413
    assert "detail=ids" in answer.json()["error"]["message"]
    assert strict.get("/api/trace/connected", params={"of": "L1"}).status_code == 200


def test_who_asks_too_often_has_to_wait(strict: httpx.Client) -> None:
    answers = [strict.get("/api/state") for _ in range(14)]
    assert answers[0].headers["RateLimit-Policy"] == '"client";q=12.0;w=12'
    assert answers[0].headers["RateLimit"] == '"client";r=11'
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert answers[-1].json()["error"]["type"] == "BusyError"
    assert strict.get("/health").status_code == 200


def test_guessing_the_token_is_slow(strict: httpx.Client) -> None:
    asked = {"mrid": "BKR1", "open": True}
    codes = [
        strict.post("/api/switch", json=asked, headers={"Authorization": "Bearer x"}).status_code
        for _ in range(3)
    ]
    assert codes == [403, 429, 429]


def test_a_rate_of_nothing_is_no_limit(settings: ServeSettings) -> None:
    free = replace(settings, rate_per_s=0.0)
    with answering(create_app(free), free) as client:
        assert {client.get("/api/state").status_code for _ in range(50)} == {200}


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /api HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: x\r\n\r\n",
        b"GET /api HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
        b"GET /assets/../../app.py HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
        b"GET /assets/%2e%2e/%2e%2e/app.py HTTP/1.1\r\nHost: ::1\r\nConnection: close\r\n\r\n",
        b"GET /assets/%00 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
        b"GET /..%2fapp.py HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET /" + b"x" * 100_000,
    ],
)
def test_what_is_no_request_does_no_harm(client: httpx.Client, raw: bytes) -> None:
    address = (client.base_url.host, client.base_url.port)
    with socket.create_connection(address, timeout=PATIENCE_S) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while part := connection.recv(65_536):
                answer += part
        except ConnectionResetError:
            pass
    assert b"create_app" not in answer
    assert b" 200 " not in answer.split(b"\r\n")[0]
    assert client.get("/health").status_code == 200


def test_the_log_tells_of_every_request_and_of_no_token(
    client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "gridtwin"):
        asked = {"mrid": "BKR1", "open": True}
        allowed = {"Authorization": f"Bearer {TOKEN}"}
        answer = client.post("/api/switch", json=asked, headers=allowed)
        client.get("/api/search", params={"q": "bkr\n1"})
    records = [each for each in caplog.records if each.name == "gridtwin.access"]
    first = records[0]
    assert first.__dict__["path"] == "/api/switch"
    assert first.__dict__["status"] == 200
    assert first.__dict__["request"] == answer.headers["X-Request-ID"]
    assert TOKEN not in json.dumps([each.__dict__ for each in records], default=str)
    assert not [each for each in records if "\n" in each.getMessage()]


def test_figures_are_in_the_format_of_prometheus(client: httpx.Client) -> None:
    client.get("/api/state")
    client.get("/api/elements/NOWHERE")
    text = client.get("/metrics").text
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    values = dict(line.rsplit(" ", 1) for line in lines)
    assert values['gridtwin_requests_total{method="GET",route="/api/state",status="200"}'] == "1.0"
    assert (
        values[
            'gridtwin_requests_total{method="GET",route="/api/elements/{mrid:path}",status="404"}'
        ]
        == "1.0"
    )
    assert values['gridtwin_request_seconds_bucket{le="+Inf",route="/api/state"}'] == "1.0"
    assert values["gridtwin_state_version"] == "0.0"
    assert values["gridtwin_store_up"] == "1.0"
    assert float(values["process_max_resident_memory_bytes"]) > 1e7


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip", "gzip"),
        ("br, gzip", "br"),
        ("gzip;q=0.5, br;q=0.1", "gzip"),
        ("zstd", ""),
        ("", ""),
    ],
)
def test_large_answers_are_packed_as_the_client_takes_them(accepted: str, encoding: str) -> None:
    body = json.dumps(list(range(2_000))).encode()
    packed, name = compress_body(body, backend_for(accepted))
    assert name == encoding
    opened = {"gzip": cramjam.gzip, "br": cramjam.brotli}.get(encoding)
    assert (bytes(opened.decompress(packed)) if opened else packed) == body
    assert compress_body(b"short", backend_for(accepted)) == (b"short", "")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("GRIDTWIN_OPERATOR_TOKEN", "short", "too short"),
        ("GRIDTWIN_RATE", "many", "tokens a second"),
        ("GRIDTWIN_RATE", "10/5", "tokens a second"),
        ("GRIDTWIN_RATE", "nan", "tokens a second"),
    ],
)
def test_an_environment_that_cannot_be_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=words):
        ServeSettings.from_environment("two.twin")


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GRIDTWIN_OPERATOR_TOKEN", TOKEN)
    monkeypatch.setenv("GRIDTWIN_HOSTS", "a.example, b.example")
    monkeypatch.setenv("GRIDTWIN_RATE", "5/50")
    found = ServeSettings.from_environment(str(tmp_path), port=0)
    assert found.hosts == ("a.example", "b.example")
    assert (found.rate_per_s, found.rate_burst) == (5, 50)
    assert TOKEN not in repr(found)


def test_answers_that_are_kept_are_made_once_and_take_bounded_room() -> None:
    kept, made = AnswerCache(most_bytes=100), list[str]()

    def make(name: str) -> Callable[[], tuple[bytes, str]]:
        return lambda: (made.append(name), (b"x" * 40, ""))[1]

    for name in ("a", "b", "a", "c", "a", "b"):
        kept.get_or_make(name, make(name))
    assert made == ["a", "b", "c", "b"]
    assert kept.get_or_make("large", lambda: (b"x" * 1_000, ""))[0] == b"x" * 1_000
    assert sum(len(body) for body, _ in kept._answers.values()) <= 100
