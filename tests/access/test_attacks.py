"""What attackers send to a server does nothing: paths, headers, bombs, patterns, logs, streams."""

from __future__ import annotations

import gzip
import json
import logging
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import httpx
import pytest

from gridtwin.api import event_routes
from gridtwin.model.access import ActionFilter
from gridtwin.model.permissions import Role
from gridtwin.settings import SignInSettings
from gridtwin.twin import Twin
from waiting import PATIENCE_S

from .conftest import bear, give_token

Serve = Callable[..., AbstractContextManager[httpx.Client]]
MOST_CPU_S = 5.0  # of this process, for a question that would take hours if it could
EVIL_PATTERNS = ("(a+)+$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*a){25}", "[[[[" * 40, "\\" * 199)


@pytest.fixture
def client(serve_as: Serve) -> Iterator[httpx.Client]:
    with serve_as() as client:
        yield client


def test_no_path_leads_out_of_what_is_served(client: httpx.Client, twin: Twin) -> None:
    headers = bear(give_token(twin, Role.ADMINISTRATOR))
    for way in ("/assets/{}", "/{}", "/api/elements/{}", "/api/outages/{}", "/api/jobs/{}",
                "/api/estimates/{}", "/tiles/grid/0/0/{}", "/api/ami/meters/{}"):  # fmt: skip
        for out in ("../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/app.py",
                    "..%5c..%5capp.py", "%00", "....//....//app.py", "/etc/passwd"):  # fmt: skip
            answer = client.get(way.format(out), headers=headers)
            assert answer.status_code in {400, 404, 422}, (way, out, answer.status_code)
            assert "root:" not in answer.text
            assert "create_app" not in answer.text
    assert client.delete("/api/tokens/..%2f..%2fx", headers=headers).status_code == 404


@pytest.mark.parametrize("value", [b"ann\r\nX-Evil: 1", b"ann\nSet-Cookie: a=b", b"ann\0"])
def test_no_header_splits_an_answer(client: httpx.Client, value: bytes) -> None:
    address = (client.base_url.host, client.base_url.port)
    lines = [b"GET /api/me?x=%0d%0aX-Evil:1 HTTP/1.1", b"Host: 127.0.0.1", b"X-User: " + value,
             b"Connection: close", b"", b""]  # fmt: skip
    with socket.create_connection(address, timeout=PATIENCE_S) as connection:
        connection.sendall(b"\r\n".join(lines))
        answer = b""
        while part := connection.recv(65_536):
            answer += part
    head = answer.split(b"\r\n\r\n")[0].lower()
    assert b"x-evil" not in head
    assert b"set-cookie" not in head


def test_who_names_themselves_oddly_is_one_line_of_the_log(
    client: httpx.Client, twin: Twin, caplog: pytest.LogCaptureFixture
) -> None:
    name = "ann\x9b\u2028admin" + "x" * 500
    with caplog.at_level(logging.INFO, "gridtwin"):
        client.post(
            "/api/switch",
            json={"mrid": "BKR1\n\x1b[2J", "open": True},
            headers=[(b"X-User", name.encode("utf-8")), (b"Sec-Fetch-Site", b"same-origin")],
        )
    (noted,) = twin.store.access.list_actions(ActionFilter())
    assert noted.person.isprintable()
    assert len(noted.person) == 200
    assert not [each for each in caplog.records if re.search(r"[\n\x1b]", each.getMessage())]


def test_a_body_that_is_packed_is_never_unpacked(client: httpx.Client, twin: Twin) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    assert len(bomb) < 100_000
    headers = bear(give_token(twin, Role.ADMINISTRATOR)) | {
        "Content-Encoding": "gzip",
        "Content-Type": "application/json",
    }
    for path in ("/api/what-if", "/api/switch", "/api/ask", "/mcp"):
        accept = {"Accept": "application/json, text/event-stream"}
        answer = client.post(path, content=bomb, headers=headers | accept)
        assert answer.status_code in {400, 422}, (path, answer.status_code)
        assert len(answer.content) < 10_000
    deep = "[" * 500_000 + "]" * 500_000
    plain = headers | {"Content-Encoding": "identity"}
    assert client.post("/api/switch", content=deep, headers=plain).status_code in {400, 422}
    assert client.get("/health").status_code == 200


def test_no_pattern_makes_a_search_or_a_question_take_long(
    client: httpx.Client, twin: Twin
) -> None:
    headers = bear(give_token(twin, Role.VIEWER))
    began = time.process_time()
    for pattern in EVIL_PATTERNS:
        for text in (pattern, pattern + "a" * 180 + "!"):
            found = client.get("/api/search", params={"q": text[:200]}, headers=headers)
            assert found.status_code in {200, 422}
    words = ("a " * 200, "not " * 90, "(" * 300, "between 1 and " * 25)
    for text in words:
        asked = client.post("/api/ask", json={"question": text[:400]}, headers=headers)
        assert asked.status_code in {200, 404, 422}
    assert client.get("/api/search", params={"q": "a" * 5_000}, headers=headers).status_code == 422
    assert time.process_time() - began < MOST_CPU_S


def test_no_token_and_no_session_stands_in_a_log_or_an_error(
    client: httpx.Client, twin: Twin, caplog: pytest.LogCaptureFixture
) -> None:
    token = give_token(twin, Role.OPERATOR)
    with caplog.at_level(logging.DEBUG, "gridtwin"):
        answers = [
            client.post("/api/switch", json={"mrid": "BKR1", "open": True}, headers=bear(token)),
            client.get("/api/state", headers=bear(f"{token}x")),
            client.get("/api/state", headers={"X-Gridtwin-Token": f"{token}y"}),
            client.get("/api/state", headers={"Cookie": f"gridtwin_session={token}z"}),
        ]
    told = json.dumps([each.__dict__ for each in caplog.records], default=str)
    assert token not in told + "".join(each.text for each in answers)


def test_who_follows_events_follows_no_longer_than_they_are_let_in(
    client: httpx.Client, twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_routes, "ADMITTED_S", -1.0)
    headers = bear(give_token(twin, Role.VIEWER))
    administrator = bear(give_token(twin, Role.ADMINISTRATOR))
    with client.stream("GET", "/api/events", headers=headers) as stream:
        parts = stream.iter_raw()
        assert b"retry" in next(parts)
        (token, _) = twin.store.access.list_tokens()
        client.delete(f"/api/tokens/{token.id}", headers=administrator)
        asked = {"mrid": "BKR1", "open": True}
        assert client.post("/api/switch", json=asked, headers=administrator).status_code == 200
        assert list(parts) == []
    revoked = twin.store.access.find_token(token.digest)
    assert revoked is not None
    assert not revoked.is_valid(datetime.now(UTC))


def test_the_users_of_an_ingress_have_rates_of_their_own(serve_as: Serve) -> None:
    declared = SignInSettings(user_header="X-User", default_role="viewer", anonymous="")
    with serve_as(declared, rate_per_s=0.1, rate_burst=3.0) as client:

        def ask(user: str) -> int:
            return client.get("/api/state", headers={"X-User": user}).status_code

        assert [ask("ann") for _ in range(4)] == [200, 200, 200, 429]
        assert ask("bob") == 200
