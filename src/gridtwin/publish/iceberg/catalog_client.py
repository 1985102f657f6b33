"""Ask an Iceberg catalog about its tables by the REST protocol; no file of a table is read."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gridtwin.errors import MissingExtraError, StoreError
from gridtwin.store.iceberg_catalog import hide_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridtwin.settings import IcebergSettings
    from gridtwin.store.iceberg_catalog import LakeAddress


def open_catalog(address: LakeAddress, settings: IcebergSettings, *, need: str) -> Any:
    """
    Return the client of a catalog.

    Parameters
    ----------
    address, settings
        Where it is, and what lets us in.
    need
        What it is wanted for, in words.

    Raises
    ------
    MissingExtraError
        If the client is not installed.
    StoreError
        If the catalog does not answer, or lets nobody in with these credentials.
    """
    try:
        from pyiceberg.catalog.rest import RestCatalog
    except ImportError as error:
        raise MissingExtraError(need, "iceberg") from error
    client = f"{settings.client_id}:{settings.client_secret}" if settings.client_id else ""
    properties = {
        "uri": address.uri,
        "warehouse": address.warehouse,
        "token": settings.token,
        "credential": "" if settings.token else client,
        "oauth2-server-uri": settings.oauth_uri,
        "scope": settings.scope,
        "s3.endpoint": settings.endpoint,
        "s3.access-key-id": settings.key_id,
        "s3.secret-access-key": settings.secret_key,
        "s3.session-token": settings.session_token,
        "s3.region": settings.region,
    }
    with translate_errors(address, settings):
        return RestCatalog("lake", **{name: value for name, value in properties.items() if value})


@contextmanager
def translate_errors(address: LakeAddress, settings: IcebergSettings) -> Iterator[None]:
    """Raise what the client of a catalog says as a StoreError without credentials."""
    from pyiceberg.exceptions import RESTError

    try:
        yield
    except (RESTError, OSError, ValueError) as error:
        reason = hide_secrets(" ".join(str(error).split()), settings.secrets)
        msg = f"Iceberg at {address.uri}: {reason[:500]}"
        raise StoreError(msg) from None
