"""Turn rows of feeds that are values over time into weather and prices as readings keep them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model.feed_tables import FEED_TABLES
from gridtwin.model.readings import Conditions, ZonePrices
from gridtwin.model.tables import encode_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridtwin.model.feed_tables import FeedRow, FeedTable, FeedValue
    from gridtwin.store.parquet_readings import ParquetReadings


def write_series_rows(readings: ParquetReadings, table: FeedTable, rows: Sequence[FeedRow]) -> None:
    """
    Keep values over time with the readings; what is not given leaves what is there.

    Raises
    ------
    InputError
        If the twin keeps no readings.
    StoreError
        If they cannot be written.
    """
    columns = dict(zip(table.names, zip(*rows, strict=True), strict=True))
    at_s = np.array(
        [int(datetime.fromisoformat(str(each)).timestamp()) for each in columns["time"]], np.int64
    )
    price = _make_numbers(columns["price_usd_mwh"])
    if table is FEED_TABLES["zone_prices"]:
        zones = encode_texts([str(each) for each in columns["load_zone"]])
        readings.write_zone_prices(ZonePrices(at_s, zones, price))
        return
    temperature_c = _make_numbers(columns["temperature_c"])
    there = readings.read_conditions(int(at_s.min()) - 1, int(at_s.max()))
    known = {at: row for row, at in enumerate(there.at_s.tolist())}
    for row, at in enumerate(at_s.tolist()):
        kept = known.get(at)
        if kept is not None:
            if np.isnan(temperature_c[row]):
                temperature_c[row] = there.temperature_c[kept]
            if np.isnan(price[row]):
                price[row] = there.price_usd_mwh[kept]
    readings.write_conditions(
        Conditions(at_s=at_s, temperature_c=temperature_c, price_usd_mwh=price)
    )


def _make_numbers(values: Sequence[FeedValue]) -> NDArray[np.float32]:
    return np.array([np.nan if each is None else each for each in values], dtype=np.float32)
