"""Serve a small twin to people and programs of every role."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx  # noqa: TC002 - pytest reads it
import pytest

from api.conftest import answering
from gridtwin.api.app import create_app
from gridtwin.model.access import ProgramToken, digest_secret
from gridtwin.model.permissions import Permission, Role
from gridtwin.settings import ServeSettings, SignInSettings
from gridtwin.twin import Twin

STRICT = SignInSettings(user_header="X-User", anonymous="")  # nobody is let in unknown


def give_token(
    twin: Twin,
    role: Role,
    *only: Permission,
    name: str = "",
    days: float = 1.0,
    substations: tuple[str, ...] | None = None,
) -> str:
    """Keep a token of a role in a twin, and return it."""
    now = datetime.now(UTC)
    secret = f"gt_{name or role}_{len(twin.store.access.list_tokens())}"
    made = ProgramToken(
        id=secret[-12:],
        name=name or f"program of the {role}",
        digest=digest_secret(secret),
        role=role,
        scope=frozenset(only) or None,
        substations=substations,
        made_at=now - timedelta(hours=1),
        made_by="ann",
        expires_at=now + timedelta(days=days),
    )
    twin.store.access.write_token(made)
    return secret


def bear(token: str) -> dict[str, str]:
    """Return the headers that send a token."""
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def twin(two_feeders: Twin) -> Twin:
    """Return two feeders with a tie, kept in a directory."""
    return two_feeders


@pytest.fixture
def serve_as(twin: Twin) -> Callable[..., AbstractContextManager[httpx.Client]]:
    """Return what serves the twin to those whom some settings let in."""

    @contextmanager
    def serve(sign_in: SignInSettings = STRICT, **more: object) -> Iterator[httpx.Client]:
        settings = ServeSettings(str(twin.store.path), sign_in=sign_in, rate_per_s=0)
        settings = replace(settings, **more)  # type: ignore[arg-type]
        with answering(create_app(settings), settings) as client:
            yield client

    return serve
