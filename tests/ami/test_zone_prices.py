"""Prices of load zones are read, kept, and go before that of the territory."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import gridtwin
from ami_folder import NOON, street, write_conditions, write_readings
from gridtwin.cli.root_commands import app
from gridtwin.errors import InputError, SourceError, StoreError
from gridtwin.model.network import Network
from gridtwin.sources.zone_price_file import read_zone_prices
from gridtwin.twin import Twin

HEAD = "load_zone,interval_end,price_usd_mwh\n"
BOUNDS = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 3, tzinfo=UTC)
ENDS = [NOON + 900 * step for step in range(4)]


def name_time(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat()


@pytest.fixture
def twin(tmp_path: Path) -> Twin:
    """Return a street in the zone NORTH, always overloaded; the territory's price is 50."""
    frames = {name: getattr(street(), name) for name in ("nodes", "equipment", "sources")}
    points = street().usage_points.assign(load_zone=["NORTH", "NORTH", None, None])
    feeders = street().feeders.assign(load_zone=["SOUTH"])
    network = Network.from_frames(**frames, usage_points=points, feeders=feeders)
    twin = gridtwin.open(network).save(tmp_path / "street.twin")
    rows = [(meter, end, 50.0, 120.0) for end in ENDS for meter in ("M1", "M2", "M3")]
    write_readings(twin.store.path / "ami", rows)
    write_conditions(twin.store.path / "ami", dict.fromkeys(ENDS, 50.0))
    twin.ami.roll_up()
    return twin


def ask_dear(twin: Twin) -> dict[str, float]:
    frame = twin.ami.history.overloaded(*BOUNDS, price=100).frame
    return dict(zip(frame.transformer, frame.hours, strict=True))


def write_prices(folder: Path, *lines: str) -> Path:
    file = folder / "prices.csv"
    file.write_text(HEAD + "".join(f"{line}\n" for line in lines))
    return file


def test_the_price_of_the_zone_goes_before_that_of_the_territory(
    twin: Twin, tmp_path: Path
) -> None:
    assert ask_dear(twin) == {}
    file = write_prices(
        tmp_path,
        f"NORTH,{name_time(ENDS[0])},200",
        f"NORTH,{name_time(ENDS[1])},200",
        f"SOUTH,{name_time(ENDS[2])},300",
        f"ELSEWHERE,{name_time(ENDS[3])},900",
    )
    done = CliRunner().invoke(app, ["ami", "zone-prices", str(file), "--in", str(twin.store.path)])
    assert done.exit_code == 0, done.output
    assert "4 prices of load zones kept" in done.stderr
    assert ask_dear(twin) == {"T1": 0.5, "T2": 0.25}
    write_conditions(twin.store.path / "ami", dict.fromkeys(ENDS, 150.0))
    assert ask_dear(twin) == {"T1": 1.0, "T2": 1.0}
    cheap = [f"NORTH,{name_time(end)},-5" for end in ENDS]
    assert twin.ami.take_zone_prices(write_prices(tmp_path, *cheap)) == 4
    assert ask_dear(twin) == {"T2": 1.0}, "a low price of the zone, whatever that of the territory"


def test_the_last_price_counts_in_a_file_and_among_files(twin: Twin, tmp_path: Path) -> None:
    kept = twin.store.path / "ami/zone_prices.parquet"
    end = name_time(ENDS[0])
    twin.ami.take_zone_prices(write_prices(tmp_path, f"NORTH,{end},1", f"NORTH,{end},2"))
    assert pq.read_table(kept)["price_usd_mwh"].to_pylist() == [2]
    twin.ami.take_zone_prices(
        write_prices(tmp_path, f"NORTH,{end},3", "SOUTH,2026-07-01T07:00:00-05:00,4")
    )
    told = pq.read_table(kept).to_pandas()
    assert told.price_usd_mwh.tolist() == [3, 4]
    assert (told.time == pd.Timestamp(ENDS[0], unit="s", tz="UTC")).all()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (f",{name_time(ENDS[0])},1", "line 3: load_zone '' cannot be used: name the zone"),
        ("N,2026-07-01T12:00:00,1", "line 3: interval_end .* with its offset"),
        ("N,soon,1", "line 3: interval_end 'soon'"),
        ("N,2026-07-01T12:01:00Z,1", "line 3: interval_end .* the end of 15 minutes"),
        (f"N,{name_time(ENDS[0])},much", "line 3: price_usd_mwh 'much'"),
        (f"N,{name_time(ENDS[0])},inf", "line 3: price_usd_mwh 'inf'"),
        (f"N,{name_time(ENDS[0])},", "line 3: price_usd_mwh ''"),
    ],
)
def test_a_line_that_is_no_price_is_named_and_nothing_is_kept(
    twin: Twin, tmp_path: Path, line: str, why: str
) -> None:
    file = write_prices(tmp_path, f"N,{name_time(ENDS[0])},1", line)
    with pytest.raises(SourceError, match=why):
        twin.ami.take_zone_prices(file)
    assert not (twin.store.path / "ami/zone_prices.parquet").exists()


def test_what_is_no_file_of_prices_is_refused(twin: Twin, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        read_zone_prices(tmp_path / "none.csv")
    (tmp_path / "other.csv").write_text("zone,price\nN,1\n")
    with pytest.raises(SourceError, match="has no column load_zone"):
        read_zone_prices(tmp_path / "other.csv")
    good = write_prices(tmp_path, f"N,{name_time(ENDS[0])},1")
    with pytest.raises(InputError, match="save it"):
        gridtwin.open(twin.store.network).ami.take_zone_prices(good)
    (twin.store.path / "ami/zone_prices.parquet").write_bytes(b"no parquet")
    with pytest.raises(StoreError, match="give its prices again"):
        twin.ami.take_zone_prices(good)


def test_a_zone_that_is_a_number_is_named_without_a_point(twin: Twin, tmp_path: Path) -> None:
    points = twin.network.usage_points.assign(load_zone=[7.0, 7.0, 8.0, 8.0])
    frames = {name: getattr(twin.network, name) for name in ("nodes", "equipment", "sources")}
    network = Network.from_frames(**frames, usage_points=points, feeders=twin.network.feeders)
    numbered = gridtwin.open(network).save(tmp_path / "numbered.twin")
    numbered = replace_readings(numbered, twin)
    numbered.ami.take_zone_prices(write_prices(tmp_path, f"7,{name_time(ENDS[0])},200"))
    assert ask_dear(numbered) == {"T1": 0.25}


def replace_readings(twin: Twin, other: Twin) -> Twin:
    """Return a twin with the readings of another."""
    (other.store.path / "ami").rename(twin.store.path / "ami")
    return gridtwin.open(twin.store.path)
