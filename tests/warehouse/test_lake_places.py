"""Places in the topology, as a lake has them, stay where a switch moves something else."""

from __future__ import annotations

from datetime import UTC, datetime

import gridtwin
from gridtwin.results.warehouse.lake_tables import build_topology_tables
from gridtwin.twin import Twin
from gridtwin.twin.warehouse_snapshot import take_snapshot


def list_rows(twin: Twin) -> dict[str, dict[str, tuple[object, ...]]]:
    """Return the rows of intervals and of places by their keys."""
    spans, places, *_ = build_topology_tables(take_snapshot(twin, datetime.now(UTC)))
    return {
        each.table.name: {row[0]: row for row in zip(*each.rows.to_pydict().values(), strict=True)}
        for each in (spans, places)
    }


def count_changed(
    before: dict[str, tuple[object, ...]], after: dict[str, tuple[object, ...]]
) -> int:
    return sum(before.get(key) != after.get(key) for key in before.keys() | after.keys())


def test_an_interval_holds_the_loss_set_and_a_switch_changes_its_own_part_alone() -> None:
    twin = gridtwin.open(gridtwin.synthesize("houston", meters=8_000, seed=7))
    before = list_rows(twin)
    feeder = twin.network.feeders.iloc[3]
    twin.switch(feeder["head"], open=True)
    after = list_rows(twin)
    for rows in (before, after):
        assert len({row[1] for row in rows["usage_point_places"].values()}) == len(
            rows["usage_point_places"]
        )
    lost = set(before["usage_point_places"]) - set(after["usage_point_places"])
    assert len(lost) == twin.blast_radius(feeder["head"], state="normal").customers > 100
    for name in before:
        changed = count_changed(before[name], after[name])
        assert len(lost) / 2 < changed < len(before[name]) / 4, name
    for element in twin.network.equipment.mrid[::97]:
        first, end = after["element_spans"][element][3:5]
        inside = {
            point for point, row in after["usage_point_places"].items() if first <= row[1] < end
        }
        assert inside == set(twin.blast_radius(element).usage_points)
