"""Twins that feeds land in, wherever they are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

import gridtwin
from gridtwin.twin import Twin
from networks import two_feeders_with_a_tie


@pytest.fixture(params=["memory", "local", "postgis"])
def twin(request: pytest.FixtureRequest, tmp_path: Path) -> Twin:
    """Return a new twin, wherever it is kept."""
    made = gridtwin.open(two_feeders_with_a_tie())
    if request.param == "memory":
        return made
    if request.param == "local":
        return made.save(tmp_path / "small.twin")
    return made.save(str(request.getfixturevalue("database")))
