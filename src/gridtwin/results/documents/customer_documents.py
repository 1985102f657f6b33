"""The documents of customers: the card, whom to call, pairs to review, what was found."""

from typing import Annotated, Literal

from gridtwin.model.customers import ComplaintKind, DesignationKind
from gridtwin.results.documents.document_fields import (
    Amount,
    Count,
    Date,
    FromOne,
    Shape,
    Share,
    Timestamp,
    one_of,
)
from gridtwin.results.documents.document_tags import DocumentTag

Decision = Annotated[str, one_of(("matched", "household", "review", "rejected"))]


class CustomerRecord(Shape):
    """What a source says of a customer; what the reader may not see is a pseudonym or ***."""

    record: str
    """SOURCE:KEY, or a pseudonym"""
    party: str
    """who it is of"""
    source: str
    kind: str
    """person or organization"""
    given_name: str
    surname: str
    organization: str
    birth_date: str
    identity_number: str
    phone: str
    email: str
    address: str
    city: str
    zip: str
    esi_id: str
    """of the service delivery point, or a pseudonym"""
    account: str
    """or a pseudonym"""
    retailer: str
    valid_from: str
    valid_to: str
    """empty: it still holds"""


class ServicePointRecord(Shape):
    """Where power is delivered."""

    esi_id: str
    premise: str
    usage_point: str
    """mRID, or a pseudonym"""
    address: str
    city: str
    zip: str
    valid_from: str
    valid_to: str


class CardOutageRecord(Shape):
    """One interruption of one place of a customer."""

    outage: str
    """id"""
    esi_id: str
    began_at: Timestamp
    restored_at: Timestamp | None
    """null: it goes on"""
    minutes: Amount
    """up to now for one that goes on"""
    etr: Timestamp | None
    """what is promised, of one that goes on"""
    cause: str
    planned: bool
    status: str


class VoltagePeriodRecord(Shape):
    """What a meter measured over a period; volts on a base of 120 V."""

    intervals: Count
    """with a voltage"""
    v_min: Amount | None
    v_mean: Amount | None
    v_max: Amount | None
    outside_a: Count
    """intervals outside Range A of ANSI C84.1, those outside Range B too"""
    outside_b: Count
    out_of_range: bool | None
    """outside Range A more often than the share asked for, or Range B at all; null: not read"""


class ComplaintRecord(Shape):
    """A complaint of voltage, and what the meter of its place measured."""

    complaint: str
    """id, or a pseudonym"""
    kind: Annotated[str, one_of(tuple(each.value for each in ComplaintKind))]
    received_at: Timestamp
    esi_id: str
    account: str
    usage_point: str
    """mRID, or a pseudonym; empty: of no place that the network has"""
    transformer: str
    """mRID of what serves it; empty: none, or not asked for"""
    finding: Annotated[str, one_of(("out_of_range", "within", "not_read", "no_place"))]
    """what was measured before"""
    before: VoltagePeriodRecord
    after: VoltagePeriodRecord


class UsageRecord(Shape):
    """Energy that was billed, of a meter and a period."""

    esi_id: str
    meter: str
    """number"""
    period_start: Date
    period_end: Date
    """first day that is not of it"""
    kwh: float
    demand_kw: float | None
    reading: Annotated[str, one_of(("actual", "estimated"))]
    retailer: str
    source: str


class CustomerCardDocument(Shape):
    """
    What a customer went through: out, how long, why, and when they are back.

    `gridtwin customers card`
    """

    schema: Literal[DocumentTag.CUSTOMER_CARD]
    party: str
    since: Timestamp
    at: Timestamp
    records: list[CustomerRecord]
    places: list[ServicePointRecord]
    lost_esi_ids: list[str]
    """of accounts, without a service point"""
    out_now: Count
    """places without supply"""
    interruptions: Count
    minutes_out: Amount
    """over all places"""
    outages: list[CardOutageRecord]
    """the last first"""
    complaints: list[ComplaintRecord]
    """of voltage, the last first"""
    usage: list[UsageRecord]
    """what was billed, the last first; nothing to who may not see personal data"""


class CustomersDocument(Shape):
    """
    Records of the customers that were looked for.

    `gridtwin customers search`
    """

    schema: Literal[DocumentTag.CUSTOMERS]
    by: str
    parties: Count
    records: list[CustomerRecord]


class AddressRecord(Shape):
    """A building, or a street, that may be meant."""

    kind: Annotated[str, one_of(("address", "street"))]
    address: str
    """of a street that of a building in its middle"""
    city: str
    zip: str
    service_points: Count
    """at the building, or along the street"""
    usage_point: str
    """mRID; of several the first; empty: none of the network"""


class AddressesDocument(Shape):
    """
    Addresses that a text may mean, the best first.

    `gridtwin customers address`
    """

    schema: Literal[DocumentTag.ADDRESSES]
    addresses: list[AddressRecord]


class CareCallRecord(Shape):
    """A designated customer who is out."""

    order: FromOne
    """in which they are called"""
    kind: Annotated[str, one_of(tuple(each.value for each in DesignationKind))]
    esi_id: str
    usage_point: str
    """mRID, or a pseudonym"""
    outage: str
    began_at: Timestamp
    contact: str
    second_contact: str
    valid_until: Date | None
    """last day of the designation; null: until it is withdrawn"""


class CareCallsDocument(Shape):
    """
    Designated customers who are out, and whom to call, the most urgent first.

    `gridtwin customers calls`
    """

    schema: Literal[DocumentTag.CARE_CALLS]
    calls: list[CareCallRecord]


class TransformerComplaintsRecord(Shape):
    """How many of the usage points of a transformer complained, and how many are out of range."""

    transformer: str
    usage_points: FromOne
    complaining: Count
    complaining_share: Share
    read: Count
    """with a voltage"""
    out_of_range: Count
    out_of_range_share: Share | None
    """of those read; null: none is"""
    complaining_out_of_range: Count
    """of those out of range, those that complained"""


class VoltageComplaintsDocument(Shape):
    """
    Complaints of voltage, held against what meters measured before and after them.

    `gridtwin customers complaints`
    """

    schema: Literal[DocumentTag.VOLTAGE_COMPLAINTS]
    start: Timestamp
    end: Timestamp
    days: Amount
    """before and after each complaint"""
    often: Share
    """of intervals outside Range A, from which on a period is out of range"""
    more: bool
    """there are more complaints than were asked for"""
    findings: dict[str, int]
    """how many complaints of each finding"""
    complaints: list[ComplaintRecord]
    """the last first"""
    transformers: list[TransformerComplaintsRecord]
    """of which the most are out of range first"""


class ReviewPairRecord(Shape):
    """Two records side by side."""

    left: CustomerRecord
    right: CustomerRecord
    weight: float
    """of all fields together, bits; 0: as likely one party as two"""
    decision: Decision
    reason: str
    """rule or person that decided against the weight; empty: none"""
    weights: dict[str, float]
    """by field, bits"""


class CustomerReviewDocument(Shape):
    """
    Pairs of records that somebody has to look at, or that a record was compared with.

    `gridtwin customers review`, `gridtwin customers explain`
    """

    schema: Literal[DocumentTag.CUSTOMER_REVIEW]
    links: dict[str, int]
    """how many there are of each decision"""
    pairs: list[ReviewPairRecord]
    checked: dict[str, list[float]]
    """by stratum what people decided: share of one party, its bounds of 95 %, how many"""


class CustomerMatchDocument(Shape):
    """
    What matching came to.

    `gridtwin customers match`
    """

    schema: Literal[DocumentTag.CUSTOMER_MATCH]
    records: Count
    parties: Count
    links: dict[str, int]
    """by decision"""
    merges: Count
    splits: Count


class PartyIndicesDocument(Shape):
    """
    How customers, not usage points, are served.

    `gridtwin customers indices`
    """

    schema: Literal[DocumentTag.PARTY_INDICES]
    parties: Count
    cemi: Share
    """with more sustained interruptions of one place than more_than"""
    more_than: Count
    celid: Share
    """with one interruption of so many hours or more"""
    hours: Amount
