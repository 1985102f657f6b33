"""Show what persons operated as a twin of the past has it: it is asked, and never written."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from gridtwin.store.store_rules import build_read_only_error

if TYPE_CHECKING:
    from datetime import datetime

    from gridtwin.model.operational_tag import OperationalTag
    from gridtwin.store.assignment_book import AssignmentBook
    from gridtwin.store.operating_book import OperatingBook


class PastOperating:
    """The tags that hung at a moment; requests and orders are those of now."""

    def __init__(self, book: OperatingBook, when: datetime) -> None:
        self._book = book
        self.when = when
        self.list_requests = book.list_requests
        self.read_request = book.read_request
        self.list_orders = book.list_orders
        self.read_order = book.read_order

    def list_tags(self, mrid: str = "", *, past: bool = False) -> list[OperationalTag]:
        """Return the tags that hung then, on one element or on all; with `past` the earlier too."""
        return [
            tag
            for tag in self._book.list_tags(mrid, past=True)
            if tag.placed_at <= self.when
            and (past or tag.removed_at is None or tag.removed_at > self.when)
        ]

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        """Refuse to write."""
        raise build_read_only_error(self.when)

    carry_out = _refuse
    place_tag = _refuse
    remove_tag = _refuse
    add_request = _refuse
    withdraw_request = _refuse
    start_order = _refuse
    write_step = _refuse
    end_order = _refuse


class PastAssignments:
    """The assignments of crews: they are asked, and not written from the past."""

    def __init__(self, book: AssignmentBook, when: datetime) -> None:
        self.when = when
        self.list_assignments = book.list_assignments

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        """Refuse to write."""
        raise build_read_only_error(self.when)

    add_assignment = _refuse
    change_assignment = _refuse
