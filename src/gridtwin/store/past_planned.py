"""Derive how planned outages stood at a past moment, by what is known of them now."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

from gridtwin.errors import NotFoundError
from gridtwin.model.planned_outage import PlannedStatus
from gridtwin.store.store_rules import build_read_only_error, find_close_names

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from gridtwin.model.outage import Outage
    from gridtwin.model.planned_outage import AffectedPoint, PlannedOutage
    from gridtwin.store.planned_book import PlannedBook


class PastPlanned:
    """
    The planned outages of a twin as they stood at a moment; they are asked, and not written.

    Parameters
    ----------
    book
        Those of now.
    read_outage
        Returns an outage of now by id: one that was opened for work tells when it began.
    when
        The moment.

    Notes
    -----
    Only the times that were announced last are kept: work that was moved later has those, and the
    revision of now.
    """

    def __init__(
        self,
        book: PlannedBook | PastPlanned,
        read_outage: Callable[[str], Outage],
        when: datetime,
    ) -> None:
        self._book = book
        self._read_outage = read_outage
        self.when = when

    def list_planned(self, *, past: bool = False) -> list[PlannedOutage]:
        """Return those to come and going on then, by when they start; `past`: all there were."""
        stood = [self._derive_standing(each) for each in self._book.list_planned(past=True)]
        return [each for each in stood if each is not None and (past or each.is_standing)]

    def read_planned(self, planned: str) -> PlannedOutage:
        """Return a planned outage by id; NotFoundError if it had not been announced."""
        stood = self._derive_standing(self._book.read_planned(planned))
        if stood is None:
            ids = [each.id for each in self.list_planned(past=True)]
            what = "planned outage"
            raise NotFoundError(what, planned, find_close_names(planned, ids))
        return stood

    def list_points(self, planned: str) -> list[AffectedPoint]:
        """Return who is without supply meanwhile, by mRID."""
        return self._book.list_points(planned)

    def _derive_standing(self, planned: PlannedOutage) -> PlannedOutage | None:
        """Return one as it stood then; None if it had not been announced."""
        if planned.announced_at > self.when:
            return None
        if planned.changed_at <= self.when:
            return planned
        began_at = self._find_start(planned)
        if began_at is not None and began_at <= self.when:
            return replace(
                planned, status=PlannedStatus.ONGOING, changed_by="", changed_at=began_at
            )
        return replace(
            planned, status=PlannedStatus.ANNOUNCED, outage="",
            changed_by=planned.announced_by, changed_at=planned.announced_at,
        )  # fmt: skip

    def _find_start(self, planned: PlannedOutage) -> datetime | None:
        """Return when the work began; None for what has not."""
        try:
            return self._read_outage(planned.outage).began_at if planned.outage else None
        except NotFoundError:  # a start that was cut short
            return None

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        """Refuse to write."""
        raise build_read_only_error(self.when)

    add_planned = _refuse
    change_planned = _refuse
