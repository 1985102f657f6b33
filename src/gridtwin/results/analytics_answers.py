"""Turn what analytics hand back into documents."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gridtwin.results.documents.document_tags import DocumentTag

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from gridtwin.model.pulls import PullConflict, PullOutcome
    from gridtwin.results.documents.analytics_documents import (
        ConflictsDocument,
        PullDocument,
        PulledRecord,
        ScoresDocument,
    )


def pull_document(outcomes: Iterable[PullOutcome]) -> PullDocument:
    """Return what came of a pull as the JSON document ``gridtwin.pull/1``."""
    return {"schema": DocumentTag.PULL, "tables": [_pulled_record(each) for each in outcomes]}


def _pulled_record(outcome: PullOutcome) -> PulledRecord:
    return {
        "name": outcome.name,
        "source": outcome.source,
        "target": outcome.target,
        "snapshot": "" if outcome.snapshot is None else str(outcome.snapshot),
        "inserted": outcome.inserted,
        "updated": outcome.updated,
        "deleted": outcome.deleted,
        "conflicts": outcome.conflicts,
        "differences": outcome.different,
        "first_differences": [
            {
                "key": list(each.key),
                "column": each.column,
                "operations": each.operations,
                "analytics": each.analytics,
            }
            for each in outcome.differences
        ],
        "stopped": outcome.stopped,
    }


def conflicts_document(conflicts: Iterable[PullConflict]) -> ConflictsDocument:
    """Return what is in conflict as the JSON document ``gridtwin.conflicts/1``."""
    return {
        "schema": DocumentTag.CONFLICTS,
        "conflicts": [
            {
                "name": each.name,
                "key": json.loads(each.key),
                "target": each.target,
                "base": None if each.base is None else dict(each.base),
                "operations": None if each.operations is None else dict(each.operations),
                "analytics": None if each.analytics is None else dict(each.analytics),
                "snapshot": str(each.snapshot),
                "found_at": each.found_at.isoformat(),
            }
            for each in conflicts
        ],
    }


def scores_document(table: str, rows: pd.DataFrame) -> ScoresDocument:
    """Return rows that analytics handed back as the JSON document ``gridtwin.scores/1``."""
    plain = json.loads(rows.to_json(orient="records", date_format="iso", date_unit="us"))
    return {"schema": DocumentTag.SCORES, "table": table, "rows": plain}
