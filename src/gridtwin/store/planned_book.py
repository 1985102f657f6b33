"""Keep planned outages, and who is without supply meanwhile, by one SQL for both databases."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gridtwin.errors import ConflictError, NotFoundError
from gridtwin.model.planned_outage import (
    AffectedPoint,
    PlannedOutage,
    PlannedStatus,
)
from gridtwin.store.store_rules import find_close_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridtwin.store.row_database import RowDatabase, RowTransaction

PLANNED_COLUMNS = (
    "id, starts_s, ends_s, reason, elements, switches, status, usage_points, customers,"
    " announced_by, announced_s, changed_by, changed_s, outage, revision"
)
LIST_PLANNED = f"""
SELECT {PLANNED_COLUMNS} FROM planned_outages
WHERE (:past = 1 OR status IN ('announced', 'ongoing')) AND :id IN ('', id)
ORDER BY starts_s, id
"""  # noqa: S608 - a constant of this module
ADD_PLANNED = f"""
INSERT INTO planned_outages ({PLANNED_COLUMNS})
VALUES (:id, :starts_s, :ends_s, :reason, :elements, :switches, :status, :usage_points, :customers,
    :announced_by, :announced_s, :changed_by, :changed_s, :outage, :revision)
"""  # noqa: S608 - a constant of this module
CHANGE_PLANNED = """
UPDATE planned_outages SET starts_s = :starts_s, ends_s = :ends_s, reason = :reason,
    status = :status, changed_by = :changed_by, changed_s = :changed_s, outage = :outage,
    revision = revision + 1
WHERE id = :id AND revision = :revision
"""
ADD_POINT = """
INSERT INTO planned_outage_points (planned_outage, usage_point, customers)
VALUES (:planned, :usage_point, :customers)
"""
LIST_POINTS = """
SELECT usage_point, customers FROM planned_outage_points WHERE planned_outage = :planned
"""


class PlannedBook:
    """The planned outages of a twin."""

    def __init__(self, database: RowDatabase) -> None:
        self._database = database

    def list_planned(self, *, past: bool = False) -> list[PlannedOutage]:
        """Return those to come and going on, by when they start; `past`: all there were."""
        with self._database.read() as rows:
            return _select_planned(rows, past=past)

    def read_planned(self, planned: str) -> PlannedOutage:
        """Return a planned outage by id; NotFoundError, with close matches, if there is none."""
        with self._database.read() as rows:
            return _select_one(rows, planned)

    def list_points(self, planned: str) -> list[AffectedPoint]:
        """Return who is without supply meanwhile, by mRID."""
        with self._database.read() as rows:
            found = rows.select(LIST_POINTS, planned=planned)
        return sorted(AffectedPoint(*row) for row in found)

    def add_planned(self, planned: PlannedOutage, points: Sequence[AffectedPoint]) -> None:
        """Keep a planned outage that is announced, and who is without supply meanwhile."""
        with self._database.write() as rows:
            rows.execute(ADD_PLANNED, **_list_values(planned))
            named = [{"planned": planned.id, **each._asdict()} for each in points]
            rows.execute_many(ADD_POINT, named)

    def change_planned(self, planned: PlannedOutage) -> PlannedOutage:
        """
        Write what became of a planned outage; returned as it is kept.

        Raises
        ------
        ConflictError
            If somebody changed it since the revision that it was made of.
        NotFoundError
            If there is none of its id.
        """
        with self._database.write() as rows:
            values = _list_values(planned)
            names = ("starts_s", "ends_s", "reason", "status", "changed_by", "changed_s", "outage")
            kept = {name: values[name] for name in (*names, "id", "revision")}
            if not rows.execute(CHANGE_PLANNED, **kept):
                _select_one(rows, planned.id)
                raise ConflictError(planned.id)
            return _select_one(rows, planned.id)


def _select_planned(rows: RowTransaction, *, past: bool, id: str = "") -> list[PlannedOutage]:  # noqa: A002
    return [_build_planned(row) for row in rows.select(LIST_PLANNED, past=int(past), id=id)]


def _select_one(rows: RowTransaction, planned: str) -> PlannedOutage:
    found = _select_planned(rows, past=True, id=planned) if planned else []
    if not found:
        ids = [each.id for each in _select_planned(rows, past=True)]
        what = "planned outage"
        raise NotFoundError(what, planned, find_close_names(planned, ids))
    return found[0]


def _list_values(planned: PlannedOutage) -> dict[str, Any]:
    return {
        "id": planned.id,
        "starts_s": planned.starts_at.timestamp(),
        "ends_s": planned.ends_at.timestamp(),
        "reason": planned.reason,
        "elements": json.dumps(planned.elements),
        "switches": json.dumps(dict(planned.switches)),
        "status": planned.status.value,
        "usage_points": planned.usage_points,
        "customers": planned.customers,
        "announced_by": planned.announced_by,
        "announced_s": planned.announced_at.timestamp(),
        "changed_by": planned.changed_by,
        "changed_s": planned.changed_at.timestamp(),
        "outage": planned.outage,
        "revision": planned.revision,
    }


def _build_planned(row: Sequence[Any]) -> PlannedOutage:
    (id_, starts_s, ends_s, reason, elements, switches, status, points, customers, by, at_s,
     changed_by, changed_s, outage, revision) = row  # fmt: skip
    return PlannedOutage(
        id_, _read_time(starts_s), _read_time(ends_s), reason, tuple(json.loads(elements)),
        json.loads(switches), PlannedStatus(status), points, customers, by, _read_time(at_s),
        changed_by, _read_time(changed_s), outage, revision,
    )  # fmt: skip


def _read_time(at_s: float) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)
