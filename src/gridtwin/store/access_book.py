"""Say what every store keeps of those who ask, and how its rows are read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from gridtwin.model.access import (
    LONGEST_NOTE,
    Action,
    Outcome,
    ProgramToken,
    SessionKind,
    StoredSession,
)
from gridtwin.model.permissions import Permission, Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridtwin.model.access import ActionFilter

LONGEST_FIELD = 500  # characters of a name, an element, an address


class AccessBook(Protocol):
    """Tokens of programs, sessions of browsers, and who did what."""

    def write_token(self, token: ProgramToken) -> None:
        """Keep a token."""
        ...

    def list_tokens(self) -> list[ProgramToken]:
        """Return all tokens, those that let nobody in any more too, by when they were made."""
        ...

    def find_token(self, digest: str) -> ProgramToken | None:
        """Return the token of a hash; None if there is none."""
        ...

    def revoke_token(self, token: str, now: datetime) -> ProgramToken:
        """Let a token, by its id, let nobody in from now on; NotFoundError if there is none."""
        ...

    def write_session(self, session: StoredSession) -> None:
        """Keep a session, and forget those that have ended."""
        ...

    def find_session(self, digest: str) -> StoredSession | None:
        """Return the session of a hash; None if there is none."""
        ...

    def touch_session(self, digest: str, now: datetime) -> None:
        """Keep that a session was used."""
        ...

    def take_session(self, digest: str) -> StoredSession | None:
        """Forget a session, and return it; None if there was none: who takes it twice gets none."""
        ...

    def note_action(self, action: Action) -> None:
        """Keep who did what; nobody changes or deletes it afterwards."""
        ...

    def list_actions(self, wanted: ActionFilter) -> list[Action]:
        """Return who did what, the newest first; no row of a beginning whose end is there."""
        ...


def make_token_row(token: ProgramToken) -> tuple[object, ...]:
    """Return a token as a row, times as unix seconds."""
    scope = None if token.scope is None else " ".join(sorted(token.scope))
    return (
        token.id,
        token.name,
        token.digest,
        token.role.value,
        scope,
        json.dumps(token.substations),
        token.made_at.timestamp(),
        token.made_by,
        token.expires_at.timestamp(),
        None if token.revoked_at is None else token.revoked_at.timestamp(),
    )


def read_token_row(row: Sequence[Any]) -> ProgramToken:
    """Return the token of a row."""
    id, name, digest, role, scope, substations, made, made_by, expires, revoked = row  # noqa: A001
    return ProgramToken(
        id,
        name,
        digest,
        Role(role),
        None if scope is None else frozenset(Permission(each) for each in scope.split()),
        None if (areas := json.loads(substations)) is None else tuple(areas),
        _read_time(made),
        made_by,
        _read_time(expires),
        None if revoked is None else _read_time(revoked),
    )


def make_session_row(session: StoredSession) -> tuple[object, ...]:
    """Return a session as a row, times as unix seconds."""
    times = (each.timestamp() for each in (session.made_at, session.seen_at, session.ends_at))
    return (session.digest, session.kind.value, json.dumps(session.content), *times)


def read_session_row(row: Sequence[Any]) -> StoredSession:
    """Return the session of a row."""
    digest, kind, content, *times = row
    made, seen, ends = (_read_time(each) for each in times)
    return StoredSession(digest, SessionKind(kind), json.loads(content), made, seen, ends)


def make_action_row(action: Action) -> tuple[object, ...]:
    """Return an action as a row, its time as unix seconds, no text longer than may be."""
    texts = (
        action.person,
        action.role,
        action.way,
        action.address,
        action.request,
        action.permission,
        action.what,
        action.outcome.value,
        action.element,
        action.outage,
    )
    notes = (action.before, action.after)
    return (
        action.at.timestamp(),
        *(clean_field(each, LONGEST_FIELD) for each in texts),
        *(clean_field(each, LONGEST_NOTE) for each in notes),
    )


def read_action_row(row: Sequence[Any]) -> Action:
    """Return the action of a row, its number first."""
    number, at, person, role, way, address, request, permission, what, outcome, *rest = row
    element, outage, before, after = rest
    return Action(
        _read_time(at),
        person,
        role,
        way,
        address,
        request,
        permission,
        what,
        Outcome(outcome),
        element,
        outage,
        before,
        after,
        number,
    )


def clean_field(text: str, most: int) -> str:
    """Return a text as both databases can keep it: no zero bytes, no half characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")[:most]


def _read_time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
