"""
Log in to an account of Snowflake, and run statements without ever telling a secret.

A service logs in with a key pair, a token of OAuth, or a programmatic access token; passwords are
not taken. What an error says is cleared of the secrets before anybody sees it.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridtwin.errors import InputError, MissingExtraError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gridtwin.settings import SnowflakeSettings

LOG = logging.getLogger("gridtwin.snowflake")

LOGIN_WAIT_S = 60
NETWORK_WAIT_S = 300  # an answer that fails is asked for again so long
HIDDEN = "***"
LEAST_HIDDEN = 4  # characters of a secret line that is looked for in messages


class SnowflakeAccount:
    """A session in an account."""

    def __init__(self, connection: Any, settings: SnowflakeSettings) -> None:
        self._connection = connection
        self._settings = settings

    def execute(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """
        Run one statement and return its rows.

        Raises
        ------
        StoreError
            If Snowflake refuses it, in one line and without secrets.
        """
        from snowflake.connector import Error

        with self._connection.cursor() as cursor:
            try:
                cursor.execute(statement, tuple(values) or None)
                return cursor.fetchall() if cursor.description else []
            except Error as error:
                raise self._build_refusal(error) from None

    def _build_refusal(self, error: Exception) -> StoreError:
        what = "Snowflake refuses"
        return _build_error(what, error, self._settings)

    def put_file(self, file: Path, stage: str) -> None:
        """Put a file on a stage, ``@...`` with the folder in it, in place of what was there."""
        place = file.resolve().as_posix().replace("'", "\\'")
        self.execute(f"PUT 'file://{place}' {stage} AUTO_COMPRESS = FALSE OVERWRITE = TRUE")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all that is done, or nothing."""
        self.execute("BEGIN")
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            with suppress(StoreError):  # where the session is lost, so is the transaction
                self.execute("ROLLBACK")
            raise


@contextmanager
def open_account(settings: SnowflakeSettings) -> Iterator[SnowflakeAccount]:
    """
    Log in for a while.

    Raises
    ------
    MissingExtraError
        If the connector is not installed.
    InputError
        If the environment does not say how to log in.
    StoreError
        If the account cannot be reached, or refuses.
    """
    try:
        from snowflake import connector
    except ImportError as error:
        need = "what is done in an account of Snowflake"
        raise MissingExtraError(need, "snowflake") from error
    # At finer levels it writes down what it sends, tokens among it.
    logging.getLogger("snowflake.connector").setLevel(logging.WARNING)
    given = _gather_login(settings)
    try:
        connection = connector.connect(**given)
    except connector.Error as error:
        what = "the account cannot be used"
        raise _build_error(what, error, settings) from None
    LOG.info("logged in to %s as %s", settings.account, settings.user)
    try:
        yield SnowflakeAccount(connection, settings)
    finally:
        connection.close()


def _gather_login(settings: SnowflakeSettings) -> dict[str, Any]:
    """Return what the connector is told to log in."""
    given: dict[str, Any] = {
        "account": settings.account,
        "user": settings.user,
        "role": settings.role or None,
        "warehouse": settings.warehouse or None,
        "autocommit": True,
        "login_timeout": LOGIN_WAIT_S,
        "network_timeout": NETWORK_WAIT_S,
        "application": "gridtwin",
        "session_parameters": {"TIMEZONE": "UTC", "QUERY_TAG": "gridtwin"},
    }
    if settings.host:
        given |= {"host": settings.host, "port": settings.port, "protocol": settings.protocol}
    match settings.way:
        case "key pair":
            return given | {
                "authenticator": "SNOWFLAKE_JWT",
                "private_key": _read_private_key(settings),
            }
        case "oauth":
            return given | {"authenticator": "oauth", "token": settings.token}
        case "token":
            return given | {
                "authenticator": "PROGRAMMATIC_ACCESS_TOKEN",
                "token": settings.token,
            }
    msg = (
        "the environment does not say how to log in to Snowflake: set SNOWFLAKE_PRIVATE_KEY_FILE,"
        " or SNOWFLAKE_TOKEN with SNOWFLAKE_AUTHENTICATOR=oauth or programmatic_access_token"
    )
    raise InputError(msg)


def _read_private_key(settings: SnowflakeSettings) -> bytes:
    """Return the private key as the connector takes it: DER, PKCS 8, not encrypted."""
    from cryptography.hazmat.primitives import serialization

    text = settings.private_key.encode()
    if settings.private_key_file:
        try:
            text = Path(settings.private_key_file).read_bytes()
        except OSError as error:
            msg = f"{settings.private_key_file}: the private key cannot be read: {error.strerror}"
            raise InputError(msg) from error
    passphrase = settings.private_key_passphrase.encode() or None
    try:
        key = serialization.load_pem_private_key(text, password=passphrase)
    except (ValueError, TypeError):
        msg = "the private key of Snowflake is no PEM, or SNOWFLAKE_PRIVATE_KEY_PASSPHRASE is wrong"
        raise InputError(msg) from None
    return key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _build_error(what: str, error: Exception, settings: SnowflakeSettings) -> StoreError:
    """Return an error that says what Snowflake said, in one line and without secrets."""
    told = str(getattr(error, "msg", "") or error)
    return StoreError(f"{what}: {hide_secrets(' '.join(told.split()), settings)}")


def hide_secrets(text: str, settings: SnowflakeSettings) -> str:
    """Return a text in which no secret of the settings stands, nor a line of one."""
    for secret in (settings.token, settings.private_key, settings.private_key_passphrase):
        for line in {secret, *secret.splitlines()}:
            if len(line) >= LEAST_HIDDEN:
                text = text.replace(line, HIDDEN)
    return text
