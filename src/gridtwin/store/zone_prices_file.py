"""Keep prices of load zones beside the readings of a folder, one file of Parquet."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.errors import StoreError
from gridtwin.model.readings import ZonePrices
from gridtwin.model.tables import decode_texts, encode_texts
from gridtwin.store.date_partitions import convert_to_seconds

if TYPE_CHECKING:
    from pathlib import Path

ZONE_PRICES_FILE = "zone_prices.parquet"


def keep_zone_prices(folder: Path, prices: ZonePrices) -> None:
    """
    Write prices in place of those that are there of the same zones and intervals.

    Raises
    ------
    StoreError
        If the file that is there cannot be read, or the new one not written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = folder / ZONE_PRICES_FILE
    kept = _add_prices(read_zone_prices(folder), prices).keep_last()
    table = pa.table(
        {
            "load_zone": pa.array(decode_texts(kept.load_zone).tolist(), pa.string()),
            "time": pa.array(kept.at_s * 1000).cast(pa.timestamp("ms", "UTC")),
            "price_usd_mwh": pa.array(kept.price_usd_mwh),
        }
    )
    new = file.with_suffix(f".{os.getpid()}.new")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, new, compression="zstd")
        new.replace(file)
    except OSError as error:
        new.unlink(missing_ok=True)
        msg = f"{file} cannot be written ({error}): check the disk and who may write there"
        raise StoreError(msg) from error


def read_zone_prices(folder: Path | None) -> ZonePrices:
    """
    Return the prices that are kept in a folder, in order of time.

    Raises
    ------
    StoreError
        If their file cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = None if folder is None else folder / ZONE_PRICES_FILE
    if file is None or not file.is_file():
        none = np.empty(0, np.float32)
        return ZonePrices(np.empty(0, np.int64), encode_texts([]), none)
    try:
        table = pq.read_table(file)
    except (pa.ArrowException, OSError) as error:
        msg = f"{file} cannot be read ({error}): take it away, and give its prices again"
        raise StoreError(msg) from error
    return ZonePrices(
        convert_to_seconds(table["time"]),
        encode_texts(table["load_zone"].to_pylist()),
        table["price_usd_mwh"].to_numpy().astype(np.float32),
    )


def _add_prices(there: ZonePrices, more: ZonePrices) -> ZonePrices:
    return ZonePrices(
        np.concatenate([there.at_s, more.at_s]),
        np.concatenate([there.load_zone, more.load_zone]),
        np.concatenate([there.price_usd_mwh, more.price_usd_mwh]),
    )
