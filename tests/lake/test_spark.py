"""An engine that knows nothing of gridtwin reads a publication, and answers as gridtwin does."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlglot

import gridtwin
from ami_folder import write_conditions, write_readings
from gridtwin.analysis.ami.loading import POWER_FACTOR
from gridtwin.results.ami_history_answer import AmiHistoryAnswer
from gridtwin.results.warehouse.lake_shapes import LAKE_TABLES
from gridtwin.semantic.semantic_model import read_semantic_model
from gridtwin.store.duckdb_queries import read_query
from gridtwin.twin import Twin
from gridtwin.twin.ami_periods import AmiHistory
from lake_bench import Lake
from lake_spark import ask_spark
from lakes import publication_of, read_table

pytestmark = pytest.mark.nightly

START = datetime(2026, 6, 30, 18, tzinfo=UTC)  # its day and the next
INTERVALS = 40
BOUNDS = START, START + timedelta(days=1)
ASKED: dict[str, Callable[[AmiHistory], AmiHistoryAnswer]] = {
    "overloaded": lambda history: history.overloaded(*BOUNDS, pct=40),
    "overloaded_at_price": lambda history: history.overloaded(*BOUNDS, pct=40, price=100),
    "voltages": lambda history: history.voltages(*BOUNDS),
    "peaks": lambda history: history.peaks(*BOUNDS),
    "weather": lambda history: history.weather(*BOUNDS),
    "hours_out": lambda history: history.hours_out(*BOUNDS),
}
# What the questions call as in a database, in the words of a publication.
VIEWS = {
    "transformers": (
        "SELECT mrid AS transformer, mrid, rated_va / 1000 AS rated_kva FROM {0}.equipment"
        " WHERE kind = 'power_transformer'"
    ),
    **{
        name: f"SELECT * FROM {{0}}.{name}"  # noqa: S608
        for name in (
            *("transformer_load", "feeder_load", "conditions"),
            *("usage_points", "outage_usage_points"),
        )
    },
}
VIEWS |= {
    "transformer_zones": "SELECT '' AS transformer, '' AS load_zone WHERE false",
    "zone_prices": "SELECT '' AS load_zone, now() AS time, 0D AS price_usd_mwh WHERE false",
}
VIEWS |= {form.name: form.query.format(table=form.table) for form in read_semantic_model().forms}
NOT_PUBLISHED = ("at_risk", "vegetation")  # of what lies under a polygon, or of spans


@pytest.fixture
def town(tmp_path: Path) -> Twin:
    """Return a town with readings, prices, and two outages."""
    twin = gridtwin.open(gridtwin.synthesize("houston", meters=300, seed=5)).save(
        tmp_path / "town.twin"
    )
    chance = np.random.default_rng(5)
    meters = twin.network.usage_points.mrid.tolist()
    ends = [int(START.timestamp()) + 900 * step for step in range(1, INTERVALS + 1)]
    write_readings(
        tmp_path / "town.twin" / "ami",
        [
            (meter, end, round(chance.gamma(2, 0.9), 3), round(chance.normal(119, 3), 1))
            for meter in meters
            for end in ends
            if chance.random() > 0.01
        ],
    )
    prices = chance.choice([30.0, 120.0, 900.0], INTERVALS).tolist()
    write_conditions(tmp_path / "town.twin" / "ami", dict(zip(ends, prices, strict=True)))
    head = twin.network.feeders["head"][0]
    below = twin.trace("downstream", head).to_geodataframe()
    transformer = below[below.kind == "power_transformer"].mrid.max()
    twin.outages.open(transformer, at=START - timedelta(hours=20))
    outage = twin.outages.open(head, at=START + timedelta(hours=5))
    twin.outages.restore(outage.id, at=START + timedelta(hours=8))
    twin.ami.roll_up()
    return twin


def write_spark_query(name: str) -> str:
    """Return the SQL of a question in the dialect of Spark, with its values."""
    code = read_query(name, "{%s}").replace("gridtwin.", "")
    values = {"pct": "40", "price": "100", "power_factor": str(POWER_FACTOR)}
    values |= {
        word: f"CAST('{moment.isoformat()}' AS timestamp with time zone)"
        for word, moment in zip(("start", "end"), BOUNDS, strict=True)
    }
    (written,) = sqlglot.transpile(code.format(**values), read="postgres", write="spark")
    return re.sub(r"EXTRACT\(EPOCH FROM ([\w.]+)\)", r"(unix_micros(\1) / 1e6D)", written)


def test_spark_reads_every_table_and_answers_every_question(
    lake: Lake, town: Twin, tmp_path: Path
) -> None:
    namespace = lake.make_namespace()
    publication_of(lake, tmp_path / "town.twin", namespace).publish_once()
    place = f"lake.{namespace}"
    views = {
        f"view {name}": f"CREATE TEMPORARY VIEW {name} AS {query.format(place)}"
        for name, query in VIEWS.items()
    }
    counts = {
        f"count {table.name}": f"SELECT count(*) FROM {place}.{table.name}"  # noqa: S608
        for table in LAKE_TABLES
    }
    named = [*ASKED]
    assert {*named, *NOT_PUBLISHED} == {each.name for each in read_semantic_model().questions}
    asked = {name: write_spark_query(name) for name in named}
    answers = ask_spark(lake, {**views, **counts, **asked})
    for table in LAKE_TABLES:
        rows: Counter[Any] = read_table(lake, namespace, table.name)
        assert answers[f"count {table.name}"] == [[rows.total()]], table.name
    for name in named:
        want = ASKED[name](town.ami.history).frame
        assert len(want), name
        have = pd.DataFrame(answers[name], columns=want.columns)
        for column in want.columns:
            if column.endswith("_at"):
                have[column] = pd.to_datetime(have[column], utc=True).astype(want[column].dtype)
            elif want[column].dtype != object:
                have[column] = pd.to_numeric(have[column])
        pd.testing.assert_frame_equal(have, want, check_dtype=False, rtol=1e-5)
