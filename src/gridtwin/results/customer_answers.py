"""What questions about customers return: the card, who to call, letters, pairs to review."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from gridtwin.results.documents.document_tags import DocumentTag

if TYPE_CHECKING:
    from datetime import date, datetime

    from gridtwin.model.customers import Designation
    from gridtwin.model.outage import PointOutage
    from gridtwin.results.complaint_answers import ComplaintVoltage
    from gridtwin.results.customer_masking import CustomerMask

# What is said of who holds an account that loses supply.
AFFECTED_FIELDS = (
    *("record", "party", "kind", "given_name", "surname", "organization", "phone", "email"),
    *("account", "retailer"),
)


@dataclass(frozen=True, slots=True)
class CardOutage:
    """One interruption of one of a customer's places."""

    outage: PointOutage
    esi_id: str
    minutes: float  # up to now for one that goes on
    etr: datetime | None = None  # of one that goes on


@dataclass(frozen=True, slots=True)
class CustomerCard:
    """
    A party: its accounts, and what they went through.

    Attributes
    ----------
    party
        Id of the party.
    records
        What sources say of it, masked for who asks.
    places
        Where it is supplied: service points, masked.
    outages
        Its interruptions since `since`, the last first.
    complaints
        What it complained of since then, with what was measured, the last first; none where it
        may not be seen.
    usage
        What was billed to it, the last first; none where it may not be seen.
    """

    party: str
    records: list[dict[str, Any]]
    places: list[dict[str, Any]]
    outages: list[CardOutage]
    since: datetime
    at: datetime
    lost_esi_ids: list[str] = field(default_factory=list)  # of no usage point: told, not dropped
    complaints: list[ComplaintVoltage] = field(default_factory=list)
    usage: list[dict[str, Any]] = field(default_factory=list)

    @property
    def out_now(self) -> int:
        """How many of its places are without supply."""
        return sum(each.outage.restored_at is None for each in self.outages)

    @property
    def minutes_out(self) -> float:
        """Minutes without supply, over all its places."""
        return sum(each.minutes for each in self.outages)

    def document(self, mask: CustomerMask) -> dict[str, Any]:
        """Return the card as a JSON document."""
        return {
            "schema": DocumentTag.CUSTOMER_CARD,
            "party": self.party,
            "since": self.since.isoformat(),
            "at": self.at.isoformat(),
            "records": self.records,
            "places": self.places,
            "lost_esi_ids": [mask.mask_id(each) for each in self.lost_esi_ids],
            "out_now": self.out_now,
            "interruptions": len(self.outages),
            "minutes_out": round(self.minutes_out, 1),
            "outages": [_describe_outage(each, mask) for each in self.outages],
            "complaints": [each.describe(mask) for each in self.complaints],
            "usage": self.usage,
        }


def _describe_outage(each: CardOutage, mask: CustomerMask) -> dict[str, Any]:
    outage = each.outage
    return {
        "outage": outage.outage,
        "esi_id": mask.mask_id(each.esi_id),
        "began_at": outage.began_at.isoformat(),
        "restored_at": outage.restored_at and outage.restored_at.isoformat(),
        "minutes": round(each.minutes, 1),
        "etr": each.etr and each.etr.isoformat(),
        "cause": outage.cause,
        "planned": outage.planned,
        "status": outage.status,
    }


@dataclass(frozen=True, slots=True)
class CareCall:
    """A designated customer who is out, and whom to call; the most urgent first."""

    order: int
    kind: str
    esi_id: str
    usage_point: str
    outage: str
    began_at: datetime
    contact: str
    second_contact: str
    valid_until: date | None

    def describe(self, mask: CustomerMask) -> dict[str, Any]:
        """Return it as a row of a document."""
        return {
            "order": self.order,
            "kind": self.kind,
            "esi_id": mask.mask_id(self.esi_id),
            "usage_point": mask.mask_id(self.usage_point),
            "outage": self.outage,
            "began_at": self.began_at.isoformat(),
            "contact": mask.mask_text(self.contact),
            "second_contact": mask.mask_text(self.second_contact),
            "valid_until": self.valid_until and self.valid_until.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class AffectedAccount:
    """An account that loses supply, and whether somebody there depends on it."""

    order: int
    place: dict[str, Any]  # the service point
    record: dict[str, Any]  # who holds the account; empty = nobody does
    designation: Designation | None

    def describe(self, mask: CustomerMask) -> dict[str, Any]:
        """Return it as a row of a table, as the viewer may see it."""
        designation, place = self.designation, mask.mask_record(self.place)
        record = mask.mask_record(self.record)
        held = {name: record.get(name, "") for name in AFFECTED_FIELDS}
        return {
            "order": self.order,
            "designation": designation.kind.value if designation else "",
            "contact": mask.mask_text(designation.contact if designation else ""),
            "second_contact": mask.mask_text(designation.second_contact if designation else ""),
            **held,
            **{name: place[name] for name in ("address", "city", "zip", "esi_id", "premise")},
            "usage_point": place["usage_point"],
        }


class AffectedCustomers(NamedTuple):
    """Whom to tell that supply is lost, in order; and usage points of no service point."""

    accounts: list[AffectedAccount]
    lost: list[str]


@dataclass(frozen=True, slots=True)
class ReviewPair:
    """Two records that may be of one party, side by side."""

    record_l: dict[str, Any]  # masked
    record_r: dict[str, Any]
    weight: float  # bits
    decision: str
    reason: str
    weights: dict[str, float]  # by field, in bits

    def describe(self) -> dict[str, Any]:
        """Return it as a row of a document."""
        return {
            "left": self.record_l,
            "right": self.record_r,
            "weight": round(self.weight, 2),
            "decision": self.decision,
            "reason": self.reason,
            "weights": {name: round(each, 2) for name, each in self.weights.items()},
        }
