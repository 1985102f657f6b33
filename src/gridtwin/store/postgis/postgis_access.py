"""Keep in PostgreSQL the tokens of programs, the sessions of browsers, and who did what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridtwin.store.access_book import (
    make_action_row,
    make_session_row,
    make_token_row,
    read_action_row,
    read_session_row,
    read_token_row,
)
from gridtwin.store.acting_role import ACCESS
from gridtwin.store.store_rules import build_token_error

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import psycopg

    from gridtwin.model.access import Action, ActionFilter, ProgramToken, StoredSession
    from gridtwin.store.postgis.pool import Pool

    Connection = psycopg.Connection[Any]

PROGRAMS_IN_DATABASE = """
SELECT id, name, digest, role, scope, substations, extract(epoch FROM made_at)::float8, made_by,
    extract(epoch FROM expires_at)::float8, extract(epoch FROM revoked_at)::float8
FROM gridtwin.access_tokens
"""
INSERT_PROGRAM = """
INSERT INTO gridtwin.access_tokens VALUES (%s, %s, %s, %s, %s, %s, to_timestamp(%s), %s,
    to_timestamp(%s), to_timestamp(%s))
"""
REVOKE_PROGRAM = """
UPDATE gridtwin.access_tokens SET revoked_at = coalesce(revoked_at, to_timestamp(%s)) WHERE id = %s
"""
SESSION_COLUMNS = """
digest, kind, content, extract(epoch FROM made_at)::float8, extract(epoch FROM seen_at)::float8,
extract(epoch FROM ends_at)::float8
"""
FIND_SESSION = f"SELECT {SESSION_COLUMNS} FROM gridtwin.access_sessions WHERE digest = %s"  # noqa: S608
TAKE_SESSION = f"""
DELETE FROM gridtwin.access_sessions WHERE digest = %s RETURNING {SESSION_COLUMNS}
"""  # noqa: S608 - a constant of this module
HAS_PROGRAM = "SELECT EXISTS (SELECT FROM gridtwin.access_tokens WHERE digest = %s)"
HAS_SESSION = "SELECT EXISTS (SELECT FROM gridtwin.access_sessions WHERE digest = %s)"
KEEP_SESSION = """
INSERT INTO gridtwin.access_sessions
VALUES (%s, %s, %s, to_timestamp(%s), to_timestamp(%s), to_timestamp(%s))
"""
NOTE_ACTION = """
INSERT INTO gridtwin.actions (at, person, role, way, address, request, permission, what, outcome,
    element, outage, before, after)
VALUES (to_timestamp(%s), %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
HAS_ACTION = """
SELECT EXISTS (SELECT FROM gridtwin.actions
    WHERE request = %s AND what = %s AND outcome = %s AND at = to_timestamp(%s))
"""
ACTIONS_IN_DATABASE = """
SELECT number, extract(epoch FROM at)::float8, person, role, way, address, request, permission,
    what, outcome, element, outage, before, after
FROM gridtwin.actions a
WHERE at >= coalesce(%(since)s::timestamptz, at)
    AND at < coalesce(%(until)s::timestamptz, 'infinity')
    AND %(person)s IN ('', person) AND %(element)s IN ('', element) AND %(outage)s IN ('', outage)
    AND number < coalesce(%(before)s::bigint, number + 1)
    AND NOT (outcome = 'asked' AND EXISTS (
        SELECT FROM gridtwin.actions e
        WHERE e.request = a.request AND e.number > a.number AND e.outcome <> 'asked'))
ORDER BY number DESC LIMIT %(most)s
"""


class PostgisAccess:
    """What is kept of those who ask, in PostgreSQL; its pool is one that may."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def write_token(self, token: ProgramToken) -> None:
        """Keep a token."""
        self._add(
            lambda link: link.execute(INSERT_PROGRAM, make_token_row(token)),
            (HAS_PROGRAM, (token.digest,)),
        )

    def list_tokens(self) -> list[ProgramToken]:
        """Return all tokens, those that let nobody in any more too, by when they were made."""
        listed = f'{PROGRAMS_IN_DATABASE} ORDER BY made_at, id COLLATE "C"'
        rows = self._pool.run_read(lambda link: link.execute(listed.encode()).fetchall())
        return [read_token_row(row) for row in rows]

    def find_token(self, digest: str) -> ProgramToken | None:
        """Return the token of a hash; None if there is none."""
        one = f"{PROGRAMS_IN_DATABASE} WHERE digest = %s".encode()
        row = self._pool.run_read(lambda link: link.execute(one, (digest,)).fetchone())
        return None if row is None else read_token_row(row)

    def revoke_token(self, token: str, now: datetime) -> ProgramToken:
        """Let a token, by its id, let nobody in from now on; NotFoundError if there is none."""

        def revoke_it(link: Connection) -> ProgramToken:
            link.execute(REVOKE_PROGRAM, (now.timestamp(), token))
            one = f"{PROGRAMS_IN_DATABASE} WHERE id = %s".encode()
            row = link.execute(one, (token,)).fetchone()
            if row is None:
                known = link.execute("SELECT id FROM gridtwin.access_tokens").fetchall()
                raise build_token_error(token, [each for (each,) in known])
            return read_token_row(row)

        return self._pool.run_write(revoke_it, role=ACCESS)

    def write_session(self, session: StoredSession) -> None:
        """Keep a session, and forget those that have ended."""

        def write_it(link: Connection) -> None:
            ended = "DELETE FROM gridtwin.access_sessions WHERE ends_at <= to_timestamp(%s)"
            link.execute(ended, (session.made_at.timestamp(),))
            link.execute(KEEP_SESSION, make_session_row(session))

        self._add(write_it, (HAS_SESSION, (session.digest,)))

    def find_session(self, digest: str) -> StoredSession | None:
        """Return the session of a hash; None if there is none."""
        row = self._pool.run_read(lambda link: link.execute(FIND_SESSION, (digest,)).fetchone())
        return None if row is None else read_session_row(row)

    def touch_session(self, digest: str, now: datetime) -> None:
        """Keep that a session was used."""
        seen = (
            "UPDATE gridtwin.access_sessions SET seen_at = greatest(seen_at, to_timestamp(%s))"
            " WHERE digest = %s"
        )
        values = (now.timestamp(), digest)
        self._pool.run_write(lambda link: link.execute(seen, values), role=ACCESS)

    def take_session(self, digest: str) -> StoredSession | None:
        """Forget a session, and return it; None if there was none: who takes it twice gets none."""
        row = self._pool.run_write(
            lambda link: link.execute(TAKE_SESSION, (digest,)).fetchone(), role=ACCESS
        )
        return None if row is None else read_session_row(row)

    def note_action(self, action: Action) -> None:
        """Keep who did what; nobody changes or deletes it afterwards."""
        row = make_action_row(action)
        at_s, request, what, outcome = row[0], row[5], row[7], row[8]
        self._add(
            lambda link: link.execute(NOTE_ACTION, row),
            (HAS_ACTION, (request, what, outcome, at_s)),
        )

    def list_actions(self, wanted: ActionFilter) -> list[Action]:
        """Return who did what, the newest first; no row of a beginning whose end is there."""
        asked = {
            "since": wanted.since,
            "until": wanted.until,
            "person": wanted.person,
            "element": wanted.element,
            "outage": wanted.outage,
            "before": wanted.before_number,
            "most": wanted.most,
        }
        rows = self._pool.run_read(lambda link: link.execute(ACTIONS_IN_DATABASE, asked).fetchall())
        return [read_action_row(row) for row in rows]

    def _add(
        self, work: Callable[[Connection], object], has_it: tuple[str, tuple[object, ...]]
    ) -> None:
        """Add a row; where the connection was lost while committing, once it is not there."""

        def add_it(link: Connection) -> bool:
            work(link)
            return True

        def find_it(link: Connection) -> bool | None:
            question, values = has_it
            return link.execute(question.encode(), values).fetchone() == (True,) or None

        self._pool.run_write(add_it, committed=find_it, role=ACCESS)
