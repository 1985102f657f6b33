"""Put names and shapes on crews, and on what they are assigned to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from gridtwin.results.documents.document_tags import DocumentTag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridtwin.model.crew_assignments import CrewAssignment
    from gridtwin.model.crews import Crew, CrewPosition
    from gridtwin.results.documents.operating_documents import (
        AssignmentRecord,
        CrewRecord,
        CrewsDocument,
    )


class CrewView(NamedTuple):
    """A crew, where it was last, what it is assigned to, and how far away it is."""

    crew: Crew
    position: CrewPosition | None
    assignments: tuple[CrewAssignment, ...]  # those under way
    distance_m: float = math.nan  # in a straight line from the place asked for
    travel_min: float = math.nan  # by road, estimated


def make_crews_document(
    views: Sequence[CrewView], *, detour_factor: float, speed_kmh: float
) -> CrewsDocument:
    """Return crews as the JSON document ``gridtwin.crews/1``, with what travel is reckoned by."""
    return {
        "schema": DocumentTag.CREWS,
        "detour_factor": detour_factor,
        "speed_kmh": speed_kmh,
        "crews": [make_crew_record(view) for view in views],
    }


def make_crew_record(view: CrewView) -> CrewRecord:
    """Return a crew as a record of a document."""
    crew, position = view.crew, view.position
    return {
        "mrid": crew.mrid,
        "name": crew.name,
        "skills": list(crew.skills),
        "status": crew.status,
        "vehicle": crew.vehicle,
        "at": None if position is None else [position.lon, position.lat],
        "seen_at": None if position is None else position.at.isoformat(),
        "distance_m": None if math.isnan(view.distance_m) else round(view.distance_m, 1),
        "travel_min": None if math.isnan(view.travel_min) else round(view.travel_min, 1),
        "assignments": [make_assignment_record(each) for each in view.assignments],
    }


def make_assignment_record(assignment: CrewAssignment) -> AssignmentRecord:
    """Return an assignment of a crew as a record of a document."""
    late = (assignment.en_route_at, assignment.on_site_at, assignment.ended_at)
    en_route, on_site, ended = (None if at is None else at.isoformat() for at in late)
    return {
        "number": assignment.number,
        "crew": assignment.crew,
        "outage": assignment.outage,
        "status": assignment.status,
        "assigned_by": assignment.assigned_by,
        "assigned_at": assignment.assigned_at.isoformat(),
        "changed_by": assignment.changed_by,
        "changed_at": assignment.changed_at.isoformat(),
        "en_route_at": en_route,
        "on_site_at": on_site,
        "ended_at": ended,
    }
