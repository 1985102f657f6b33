"""Decide what is promised for each open outage now: from people, storm zones, and the model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.analysis.erm import live
from gridtwin.analysis.erm.publish import Origin, Standing, precedence, publish
from gridtwin.model.estimate import Estimate, Zone
from gridtwin.model.state import NORMAL
from gridtwin.model.tables import decode
from gridtwin.results.storms import zone_quantiles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from gridtwin.analysis.erm.publish import Published
    from gridtwin.analysis.erm.saved import ErmModel
    from gridtwin.model.outage import Outage
    from gridtwin.results.storms import StormForecast
    from gridtwin.twin import Twin

    Float = NDArray[np.float64]

P80, P95 = 2, 4  # columns of the quantiles
MOVED_S, MOVED_SHARE = 1800.0, 0.2  # a median that moved by so much is written again
SOURCES = {
    Origin.MANUAL: "manual",
    Origin.CREW_ON_SITE: "crew",
    Origin.STORM_ZONE: "zone",
    Origin.MODEL: "model",
}
ORIGINS = {source: origin for origin, source in SOURCES.items()}


@dataclass(frozen=True, slots=True)
class Decided:
    """What holds for one outage now, and whether that is another than before."""

    estimate: Estimate
    is_new: bool


def decide(twin: Twin, model: ErmModel, outages: Sequence[Outage], now: datetime) -> list[Decided]:
    """
    Decide for every open outage.

    Parameters
    ----------
    twin
        The twin; its standing estimates and its storm zones count.
    model
        What estimates the time left.
    outages
        Outages open and over; those over teach how long they take here.
    now
        The time it is decided for.
    """
    outages = [each for each in outages if each.is_open or _is_over(each, now)]
    places = _Places(twin, outages)
    history = live.live_history("twin", _columns(outages, places), now.timestamp())
    found = live.score(model, history, now.timestamp())
    by_id = {each.id: (each, row) for row, each in enumerate(outages)}
    asked = [by_id[each] for each in found.id]
    if not asked:
        return []
    standing = {each.outage: each for each in twin.store.estimates.current()}
    before = [standing.get(each.id) for each, _ in asked]
    zones = {each.zone: each for each in twin.store.estimates.zones(now)}
    offer, origin = precedence(
        found.at_s[:, P80],
        now.timestamp(),
        manual_s=_seconds([each.etr_manual for each, _ in asked]),
        crew_s=_seconds([each.etr_crew for each, _ in asked]),
        zone_s=_seconds([places.zone_end(zones, row) for _, row in asked]),
    )
    shown = publish(
        offer, found.at_s[:, P95], origin, now.timestamp(),
        standing=_standing(before), evidence=_heard(asked, before),
    )  # fmt: skip
    return [
        _decided(each.id, number, found, shown, before[number], now)
        for number, (each, _) in enumerate(asked)
    ]


def promise_zones(
    twin: Twin, found: StormForecast, by: str, now: datetime, *, actor: str = ""
) -> list[Zone]:
    """
    Promise for each zone what a storm forecast says, until its P95 has passed.

    Parameters
    ----------
    twin
        The twin; what was promised for the same zones is replaced.
    found
        The forecast; its times count from `now`.
    by
        ``substation`` or ``feeder``.
    now
        When repair may begin.
    actor
        Who approved it.
    """
    names, *times = zone_quantiles(found, by)
    zones = []
    for name, *seconds in zip(names, *times, strict=True):
        if name and np.isfinite(seconds[-1]):
            p50, p80, p95 = (now + timedelta(seconds=float(each)) for each in seconds)
            zones.append(Zone(name, now, p95, p50, p80, p95, model="storm", actor=actor))
    twin.store.estimates.write_zones(zones)
    return zones


def _decided(
    outage: str,
    row: int,
    found: live.Quantiles,
    shown: Published,
    before: Estimate | None,
    now: datetime,
) -> Decided:
    p10, p50, p80, p90, p95 = (datetime.fromtimestamp(at, UTC) for at in found.at_s[row])
    promise = shown.promise_s[row]
    made = Estimate(
        outage, now, now, p10, p50, p80, p90, p95,
        etr=None if np.isnan(promise) else datetime.fromtimestamp(promise, UTC),
        source=SOURCES[Origin(shown.origin[row])],
        model=found.model_version,
        reason=found.reason[row],
    )  # fmt: skip
    if before is not None and not shown.changed[row] and _still_holds(before, made, now):
        return Decided(before, is_new=False)
    return Decided(made, is_new=True)


def _still_holds(before: Estimate, made: Estimate, now: datetime) -> bool:
    """Return whether what was written earlier is still to come, and near what is found now."""
    if before.source != made.source:
        return False
    for old, new in ((before.p50, made.p50), (before.p95, made.p95)):
        if old is None or new is None or old <= now:
            return False
        moved = abs((new - old).total_seconds())
        if moved > max(MOVED_S, MOVED_SHARE * (old - now).total_seconds()):
            return False
    return True


def _standing(before: Sequence[Estimate | None]) -> Standing:
    origin = [Origin.MODEL if each is None else ORIGINS.get(each.source, Origin.MODEL)
              for each in before]  # fmt: skip
    return Standing(
        _seconds([None if each is None else each.etr for each in before]),
        _seconds([None if each is None else each.p95 for each in before]),
        np.array(origin, dtype=np.int8),
    )


def _heard(
    asked: Sequence[tuple[Outage, int]], before: Sequence[Estimate | None]
) -> NDArray[np.bool_]:
    """Return of which outages something was heard since their estimate was issued."""
    return np.array(
        [
            old is None or each.updated_at is None or each.updated_at > old.inputs_at
            for (each, _), old in zip(asked, before, strict=True)
        ]
    )


def _seconds(times: Sequence[datetime | None]) -> Float:
    return np.array([np.nan if at is None else at.timestamp() for at in times])


def _is_over(outage: Outage, now: datetime) -> bool:
    """Return whether an outage had an end by then; one that was none teaches nothing."""
    return outage.restored_at is not None and outage.restored_at <= now


def _columns(outages: Sequence[Outage], places: _Places) -> dict[str, Any]:
    """Return outages as the columns that the model's features are made of."""
    ends = [each.restored_at for each in outages]
    first = [
        each.began_at  # it was written down only when it was over
        if each.first_seen_at is None or (end is not None and end <= each.first_seen_at)
        else each.first_seen_at
        for each, end in zip(outages, ends, strict=True)
    ]
    etr = [each.etr_crew or each.etr_manual for each in outages]
    return {
        "id": [each.id for each in outages],
        "started_s": _seconds([each.began_at for each in outages]),
        "first_seen_s": _seconds(first),
        "restored_s": _seconds(ends),
        "customers": np.array([float(each.customers) for each in outages]),
        "etr_s": _seconds(etr),
        "etr_seen_s": _seconds(
            [
                None if end is None else each.updated_at
                for each, end in zip(outages, etr, strict=True)
            ]
        ),
        "lon": places.lonlat[:, 0],
        "lat": places.lonlat[:, 1],
        "cause": [each.cause or None for each in outages],
        "crew": [each.crew_status or None for each in outages],
        "feeder": [places.feeder(row) or None for row in range(len(outages))],
        "planned": np.array([each.planned for each in outages], dtype=bool),
    }


class _Places:
    """Where outages are: their devices' coordinates, feeders and substations as designed."""

    def __init__(self, twin: Twin, outages: Sequence[Outage]) -> None:
        network = twin.store.network
        data = network.data
        names = np.array([each.device.encode() for each in outages] or [b""])
        rows = network.ids.tables["equipment"].rows(names)[: len(outages)]
        known = rows >= 0
        node = data.equipment.node_b[rows]
        self.lonlat = np.full((len(outages), 2), np.nan)
        if network.crs is not None:
            self.lonlat[known] = data.nodes.xy[node[known]]
        self._feeder = np.full(len(outages), -1, dtype=np.int32)
        first, _ = twin.situation(NORMAL).feeder_of_nodes
        self._feeder[known] = first[node[known]]
        self._feeders = decode(data.feeders.mrid).tolist()
        self._substations = decode(data.substations.mrid).tolist()
        self._home = data.feeders.substation

    def feeder(self, row: int) -> str:
        """Return the mRID of the feeder of an outage; empty if it is not known."""
        return self._feeders[self._feeder[row]] if self._feeder[row] >= 0 else ""

    def zone_end(self, zones: Mapping[str, Zone], row: int) -> datetime | None:
        """Return what is promised for the smallest zone an outage lies in."""
        names = [""]
        if self._feeder[row] >= 0:
            home = self._home[self._feeder[row]]
            names = [self.feeder(row), self._substations[home] if home >= 0 else "", ""]
        return next((zones[name].p80 for name in names if name in zones), None)
