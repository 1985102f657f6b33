"""Databases with the schema, for tests that need more than one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

import pytest

from postgres import Cluster, copy_of


@pytest.fixture
def new_database(postgres: Cluster, schema: str) -> Callable[[], AbstractContextManager[str]]:
    """Return what makes one database with the schema after another."""
    return partial(copy_of, postgres, schema)
