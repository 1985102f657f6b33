"""Write readings into PostgreSQL directly, by the rules of those that stream in."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.errors import InputError
from gridtwin.model.moments import DAY_S
from gridtwin.store.acting_role import OWNER
from gridtwin.store.postgis.links import open_link
from gridtwin.store.postgis.refusals import translate_refusals
from gridtwin.stream.contracts import AMI_READINGS
from gridtwin.stream.ingest import batch_writing
from gridtwin.stream.ingest.batch import ReadyBatch
from gridtwin.stream.ingest.meters import Meters

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psycopg
    from numpy.typing import NDArray

    from gridtwin.stream.simulate.meter_intervals import Interval, Making

OFFSET_BEFORE_ALL = -1  # offset and partition of what did not stream in: whatever does counts more


def write_postgres(making: Making, intervals: Iterable[Interval], url: str) -> int:
    """
    Write intervals, weather and price, and loads; each interval is whole, days are summed last.

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
    with translate_refusals(url, role=OWNER), open_link(url, autocommit=True) as link:
        do = partial(link.run_transaction, committed=lambda _: None)
        meters = Meters()
        meters.refresh_meters(do)
        number = meters.ids.find_rows(making.names)
        if (number < 0).any():
            unknown = making.names[number < 0][0].decode()
            msg = f"the database has no usage point {unknown}: simulate the network that it holds"
            raise InputError(msg)
        link.connection.execute(batch_writing.CREATE_STAGE)
        count = 0
        for interval in intervals:
            do(partial(_write_interval, interval=interval, number=number[interval.row]))
            count += len(interval.row)
        link.connection.execute("SELECT gridtwin.sum_load_days('0 s')")
    return count


def _write_interval(
    connection: psycopg.Connection[Any], *, interval: Interval, number: NDArray[np.int32]
) -> None:
    """Write one interval in the caller's transaction."""
    order = np.argsort(number, kind="stable")
    count = len(order)
    ready = ReadyBatch(
        meter=number[order],
        at_s=np.full(count, interval.at_s, dtype=np.int64),
        kwh=interval.kwh[order],
        voltage_v=interval.voltage_v[order],
        partition=np.full(count, OFFSET_BEFORE_ALL, dtype=np.int32),
        offset=np.full(count, OFFSET_BEFORE_ALL, dtype=np.int64),
        dead=[],
        repeated=0,
        unknown=0,
    )
    batch_writing.make_days(connection, {interval.at_s // DAY_S})
    batch_writing.write_ready(connection, AMI_READINGS.name, ready)
    batch_writing.write_conditions(connection, interval.conditions, np.array([OFFSET_BEFORE_ALL]))
    connection.execute("SELECT gridtwin.sum_loads(to_timestamp(%s))", (interval.at_s,))
