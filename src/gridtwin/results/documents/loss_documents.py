"""The documents of who goes out: by a fault, by each element in turn, by what-if positions."""

from typing import Annotated, Literal, NotRequired

from gridtwin.analysis.outage.blast import SCOPES
from gridtwin.results.documents.document_fields import (
    Amount,
    Count,
    GeoJsonGeometry,
    Shape,
    one_of,
)
from gridtwin.results.documents.document_tags import DocumentTag


class BlastDocument(Shape):
    """
    Who goes dark.

    `gridtwin outage blast`, `gridtwin outage storm`
    """

    schema: Literal[DocumentTag.BLAST]
    of: list[str]
    """mRIDs of what fails"""
    scope: Annotated[str, one_of(SCOPES)]
    """what is opened: nothing else, protective devices, the isolation, or all but the backfeed"""
    state: str
    """of the switches before the fault"""
    version: Count
    """of the state"""
    usage_points: list[str]
    """mRIDs of those without any supply"""
    partial: list[str]
    """mRIDs of usage points that lose some of their phases"""
    customers: Count
    """without any supply"""
    priority_customers: Count
    """of those, at priority sites"""
    peak_w: Amount
    """sum of the recorded peak loads that are out, W"""
    feeders: list[str]
    """mRIDs of those that served the usage points"""
    devices: NotRequired[list[str]]
    """mRIDs of what trips, is opened or is closed, by scope"""
    area: GeoJsonGeometry | None
    """outline of the usage points that are out, GeoJSON; null: nobody is"""
    warnings: NotRequired[list[str]]
    """what a reader should know"""


class SweepLine(Shape):
    """
    One line of a sweep.

    `gridtwin outage sweep`: one line for each piece of equipment
    """

    mrid: str
    """of a piece of equipment"""
    customers: Count
    """that lose all supply if it fails"""
    usage_points: Count
    """the same, usage points"""


class CriticalElement(SweepLine):
    """One piece of equipment, and who loses all supply if it alone fails."""

    kind: str
    name: str
    """empty: it has none"""
    feeder: str | None
    """mRID; null: of none"""


class CriticalDocument(Shape):
    """
    The worst single losses (N-1).

    the tool `critical`
    """

    schema: Literal[DocumentTag.CRITICAL]
    state: str
    """of the switches"""
    version: Count
    """of the state"""
    feeder: str | None
    """mRID of the only feeder looked at; null: all were"""
    kind: str | None
    """the only kind of equipment looked at; null: all were"""
    elements: list[CriticalElement]
    """those that would put somebody out, the most customers first"""


class MovedGroup(Shape):
    """Usage points that change alike, and their customers."""

    customers: Count
    usage_points: list[str]
    """mRIDs"""


class StillOut(Shape):
    """Customers without supply before and after."""

    customers: Count


class WhatIfDocument(Shape):
    """
    What some switch positions would change.

    `Twin.what_if`
    """

    schema: Literal[DocumentTag.WHAT_IF]
    base: str
    """the state before"""
    version: Count
    """of that state"""
    out: MovedGroup
    """lose all supply"""
    back: MovedGroup
    """have supply again, be it in part"""
    partial: MovedGroup
    """lose some of their phases"""
    still_out: StillOut
    warnings: list[str]
    """what to know before anybody operates so"""
