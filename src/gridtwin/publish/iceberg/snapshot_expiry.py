"""Forget old snapshots of the tables of a lake, which the engine that writes them cannot do."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from gridtwin.publish.iceberg.catalog_client import open_catalog, translate_errors
from gridtwin.results.warehouse.lake_shapes import LAKE_TABLES

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
    forgotten: dict[str, int] = {}
    catalog = open_catalog(address, settings, need="forgetting old snapshots")
    with translate_errors(address, settings):
        for _, name in catalog.list_tables(address.namespace):
            if name in PUBLISHED_NAMES:
                count = _expire_table(catalog, f"{address.namespace}.{name}", before)
                forgotten |= {name: count} if count else {}
    return forgotten


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
