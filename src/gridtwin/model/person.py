"""Hold who asks: a person or a program, what they may do, and for which substations."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from gridtwin.model.permissions import ROLE_PERMISSIONS, Role

if TYPE_CHECKING:
    from gridtwin.model.permissions import Permission

PERSON_SCOPE = "gridtwin.person"  # the key of a request's ASGI scope that holds who asks
REQUEST_SCOPE = "gridtwin.request"  # the same of the id that the log has of it


class Way(StrEnum):
    """How somebody is known."""

    NOBODY = "nobody"
    OPERATOR_TOKEN = "operator token"  # noqa: S105 - a word, no secret
    TOKEN = "token"  # noqa: S105 - of a program
    SESSION = "session"
    INGRESS = "ingress"
    LOCAL = "command line"  # on this machine, past any server


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks."""

    name: str  # for logs; empty where nobody is known
    role: Role | None  # None: none at all
    way: Way
    scope: frozenset[Permission] | None = None  # of a token, what it is for; None: all of the role
    substations: tuple[str, ...] | None = None  # mRIDs of those it operates; None: all
    address: str = ""  # where from
    session: str = ""  # what the session is known by; empty without one

    @property
    def permissions(self) -> frozenset[Permission]:
        """What the person may do."""
        if self.role is None:
            return frozenset()
        given = ROLE_PERMISSIONS[self.role]
        return given if self.scope is None else given & self.scope

    @property
    def named(self) -> bool:
        """Whether it is known who it is, so that nobody's word is asked for it."""
        return self.way in {Way.TOKEN, Way.SESSION, Way.INGRESS}

    @property
    def ambient(self) -> bool:
        """Whether a browser says who it is by itself, also for pages of other sites."""
        return self.way in {Way.SESSION, Way.INGRESS}

    def may(self, permission: Permission) -> bool:
        """Return whether the person may do something."""
        return permission in self.permissions

    def name_actor(self, said: str = "") -> str:
        """
        Return who did it, for the log of operations.

        Parameters
        ----------
        said
            Who it is by its own word; that counts only where nobody else says it.
        """
        return self.name if self.named else said or "server"
