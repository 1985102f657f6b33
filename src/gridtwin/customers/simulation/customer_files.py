"""Write invented customers as the files that a utility would have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridtwin.customers.simulation.record_noise import SHORT_TYPES
from gridtwin.customers.simulation.record_simulation import simulate_records
from gridtwin.model.customers import DesignationKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gridtwin.customers.simulation.customer_world import CustomerWorld

DESIGNATED_SHARE = 0.01
DESIGNATED_DAYS = {
    DesignationKind.CRITICAL_CARE: 730,
    DesignationKind.CHRONIC_CONDITION: 90,
    DesignationKind.PUBLIC_SAFETY: 3_650,
    DesignationKind.INDUSTRIAL: 3_650,
}
FIRST_DESIGNATION = np.datetime64("2025-01-01")


def write_simulated(
    folder: Path,
    premises: int,
    portal: int,
    *,
    seed: int = 1,
    usage_points: Sequence[str] | None = None,
) -> dict[str, int]:
    """
    Write records, service points, designations and the truth as CSV into a folder.

    Returns
    -------
        How many rows each file has.
    """
    made = simulate_records(premises, portal, seed=seed, usage_points=usage_points)
    tables = {
        "cis.csv": made.accounts,
        "crm.csv": made.portal,
        "truth.csv": made.truth,
        "service_points.csv": describe_points(made.world),
        "designations.csv": make_designations(made.world, seed=seed),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_csv(folder / name, index=False)
    return {name: len(table) for name, table in tables.items()}


def describe_points(world: CustomerWorld) -> pd.DataFrame:
    """Return the service points of a world."""
    homes = world.premises
    streets = [each.rsplit(" ", 1) for each in homes["street"]]
    lines = [
        f"{number} {name} {SHORT_TYPES[kind]}{unit and ' Apt ' + unit}"
        for number, (name, kind), unit in zip(homes["number"], streets, homes["unit"], strict=True)
    ]
    columns = homes[["esi_id", "premise", "usage_point"]]
    return columns.assign(
        address=lines, city=homes["city"], zip=homes["zip"], valid_from="2010-01-01", valid_to=""
    )


def make_designations(world: CustomerWorld, *, seed: int = 1) -> pd.DataFrame:
    """Return designations of some premises; many of them are over by now."""
    rng = np.random.default_rng(seed)
    count = int(len(world.premises) * DESIGNATED_SHARE)
    rows = rng.choice(len(world.premises), count, replace=False)
    kinds = list(DESIGNATED_DAYS)
    kind = [kinds[each] for each in rng.choice(len(kinds), count, p=(0.45, 0.35, 0.1, 0.1))]
    begun = FIRST_DESIGNATION + rng.integers(0, 700, count)
    return pd.DataFrame(
        {
            "designation": [f"D{number + 1}" for number in range(count)],
            "kind": [each.value for each in kind],
            "esi_id": world.premises["esi_id"].to_numpy()[rows],
            "source": "retailer",
            "contact": [f"713{number:07d}" for number in rng.integers(2_000_000, 9_999_999, count)],
            "second_contact": "",
            "valid_from": begun.astype(str),
            "valid_until": [
                str(day + DESIGNATED_DAYS[each]) for day, each in zip(begun, kind, strict=True)
            ],
        }
    )
