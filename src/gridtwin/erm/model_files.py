"""ERM from files: train a model on a folder of histories, predict one, test one against truth."""

from __future__ import annotations

import os
import zipfile
from datetime import UTC, datetime
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.erm import model_parts, training
from gridtwin.analysis.erm.backtest import judge_prediction
from gridtwin.analysis.erm.history_tail import cut_tail
from gridtwin.analysis.erm.landmarks import STANDARD_LANDMARKS
from gridtwin.analysis.erm.outage_features import HistoryIndex
from gridtwin.analysis.erm.prediction import predict_landmarks as predict_history
from gridtwin.analysis.erm.quantile_forest import QUANTILE_LEVELS
from gridtwin.errors import InputError, SourceError
from gridtwin.model.outage_history import select_outages
from gridtwin.sources.histories import list_sources, read_history

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from gridtwin.analysis.erm.backtest import BacktestScore
    from gridtwin.analysis.erm.model_parts import ErmModel
    from gridtwin.analysis.erm.prediction import Prediction
    from gridtwin.model.outage_history import OutageHistory

    Progress = Callable[[str], None]

FITTED = 0.7  # share of outages a backtest learns from; the last of it, beyond CALIBRATED,
CALIBRATED = 0.55 / 0.7  # is where the utility's kept promises are counted
LARGEST_PART = 64 * 1024 * 1024
LARGEST_MODEL = 256 * 1024 * 1024


def _say_nothing(_: str) -> None:
    """Say nothing."""


def train_model(
    folder: Path, out: Path, *, parameters_only: bool = False, say: Progress = _say_nothing
) -> ErmModel:
    """
    Learn a model from every source of a folder, and write it.

    With ``parameters_only`` the file holds no row of the histories, so that it can be given away:
    not their end, from which a later history begins warm, and no trees of single sources.

    Raises
    ------
    SourceError
        If the folder cannot be read, or holds too little to learn from.
    """
    sources = tuple(list_sources(folder))
    until: dict[str, float] = {}

    tails: dict[str, OutageHistory] = {}

    def read_histories() -> Iterator[OutageHistory]:
        for source in sources:
            say(f"reading {source}")
            history = read_history(folder, source)
            until[source] = history.span_s[1]
            if not parameters_only:
                tails[source] = cut_tail(history)
            yield history

    created = datetime.now(UTC).isoformat(timespec="seconds")
    learnt = training.train_parts(read_histories(), sources, own=not parameters_only)
    model = model_parts.ErmModel(
        sources, learnt.forests, learnt.tables, created, until, tails, learnt.own
    )
    return write_model(model, out)


def backtest_model(
    folder: Path, model: ErmModel | None = None, *, say: Progress = _say_nothing
) -> tuple[str, list[BacktestScore]]:
    """
    Hold a model against the truth, source by source and landmark by landmark.

    Without a model, one is trained on the first 70 % of every source's outages. A model that was
    trained on a source is tested on what came after; one that never saw it, on the last 70 %.

    Returns
    -------
        The model's version, and the scores.

    Raises
    ------
    InputError
        If the model has learnt from all of it.
    """
    histories = {source: read_history(folder, source) for source in list_sources(folder)}
    if model is None:
        test_from = {name: _find_moment(history, FITTED) for name, history in histories.items()}
        past = [_select_before(history, test_from[name]) for name, history in histories.items()]
        say("training on the first 70 % of each source")
        learnt = training.train_parts(past, tuple(histories))
        now = datetime.now(UTC).isoformat(timespec="seconds")
        unnamed = model_parts.ErmModel(
            tuple(histories), learnt.forests, learnt.tables, now, test_from, own=learnt.own
        )
        model = model_parts.from_parts(model_parts.to_parts(unnamed), "the model just trained")
    scores: list[BacktestScore] = []
    for name, history in histories.items():
        say(f"testing {name}")
        early = _find_moment(history, 1 - FITTED)
        begin = max(model.trained_until_s.get(name, early), early)
        board = HistoryIndex.from_history(history)
        answers = predict_history(history, model, STANDARD_LANDMARKS)
        until = _find_moment(_select_before(history, begin), CALIBRATED)
        scores += judge_prediction(board, answers, until, begin)
    if not scores:
        msg = f"{folder}: nothing to test: no outage was first seen after the model was trained"
        raise InputError(msg)
    return model.version, scores


def _find_moment(history: OutageHistory, share: float) -> float:
    """Return when a share of all outages had been seen."""
    first = history.outages.first_seen_s
    return float(np.quantile(first, share)) if first.size else 0.0


def _select_before(history: OutageHistory, moment_s: float) -> OutageHistory:
    """Return what was over by a moment."""
    return select_outages(history, history.outages.gone_s < moment_s)


def write_model(model: ErmModel, out: Path) -> ErmModel:
    """Write a model as one file, whole or not at all, and return it with its checksum."""
    parts = model_parts.to_parts(model)
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_LZMA) as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name), part, zipfile.ZIP_LZMA)
    draft.replace(out)
    return model_parts.from_parts(parts, str(out))


def read_model(path: Path) -> ErmModel:
    """
    Read a model from its file.

    Raises
    ------
    SourceError
        If it is none, or was damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            files = archive.infolist()
            sizes = [file.file_size for file in files]
            if max(sizes, default=0) > LARGEST_PART or sum(sizes) > LARGEST_MODEL:
                msg = f"{path}: larger than any model of ERM"
                raise SourceError(msg)
            parts = {file.filename: archive.read(file) for file in files}
    except (OSError, zipfile.BadZipFile) as error:
        msg = f"{path}: no model of ERM can be read there ({error}); make one with erm train"
        raise SourceError(msg) from error
    return model_parts.from_parts(parts, str(path))


def read_default_model() -> ErmModel:
    """Return the model that ships with the package: fitted parameters, no rows of any utility."""
    shipped = resources.files("gridtwin.analysis.erm") / "default" / "public.erm"
    with resources.as_file(shipped) as path:
        return read_model(path)


def predict_folder(
    folder: Path,
    model: ErmModel,
    landmarks: Sequence[str],
    out: Path,
    *,
    say: Progress = _say_nothing,
) -> int:
    """
    Answer every landmark of every outage of a folder, and write one Parquet file.

    Returns the number of rows written.
    """
    import pyarrow.parquet as pq

    if not landmarks:
        msg = "no landmark is named; use first_seen, first_etr, or hours such as 1h"
        raise InputError(msg)
    rows = 0
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    writer = None
    try:
        for source in list_sources(folder):
            say(f"predicting {source}")
            history = read_history(folder, source)
            table = tabulate_prediction(history, predict_history(history, model, landmarks))
            writer = writer or pq.ParquetWriter(draft, table.schema)
            writer.write_table(table)
            rows += table.num_rows
    except BaseException:
        if writer:
            writer.close()
        draft.unlink(missing_ok=True)
        raise
    if writer is None:
        msg = f"{folder}: nothing to predict"
        raise InputError(msg)
    writer.close()
    draft.replace(out)
    return rows


def tabulate_prediction(history: OutageHistory, prediction: Prediction) -> pa.Table:
    """Return a prediction as a table: source, id, landmark, issued, p10 to p95 (unix seconds)."""
    import pyarrow as pa

    marks = prediction.marks
    columns = {
        "source": np.full(len(marks), history.source, dtype=object),
        "id": history.outages.id[marks.row],
        "landmark": np.array(marks.names, dtype=object)[marks.kind],
        "issued": marks.issued_s,
    }
    columns |= {
        f"p{100 * level:.0f}": prediction.at_s[:, k] for k, level in enumerate(QUANTILE_LEVELS)
    }
    texts = ("source", "id", "landmark")
    return pa.table(
        {
            name: pa.array(value, pa.string() if name in texts else pa.float64())
            for name, value in columns.items()
        }
    )
