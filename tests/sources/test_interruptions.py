"""Tables of interruptions are read to the second, and a wrong row is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gridtwin.errors import SourceError
from gridtwin.sources.interruptions import read_interruptions, read_served

HEAD = "outage,usage_point,began_at,restored_at,customers,planned\n"


def written(tmp_path: Path, rows: str, head: str = HEAD) -> Path:
    path = tmp_path / "interruptions.csv"
    path.write_text(head + rows)
    return path


def test_times_are_iso_with_a_zone_or_unix_seconds(tmp_path: Path) -> None:
    frame = read_interruptions(
        written(
            tmp_path,
            "O-1,M1,2026-03-01T10:00:00Z,2026-03-01T11:00:00.5Z,2,true\n"
            "O-1,M2,2026-03-01T04:00:00-06:00,,1,no\n"
            "O-2,M3,1772359200,1772359260,,\n",
        )
    )
    assert frame["began_s"].tolist() == [1772359200.0] * 3
    assert frame["restored_s"].fillna(-1).tolist() == [1772362800.5, -1, 1772359260.0]
    assert frame["customers"].fillna(-1).tolist() == [2, 1, -1]
    assert frame["planned"].tolist() == [True, False, False]
    assert frame["feeder"].tolist() == ["", "", ""]


def test_parquet_says_the_same_as_csv(tmp_path: Path) -> None:
    path = tmp_path / "interruptions.parquet"
    pd.DataFrame(
        {
            "began_at": pd.to_datetime(["2026-03-01T10:00:00Z", "2026-03-01T12:00:00Z"]),
            "restored_at": pd.to_datetime(["2026-03-01T11:00:00Z", None], utc=True),
            "customers": [5, 7],
            "feeder": ["A", None],
        }
    ).to_parquet(path)
    frame = read_interruptions(path)
    assert frame["began_s"].tolist() == [1772359200.0, 1772366400.0]
    assert frame["restored_s"].tolist()[0] == 1772362800.0
    assert np.isnan(frame["restored_s"].tolist()[1])
    assert frame["feeder"].tolist() == ["A", ""]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("O,M,2026-03-01T10:00:00,,1,", "row 1: began_at '2026-03-01T10:00:00' names no time zone"),
        ("O,M,yesterday,,1,", "row 1: began_at 'yesterday' is no time: write it as"),
        ("O,M,,,1,", "row 1: began_at '' is no time: an interruption begins"),
        ("O,M,2026-03-01T10:00:00Z,2026-03-01T09:00:00Z,1,", "is before the interruption began"),
        ("O,M,1772359200000,,1,", "began_at '1772359200000' is no time of our age"),
        ("O,M,2026-03-01T10:00:00Z,,some,", "customers 'some' is no number of customers"),
        ("O,M,2026-03-01T10:00:00Z,,-3,", "customers '-3' is no number of customers"),
        ("O,M,2026-03-01T10:00:00Z,,1.5,", "customers '1.5' is no number of customers"),
        ("O,M,2026-03-01T10:00:00Z,,1,perhaps", "planned 'perhaps' is neither true nor false"),
    ],
)
def test_a_wrong_row_is_refused_with_its_number(tmp_path: Path, row: str, reason: str) -> None:
    with pytest.raises(SourceError, match="row 1: ") as caught:
        read_interruptions(written(tmp_path, row + "\n"))
    assert reason in str(caught.value)


def test_numbers_and_truths_of_parquet_are_read(tmp_path: Path) -> None:
    path = tmp_path / "numbers.parquet"
    pd.DataFrame(
        {
            "began_at": [1772359200, 1772359201],
            "restored_at": [1772359300.5, np.nan],
            "planned": [True, False],
            "customers": pd.array([3, None], dtype="Int64"),
            "usage_point": [17, 18],
        }
    ).to_parquet(path)
    frame = read_interruptions(path)
    assert frame["restored_s"].fillna(0).tolist() == [1772359300.5, 0]
    assert frame["planned"].tolist() == [True, False]
    assert frame["customers"].fillna(-1).tolist() == [3, -1]
    assert frame["usage_point"].tolist() == ["17", "18"]


def test_a_file_that_is_no_such_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no column restored_at: it has began_at, x"):
        read_interruptions(written(tmp_path, "1,2\n", "began_at,x\n"))
    with pytest.raises(SourceError, match="no such file"):
        read_interruptions(tmp_path / "none.csv")
    with pytest.raises(SourceError, match=r"read from \.csv or \.parquet"):
        read_interruptions(tmp_path / "none.xlsx")
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 but not really")
    with pytest.raises(SourceError, match="cannot be read as parquet"):
        read_interruptions(broken)
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(SourceError, match="cannot be read as csv"):
        read_interruptions(tmp_path / "empty.csv")


def test_parquet_times_without_a_zone_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "naive.parquet"
    times = pd.to_datetime(["2026-03-01T10:00:00"])
    pd.DataFrame({"began_at": times, "restored_at": times}).to_parquet(path)
    with pytest.raises(SourceError, match="began_at names no time zone"):
        read_interruptions(path)


def test_customers_served_are_read_by_feeder(tmp_path: Path) -> None:
    path = tmp_path / "served.csv"
    path.write_text("feeder,substation,customers\nA,X,10\nB,X,5\n")
    assert read_served(path)["customers"].tolist() == [10, 5]
    path.write_text("feeder,customers\nA,\n")
    with pytest.raises(SourceError, match="row 1: customers '' is no number"):
        read_served(path)
    path.write_text("name,customers\nA,1\n")
    with pytest.raises(SourceError, match="need the columns customers, and feeder or substation"):
        read_served(path)
