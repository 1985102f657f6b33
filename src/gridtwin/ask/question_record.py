"""Keep what was asked and how it was answered, in a file to which lines are only added."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gridtwin.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from gridtwin.results.documents.ask_documents import AskDocument

PATIENCE_S = 10.0  # while another process writes
OWNERS_MODE = 0o600  # of a new file: who asked what is for nobody else on the machine
CREATE_RECORD = """
CREATE TABLE IF NOT EXISTS asked (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    asked_at TEXT NOT NULL,     -- UTC, ISO 8601
    who TEXT NOT NULL,
    question TEXT NOT NULL,
    outcome TEXT NOT NULL,
    tool TEXT,                  -- of the reading; null where none was sure
    arguments TEXT,             -- JSON
    rows INTEGER NOT NULL,      -- of the answer, before they were cut
    model TEXT,                 -- null: none was asked
    host TEXT,
    stopped TEXT,               -- why the model gave no answer
    calls TEXT,                 -- tools the model called, JSON
    tokens INTEGER,
    dollars REAL
);
CREATE TRIGGER IF NOT EXISTS asked_stays BEFORE UPDATE ON asked
BEGIN SELECT raise(ABORT, 'what was asked is not changed'); END;
CREATE TRIGGER IF NOT EXISTS asked_is_kept BEFORE DELETE ON asked
BEGIN SELECT raise(ABORT, 'what was asked is not removed'); END;
"""
INSERT_ASKED = (
    "INSERT INTO asked (asked_at, who, question, outcome, tool, arguments, rows, model, host,"
    " stopped, calls, tokens, dollars) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def record_question(path: Path, who: str, document: AskDocument) -> None:
    """
    Add a question and its answer to a record, a file of SQLite.

    It is made where there is none, and then its owner alone may read it.

    Parameters
    ----------
    path
        The file.
    who
        Who asked.
    document
        The answer; of it only what was called, not what was found.

    Raises
    ------
    StoreError
        If the file cannot be written.
    """
    reading, model = document["reading"], document["model"]
    usage = model["usage"] if model else None
    called = model["calls"] if model else []
    calls = [{"tool": each["tool"], "arguments": each["arguments"]} for each in called]
    row = (
        datetime.now(UTC).isoformat(timespec="milliseconds"),
        who,
        document["question"],
        document["outcome"],
        reading["tool"] if reading else None,
        json.dumps(reading["arguments"]) if reading else None,
        sum(document["totals"].values()),
        model["name"] if model else None,
        model["host"] if model else None,
        model["stopped"] if model else None,
        json.dumps(calls) if model else None,
        usage["tokens"] if usage else None,
        usage["dollars"] if usage else None,
    )
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, OWNERS_MODE))
        with closing(sqlite3.connect(path, timeout=PATIENCE_S)) as connection:
            connection.executescript(CREATE_RECORD)
            with connection:
                connection.execute(INSERT_ASKED, row)
    except (sqlite3.Error, OSError) as error:
        msg = f"{path}: the question cannot be recorded ({error}): GRIDTWIN_ASK_RECORD names a file"
        raise StoreError(msg) from error
