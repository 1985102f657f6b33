"""Say who asks: nobody, who has a token, who has signed in, or whom the ingress names."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cachetools import TTLCache
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException

from gridtwin.api.cookies import Cookies
from gridtwin.api.role_choice import RoleChoice
from gridtwin.api.same_origin import refuse_other_sites
from gridtwin.model.access import SessionKind, digest_secret
from gridtwin.model.permissions import ROLE_PERMISSIONS, Permission, Role
from gridtwin.model.person import Person, Way

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Scope

    from gridtwin.model.access import ProgramToken, StoredSession
    from gridtwin.settings import ServeSettings
    from gridtwin.store.access_book import AccessBook

REMEMBERED_S = 2.0  # for which what is kept of a token or a session is not read again
TOUCHED_S = 60.0  # after which it is kept again that a session is used
MOST_REMEMBERED = 10_000
REFUSED_S = 60.0  # between two notes that nobody in particular was refused
LONGEST_PERSON = 200
TOKEN_HEADER = "x-gridtwin-token"  # noqa: S105 - where a proxy keeps `Authorization` for itself
SESSION_COOKIE = "gridtwin_session"
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="gridtwin"'}

TOKEN_ROLE = Role.OUTAGE_MANAGER  # whoever has the operator token runs the control room


class Identification:
    """
    The ways by which a server knows who asks.

    Parameters
    ----------
    settings
        Which of them there are.
    find_book
        Returns where tokens and sessions are kept.
    remembered_s
        Seconds for which what is kept of one is not read again: as long one that was revoked by
        another process still lets in.
    """

    def __init__(
        self,
        settings: ServeSettings,
        find_book: Callable[[], AccessBook],
        *,
        remembered_s: float = REMEMBERED_S,
    ) -> None:
        self._settings = settings.sign_in
        self._map_url = settings.map_url
        self._operator_token = settings.operator_token.encode()
        self.find_book = find_book
        self._known: TTLCache[str, ProgramToken | StoredSession | None] = TTLCache(
            MOST_REMEMBERED, remembered_s
        )
        self.refused_lately: TTLCache[tuple[str, str], bool] = TTLCache(MOST_REMEMBERED, REFUSED_S)
        self.roles = RoleChoice(settings.sign_in)
        self.cookies = Cookies(settings.map_url)

    def can_know(self, permission: Permission) -> bool:
        """Return whether anybody can prove that they may do something."""
        if self._settings.demanded:
            return True
        if self._operator_token and permission in ROLE_PERMISSIONS[TOKEN_ROLE]:
            return True
        now = datetime.now(UTC)
        tokens = self.find_book().list_tokens()
        return any(each.is_valid(now) and each.make_person("").may(permission) for each in tokens)

    async def identify(self, scope: Scope, *, unknown: int = 403, used: bool = True) -> Person:
        """
        Return who sent a request.

        Parameters
        ----------
        scope
            The request.
        unknown
            The status for a token that is not known.
        used
            Whether a session counts as used by it.

        Raises
        ------
        HTTPException
            `unknown` for a wrong token; 403 for a page of another site that uses the session.
        """
        headers = Headers(scope=scope)
        address = scope["client"][0] if scope.get("client") else ""
        token = _find_token(headers)
        if token:
            return await self._identify_token(token, address, unknown)
        person = await self._identify_session(scope, address, used=used)
        person = person or self._identify_user(headers, address)
        if person is None:
            return Person("", self.roles.anonymous, Way.NOBODY, address=address)
        if scope["method"] not in {"GET", "HEAD", "OPTIONS"}:
            refuse_other_sites(headers, self._map_url)
        return person

    async def is_still(self, scope: Scope, permission: Permission) -> bool:
        """Return whether who sent a request may still do something; nothing is kept of that."""
        try:
            person = await self.identify(scope, used=False)
        except HTTPException:
            return False
        return person.may(permission)

    def forget(self, digest: str = "") -> None:
        """Read anew what is kept of a token or a session; by default of all."""
        if digest:
            self._known.pop(digest, None)
        else:
            self._known.clear()

    async def _identify_token(self, token: str, address: str, unknown: int) -> Person:
        if self._operator_token and secrets.compare_digest(token.encode(), self._operator_token):
            return Person("operator", TOKEN_ROLE, Way.OPERATOR_TOKEN, address=address)
        found: ProgramToken | None = await self._find_kept(
            digest_secret(token), self.find_book().find_token
        )
        if found is not None and found.is_valid(datetime.now(UTC)):
            return found.make_person(address)
        told = "this token is not known here, has expired, or was revoked"
        raise HTTPException(unknown, told, CHALLENGE)

    async def _identify_session(self, scope: Scope, address: str, *, used: bool) -> Person | None:
        if not self._settings.issuer:
            return None
        secret = self.cookies.find(scope, SESSION_COOKIE)
        if not secret:
            return None
        digest, now = digest_secret(secret), datetime.now(UTC)
        session: StoredSession | None = await self._find_kept(digest, self.find_book().find_session)
        if session is None or session.kind is not SessionKind.PERSON:
            return None
        idle = (now - session.seen_at).total_seconds()
        if now >= session.ends_at or idle > self._settings.idle_s:
            await run_in_threadpool(self.find_book().take_session, digest)
            self.forget(digest)
            return None
        if used and idle > min(TOUCHED_S, self._settings.idle_s / 2):
            await run_in_threadpool(self.find_book().touch_session, digest, now)
            self.forget(digest)
        said = session.content
        return Person(
            said["name"],
            self.roles.choose_role(said["roles"]),
            Way.SESSION,
            None,
            None if said["substations"] is None else tuple(said["substations"]),
            address,
            digest,
        )

    def _identify_user(self, headers: Headers, address: str) -> Person | None:
        """Return whom the ingress names, where one is declared; else nobody believes the header."""
        header = self._settings.user_header
        name = clean_name(headers.get(header, "")) if header else ""
        if not name:
            return None
        return Person(name, self.roles.choose_role_of(name), Way.INGRESS, address=address)

    async def _find_kept(self, digest: str, find: Callable[[str], Any]) -> Any:
        try:
            return self._known[digest]
        except KeyError:
            kept = await run_in_threadpool(find, digest)
            self._known[digest] = kept
            return kept


def clean_name(said: str) -> str:
    """Return a name as it may stand in a log: of one line, without signs that no one sees."""
    return "".join(sign for sign in said if sign.isprintable()).strip()[:LONGEST_PERSON]


def _find_token(headers: Headers) -> str:
    """Return the token that is sent; empty for none."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    own = headers.get(TOKEN_HEADER, "").strip()
    return token.strip() if scheme.lower() == "bearer" and token.strip() else own
