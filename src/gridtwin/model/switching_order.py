"""Hold a switching order: the steps of a plan as they are carried out, by whom and when."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from gridtwin.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

MOST_ORDER_STEPS = 1_000
ACTIVE, ENDED = "active", "ended"


class StepStatus(StrEnum):
    """How a step of an order stands."""

    PENDING = "pending"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"
    UNDONE = "undone"


OPERATING_ACTIONS = ("open", "close")
STEP_ACTIONS = (*OPERATING_ACTIONS, "verify", "verify_and_tag")
TO_DO = frozenset({StepStatus.PENDING, StepStatus.FAILED, StepStatus.UNDONE})


@dataclass(frozen=True, slots=True)
class OrderStep:
    """One step of an order."""

    number: int  # from 1
    action: str  # one of STEP_ACTIONS
    mrid: str
    phases: str = ""  # that move; empty: all
    remote: bool = True  # operated from the control room
    status: StepStatus = StepStatus.PENDING
    actor: str = ""  # who did, skipped or undid it last
    at: datetime | None = None
    note: str = ""  # why it was skipped, or failed
    open_before: str = ""  # phases that stood open before it was done
    version: int | None = None  # of the current state that it left; None: nothing was operated


@dataclass(frozen=True, slots=True)
class SwitchingOrder:
    """A switching plan that is carried out; one of a plan is active at a time."""

    id: str
    of: tuple[str, ...]  # mRIDs of what failed, or is to be worked on
    steps: tuple[OrderStep, ...]
    started_by: str
    started_at: datetime
    status: str = ACTIVE
    ended_by: str = ""
    ended_at: datetime | None = None

    @property
    def plan(self) -> str:
        """What tells a plan from others: what failed, sorted."""
        return " ".join(sorted(self.of))

    @property
    def next_step(self) -> OrderStep | None:
        """The first step that is neither done nor skipped."""
        return next((step for step in self.steps if step.status in TO_DO), None)

    @property
    def last_done(self) -> OrderStep | None:
        """The step that was carried out last, and can be undone."""
        done = [step for step in self.steps if step.status is StepStatus.DONE]
        return done[-1] if done else None

    def find_step(self, number: int) -> OrderStep:
        """Return a step by its number; InputError if there is none."""
        if not 1 <= number <= len(self.steps):
            msg = f"order {self.id} has no step {number}: it has {len(self.steps)}"
            raise InputError(msg)
        return self.steps[number - 1]


def check_steps(steps: Sequence[OrderStep]) -> None:
    """Refuse, as InputError, an order of no steps, too many, or of unknown actions."""
    if not 0 < len(steps) <= MOST_ORDER_STEPS:
        msg = f"an order has 1 to {MOST_ORDER_STEPS:,} steps, and this one {len(steps):,}"
        raise InputError(msg)
    for step in steps:
        if step.action not in STEP_ACTIONS:
            msg = f"step {step.number}: {step.action!r} is no action: say {', '.join(STEP_ACTIONS)}"
            raise InputError(msg)
