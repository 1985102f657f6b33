"""Apply what was pulled to a twin, in the one transaction of the caller, by any database."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gridtwin.errors import StoreError
from gridtwin.model.analytics_tables import ANALYTICS_TABLES, read_value
from gridtwin.model.pulls import PullConflict, PullOutcome, PullPosition
from gridtwin.store.pull_merge import MergeAction, RowMerge
from gridtwin.store.pull_sql import (
    STAGED_COLUMNS,
    PullSql,
    delete_one_row,
    select_rows,
    write_one_row,
)
from gridtwin.store.store_rules import build_conflict_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gridtwin.model.analytics_tables import AnalyticsRow, AnalyticsTable, AnalyticsValue
    from gridtwin.model.pulls import TableChanges
    from gridtwin.store.sql_dialect import StagingDatabase

CONFLICT_COLUMNS = (
    *("name", "key", "target", "base", "operations", "analytics", "snapshot_id", "found_at"),
)


@dataclass(frozen=True, slots=True)
class Staged:
    """What is asked of one table: rows, and where they are gone None, each with its key."""

    keys: list[str]
    rows: list[AnalyticsRow | None]
    key_rows: list[AnalyticsRow]


class PullWriter:
    """Pulls, written in the transaction of a database."""

    def __init__(self, database: StagingDatabase) -> None:
        self._database = database
        self._dialect = database.dialect

    def read_position(self, name: str) -> PullPosition | None:
        """Return how far a declaration was pulled; None if it never was."""
        row = self._database.execute(
            "SELECT identity, snapshot_id, sequence_number"  # noqa: S608
            f" FROM {self._name('sync_state')} WHERE name = {self._dialect.value}",
            (name,),
        ).fetchone()
        return PullPosition(*row) if row else None

    def list_conflicts(self, name: str = "") -> list[PullConflict]:
        """Return what is in conflict, of one declaration or of all."""
        where = f" WHERE name = {self._dialect.value}" if name else ""
        rows = self._database.execute(
            f"SELECT {', '.join(CONFLICT_COLUMNS)} FROM {self._name('sync_conflicts')}"  # noqa: S608
            f"{where} ORDER BY name, key",
            (name,) if name else (),
        )
        return [_build_conflict(row) for row in rows]

    def apply_pull(self, changes: TableChanges, now: datetime) -> PullOutcome:
        """
        Write what changed in a table, and how far it was pulled.

        Raises
        ------
        StoreError
            If somebody else pulled the table meanwhile.
        """
        table = changes.table
        outcome = PullOutcome(table.name, table.source, table.target.name)
        outcome.snapshot = changes.position.snapshot
        self._database.lock_tables(("sync_state", table.target.name))
        if self.read_position(table.name) != changes.since:
            msg = f"{table.name} was pulled by somebody else meanwhile: run it again"
            raise StoreError(msg)
        if table.is_compared_only:
            self._compare_rows(changes, outcome)
            return outcome
        staged = self._collect_staged(changes)
        if staged.keys:
            self._write_staged(changes, staged, outcome, now)
        if changes.position != changes.since:
            self._move_position(changes, now)
        return outcome

    def settle_conflict(self, name: str, key: str, *, take_analytics: bool) -> PullConflict:
        """
        End a conflict: write what analytics say, or let what is here stand.

        Raises
        ------
        NotFoundError
            If there is no such conflict.
        """
        self._database.lock_tables(("sync_state",))
        conflicts = {each.key: each for each in self.list_conflicts(name)}
        conflict = conflicts.get(key)
        if conflict is None:
            raise build_conflict_error(name, key, [*conflicts])
        target = ANALYTICS_TABLES[conflict.target]
        if take_analytics:
            self._write_one(target, conflict)
        self._move_base(conflict)
        self._drop_conflicts(name, [key])
        return conflict

    def read_rows(
        self, target: AnalyticsTable, asked: Mapping[str, AnalyticsValue]
    ) -> list[AnalyticsRow]:
        """Return the rows of a table that have some values, by their key."""
        rows = self._database.execute(
            select_rows(self._dialect, target, tuple(asked)), tuple(asked.values())
        )
        return [_read_row(target, row) for row in rows]

    def _collect_staged(self, changes: TableChanges) -> Staged:
        """Return the rows that changed, those in conflict, and of a whole table what is gone."""
        target, name = changes.table.target, changes.table.name
        conflicts = {each.key: each for each in self.list_conflicts(name)}
        keyed = {target.write_key(row): row for row in changes.rows}
        staged: dict[str, AnalyticsRow | None] = dict(keyed)
        if changes.is_whole:
            bases = self._read_bases(name)
            for key, base in bases.items():
                theirs = keyed.get(key)
                if theirs is None:
                    staged[key] = None
                elif key not in conflicts and target.order_values(base) == theirs:
                    del staged[key]  # as it was pulled before
        else:
            staged |= {target.write_key(key): None for key in changes.gone}
        for key, conflict in conflicts.items():
            if key not in staged:
                said = conflict.analytics
                still = None if changes.is_whole or said is None else target.order_values(said)
                staged[key] = still
        keys = list(staged)
        gaps = (None,) * (len(target.columns) - target.key_size)
        key_rows = [staged[key] or (*json.loads(key), *gaps) for key in keys]
        return Staged(keys, list(staged.values()), key_rows)

    def _read_bases(self, name: str) -> dict[str, Mapping[str, AnalyticsValue]]:
        rows = self._database.execute(
            f"SELECT key, base FROM {self._name('sync_base')}"  # noqa: S608
            f" WHERE name = {self._dialect.value}",
            (name,),
        )
        return {key: _read_object(base) or {} for key, base in rows}

    def _write_staged(
        self, changes: TableChanges, staged: Staged, outcome: PullOutcome, now: datetime
    ) -> None:
        table, sql = changes.table, PullSql(self._dialect, changes.table)
        for statement in sql.create_staged():
            self._database.execute(statement)
        columns = (*STAGED_COLUMNS, *table.target.names)
        self._database.copy_rows("staged", columns, _lay_out(table.target, staged))
        decided = self._decide_rows(sql, changes, staged, outcome, now)
        self._database.execute(sql.drop_conflicts(), (table.name,))
        self._insert_conflicts(decided.conflicts)
        self._database.copy_rows("decided", ("place", "action"), decided.actions)
        self._database.name_pull(table.name)
        self._database.execute(sql.write_rows(), (table.name,))
        self._database.name_pull("")
        self._database.execute(sql.delete_rows())
        for statement in sql.move_bases():
            self._database.execute(statement, (table.name,))
        self._database.execute("DROP TABLE staged")
        self._database.execute("DROP TABLE decided")

    def _decide_rows(
        self,
        sql: PullSql,
        changes: TableChanges,
        staged: Staged,
        outcome: PullOutcome,
        now: datetime,
    ) -> Decided:
        merge, target = RowMerge.build(changes.table), changes.table.target
        actions: list[tuple[int, str]] = []
        conflicts: list[PullConflict] = []
        for place, base, *here in self._database.execute(sql.read_staged(), (changes.table.name,)):
            old, theirs = _read_object(base), staged.rows[place]
            ours = None if here[0] is None else _read_row(target, here)
            action = merge.merge_row(
                None if old is None else target.order_values(old), ours, theirs
            )
            outcome.add_differences(merge.list_differences(ours, theirs))
            actions.append((place, action.value))
            if action is MergeAction.CONFLICT:
                conflicts.append(
                    PullConflict(
                        changes.table.name,
                        staged.keys[place],
                        target.name,
                        old,
                        None if ours is None else target.name_values(ours),
                        merge.name_owned(theirs),
                        changes.position.snapshot,
                        now,
                    )
                )
        outcome.count_actions(action for _, action in actions)
        return Decided(actions, conflicts)

    def _compare_rows(self, changes: TableChanges, outcome: PullOutcome) -> None:
        """Report where a table of operations is not as analytics have it; write nothing."""
        target = changes.table.target
        merge = RowMerge.build(changes.table)
        here = {target.write_key(row): row for row in self.read_rows(target, {})}
        for row in changes.rows:
            outcome.add_differences(merge.list_differences(here.get(target.write_key(row)), row))

    def _move_position(self, changes: TableChanges, now: datetime) -> None:
        dialect = self._dialect
        self._database.execute(
            f"INSERT INTO {self._name('sync_state')}"  # noqa: S608
            " (name, source, identity, snapshot_id, sequence_number, pulled_at)"
            f" VALUES ({dialect.list_values(6)}) ON CONFLICT (name) DO UPDATE SET"
            " source = excluded.source, identity = excluded.identity,"
            " snapshot_id = excluded.snapshot_id, sequence_number = excluded.sequence_number,"
            " pulled_at = excluded.pulled_at",
            (changes.table.name, changes.table.source, *changes.position, _write_time(now)),
        )

    def _insert_conflicts(self, conflicts: Iterable[PullConflict]) -> None:
        self._database.copy_rows(
            self._name("sync_conflicts"),
            CONFLICT_COLUMNS,
            [
                (
                    *(each.name, each.key, each.target),
                    *map(_write_object, (each.base, each.operations, each.analytics)),
                    *(each.snapshot, _write_time(each.found_at)),
                )
                for each in conflicts
            ],
        )

    def _write_one(self, target: AnalyticsTable, conflict: PullConflict) -> None:
        """Write the row that analytics have of a conflict, over what operations own nothing."""
        if conflict.analytics is None:
            self._database.execute(
                delete_one_row(self._dialect, target), tuple(json.loads(conflict.key))
            )
            return
        key = {name: conflict.analytics[name] for name in target.key}
        here = [target.name_values(row) for row in self.read_rows(target, key)]
        row = target.order_values((here[0] if here else {}) | dict(conflict.analytics))
        self._database.name_pull(conflict.name)
        self._database.execute(write_one_row(self._dialect, target), (*row, conflict.name))
        self._database.name_pull("")

    def _move_base(self, conflict: PullConflict) -> None:
        base, value = self._name("sync_base"), self._dialect.value
        if conflict.analytics is None:
            self._database.execute(
                f"DELETE FROM {base} WHERE name = {value} AND key = {value}",  # noqa: S608
                (conflict.name, conflict.key),
            )
            return
        self._database.execute(
            f"INSERT INTO {base} (name, key, base)"  # noqa: S608
            f" VALUES ({self._dialect.list_values(3)})"
            " ON CONFLICT (name, key) DO UPDATE SET base = excluded.base",
            (conflict.name, conflict.key, _write_object(conflict.analytics)),
        )

    def _drop_conflicts(self, name: str, keys: Sequence[str]) -> None:
        value = self._dialect.value
        for key in keys:
            self._database.execute(
                f"DELETE FROM {self._name('sync_conflicts')}"  # noqa: S608
                f" WHERE name = {value} AND key = {value}",
                (name, key),
            )

    def _name(self, table: str) -> str:
        return self._dialect.name_table(table)


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided of staged rows, by their places, and what is in conflict."""

    actions: list[tuple[int, str]]
    conflicts: list[PullConflict]


def _lay_out(target: AnalyticsTable, staged: Staged) -> Iterator[Sequence[Any]]:
    """Yield the rows of the table `staged`; the base of a row that is gone is null."""
    for place, (key, row, key_row) in enumerate(
        zip(staged.keys, staged.rows, staged.key_rows, strict=True)
    ):
        base = None if row is None else _write_object(target.name_values(row))
        yield (place, key, base, *key_row)


def _read_row(target: AnalyticsTable, row: Sequence[Any]) -> AnalyticsRow:
    return tuple(
        read_value(column, value) for column, value in zip(target.columns, row, strict=True)
    )


def _read_object(value: Any) -> Mapping[str, AnalyticsValue] | None:
    """Return an object as it is kept; PostgreSQL gives it back as one already."""
    return json.loads(value) if isinstance(value, str) else value


def _write_object(values: Mapping[str, AnalyticsValue] | None) -> str | None:
    return None if values is None else json.dumps(dict(values), ensure_ascii=False)


def _write_time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _build_conflict(row: Sequence[Any]) -> PullConflict:
    name, key, target, base, operations, analytics, snapshot, found_at = row
    at = datetime.fromisoformat(found_at) if isinstance(found_at, str) else found_at
    return PullConflict(
        name,
        key,
        target,
        _read_object(base),
        _read_object(operations),
        _read_object(analytics),
        snapshot,
        at.astimezone(UTC),
    )
