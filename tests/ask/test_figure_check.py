"""The numbers and ids of a text are held against the answers it rests on."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from gridtwin.ask.figure_check import HeldAnswer, check_figures, find_bad_citations

ANSWER = {
    "feeder": "BRO-1204",
    "customers": 1187,
    "kw": 6231.4,
    "share": 0.1275,
    "minutes": 126.0,
    "began_at": "2026-07-15T02:12:00Z",
    "sentence": "14 of 3,050 sections",
}
HELD = [HeldAnswer(), HeldAnswer.from_document(ANSWER, ZoneInfo("America/Chicago"))]


def list_unfounded(text: str, said: str = "") -> list[str]:
    figures = check_figures(text, dict(enumerate(HELD, 1)), said)
    return [each["text"] for each in figures if not each["calls"]]


@pytest.mark.parametrize(
    "text",
    [
        "1,187 customers on BRO-1204 [2].",
        "bro-1204 has 1187 customers, at 6,231 kW, that is 6.23 MW or 6.2 MW",
        "12.75 %, or 12.8%, or 13 percent",
        "126 minutes, that is 2.1 hours",
        "since 2026-07-15T02:12:00Z, 21:12 in Chicago, on the 14th",
        "14-3050 sections",
        "1. The first\n2. The second",
        "No figure at all.",
    ],
)
def test_what_an_answer_holds_is_founded(text: str) -> None:
    assert list_unfounded(text) == []


@pytest.mark.parametrize(
    ("text", "unfounded"),
    [
        ("1,188 customers", ["1,188"]),
        ("on BRO-1205 and XFMR-7", ["BRO-1205", "XFMR-7"]),
        ("6.24 MW", ["6.24"]),
        ("$250/MWh", ["$250/MWh"]),
        ("at 21:13", ["21:13"]),
        ("2026-07-16T02:12:00Z", ["2026-07-16T02:12:00Z"]),
        ("1e9 and 0x7f", ["1e9", "0x7f"]),
        ("9" * 400, ["9" * 400]),
    ],
)
def test_what_no_answer_holds_is_marked(text: str, unfounded: list[str]) -> None:
    assert list_unfounded(text) == unfounded


def test_what_the_question_says_is_no_finding() -> None:
    assert list_unfounded("above $250 on BRO-1209", "overloaded above $250 on bro-1209?") == []
    assert check_figures("BRO-1204", dict(enumerate(HELD, 1)))[0]["calls"] == [2]


def test_citations_of_what_was_never_asked_are_found() -> None:
    assert find_bad_citations("as [1], [2, 3] and [12]", {1, 2}) == [3, 12]
    assert find_bad_citations("none", set()) == []
