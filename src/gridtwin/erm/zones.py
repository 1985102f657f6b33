"""Promise for storm zones what a forecast says."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model.estimate import Zone
from gridtwin.results.storm_forecast import zone_quantiles

if TYPE_CHECKING:
    from datetime import datetime

    from gridtwin.results.storm_forecast import StormForecast
    from gridtwin.twin import Twin


def promise_zones(
    twin: Twin, forecast: StormForecast, by: str, now: datetime, *, actor: str = ""
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
    names, *times = zone_quantiles(forecast, by)
    zones = []
    for name, *seconds in zip(names, *times, strict=True):
        if name and np.isfinite(seconds[-1]):
            p50, p80, p95 = (now + timedelta(seconds=float(each)) for each in seconds)
            zones.append(Zone(name, now, p95, p50, p80, p95, model="storm", actor=actor))
    twin.store.estimates.write_zones(zones)
    return zones
