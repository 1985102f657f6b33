"""Take down what a twin holds at a moment, for a warehouse."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gridtwin.model.outage import Members
from gridtwin.model.state import CURRENT, NORMAL
from gridtwin.results.warehouse.lake_tables import LakeSnapshot
from gridtwin.results.warehouse.snapshot_tables import Snapshot

if TYPE_CHECKING:
    from gridtwin.twin.twin import Twin

BEGINNING = datetime.fromtimestamp(0, UTC)
END_OF_TIME_S = 1 << 40  # behind every interval


def take_snapshot(twin: Twin, now: datetime, *, run: str = "") -> Snapshot:
    """
    Return the network, all outages and the estimates in force.

    Parameters
    ----------
    twin
        Whose.
    now
        When it is taken down.
    run
        Name of the run that brings it; by default the minute.
    """
    outages = twin.outages.all(since=BEGINNING)
    ids = [outage.id for outage in outages]
    return Snapshot(
        network=twin.store.network_hash,
        situation=twin.situation(CURRENT),
        designed=twin.situation(NORMAL),
        made_at=now,
        run=run or f"{now.astimezone(UTC):%Y-%m-%dT%H:%MZ}",
        outages=outages,
        members=twin.outages.members(*ids) if ids else Members.make_empty(),
        estimates=twin.store.estimates.list_current(),
        vegetation=twin.trimming.list_spans().spans,
    )


def take_lake_snapshot(twin: Twin, now: datetime) -> LakeSnapshot:
    """
    Return what a twin holds, with what has led there.

    Parameters
    ----------
    twin
        Whose.
    now
        When it is taken down.
    """
    snapshot = take_snapshot(twin, now)
    states, estimates = twin.store.states, twin.store.estimates
    return LakeSnapshot(
        snapshot=snapshot,
        states=[states.read_state(name) for name in states.list_names() if name != NORMAL],
        events=states.list_events(),
        issued=[each for outage in snapshot.outages for each in estimates.list_issued(outage.id)],
        conditions=twin.store.readings.read_conditions(0, END_OF_TIME_S),
        zone_prices=twin.store.readings.read_zone_prices(),
    )
