"""Hold major event days of four utilities' outage histories against pandas and earlier figures."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gridtwin.analysis.reliability.interruption_records import Interruptions
from gridtwin.analysis.reliability.reliability_indices import (
    ReliabilityIndices,
    compute_reliability,
)

pytestmark = pytest.mark.field

# Million customer-minutes a day, found by another program on longer histories of the four.
FOUND_BEFORE = {"pge": 82.8, "bchydro": 32.4, "lgeku": 6.36, "ssen": 10.1}


def history(utility: str) -> pd.DataFrame:
    root = Path(os.environ.get("GRIDTWIN_FIELD_DATA", Path(__file__).parents[2] / "../shared/data"))
    path = root / "outages" / f"{utility}_outages.parquet"
    assert path.is_file(), f"{path} is missing: set GRIDTWIN_FIELD_DATA"
    frame = pd.read_parquet(path)
    lasts_h = frame["dur_h"]
    return frame[~frame["planned"].astype(bool) & (lasts_h > 5 / 60) & (lasts_h < 30 * 24)]


def indices_of(frame: pd.DataFrame) -> ReliabilityIndices:
    """Return indices of one customer served, so that SAIDI is customer-minutes."""
    rows = Interruptions.from_columns(
        frame["start"].to_numpy(float),
        frame["restored_mid"].to_numpy(float),
        frame["cust_max"].fillna(0).to_numpy(np.int64),
    )
    begin, end = frame["start"].min(), frame["start"].max() + 1
    return compute_reliability(rows, np.array([1]), float(begin), float(end))


@pytest.mark.parametrize("utility", FOUND_BEFORE)
def test_threshold_and_days_equal_those_of_pandas(utility: str) -> None:
    frame = history(utility)
    found = indices_of(frame)
    day = pd.to_datetime(frame["start"], unit="s").dt.floor("D")
    spent = (frame["restored_mid"] - frame["start"]) / 60 * frame["cust_max"].fillna(0)
    daily = spent.groupby(day).sum()
    logs = np.log(daily[daily > 0])
    t_med = float(np.exp(logs.mean() + 2.5 * logs.std()))
    assert found.threshold.t_med == pytest.approx(t_med, rel=1e-9)
    assert found.threshold.days == len(logs)
    assert int(found.daily.major.sum()) == int((daily > t_med).sum())
    assert found.system.customer_minutes[0] == pytest.approx(float(spent.sum()), rel=1e-9)


@pytest.mark.parametrize("utility", FOUND_BEFORE)
def test_threshold_is_of_the_size_found_on_longer_histories(utility: str) -> None:
    found = indices_of(history(utility))
    assert found.threshold.t_med / 1e6 == pytest.approx(FOUND_BEFORE[utility], rel=0.4)
    assert 0.01 < found.daily.major.sum() / found.threshold.days < 0.03
