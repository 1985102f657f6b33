"""Keep weather and prices beside the readings of a folder, one file of Parquet."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from gridtwin.model.readings import Conditions

CONDITIONS_FILE = "conditions.parquet"


def write_conditions_file(folder: Path, there: Conditions, found: Conditions) -> None:
    """
    Write weather and prices in place of those that are there of the same intervals.

    Parameters
    ----------
    folder
        The folder of readings.
    there
        All that is there.
    found
        What is new; of an interval the last counts.

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    at_s = np.concatenate([there.at_s, found.at_s])
    # The last of each: unique() returns the first, so it looks from behind.
    _, behind = np.unique(at_s[::-1], return_index=True)
    rows = len(at_s) - 1 - behind
    temperature_c = np.concatenate([there.temperature_c, found.temperature_c])[rows]
    price = np.concatenate([there.price_usd_mwh, found.price_usd_mwh])[rows]
    table = pa.table(
        {
            "time": pa.array(at_s[rows] * 1000).cast(pa.timestamp("ms", "UTC")),
            "temperature_c": pa.array(temperature_c),
            "price_usd_mwh": pa.array(price),
        }
    )
    file = folder / CONDITIONS_FILE
    new = file.with_suffix(f".{os.getpid()}.new")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, new, compression="zstd")
        new.replace(file)
    except OSError as error:
        new.unlink(missing_ok=True)
        msg = f"{file} cannot be written ({error}): check the disk and who may write there"
        raise StoreError(msg) from error
