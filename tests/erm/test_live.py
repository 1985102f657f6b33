"""Outages that are open now, from the columns of a live store."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gridtwin.analysis.erm.model_parts import ErmModel
from gridtwin.analysis.erm.open_outages import (
    OpenOutageQuantiles,
    build_live_history,
    estimate_open_outages,
)
from outage_histories import BEGIN, HOUR, made_tables

NOW = BEGIN + 543 * HOUR  # amid the second storm


def _columns(**changes: Any) -> dict[str, Any]:
    tables = made_tables(seed=60, outages=500)
    outages, revisions = tables["outages"], tables["revisions"]
    first = {name: k for k, name in reversed(list(enumerate(revisions["id"])))}
    rows = [first[name] for name in outages["id"]]
    return {
        "id": outages["id"],
        "started_s": outages["start"],
        "first_seen_s": outages["first_seen"],
        "restored_s": outages["restored_mid"],
        "customers": revisions["cust"][rows],
        "cause": list(revisions["cause"][rows]),
        "crew": list(revisions["crew"][rows]),
        "lat": outages["lat"],
        "lon": outages["lon"],
        "etr_s": outages["etr_first"],
        "etr_seen_s": outages["etr_first_seen"],
        "planned": outages["planned"],
        **changes,
    }


@pytest.fixture(scope="module")
def answer(model: ErmModel) -> OpenOutageQuantiles:
    return estimate_open_outages(model, build_live_history("live", _columns(), NOW), NOW)


def test_exactly_the_open_outages_are_answered(answer: OpenOutageQuantiles) -> None:
    columns = _columns()
    still = (columns["first_seen_s"] <= NOW) & (columns["restored_s"] > NOW)
    assert set(answer.id) == set(columns["id"][still])
    assert len(answer.reason) == len(answer.id) > 3


def test_quantiles_increase_and_lie_ahead(answer: OpenOutageQuantiles) -> None:
    assert np.all(answer.at_s > NOW)
    assert np.all(np.diff(answer.at_s, axis=1) > 0)
    assert np.all(answer.inputs_at_s <= NOW)
    assert answer.model_version.startswith("erm-")


def test_ends_that_lie_ahead_are_not_known(model: ErmModel, answer: OpenOutageQuantiles) -> None:
    columns = _columns()
    ahead = columns["restored_s"] > NOW
    columns["restored_s"] = np.where(ahead, np.nan, columns["restored_s"])
    again = estimate_open_outages(model, build_live_history("live", columns, NOW), NOW)
    np.testing.assert_array_equal(again.at_s, answer.at_s)


def test_the_order_of_rows_does_not_matter(model: ErmModel, answer: OpenOutageQuantiles) -> None:
    columns = _columns()
    order = np.random.default_rng(1).permutation(len(columns["id"]))
    mixed = {name: np.asarray(values, object)[order] for name, values in columns.items()}
    mixed |= {
        name: mixed[name].astype(float)
        for name in mixed
        if name not in {"id", "cause", "crew", "planned"}
    }
    again = estimate_open_outages(model, build_live_history("live", mixed, NOW), NOW)
    assert list(again.id) == list(answer.id)
    np.testing.assert_array_equal(again.at_s, answer.at_s)


def test_four_columns_are_enough(model: ErmModel) -> None:
    needed = ("id", "started_s", "first_seen_s", "restored_s")
    columns = {name: _columns()[name] for name in needed}
    answer = estimate_open_outages(model, build_live_history("live", columns, NOW), NOW)
    assert len(answer.id) > 3
    assert np.all(answer.at_s > NOW)


def test_the_first_outage_ever_is_answered(model: ErmModel) -> None:
    columns = {"id": ["a"], "started_s": [NOW - 60], "first_seen_s": [NOW], "restored_s": [np.nan]}
    answer = estimate_open_outages(model, build_live_history("live", columns, NOW), NOW)
    assert answer.id.tolist() == ["a"]
    assert NOW < answer.at_s[0, 1] < NOW + 24 * HOUR


def test_with_nothing_open_there_is_no_answer(model: ErmModel) -> None:
    columns = {
        "id": ["a"],
        "started_s": [NOW - 900],
        "first_seen_s": [NOW - 900],
        "restored_s": [NOW],
    }
    assert estimate_open_outages(
        model, build_live_history("live", columns, NOW), NOW
    ).at_s.shape == (0, 5)
