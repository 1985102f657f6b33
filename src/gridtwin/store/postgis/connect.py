"""
Connect to PostgreSQL, and say clearly why not.

No message shows a password: addresses are shown without it, and a reason that quotes it is left
out.
"""

from __future__ import annotations

import random
import re
import time
from typing import TYPE_CHECKING, Any

from gridtwin.errors import StoreError, StoreVersionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

SCHEMES = ("postgresql://", "postgres://")
LEAST_SERVER_VERSION = 150_000
# Whatever the login has by default; compiling costs more than any statement here gains by it.
SESSION_SETTINGS = r"-c default_transaction_isolation=read\ committed -c jit=off"
CONNECTION_DEFAULTS: dict[str, str | int] = {
    "application_name": "gridtwin",
    "client_encoding": "UTF8",
    "connect_timeout": 10,
    # A server that went without a word is noticed within a minute, not after hours.
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 50_000,
}
STATEMENT_TIMEOUT_S = 60.0
CONNECT_PATIENCE_S = 30.0
FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 5.0

# What libpq says, what to do about it, and whether trying again may help. The first that fits.
CONNECTION_MENDS: tuple[tuple[str, str, bool], ...] = (
    (
        r"password authentication failed|no password supplied|pg_hba|role .* does not exist",
        "check the user and the password (PGPASSWORD or a password file keep it out of sight)",
        False,
    ),
    (r"database .* does not exist", "check its name, or make it with createdb", False),
    (r"too many (clients|connections)|remaining connection slots", "close other clients", True),
    (r"starting up|shutting down|recovery", "wait until the server has started", True),
    (r"certificate|sslmode|SSL", "check sslmode and sslrootcert in the address", False),
    (
        r"refused|timeout|timed out|translate host|resolve|unreachable|No such file|closed the",
        "check host and port, and that the server runs and lets this machine in",
        True,
    ),
)


class PassingError(StoreError):
    """There is no connection now; trying again may help."""


def is_address(text: str) -> bool:
    """Return whether a text is the address of a PostgreSQL database."""
    return text.startswith(SCHEMES)


def connect(
    url: str, *, statement_timeout_s: float = STATEMENT_TIMEOUT_S, autocommit: bool = False
) -> psycopg.Connection[Any]:
    """
    Connect to a database.

    Parameters
    ----------
    url
        ``postgresql://USER@HOST:PORT/DATABASE``; its parameters, such as those of TLS
        (``sslmode``, ``sslrootcert``), are passed on.
    statement_timeout_s
        Seconds after which the server ends a statement; 0 for never. What the address says in its
        ``options`` comes first.
    autocommit
        Whether each statement is a transaction of its own.

    Raises
    ------
    StoreError
        If there is no connection; says why and how to mend it.
    StoreVersionError
        If the server is older than PostgreSQL 15.
    """
    import psycopg

    parameters = complete_address(url, f"-c statement_timeout={round(statement_timeout_s * 1000)}")
    try:
        connection = psycopg.connect(**parameters, autocommit=autocommit)
    except psycopg.Error as error:
        reason = _explain_failure(error, parameters.get("password"))
        mend, kind = _choose_mend(reason)
        msg = f"cannot connect to {_format_address(parameters)}: {reason}: {mend}"
        raise kind(msg) from error
    if connection.info.server_version < LEAST_SERVER_VERSION:
        version = connection.info.server_version // 10_000
        connection.close()
        msg = f"{_format_address(parameters)} is PostgreSQL {version}: gridtwin needs 15 or later"
        raise StoreVersionError(msg)
    return connection


def complete_address(url: str, settings: str) -> dict[str, Any]:
    """
    Return the parts of an address, with settings of the server and defaults where it says nothing.

    Parameters
    ----------
    url
        The address.
    settings
        Such as ``-c statement_timeout=5000``; what the address says in its ``options`` comes first.
    """
    parameters = _parse_address(url)
    parameters["options"] = (
        f"{SESSION_SETTINGS} {settings} {parameters.get('options') or ''}".strip()
    )
    for name, value in CONNECTION_DEFAULTS.items():
        parameters.setdefault(name, value)
    return parameters


def connect_patiently(
    url: str, *, patience_s: float = CONNECT_PATIENCE_S, **options: Any
) -> psycopg.Connection[Any]:
    """
    Connect, trying again with growing waits while the reason may pass.

    Parameters
    ----------
    url
        The address; see `connect`.
    patience_s
        Seconds after which to give up.
    **options
        Those of `connect`.

    Raises
    ------
    StoreError
        If there is no connection in that time, or the reason will not pass, such as a wrong
        password.
    """
    end = time.monotonic() + patience_s
    for wait in yield_waits():
        try:
            return connect(url, **options)
        except PassingError as error:
            if time.monotonic() + wait > end:
                msg = f"{error} (tried for {patience_s:g} s)"
                raise StoreError(msg) from error
        time.sleep(wait)
    raise AssertionError  # the waits never end


def is_lost(connection: psycopg.Connection[Any]) -> bool:
    """Return whether a connection has gone, by itself or by the server."""
    return bool(connection.closed or connection.broken)


def hide_password(url: str) -> str:
    """Return an address without its password, for messages."""
    return _format_address(_parse_address(url))


def _parse_address(url: str) -> dict[str, Any]:
    """Return the parts of an address; StoreError if it cannot be read."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        parameters = dict(conninfo_to_dict(url))
    except psycopg.Error:
        parameters = {"host": "@"}
    # An @ or : within the password ends it too early: the rest must not be shown as host or port.
    host, port = (str(parameters.get(name) or "") for name in ("host", "port"))
    if "@" in host or not re.fullmatch(r"[\d,]*", port):
        # The reason is left out: libpq quotes the part it stumbled over.
        msg = (
            "the address of the database cannot be read: write it as"
            " postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with signs such as @ : / # % in the"
            " password percent-encoded (@ is %40), and = within options as %3D"
        )
        raise StoreError(msg)
    return parameters


def _format_address(parameters: dict[str, Any]) -> str:
    user, host, port = (parameters.get(name) for name in ("user", "host", "port"))
    return (
        f"postgresql://{f'{user}@' if user else ''}{host or ''}{f':{port}' if port else ''}"
        f"/{parameters.get('dbname') or ''}"
    )


def _explain_failure(error: psycopg.Error, password: object) -> str:
    """Return what libpq or the server says in one line, unless it quotes the password."""
    reason = " ".join(str(error).split())
    if password and re.search(rf"(?<!\w){re.escape(str(password))}(?!\w)", reason):
        return "the reason is left out, since it quotes the password"
    return reason


def _choose_mend(reason: str) -> tuple[str, type[StoreError]]:
    """Return what to do about a failed connection, and the error that says it."""
    for pattern, mend, may_pass in CONNECTION_MENDS:
        if re.search(pattern, reason, re.IGNORECASE):
            return mend, PassingError if may_pass else StoreError
    return "check the address and the server", StoreError


def yield_waits() -> Iterator[float]:
    """Yield seconds to wait, doubling, spread by chance so that clients do not come at once."""
    wait = FIRST_WAIT_S
    while True:
        yield wait * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
        wait = min(2 * wait, LONGEST_WAIT_S)
