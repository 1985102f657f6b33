"""
Publish outages as ODIN reads them: the PubOutages profile of CIM (IEC 61968-3).

::

    PubOutages
    └── Outage                      one for each outage; fields in the profile's order
        ├── mRID, cause, causeKind, communityDescriptor, customersRestored, metersAffected ...
        ├── actualPeriod, estimatedPeriod, EstimatedRestorationTime
        ├── Incident                one for each connected area: Location, as a coarse polygon
        ├── Names                   the outage's id, the utility
        └── OutageArea              the community it is in
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast
from xml.etree import ElementTree as ET

import numpy as np
import shapely

from gridtwin.model.outage import Status
from gridtwin.model.tables import encode_texts
from gridtwin.results.documents.document_tags import DocumentTag
from gridtwin.results.documents.odin_documents import CRS_URN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.model.estimate import Estimate
    from gridtwin.model.outage import Members, Outage
    from gridtwin.publish.communities import Communities
    from gridtwin.results.documents.odin_documents import (
        OdinDocument,
        PubIncident,
        PubName,
        PubOutage,
    )

NAMESPACE = "http://iec.ch/TC57/2014/PubOutages#"
STATUS_KIND = {
    Status.PREDICTED: "predicted",
    Status.CONFIRMED: "confirmed",
    Status.PARTIALLY_RESTORED: "partiallyRestored",
    Status.RESTORED: "restored",
    Status.CLOSED: "closed",
}
# What an operator writes is free text and may name people: only these words are published, by what
# a word of it begins with (regular expressions).
CAUSE_KINDS = {
    "vegetation": (r"vegetation", r"trees?\b", r"limbs?\b", r"branch"),
    "animal": (r"animal", r"birds?\b", r"squirrel", r"snake", r"raccoon"),
    "lightning": (r"lightning",),
    "weather": (r"weather", r"storm", r"winds?\b", r"ice\b", r"snow", r"flood", r"hurricane"),
    "vehicle": (r"vehicle", r"cars?\b", r"truck"),
    "vandalism": (r"vandal", r"theft"),
    "dig-in": (r"dig\b", r"dig in", r"excavat"),
    "fire": (r"fires?\b", r"wildfire"),
    "equipment failure": (r"equipment", r"fail", r"transformer", r"fuse", r"cable", r"conductor"),
    "power supply": (r"transmission", r"generation", r"power supply"),
    "public safety": (r"public safety", r"psps"),
}
CREW_KIND = {
    "awaitingcrewassignment": "awaitingCrewAssignment",
    "awaiting": "awaitingCrewAssignment",
    "unassigned": "awaitingCrewAssignment",
    "assigned": "assigned",
    "crewassigned": "assigned",
    "enroute": "enroute",
    "crewenroute": "enroute",
    "dispatched": "enroute",
    "arrived": "arrived",
    "onsite": "arrived",
    "crewonsite": "arrived",
    "fieldcomplete": "fieldComplete",
    "completed": "fieldComplete",
}
CELL_DEG = 0.005  # degrees: areas are drawn no finer, about 500 m
RING_MARGIN = 0.4  # of a cell
MOST_RING_CELLS = 40  # across an outage at most
FEWEST_SHOWN_CUSTOMERS = 5  # usage points: where fewer are out, the area is not drawn


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who publishes, and when."""

    now: datetime
    utility: str = ""  # name
    utility_id: str = ""  # number of the U.S. Energy Information Administration
    disclaimer: str = ""


def build_pub_outages(
    outages: Sequence[Outage],
    members: Members,
    estimates: Sequence[Estimate],
    situation: Situation,
    communities: Communities,
    publisher: Publisher,
) -> OdinDocument:
    """
    Return outages as the document ``gridtwin.odin/1``.

    Parameters
    ----------
    outages
        What to publish; invalid ones are left out.
    members
        Who is in them, back or not.
    estimates
        The estimates in force.
    situation
        Their network.
    communities
        What the public calls the places.
    publisher
        Who publishes, and when: no end before that time is promised.

    Notes
    -----
    Nothing of it tells of a person: counts, public words of cause and crew, and areas of cells
    500 m wide, which are left out where fewer than five usage points are out.
    """
    promised = {each.outage: each.etr for each in estimates}
    # A meter may be gone from the network since: it counts, and has no place.
    rows = situation.network.ids.tables["usage_points"].find_rows(encode_texts(members.usage_point))
    inside, still_out = _group_rows(members), members.is_out
    described = []
    for outage in sorted(outages, key=lambda each: (each.began_at, each.id)):
        if outage.status is Status.INVALID:
            continue
        own = inside.get(outage.id, np.empty(0, dtype=np.intp))
        still = rows[own[still_out[own]]]
        place = communities.find_most_common(rows[own])
        described.append(
            _describe_outage(outage, (len(own), len(still)), promised.get(outage.id), publisher)
            | _describe_community(communities, place, outage)
            | {"Incident": _list_incidents(outage, situation, still)}
        )
    return {
        "schema": DocumentTag.ODIN,
        "PubOutages": {"Outage": [_order_fields(each) for each in described]},
    }


# The profile's order; an XML schema holds to it.
FIELD_ORDER = (
    "mRID", "cause", "causeKind", "communityDescriptor", "customersRestored", "metersAffected",
    "originalCustomersServed", "originalMetersAffected", "outageKind", "reportedStartTime",
    "statusKind", "utilityDisclaimer", "actualPeriod", "estimatedPeriod",
    "EstimatedRestorationTime", "Incident", "Names", "OutageArea",
)  # fmt: skip


def _order_fields(outage: Mapping[str, Any]) -> PubOutage:
    """Return what is known of an outage in the profile's order."""
    known = {name: outage[name] for name in FIELD_ORDER if outage.get(name) not in (None, "", [])}
    return cast("PubOutage", known)


def _group_rows(members: Members) -> dict[str, NDArray[np.intp]]:
    """Return the rows of each outage."""
    ids, code = np.unique(members.outage.astype(str), return_inverse=True)
    order = np.argsort(code, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(code, minlength=len(ids)))[:-1])
    return dict(zip(ids.tolist(), parts, strict=True)) if len(ids) else {}


def _describe_outage(
    outage: Outage, meters: tuple[int, int], estimated: datetime | None, publisher: Publisher
) -> dict[str, Any]:
    """Return the fields of an outage, of so many meters and so many still out, without a place."""
    began = _format_time(outage.began_at)
    end = choose_restoration_time(outage, estimated, publisher.now)
    etr = None if end is None else _format_time(end)
    period = {"start": began}
    return {
        "mRID": derive_mrid(outage.id, publisher),
        "cause": choose_public_cause(outage),
        "causeKind": _choose_cause_kind(outage),
        "customersRestored": outage.customers - outage.customers_out,
        "metersAffected": meters[1],
        "originalMetersAffected": meters[0],
        "outageKind": STATUS_KIND[outage.status],
        "reportedStartTime": began,
        "statusKind": _choose_crew_kind(outage),
        "utilityDisclaimer": publisher.disclaimer,
        "actualPeriod": ({"end": _format_time(outage.restored_at)} if outage.restored_at else {})
        | period,
        "estimatedPeriod": ({"end": etr} if etr else {}) | period if outage.planned else None,
        "EstimatedRestorationTime": {"ert": etr} if etr else None,
        "Names": _list_names(outage, publisher),
    }


def derive_mrid(outage: str, publisher: Publisher) -> str:
    """Return the UUID of an outage: the same for the same utility and id (RFC 4122, version 5)."""
    who = publisher.utility_id or publisher.utility
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{NAMESPACE}{who}/{outage}"))


def choose_public_cause(outage: Outage) -> str:
    """Return the word for the public that a cause comes to; never what an operator wrote."""
    if outage.planned:
        return "planned work"
    text = _split_words(outage.cause)
    for public, known in CAUSE_KINDS.items():
        if any(re.search(rf"\b{word}", text) for word in known):
            return public
    return "under investigation"


def _split_words(text: str) -> str:
    return "".join(sign if sign.isalnum() else " " for sign in text.casefold()).strip()


def _choose_cause_kind(outage: Outage) -> str:
    if outage.planned:
        return "planned"
    return "animal" if choose_public_cause(outage) == "animal" else "unplanned"


def _choose_crew_kind(outage: Outage) -> str | None:
    """Return CIM's word for what the crew does; None if it is not known."""
    return CREW_KIND.get(_split_words(outage.crew_status).replace(" ", ""))


def choose_restoration_time(
    outage: Outage, estimated: datetime | None, now: datetime
) -> datetime | None:
    """Return the end promised: by hand, by the crew, or estimated; never one in the past."""
    if not outage.is_open:
        return None
    ends = (outage.etr_manual, outage.etr_crew, estimated)
    return next((end for end in ends if end is not None and end > now), None)


def _list_names(outage: Outage, publisher: Publisher) -> list[PubName]:
    names: list[PubName] = [{"name": outage.id, "nameType": "OutageId"}]
    if publisher.utility:
        names.append({"name": publisher.utility, "nameType": "UtilityName"})
    if publisher.utility_id:
        names.append(
            {
                "name": publisher.utility_id,
                "nameType": "UtilityId",
                "nameTypeAuthority": "EIA",
            }
        )
    return names


def _describe_community(communities: Communities, place: int, outage: Outage) -> dict[str, Any]:
    """Return the community of an outage, and how many it serves."""
    if place < 0:
        return {}
    return {
        "communityDescriptor": communities.names[place],
        "originalCustomersServed": int(communities.customers[place]),
        "OutageArea": [
            {
                "earliestReportedTime": _format_time(outage.began_at),
                "metersServed": int(communities.meters[place]),
                "outageAreaKind": communities.kind,
            }
        ],
    }


def _list_incidents(
    outage: Outage, situation: Situation, out: NDArray[np.int32]
) -> list[PubIncident]:
    """Return the areas without supply as the locations of incidents."""
    out = out[out >= 0]
    if situation.network.crs is None or len(out) < FEWEST_SHOWN_CUSTOMERS:
        return []
    return [
        {
            "cause": choose_public_cause(outage),
            "Location": {
                "CoordinateSystem": {"crsUrn": CRS_URN},
                "PositionPoints": [
                    {"sequenceNumber": number, "xPosition": f"{x:.3f}", "yPosition": f"{y:.3f}"}
                    for number, (x, y) in enumerate(ring, start=1)
                ],
            },
        }
        for ring in draw_coarse_rings(situation.data.usage_points.xy[out])
    ]


def draw_coarse_rings(xy: NDArray[np.float64]) -> list[list[tuple[float, float]]]:
    """
    Return rings around points so coarse that they give no house away.

    The points are put into cells of 0.005 degrees, or of a fortieth of their extent if that is
    more; every cell with a point is drawn with a margin. Rings are closed, run counterclockwise,
    and stand from west to east.
    """
    placed = xy[np.isfinite(xy).all(axis=1)]
    if not len(placed):
        return []
    steps = max(
        1,
        int(
            np.ceil((placed.max(axis=0) - placed.min(axis=0)).max() / (MOST_RING_CELLS * CELL_DEG))
        ),
    )
    cell = CELL_DEG * steps
    corner = np.unique(np.floor(placed / cell).astype(np.int64), axis=0) * cell
    low, high = corner - cell * RING_MARGIN, corner + cell * (1 + RING_MARGIN)
    area = shapely.union_all(shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1]))
    rings = []
    for part in shapely.get_parts(area):
        ring = shapely.simplify(shapely.get_exterior_ring(shapely.normalize(part)), 0)
        corners = shapely.get_coordinates(ring)
        if not shapely.is_ccw(ring):
            corners = corners[::-1]
        rings.append([(round(x, 3), round(y, 3)) for x, y in corners.tolist()])
    return sorted(rings)


def write_xml(document: OdinDocument) -> bytes:
    """Return the document as XML, with a line feed after every element."""
    ET.register_namespace("", NAMESPACE)
    root = ET.Element(f"{{{NAMESPACE}}}PubOutages")
    _append_element(root, document["PubOutages"])
    ET.indent(root)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="utf-8") + b"\n"


def _append_element(element: ET.Element, content: Mapping[str, Any]) -> None:
    for name, value in content.items():
        for each in value if isinstance(value, list) else [value]:
            child = ET.SubElement(element, f"{{{NAMESPACE}}}{name}")
            if isinstance(each, dict):
                _append_element(child, each)
            else:
                # XML 1.0 has no place for control characters.
                child.text = "".join(sign for sign in str(each) if sign.isprintable())


def _format_time(at: datetime) -> str:
    """Return a time in UTC to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
