"""Write readings into PostgreSQL directly, by the rules of those that stream in."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.errors import InputError
from gridtwin.store.postgis.links import linked
from gridtwin.store.postgis.refusals import OWNER, told
from gridtwin.stream.contracts import AMI_READINGS
from gridtwin.stream.ingest import writing
from gridtwin.stream.ingest.batch import Ready
from gridtwin.stream.ingest.meters import Meters

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psycopg
    from numpy.typing import NDArray

    from gridtwin.stream.simulate.making import Interval, Making

BEFORE_ALL = -1  # offset and partition of what did not stream in: whatever does counts more


def write_postgres(making: Making, intervals: Iterable[Interval], url: str) -> int:
    """
    Write intervals, weather and price, and the loads of transformers; each interval is whole.

    What is there already stays: a reading that streamed in counts more than one that was made.

    Returns
    -------
        How many readings were made.

    Raises
    ------
    StoreError
        If the database cannot be used.
    InputError
        If it holds another network than the one simulated.
    """
    with told(url, role=OWNER), linked(url, autocommit=True) as link:
        do = partial(link.run, committed=lambda _: None)
        meters = Meters()
        meters.refresh(do)
        number = meters.ids.find_rows(making.names)
        if (number < 0).any():
            unknown = making.names[number < 0][0].decode()
            msg = f"the database has no usage point {unknown}: simulate the network that it holds"
            raise InputError(msg)
        link.connection.execute(writing.STAGE)
        count = 0
        for interval in intervals:
            do(partial(_write, interval=interval, number=number[interval.row]))
            count += len(interval.row)
    return count


def _write(
    connection: psycopg.Connection[Any], *, interval: Interval, number: NDArray[np.int32]
) -> None:
    """Write one interval in the caller's transaction."""
    order = np.argsort(number, kind="stable")
    count = len(order)
    ready = Ready(
        meter=number[order],
        at_s=np.full(count, interval.at_s, dtype=np.int64),
        kwh=interval.kwh[order],
        voltage_v=interval.voltage_v[order],
        partition=np.full(count, BEFORE_ALL, dtype=np.int32),
        offset=np.full(count, BEFORE_ALL, dtype=np.int64),
        dead=[],
        repeated=0,
        unknown=0,
    )
    writing.make_days(connection, {interval.at_s // writing.DAY_S})
    writing.write_ready(connection, AMI_READINGS.name, ready)
    writing.write_conditions(connection, interval.conditions, np.array([BEFORE_ALL]))
    connection.execute("SELECT gridtwin.sum_loads(to_timestamp(%s))", (interval.at_s,))
