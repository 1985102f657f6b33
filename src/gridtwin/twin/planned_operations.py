"""
Announce work, say who has no supply meanwhile, begin and end it.

>>> from datetime import UTC, datetime, timedelta
>>> import gridtwin
>>> twin = gridtwin.open(gridtwin.synthesize("houston", meters=500, seed=1))
>>> recloser = twin.network.equipment.query("kind == 'recloser'").mrid.iloc[0]
>>> start = datetime.now(UTC) + timedelta(days=7)
>>> planned = twin.planned.announce(
...     [recloser], start, start + timedelta(hours=4), reason="new recloser", actor="ann"
... )
>>> planned.status, twin.planned.start(planned.id, actor="ann").status
(<PlannedStatus.ANNOUNCED: 'announced'>, <PlannedStatus.ONGOING: 'ongoing'>)
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.errors import GridtwinError, InputError, NotFoundError
from gridtwin.model import phases as codes
from gridtwin.model.moments import read_moment
from gridtwin.model.outage import new_id
from gridtwin.model.planned_outage import (
    LONGEST_WORK_REASON,
    AffectedPoint,
    PlannedOutage,
    PlannedStatus,
    check_period,
)
from gridtwin.model.state import NORMAL
from gridtwin.model.switch_command import make_dated_id
from gridtwin.model.tables import decode_texts
from gridtwin.results.planned_answers import AffectedAnswer, Letter, make_letters
from gridtwin.twin.switch_operations import name_actor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gridtwin.results.customer_masking import Viewer
    from gridtwin.twin.customer_questions import Customers
    from gridtwin.twin.incidents import IncidentQuestions
    from gridtwin.twin.outage_operations import OutageOperations
    from gridtwin.twin.questions import NetworkQuestions


class PlannedOperations:
    """
    The planned outages of a twin; every change is written, with who made it.

    Parameters
    ----------
    questions
        What is asked of the network.
    incidents
        What plans how work is isolated.
    outages
        The outages of the twin: one is opened while work goes on.
    customers
        Returns its customers, when letters are asked for.
    """

    def __init__(
        self,
        questions: NetworkQuestions,
        incidents: IncidentQuestions,
        outages: OutageOperations,
        customers: Callable[[], Customers],
    ) -> None:
        self._incidents = incidents
        self._questions = questions
        self._store = questions.store
        self._book = self._store.planned
        self._outages = outages
        self._customers = customers

    def all(self, *, past: bool = False) -> list[PlannedOutage]:
        """Return those to come and going on, by when they start; `past`: all there were."""
        return self._book.list_planned(past=past)

    def get(self, planned: str) -> PlannedOutage:
        """Return a planned outage by id; NotFoundError, with close matches, if there is none."""
        return self._book.read_planned(planned)

    def points(self, planned: str) -> list[AffectedPoint]:
        """Return who has no supply meanwhile."""
        self.get(planned)
        return self._book.list_points(planned)

    def affected(
        self,
        elements: Sequence[str] = (),
        *,
        switches: Mapping[str, bool | str] | None = None,
        state: str = NORMAL,
    ) -> AffectedAnswer:
        """
        Say who has no supply while something is worked on; nothing is kept.

        Parameters
        ----------
        elements
            What is worked on. It is isolated, and who can be fed otherwise is, as `Twin.restore`
            plans it.
        switches
            How switches stand meanwhile, in place of that plan: mRID to whether it stands open, or
            the phases that do.
        state
            The state in which the work begins.

        Raises
        ------
        InputError
            If neither is given, or nobody loses supply.
        NotFoundError
            If there is no such element.
        """
        if not elements and not switches:
            msg = "planned work is on something: name elements, or how switches stand meanwhile"
            raise InputError(msg)
        for each in elements:
            self._questions.find_one(each)
        staying = np.empty(0, dtype=np.int32)
        if not switches:
            plan = self._incidents.restore(list(elements), state=state)
            switches, staying = plan.switches, plan.rows.out
        lost = self._questions.what_if(switches, state=state).out if switches else staying
        rows = np.union1d(lost, staying).astype(np.int32)
        data = self._store.network.data
        if not len(rows):
            msg = f"nobody loses supply by work on {', '.join(elements or switches)}: check it"
            raise InputError(msg)
        names = decode_texts(data.usage_points.mrid[rows]).tolist()
        customers = data.usage_points.customers[rows].tolist()
        points = [AffectedPoint(*each) for each in zip(names, customers, strict=True)]
        return AffectedAnswer(self._write_positions(switches), points)

    def _write_positions(self, switches: Mapping[str, bool | str]) -> dict[str, str]:
        """Return switches with the phases that stand open."""
        data, ids = self._store.network.data, self._store.network.ids
        written: dict[str, str] = {}
        for mrid, position in switches.items():
            row = ids.find_element(mrid, ("equipment",)).row
            whole = codes.format_phases(int(data.equipment.phases[row]))
            written[mrid] = position if isinstance(position, str) else whole * position
        return written

    def announce(
        self,
        elements: Sequence[str],
        starts_at: datetime,
        ends_at: datetime,
        *,
        reason: str,
        switches: Mapping[str, bool | str] | None = None,
        state: str = NORMAL,
        actor: str = "",
    ) -> PlannedOutage:
        """
        Announce planned work.

        Parameters
        ----------
        elements, switches, state
            As of `affected`.
        starts_at, ends_at
            When supply is to go off, and to be back.
        reason
            Why, in words that customers may read.
        actor
            Who announces; by default whom the environment names.

        Raises
        ------
        InputError
            If the times or the reason cannot be, or nobody loses supply.
        NotFoundError
            If there is no such element.
        """
        start, end = read_moment(starts_at), read_moment(ends_at)
        check_period(start, end)
        if not 0 < len(reason.strip()) <= LONGEST_WORK_REASON:
            msg = f"planned work has a reason of at most {LONGEST_WORK_REASON} characters: give one"
            raise InputError(msg)
        now, actor = datetime.now(UTC), actor or name_actor()
        if end <= now:
            msg = f"planned work that ended {end:%Y-%m-%d %H:%M} UTC is past: give times to come"
            raise InputError(msg)
        found = self.affected(elements, switches=switches, state=state)
        planned = PlannedOutage(
            make_dated_id("P", start), start, end, reason.strip(), tuple(elements), found.switches,
            PlannedStatus.ANNOUNCED, len(found.points), found.customers, actor, now, actor, now,
        )  # fmt: skip
        self._book.add_planned(planned, found.points)
        return planned

    def move(
        self, planned: str, starts_at: datetime, ends_at: datetime, *, actor: str = ""
    ) -> PlannedOutage:
        """Announce other times for what has not begun; of what goes on the end alone may change."""
        kept = self.get(planned)
        start, end = read_moment(starts_at), read_moment(ends_at)
        check_period(start, end)
        if kept.status is PlannedStatus.ONGOING and start != kept.starts_at:
            msg = f"planned outage {planned} goes on: only its end can be moved"
            raise InputError(msg)
        if not kept.is_standing:
            msg = f"planned outage {planned} is {kept.status}: announce another"
            raise InputError(msg)
        moved = self._change(kept, actor, starts_at=start, ends_at=end)
        if moved.status is PlannedStatus.ONGOING and moved.outage:
            self._outages.sign_as(actor).note(moved.outage, etr_manual=end)
        return moved

    def cancel(self, planned: str, *, actor: str = "") -> PlannedOutage:
        """Say that announced work does not take place."""
        return self._advance(self.get(planned), PlannedStatus.CANCELED, actor)

    def start(self, planned: str, *, actor: str = "") -> PlannedOutage:
        """
        Begin the work: an outage is opened for who has no supply, with the end that is promised.

        It may be done again where it was cut short. Switches are operated apart from it.
        """
        kept, outages = self.get(planned), self._outages.sign_as(actor)
        if kept.status is PlannedStatus.ANNOUNCED:
            now = datetime.now(UTC)
            kept = self._advance(kept, PlannedStatus.ONGOING, actor, outage=new_id(now))
        else:
            self._check_cut_short(kept)
        points = [each.usage_point for each in self._book.list_points(planned)]
        device = kept.elements[0] if kept.elements else next(iter(kept.switches))
        try:
            outages.open(
                device, usage_points=points, id=kept.outage, planned=True, cause=kept.reason,
                etr_manual=kept.ends_at,
            )  # fmt: skip
        except GridtwinError:
            if not self._is_opened(kept):  # else by somebody who began the same at once
                self._change(kept, actor, status=PlannedStatus.ANNOUNCED, outage="")
                raise
        return kept

    def _check_cut_short(self, kept: PlannedOutage) -> None:
        """Refuse to begin what has begun, but for one whose outage was not opened."""
        if kept.status is not PlannedStatus.ONGOING or self._is_opened(kept):
            kept.check_next(PlannedStatus.ONGOING)

    def _is_opened(self, kept: PlannedOutage) -> bool:
        """Return whether the outage of work that goes on is there."""
        try:
            self._outages.get(kept.outage)
        except NotFoundError:
            return False
        return True

    def end(self, planned: str, *, actor: str = "") -> PlannedOutage:
        """End the work: who is still out of its outage is back."""
        kept, outages = self.get(planned), self._outages.sign_as(actor)
        kept.check_next(PlannedStatus.DONE)
        if outages.get(kept.outage).is_open:
            outages.restore(kept.outage)
        return self._advance(kept, PlannedStatus.DONE, actor)

    def letters(self, planned: str, viewer: Viewer) -> list[Letter]:
        """
        Return whom to write about planned work, who depends on supply first.

        There is one row for each account; a usage point of none that is known has one with its
        premise, or with its id alone.

        Parameters
        ----------
        planned
            The planned outage.
        viewer
            Who asks; it is noted.
        """
        kept, points = self.get(planned), self._book.list_points(planned)
        customers = self._customers()
        affected = customers.service.list_affected(
            [each.usage_point for each in points], viewer, day=kept.starts_at.date()
        )
        return make_letters(kept, points, affected, customers.privacy.make_mask(viewer))

    def _advance(
        self, kept: PlannedOutage, status: PlannedStatus, actor: str, outage: str = ""
    ) -> PlannedOutage:
        kept.check_next(status)
        return self._change(kept, actor, status=status, outage=outage or kept.outage)

    def _change(self, kept: PlannedOutage, actor: str, **fields: object) -> PlannedOutage:
        changed = replace(kept, changed_by=actor or name_actor(), changed_at=datetime.now(UTC))
        return self._book.change_planned(replace(changed, **fields))  # type: ignore[arg-type]
