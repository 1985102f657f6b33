"""Events are read as they are written, and every fault is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridtwin.errors import SourceError
from gridtwin.model.events import EVENT_KINDS
from gridtwin.model.tables import decode_texts
from gridtwin.sources.meter_events import parse_events, read_events

CSV = """mrid,kind,at,phases
M-1,last_gasp,2026-11-25T08:00:00Z,A
M-2,LAST_GASP,1764057600.25,
 M-3 , ping ,2026-11-25T09:00:00+01:00,ABC

"""
LINES = """
{"mrid": "M-1", "kind": "last_gasp", "at": "2026-11-25T08:00:00Z", "phases": "A"}
{"mrid": "M-2", "kind": "last_gasp", "at": 1764057600.25}
{"mrid": "M-3", "kind": "ping", "at": "2026-11-25T09:00:00+01:00", "phases": "ABC", "noise": 1}
"""


@pytest.mark.parametrize("text", [CSV, LINES])
def test_csv_and_json_lines_say_the_same(text: str) -> None:
    events = parse_events(text, "here")
    assert decode_texts(events.mrid).tolist() == ["M-1", "M-2", "M-3"]
    assert [EVENT_KINDS[code] for code in events.kind] == ["last_gasp", "last_gasp", "ping"]
    assert events.at_s.tolist() == [1795593600.0, 1764057600.25, 1795593600.0]
    assert events.phases.tolist() == [1, 0, 7]


def test_every_fault_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text(
        "mrid,kind,at,phases\n"
        "M-1,last_gasp,2026-11-25T08:00:00,A\n"
        "M-1,gasp,0,A\n"
        ",call,0,A\n"
        "M-1,call,1764057600250,A\n"
        "M-1,call,never,A\n"
        "M-1,call,5,Q\n",
        encoding="utf-8",
    )
    with pytest.raises(SourceError) as caught:
        read_events(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: 6 faulty lines: line 2: at '2026-11-25T08:00:00' names no")
    for part in (
        "line 3: kind 'gasp' is none of last_gasp",
        "line 4: mrid is empty",
        "line 5: at '1764057600250' is no unix time in seconds",
        "line 6: at 'never' is no time: write it as 2026-07-01T18:00:00Z, or as unix seconds",
        "line 7: 'Q' is no phase code",
    ):
        assert part in message


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("mrid,at\nM-1,0\n", "no column kind"),
        ('{"mrid": "M-1"}\n', "line 1: no object with mrid, kind, at"),
        ('{"mrid": "M-1", \n', "line 1: no JSON"),
        ('mrid,kind,at\n"M-1,call,0\n', "this is no CSV"),
        ("mrid,kind,at\nM-1,call,0,1,2\n", "this is no CSV"),
    ],
)
def test_what_is_no_table_of_events_is_refused(text: str, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        parse_events(text, "here")


def test_nothing_is_no_events() -> None:
    assert len(parse_events("\n \n", "here")) == 0
    assert len(parse_events("mrid,kind,at\n", "here")) == 0


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no such file"):
        read_events(tmp_path / "none.csv")
