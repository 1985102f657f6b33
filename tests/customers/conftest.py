"""One small invented town, matched once for all tests."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

import gridtwin
from gridtwin.customers.matching_model import TrainingEffort
from gridtwin.customers.matching_run import MatchingOptions, match_records
from gridtwin.customers.simulation.customer_files import describe_points
from gridtwin.customers.simulation.record_simulation import simulate_records
from gridtwin.twin import Twin
from small_customers import save_customers


@pytest.fixture(scope="session")
def town() -> SimpleNamespace:
    """Return a network, its invented customers and how they were matched."""
    network = gridtwin.synthesize("houston", meters=700, seed=1)
    points = [each.decode() for each in network.data.usage_points.mrid.tolist()]
    made = simulate_records(len(points), 800, seed=77, usage_points=points)
    records = pd.concat([made.accounts, made.portal], ignore_index=True)
    quick = MatchingOptions(effort=TrainingEffort(5e4, 1e4))
    return SimpleNamespace(network=network, made=made, result=match_records(records, options=quick))


@pytest.fixture(scope="session")
def kept_town(town: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a twin of the town whose customers are loaded and matched: to be copied."""
    path = tmp_path_factory.mktemp("kept") / "town.twin"
    fill_customers(gridtwin.open(town.network).save(path), town)
    return path


@pytest.fixture(scope="session")
def small_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a twin of a few customers: to be copied, and written to by none."""
    path = tmp_path_factory.mktemp("few") / "small.twin"
    save_customers(path)
    return path


def fill_customers(twin: Twin, town: SimpleNamespace) -> None:
    """Load some of the customers of the town, and match them."""
    customers = twin.customers
    records = pd.concat([town.made.accounts.head(300), town.made.portal.head(400)])
    customers.loading.load_records(records)
    customers.loading.load_points(describe_points(town.made.world))
    twin.store.customers.write_model(json.dumps(town.result.model), "2026-01-01T00:00:00+00:00")
    customers.matching.match(actor="tests", retrain=False)
