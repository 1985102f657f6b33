"""
Attach an Iceberg catalog to DuckDB: extensions from their wheels, credentials as parameters.

No credential stands in SQL, and none in an error: what DuckDB, the catalog or the store say is
searched for them first.
"""

from __future__ import annotations

import re
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridtwin.errors import InputError, StoreError
from gridtwin.store.duckdb_extensions import open_duckdb

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

    from gridtwin.settings import IcebergSettings

LAKE = "lake"  # what the catalog is called in SQL
EXTENSIONS = ("avro", "httpfs", "iceberg")  # in the order in which they need each other
NAMESPACE_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
CATALOG_ADDRESS = re.compile(r"https?://[^\s'\"]+")
LAKE_THREADS = 2
MEMORY_LIMIT = "2GB"


@dataclass(frozen=True, slots=True)
class LakeAddress:
    """Where the tables of a publication are."""

    uri: str  # of the REST catalog
    warehouse: str = ""
    namespace: str = "gridtwin"

    def check(self) -> None:
        """
        Refuse what is no address.

        Raises
        ------
        InputError
            If the address or a name cannot be one; says which, and how it is written.
        """
        if not CATALOG_ADDRESS.fullmatch(self.uri):
            msg = f"{self.uri!r} is no catalog: give the address of its REST service, https://..."
            raise InputError(msg)
        if re.search(r"//[^/]*@", self.uri):
            msg = "the address of the catalog holds credentials: set GRIDTWIN_ICEBERG_TOKEN instead"
            raise InputError(msg)
        if not NAMESPACE_NAME.fullmatch(self.namespace):
            msg = (
                f"namespace {self.namespace!r} cannot be one: small letters, digits and _, such as"
                " gridtwin"
            )
            raise InputError(msg)


class LakeConnection:
    """A DuckDB in which one catalog is attached; of one thread."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        address: LakeAddress,
        settings: IcebergSettings,
    ) -> None:
        self.duckdb = connection
        self.address = address
        self._secrets = settings.secrets

    def execute(self, query: str, values: Any = None) -> list[tuple[Any, ...]]:
        """
        Run a statement and return its rows.

        Raises
        ------
        StoreError
            If it fails; says why in one line, without credentials.
        """
        with self.translate_errors():
            return self.duckdb.execute(query, values).fetchall()

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Raise what DuckDB says as a StoreError without credentials."""
        import duckdb

        try:
            yield
        except duckdb.Error as error:
            # Not from the error itself: it may quote what it was given.
            raise StoreError(self.explain_error(error)) from None

    def explain_error(self, error: Exception) -> str:
        """Return what an error of DuckDB says, in one line and without credentials."""
        reason = hide_secrets(" ".join(str(error).split()), self._secrets)
        return f"Iceberg at {self.address.uri}: {reason[:500]}"

    def name_table(self, table: str) -> str:
        """Return the quoted name of a table of the namespace."""
        return f"{LAKE}.{quote_name(self.address.namespace)}.{quote_name(table)}"


def quote_name(name: str) -> str:
    """Return an identifier as SQL takes it, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def hide_secrets(text: str, secrets: tuple[str, ...]) -> str:
    """Return a text in which each secret is three stars."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


@contextmanager
def open_lake(address: LakeAddress, settings: IcebergSettings) -> Iterator[LakeConnection]:
    """Attach a catalog to be written to, and make the namespace; see `attach_lake`."""
    with attach_lake(address, settings) as lake:
        lake.execute(f"CREATE SCHEMA IF NOT EXISTS {LAKE}.{address.namespace}")
        yield lake


@contextmanager
def attach_lake(address: LakeAddress, settings: IcebergSettings) -> Iterator[LakeConnection]:
    """
    Attach a catalog; nothing is written to it.

    Raises
    ------
    InputError
        If the address is none.
    MissingExtraError
        If DuckDB or one of its extensions is not installed.
    StoreError
        If the catalog does not answer, or lets nobody in with these credentials.
    """
    address.check()
    connection = _open_lake_duckdb()
    try:
        lake = LakeConnection(connection, address, settings)
        with lake.translate_errors():
            _attach_catalog(connection, address, settings)
        yield lake
    finally:
        connection.close()


def _open_lake_duckdb() -> duckdb.DuckDBPyConnection:
    connection = open_duckdb("an Iceberg catalog", "iceberg", *EXTENSIONS, threads=LAKE_THREADS)
    connection.execute("SET TimeZone = 'UTC'")
    spilled = Path(tempfile.gettempdir()) / "gridtwin-duckdb"
    connection.execute("SET temp_directory = ?", [str(spilled)])
    connection.execute("SET memory_limit = ?", [MEMORY_LIMIT])
    connection.execute("SET preserve_insertion_order = false")
    return connection


def _attach_catalog(
    connection: duckdb.DuckDBPyConnection, address: LakeAddress, settings: IcebergSettings
) -> None:
    if settings.key_id:
        host = settings.endpoint.partition("://")[2].rstrip("/")
        connection.execute(
            "CREATE SECRET lake_store (TYPE s3, KEY_ID $key, SECRET $secret,"
            " SESSION_TOKEN $session, REGION $region, ENDPOINT $endpoint, URL_STYLE $style,"
            " USE_SSL $ssl)",
            {
                "key": settings.key_id,
                "secret": settings.secret_key,
                "session": settings.session_token,
                "region": settings.region or "us-east-1",
                "endpoint": host or "s3.amazonaws.com",
                "style": "path" if host else "vhost",
                "ssl": not settings.endpoint.startswith("http://"),
            },
        )
    options = ["TYPE iceberg", "ENDPOINT $uri"]
    values: dict[str, Any] = {"uri": address.uri}
    if settings.token or settings.client_id:
        _create_catalog_secret(connection, address, settings)
        options.append("SECRET lake_catalog")
    else:
        options.append("AUTHORIZATION_TYPE 'none'")
    if settings.key_id:
        options.append("ACCESS_DELEGATION_MODE 'none'")
    connection.execute(
        f"ATTACH '{_quote_literal(address.warehouse)}' AS {LAKE} ({', '.join(options)})", values
    )


def _create_catalog_secret(
    connection: duckdb.DuckDBPyConnection, address: LakeAddress, settings: IcebergSettings
) -> None:
    if settings.token:
        connection.execute(
            "CREATE SECRET lake_catalog (TYPE iceberg, TOKEN $token)", {"token": settings.token}
        )
        return
    values = {
        "client": settings.client_id,
        "secret": settings.client_secret,
        "uri": settings.oauth_uri or f"{address.uri.rstrip('/')}/v1/oauth/tokens",
        "scope": settings.scope or "PRINCIPAL_ROLE:ALL",
    }
    connection.execute(
        "CREATE SECRET lake_catalog (TYPE iceberg, CLIENT_ID $client, CLIENT_SECRET $secret,"
        " OAUTH2_SERVER_URI $uri, OAUTH2_SCOPE $scope)",
        values,
    )


def _quote_literal(text: str) -> str:
    return text.replace("'", "''")
