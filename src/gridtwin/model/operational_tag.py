"""Hold a tag: what hangs on equipment and forbids to operate it until it is removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridtwin.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime

HOLD, CAUTION = "hold", "caution"
TAG_KINDS = (HOLD, CAUTION)
MOST_REASON_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class OperationalTag:
    """
    One tag (CIM: OperationalTag); while it hangs nobody operates what it hangs on.

    A ``hold`` protects people: only who placed it takes it away, or another person who says why.
    """

    mrid: str  # of the equipment
    kind: str  # one of TAG_KINDS
    reason: str
    placed_by: str
    placed_at: datetime
    number: int = 0  # given when it is kept; 0 before
    removed_by: str = ""
    removed_at: datetime | None = None  # None: it hangs
    removed_because: str = ""

    @property
    def hangs(self) -> bool:
        """Whether it forbids to operate."""
        return self.removed_at is None

    def describe(self) -> str:
        """Return the tag in one line."""
        return f"{self.kind} tag {self.number} by {self.placed_by or 'somebody'}: {self.reason}"


def check_tag(tag: OperationalTag) -> None:
    """Refuse, as InputError, a tag of another kind, or without a reason or who places it."""
    if tag.kind not in TAG_KINDS:
        msg = f"{tag.kind!r} is no kind of tag: say {' or '.join(TAG_KINDS)}"
        raise InputError(msg)
    if not tag.reason.strip() or len(tag.reason) > MOST_REASON_CHARACTERS:
        msg = f"a tag needs a reason of at most {MOST_REASON_CHARACTERS} characters: say why"
        raise InputError(msg)
    if not tag.placed_by.strip():
        msg = "a tag needs who places it: give an actor, or set GRIDTWIN_ACTOR"
        raise InputError(msg)


def check_removal(tag: OperationalTag, actor: str, because: str) -> None:
    """
    Refuse to remove a tag.

    Raises
    ------
    InputError
        If it hangs no more, nobody is named, or it is the hold of another person and no reason is
        given.
    """
    if not tag.hangs:
        msg = f"tag {tag.number} of {tag.mrid} was removed by {tag.removed_by} already"
        raise InputError(msg)
    if not actor.strip():
        msg = "removing a tag needs who does it: give an actor, or set GRIDTWIN_ACTOR"
        raise InputError(msg)
    if tag.kind == HOLD and actor != tag.placed_by and not because.strip():
        msg = (
            f"tag {tag.number} of {tag.mrid} is a hold that {tag.placed_by} placed: say why another"
            " person removes it"
        )
        raise InputError(msg)
