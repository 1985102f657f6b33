"""The documents of switches: one operation, the states kept, a past state, a switching plan."""

from typing import Literal, NotRequired

from gridtwin.analysis.plan.timetable import SwitchingAction
from gridtwin.results.documents.document_fields import Amount, Count, FromOne, Shape, Timestamp
from gridtwin.results.documents.document_tags import DocumentTag


class SwitchDocument(Shape):
    """
    One switch operation.

    `gridtwin switch`
    """

    schema: Literal[DocumentTag.SWITCH]
    mrid: str
    open: str
    """phases that stand open afterwards; empty: closed"""
    version: Count
    """of the current state afterwards"""


class StateRecord(Shape):
    """One state of the switches."""

    name: str
    version: Count
    deviations: Count
    """switches that stand otherwise than designed"""


class StatesDocument(Shape):
    """
    The states there are.

    `gridtwin state list`
    """

    schema: Literal[DocumentTag.STATES]
    states: list[StateRecord]


class ReplayDocument(Shape):
    """
    The state of a twin at a past moment.

    `gridtwin stream replay`
    """

    schema: Literal[DocumentTag.REPLAY]
    at: Timestamp
    version: Count
    """of the last operation in it; from events, how many operations"""
    overlay: str | None
    """the name it was kept under"""
    open: dict[str, str]
    """open phases of what differs from the design, by mRID; empty: closed"""
    customers_out: Count
    """without supply in it"""


class ClosingCheckRecord(Shape):
    """What was checked before a device is closed, as loads stand when the plan is complete."""

    phases: str
    """that come over it"""
    nominal_v: float | None
    """line to line, V"""
    most_loaded: str | None
    """mRID of the element with the least margin among those that carry more than before"""
    load_w: float | None
    """of it, on its fullest phase, or in sum where the rating is of the whole, W"""
    rating_w: float | None
    """the same of its rating, W"""
    load_a: float | None
    """on its fullest phase, A; null where the rating is of the whole"""
    margin_pct: float | None
    """of its rating that is left"""
    unrated: Count
    """elements that carry more than before and have no rating"""
    meshed: bool
    """whether some of the way lies on loops"""


class PlanStep(Shape):
    """One operation of a plan, what it brings back, and how things stand after it."""

    step: FromOne
    action: SwitchingAction
    mrid: str
    kind: str
    phases: str
    control: Literal["remote", "manual"]
    crew: FromOne | None
    """that operates it; null: the control room"""
    after: list[FromOne]
    """steps that must be done before"""
    start_min: Amount
    """minutes after the fault"""
    travel_min: Amount
    duration_min: Amount
    """of the operation itself, minutes"""
    done_min: Amount
    """minutes after the fault"""
    usage_points_restored: list[str]
    """mRIDs of those that it brings back"""
    customers_restored: Count
    customers_out: Count
    """without supply after it"""
    closes_loop: bool
    check: ClosingCheckRecord | None
    """of a closing"""
    warnings: list[str]


class PlanTotals(Shape):
    """What plans are compared by."""

    customers_at_start: Count
    """out once the protective devices have tripped"""
    customers_restored: Count
    customers_out: Count
    """until repair"""
    restored_weight: Amount
    """customers restored, each by its weight"""
    customer_minutes: Amount
    """of interruption that the plan leaves to those it restores"""
    operations: Count
    manual_operations: Count
    remote_minutes: Amount
    """until the last operation from the control room is done"""
    manual_minutes: Amount
    """until the last operation on site is done"""


class PlanSearch(Shape):
    """How sure it is that no plan is better."""

    optimal: bool
    """proven: the search ran to its end"""
    bound_weight: Amount
    """what no plan can exceed, as `restored_weight`"""
    gap_pct: Amount
    """how much more weight the best plan might restore at most"""
    blocks: Count
    """parts between switches that were searched"""
    expansions: Count
    """nodes of the search that were expanded"""


class PlanBody(Shape):
    """What the best plan and its alternatives each have."""

    steps: list[PlanStep]
    totals: PlanTotals
    usage_points_out: list[str]
    """mRIDs of those that stay out until repair"""
    usage_points_partial: list[str]
    """mRIDs of those that stay without some of their phases"""
    search: PlanSearch


class PlanDocument(PlanBody):
    """
    How to isolate a fault and bring customers back by switching.

    `gridtwin restore plan`
    """

    schema: Literal[DocumentTag.PLAN]
    of: list[str]
    """mRIDs of what failed"""
    state: str
    """of the switches before the fault"""
    version: Count
    """of the state"""
    tripped: list[str]
    """mRIDs of devices that opened by themselves, and of sources that went with the fault"""
    section: list[str]
    """mRIDs of the equipment that stays isolated"""
    dead_beyond: NotRequired[list[str]]
    """switches around the section that stay as they stand: nothing but dead ends beyond; absent in
    older documents"""
    alternatives: list[PlanBody]
    warnings: list[str]
