"""Gather what estimates are made from: outages as the model reads them, and who else says when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.analysis.erm.open_outages import build_live_history
from gridtwin.model.state import NORMAL
from gridtwin.model.tables import decode_texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from gridtwin.model.estimate import Estimate, Zone
    from gridtwin.model.outage import Outage
    from gridtwin.model.outage_history import OutageHistory
    from gridtwin.twin import Twin

    Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ErmInputs:
    """What one run reads of a twin, once."""

    outages: dict[str, Outage]  # open ones, and those over, which teach how long they take here
    history: OutageHistory  # the same, as the model reads them
    zone_ends: dict[str, datetime | None]  # by outage: what is promised for its storm zone
    standing: dict[str, Estimate]  # by outage: what was written before


def gather_inputs(twin: Twin, outages: Sequence[Outage], now: datetime) -> ErmInputs:
    """
    Return what estimates are made from at a time.

    Parameters
    ----------
    twin
        The twin; its standing estimates and its storm zones count.
    outages
        Outages open and over; one that had no end by `now` and is not open teaches nothing.
    now
        The time.
    """
    outages = [each for each in outages if each.is_open or _is_over(each, now)]
    places = _Places(twin, outages)
    zones = {each.zone: each for each in twin.store.estimates.list_zones(now)}
    return ErmInputs(
        outages={each.id: each for each in outages},
        history=build_live_history("twin", _tabulate_outages(outages, places), now.timestamp()),
        zone_ends={each.id: places.find_zone_end(zones, row) for row, each in enumerate(outages)},
        standing={each.outage: each for each in twin.store.estimates.list_current()},
    )


def to_unix_seconds(times: Sequence[datetime | None]) -> Float:
    """Return times as unix seconds; NaN for none."""
    return np.array([np.nan if at is None else at.timestamp() for at in times])


def _is_over(outage: Outage, now: datetime) -> bool:
    """Return whether an outage had an end by then; one that was none teaches nothing."""
    return outage.restored_at is not None and outage.restored_at <= now


def _tabulate_outages(outages: Sequence[Outage], places: _Places) -> dict[str, Any]:
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
        "started_s": to_unix_seconds([each.began_at for each in outages]),
        "first_seen_s": to_unix_seconds(first),
        "restored_s": to_unix_seconds(ends),
        "customers": np.array([float(each.customers) for each in outages]),
        "etr_s": to_unix_seconds(etr),
        "etr_seen_s": to_unix_seconds(
            [
                None if end is None else each.updated_at
                for each, end in zip(outages, etr, strict=True)
            ]
        ),
        "lon": places.lonlat[:, 0],
        "lat": places.lonlat[:, 1],
        "cause": [each.cause or None for each in outages],
        "crew": [each.crew_status or None for each in outages],
        "feeder": [places.get_feeder(row) or None for row in range(len(outages))],
        "planned": np.array([each.planned for each in outages], dtype=bool),
    }


class _Places:
    """Where outages are: their devices' coordinates, feeders and substations as designed."""

    def __init__(self, twin: Twin, outages: Sequence[Outage]) -> None:
        network = twin.store.network
        data = network.data
        names = np.array([each.device.encode() for each in outages] or [b""])
        rows = network.ids.tables["equipment"].find_rows(names)[: len(outages)]
        known = rows >= 0
        node = data.equipment.node_b[rows]
        self.lonlat = np.full((len(outages), 2), np.nan)
        if network.crs is not None:
            self.lonlat[known] = data.nodes.xy[node[known]]
        self._feeder = np.full(len(outages), -1, dtype=np.int32)
        first, _ = twin.situation(NORMAL).feeder_of_nodes
        self._feeder[known] = first[node[known]]
        self._feeders = decode_texts(data.feeders.mrid).tolist()
        self._substations = decode_texts(data.substations.mrid).tolist()
        self._home = data.feeders.substation

    def get_feeder(self, row: int) -> str:
        """Return the mRID of the feeder of an outage; empty if it is not known."""
        return self._feeders[self._feeder[row]] if self._feeder[row] >= 0 else ""

    def find_zone_end(self, zones: Mapping[str, Zone], row: int) -> datetime | None:
        """Return what is promised for the smallest zone an outage lies in."""
        names = [""]
        if self._feeder[row] >= 0:
            home = self._home[self._feeder[row]]
            names = [self.get_feeder(row), self._substations[home] if home >= 0 else "", ""]
        return next((zones[name].p80 for name in names if name in zones), None)
