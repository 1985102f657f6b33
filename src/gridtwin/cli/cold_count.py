"""
Answer `gridtwin trace downstream ID --count` from the files of a twin, without any library.

A cold process spends its time on imports. This one question, asked of equipment below a feeder head
of a radial network whose switches stand as designed, needs six numbers from mapped files. Anything
else is left to the full way, which gives the same answer (ADR 0007).
"""

from __future__ import annotations

import json
import mmap
import os
import sqlite3
import struct
from typing import Any, NamedTuple

OTHER_TABLES = ("usage_points", "nodes", "feeders", "substations", "sources")
NPY_MAGIC = b"\x93NUMPY\x01\x00"
COLD_FORMAT_VERSION = 2


class _Question(NamedTuple):
    mrid: str
    twin: str


class _Column:
    """One array of the folder of a twin, mapped; items are unpacked one at a time."""

    def __init__(self, folder: str, name: str, code: str) -> None:
        with open(f"{folder}/{name}.npy", "rb") as file:  # noqa: PTH123 - pathlib costs 7 ms
            self.bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if self.bytes[:8] != NPY_MAGIC:
            raise ValueError(name)
        self.start = 10 + int(struct.unpack_from("<H", self.bytes, 8)[0])
        self.item = struct.Struct(code)

    def __getitem__(self, row: int) -> int:
        return int(self.item.unpack_from(self.bytes, self.start + row * self.item.size)[0])


def count_cold(words: list[str]) -> int | None:
    """
    Return the customers that a command line asks for; None if it asks anything else.

    Parameters
    ----------
    words
        The arguments of the process.
    """
    question = _read_question(words)
    if question is None:
        return None
    try:
        return _answer_question(question)
    except (OSError, ValueError, KeyError, struct.error, sqlite3.Error):
        return None  # the full way finds the same fault, and says what it is


def _read_question(words: list[str]) -> _Question | None:
    if words[:2] != ["trace", "downstream"]:
        return None
    rest, twin = words[2:], os.environ.get("GRIDTWIN_TWIN", "")
    if "--in" in rest[:-1]:
        at = rest.index("--in")
        twin = rest[at + 1]
        del rest[at : at + 2]
    if len(rest) != 2 or "--count" not in rest or not twin or set(twin) & set("?#%"):
        return None
    rest.remove("--count")
    return None if rest[0].startswith("-") else _Question(rest[0], twin)


def _answer_question(question: _Question) -> int | None:
    twin = question.twin
    with open(f"{twin}/twin.json", encoding="utf-8") as file:  # noqa: PTH123
        card = json.load(file)
    arrays, folder = card["arrays"], f"{twin}/{card.get('folder', 'arrays')}"
    if card["version"] != COLD_FORMAT_VERSION or "index.designed" not in arrays:
        return None
    if any(name.startswith("core.") for name in arrays):
        return None
    if os.path.exists(f"{twin}/next.json") or _is_switched(twin):  # noqa: PTH110
        return None
    mrid = question.mrid.encode()
    place = _find_place(folder, "equipment", arrays, mrid)
    if place is None or any(
        _find_place(folder, each, arrays, mrid) is not None for each in OTHER_TABLES
    ):
        return None  # the full way says what is meant
    row = _Column(folder, "ids.equipment.row", "<i")[place]
    node = _Column(folder, "index.child", "<i")[row]
    if node < 0 or _Column(folder, "index.segment", "<i")[node] <= 0:
        return None
    start = _Column(folder, "index.tin", "<i")[node]
    stop = start + _Column(folder, "index.size", "<i")[node]
    before = _Column(folder, "index.before", "<i")
    return before[stop] - before[start]


def _is_switched(twin: str) -> bool:
    """Return whether a switch stands otherwise than designed."""
    with sqlite3.connect(f"file:{twin}/state.sqlite?mode=ro", uri=True, timeout=10) as base:
        found = base.execute("SELECT EXISTS (SELECT 1 FROM switch_state)").fetchone()
    return bool(found[0])


def _find_place(folder: str, table: str, arrays: dict[str, Any], mrid: bytes) -> int | None:
    """Return the place of an mRID among the sorted ones of a table, by bisection."""
    dtype, (count,) = arrays[f"ids.{table}.mrid"]
    width = int(dtype.removeprefix("|S"))
    if not count or len(mrid) > width:
        return None
    names = _Column(folder, f"ids.{table}.mrid", f"{width}s")
    key = mrid.ljust(width, b"\x00")
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        at = names.start + middle * width
        if names.bytes[at : at + width] < key:
            low = middle + 1
        else:
            high = middle
    at = names.start + low * width
    return None if low == count or names.bytes[at : at + width] != key else low
