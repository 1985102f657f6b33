"""Sources are read with one process for their queries; those of its limits begin their own."""

from __future__ import annotations

import pytest

from query_processes import idle_processes, shared_query_process

__all__ = ["idle_processes", "shared_query_process"]


@pytest.fixture(autouse=True)
def _query_process(shared_query_process: None) -> None:
    """Read every mapping of these tests with the process that is there."""
