"""Ask an Iceberg catalog which snapshots a table has; no file of the table is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.errors import NotFoundError
from gridtwin.publish.iceberg.catalog_client import open_catalog, translate_errors
from gridtwin.publish.iceberg.changed_rows import TableHistory

if TYPE_CHECKING:
    from gridtwin.publish.iceberg.owner_file import OwnerDeclaration
    from gridtwin.settings import IcebergSettings
    from gridtwin.store.iceberg_catalog import LakeAddress


class HistoryReader:
    """A catalog that is asked about its tables."""

    def __init__(self, address: LakeAddress, settings: IcebergSettings) -> None:
        self._address = address
        self._settings = settings
        self._catalog = open_catalog(address, settings, need="an Iceberg catalog")

    def read_history(self, declared: OwnerDeclaration) -> TableHistory:
        """
        Return what is known of a table.

        Raises
        ------
        NotFoundError
            If there is none of that name.
        StoreError
            If the catalog does not answer.
        """
        from pyiceberg.exceptions import NoSuchTableError

        name = (*declared.namespace.split("."), declared.source_table)
        try:
            with translate_errors(self._address, self._settings):
                metadata = self._catalog.load_table(name).metadata
        except NoSuchTableError:
            what = "table of the catalog"
            raise NotFoundError(what, declared.table.source) from None
        return TableHistory(
            str(metadata.table_uuid),
            metadata.format_version,
            metadata.current_snapshot_id,
            {each.snapshot_id: each.sequence_number or 0 for each in metadata.snapshots},
            {each.snapshot_id: each.parent_snapshot_id for each in metadata.snapshots},
        )
