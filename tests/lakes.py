"""Read a lake as others do: tables, snapshots and what they are of, through the second client."""

from __future__ import annotations

from collections import Counter
from typing import Any

from gridtwin.live.lake_following import LakePublication
from gridtwin.publish.iceberg.publication_check import TableComparison
from gridtwin.results.warehouse.lake_shapes import LAKE_TABLES, LakeTable
from gridtwin.store.iceberg_catalog import LakeAddress
from lake_bench import Lake

CUT = {table.name: table for table in LAKE_TABLES}


def publication_of(lake: Lake, target: Any, namespace: str, **options: Any) -> LakePublication:
    """Return the publication of a twin into a namespace of a lake."""
    address = LakeAddress(lake.catalog.url, "wh", namespace)
    return LakePublication(str(target), address, lake.settings, **options)


def read_table(lake: Lake, namespace: str, name: str) -> Counter[tuple[Any, ...]]:
    """Return the rows of a table as the second client reads them, in the order of its shape."""
    table: LakeTable = CUT[name]
    rows = lake.open_catalog().load_table(f"{namespace}.{name}").scan().to_arrow()
    columns = [rows[column.name].to_pylist() for column in table.columns]
    return Counter(zip(*columns, strict=True))


def list_tables(lake: Lake, namespace: str) -> list[str]:
    """Return the names of the tables of a namespace."""
    return sorted(name for _, name in lake.open_catalog().list_tables(namespace))


def count_snapshots(lake: Lake, namespace: str) -> dict[str, int]:
    """Return how many snapshots each table has."""
    catalog = lake.open_catalog()
    return {
        name: len(catalog.load_table(f"{namespace}.{name}").metadata.snapshots)
        for name in list_tables(lake, namespace)
    }


def list_differences(publication: LakePublication) -> list[TableComparison]:
    """Return the tables that differ between both sides."""
    return [each for each in publication.compare() if not each.is_same]


def assert_no_row_twice(lake: Lake, namespace: str) -> None:
    """Hold every table to rows that are there once."""
    for name in list_tables(lake, namespace):
        if name in CUT:
            rows = read_table(lake, namespace, name)
            assert not rows or rows.most_common(1)[0][1] == 1, name
