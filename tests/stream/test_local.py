"""Readings from files into a folder: the same rules as from Kafka, whatever dies on the way."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridtwin.errors import SourceError
from gridtwin.model.tables import encode_texts
from gridtwin.stream.ingest.local.silver import SilverRows
from gridtwin.stream.ingest.local.taking import list_local_letters, replay_local_letters, take_files
from gridtwin.stream.ingest.replay import Replayed
from meter_stream import START_S, Meters, expected, reading
from waiting import started

NAMES = [f"UP-{n}" for n in range(40)]
MRID = encode_texts(NAMES)


def kept(folder: Path) -> dict[tuple[str, datetime], float]:
    """Return what a folder keeps, and hold its order and its files against what is promised."""
    found = {}
    for file in sorted(folder.glob("readings/date=*/*.parquet")):
        rows = pq.read_table(file, partitioning=None).to_pylist()
        places = [(row["reading_time"], NAMES.index(row["meter_id"])) for row in rows]
        assert places == sorted(set(places))
        hours = {f"date={at:%Y-%m-%d}/part-{at:%H}.parquet" for at, _ in places}
        assert hours == {f"{file.parent.name}/{file.name}"}
        for row in rows:
            assert (row["meter_id"], row["reading_time"]) not in found
            found[row["meter_id"], row["reading_time"]] = round(row["kwh"], 3)
    return found


def lines_of(seed: int, intervals: int) -> list[bytes]:
    meters = Meters(NAMES, seed=seed)
    return [value for _ in range(intervals) for _, value in meters.interval() if b"\n" not in value]


def counted(lines: list[bytes]) -> dict[tuple[str, datetime], float]:
    counts, _ = expected([(0, at, value) for at, value in enumerate(lines)], NAMES)
    return {place: kwh for place, (kwh, _) in counts.items()}


def test_lines_count_once_the_last_word_counts_and_the_rest_is_set_apart(tmp_path: Path) -> None:
    lines = lines_of(1, 8)
    file, folder = tmp_path / "ami.jsonl", tmp_path / "ami"
    file.write_bytes(b"".join(line + b"\n" for line in lines[:300]))
    take_files(file, folder, MRID)
    assert kept(folder) == counted(lines[:300])
    with file.open("ab") as more:
        more.write(b"".join(line + b"\n" for line in lines[300:]) + b'{"meter_id": "UP-1", "rea')
    assert take_files(file, folder, MRID).readings > 0
    assert kept(folder) == counted(lines)
    _, dead = expected([(0, at, value) for at, value in enumerate(lines)], NAMES)
    assert len(list_local_letters(folder, most=10_000)) == len(dead)
    assert take_files(file, folder, MRID).readings == 0  # the line without its end waits
    raw = [pq.read_table(part) for part in sorted(folder.glob("bronze/*/*.parquet"))]
    assert pa.concat_tables(raw)["value"].to_pylist() == lines


def test_a_folder_of_parquet_is_taken_file_by_file_and_one_that_changed_anew(
    tmp_path: Path,
) -> None:
    at = [datetime.fromtimestamp(START_S + 900 * n, UTC) for n in range(1, 9)]

    def write(name: str, kwh: float, meters: list[str]) -> None:
        path = tmp_path / "in" / "readings" / "date=2026-07-01" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [(meter, time) for time in at for meter in meters]
        table = pa.table(
            {
                "meter_id": pa.array([meter for meter, _ in rows]).dictionary_encode(),
                "reading_time": pa.array([time for _, time in rows], pa.timestamp("us", "UTC")),
                "kwh": pa.array([kwh] * len(rows), pa.float64()),
                "voltage_v": pa.array([None] * len(rows), pa.float32()),
            }
        )
        pq.write_table(table, path, row_group_size=50)

    write("part-0.parquet", 1.0, NAMES)
    write("part-1.parquet", 2.0, [*NAMES[:5], "UP-none"])
    pq.write_table(
        pa.table(
            {
                "time": pa.array(at[:1], pa.timestamp("ms", "UTC")),
                "temperature_c": pa.array([30.0], pa.float32()),
                "price_usd_mwh": pa.array([25.0], pa.float32()),
            }
        ),
        tmp_path / "in" / "conditions.parquet",
    )
    folder = tmp_path / "ami"
    taken = take_files(tmp_path / "in", folder, MRID)
    assert (taken.readings, taken.dead, taken.conditions) == (8 * 45, 8, 1)
    want = {(name, time): 2.0 if name in NAMES[:5] else 1.0 for name in NAMES for time in at}
    assert kept(folder) == want
    assert take_files(tmp_path / "in", folder, MRID).readings == 0
    write("part-1.parquet", 3.0, NAMES[:1])
    assert take_files(tmp_path / "in", folder, MRID).readings == 8
    assert kept(folder) == want | {(NAMES[0], time): 3.0 for time in at}


def test_weather_and_prices_keep_the_last_word(tmp_path: Path) -> None:
    file = tmp_path / "conditions.jsonl"
    for price in (20.0, 4000.0):
        line = {"time": "2026-07-01T00:15:00Z", "temperature_c": 31.0, "price_usd_mwh": price}
        with file.open("a") as more:
            more.write(json.dumps(line) + "\n")
        take_files(file, tmp_path / "ami", MRID)
    (row,) = pq.read_table(tmp_path / "ami" / "conditions.parquet").to_pylist()
    assert (row["temperature_c"], row["price_usd_mwh"]) == (31.0, 4000.0)


def test_dead_letters_are_taken_when_their_meter_is_known_and_replace_nothing(
    tmp_path: Path,
) -> None:
    file, folder = tmp_path / "ami.jsonl", tmp_path / "ami"
    early = [reading("UP-new", START_S + 900, 1.0), reading("UP-new", START_S + 1800, 1.0), b"{"]
    file.write_bytes(b"".join(line + b"\n" for line in early))
    assert take_files(file, folder, MRID).dead == 3
    more = encode_texts([*NAMES, "UP-new"])
    NAMES.append("UP-new")
    try:
        with file.open("ab") as end:
            end.write(reading("UP-new", START_S + 900, 2.0) + b"\n")
        take_files(file, folder, more)
        assert replay_local_letters(folder, more) == Replayed(taken=2, still_dead=1)
        assert sorted(kept(folder).values()) == [1.0, 2.0]
        assert [letter.value for letter in list_local_letters(folder)] == [b"{"]
        assert len(list_local_letters(folder, replayed=True)) == 3
    finally:
        NAMES.pop()


def test_what_is_no_source_is_refused_by_name(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "none.jsonl"):
        with pytest.raises(SourceError, match=rf"{place}: no readings there: give a file of JSON"):
            take_files(place, tmp_path / "ami", MRID)
    shrunk = tmp_path / "ami.jsonl"
    first = reading("UP-1", START_S + 900, 1.0) + b"\n"
    shrunk.write_bytes(first * 2)
    take_files(shrunk, tmp_path / "ami", MRID)
    shrunk.write_bytes(first)
    with pytest.raises(SourceError, match="fewer lines than were taken of it"):
        take_files(shrunk, tmp_path / "ami", MRID)


READINGS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4), st.integers(0, 9)), max_size=40)


@given(READINGS, READINGS)
def test_the_last_reading_of_a_meter_and_time_counts(
    first: list[tuple[int, int, int]], second: list[tuple[int, int, int]]
) -> None:
    def rows(read: list[tuple[int, int, int]]) -> SilverRows:
        at = np.array([at for at, _, _ in read], dtype=np.int64) * 900
        row = np.array([row for _, row, _ in read], dtype=np.int32)
        kwh = np.array([kwh for _, _, kwh in read], dtype=np.float32)
        return SilverRows(at, row, kwh, kwh)

    want = {(at * 900, row): kwh for at, row, kwh in first + second}
    found = rows(first).select_newest().append_rows(rows(second)).select_newest()
    places = list(zip(found.at_s.tolist(), found.row.tolist(), strict=True))
    assert dict(zip(places, found.kwh.tolist(), strict=True)) == want
    assert places == sorted(want)


@pytest.mark.long
def test_a_process_that_is_killed_at_any_moment_loses_and_doubles_nothing(tmp_path: Path) -> None:
    chance = random.Random(7)
    lines = lines_of(3, 60)
    file, folder = tmp_path / "ami.jsonl", tmp_path / "ami"
    file.write_bytes(b"".join(line + b"\n" for line in lines))
    script = (
        "import pathlib, sys; from gridtwin.model.tables import encode_texts;"
        "from gridtwin.stream.ingest.local import pieces, taking; pieces.PIECE_BYTES = 1500;"
        f"taking.take_files(pathlib.Path({str(file)!r}), pathlib.Path({str(folder)!r}),"
        f" encode_texts({NAMES!r}))"
    )
    killed = 0
    for _ in range(20):
        before = len(list(folder.glob("bronze/*/*")))
        with started([sys.executable, "-c", script]) as worker:
            while worker.poll() is None:
                if len(list(folder.glob("bronze/*/*"))) > before + 1:
                    time.sleep(chance.uniform(0, 0.05))
                    os.kill(worker.pid, signal.SIGKILL)
                    killed += 1
                    break
    assert killed == 20
    take_files(file, folder, MRID)
    assert kept(folder) == counted(lines)
    _, dead = expected([(0, at, value) for at, value in enumerate(lines)], NAMES)
    assert len(list_local_letters(folder, most=10_000)) == len(dead)
