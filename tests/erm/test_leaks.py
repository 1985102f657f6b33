"""No estimate knows anything that was not known when it was issued."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gridtwin.analysis.erm.landmarks import STANDARD_LANDMARKS
from gridtwin.analysis.erm.model_parts import ErmModel
from gridtwin.analysis.erm.prediction import Prediction, predict_landmarks
from gridtwin.model.outage_history import OutageHistory
from gridtwin.sources.histories import read_history
from outage_histories import made_tables, write_tables


def changed_after(tables: dict[str, dict[str, Any]], cut: float, seed: int) -> Any:
    """Return the same history until ``cut``; everything later is different or gone."""
    rng = np.random.default_rng(seed)
    outages, revisions = (dict(tables[name]) for name in ("outages", "revisions"))
    n = len(outages["id"])
    opened = outages["gone_snap"] > cut
    gone = np.where(opened, cut + np.ceil(rng.exponential(9e4, n)), outages["gone_snap"])
    gone = np.maximum(gone, outages["first_seen"] + 60)
    gone[opened & (rng.random(n) < 0.2)] = np.nan
    last = np.where(
        opened, np.maximum(np.nan_to_num(gone, nan=cut + 9e5) - 30, cut), outages["last_seen"]
    )
    told_later = outages["etr_first_seen"] > cut
    outages |= {
        "gone_snap": gone,
        "last_seen": last,
        "restored_mid": (last + gone) / 2,
        "clean": outages["clean"] & ~(opened & (rng.random(n) < 0.3)),
        "planned": outages["planned"] ^ (opened & (rng.random(n) < 0.3)),
        "etr_first": np.where(told_later, outages["etr_first"] + 7e4, outages["etr_first"]),
        "etr_first_seen": np.where(
            told_later & (rng.random(n) < 0.5), np.nan, outages["etr_first_seen"]
        ),
    }
    later = outages["first_seen"] > cut
    keep = ~(later & (rng.random(n) < 0.5))
    outages = {name: values[keep] for name, values in outages.items()}
    late = revisions["t"] > cut
    revisions["etr"] = np.where(late, revisions["t"] + 1e5, revisions["etr"])
    revisions["cust"] = np.where(late, 9999.0, revisions["cust"])
    revisions["cause"] = np.where(late, "Something else entirely", revisions["cause"])
    stays = np.isin(revisions["id"], outages["id"]) & ~(late & (rng.random(late.size) < 0.3))
    revisions = {name: values[stays] for name, values in revisions.items()}
    snapshots = dict(tables["snapshots"])
    past = snapshots["t"] <= cut
    snapshots["n_outages"] = np.where(past, snapshots["n_outages"], 777)
    snapshots["cust_out"] = np.where(past, snapshots["cust_out"], 1)
    return {"outages": outages, "revisions": revisions, "snapshots": snapshots}


def until(history: OutageHistory, prediction: Prediction, cut: float) -> dict[tuple[str, int], Any]:
    """Return the estimates issued until ``cut`` by outage and landmark."""
    marks = prediction.marks
    return {
        (history.outages.id[row], int(kind)): (issued, tuple(at_s))
        for row, kind, issued, at_s in zip(
            marks.row, marks.kind, marks.issued_s, prediction.at_s, strict=True
        )
        if issued <= cut
    }


@pytest.mark.parametrize("seed", range(4))
def test_changing_the_future_changes_no_estimate_of_the_past(
    tmp_path: Path, model: ErmModel, seed: int
) -> None:
    tables = made_tables(seed=20 + seed, outages=500)
    rng = np.random.default_rng(seed)
    cut = float(rng.choice(tables["outages"]["first_seen"][100:-50])) + float(rng.uniform(0, 7200))
    found = []
    for place, changed in enumerate((tables, changed_after(tables, cut, seed))):
        folder = write_tables(tmp_path / str(place), "other", changed)
        history = read_history(folder, "other")
        found.append(until(history, predict_landmarks(history, model, STANDARD_LANDMARKS), cut))
    assert len(found[0]) > 200
    assert found[0] == found[1]


def test_changing_the_future_of_a_known_source_changes_no_estimate_either(
    tmp_path: Path, model: ErmModel
) -> None:
    tables = made_tables(seed=31, outages=500)
    cut = float(tables["outages"]["first_seen"][300])
    found = []
    for place, changed in enumerate((tables, changed_after(tables, cut, 1))):
        folder = write_tables(tmp_path / str(place), "made", changed)
        history = read_history(folder, "made")
        found.append(until(history, predict_landmarks(history, model, STANDARD_LANDMARKS), cut))
    assert found[0] == found[1]


def test_the_order_of_rows_does_not_matter(tmp_path: Path, model: ErmModel) -> None:
    tables = made_tables(seed=40, outages=300)
    rng = np.random.default_rng(1)
    found = []
    for place in range(2):
        folder = write_tables(tmp_path / str(place), "other", tables)
        history = read_history(folder, "other")
        found.append(until(history, predict_landmarks(history, model, STANDARD_LANDMARKS), np.inf))
        tables = {
            part: _shuffled(columns, rng.permutation(len(next(iter(columns.values())))))
            for part, columns in tables.items()
        }
    assert found[0] == found[1]


def _shuffled(columns: dict[str, Any], order: Any) -> dict[str, Any]:
    return {name: values[order] for name, values in columns.items()}


def test_first_sight_never_sees_the_estimate_of_the_utility(
    tmp_path: Path, model: ErmModel
) -> None:
    tables = made_tables(seed=50, outages=300)
    history = read_history(write_tables(tmp_path / "told", "other", tables), "other")
    blank = np.full(len(history), np.nan)
    silent = replace(
        history,
        outages=replace(history.outages, etr_first_s=blank, etr_first_seen_s=blank),
        revisions=replace(history.revisions, etr_s=np.full(history.revisions.etr_s.size, np.nan)),
    )
    told, untold = (predict_landmarks(one, model, ("first_seen",)) for one in (history, silent))
    np.testing.assert_array_equal(told.at_s, untold.at_s)
    assert np.isfinite(history.outages.etr_first_s).sum() > 50


def test_later_landmarks_do_see_it(tmp_path: Path, model: ErmModel) -> None:
    tables = made_tables(seed=51, outages=300)
    history = read_history(write_tables(tmp_path, "other", tables), "other")
    later = replace(history.outages, etr_first_s=history.outages.etr_first_s + 36_000)
    revisions = replace(history.revisions, etr_s=history.revisions.etr_s + 36_000)
    moved = replace(history, outages=later, revisions=revisions)
    near, far = (predict_landmarks(one, model, ("first_etr",)) for one in (history, moved))
    assert not np.array_equal(near.at_s, far.at_s)
