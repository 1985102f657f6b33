"""
Note who does what: before it is done, and how it ended.

A write whose beginning cannot be noted is not done. What became of it is added as a second row,
since rows are never changed; where that is missing, nobody knows.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gridtwin.errors import StoreError
from gridtwin.model.access import LONGEST_NOTE, Action, Outcome

if TYPE_CHECKING:
    from gridtwin.model.permissions import Permission
    from gridtwin.model.person import Person
    from gridtwin.store.access_book import AccessBook

LOG = logging.getLogger("gridtwin.audit")

ELEMENT_KEYS = ("mrid", "element", "of", "key", "device")  # of what is asked: what it names
OUTAGE_KEYS = ("outage", "outage_id")


@dataclass(slots=True)
class NotedAction:
    """One action as it goes; what does it may say more of it."""

    action: Action

    def tell(
        self, *, element: str = "", outage: str = "", before: object = None, after: object = None
    ) -> None:
        """Say what it was about, and what was there before and afterwards."""
        self.action = replace(
            self.action,
            element=element or self.action.element,
            outage=outage or self.action.outage,
            before=self.action.before if before is None else write_note(before),
            after=self.action.after if after is None else write_note(after),
        )


def make_action(
    person: Person, request: str, permission: Permission | None, what: str, asked: object = None
) -> NotedAction:
    """
    Return an action that begins.

    Parameters
    ----------
    person
        Who does it.
    request
        The id of the request.
    permission
        What it needs; None: nothing.
    what
        Method and path, or tool.
    asked
        What was asked: a JSON value.
    """
    return NotedAction(
        Action(
            at=datetime.now(UTC),
            person=person.name,
            role="" if person.role is None else person.role.value,
            way=person.way.value,
            address=person.address,
            request=request,
            permission="" if permission is None else permission.value,
            what=what,
            outcome=Outcome.ASKED,
            element=_find_text(asked, ELEMENT_KEYS),
            outage=_find_text(asked, OUTAGE_KEYS),
            after="" if asked is None else write_note(asked),
        )
    )


def write_action(book: AccessBook, noted: NotedAction, outcome: Outcome) -> None:
    """Keep how an action stands; StoreError if that cannot be."""
    book.note_action(replace(noted.action, at=datetime.now(UTC), outcome=outcome))


def write_end(book: AccessBook, noted: NotedAction, outcome: Outcome) -> None:
    """Keep how an action has ended; the log has it where the store has not."""
    try:
        write_action(book, noted, outcome)
    except StoreError as error:
        LOG.error("an action could not be noted: %s: %s", error, replace(noted.action, after=""))  # noqa: TRY400 - a store that is away, no defect


def write_note(value: object) -> str:
    """Return a value as JSON, cut where it is too long."""
    return json.dumps(value, default=str, ensure_ascii=False)[:LONGEST_NOTE]


def _find_text(asked: Any, keys: tuple[str, ...]) -> str:
    if not isinstance(asked, dict):
        return ""
    return next((each for key in keys if isinstance(each := asked.get(key), str) and each), "")
