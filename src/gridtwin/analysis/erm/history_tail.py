"""Keep the end of a history with a model, so that a later history does not begin cold."""

from __future__ import annotations

import io
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.errors import SourceError
from gridtwin.model.moments import DAY_S
from gridtwin.model.outage_history import (
    OutageHistory,
    Outages,
    Revisions,
    Snapshots,
    Words,
    select_outages,
)
from gridtwin.model.syntax_trees import PARSING

if TYPE_CHECKING:
    from numpy.typing import NDArray

KEPT_S = 90 * DAY_S
KEPT_OUTAGES = 8000
KEPT_SNAPSHOTS_S = 365 * DAY_S
SNAPSHOTS = 9000


def cut_tail(history: OutageHistory) -> OutageHistory:
    """Return the last 90 days of a history, at most 8,000 outages, and a year of its load."""
    end_s = history.span_s[1]
    first = history.outages.first_seen_s
    recent = first >= end_s - KEPT_S
    recent[:-KEPT_OUTAGES] = False
    snaps = history.snapshots
    rows = np.flatnonzero(snaps.t_s >= end_s - KEPT_SNAPSHOTS_S)
    rows = rows[:: 1 + rows.size // SNAPSHOTS]
    thin = Snapshots(snaps.t_s[rows], snaps.outages[rows], snaps.customers[rows])
    return replace(select_outages(history, recent), snapshots=thin)


def join_histories(tail: OutageHistory, history: OutageHistory) -> tuple[OutageHistory, int]:
    """
    Return a history with what came before it, and how many outages were put before.

    Of the tail only what was first seen before the history began is used, so a model trained on
    the very history it is asked about adds nothing it should not know.
    """
    begin_s = history.span_s[0]
    known = set(history.outages.id.tolist())
    fresh = np.array([name not in known for name in tail.outages.id], bool)
    before = select_outages(tail, fresh & (tail.outages.first_seen_s < begin_s))
    count = len(before)
    snaps = before.snapshots
    earlier = snaps.t_s < begin_s
    snapshots = Snapshots(
        *(
            np.concatenate(
                [getattr(snaps, field.name)[earlier], getattr(history.snapshots, field.name)]
            )
            for field in fields(Snapshots)
        )
    )
    later = replace(history.revisions, row=history.revisions.row + count)
    joined = OutageHistory(
        source=history.source,
        outages=_stack_tables(Outages, before.outages, history.outages),
        revisions=_stack_tables(Revisions, before.revisions, later),
        snapshots=snapshots,
    )
    return joined, count


def _stack_tables(kind: Any, first: Any, second: Any) -> Any:
    return kind(
        **{
            field.name: _append_column(getattr(first, field.name), getattr(second, field.name))
            for field in fields(kind)
        }
    )


def _append_column(first: Any, second: Any) -> Any:
    if not isinstance(first, Words):
        return np.concatenate([first, second])
    texts = tuple(sorted({*first.texts, *second.texts}))
    place = {text: code for code, text in enumerate(texts)}
    codes = [
        np.array([*(place[text] for text in words.texts), -1], np.int32)[words.codes]
        for words in (first, second)
    ]
    return Words(np.concatenate(codes), texts)


def to_bytes(history: OutageHistory) -> bytes:
    """Return a history as a compressed NumPy archive without pickled objects."""
    arrays: dict[str, NDArray[Any]] = {"source": np.array(history.source)}
    for part in (history.outages, history.revisions, history.snapshots):
        for field in fields(part):
            value = getattr(part, field.name)
            key = f"{type(part).__name__}.{field.name}"
            if isinstance(value, Words):
                arrays[key] = value.codes
                arrays[f"{key}.texts"] = np.array(value.texts, dtype=str)
            else:
                arrays[key] = value.astype(str) if value.dtype == object else value
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def from_bytes(data: bytes, where: str) -> OutageHistory:
    """
    Return the history of `to_bytes`.

    Raises
    ------
    SourceError
        If the bytes are something else.
    """
    try:
        with PARSING, np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            parts = [_read_part(kind, arrays) for kind in (Outages, Revisions, Snapshots)]
            return OutageHistory(str(arrays["source"]), *parts)
    except (KeyError, ValueError, OSError) as error:
        msg = f"{where}: the end of the history kept with the model is damaged ({error})"
        raise SourceError(msg) from error


def _read_part(kind: Any, arrays: Any) -> Any:
    values: dict[str, Any] = {}
    for field in fields(kind):
        key = f"{kind.__name__}.{field.name}"
        value = arrays[key]
        if f"{key}.texts" in arrays:
            value = Words(value, tuple(arrays[f"{key}.texts"].tolist()))
        elif value.dtype.kind == "U":
            value = value.astype(object)
        values[field.name] = value
    return kind(**values)
