"""Pull into a twin what analytics hand back, table by table, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gridtwin.errors import NotFoundError, StoppedTableError
from gridtwin.model.pulls import PullOutcome
from gridtwin.publish.iceberg.changed_rows import read_changes
from gridtwin.publish.iceberg.table_history import HistoryReader
from gridtwin.store.iceberg_catalog import attach_lake

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridtwin.model.pulls import TableChanges
    from gridtwin.publish.iceberg.owner_file import OwnerDeclaration
    from gridtwin.settings import IcebergSettings
    from gridtwin.store.iceberg_catalog import LakeAddress
    from gridtwin.store.protocol import Store


@dataclass(frozen=True, slots=True)
class PullReport:
    """What came of a pull, by declaration."""

    outcomes: tuple[PullOutcome, ...]

    @property
    def needs_person(self) -> bool:
        """Whether a table was stopped, or a row is in conflict."""
        return any(outcome.stopped or outcome.conflicts for outcome in self.outcomes)


def pull_tables(
    store: Store,
    declared: Sequence[OwnerDeclaration],
    address: LakeAddress,
    settings: IcebergSettings,
) -> PullReport:
    """
    Bring the tables of an owner file into a twin, as far as they changed.

    A table that cannot be pulled as it is stays as it was, and the others are pulled.

    Raises
    ------
    StoreError
        If the catalog cannot be read, or the twin not be written; nothing was written.
    """
    stopped: dict[str, PullOutcome] = {}
    pulled: list[TableChanges] = []
    histories = HistoryReader(address, settings)
    with attach_lake(address, settings) as lake:
        for each in declared:
            table = each.table
            try:
                history = histories.read_history(each)
                since = store.pulls.read_position(table.name)
                pulled.append(read_changes(lake, each, history, since))
            except (StoppedTableError, NotFoundError) as error:
                stopped[table.name] = PullOutcome(
                    table.name, table.source, table.target.name, stopped=str(error)
                )
    outcomes = {each.name: each for each in store.pulls.apply_pulls(pulled, datetime.now(UTC))}
    return PullReport(tuple((stopped | outcomes)[each.table.name] for each in declared))
