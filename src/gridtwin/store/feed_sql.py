"""Write the statements of feeds; all names in them are those that gridtwin declares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gridtwin.model.feed_tables import FeedTable
    from gridtwin.store.sql_dialect import SqlDialect

STAGED_FEED_COLUMNS = ("feed_key", "position", "gone", "unchanged", "own")  # before the table's


@dataclass(frozen=True, slots=True)
class FeedSql:
    """The statements for one table; where one takes values, it says which."""

    dialect: SqlDialect
    table: FeedTable

    def create_staged(self) -> str:
        """Make the table of what came: each row of the source once."""
        types = self.dialect.types
        columns = ", ".join(f"{each.name} {types[each.kind]}" for each in self.table.columns)
        return (
            f"CREATE TEMP TABLE feed_staged (feed_key text, position {types['position']},"
            f" gone smallint, unchanged text, own {self.dialect.json}, {columns})"
            f"{self.dialect.on_commit}"
        )

    def drop_late(self) -> str:
        """Take out what is older than what is known of its row; takes the feed."""
        return (
            "DELETE FROM feed_staged WHERE feed_key IN (SELECT s.feed_key"  # noqa: S608
            f" FROM feed_staged s JOIN {self._name('feed_keys')} k"
            f" ON k.feed = {self.dialect.value} AND k.key = s.feed_key"
            " WHERE k.position > s.position)"
        )

    def keep_positions(self) -> str:
        """Remember the last change of each row, deletions too; takes the feed."""
        return (
            f"INSERT INTO {self._name('feed_keys')} (feed, key, position, gone)"  # noqa: S608
            f" SELECT {self.dialect.value}, feed_key, position, gone = 1 FROM feed_staged"
            " WHERE true ON CONFLICT (feed, key) DO UPDATE SET"
            " position = excluded.position, gone = excluded.gone"
        )

    def fill_unchanged(self, column: str) -> str:
        """Put in what a source left out since it did not change; takes the feed and a pattern."""
        value = self.dialect.value
        return (
            f"UPDATE feed_staged SET {column} = coalesce((SELECT t.{column}"  # noqa: S608
            f" FROM {self._name(self.table.name)} t"
            f" WHERE t.feed = {value} AND t.feed_key = feed_staged.feed_key), {column})"
            f" WHERE unchanged LIKE {value}"
        )

    def delete_rows(self) -> str:
        """Delete rows that are gone, or that go by another key now; takes the feed."""
        key = ", ".join(self.table.key)
        here = ", ".join(f"t.{name}" for name in self.table.key)
        moved = " OR ".join(f"s.{name} <> t.{name}" for name in self.table.key)
        name = self._name(self.table.name)
        return (
            f"DELETE FROM {name} WHERE ({key}) IN (SELECT {here} FROM feed_staged s"  # noqa: S608
            f" JOIN {name} t ON t.feed = {self.dialect.value} AND t.feed_key = s.feed_key"
            f" WHERE s.gone = 1 OR {moved})"
        )

    def write_rows(self) -> str:
        """Insert and update rows; takes the feed."""
        names = (*self.table.names, "feed_key", "own")
        changed = (*self.table.names[self.table.key_size :], "feed", "feed_key", "own")
        moved = ", ".join(f"{name} = excluded.{name}" for name in changed)
        listed = ", ".join(names)
        return (
            f"INSERT INTO {self._name(self.table.name)} (feed, {listed})"  # noqa: S608
            f" SELECT {self.dialect.value}, {listed} FROM feed_staged WHERE gone = 0"
            f" ON CONFLICT ({', '.join(self.table.key)}) DO UPDATE SET {moved}"
        )

    def write_series(self) -> str:
        """Insert and update values over time; what is not given leaves what is there."""
        name, listed = self._name(self.table.name), ", ".join(self.table.names)
        moved = ", ".join(
            f"{each} = coalesce(excluded.{each}, kept.{each})"
            for each in self.table.names[self.table.key_size :]
        )
        return (
            f"INSERT INTO {name} AS kept ({listed}) SELECT {listed} FROM feed_staged"  # noqa: S608
            f" WHERE gone = 0 ON CONFLICT ({', '.join(self.table.key)}) DO UPDATE SET {moved}"
        )

    def select_staged(self) -> str:
        """Ask for the rows that came and are to be written."""
        return f"SELECT {', '.join(self.table.names)} FROM feed_staged WHERE gone = 0"  # noqa: S608

    def truncate_rows(self) -> tuple[str, str]:
        """Delete the rows before a position, then their keys; each takes feed and position."""
        keys, value = self._name("feed_keys"), self.dialect.value
        return (
            f"DELETE FROM {self._name(self.table.name)} WHERE feed = {value}"  # noqa: S608
            f" AND feed_key IN (SELECT k.key FROM {keys} k WHERE k.feed = {value}"
            f" AND k.position <= {value})",
            f"DELETE FROM {keys} WHERE feed = {value} AND key <> '' AND position <= {value}",  # noqa: S608
        )

    def select_rows(self, asked: dict[str, int]) -> str:
        """Ask for rows with some values of columns, so many of each; takes the values."""
        where = " AND ".join(
            f"{name} IN ({self.dialect.list_values(count)})" for name, count in asked.items()
        )
        return (
            f"SELECT {', '.join(self.table.names)} FROM {self._name(self.table.name)}"  # noqa: S608
            + (f" WHERE {where}" if asked else "")
            + f" ORDER BY {', '.join(self.table.key)}"
        )

    def _name(self, table: str) -> str:
        return self.dialect.name_table(table)
