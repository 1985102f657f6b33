"""Say what differs between the databases a twin is kept in, for statements that both run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True)
class SqlDialect:
    """What differs between the databases a twin is kept in."""

    schema: str  # before the name of a table
    value: str  # stands for a value
    types: dict[str, str]  # of a column, by the kind of its values
    json: str  # type of an object
    on_commit: str = ""  # what becomes of a temporary table

    def name_table(self, name: str) -> str:
        """Return the name of a table, with its schema."""
        return f"{self.schema}{name}"

    def list_values(self, count: int) -> str:
        """Return what stands for some values."""
        return ", ".join([self.value] * count)


class StagingDatabase(Protocol):
    """A database in a transaction into which rows are staged."""

    dialect: SqlDialect

    def execute(self, statement: str, values: Sequence[Any] = ()) -> Any:
        """Run a statement; return its cursor."""
        ...

    def copy_rows(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Append rows to a table."""
        ...

    def lock_tables(self, names: Sequence[str]) -> None:
        """Keep others from writing to tables until the transaction ends."""
        ...

    def name_pull(self, name: str) -> None:
        """Say which pull writes from here on."""
        ...
