"""Loads by day in PostgreSQL answer as those of intervals do, and only while they are of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import psycopg
import pytest

import gridtwin
from ami_folder import street
from gridtwin.store.postgis.connect import connect
from gridtwin.stream.ingest.housekeeping import Keeper, KeeperRules
from gridtwin.twin import Twin

FIRST = datetime(2026, 7, 1, tzinfo=UTC)
DAYS = 3
SEVERAL = [f"T{at}" for at in (1, 2)]
PERIODS = {
    "whole days": (FIRST - timedelta(minutes=15), FIRST + timedelta(days=DAYS)),
    "from midnight on": (FIRST, FIRST + timedelta(days=DAYS)),
    "cut at both ends": (FIRST + timedelta(hours=5), FIRST + timedelta(days=2, hours=7)),
    "a few hours": (FIRST + timedelta(hours=5), FIRST + timedelta(hours=9)),
}


def ask_all(twin: Twin) -> dict[str, pd.DataFrame]:
    """Return the answers to every question that reads loads of transformers."""
    history = twin.ami.history
    asked = {}
    for name, period in PERIODS.items():
        for pct in (0, 20, 60, 137.5):
            asked[f"{name}: above {pct} %"] = history.overloaded(*period, pct=pct).frame
            dear = history.overloaded(*period, pct=pct, price=100).frame
            asked[f"{name}: dear, above {pct} %"] = dear
        for chosen in (SEVERAL, SEVERAL[:1]):
            values = {"transformers": chosen, "topmost": chosen}
            answer = history._ask_readings("at_risk", *period, values)
            asked[f"{name}: {len(chosen)} at risk"] = answer.frame
    return asked


def write_loads(link: psycopg.Connection, seed: int, days: int = DAYS) -> None:
    """Write loads that flow both ways; some are not known, some are not there, some are equal."""
    rng = np.random.default_rng(seed)
    rows = [
        (
            FIRST + timedelta(minutes=15 * step),
            f"T{at}",
            None if rng.random() < 0.05 else round(float(rng.uniform(-40, 40))) / 2,
        )
        for step in range(96 * days)
        for at in (1, 2)
        if rng.random() > 0.1
    ]
    with link.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO gridtwin.transformer_load (reading_time, transformer, kwh, meters)"
            " VALUES (%s, %s, %s, 1) ON CONFLICT (reading_time, transformer)"
            " DO UPDATE SET kwh = excluded.kwh",
            rows,
        )
    link.execute(
        "SELECT gridtwin.touch_load_day(d::date)"
        " FROM generate_series(date '2026-07-01', date '2026-07-01' + %s - 1, '1 day') d",
        (days,),
    )


@pytest.fixture
def twin(database: str) -> Twin:
    """Return a street whose transformers are rated 25 and 50 kVA, with loads and prices."""
    twin = gridtwin.open(street()).save(database)
    with connect(database) as link:
        link.execute("SELECT gridtwin.make_reading_days('2026-07-01', '2026-07-04')")
        link.execute(
            'INSERT INTO gridtwin.conditions ("time", price_usd_mwh)'
            " SELECT t, 50 + 100 * (extract(hour FROM t)::int %% 3)"
            " FROM generate_series(%s, %s::timestamptz, '15 min') t",
            (FIRST, FIRST + timedelta(days=DAYS)),
        )
        write_loads(link, seed=1)
    return twin


def count_summed(database: str) -> int:
    with connect(database) as link:
        (row,) = link.execute("SELECT count(summed_at) FROM gridtwin.load_days")
    return int(row[0])


def assert_same(first: dict[str, pd.DataFrame], other: dict[str, pd.DataFrame]) -> None:
    for name, frame in first.items():
        pd.testing.assert_frame_equal(frame, other[name], check_dtype=False, obj=name)


def test_days_and_intervals_give_one_answer(twin: Twin, database: str) -> None:
    of_intervals = ask_all(twin)
    assert all(len(frame) for name, frame in of_intervals.items() if "137" not in name)
    with connect(database) as link:
        link.execute("SELECT gridtwin.sum_load_day('2026-07-02')")
    assert_same(of_intervals, ask_all(twin))
    with connect(database) as link:
        link.execute("SELECT gridtwin.sum_load_days('0 s')")
    assert count_summed(database) == DAYS
    assert_same(of_intervals, ask_all(twin))


def test_a_transformer_goes_by_the_price_of_its_zone(twin: Twin, database: str) -> None:
    everywhere = ask_all(twin)
    with connect(database) as link:
        link.execute(
            "UPDATE gridtwin.usage_points u SET transformer = e.row,"
            " own = jsonb_build_object('load_zone', z.name) FROM gridtwin.equipment e, (VALUES"
            " ('M1', 'T1', 'NORTH'), ('M3', 'T2', 'SOUTH')) z (meter, transformer, name)"
            " WHERE u.mrid = z.meter AND e.mrid = z.transformer"
        )
        link.execute("SELECT gridtwin.refresh_meters()")
        link.execute(
            'INSERT INTO gridtwin.zone_prices (load_zone, "time", price_usd_mwh)'
            " SELECT z, t, 20 + 60 * (extract(hour FROM t)::int %% 4)"
            " FROM generate_series(%s, %s::timestamptz, '30 min') t, unnest(%s::text[]) z",
            (FIRST, FIRST + timedelta(days=DAYS), ["NORTH", "ELSEWHERE"]),
        )
    of_intervals = ask_all(twin)
    for name, frame in of_intervals.items():
        if "transformer" in frame:
            south = [each[each.transformer == "T2"] for each in (frame, everywhere[name])]
            pd.testing.assert_frame_equal(*(each.reset_index(drop=True) for each in south))
    changed = "whole days: dear, above 60 %"
    assert not of_intervals[changed].equals(everywhere[changed])
    with connect(database) as link:
        link.execute("SELECT gridtwin.sum_load_days('0 s')")
    assert_same(of_intervals, ask_all(twin))


@pytest.mark.parametrize(("before", "after"), [(25e3, 10e3), (None, 25e3), (10e3, None)])
def test_loads_are_held_against_the_nameplate_of_now(
    twin: Twin, database: str, before: float | None, after: float | None
) -> None:
    def change_rating(rated_va: float | None) -> None:
        with connect(database) as link:
            link.execute(
                "UPDATE gridtwin.equipment SET rated_va = %s WHERE mrid = 'T1'", (rated_va,)
            )

    change_rating(before)
    with connect(database) as link:
        link.execute("SELECT gridtwin.sum_load_days('0 s')")
    change_rating(after)
    by_day = ask_all(twin)
    with connect(database) as link:
        link.execute("SELECT gridtwin.sum_load_day('2026-07-02')")
    assert_same(by_day, ask_all(twin))
    with connect(database) as link:
        link.execute("UPDATE gridtwin.load_days SET summed_at = NULL")
    assert_same(by_day, ask_all(twin))


def test_days_that_were_summed_before_heavy_loads_were_kept_answer_too(
    twin: Twin, database: str
) -> None:
    with connect(database) as link:
        link.execute("SELECT gridtwin.sum_load_days('0 s')")
    kept = ask_all(twin)
    with connect(database) as link:
        link.execute("TRUNCATE gridtwin.heavy_load")
        link.execute("UPDATE gridtwin.load_days SET heavy_from = NULL")
    assert_same(kept, ask_all(twin))


def test_what_comes_late_is_told_before_and_after_the_day_is_summed_again(
    twin: Twin, database: str
) -> None:
    with connect(database) as link:
        link.execute("SELECT gridtwin.sum_load_days('0 s')")
        link.execute("DELETE FROM gridtwin.transformer_load WHERE transformer = 'T1'")
        write_loads(link, seed=2, days=1)
        link.execute("SELECT gridtwin.touch_load_day(day) FROM gridtwin.load_days")
    late = ask_all(twin)
    with connect(database) as link:
        link.execute("SELECT gridtwin.sum_load_days('0 s')")
    assert_same(late, ask_all(twin))


@pytest.mark.usefixtures("twin")
def test_what_is_written_while_a_day_is_summed_leaves_it_due(database: str) -> None:
    with connect(database) as writing, connect(database, autocommit=True) as summing:
        write_loads(writing, seed=3, days=1)
        # Its mark is locked by the writer: the sum ends when that has committed.
        summing.execute("SET lock_timeout = '200ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            summing.execute("SELECT gridtwin.sum_load_day('2026-07-01')")
        writing.commit()
        summing.execute("SELECT gridtwin.sum_load_days('0 s')")
    assert count_summed(database) == DAYS


def test_sums_outlive_the_readings_and_are_forgotten_in_the_end(twin: Twin, database: str) -> None:
    wide = ask_all(twin)
    with connect(database) as link:
        link.execute("SELECT gridtwin.drop_reading_days('2026-07-03')")
        (left,) = link.execute("SELECT min(reading_time) FROM gridtwin.transformer_load")
        write_loads(link, seed=4, days=0)
        link.execute("SELECT gridtwin.make_reading_days('2026-07-01', '2026-07-01')")
        link.execute(
            "INSERT INTO gridtwin.transformer_load VALUES ('2026-07-01Z', 'T1', 99, 1, 120, 120)"
        )
        link.execute("SELECT gridtwin.touch_load_day('2026-07-01')")
        link.execute("SELECT gridtwin.sum_load_days('0 s')")
    assert left[0] == FIRST + timedelta(days=2)
    assert_same(wide, ask_all(twin))  # a day that was closed stays as it was summed
    with connect(database) as link:
        link.execute("SELECT gridtwin.forget_load_days()")
        for table in ("transformer_day_load", "block_day_load", "heavy_load"):
            (kept,) = link.execute(f"SELECT array_agg(DISTINCT day) FROM gridtwin.{table}")  # noqa: S608
            assert kept[0] == [(FIRST + timedelta(days=2)).date()], "whose intervals are there"


@pytest.mark.usefixtures("twin")
def test_a_keeper_sums_days_that_have_come_to_rest(database: str) -> None:
    rules = KeeperRules(keep_days=10_000, keep_sums_days=10_000)
    with connect(database, autocommit=True) as link:
        Keeper(database, rules).do_due_work(link)
        assert count_summed(database) == 0
        link.execute("UPDATE gridtwin.load_days SET touched_at = touched_at - interval '1 hour'")
        keeper = Keeper(database, rules)
        for _ in range(DAYS):
            keeper.do_due_work(link)
    assert count_summed(database) == DAYS
