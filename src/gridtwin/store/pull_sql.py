"""Write the statements of a pull; all names in them are those that gridtwin declares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gridtwin.model.analytics_tables import AnalyticsTable
    from gridtwin.model.pulls import PulledTable
    from gridtwin.store.sql_dialect import SqlDialect

STAGED_COLUMNS = ("place", "key_text", "base")  # before those of the table


@dataclass(frozen=True, slots=True)
class PullSql:
    """The statements for one table."""

    dialect: SqlDialect
    table: PulledTable

    @property
    def target(self) -> AnalyticsTable:
        """The table of the twin."""
        return self.table.target

    def create_staged(self) -> tuple[str, str]:
        """Make the tables of what is pulled, and of what was decided of it."""
        types = self.dialect.types
        columns = ", ".join(f"{each.name} {types[each.kind]}" for each in self.target.columns)
        end = self.dialect.on_commit
        return (
            "CREATE TEMP TABLE staged (place integer PRIMARY KEY, key_text text,"
            f" base {self.dialect.json}, {columns}){end}",
            f"CREATE TEMP TABLE decided (place integer PRIMARY KEY, action text){end}",
        )

    def read_staged(self) -> str:
        """Ask for each staged row: its place, its base, and the row that is here."""
        here = ", ".join(f"t.{name}" for name in self.target.names)
        return (
            f"SELECT s.place, b.base, {here} FROM staged s"  # noqa: S608
            f" LEFT JOIN {self.dialect.name_table('sync_base')} b"
            f" ON b.name = {self.dialect.value} AND b.key = s.key_text"
            f" LEFT JOIN {self.dialect.name_table(self.target.name)} t"
            f" ON {self._match_keys('t', 's')} ORDER BY s.place"
        )

    def write_rows(self) -> str:
        """Insert and update what was decided; the value is the name of the pull."""
        owned = [name for name in self.target.names if name not in self.table.operations]
        names = ", ".join(owned)
        changed = [name for name in owned if name not in self.target.key]
        moved = ", ".join(f"{name} = excluded.{name}" for name in (*changed, "pulled_by"))
        return (
            f"INSERT INTO {self.dialect.name_table(self.target.name)} ({names}, pulled_by)"  # noqa: S608
            f" SELECT {', '.join(f's.{name}' for name in owned)}, {self.dialect.value}"
            " FROM staged s JOIN decided d ON d.place = s.place"
            " WHERE d.action IN ('insert', 'update')"
            f" ON CONFLICT ({', '.join(self.target.key)}) DO UPDATE SET {moved}"
        )

    def delete_rows(self) -> str:
        """Delete what was decided."""
        key = ", ".join(self.target.key)
        here = ", ".join(f"s.{name}" for name in self.target.key)
        return (
            f"DELETE FROM {self.dialect.name_table(self.target.name)} WHERE ({key}) IN ("  # noqa: S608
            f"SELECT {here} FROM staged s JOIN decided d ON d.place = s.place"
            " WHERE d.action = 'delete')"
        )

    def move_bases(self) -> tuple[str, str]:
        """Keep the rows as they were pulled, and forget those that are gone; by the name."""
        base = self.dialect.name_table("sync_base")
        return (
            f"INSERT INTO {base} (name, key, base)"  # noqa: S608
            f" SELECT {self.dialect.value}, s.key_text, s.base"
            " FROM staged s JOIN decided d ON d.place = s.place"
            " WHERE s.base IS NOT NULL AND d.action IN ('insert', 'update', 'adopt')"
            " ON CONFLICT (name, key) DO UPDATE SET base = excluded.base",
            f"DELETE FROM {base} WHERE name = {self.dialect.value} AND key IN ("  # noqa: S608
            "SELECT s.key_text FROM staged s JOIN decided d ON d.place = s.place"
            " WHERE s.base IS NULL AND d.action IN ('delete', 'adopt'))",
        )

    def drop_conflicts(self) -> str:
        """Forget what was in conflict of the staged rows; by the name."""
        return (
            f"DELETE FROM {self.dialect.name_table('sync_conflicts')}"  # noqa: S608
            f" WHERE name = {self.dialect.value} AND key IN (SELECT key_text FROM staged)"
        )

    def _match_keys(self, left: str, right: str) -> str:
        return " AND ".join(f"{left}.{name} = {right}.{name}" for name in self.target.key)


def select_rows(dialect: SqlDialect, target: AnalyticsTable, asked: tuple[str, ...]) -> str:
    """Ask for the rows of a table, all or those with some values of columns, by their key."""
    where = " AND ".join(f"{name} = {dialect.value}" for name in asked)
    return (
        f"SELECT {', '.join(target.names)} FROM {dialect.name_table(target.name)}"  # noqa: S608
        + (f" WHERE {where}" if asked else "")
        + f" ORDER BY {', '.join(target.key)}"
    )


def write_one_row(dialect: SqlDialect, target: AnalyticsTable) -> str:
    """Insert or replace one row; its values, then the name of the pull."""
    names = (*target.names, "pulled_by")
    moved = ", ".join(f"{name} = excluded.{name}" for name in names[target.key_size :])
    return (
        f"INSERT INTO {dialect.name_table(target.name)} ({', '.join(names)})"  # noqa: S608
        f" VALUES ({dialect.list_values(len(names))})"
        f" ON CONFLICT ({', '.join(target.key)}) DO UPDATE SET {moved}"
    )


def delete_one_row(dialect: SqlDialect, target: AnalyticsTable) -> str:
    """Delete the row of a key."""
    where = " AND ".join(f"{name} = {dialect.value}" for name in target.key)
    return f"DELETE FROM {dialect.name_table(target.name)} WHERE {where}"  # noqa: S608
