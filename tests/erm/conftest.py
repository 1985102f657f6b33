"""Histories and models that several tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridtwin.analysis.erm.model_parts import ErmModel
from gridtwin.erm import model_files
from outage_histories import write_made


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with one made history of two months."""
    return write_made(tmp_path_factory.mktemp("histories"), outages=1400, days=60)


@pytest.fixture(scope="session")
def model_file(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a model trained on it."""
    out = tmp_path_factory.mktemp("models") / "made.erm"
    model_files.train_model(folder, out)
    return out


@pytest.fixture(scope="session")
def model(model_file: Path) -> ErmModel:
    """Return that model."""
    return model_files.read_model(model_file)
