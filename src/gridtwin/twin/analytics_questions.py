"""What analytics handed back to a twin: pulled, read, and where both sides changed a row."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from gridtwin.errors import InputError, NotFoundError
from gridtwin.model.analytics_tables import ANALYTICS_TABLES, read_value
from gridtwin.store.store_rules import find_close_names

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    import pandas as pd

    from gridtwin.model.analytics_tables import AnalyticsTable, AnalyticsValue
    from gridtwin.model.pulls import PullConflict
    from gridtwin.settings import IcebergSettings
    from gridtwin.store.protocol import Store
    from gridtwin.twin.analytics_pull import PullReport

Side = Literal["analytics", "operations"]
SIDES: tuple[Side, ...] = ("analytics", "operations")


class Analytics:
    """The tables that analytics fill; `gridtwin.open(...).analytics`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def pull(
        self,
        owners: str | Path,
        catalog: str,
        *,
        warehouse: str = "",
        settings: IcebergSettings | None = None,
    ) -> PullReport:
        """
        Bring the tables of an owner file from an Iceberg catalog, as far as they changed.

        Parameters
        ----------
        owners
            The owner file; see docs/iceberg.md.
        catalog, warehouse
            Address of the REST catalog, and the warehouse as it calls it.
        settings
            How one is let in; by default as the environment says.

        Raises
        ------
        SourceError
            If the owner file is none.
        StoreError
            If the catalog cannot be read or the twin not be written; nothing was written.
        """
        from pathlib import Path

        from gridtwin.publish.iceberg.owner_file import read_owner_file
        from gridtwin.settings import IcebergSettings
        from gridtwin.store.iceberg_catalog import LakeAddress
        from gridtwin.twin.analytics_pull import pull_tables

        declared = read_owner_file(Path(owners))
        address = LakeAddress(catalog, warehouse)
        address.check()
        let_in = settings or IcebergSettings.from_environment()
        return pull_tables(self._store, declared, address, let_in)

    def read(self, table: str, **values: Any) -> pd.DataFrame:
        """
        Return the rows of a table of analytics, all or those with some values of columns.

        Raises
        ------
        NotFoundError
            If there is no such table, or it has no such column.
        InputError
            If a value is none of its column.
        """
        import pandas as pd

        target = _find_table(table)
        rows = self._store.pulls.read_rows(target, _read_values(target, values))
        frame = pd.DataFrame(rows, columns=list(target.names))
        for column in target.columns:
            if column.kind == "time":
                frame[column.name] = pd.to_datetime(frame[column.name], utc=True, format="ISO8601")
        return frame

    def describe(self, mrid: str) -> dict[str, AnalyticsValue]:
        """Return the scores and the priority of an element, by words such as score.KIND."""
        asked = {"mrid": mrid}
        said: dict[str, AnalyticsValue] = {}
        for kind, _, value, *_ in self._store.pulls.read_rows(
            ANALYTICS_TABLES["element_scores"], asked
        ):
            said[f"score.{kind}"] = value
        for _, rank, reason, *_ in self._store.pulls.read_rows(
            ANALYTICS_TABLES["element_priorities"], asked
        ):
            said |= {"priority.rank": rank, "priority.reason": reason}
        return {word: value for word, value in said.items() if value is not None}

    def list_conflicts(self) -> list[PullConflict]:
        """Return the rows that changed on both sides, with both values."""
        return self._store.pulls.list_conflicts()

    def settle(self, name: str, key: str, *, take: Side) -> PullConflict:
        """
        End a conflict.

        Parameters
        ----------
        name
            The declaration of the owner file.
        key
            The key of the row: a JSON array, or where it is one column its value.
        take
            ``analytics`` writes what they say, ``operations`` lets stand what is here.

        Raises
        ------
        NotFoundError
            If there is no such conflict.
        """
        if take not in SIDES:
            msg = f"{take!r} is no side: take analytics or operations"
            raise InputError(msg)
        written = key if key.startswith("[") else json.dumps([key], ensure_ascii=False)
        return self._store.pulls.settle_conflict(name, written, take_analytics=take == "analytics")


def _find_table(name: str) -> AnalyticsTable:
    if name not in ANALYTICS_TABLES:
        what = "table of analytics"
        raise NotFoundError(what, name, find_close_names(name, [*ANALYTICS_TABLES]))
    return ANALYTICS_TABLES[name]


def _read_values(target: AnalyticsTable, values: dict[str, Any]) -> dict[str, AnalyticsValue]:
    columns = {column.name: column for column in target.columns}
    read = {}
    for name, value in values.items():
        if name not in columns:
            what = f"column of {target.name}"
            raise NotFoundError(what, name, find_close_names(name, [*columns]))
        try:
            read[name] = read_value(columns[name], value)
        except (TypeError, ValueError) as error:
            msg = f"{name} cannot be {value!r}: {error}"
            raise InputError(msg) from error
    return read
