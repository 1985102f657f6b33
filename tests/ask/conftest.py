"""Give the tests of questions in words one twin to ask."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridtwin.tools.shared_twin import SharedTwin
from gridtwin.twin import Twin
from question_scores import Ask, make_ask
from question_twin import save_question_twin


@pytest.fixture(scope="session")
def asked_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the twin."""
    path = tmp_path_factory.mktemp("asked") / "asked.twin"
    save_question_twin(path)
    return path


@pytest.fixture(scope="session")
def twin(asked_path: Path) -> Twin:
    """Return the twin."""
    import gridtwin

    return gridtwin.open(str(asked_path))


@pytest.fixture(scope="session")
def shared(twin: Twin) -> SharedTwin:
    """Return the same as tools ask it."""
    return SharedTwin(twin)


@pytest.fixture(scope="session")
def ask(shared: SharedTwin) -> Ask:
    """Return what answers a question on that morning in Chicago."""
    return make_ask(shared)
