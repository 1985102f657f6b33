"""
Find crews near an outage, assign them, and say how far they are.

>>> from datetime import UTC, datetime
>>> import gridtwin
>>> from gridtwin.model.crews import Crew, CrewPosition
>>> twin = gridtwin.open(gridtwin.synthesize("houston", meters=500, seed=1))
>>> twin.store.crews.write_crews([Crew("C-1", "Line 1", ("line",))])
>>> now = datetime.now(UTC)
>>> twin.store.crews.write_positions([CrewPosition("C-1", -95.4, 29.8, now)])
>>> twin.crews.nearest((-95.4, 29.9))[0].crew.name
'Line 1'
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.place.moving_set import MovingSet
from gridtwin.analysis.state import identity
from gridtwin.analysis.storm.response import Response
from gridtwin.errors import InputError, NotFoundError
from gridtwin.model.crew_assignments import (
    AssignmentStatus,
    CrewAssignment,
    describe_crews,
)
from gridtwin.model.crews import Crew, CrewPosition
from gridtwin.model.moments import read_moment
from gridtwin.model.tables import encode_texts
from gridtwin.results.crew_answers import CrewView
from gridtwin.store.store_rules import find_close_names
from gridtwin.stream.contracts import CLOCK_AHEAD_S
from gridtwin.twin.switch_operations import name_actor

if TYPE_CHECKING:
    from gridtwin.store.protocol import Store
    from gridtwin.twin.outage_operations import OutageOperations

SPEED_KMH = Response().speed_kmh  # the same as a storm is reckoned with
DETOUR_FACTOR = Response().detour  # road over straight line
NEAREST = 5
SHORTEST_DEGREE_M = 110_000.0  # along a meridian, a little less than anywhere
AT_WORK = ("available", "assigned", "en_route", "on_site")  # who may be assigned
LonLat = tuple[float, float]


class CrewOperations:
    """
    The crews of a twin; every change is written before it returns.

    Parameters
    ----------
    store
        Where the twin is kept.
    outages
        Its outages, which are told how far their crews are.
    """

    def __init__(self, store: Store, outages: OutageOperations) -> None:
        self._store = store
        self._outages = outages
        self._lock = Lock()
        self._places = MovingSet()

    def all(self) -> list[CrewView]:
        """Return the crews by mRID; one that only has a position is listed by that."""
        roster = {crew.mrid: crew for crew in self._store.crews.list_crews()}
        positions = {each.crew: each for each in self._store.crews.list_positions()}
        under_way: dict[str, list[CrewAssignment]] = {}
        for each in self._store.assignments.list_assignments():
            under_way.setdefault(each.crew, []).append(each)
        return [
            CrewView(
                roster.get(mrid) or Crew(mrid, mrid),
                positions.get(mrid),
                tuple(under_way.get(mrid, ())),
            )
            for mrid in sorted(roster.keys() | positions.keys())
        ]

    def place(self, crew: str, lon: float, lat: float, *, at: datetime | None = None) -> None:
        """
        Say where a crew is; what is older than what is known of it changes nothing.

        Raises
        ------
        InputError
            If that is no place on earth, no crew is named, or the time is to come.
        """
        if not crew.strip() or not (-180 <= lon <= 180 and -90 <= lat <= 90):
            msg = f"{crew or 'a crew'} cannot be at {lon}, {lat}: give longitude, then latitude"
            raise InputError(msg)
        now = datetime.now(UTC)
        when = now if at is None else read_moment(at)
        if when > now + timedelta(seconds=CLOCK_AHEAD_S):  # nothing later would count
            msg = f"crew {crew} cannot have been somewhere at {when.isoformat()}: mend its clock"
            raise InputError(msg)
        self._store.crews.write_positions([CrewPosition(crew, lon, lat, when)])

    def nearest(
        self, place: str | LonLat, *, count: int = NEAREST, skill: str = ""
    ) -> list[CrewView]:
        """
        Return the crews at work that are nearest to an outage, the nearest first.

        Parameters
        ----------
        place
            Id of an outage, or longitude and latitude.
        count
            How many.
        skill
            Only crews that have it, such as ``line``.

        Returns
        -------
            Crews with their distance in a straight line, and an estimate of the way: that line
            times `DETOUR_FACTOR`, at `SPEED_KMH`.

        Raises
        ------
        NotFoundError
            If there is no such outage.
        InputError
            If nobody knows where it is, or the network has planar coordinates.
        """
        lon, lat = self._locate(place) if isinstance(place, str) else place
        views = {view.crew.mrid: view for view in self.all()}
        fit = {
            mrid: view
            for mrid, view in views.items()
            if view.position is not None
            and view.crew.status in AT_WORK
            and (not skill or skill in view.crew.skills)
        }
        squeeze = max(math.cos(math.radians(min(abs(lat) + 1, 89))), 0.01)  # of a degree eastward
        with self._lock:
            self._follow(
                {m: (v.position.lon, v.position.lat) for m, v in fit.items() if v.position}
            )
            # Degrees rank nearly, not exactly: who is as near as the farthest of these is measured.
            near = [
                _measure(fit[n], lon, lat) for n in self._places.find_nearest((lon, lat), count)
            ]
            reach = max((view.distance_m for view in near), default=0.0) / SHORTEST_DEGREE_M
            wide = min(reach / squeeze, 360.0)
            box = (lon - wide, lat - reach, lon + wide, lat + reach)
            names = self._places.query(box) if near else []
        measured = [_measure(fit[name], lon, lat) for name in names]
        return sorted(measured, key=lambda view: (view.distance_m, view.crew.mrid))[:count]

    def _follow(self, places: dict[str, LonLat]) -> None:
        """Move what moved in the R-tree, rather than to build it anew."""
        for name in [name for name in self._places.list_names() if name not in places]:
            self._places.remove(name)
        for name, at in places.items():
            if name not in self._places:
                self._places.insert(name, at)
            elif self._places.bounds(name)[:2] != at:
                self._places.move(name, at)

    def _locate(self, outage: str) -> LonLat:
        """Return where an outage is: its device, else the middle of who is out in it."""
        network = self._store.network
        if network.crs is None:
            msg = "the network has planar coordinates: nobody knows how far a crew is from it"
            raise InputError(msg)
        kept = self._outages.get(outage)
        element = network.ids.find_first(kept.device) if kept.device else None
        at = None if element is None else identity.find_place(network.data, element)
        if at is not None:
            return at[0], at[1]
        members = self._outages.members(outage)
        points = network.ids.tables["usage_points"]
        rows = points.find_rows(encode_texts(members.usage_point.astype(str)))
        xy = network.data.usage_points.xy[rows[rows >= 0]]
        middle = np.nanmean(xy, axis=0) if np.isfinite(xy).any() else np.full(2, np.nan)
        if not np.isfinite(middle).all():
            msg = f"nobody knows where outage {outage} is: neither its device nor its customers"
            raise InputError(msg)
        return float(middle[0]), float(middle[1])

    def assignments(
        self, *, outage: str = "", crew: str = "", past: bool = False
    ) -> list[CrewAssignment]:
        """Return the assignments under way, of an outage, a crew, or all; `past`: the ended too."""
        return self._store.assignments.list_assignments(outage=outage, crew=crew, past=past)

    def assign(self, crew: str, outage: str, *, actor: str = "") -> CrewAssignment:
        """
        Assign a crew to an open outage.

        Raises
        ------
        NotFoundError
            If there is no such crew or outage.
        InputError
            If the outage is over, or the crew is assigned to it already, or not at work.
        """
        self._check_crew(crew)
        kept = self._outages.get(outage)
        if not kept.is_open:
            msg = f"outage {outage} is {kept.status}: a crew is assigned to an open one"
            raise InputError(msg)
        actor, now = actor or name_actor(), datetime.now(UTC)
        made = CrewAssignment(crew, outage, actor, now, actor, now)
        added = self._store.assignments.add_assignment(made)
        self._tell_outage(outage, actor)
        return added

    def _check_crew(self, mrid: str) -> None:
        roster = {crew.mrid: crew for crew in self._store.crews.list_crews()}
        if mrid not in roster:
            what = "crew"
            raise NotFoundError(what, mrid, find_close_names(mrid, list(roster)))
        if roster[mrid].status not in AT_WORK:
            msg = f"crew {mrid} is {roster[mrid].status}: it cannot be assigned"
            raise InputError(msg)

    def advance(
        self,
        number: int,
        status: AssignmentStatus | str,
        *,
        actor: str = "",
        etr: datetime | None = None,
    ) -> CrewAssignment:
        """
        Say how far a crew is: en_route, on_site, done or withdrawn; its outage is told.

        Parameters
        ----------
        number
            The assignment.
        status
            How far it is now.
        actor
            Who says so; by default whom the environment names.
        etr
            When the crew expects supply to be back; the estimate of its outage takes it over.

        Raises
        ------
        NotFoundError
            If there is no such assignment.
        InputError
            If that cannot follow, or the crew is on the way or on site elsewhere.
        """
        actor = actor or name_actor()
        try:
            wanted = AssignmentStatus(status)
        except ValueError as error:
            msg = f"{status!r} is no status: say {', '.join(AssignmentStatus)}"
            raise InputError(msg) from error
        found = [each for each in self.assignments(past=True) if each.number == number]
        if not found:
            what = "assignment of a crew"
            raise NotFoundError(what, str(number))
        after = found[0].advance(wanted, actor, datetime.now(UTC))
        written = self._store.assignments.change_assignment(found[0], after)
        self._tell_outage(written.outage, actor, etr)
        return written

    def _tell_outage(self, outage: str, actor: str, etr: datetime | None = None) -> None:
        """Write down at an outage how far its crews are, which the estimate reads."""
        fields: dict[str, object] = {} if etr is None else {"etr_crew": read_moment(etr)}
        while True:  # another crew may have come further meanwhile
            told = describe_crews(self.assignments(outage=outage))
            if not fields and self._outages.get(outage).crew_status == told:
                return
            self._outages.sign_as(actor).note(outage, crew_status=told, **fields)
            fields = {}


def _measure(view: CrewView, lon: float, lat: float) -> CrewView:
    """Return a crew with how far it is, and how long the way takes."""
    assert view.position is not None  # noqa: S101 - only such are measured
    import pyproj  # slow to import

    geod = pyproj.Geod(ellps="WGS84")
    _, _, meters = geod.inv(lon, lat, view.position.lon, view.position.lat)
    minutes = meters * DETOUR_FACTOR / (SPEED_KMH * 1000 / 60)
    return view._replace(distance_m=float(meters), travel_min=minutes)
