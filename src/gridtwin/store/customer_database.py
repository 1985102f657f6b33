"""Say what an engine does that keeps customers, so that their SQL is written once for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager


class CustomerConnection(Protocol):
    """
    A transaction with the tables of customers.

    SQL names values as ``:value``; ``each_of(:values)`` is the rows of a JSON array of texts, one
    column ``value``.
    """

    def select(self, question: str, **values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a question."""
        ...

    def execute(self, statement: str, **values: Any) -> int:
        """Run a statement; return how many rows it changed."""
        ...

    def insert_rows(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        """Add rows to one of `CUSTOMER_TABLES`, their values in the order of its columns."""
        ...


class CustomerDatabase(Protocol):
    """Where customers are kept."""

    def read(self) -> AbstractContextManager[CustomerConnection]:
        """Ask inside one transaction."""
        ...

    def write(self) -> AbstractContextManager[CustomerConnection]:
        """Write what is inside as one transaction: all of it, or nothing."""
        ...

    def shred_rows(self) -> None:
        """Leave nothing of deleted rows where rows are kept."""
        ...

    def find_text(self, text: str) -> int:
        """Count where a text still stands, in all that is kept of customers."""
        ...
