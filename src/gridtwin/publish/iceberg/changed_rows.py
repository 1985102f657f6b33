"""
Read from an Iceberg catalog what changed in a table since a snapshot.

A table of version 3 says of each row in which commit it was last written; of version 2 two
snapshots are compared. Where the former snapshot is not there any more, or is no forebear of the
current one, all rows are read: the twin knows which of them it has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gridtwin.errors import StoppedTableError
from gridtwin.model.analytics_tables import read_value
from gridtwin.model.pulls import PullPosition, TableChanges
from gridtwin.store.iceberg_catalog import LAKE, quote_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gridtwin.model.analytics_tables import AnalyticsColumn, AnalyticsRow
    from gridtwin.publish.iceberg.owner_file import OwnerDeclaration
    from gridtwin.store.iceberg_catalog import LakeConnection

WRITTEN_IN = "_last_updated_sequence_number"  # of a row of a table of version 3
ROW_LINEAGE = 3  # the version of tables that have it
FETCHED_ROWS = 20_000
# Which types of DuckDB a column of a twin may be filled from.
READABLE_TYPES = {
    "text": ("VARCHAR", "UUID"),
    "number": ("DOUBLE", "FLOAT", "DECIMAL", "BIGINT", "INTEGER"),
    "whole": ("BIGINT", "INTEGER"),
    "time": ("TIMESTAMP WITH TIME ZONE",),
}


@dataclass(frozen=True, slots=True)
class TableHistory:
    """What a catalog says of a table: who it is, its version, and its snapshots."""

    table_uuid: str
    version: int
    current: int | None  # snapshot; None = nothing was written yet
    sequences: dict[int, int]  # of the snapshots that are there
    parents: dict[int, int | None]

    def locate(self, declared: OwnerDeclaration) -> PullPosition | None:
        """Return where it stands, for a declaration; another declaration begins anew."""
        if self.current is None:
            return None
        identity = f"{self.table_uuid}/{declared.digest}"
        return PullPosition(identity, self.current, self.sequences[self.current])

    def descends_from(self, former: int) -> bool:
        """Return whether the current snapshot was made from one that is still there."""
        snapshot = self.current
        while snapshot in self.sequences:
            if snapshot == former:
                return True
            snapshot = self.parents[snapshot]
        return False


def read_changes(
    lake: LakeConnection,
    declared: OwnerDeclaration,
    history: TableHistory,
    since: PullPosition | None,
) -> TableChanges:
    """
    Return what changed in a table since it was last pulled.

    Raises
    ------
    StoppedTableError
        If a column is unknown, of another type or missing, or a row cannot be; says which.
    StoreError
        If it cannot be read.
    """
    position = history.locate(declared)
    if position is None:
        msg = "it holds no snapshot yet: nothing was written to it"
        raise StoppedTableError(msg)
    table = declared.table
    reader = _TableReader(lake, declared, position)
    if position == since and not table.is_compared_only:
        return TableChanges(table, since, position)
    by_lineage = history.version >= ROW_LINEAGE
    if (
        table.is_compared_only
        or since is None
        or since.identity != position.identity
        or not history.descends_from(since.snapshot)
        or not (by_lineage or reader.had_columns(since))
    ):
        return TableChanges(table, since, position, reader.read_all(), is_whole=True)
    changed = reader.read_changed(since, by_lineage=by_lineage)
    return TableChanges(table, since, position, changed, reader.read_gone(since))


class _TableReader:
    """The rows of a table in one snapshot, as the twin has them."""

    def __init__(
        self, lake: LakeConnection, declared: OwnerDeclaration, position: PullPosition
    ) -> None:
        self._lake = lake
        self._declared = declared
        self._target = declared.table.target
        names = (LAKE, declared.namespace, declared.source_table)
        self._name = ".".join(map(quote_name, names))
        self._now = self._at(position)
        self._selected = self._choose_columns()

    def read_all(self) -> tuple[AnalyticsRow, ...]:
        """Return all rows; no key may be there twice."""
        return self._read_rows(f"SELECT {self._columns()} FROM {self._now}")  # noqa: S608

    def read_changed(self, since: PullPosition, *, by_lineage: bool) -> tuple[AnalyticsRow, ...]:
        """Return the rows that are not as they were."""
        now = f"SELECT {self._columns()} FROM {self._now}"  # noqa: S608
        if by_lineage:
            return self._read_rows(f"{now} WHERE {WRITTEN_IN} > {int(since.sequence)}")
        return self._read_rows(
            f"{now} EXCEPT SELECT {self._columns()} FROM {self._at(since)}"  # noqa: S608
        )

    def read_gone(self, since: PullPosition) -> tuple[AnalyticsRow, ...]:
        """Return the keys that are there no more."""
        key = ", ".join(self._quote(name) for name in self._target.key if name in self._selected)
        query = (
            f"SELECT {self._columns(self._target.key)} FROM {self._at(since)}"  # noqa: S608
            f" ANTI JOIN (SELECT {key} FROM {self._now}) USING ({key})"
        )
        return tuple(self._convert_rows(query, self._target.columns[: self._target.key_size]))

    def had_columns(self, since: PullPosition) -> bool:
        """Return whether the table had the same columns in a former snapshot."""
        return set(self._selected.values()) <= set(self._describe(self._at(since)))

    def _describe(self, place: str) -> dict[str, str]:
        """Return the types of the columns by their names."""
        described = self._lake.execute(f"DESCRIBE SELECT * FROM {place}")  # noqa: S608
        return {name: kind for name, kind, *_ in described}

    def _at(self, position: PullPosition) -> str:
        return f"{self._name} AT (VERSION => {int(position.snapshot)})"

    def _columns(self, names: Sequence[str] | None = None) -> str:
        wanted = names or self._target.names
        return ", ".join(self._quote(name) for name in wanted if name in self._selected)

    def _quote(self, name: str) -> str:
        return quote_name(self._selected[name])

    def _choose_columns(self) -> dict[str, str]:
        """Return which column of the catalog fills each column of the twin; refuse any other."""
        columns = {column.name: column for column in self._target.columns}
        chosen: dict[str, str] = {}
        read = self._describe(self._now)
        # A column may be new since the snapshot; it is refused before rows have it.
        for there, kind in (read | self._describe(self._name)).items():
            name = self._declared.name_column(there)
            if there in self._declared.ignored:
                continue
            if name not in columns or name in self._declared.fixed or name in chosen:
                msg = (
                    f"column {there} is not known to {self._target.name}: name what it is in"
                    " columns, or leave it out with ignore"
                )
                raise StoppedTableError(msg)
            _check_type(there, kind, columns[name])
            if there in read:
                chosen[name] = there
        for name, column in columns.items():
            if column.required and name not in chosen and name not in self._declared.fixed:
                msg = f"it has no column {name}: name it in columns, or give its value in fixed"
                raise StoppedTableError(msg)
        return chosen

    def _read_rows(self, query: str) -> tuple[AnalyticsRow, ...]:
        rows = tuple(self._convert_rows(query, self._target.columns))
        size = self._target.key_size
        if len({row[:size] for row in rows}) < len(rows):
            known: set[AnalyticsRow] = set()
            for row in rows:
                if row[:size] in known:
                    msg = f"it holds the key {', '.join(map(str, row[:size]))} twice"
                    raise StoppedTableError(msg)
                known.add(row[:size])
        return rows

    def _convert_rows(
        self, query: str, columns: Sequence[AnalyticsColumn]
    ) -> Iterator[AnalyticsRow]:
        """Yield the rows of a query as the twin has them, with what is fixed."""
        places = {name: place for place, name in enumerate(self._selected_names(columns))}
        layout = [(column, places.get(column.name)) for column in columns]
        with self._lake.translate_errors():
            rows = self._lake.duckdb.execute(query)
            while fetched := rows.fetchmany(FETCHED_ROWS):
                for row in fetched:
                    yield tuple(self._convert(column, place, row) for column, place in layout)

    def _selected_names(self, columns: Sequence[AnalyticsColumn]) -> list[str]:
        return [column.name for column in columns if column.name in self._selected]

    def _convert(self, column: AnalyticsColumn, place: int | None, row: tuple[Any, ...]) -> Any:
        if place is None:
            return self._declared.fixed.get(column.name)
        try:
            return read_value(column, row[place])
        except (TypeError, ValueError, OverflowError) as error:
            msg = f"row {', '.join(map(str, row))[:200]}: {error}"
            raise StoppedTableError(msg) from error


def _check_type(there: str, kind: str, column: AnalyticsColumn) -> None:
    if kind.partition("(")[0] not in READABLE_TYPES[column.kind]:
        wanted = "timestamptz" if column.kind == "time" else column.kind
        msg = f"column {there} is {kind}, and {column.name} is filled from {wanted}"
        raise StoppedTableError(msg)
