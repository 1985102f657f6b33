"""Questions of weeks of readings have one answer: in Parquet, in PostgreSQL, and by hand."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import gridtwin
from ami_folder import copy_readings, find_warmth, write_conditions, write_readings
from document_schemas import hold_to_schema
from gridtwin.cli.root_commands import app
from gridtwin.errors import InputError, StoreError
from gridtwin.results.ami_history_answer import AmiHistoryAnswer
from gridtwin.semantic.semantic_model import read_semantic_model
from gridtwin.store.duckdb_queries import read_query
from gridtwin.store.postgis.connect import connect
from gridtwin.twin import Twin
from gridtwin.twin.ami_periods import AmiHistory
from postgres import Cluster
from snowflake_day import keep_spans_at_risk

START = int(datetime(2026, 7, 1, tzinfo=UTC).timestamp())
INTERVALS = 104  # a day and two hours
EVERYWHERE = "POLYGON ((-180 -90, 180 -90, 180 90, -180 90, -180 -90))"
BOUNDS = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 3, tzinfo=UTC)
ASKED: dict[str, Callable[[AmiHistory], AmiHistoryAnswer]] = {
    "overloaded": lambda history: history.overloaded(*BOUNDS, price=100, pct=80.0123),
    "overloaded at any price": lambda history: history.overloaded(*BOUNDS, pct=50.0123),
    "voltages": lambda history: history.voltages(*BOUNDS),
    "peaks": lambda history: history.peaks(*BOUNDS),
    "weather": lambda history: history.weather(*BOUNDS),
    "at_risk": lambda history: history.at_risk(EVERYWHERE, *BOUNDS),
    "hours_out": lambda history: history.hours_out(*BOUNDS),
    "vegetation": lambda history: history.vegetation(*BOUNDS),
}


@pytest.fixture(scope="module")
def read() -> pd.DataFrame:
    """Return readings of a small territory; a few are missing, a few have no voltage."""
    grid = gridtwin.synthesize("houston", meters=1200, seed=5)
    rng = np.random.default_rng(5)
    meters = np.repeat(grid.data.usage_points.mrid.astype(str), INTERVALS)
    ends = np.tile(START + 900 * np.arange(1, INTERVALS + 1), 1200)
    frame = pd.DataFrame({"meter": meters, "end": ends})
    frame["kwh"] = rng.gamma(2, 0.9, len(frame)).round(3).astype(np.float32)
    frame["volts"] = rng.normal(119, 3, len(frame)).round(1).astype(np.float32)
    frame.loc[rng.random(len(frame)) < 0.02, "volts"] = np.nan
    return frame[rng.random(len(frame)) > 0.01]


@pytest.fixture(scope="module")
def prices() -> dict[int, float]:
    rng = np.random.default_rng(6)
    ends = (START + 900 * np.arange(1, INTERVALS + 1)).tolist()
    return dict(zip(ends, rng.choice([30.0, 120.0, 900.0], INTERVALS).tolist(), strict=True))


@pytest.fixture(scope="module")
def twin(
    tmp_path_factory: pytest.TempPathFactory, read: pd.DataFrame, prices: dict[int, float]
) -> Twin:
    path = tmp_path_factory.mktemp("history") / "town.twin"
    twin = gridtwin.open(gridtwin.synthesize("houston", meters=1200, seed=5)).save(path)
    rows = read.astype(object).where(read.notna(), None)
    write_readings(path / "ami", list(rows.itertuples(index=False, name=None)))
    write_conditions(path / "ami", prices)
    out(twin)
    keep_spans_at_risk(twin)
    twin.ami.roll_up()
    return twin


def out(twin: Twin) -> None:
    """Put a transformer out since the day before the period, then its feeder for three hours."""
    head = twin.network.feeders["head"][0]
    below = twin.trace("downstream", head).to_geodataframe()
    transformer = below[below.kind == "power_transformer"].mrid.max()
    twin.outages.open(transformer, at=BOUNDS[0] - timedelta(hours=20))
    began = BOUNDS[0] + timedelta(hours=5)
    outage = twin.outages.open(head, at=began)
    twin.outages.restore(outage.id, at=began + timedelta(hours=3))


@pytest.fixture
def mirrored(database: str, twin: Twin, read: pd.DataFrame, prices: dict[int, float]) -> Twin:
    """Return the same twin in a database, where readings came as a stream brings them."""
    mirror = twin.save(database)
    out(mirror)
    keep_spans_at_risk(mirror)
    with connect(database) as connection:
        rows = read.astype(object).where(read.notna(), None)
        copy_readings(connection, rows.itertuples(index=False, name=None))
        for end, price in prices.items():
            connection.execute(
                'INSERT INTO gridtwin.conditions ("time", temperature_c, price_usd_mwh)'
                " VALUES (to_timestamp(%s), %s, %s)",
                (end, find_warmth(end), price),
            )
            connection.execute("SELECT gridtwin.sum_loads(to_timestamp(%s))", (end,))
    return mirror


@pytest.mark.parametrize("summed", [False, True])
def test_a_database_and_a_folder_of_parquet_give_one_answer(
    twin: Twin, mirrored: Twin, database: str, summed: bool
) -> None:
    """Only that a folder also knows what transformers of substations carry, which serve nobody."""
    serving = set(twin.network.usage_points.transformer)
    if summed:
        with connect(database) as link:
            link.execute("SELECT gridtwin.sum_load_days('0 s')")
    for name, ask in ASKED.items():
        here, there = ask(twin.ami.history).frame, ask(mirrored.ami.history).frame
        if name.startswith("overloaded"):
            here = here[here.transformer.isin(serving)]
        assert len(here), name
        by = [*here.columns][:1]
        pd.testing.assert_frame_equal(
            here.sort_values(by, ignore_index=True),
            there.sort_values(by, ignore_index=True),
            rtol=1e-5,
            obj=name,
        )


def test_psql_runs_a_question_as_it_stands(
    mirrored: Twin, database: str, postgres: Cluster
) -> None:
    values = {"price": 100, "pct": 80.0123, "power_factor": 0.95}
    values |= {"start": "'2026-07-01Z'", "end": "'2026-07-03Z'"}
    file = files("gridtwin.store") / "ami_sql/overloaded_at_price.sql"
    done = subprocess.run(
        [postgres.psql, "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", str(file), database]
        + [word for name, value in values.items() for word in ("-v", f"{name}={value}")],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    named = [line.partition("|")[0] for line in done.stdout.splitlines()]
    assert named == ASKED["overloaded"](mirrored.ami.history).frame.transformer.tolist()


def test_loads_of_one_interval_are_one_too(twin: Twin, mirrored: Twin) -> None:
    at = "2026-07-01T18:00:00Z"
    for level in ("transformer", "feeder", "switch"):
        here, there = (each.ami.load(at, level=level).frame() for each in (twin, mirrored))
        pd.testing.assert_frame_equal(here, there, check_dtype=False)
    here_map, there_map = twin.ami.loading(at), mirrored.ami.loading(at)
    serving = np.isin(here_map.transformers, there_map.transformers)
    np.testing.assert_allclose(
        here_map.transformer_pct[serving], there_map.transformer_pct, rtol=1e-5
    )
    np.testing.assert_allclose(here_map.feeder_kw, there_map.feeder_kw)
    meter = twin.network.usage_points.mrid[7]
    pd.testing.assert_frame_equal(twin.ami.meter(meter), mirrored.ami.meter(meter))
    feeder, serving = twin.network.feeders.mrid[0], twin.network.usage_points.transformer[7]
    known = ["at", "kwh", "kw", "v_min", "v_max"]
    here_load, there_load = (each.ami.device(serving)[known] for each in (twin, mirrored))
    pd.testing.assert_frame_equal(here_load, there_load, check_dtype=False, rtol=1e-5)
    pd.testing.assert_frame_equal(twin.ami.device(feeder), mirrored.ami.device(feeder))


def test_overloads_at_a_price_are_those_of_a_join_in_pandas(
    twin: Twin, read: pd.DataFrame, prices: dict[int, float]
) -> None:
    points, equipment = twin.network.usage_points, twin.network.equipment.set_index("mrid")
    served = read.merge(points[["mrid", "transformer"]], left_on="meter", right_on="mrid")
    loads = served.groupby(["transformer", "end"]).kwh.sum().reset_index()
    dear = loads[loads.end.map(prices) > 100].copy()
    dear["pct"] = dear.kwh * 4 / 0.95 / (equipment.rated_va[dear.transformer].values / 1e3) * 100
    heavy = dear[dear.pct > 80.0123].groupby("transformer").pct.agg(["count", "max"])
    found = ASKED["overloaded"](twin.ami.history).frame.set_index("transformer")
    serving = found[found.index.isin(points.transformer)]
    assert set(serving.index) == set(heavy.index)
    assert len(heavy) > 5
    np.testing.assert_allclose(serving.peak_pct, heavy["max"][serving.index], rtol=1e-5)
    np.testing.assert_allclose(serving.hours, heavy["count"][serving.index] / 4)
    assert found.peak_pct.is_monotonic_decreasing


def test_peaks_and_voltages_are_those_of_a_group_in_pandas(twin: Twin, read: pd.DataFrame) -> None:
    layer = twin.intersect(EVERYWHERE, layer="usage_points").set_index("mrid").feeder
    read = read.assign(feeder=layer[read.meter].values)
    loads = read.groupby(["feeder", "end"]).kwh.sum().unstack("feeder")
    peaks = ASKED["peaks"](twin.ami.history).frame.set_index("feeder")
    np.testing.assert_allclose(peaks.peak_kw, loads.max()[peaks.index] * 4, rtol=1e-6)
    common = loads.sum(axis=1).idxmax()
    np.testing.assert_allclose(
        peaks.at_common_peak_kw, loads.loc[common][peaks.index] * 4, rtol=1e-6
    )
    assert (peaks.common_peak_at == pd.to_datetime(common, unit="s", utc=True)).all()
    np.testing.assert_allclose(
        peaks.load_factor, (loads.mean() / loads.max())[peaks.index], rtol=1e-6
    )
    volts = ASKED["voltages"](twin.ami.history).frame.set_index("feeder")
    by_feeder = read.groupby("feeder").volts
    np.testing.assert_array_equal(volts.v_min, by_feeder.min()[volts.index])
    low = read[read.volts < 114].groupby("feeder").size() / 4
    np.testing.assert_allclose(volts.below_a_h, low[volts.index])


def test_load_is_told_by_temperature(twin: Twin, read: pd.DataFrame) -> None:
    found = ASKED["weather"](twin.ami.history).frame
    load = read.groupby("end").kwh.sum() * 4
    bands = [find_warmth(end) // 2 * 2 for end in load.index]
    expected = load.groupby(bands).agg(["size", "mean", "max"])
    assert found.from_c.tolist() == expected.index.tolist()
    assert len(found) > 1
    np.testing.assert_allclose(found.hours * 4, expected["size"])
    np.testing.assert_allclose(found.mean_kw, expected["mean"], rtol=1e-5)
    np.testing.assert_allclose(found.peak_kw, expected["max"], rtol=1e-5)


def test_load_at_risk_counts_nothing_twice(twin: Twin, read: pd.DataFrame) -> None:
    """Substation transformers stand inside as well, above those that serve."""
    found = ASKED["at_risk"](twin.ami.history)
    total = read.groupby("end").kwh.sum() * 4
    hour = pd.to_datetime(total.index, unit="s", utc=True).hour
    expected = total.groupby(hour).max()
    assert found.frame.hour.tolist() == expected.index.tolist()
    np.testing.assert_allclose(found.frame.peak_kw, expected, rtol=1e-5)
    nowhere = "POLYGON ((0 0, 0.001 0, 0.001 0.001, 0 0))"
    assert not len(twin.ami.history.at_risk(nowhere, *BOUNDS).frame)


def test_hours_out_count_each_customer_once(twin: Twin) -> None:
    frame = ASKED["hours_out"](twin.ami.history).frame.set_index("from_h")
    assert frame.index.tolist() == [2, 48], "three hours, and all of the period"
    every = twin.blast_radius(twin.network.feeders["head"][0]).customers
    (still,) = [each for each in twin.outages.all() if not each.closed_at and each.customers_out]
    assert frame.customers.tolist() == [every - still.customers, still.customers]
    assert frame.customer_hours[2] == pytest.approx(3 * frame.customers[2])
    assert frame.customer_hours[48] == pytest.approx(48 * frame.customers[48])


def test_what_has_no_readings_answers_with_no_rows(tmp_path: Path) -> None:
    twin = gridtwin.open(gridtwin.synthesize("houston", meters=200, seed=1)).save(
        tmp_path / "empty.twin"
    )
    write_readings(tmp_path / "empty.twin/ami", [("M", START, 1.0, 120.0)])
    for name, ask in ASKED.items():
        assert not len(ask(twin.ami.history).frame), name


def test_what_cannot_be_asked_is_said(twin: Twin, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="power factor"):
        twin.ami.history.overloaded(power_factor=0)
    with pytest.raises(InputError, match="no price"):
        twin.ami.history.overloaded(price=float("nan"))
    with pytest.raises(InputError, match="no loading"):
        twin.ami.history.overloaded(pct=float("nan"))
    with pytest.raises(InputError, match="holds no readings"):
        gridtwin.open(twin.store.network).ami.history.peaks(*BOUNDS)
    broken = tmp_path / "feeder_load/date=2026-07-01/part-00.parquet"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"no parquet")
    (tmp_path / "readings").mkdir()
    with pytest.raises(StoreError, match="check its Parquet files"):
        twin.ami.of_folder(tmp_path).history.peaks(*BOUNDS)


def test_progress_is_told_to_the_end(twin: Twin) -> None:
    told: list[tuple[int, int]] = []
    twin.ami.history.telling(lambda done, steps: told.append((done, steps))).peaks(*BOUNDS)
    assert told[-1] == (100, 100)


@pytest.mark.parametrize("name", [question.name for question in read_semantic_model().questions])
def test_a_question_names_the_values_it_says_it_takes(name: str) -> None:
    code = read_query(name, "<%s>")
    assert "<start>" in code
    assert "<end>" in code
    assert "%" not in code, "which a driver would take for a value"


@pytest.mark.parametrize(
    "words",
    [
        ("overloaded", "--price", "100", "--pct", "80"),
        ("voltages",),
        ("peaks", "--top", "3"),
        ("weather",),
        ("at-risk", EVERYWHERE),
        ("hours-out",),
        ("vegetation", "--top", "2"),
    ],
)
def test_commands_ask_the_history_and_print_a_document_of_its_schema(
    twin: Twin, words: tuple[str, ...]
) -> None:
    where: list[Any] = ["--in", str(twin.store.path), "--to", "2026-07-03T00:00:00Z"]
    done = CliRunner().invoke(app, ["ami", "ask", *words, *where, "--json"])
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    hold_to_schema(document)
    assert document["rows"]
    shown = CliRunner().invoke(app, ["ami", "ask", *words, *where])
    assert shown.exit_code == 0, shown.output
