"""
Lend connections that can do no more than what a server does at the moment.

Each role has connections of its own, which have it from their first moment: none is ever raised
to another. Where a login has not the role, those of readers still refuse to write.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from gridtwin.store.acting_role import ACCESS, OPERATOR, OWNER, READER, find_acting_role
from gridtwin.store.postgis.connect import CONNECT_PATIENCE_S, hide_password
from gridtwin.store.postgis.pool import TIMEOUT_SETTING, Pool

if TYPE_CHECKING:
    from collections.abc import Collection
    from contextlib import AbstractContextManager

    import psycopg

LOG = logging.getLogger("gridtwin.store")

READ_ONLY = "-c default_transaction_read_only=on"
GUARDING_ROLES = (READER, OPERATOR, ACCESS)
LIST_ROLES = """
SELECT rolname FROM pg_catalog.pg_roles
WHERE rolname = ANY(%s) AND pg_catalog.pg_has_role(session_user, oid, 'MEMBER')
"""


def list_settable_roles(url: str, connection: psycopg.Connection[Any]) -> frozenset[str]:
    """Return the roles that the login of a connection may take; the log tells of those missing."""
    rows = connection.execute(LIST_ROLES, ([*GUARDING_ROLES],)).fetchall()
    known = frozenset(role for (role,) in rows)
    missing = [role for role in GUARDING_ROLES if role not in known]
    if missing:
        LOG.warning(
            "%s: the login has not %s, and acts with rights of its own there: GRANT them to it",
            hide_password(url),
            ", ".join(missing),
        )
    return known


def make_role_settings(role: str, roles: Collection[str]) -> str:
    """Return the settings of connections of a role, if the login may take it."""
    return f"{TIMEOUT_SETTING} -c role={role}" if role in roles else TIMEOUT_SETTING


class GuardedPool(Pool):
    """
    Connections of readers, and inside ``acting_as`` those of the role that is named there.

    Parameters
    ----------
    url
        The address.
    roles
        The roles that its login may take.
    patience_s
        Seconds to try for when connections are lost, or all are in use.
    """

    def __init__(
        self, url: str, roles: Collection[str], *, patience_s: float = CONNECT_PATIENCE_S
    ) -> None:
        settings = f"{make_role_settings(READER, roles)} {READ_ONLY}"
        super().__init__(url, patience_s=patience_s, settings=settings)
        self._writers = {
            role: Pool(url, patience_s=patience_s, settings=make_role_settings(role, roles))
            for role in (OPERATOR, OWNER)
        }

    def lend_connection(self) -> AbstractContextManager[psycopg.Connection[Any]]:
        """Lend a connection of the role that what is done acts in."""
        writer = self._writers.get(find_acting_role())
        return self.lend_own() if writer is None else writer.lend_own()

    def close(self) -> None:
        """Give the connections back; the next use makes others."""
        super().close()
        for pool in self._writers.values():
            pool.close()
