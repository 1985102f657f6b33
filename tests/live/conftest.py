"""A database with the schema for each test that asks for one."""

from __future__ import annotations

import pytest


@pytest.fixture
def database(migrated: str) -> str:
    """Return the address of a database with the schema."""
    return migrated
