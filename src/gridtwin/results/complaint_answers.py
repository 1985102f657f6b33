"""What comparing complaints with what meters measured returns: by complaint, and by transformer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gridtwin.results.documents.document_tags import DocumentTag

if TYPE_CHECKING:
    from datetime import datetime

    from gridtwin.analysis.ami.voltage_periods import VoltagePeriod
    from gridtwin.results.customer_masking import CustomerMask


@dataclass(frozen=True, slots=True)
class ComplaintVoltage:
    """A complaint, and what the meter of its place measured before and after it."""

    complaint: str
    kind: str
    received_at: datetime
    esi_id: str
    account: str
    usage_point: str  # empty = of no place that the network has
    transformer: str  # mRID; empty = none
    before: VoltagePeriod
    after: VoltagePeriod
    often: float  # share of intervals outside Range A from which on a period is out of range

    @property
    def finding(self) -> str:
        """What was measured before: ``out_of_range``, ``within``, ``not_read`` or ``no_place``."""
        if not self.usage_point:
            return "no_place"
        if not self.before.intervals:
            return "not_read"
        return "out_of_range" if self.before.is_out_of_range(self.often) else "within"

    def describe(self, mask: CustomerMask) -> dict[str, Any]:
        """Return it as a row of a document."""
        return {
            "complaint": mask.mask_id(self.complaint),
            "kind": self.kind,
            "received_at": self.received_at.isoformat(),
            "esi_id": mask.mask_id(self.esi_id),
            "account": mask.mask_id(self.account),
            "usage_point": mask.mask_id(self.usage_point),
            "transformer": self.transformer,
            "finding": self.finding,
            "before": _describe_period(self.before, self.often),
            "after": _describe_period(self.after, self.often),
        }


@dataclass(frozen=True, slots=True)
class TransformerComplaints:
    """How many of the usage points of a transformer complained, and how many are out of range."""

    transformer: str
    usage_points: int
    complaining: int
    read: int  # with a voltage in the period
    out_of_range: int
    complaining_out_of_range: int

    def describe(self) -> dict[str, Any]:
        """Return it as a row of a document."""
        return {
            "transformer": self.transformer,
            "usage_points": self.usage_points,
            "complaining": self.complaining,
            "complaining_share": round(self.complaining / self.usage_points, 4),
            "read": self.read,
            "out_of_range": self.out_of_range,
            "out_of_range_share": round(self.out_of_range / self.read, 4) if self.read else None,
            "complaining_out_of_range": self.complaining_out_of_range,
        }


@dataclass(frozen=True)
class VoltageComplaints:
    """
    Complaints of voltage in a period, held against readings.

    Attributes
    ----------
    start, end
        Complaints received in ``start <= t < end``.
    days
        How long before and after each complaint readings are looked at.
    often
        Share of intervals outside Range A from which on a period is out of range.
    complaints
        The last first.
    transformers
        Those with a complaint; that of which the most are out of range first.
    more
        There are more complaints than were asked for.
    """

    start: datetime
    end: datetime
    days: float
    often: float
    complaints: list[ComplaintVoltage]
    transformers: list[TransformerComplaints]
    more: bool

    def document(self, mask: CustomerMask) -> dict[str, Any]:
        """Return it as a JSON document."""
        findings = [each.finding for each in self.complaints]
        return {
            "schema": DocumentTag.VOLTAGE_COMPLAINTS,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "days": self.days,
            "often": self.often,
            "more": self.more,
            "findings": {name: findings.count(name) for name in sorted(set(findings))},
            "complaints": [each.describe(mask) for each in self.complaints],
            "transformers": [each.describe() for each in self.transformers],
        }


def _describe_period(period: VoltagePeriod, often: float) -> dict[str, Any]:
    volts = (period.v_min, period.v_mean, period.v_max)
    v_min, v_mean, v_max = (round(each, 1) if period.intervals else None for each in volts)
    return {
        "intervals": period.intervals,
        "v_min": v_min,
        "v_mean": v_mean,
        "v_max": v_max,
        "outside_a": period.outside_a,
        "outside_b": period.outside_b,
        "out_of_range": period.is_out_of_range(often) if period.intervals else None,
    }
