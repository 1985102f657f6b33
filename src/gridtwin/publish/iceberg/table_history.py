"""Ask an Iceberg catalog which snapshots a table has; no file of the table is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridtwin.errors import MissingExtraError, NotFoundError, StoreError
from gridtwin.publish.iceberg.changed_rows import TableHistory
from gridtwin.store.iceberg_catalog import hide_secrets

if TYPE_CHECKING:
    from gridtwin.publish.iceberg.owner_file import OwnerDeclaration
    from gridtwin.settings import IcebergSettings
    from gridtwin.store.iceberg_catalog import LakeAddress


class HistoryReader:
    """A catalog that is asked about its tables."""

    def __init__(self, address: LakeAddress, settings: IcebergSettings) -> None:
        self._address = address
        self._settings = settings
        self._catalog = self._open_catalog()

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
        from pyiceberg.exceptions import NoSuchTableError, RESTError
        from requests.exceptions import RequestException

        try:
            table = self._catalog.load_table(
                (*declared.namespace.split("."), declared.source_table)
            )
        except NoSuchTableError:
            what = "table of the catalog"
            raise NotFoundError(what, declared.table.source) from None
        except (RESTError, RequestException) as error:
            raise self._build_error(error) from None
        metadata = table.metadata
        return TableHistory(
            str(metadata.table_uuid),
            metadata.format_version,
            metadata.current_snapshot_id,
            {each.snapshot_id: each.sequence_number or 0 for each in metadata.snapshots},
            {each.snapshot_id: each.parent_snapshot_id for each in metadata.snapshots},
        )

    def _open_catalog(self) -> Any:
        try:
            from pyiceberg.catalog.rest import RestCatalog
            from pyiceberg.exceptions import RESTError
            from requests.exceptions import RequestException
        except ImportError as error:
            what = "an Iceberg catalog"
            raise MissingExtraError(what, "iceberg") from error
        given, properties = self._settings, {"uri": self._address.uri}
        if self._address.warehouse:
            properties["warehouse"] = self._address.warehouse
        if given.token:
            properties["token"] = given.token
        elif given.client_id:
            properties["credential"] = f"{given.client_id}:{given.client_secret}"
            properties |= {"oauth2-server-uri": given.oauth_uri} if given.oauth_uri else {}
            properties |= {"scope": given.scope} if given.scope else {}
        try:
            return RestCatalog("lake", **properties)
        except (RESTError, RequestException) as error:
            raise self._build_error(error) from None

    def _build_error(self, error: Exception) -> StoreError:
        said = hide_secrets(" ".join(str(error).split()), self._settings.secrets)
        return StoreError(f"Iceberg at {self._address.uri}: {said[:500]}")
