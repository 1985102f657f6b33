"""
Read what meters and customers report: CSV or JSON lines with mrid, kind, at, and perhaps phases.

Every fault of a file is reported at once, with its line; nothing of a faulty file is used.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.errors import SHOWN_FAULTS, SourceError
from gridtwin.model import phases as phase_codes
from gridtwin.model.events import EVENT_CODE, EVENT_KINDS, MeterEvents
from gridtwin.model.moments import LATEST_S, NO_TIME, NO_UNIX_TIME, NO_ZONE, read_seconds
from gridtwin.model.tables import encode_texts

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

LARGEST_EVENT_FILE = 1024**3  # bytes
MOST_EVENTS = 20_000_000
EVENT_COLUMNS = ("mrid", "kind", "at")


def read_events(source: str | Path) -> MeterEvents:
    """
    Read events from a file, or from standard input if it is called ``-``.

    Parameters
    ----------
    source
        CSV with a header, or JSON lines. Columns: ``mrid`` of a usage point; ``kind``, one of
        `EVENT_KINDS`; ``at``, ISO 8601 with a time zone or unix seconds; ``phases`` (optional).

    Raises
    ------
    SourceError
        If the file is missing, too large, or faulty: with the line and reason of every fault.
    """
    if str(source) == "-":
        text = sys.stdin.read(LARGEST_EVENT_FILE + 1)
        where = "standard input"
    else:
        path = Path(source)
        where = str(path)
        if not path.is_file():
            msg = f"{path}: there is no such file"
            raise SourceError(msg)
        if path.stat().st_size > LARGEST_EVENT_FILE:
            text = " " * (LARGEST_EVENT_FILE + 1)
        else:
            text = path.read_bytes().decode("utf-8-sig", errors="replace")
    if len(text) > LARGEST_EVENT_FILE:
        msg = f"{where}: larger than {LARGEST_EVENT_FILE // 1024**2} MB; give the events in parts"
        raise SourceError(msg)
    return parse_events(text, where)


def parse_events(text: str, where: str) -> MeterEvents:
    """Return the events of a text; it is JSON lines if it begins with a brace, else CSV."""
    if not text.strip():
        return MeterEvents.from_lists((), (), ())
    faults: dict[int, str] = {}
    is_json = text.lstrip().startswith("{")
    frame, line = _read_json_events(text, faults) if is_json else _read_csv_events(text, where)
    missing = [name for name in EVENT_COLUMNS if name not in frame]
    if missing and len(frame):
        msg = f"{where}: no column {', '.join(missing)}; events have {', '.join(EVENT_COLUMNS)}"
        raise SourceError(msg)
    if len(frame) > MOST_EVENTS:
        msg = f"{where}: more than {MOST_EVENTS:,} events; give them in parts"
        raise SourceError(msg)
    events = (
        _build_events(frame, line, faults) if len(frame) else MeterEvents.from_lists((), (), ())
    )
    if faults:
        shown = [f"line {at}: {faults[at]}" for at in sorted(faults)[:SHOWN_FAULTS]]
        more = len(faults) - len(shown)
        tail = f"; and {more} more" if more else ""
        plural = "s" if len(faults) > 1 else ""
        msg = f"{where}: {len(faults)} faulty line{plural}: {'; '.join(shown)}{tail}"
        raise SourceError(msg)
    return events


def _read_csv_events(text: str, where: str) -> tuple[pd.DataFrame, np.ndarray[Any, Any]]:
    import io

    import pandas as pd

    try:
        frame = pd.read_csv(
            io.StringIO(text),
            dtype=str,
            keep_default_na=False,
            skipinitialspace=True,
            skip_blank_lines=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        msg = f"{where}: this is no CSV: {' '.join(str(error).split())}"
        raise SourceError(msg) from error
    if not isinstance(frame.index, pd.RangeIndex):
        msg = f"{where}: this is no CSV: its lines have more fields than its header"
        raise SourceError(msg)
    line = np.arange(2, len(frame) + 2)
    blank = np.asarray((frame == "").all(axis=1), dtype=bool)
    return frame[~blank], line[~blank]


def _read_json_events(
    text: str, faults: dict[int, str]
) -> tuple[pd.DataFrame, np.ndarray[Any, np.dtype[np.int64]]]:
    import pandas as pd

    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            faults[number] = f"no JSON ({str(error).splitlines()[0]})"
            continue
        if not isinstance(record, dict) or any(name not in record for name in EVENT_COLUMNS):
            faults[number] = f"no object with {', '.join(EVENT_COLUMNS)}"
            continue
        rows.append(tuple(str(record.get(name) or "") for name in (*EVENT_COLUMNS, "phases")))
        lines.append(number)
    frame = pd.DataFrame(rows, columns=[*EVENT_COLUMNS, "phases"], dtype=str)
    return frame, np.array(lines, dtype=np.int64)


def _build_events(
    frame: pd.DataFrame, line: np.ndarray[Any, Any], faults: dict[int, str]
) -> MeterEvents:
    """Return the events of a frame of texts; what is wrong is added to the faults."""
    mrid, kind = frame["mrid"].str.strip(), frame["kind"].str.strip().str.lower()
    for at in np.flatnonzero(mrid.to_numpy() == ""):
        faults.setdefault(int(line[at]), "mrid is empty")
    codes = kind.map(EVENT_CODE)
    for at in np.flatnonzero(codes.isna()):
        faults.setdefault(
            int(line[at]), f"kind {kind.iloc[at]!r} is none of {', '.join(EVENT_KINDS)}"
        )
    at_s = _read_seconds(frame["at"].str.strip(), line, faults)
    stated = frame["phases"].str.strip() if "phases" in frame else None
    masks: NDArray[np.uint8] = np.zeros(len(frame), dtype=np.uint8)
    if stated is not None:
        known: dict[str, int] = {}
        for name in stated.unique().tolist():
            try:
                known[name] = phase_codes.parse_phases(name)
            except ValueError as error:
                for at in np.flatnonzero(stated.to_numpy() == name):
                    faults.setdefault(int(line[at]), str(error))
        masks = np.asarray(stated.map(known).fillna(0), dtype=np.uint8)
    return MeterEvents(
        encode_texts(mrid.to_numpy(dtype=str)),
        np.asarray(codes.fillna(0), dtype=np.uint8),
        at_s,
        masks,
    )


def _read_seconds(
    texts: pd.Series[str], line: np.ndarray[Any, Any], faults: dict[int, str]
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return times as unix seconds."""
    import pandas as pd

    seconds = np.array(pd.to_numeric(texts, errors="coerce"), dtype=np.float64)
    is_text = np.flatnonzero(np.isnan(seconds))
    if len(is_text):
        words = texts.iloc[is_text]
        at_s, zoned = read_seconds(words)
        seconds[is_text] = at_s
        for at, has_zone, value in zip(is_text.tolist(), zoned, at_s, strict=True):
            if np.isnan(value):
                faults.setdefault(
                    int(line[at]),
                    f"at {texts.iloc[at]!r} {NO_TIME}, or as unix seconds",
                )
            elif not has_zone:
                faults.setdefault(
                    int(line[at]),
                    f"at {texts.iloc[at]!r} {NO_ZONE}",
                )
    for at in np.flatnonzero((seconds < 0) | (seconds > LATEST_S)).tolist():
        faults.setdefault(
            int(line[at]),
            f"at {texts.iloc[at]!r} {NO_UNIX_TIME}",
        )
    return seconds
