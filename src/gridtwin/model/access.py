"""Hold what a server keeps of those who ask: tokens of programs, sessions, and who did what."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from gridtwin.model.person import Person, Way

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gridtwin.model.permissions import Permission, Role

SECRET_BYTES = 32  # 256 bits: nobody guesses them, so a plain hash of them may be kept
TOKEN_PREFIX = "gt_"  # noqa: S105 - by which scanners of secrets know it
LONGEST_NOTE = 4_000  # characters of what was there before and after


def make_secret() -> str:
    """Return a secret of 256 bits, as text."""
    return secrets.token_urlsafe(SECRET_BYTES)


def digest_secret(secret: str) -> str:
    """Return what is kept of a secret: its SHA-256, in hexadecimal digits."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ProgramToken:
    """A token by which a program is known; the token itself is shown once, and kept nowhere."""

    id: str
    name: str  # what program
    digest: str
    role: Role
    scope: frozenset[Permission] | None  # None: all that the role may
    substations: tuple[str, ...] | None  # None: all
    made_at: datetime
    made_by: str
    expires_at: datetime
    revoked_at: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        """Return whether it lets anybody in."""
        return self.revoked_at is None and self.made_at <= now < self.expires_at

    def make_person(self, address: str) -> Person:
        """Return who has sent it."""
        return Person(self.name, self.role, Way.TOKEN, self.scope, self.substations, address)


class SessionKind(StrEnum):
    """What a browser is remembered for."""

    ATTEMPT = "attempt"  # it was sent to the issuer, and is expected back
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class StoredSession:
    """What is remembered of a browser, by the hash of the secret in its cookie."""

    digest: str
    kind: SessionKind
    content: Mapping[str, Any]  # as JSON
    made_at: datetime
    seen_at: datetime
    ends_at: datetime  # whatever is done with it


class Outcome(StrEnum):
    """What became of an action."""

    ASKED = "asked"  # it was begun; alone it means that nobody knows how it ended
    DONE = "done"
    REFUSED = "refused"  # who asked might not
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Action:
    """Who did what, from where."""

    at: datetime
    person: str  # empty: nobody knows
    role: str
    way: str
    address: str
    request: str  # by which the log of the server knows it
    permission: str
    what: str
    outcome: Outcome
    element: str = ""  # mRID, or what else it names
    outage: str = ""
    before: str = ""  # as JSON
    after: str = ""
    number: int = 0  # in order of writing; 0 before it is kept


@dataclass(frozen=True, slots=True)
class ActionFilter:
    """Which actions are wanted, the newest first; an empty text asks for all."""

    since: datetime | None = None
    until: datetime | None = None
    person: str = ""
    element: str = ""
    outage: str = ""
    before_number: int | None = None  # those before one that is known
    most: int | None = None
