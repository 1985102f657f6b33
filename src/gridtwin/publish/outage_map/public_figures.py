"""
Say in public how many are out and until when, so that no home can be told from it.

An area is told by counts in steps, its end in quarters of an hour, its cause in a word of a fixed
list; nothing of it changes when another home of the area is out instead.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model.outage import Status
from gridtwin.model.tables import encode_texts
from gridtwin.publish.odin_document import choose_public_cause, choose_restoration_time
from gridtwin.publish.outage_map.area_tiles import find_bounds
from gridtwin.results.documents.document_tags import DocumentTag

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.model.estimate import Estimate
    from gridtwin.model.outage import Members, Outage
    from gridtwin.publish.odin_document import Publisher
    from gridtwin.publish.outage_map.public_areas import PublicAreas
    from gridtwin.results.documents.outage_map_documents import (
        OutageMapDocument,
        PublicArea,
        PublicCount,
    )

COUNT_STEP = 5  # customers: counts are told in steps, and fewer than one step as "fewer than"
TIME_STEP = timedelta(minutes=15)
UNKNOWN_CAUSE = "under investigation"


def blur_count(customers: int) -> PublicCount:
    """
    Return a count as it is told: in steps of five, and what is less only as less.

    Examples
    --------
    >>> blur_count(3), blur_count(11), blur_count(1_238)
    ({'fewer_than': 5}, {'about': 10}, {'about': 1240})
    """
    if 0 < customers < COUNT_STEP:
        return {"fewer_than": COUNT_STEP}
    return {"about": _round_count(customers)}


def round_up_time(at: datetime) -> datetime:
    """Return the quarter of an hour by which a time has come."""
    since = at.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return datetime(1970, 1, 1, tzinfo=UTC) + -(-since // TIME_STEP) * TIME_STEP


def build_outage_map(
    outages: Sequence[Outage],
    members: Members,
    estimates: Iterable[Estimate],
    situation: Situation,
    areas: PublicAreas,
    publisher: Publisher,
    *,
    tiles: str,
    every_s: int,
) -> OutageMapDocument:
    """
    Return what the public is told now, as the document ``gridtwin.outage_map/1``.

    Parameters
    ----------
    outages
        The open outages.
    members
        Who is in them, back or not.
    estimates
        The estimates in force.
    situation
        Their network.
    areas
        The areas that are told of. Who is out in none of them counts in the total alone.
    publisher
        Who publishes, and when: no end before that time is promised.
    tiles
        The file of the areas.
    every_s
        Seconds until figures are written again.
    """
    told = [each for each in outages if each.is_open and each.status is not Status.INVALID]
    promised = {each.outage: each.etr for each in estimates}
    ends = {
        each.id: choose_restoration_time(each, promised.get(each.id), publisher.now)
        for each in told
    }
    causes = {each.id: choose_public_cause(each) for each in told}
    rows = situation.network.ids.tables["usage_points"].find_rows(encode_texts(members.usage_point))
    still = members.is_out & (rows >= 0) & np.isin(members.outage, list(ends))
    area = np.full(len(rows), -1, dtype=np.int32)
    area[still] = areas.of_point[rows[still]]
    return {
        "schema": DocumentTag.OUTAGE_MAP,
        "utility": publisher.utility,
        "disclaimer": publisher.disclaimer,
        "updated_at": publisher.now.astimezone(UTC).isoformat(timespec="seconds"),
        "every_s": every_s,
        "tiles": tiles,
        "bounds": find_bounds(areas),
        "customers_served": _round_count(int(situation.data.usage_points.customers.sum())),
        "customers_out": blur_count(int(members.customers[still].sum())),
        "areas": [
            _describe_area(areas, each, members, np.flatnonzero(area == each), ends, causes)
            for each in np.unique(area[area >= 0]).tolist()
        ],
    }


def _describe_area(
    areas: PublicAreas,
    area: int,
    members: Members,
    out: NDArray[np.intp],
    ends: dict[str, datetime | None],
    causes: dict[str, str],
) -> PublicArea:
    """Return an area in which somebody is out; `out` are rows of `members`."""
    concerned = sorted(set(members.outage[out].tolist()))
    known = [end for each in concerned if (end := ends[each]) is not None]
    words = {causes[each] for each in concerned}
    return {
        "id": area,
        "name": areas.names[area],
        "customers_served": _round_count(int(areas.served[area])),
        "customers_out": blur_count(int(members.customers[out].sum())),
        "restored_by": round_up_time(max(known)).isoformat() if known else None,
        "is_being_assessed": len(known) < len(concerned),
        "cause": words.pop() if len(words) == 1 else UNKNOWN_CAUSE,
    }


def _round_count(customers: int) -> int:
    return COUNT_STEP * round(customers / COUNT_STEP)
