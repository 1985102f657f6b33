"""Estimate the outages that are open now, from the columns a live store keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.analysis.erm.landmarks import FIRST_SEEN, Landmarks, list_landmarks
from gridtwin.analysis.erm.outage_features import HistoryIndex
from gridtwin.analysis.erm.prediction import LEAST_LEFT_S, recalibrate_hours
from gridtwin.analysis.erm.quantile_forest import BLIND, QUANTILE_LEVELS, SEEING
from gridtwin.analysis.erm.training import select_landmarks
from gridtwin.model.moments import HOUR_S
from gridtwin.model.outage_history import OutageHistory, Outages, Revisions, Snapshots, Words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from gridtwin.analysis.erm.model_parts import ErmModel

    Float = NDArray[np.float64]
    Rows = NDArray[np.int64]

STAGE_ENDS_H = {FIRST_SEEN: 0.5, "1h": 2.5, "4h": np.inf}  # a stage lasts until so many hours
CALIBRATION_LANDMARKS = 2000


@dataclass(frozen=True)
class OpenOutageQuantiles:
    """
    When open outages will be over, shape (n,) and (n, 5); unix seconds UTC.

    ``at_s`` holds p10, p50, p80, p90 and p95, increasing and all after ``issued_s``;
    ``inputs_at_s`` is the last moment anything was heard of each outage; ``reason`` says in few
    words what the estimate rests on.
    """

    id: NDArray[np.object_]
    issued_s: float
    at_s: Float
    inputs_at_s: Float
    storm: bool
    model_version: str
    reason: tuple[str, ...]


def build_live_history(source: str, columns: Mapping[str, Any], now_s: float) -> OutageHistory:
    """
    Return the outages of a live store, open and over, as a history that ends now.

    Parameters
    ----------
    source
        Name of the source, as it was called in training if it was.
    columns
        ``id``, ``started_s``, ``first_seen_s`` and ``restored_s`` (NaN: open) are needed. Others
        may be left out: ``customers``, ``etr_s`` (the official estimate), ``etr_seen_s`` (since
        when), ``lat``, ``lon``, ``cause``, ``crew``, ``region`` (texts or None), ``planned``.
    now_s
        Now; outages seen later are left out, and ends that lie later are not yet known.
    """
    first = _read_column(columns, "first_seen_s", now_s)
    keep = np.flatnonzero(first <= now_s)
    ids = np.asarray(columns["id"], dtype=object)
    keep = keep[np.lexsort((ids[keep].astype(str), first[keep]))]
    first = first[keep]
    numbers = {name: _read_numbers(columns, name, ids.size)[keep] for name in _NUMBERS}
    words = {name: _encode_words(columns.get(name), keep) for name in _WORDS}
    restored = np.where(numbers["restored_s"] <= now_s, numbers["restored_s"], np.nan)
    etr_seen = np.maximum(
        np.where(np.isnan(numbers["etr_seen_s"]), first, numbers["etr_seen_s"]), first
    )
    etr_seen = np.where(np.isfinite(numbers["etr_s"]), etr_seen, np.nan)
    planned = np.asarray(columns.get("planned", np.zeros(ids.size)), bool)[keep]
    outages = Outages(
        id=ids[keep], start_s=numbers["started_s"], first_seen_s=first,
        last_seen_s=np.where(np.isnan(restored), now_s, restored), gone_s=restored,
        etr_first_s=numbers["etr_s"], etr_first_seen_s=etr_seen,
        lat=numbers["lat"], lon=numbers["lon"], region=words["region"],
        kind=Words(np.where(planned, 0, -1).astype(np.int32), ("planned",)),
        hierarchy=words["feeder"], planned=planned, clean=np.isfinite(restored),
    )  # fmt: skip
    revisions = Revisions(
        row=np.arange(keep.size), t_s=first, start_s=numbers["started_s"],
        etr_s=np.where(etr_seen <= now_s, numbers["etr_s"], np.nan),
        auto_etr_s=np.full(keep.size, np.nan), customers=numbers["customers"],
        cause=words["cause"], crew=words["crew"],
    )  # fmt: skip
    return OutageHistory(
        source, outages, revisions, _build_snapshots(outages, numbers["customers"])
    )


_NUMBERS = ("started_s", "restored_s", "etr_s", "etr_seen_s", "customers", "lat", "lon")
_WORDS = ("cause", "crew", "region", "feeder")


def estimate_open_outages(
    model: ErmModel, history: OutageHistory, now_s: float
) -> OpenOutageQuantiles:
    """
    Estimate every outage of a history that is open now.

    The model that has seen the utility's estimates is used where the source gives any. Both are
    corrected by how their estimates at the same stage have held lately in this history.
    """
    outages = history.outages
    gone = np.where(np.isfinite(outages.gone_s), outages.gone_s, np.inf)
    rows = np.flatnonzero((outages.first_seen_s <= now_s) & (gone > now_s))
    board = HistoryIndex.from_history(history)
    kind = SEEING if np.isfinite(outages.etr_first_s).any() else BLIND
    hours = np.empty((rows.size, len(QUANTILE_LEVELS)))
    elapsed = (now_s - outages.first_seen_s[rows]) / HOUR_S
    least = 0.0
    for name, most in STAGE_ENDS_H.items():
        mine = np.flatnonzero((elapsed >= least) & (elapsed < most))
        least = most
        if mine.size:
            hours[mine] = _estimate_stage(board, model, kind, name, rows[mine], now_s)
    left_s = np.maximum(hours * HOUR_S, LEAST_LEFT_S + np.arange(len(QUANTILE_LEVELS)))
    storm = bool(board.load.is_storm(np.array([now_s]))[0])
    place = board.index.find_in_force(rows, np.full(rows.size, now_s))
    heard = board.index.revisions.t_s[place] if rows.size else np.empty(0)
    return OpenOutageQuantiles(
        id=outages.id[rows],
        issued_s=now_s,
        at_s=now_s + left_s,
        inputs_at_s=heard,
        storm=storm,
        model_version=model.version,
        reason=_explain_estimates(board, rows, now_s, storm=storm),
    )


def _estimate_stage(
    board: HistoryIndex, model: ErmModel, kind: str, name: str, rows: Rows, now_s: float
) -> Float:
    """Return the hours left of outages at one stage, corrected by the past of that stage."""
    past = list_landmarks(board.history, (name,))
    past = select_landmarks(past, np.argsort(past.issued_s, kind="stable"))
    past = select_landmarks(past, np.flatnonzero(past.issued_s < now_s)[-CALIBRATION_LANDMARKS:])
    marks = Landmarks(
        row=np.concatenate([past.row, rows]),
        issued_s=np.concatenate([past.issued_s, np.full(rows.size, now_s)]),
        kind=np.zeros(len(past) + rows.size, np.int32),
        names=(name,),
    )
    features = board.compute_features(marks, etr=kind == SEEING)
    raw_h = model.predict_hours_left(kind, features, board.history.source)
    return recalibrate_hours(board.history, marks, features, raw_h, model)[len(past) :]


def _explain_estimates(
    board: HistoryIndex, rows: Rows, now_s: float, *, storm: bool
) -> tuple[str, ...]:
    """Return in few words what each estimate rests on."""
    when = np.full(rows.size, now_s)
    place = board.index.find_in_force(rows, when)
    etr = board.index.etr_carried_s[place] if rows.size else np.empty(0)
    open_now = len(rows)
    weather = "storm, " if storm else ""
    return tuple(
        f"{weather}{open_now} open; " + ("history and official estimate" if given else "history")
        for given in np.isfinite(etr)
    )


def _read_column(columns: Mapping[str, Any], name: str, default: float) -> Float:
    values = np.asarray(columns[name], float)
    return np.where(np.isnan(values), default, values)


def _read_numbers(columns: Mapping[str, Any], name: str, count: int) -> Float:
    return np.asarray(columns.get(name, np.full(count, np.nan)), float)


def _encode_words(values: Sequence[str | None] | None, keep: Rows) -> Words:
    if values is None:
        return Words(np.full(keep.size, -1, np.int32), ())
    texts = sorted({text for text in values if text})
    code = {text: place for place, text in enumerate(texts)}
    codes = np.array([code.get(text or "", -1) for text in values], np.int32)
    return Words(codes[keep], tuple(texts))


def _build_snapshots(outages: Outages, customers: Float) -> Snapshots:
    """Return what was open after every beginning and end."""
    over = np.isfinite(outages.gone_s)
    out = np.nan_to_num(customers)
    t_s = np.concatenate([outages.first_seen_s, outages.gone_s[over]])
    step = np.concatenate([np.ones(len(outages)), -np.ones(int(over.sum()))])
    many = np.concatenate([out, -out[over]])
    order = np.argsort(t_s, kind="stable")
    return Snapshots(t_s[order], np.cumsum(step[order]), np.cumsum(many[order]))
