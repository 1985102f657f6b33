"""Keep in SQLite the tokens of programs, the sessions of browsers, and who did what."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from gridtwin.store.access_book import (
    make_action_row,
    make_session_row,
    make_token_row,
    read_action_row,
    read_session_row,
    read_token_row,
)
from gridtwin.store.acting_role import ACCESS, acting_as
from gridtwin.store.store_rules import build_token_error

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from datetime import datetime

    from gridtwin.model.access import Action, ActionFilter, ProgramToken, StoredSession
    from gridtwin.store.sqlite_database import SqliteDatabase

PROGRAMS_IN_FILE = """
SELECT id, name, digest, role, scope, substations, made_s, made_by, expires_s, revoked_s
FROM access_token
"""
SESSION_IN_FILE = """
SELECT digest, kind, content, made_s, seen_s, ends_s FROM access_session WHERE digest = ?
"""
NOTE_IN_FILE = """
INSERT INTO action (at_s, person, role, way, address, request, permission, what, outcome, element,
    outage, before, after)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
ACTIONS_IN_FILE = """
SELECT number, at_s, person, role, way, address, request, permission, what, outcome, element,
    outage, before, after
FROM action a
WHERE at_s >= coalesce(:since, at_s) AND at_s < coalesce(:until, at_s + 1)
    AND :person IN ('', person) AND :element IN ('', element) AND :outage IN ('', outage)
    AND number < coalesce(:before, number + 1)
    AND NOT (outcome = 'asked' AND EXISTS (
        SELECT 1 FROM action e
        WHERE e.request = a.request AND e.number > a.number AND e.outcome <> 'asked'))
ORDER BY number DESC LIMIT coalesce(:most, -1)
"""


class SqliteAccess:
    """What is kept of those who ask, in SQLite; it writes whoever the rest is asked as."""

    def __init__(self, kept: SqliteDatabase) -> None:
        self._kept = kept

    def write_token(self, token: ProgramToken) -> None:
        """Keep a token."""
        with self._write() as connection:
            connection.execute(
                "INSERT INTO access_token VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                make_token_row(token),
            )

    def list_tokens(self) -> list[ProgramToken]:
        """Return all tokens, those that let nobody in any more too, by when they were made."""
        with self._kept.transaction() as connection:
            rows = connection.execute(f"{PROGRAMS_IN_FILE} ORDER BY made_s, id").fetchall()
        return [read_token_row(row) for row in rows]

    def find_token(self, digest: str) -> ProgramToken | None:
        """Return the token of a hash; None if there is none."""
        with self._kept.transaction() as connection:
            row = connection.execute(f"{PROGRAMS_IN_FILE} WHERE digest = ?", (digest,)).fetchone()
        return None if row is None else read_token_row(row)

    def revoke_token(self, token: str, now: datetime) -> ProgramToken:
        """Let a token, by its id, let nobody in from now on; NotFoundError if there is none."""
        with self._write() as connection:
            connection.execute(
                "UPDATE access_token SET revoked_s = coalesce(revoked_s, ?) WHERE id = ?",
                (now.timestamp(), token),
            )
            row = connection.execute(f"{PROGRAMS_IN_FILE} WHERE id = ?", (token,)).fetchone()
            if row is None:
                known = connection.execute("SELECT id FROM access_token").fetchall()
                raise build_token_error(token, [each for (each,) in known])
        return read_token_row(row)

    def write_session(self, session: StoredSession) -> None:
        """Keep a session, and forget those that have ended."""
        with self._write() as connection:
            connection.execute(
                "DELETE FROM access_session WHERE ends_s <= ?", (session.made_at.timestamp(),)
            )
            connection.execute(
                "INSERT INTO access_session VALUES (?, ?, ?, ?, ?, ?)", make_session_row(session)
            )

    def find_session(self, digest: str) -> StoredSession | None:
        """Return the session of a hash; None if there is none."""
        with self._kept.transaction() as connection:
            row = connection.execute(SESSION_IN_FILE, (digest,)).fetchone()
        return None if row is None else read_session_row(row)

    def touch_session(self, digest: str, now: datetime) -> None:
        """Keep that a session was used."""
        with self._write() as connection:
            connection.execute(
                "UPDATE access_session SET seen_s = max(seen_s, ?) WHERE digest = ?",
                (now.timestamp(), digest),
            )

    def take_session(self, digest: str) -> StoredSession | None:
        """Forget a session, and return it; None if there was none: who takes it twice gets none."""
        with self._write() as connection:
            row = connection.execute(SESSION_IN_FILE, (digest,)).fetchone()
            connection.execute("DELETE FROM access_session WHERE digest = ?", (digest,))
        return None if row is None else read_session_row(row)

    def note_action(self, action: Action) -> None:
        """Keep who did what; nobody changes or deletes it afterwards."""
        with self._write() as connection:
            connection.execute(NOTE_IN_FILE, make_action_row(action))

    def list_actions(self, wanted: ActionFilter) -> list[Action]:
        """Return who did what, the newest first; no row of a beginning whose end is there."""
        asked = {
            "since": None if wanted.since is None else wanted.since.timestamp(),
            "until": None if wanted.until is None else wanted.until.timestamp(),
            "person": wanted.person,
            "element": wanted.element,
            "outage": wanted.outage,
            "before": wanted.before_number,
            "most": wanted.most,
        }
        with self._kept.transaction() as connection:
            rows = connection.execute(ACTIONS_IN_FILE, asked).fetchall()
        return [read_action_row(row) for row in rows]

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with acting_as(ACCESS), self._kept.transaction("BEGIN IMMEDIATE") as connection:
            yield connection
