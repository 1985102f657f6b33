"""The documents of vegetation risk: the ranked trimming list."""

from typing import Annotated, Literal

from gridtwin.model.vegetation import RISK_CLASSES
from gridtwin.results.documents.document_fields import (
    Amount,
    Count,
    FromOne,
    Keywords,
    Shape,
    Timestamp,
    one_of,
)
from gridtwin.results.documents.document_tags import DocumentTag

Percent = Annotated[float, Keywords(minimum=0, maximum=100)]


class VegetationLayerRecord(Shape):
    """One source of areas of risk, as it was last loaded."""

    source: str
    load_number: FromOne
    """how often it was loaded"""
    loaded_at: Timestamp
    file: str
    """file or name, as it was given"""
    areas: Count


class RiskRecord(Shape):
    """What a span, a section and a feeder have in common."""

    feeder: str
    """mRID; empty: of none"""
    substation: str
    """mRID; empty: of none"""
    risk_class: Annotated[str, one_of(RISK_CLASSES)]
    """the worst"""
    score: Percent
    """chance of a failure by vegetation within a year, percent"""
    length_m: Amount
    """of the spans at risk, along their courses"""
    length_in_risk_m: Amount
    """of that, inside areas of risk"""
    failures_per_year: Amount
    """expected"""
    customers: Count
    """interrupted by one fault; of several spans, by the worst"""
    priority_sites: Count
    """usage points with a priority among them"""
    customer_minutes_at_risk: Amount
    """in a year: failures x customers x restoration time"""
    customer_minutes_per_km: Amount
    """of these, for each kilometer in areas of risk; the list is ranked by it"""


class SpanRiskRecord(RiskRecord):
    """One span at risk."""

    span: str
    """mRID of the line"""
    section: str
    """mRID of the switch that feeds its section; empty: none"""
    customers_behind: Count
    """who have no supply without it: they wait for the repair"""
    clearance_m: Amount | None
    """least of its areas; null: not known"""
    tree_height_m: Amount | None
    """most of its areas; null: not known"""
    species: str
    """of the area with most failures; empty: not known"""
    area: str
    """that area, SOURCE:KEY"""


class SectionRiskRecord(RiskRecord):
    """The spans at risk between switches: a work package."""

    section: str
    """mRID of the switch that feeds it; empty: what lies before the first switch"""
    spans: FromOne


class FeederRiskRecord(RiskRecord):
    """The spans at risk of one feeder."""

    spans: FromOne


class VegetationDocument(Shape):
    """
    Where vegetation threatens lines, ranked by customer-minutes at risk for each kilometer.

    `gridtwin vegetation rank`
    """

    schema: Literal[DocumentTag.VEGETATION]
    state: str
    version: Count
    """of the state"""
    by: Annotated[str, one_of(("span", "section", "feeder"))]
    layers: list[VegetationLayerRecord]
    restoration_min: Amount
    """mean minutes that an interrupted customer is without supply"""
    restoration_from: str
    """how that is known"""
    spans: Count
    """at risk"""
    length_in_risk_m: Amount
    """of all of them"""
    customer_minutes_at_risk: Amount
    """in a year, of all of them"""
    total: Count
    """rows there are"""
    rows: list[SpanRiskRecord] | list[SectionRiskRecord] | list[FeederRiskRecord]
    """the first in rank first, as many as were asked for"""
