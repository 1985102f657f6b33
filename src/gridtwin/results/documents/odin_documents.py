"""The document of outages for the public: the PubOutages profile of CIM, names as it has them."""

from typing import Annotated, Final, Literal, NotRequired

from gridtwin.results.documents.document_fields import Count, FromOne, Keywords, Shape, one_of
from gridtwin.results.documents.document_tags import DocumentTag

CRS_URN: Final = "urn:ogc:def:crs:EPSG::4326"
COMMUNITY_KINDS = (  # CIM AreaKind (IEC 61968-3)
    "borough", "county", "parish", "serviceArea", "state", "township", "ward", "zipcode",
)  # fmt: skip
UtcTime = Annotated[str, Keywords(format="date-time", pattern="Z$")]  # to the second
Degrees = Annotated[str, Keywords(pattern="^-?[0-9]+[.][0-9]{3}$")]


class PubPeriod(Shape):
    """From when to when."""

    end: NotRequired[UtcTime]
    start: UtcTime


class PubPoint(Shape):
    """One corner of an area."""

    sequenceNumber: FromOne
    xPosition: Degrees
    """longitude"""
    yPosition: Degrees
    """latitude"""


class PubCoordinates(Shape):
    """What coordinates are of."""

    crsUrn: Annotated[str, Keywords(const=CRS_URN)]


class PubLocation(Shape):
    """A coarse area: a closed ring."""

    CoordinateSystem: PubCoordinates
    PositionPoints: Annotated[list[PubPoint], Keywords(minItems=4)]


class PubIncident(Shape):
    """One connected area without supply."""

    cause: str
    Location: PubLocation


class PubName(Shape):
    """One name of an outage or of who tells of it."""

    name: str
    nameType: Literal["OutageId", "UtilityName", "UtilityId"]
    nameTypeAuthority: NotRequired[str]


class PubArea(Shape):
    """The community an outage is in."""

    earliestReportedTime: UtcTime
    metersServed: Count
    outageAreaKind: Annotated[str, one_of(COMMUNITY_KINDS)]


class PubPromise(Shape):
    """What is promised."""

    ert: UtcTime


class PubOutage(Shape):
    """One outage; nothing of it tells of a person."""

    mRID: Annotated[str, Keywords(format="uuid")]
    cause: str
    """a word for the public, never what an operator wrote"""
    causeKind: Literal["planned", "unplanned", "animal"]
    communityDescriptor: NotRequired[str]
    """what the public calls the place"""
    customersRestored: Count
    metersAffected: Count
    """still out"""
    originalCustomersServed: NotRequired[Count]
    """of the community"""
    originalMetersAffected: Count
    outageKind: Annotated[
        str, one_of(("predicted", "confirmed", "partiallyRestored", "restored", "closed"))
    ]
    reportedStartTime: UtcTime
    statusKind: NotRequired[
        Annotated[
            str,
            one_of(("awaitingCrewAssignment", "assigned", "enroute", "arrived", "fieldComplete")),
        ]
    ]
    """what the crew does"""
    utilityDisclaimer: NotRequired[str]
    actualPeriod: PubPeriod
    estimatedPeriod: NotRequired[PubPeriod]
    """of planned work"""
    EstimatedRestorationTime: NotRequired[PubPromise]
    Incident: NotRequired[list[PubIncident]]
    Names: Annotated[list[PubName], Keywords(minItems=1)]
    OutageArea: NotRequired[list[PubArea]]


class PubOutages(Shape):
    """The root of the profile."""

    Outage: list[PubOutage]
    """by when they began"""


class OdinDocument(Shape):
    """
    Outages for the public, as in the PubOutages profile of CIM.

    `gridtwin publish odin --format json`
    """

    schema: Literal[DocumentTag.ODIN]
    PubOutages: PubOutages
