"""Every path of the server says what it requires; one that says nothing cannot be built."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from fastapi import APIRouter
from starlette.applications import Starlette
from starlette.routing import Route

from gridtwin.api.app import create_routes
from gridtwin.api.permission_gate import (
    DeclaredRoute,
    Gate,
    check_declared,
    open_to_all,
    require,
)
from gridtwin.model.permissions import ROLE_PERMISSIONS, Permission, Role


def answer() -> None:
    """Answer nothing."""


def test_a_path_that_declares_nothing_or_two_things_cannot_be_made() -> None:
    router = APIRouter(route_class=DeclaredRoute)
    with pytest.raises(TypeError, match="/x declares 0 permissions"):
        router.get("/x")(answer)
    both = [require(Permission.LOOK), open_to_all()]
    with pytest.raises(TypeError, match="/x declares 2 permissions"):
        router.get("/x", dependencies=both)(answer)


def test_an_application_with_a_path_before_no_gate_cannot_be_made() -> None:
    plain = APIRouter()
    plain.get("/plain")(answer)
    app = create_routes()
    app.include_router(plain)
    with pytest.raises(TypeError, match="/plain"):
        check_declared(app.router.routes)
    check_declared([Route("/kept", endpoint=Gate(Starlette(), Permission.LOOK))])
    with pytest.raises(TypeError, match="/bare"):
        check_declared([Route("/bare", endpoint=Starlette())])


def test_no_web_socket_goes_past_a_gate() -> None:
    told: list[dict[str, object]] = []

    async def send(message: dict[str, object]) -> None:
        told.append(message)

    async def let_in(*_: object) -> None:
        told.append({"type": "let in"})

    scope = {"type": "websocket", "path": "/ogc", "headers": []}
    asyncio.run(Gate(let_in, Permission.LOOK)(scope, send, send))  # type: ignore[arg-type]
    assert [each["type"] for each in told] == ["websocket.close"]


def test_the_description_says_what_each_path_requires() -> None:
    paths = create_routes().openapi()["paths"]
    words = {
        (path, verb): operation["x-requires"]
        for path, verbs in paths.items()
        for verb, operation in verbs.items()
    }
    assert words["/api/switch", "post"] == "operate"
    assert words["/api/ami/meters/{mrid}", "get"] == "see-readings"
    assert {word for word in words.values() if word != "nothing"} <= set(Permission)
    assert {way for way, word in words.items() if word == "nothing"} == {
        ("/api/me", "get"),
        ("/health", "get"),
        ("/ready", "get"),
    }


def test_each_role_may_what_the_one_before_may_and_more() -> None:
    sets = [ROLE_PERMISSIONS[role] for role in Role]
    assert all(less < more for less, more in pairwise(sets))
    assert sets[-1] == frozenset(Permission)
    assert not any(each.writes for each in ROLE_PERMISSIONS[Role.VIEWER])
