"""What is printed for people stands there as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.cli import render

if TYPE_CHECKING:
    import pytest


def test_brackets_of_names_are_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    """Ids of records and own columns are headings: what is no markup would be an error."""
    render.write_table("of [/x]", ["cis:[/17]", "[red]"], [["[/]", 1]])
    told = capsys.readouterr().out
    assert all(word in told for word in ("of [/x]", "cis:[/17]", "[red]", "[/]"))
