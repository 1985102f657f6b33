"""Nobody gets from any path what their role does not let them; the paths are those described."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx  # noqa: TC002 - pytest reads it
import pytest

from gridtwin.model.permissions import ROLE_PERMISSIONS, Permission, Role
from gridtwin.settings import SignInSettings
from gridtwin.twin import Twin

from .conftest import bear, give_token

DESCRIBED = json.loads((Path(__file__).parents[2] / "docs/openapi.json").read_text())
UNDESCRIBED = {  # what stands beside OpenAPI: another protocol, Prometheus's pages, the document
    ("post", "/mcp"): "look",
    ("get", "/openapi.json"): "look",
    ("head", "/tiles/grid.pmtiles"): "look",
}
VALUES = {
    "mrid": "BKR1", "outage": "O-1", "kind": "downstream", "layer": "switches", "number": "1",
    "job": "0", "token": "none", "z": "0", "x": "0", "y": "0", "id": "none", "order": "none",
    "step": "1", "crew": "none", "document": "none", "page": "1", "webhook": "none",
}  # fmt: skip
QUERIES = {"of": "L1", "q": "bkr", "from": "2026-07-01T00:00:00Z", "to": "2026-07-02T00:00:00Z"}
AREA = {"type": "Polygon", "coordinates": [[[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]]}
BODIES: dict[str, Any] = {
    "/api/what-if": {"switches": {"BKR1": True}},
    "/api/restore": {"of": ["L1"]},
    "/api/switch": {"mrid": "BKR1", "open": True},
    "/api/findings/accept": {"rule": "near_miss", "key": "L1", "reason": "so"},
    "/api/findings/undo": {"rule": "near_miss", "key": "L1"},
    "/api/intersect": {"polygon": AREA},
    "/api/ask": {"question": "how many customers are out?"},
}
FORBIDDEN = {401, 403}


def list_ways() -> Iterator[tuple[str, str, str]]:
    """Yield verb, path, and what it requires, of all there is."""
    for path, verbs in DESCRIBED["paths"].items():
        for verb, operation in verbs.items():
            yield verb, path, operation["x-requires"]
    for (verb, path), required in UNDESCRIBED.items():
        yield verb, path, required


def ask(client: httpx.Client, verb: str, path: str, headers: dict[str, str]) -> int:
    """Return the status of an answer, without waiting for the end of one that never ends."""
    for name, value in VALUES.items():
        path = path.replace(f"{{{name}}}", value)
    body = {"json": BODIES.get(path, {})} if verb in {"post", "put", "patch"} else {}
    with client.stream(verb, path, params=QUERIES, headers=headers, **body) as answer:
        return answer.status_code


@pytest.fixture
def strict(
    serve_as: Callable[..., AbstractContextManager[httpx.Client]],
) -> Iterator[httpx.Client]:
    with serve_as() as client:
        yield client


def test_no_role_gets_from_any_path_what_it_may_not(strict: httpx.Client, twin: Twin) -> None:
    ways = list(list_ways())
    assert len(ways) > 40
    allowed = 0
    for role in (None, *Role):
        headers = {} if role is None else bear(give_token(twin, role))
        may = frozenset[Permission]() if role is None else ROLE_PERMISSIONS[role]
        for verb, path, required in ways:
            status = ask(strict, verb, path, headers)
            told = (role, verb, path, status)
            if required == "nothing" or required in may:
                assert status not in FORBIDDEN, told
                allowed += 1
            else:
                assert status == (401 if role is None else 403), told
    assert allowed > 4 * 35
    written = twin.store.states.list_events()
    assert {each.actor for each in written} == {
        f"program of the {role}" for role in Role if Permission.OPERATE in ROLE_PERMISSIONS[role]
    }


def test_a_token_does_no_more_than_it_is_for(strict: httpx.Client, twin: Twin) -> None:
    headers = bear(give_token(twin, Role.ADMINISTRATOR, Permission.LOOK))
    for verb, path, required in list_ways():
        if required not in {"nothing", "look"}:
            assert ask(strict, verb, path, headers) == 403, path
    only = bear(give_token(twin, Role.OPERATOR, Permission.OPERATE))
    assert strict.get("/api/state", headers=only).status_code == 403
    asked = {"mrid": "BKR1", "open": True}
    assert strict.post("/api/switch", json=asked, headers=only).status_code == 200


def test_agents_get_the_tools_that_operate_by_their_role(strict: httpx.Client, twin: Twin) -> None:
    listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accept = {"Accept": "application/json, text/event-stream"}
    viewer = bear(give_token(twin, Role.VIEWER)) | accept
    answer = strict.post("/mcp", json=listing, headers=viewer)
    assert answer.status_code == 200
    assert '"name":"trace"' in answer.text
    assert '"name":"switch"' not in answer.text
    nobody = strict.post("/mcp", json=listing, headers=accept)
    assert nobody.status_code == 401
    assert nobody.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_server_without_any_way_to_sign_in_lets_look_and_no_more(
    serve_as: Callable[..., AbstractContextManager[httpx.Client]],
) -> None:
    with serve_as(SignInSettings()) as client:
        for verb, path, required in list_ways():
            status = ask(client, verb, path, {"X-User": "ann", "Sf-Context-Current-User": "ann"})
            if required in {"nothing", *ROLE_PERMISSIONS[Role.VIEWER]}:
                assert status not in FORBIDDEN, path
            else:
                assert status == 403, path
        assert client.get("/api/me").json() == {
            "name": "",
            "role": "viewer",
            "way": "nobody",
            "permissions": ["look", "see-readings"],
            "substations": None,
            "can_sign_in": False,
        }
