"""Count how the rows of a table in a database differ from those of a twin."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TableChange:
    """How the rows of one table differ from those of the twin."""

    table: str
    rows: int  # of the twin
    inserted: int
    updated: int
    deleted: int

    @property
    def differing_rows(self) -> int:
        """Rows that differ."""
        return self.inserted + self.updated + self.deleted
