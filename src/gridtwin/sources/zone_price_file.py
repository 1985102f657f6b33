"""Read prices of load zones from a file of CSV, as it also goes on the stage of a warehouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.errors import SourceError
from gridtwin.model.readings import INTERVAL_S, ZonePrices
from gridtwin.model.tables import encode_texts

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

PRICE_COLUMNS = ("load_zone", "interval_end", "price_usd_mwh")
WITH_OFFSET = r"(?:Z|[+-]\d{2}:?\d{2})$"


def read_zone_prices(path: Path) -> ZonePrices:
    """
    Return the prices of a file: ``load_zone,interval_end,price_usd_mwh``, a head and a line each.

    Parameters
    ----------
    path
        The file. Of several prices of one zone and interval the last counts.

    Raises
    ------
    SourceError
        If it cannot be read, or a line is no price: which, why, and what is wanted.
    """
    import pandas as pd

    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, skipinitialspace=True)
    except (OSError, ValueError) as error:
        msg = f"{path} cannot be read ({error}): give a file of CSV"
        raise SourceError(msg) from error
    frame.columns = frame.columns.str.strip().str.lower()
    missing = [name for name in PRICE_COLUMNS if name not in frame.columns]
    if missing:
        msg = f"{path} has no column {missing[0]}: its head has to name {', '.join(PRICE_COLUMNS)}"
        raise SourceError(msg)
    zone = frame["load_zone"].str.strip()
    _refuse(path, frame, "load_zone", zone == "", "name the zone")
    text = frame["interval_end"].str.strip()
    at = pd.to_datetime(text, utc=True, errors="coerce", format="ISO8601")
    told = text.str.contains(WITH_OFFSET, regex=True) & at.notna()
    _refuse(path, frame, "interval_end", ~told, "give ISO 8601 with its offset from UTC")
    at_s = (at - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(seconds=1)
    _refuse(path, frame, "interval_end", at_s % INTERVAL_S != 0, "give the end of 15 minutes")
    price = pd.to_numeric(frame["price_usd_mwh"], errors="coerce")
    finite = np.isfinite(price.to_numpy(dtype=float))
    _refuse(path, frame, "price_usd_mwh", ~finite, "give US dollars a megawatt-hour")
    return ZonePrices(
        at_s=np.asarray(at_s, dtype=np.int64),
        load_zone=encode_texts(zone.tolist()),
        price_usd_mwh=np.asarray(price, dtype=np.float32),
    ).keep_last()


def _refuse(
    path: Path, frame: pd.DataFrame, column: str, wrong: pd.Series | np.ndarray, mend: str
) -> None:
    """Refuse a file with a line that is wrong, naming the first."""
    rows = np.flatnonzero(wrong)
    if len(rows):
        value = frame[column].iloc[rows[0]]
        msg = f"{path}, line {rows[0] + 2}: {column} {value!r} cannot be used: {mend}"
        raise SourceError(msg)
