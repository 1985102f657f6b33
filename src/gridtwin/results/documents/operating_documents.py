"""The documents of persons who operate: previews, tags, requests, switching orders, crews."""

from typing import Annotated, Literal

from gridtwin.analysis.outage.operation_hazards import HazardKind
from gridtwin.model.crew_assignments import AssignmentStatus
from gridtwin.model.operation_request import RequestStatus
from gridtwin.model.operational_tag import TAG_KINDS
from gridtwin.model.switching_order import STEP_ACTIONS, StepStatus
from gridtwin.results.documents.document_fields import (
    Amount,
    Count,
    FromOne,
    Shape,
    Timestamp,
    one_of,
)
from gridtwin.results.documents.document_tags import DocumentTag


class OperatedGroup(Shape):
    """How many an operation concerns."""

    customers: Count
    usage_points: Count


class HazardRecord(Shape):
    """One danger of an operation."""

    kind: HazardKind
    message: str
    equipment: list[str]
    """mRIDs of the first of what it lies in"""
    outage: str | None
    """whose fault would be energized"""


class TagRecord(Shape):
    """One tag on equipment."""

    number: FromOne
    mrid: str
    kind: Annotated[str, one_of(TAG_KINDS)]
    reason: str
    placed_by: str
    placed_at: Timestamp
    removed_by: str | None
    """null: it hangs"""
    removed_at: Timestamp | None
    removed_because: str


class TagsDocument(Shape):
    """
    Tags that forbid to operate.

    `gridtwin tag list`, `place` and `remove`
    """

    schema: Literal[DocumentTag.TAGS]
    tags: list[TagRecord]


class OperationPreviewDocument(Shape):
    """
    What operating a switch would do.

    `gridtwin switch --preview`
    """

    schema: Literal[DocumentTag.OPERATION_PREVIEW]
    mrid: str
    open: bool
    """whether it would be opened or closed"""
    phases: str
    """that move"""
    open_before: str
    """phases that stand open"""
    open_after: str
    """phases that would"""
    version: Count
    """of the current state it was worked out for"""
    digest: str
    """what tells that it would do the same: a confirmation gives it back"""
    gained: OperatedGroup
    """who has supply again, be it on some phases"""
    lost: OperatedGroup
    """who loses all supply"""
    partial: OperatedGroup
    """who loses some phases"""
    priority_lost: Count
    """customers at priority sites among those who lose it"""
    feeder: str | None
    load_lost_w: Amount
    """sum of the peak loads of who loses supply"""
    hazards: list[HazardRecord]
    tags: list[TagRecord]
    """on the switch, and on what it would energize"""
    refusals: list[str]
    """why it may not be made now; empty: it may"""
    outages: dict[str, Count]
    """open outages to how many usage points of each gain supply"""


class OperationRequestRecord(Shape):
    """An operation that waits for a second person, or waited."""

    id: str
    mrid: str
    open: bool
    phases: str
    digest: str
    requested_by: str
    requested_at: Timestamp
    expires_at: Timestamp
    status: RequestStatus
    decided_by: str | None
    decided_at: Timestamp | None
    version: Count | None
    """of the current state it left; null: it is not done"""


class OrderStepRecord(Shape):
    """One step of a switching order."""

    step: FromOne
    action: Annotated[str, one_of(STEP_ACTIONS)]
    mrid: str
    phases: str
    """that move; empty: all"""
    control: Literal["remote", "manual"]
    status: StepStatus
    actor: str | None
    """who did, skipped or undid it last"""
    at: Timestamp | None
    note: str
    open_before: str
    """phases that stood open before it was done"""
    version: Count | None
    """of the current state it left; null: it operated nothing"""


class OrderRecord(Shape):
    """A switching plan that is carried out."""

    id: str
    of: list[str]
    """mRIDs of what failed, or is to be worked on"""
    status: Literal["active", "ended"]
    started_by: str
    started_at: Timestamp
    ended_by: str | None
    ended_at: Timestamp | None
    next_step: FromOne | None
    """null: all are done or skipped"""
    steps: list[OrderStepRecord]


class OrdersDocument(Shape):
    """
    Switching orders.

    `gridtwin order list`, `show`, `start`, `do`, `skip`, `undo` and `end`
    """

    schema: Literal[DocumentTag.ORDERS]
    orders: list[OrderRecord]


class AssignmentRecord(Shape):
    """A crew that is assigned to an outage."""

    number: FromOne
    crew: str
    outage: str
    status: AssignmentStatus
    assigned_by: str
    assigned_at: Timestamp
    changed_by: str
    changed_at: Timestamp
    en_route_at: Timestamp | None
    on_site_at: Timestamp | None
    ended_at: Timestamp | None


class CrewRecord(Shape):
    """A crew, where it was last, and what it is assigned to."""

    mrid: str
    name: str
    skills: list[str]
    status: str
    vehicle: str
    at: list[float] | None
    """longitude and latitude; null: not known"""
    seen_at: Timestamp | None
    distance_m: Amount | None
    """in a straight line from the place asked for"""
    travel_min: Amount | None
    """estimated: the straight line with detour, at an average speed"""
    assignments: list[AssignmentRecord]
    """those under way"""


class CrewsDocument(Shape):
    """
    Crews.

    `gridtwin crew list` and `nearest`
    """

    schema: Literal[DocumentTag.CREWS]
    detour_factor: Amount
    """how much longer the way is than the straight line"""
    speed_kmh: Amount
    crews: list[CrewRecord]
