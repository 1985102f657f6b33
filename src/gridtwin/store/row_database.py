"""Say what a database does for tables whose SQL is written once for SQLite and PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager


class RowTransaction(Protocol):
    """A transaction; SQL names values as ``:value``."""

    def select(self, question: str, **values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a question."""
        ...

    def execute(self, statement: str, **values: Any) -> int:
        """Run a statement; return how many rows it changed."""
        ...

    def execute_many(self, statement: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run a statement for each of some values, without waiting for each."""
        ...


class RowDatabase(Protocol):
    """Where rows are kept."""

    def read(self) -> AbstractContextManager[RowTransaction]:
        """Ask inside one transaction."""
        ...

    def write(self) -> AbstractContextManager[RowTransaction]:
        """Write what is inside as one transaction: all of it, or nothing."""
        ...
