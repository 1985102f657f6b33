"""Forget old snapshots of the tables of a lake, which the engine that writes them cannot do."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from gridtwin.errors import MissingExtraError, StoreError
from gridtwin.results.warehouse.lake_shapes import LAKE_TABLES
from gridtwin.store.iceberg_catalog import hide_secrets

if TYPE_CHECKING:
    from datetime import datetime

    from gridtwin.settings import IcebergSettings
    from gridtwin.store.iceberg_catalog import LakeAddress

LOG = logging.getLogger("gridtwin.iceberg")

PUBLISHED_NAMES = frozenset(table.name for table in LAKE_TABLES)


def expire_snapshots(
    address: LakeAddress, settings: IcebergSettings, before: datetime
) -> dict[str, int]:
    """
    Forget the snapshots of what was published that are older than a moment.

    Returns
    -------
        How many were forgotten, by table. The current one stays. Tables with geometry (version 3)
        are passed over: the client does not read them yet.

    Raises
    ------
    MissingExtraError
        If the client is not installed.
    StoreError
        If the catalog refuses it; without credentials.
    """
    try:
        from pyiceberg.exceptions import RESTError
    except ImportError as error:
        what = "forgetting old snapshots"
        raise MissingExtraError(what, "iceberg") from error
    forgotten: dict[str, int] = {}
    try:
        catalog = _open_catalog(address, settings)
        for _, name in catalog.list_tables(address.namespace):
            if name in PUBLISHED_NAMES:
                count = _expire_table(catalog, f"{address.namespace}.{name}", before)
                forgotten |= {name: count} if count else {}
    except (RESTError, OSError, ValueError) as error:
        reason = hide_secrets(" ".join(str(error).split())[:500], settings.secrets)
        msg = f"Iceberg at {address.uri}: {reason}"
        raise StoreError(msg) from None
    return forgotten


def _open_catalog(address: LakeAddress, settings: IcebergSettings) -> Any:
    from pyiceberg.catalog.rest import RestCatalog

    known = {
        "uri": address.uri,
        "warehouse": address.warehouse,
        "token": settings.token,
        "credential": f"{settings.client_id}:{settings.client_secret}" * bool(settings.client_id),
        "oauth2-server-uri": settings.oauth_uri,
        "scope": settings.scope,
        "s3.endpoint": settings.endpoint,
        "s3.access-key-id": settings.key_id,
        "s3.secret-access-key": settings.secret_key,
        "s3.session-token": settings.session_token,
        "s3.region": settings.region,
    }
    return RestCatalog("lake", **{name: value for name, value in known.items() if value})


def _expire_table(catalog: Any, name: str, before: datetime) -> int:
    try:
        table = catalog.load_table(name)
    except ValueError:  # what the client says of a type that it does not know
        LOG.info("%s: its snapshots are left, the client does not read its types", name)
        return 0
    kept = len(table.metadata.snapshots)
    limit = before.timestamp() * 1000
    current = table.metadata.current_snapshot_id
    old = [
        each
        for each in table.metadata.snapshots
        if each.timestamp_ms < limit and each.snapshot_id != current
    ]
    if not old:
        return 0
    table.maintenance.expire_snapshots().older_than(before).commit()
    return kept - len(table.refresh().metadata.snapshots)
