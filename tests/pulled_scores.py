"""Pull a score into a twin without a catalog, and let both sides change it."""

from __future__ import annotations

from datetime import UTC, datetime

from gridtwin.model.analytics_tables import ANALYTICS_TABLES
from gridtwin.model.pulls import PulledTable, PullOutcome, PullPosition, TableChanges
from gridtwin.twin import Twin


def pull_scores(twin: Twin) -> list[PullOutcome]:
    """Let analytics write a score twice, and operations in between."""
    target = ANALYTICS_TABLES["element_scores"]
    table = PulledTable("risk", "a.risk", target, frozenset({"source"}))
    outcomes, since = [], None
    for snapshot, value in ((1, 0.5), (2, 0.75)):
        position = PullPosition("table", snapshot, snapshot)
        row = ("risk", "L1", value, None, "model 7")
        changes = TableChanges(table, since, position, (row,))
        outcomes += twin.store.pulls.apply_pulls([changes], datetime.now(UTC))
        since = position
        with twin.store._kept.transaction("BEGIN IMMEDIATE") as link:  # type: ignore[attr-defined]
            link.execute("UPDATE element_scores SET value = 0.6")
    return outcomes
