"""Hold a command of a person to operate a switch, with what it was decided on."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from gridtwin.model.switching_order import OrderStep


@dataclass(frozen=True, slots=True)
class SwitchCommand:
    """
    One operation that a person commands.

    It differs from what a message tells of a switch that has moved already: a command is refused
    while a tag hangs on the switch, or once the state is not the one it was decided on.
    """

    mrid: str
    open_phases: str  # that stand open afterwards, among those that move
    poles: str = ""  # phases that move; empty: all
    actor: str = ""
    expected: int | None = None  # version of the current state it was decided on; None: any
    newest_tag: int | None = None  # number of the newest tag that was seen; None: any
    request: str = ""  # id by which it is carried out once, however often it is asked
    confirms: str = ""  # id of the operation request that it carries out
    order: str = ""  # id of the order that it is a step of
    step: OrderStep | None = None  # that step as it stood when it was decided
    step_after: OrderStep | None = None  # and as it stands afterwards


def make_dated_id(letter: str, at: datetime) -> str:
    """Return an id: a letter, a day, and six random hexadecimal digits."""
    return f"{letter}-{at:%Y%m%d}-{secrets.token_hex(3)}"
