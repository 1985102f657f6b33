"""Histories and models as files: what is read, what is refused, what is written."""

from __future__ import annotations

import shutil
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from gridtwin.analysis.erm import model_parts, training
from gridtwin.analysis.erm import quantile_forest as forests
from gridtwin.analysis.erm.landmarks import STANDARD_LANDMARKS
from gridtwin.analysis.erm.model_parts import ErmModel
from gridtwin.cli.root_commands import app
from gridtwin.erm import model_files
from gridtwin.errors import GridtwinError, InputError, NotFoundError, SourceError
from gridtwin.sources.histories import list_sources, read_history
from outage_histories import made_tables, write_made, write_tables

QUANTILES = ("p10", "p50", "p80", "p90", "p95")


def test_estimates_are_written_one_a_source_outage_and_landmark(
    folder: Path, model: ErmModel, tmp_path: Path
) -> None:
    out = tmp_path / "p.parquet"
    rows = model_files.predict_folder(folder, model, STANDARD_LANDMARKS, out)
    table = pq.read_table(out).to_pandas()
    assert len(table) == rows
    assert list(table.columns) == ["source", "id", "landmark", "issued", *QUANTILES]
    assert not table.duplicated(["source", "id", "landmark"]).any()
    assert (table[table.landmark == "first_seen"].shape[0]) == len(read_history(folder, "made"))
    previous = table["issued"]
    for name in QUANTILES:
        assert (table[name] > previous).all()
        previous = table[name]


def test_landmarks_are_issued_when_they_say(folder: Path, model: ErmModel, tmp_path: Path) -> None:
    model_files.predict_folder(folder, model, STANDARD_LANDMARKS, tmp_path / "p.parquet")
    table = pq.read_table(tmp_path / "p.parquet").to_pandas().set_index("id")
    outages = pq.read_table(folder / "made_outages.parquet").to_pandas().set_index("id")
    joined = table.join(outages)
    after = joined["issued"] - joined["first_seen"]
    assert (after[joined["landmark"] == "first_seen"] == 0).all()
    assert (after[joined["landmark"] == "1h"] == 3600).all()
    told = joined[joined["landmark"] == "first_etr"]
    assert (told["issued"] == told["etr_first_seen"]).all()
    assert (joined["issued"] < joined["gone_snap"]).all()


def test_an_unknown_landmark_is_refused(folder: Path, model: ErmModel, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'soon' is not known"):
        model_files.predict_folder(folder, model, ["soon"], tmp_path / "p.parquet")
    assert not list(tmp_path.iterdir())


def test_a_model_comes_back_from_its_file(model_file: Path, model: ErmModel) -> None:
    again = model_files.read_model(model_file)
    assert again.version == model.version
    assert again.uses_trees
    assert again.forests.keys() == model.forests.keys()
    assert set(again.tails) == {"made"}


def test_training_twice_makes_the_same_model(folder: Path, model: ErmModel, tmp_path: Path) -> None:
    assert model_files.train_model(folder, tmp_path / "again.erm").checksum == model.checksum


def test_a_source_with_much_history_gets_trees_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "OWN_FROM", 1200)
    monkeypatch.setattr(forests, "ROUNDS", 10)
    monkeypatch.setattr(forests, "OWN_ROUNDS", 10)
    both = write_made(tmp_path / "h", source="large", outages=1200, days=60)
    write_made(both, source="small", seed=2, outages=400)
    model = model_files.train_model(both, tmp_path / "both.erm")
    assert set(model.own) == {"large"}
    again = model_files.read_model(tmp_path / "both.erm")
    rows = {
        name: model_files.predict_folder(
            both, used, STANDARD_LANDMARKS, tmp_path / f"{name}.parquet"
        )
        for name, used in (("with", again), ("without", replace(again, own={})))
    }
    assert len(set(rows.values())) == 1
    found = {name: pq.read_table(tmp_path / f"{name}.parquet").to_pandas() for name in rows}
    large = found["with"]["source"] == "large"
    same = found["with"]["p50"] == found["without"]["p50"]
    assert same[~large].all()
    assert same[large].mean() < 0.1


def test_a_model_to_give_away_holds_no_rows(folder: Path, tmp_path: Path) -> None:
    history = read_history(folder, "made")
    parts = model_parts.to_parts(
        model_files.train_model(folder, tmp_path / "p.erm", parameters_only=True)
    )
    assert not [name for name in parts if name.startswith(("tail_", "own_"))]
    everything = b"".join(parts.values())
    assert not any(f'"{name}"'.encode() in everything for name in history.outages.id[:50])


def test_without_openmp_tables_answer_and_training_says_what_to_install(
    folder: Path, model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    words = ["erm", "predict", "--history", str(folder), "--model", str(model_file)]
    done = CliRunner().invoke(app, [*words, "--out", str(tmp_path / "p.parquet")])
    assert done.exit_code == 0, done.output
    assert "tables of like outages answer" in done.stderr
    with pytest.raises(GridtwinError, match="libgomp1"):
        model_files.train_model(folder, tmp_path / "new.erm")
    assert [path.name for path in tmp_path.iterdir()] == ["p.parquet"]


def test_a_changed_model_is_refused(model_file: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(model_file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["blind_00.txt"] += b" "
    with pytest.raises(SourceError, match="damaged"):
        model_parts.from_parts(parts, "x.erm")
    text = tmp_path / "text.erm"
    text.write_text("no model")
    with pytest.raises(SourceError, match="no model of ERM"):
        model_files.read_model(text)
    with pytest.raises(SourceError, match="no model of ERM"):
        model_files.read_model(tmp_path / "missing.erm")


def test_a_model_of_a_later_format_is_refused(model: ErmModel) -> None:
    parts = model_parts.to_parts(model)
    parts[model_parts.HEAD_PART] = parts[model_parts.HEAD_PART].replace(
        b"erm-model/1", b"erm-model/9"
    )
    with pytest.raises(SourceError, match="erm-model/9"):
        model_parts.from_parts(parts, "x.erm")


def test_the_model_that_ships_answers_for_anybody(tmp_path: Path) -> None:
    folder = write_made(tmp_path / "h", source="nobody", seed=9)
    rows = model_files.predict_folder(
        folder, model_files.read_default_model(), STANDARD_LANDMARKS, tmp_path / "p.parquet"
    )
    assert rows > 400


def test_a_thin_history_is_learnt_as_tables(tmp_path: Path) -> None:
    folder = write_made(tmp_path / "h", outages=60)
    model = model_files.train_model(folder, tmp_path / "thin.erm")
    assert not model.uses_trees
    assert (
        model_files.predict_folder(folder, model, STANDARD_LANDMARKS, tmp_path / "p.parquet") > 100
    )
    table = pq.read_table(tmp_path / "p.parquet").to_pandas()
    assert np.all(np.diff(table[list(QUANTILES)].to_numpy(), axis=1) > 0)


def test_a_source_without_a_single_end_is_still_answered(tmp_path: Path, model: ErmModel) -> None:
    tables = made_tables(outages=40)
    tables["outages"]["gone_snap"] = np.full(40, np.nan)
    folder = write_tables(tmp_path / "h", "young", tables)
    assert (
        model_files.predict_folder(folder, model, ["first_seen", "1h"], tmp_path / "p.parquet")
        == 80
    )


def test_a_source_without_outages_is_answered_with_nothing(
    folder: Path, model: ErmModel, tmp_path: Path
) -> None:
    tables = made_tables(outages=20)
    none = {
        part: {name: values[:0] for name, values in columns.items()}
        for part, columns in tables.items()
    }
    both = tmp_path / "both"
    shutil.copytree(folder, both)
    write_tables(both, "silent", none)
    rows = model_files.predict_folder(both, model, ["first_seen", "1h"], tmp_path / "p.parquet")
    assert rows == model_files.predict_folder(
        folder, model, ["first_seen", "1h"], tmp_path / "q.parquet"
    )
    assert model_files.train_model(both, tmp_path / "both.erm").sources == ("made", "silent")


def test_a_model_knows_what_came_before_a_later_history(model: ErmModel, tmp_path: Path) -> None:
    later = made_tables(seed=3, outages=200)
    shift = model.trained_until_s["made"] + 3600 - later["snapshots"]["t"][0]
    for columns in later.values():
        for name, values in columns.items():
            if values.dtype == float and name not in {
                "lat",
                "lon",
                "cust",
                "n_outages",
                "cust_out",
            }:
                columns[name] = values + shift
    later["outages"]["id"] = np.array([f"later {k}" for k in later["outages"]["id"]], object)
    later["revisions"]["id"] = np.array([f"later {k}" for k in later["revisions"]["id"]], object)
    for name in ("made", "stranger"):
        write_tables(tmp_path / name, name, later)
    found = {}
    for name in ("made", "stranger"):
        rows = model_files.predict_folder(
            tmp_path / name, model, ["first_seen"], tmp_path / f"{name}.parquet"
        )
        found[name] = pq.read_table(tmp_path / f"{name}.parquet").to_pandas()
        assert rows == 200
        assert found[name]["id"].str.startswith("later").all()
    assert not np.array_equal(found["made"]["p50"], found["stranger"]["p50"])


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        ("outages", lambda t: t.pop("gone_snap"), "column 'gone_snap' is missing"),
        ("outages", lambda t: t.update(first_seen=t["first_seen"] * 1000), "row 0 .*unix seconds"),
        ("outages", lambda t: t["id"].__setitem__(3, "o2"), r"row 3 \(o2\): the id is there twice"),
        (
            "revisions",
            lambda t: t.update(t=np.array(["noon"] * len(t["t"]), object)),
            "not numbers",
        ),
        ("revisions", lambda t: t.pop("cust"), "column 'cust' is missing"),
    ],
)
def test_what_breaks_the_layout_is_named(
    tmp_path: Path, part: str, change: Any, message: str
) -> None:
    tables = made_tables(outages=20)
    change(tables[part])
    folder = write_tables(tmp_path, "bad", tables)
    with pytest.raises(SourceError, match=message) as raised:
        read_history(folder, "bad")
    assert f"bad_{part}.parquet" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_folder_must_hold_whole_histories(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        list_sources(tmp_path / "nowhere")
    with pytest.raises(SourceError, match=r"no NAME_outages\.parquet"):
        list_sources(tmp_path)
    write_made(tmp_path, outages=20)
    (tmp_path / "made_snapshots.parquet").unlink()
    with pytest.raises(SourceError, match="is missing"):
        list_sources(tmp_path)


def test_a_file_that_is_no_parquet_is_named(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "h"
    shutil.copytree(folder, copy)
    (copy / "made_revisions.parquet").write_text("nothing")
    with pytest.raises(SourceError, match="not a Parquet file"):
        read_history(copy, "made")


def test_revisions_of_outages_that_are_not_listed_are_left_out(tmp_path: Path) -> None:
    tables = made_tables(outages=20)
    tables["revisions"]["id"][0] = "stranger"
    history = read_history(write_tables(tmp_path, "made", tables), "made")
    assert len(history.revisions.row) == len(tables["revisions"]["id"]) - 1
