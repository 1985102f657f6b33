"""Storms give the same answer in one process, over processes, and on a cluster."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from typer.testing import CliRunner

import gridtwin
from gridtwin.cli.root_commands import app
from gridtwin.erm.storms import (
    Response,
    StormScenario,
    forecast_storm,
    simulate_storms,
    zone_quantiles,
)
from gridtwin.errors import InputError, NotFoundError, StoreError
from networks import network

if TYPE_CHECKING:
    from pathlib import Path

AROUND = "POLYGON ((-180 -90, 180 -90, 180 90, -180 90, -180 -90))"
STORM = StormScenario(polygon=AROUND, draws=40, seed=7, response=Response(crews=6))


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> gridtwin.Twin:
    path: Path = tmp_path_factory.mktemp("storms") / "small.twin"
    return gridtwin.open(gridtwin.synthesize("houston", meters=10_000, seed=1)).save(path)


@pytest.fixture(scope="module")
def alone(twin: gridtwin.Twin) -> list[dict]:
    return list(simulate_storms(twin, STORM.with_seeds(5), scheduler="single"))


def test_each_scenario_has_damage_of_its_own(alone: list[dict]) -> None:
    assert all(found["districts"] > 2 for found in alone)
    assert len({tuple(device["mrid"] for device in found["devices"]) for found in alone}) == 5


@pytest.mark.long
@pytest.mark.parametrize("partitions", [1, 3])
def test_processes_give_the_answer_of_one(
    twin: gridtwin.Twin, alone: list[dict], partitions: int
) -> None:
    assert list(simulate_storms(twin, STORM.with_seeds(5), partitions=partitions)) == alone


@pytest.mark.long
def test_a_cluster_gives_the_answer_of_one_process(twin: gridtwin.Twin, alone: list[dict]) -> None:
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        found = list(simulate_storms(twin, STORM.with_seeds(5), scheduler=client, partitions=2))
        words = ["erm", "storm", AROUND, "--in", str(twin.store.path), "--crews", "6"]
        words += ["--draws", "40", "--seed", "7", "--scenarios", "2"]
        said = CliRunner().invoke(app, [*words, "--scheduler", cluster.scheduler_address])
    assert found == alone
    assert [json.loads(line) for line in said.stdout.splitlines()] == alone[:2]


@pytest.mark.long
def test_a_local_cluster_is_made_and_taken_down(twin: gridtwin.Twin, alone: list[dict]) -> None:
    assert list(simulate_storms(twin, STORM.with_seeds(2), scheduler="distributed")) == alone[:2]


@pytest.mark.long
def test_a_cluster_that_does_not_answer_is_named(twin: gridtwin.Twin) -> None:
    words = ["erm", "storm", AROUND, "--in", str(twin.store.path), "--scenarios", "2"]
    done = CliRunner().invoke(app, [*words, "--scheduler", "tcp://127.0.0.1:1"])
    assert isinstance(done.exception, InputError)
    assert "nobody answers" in str(done.exception)


def test_the_same_seed_gives_the_same_answer_whatever_the_order_of_rows(
    twin: gridtwin.Twin,
) -> None:
    memory = gridtwin.open(gridtwin.synthesize("houston", meters=10_000, seed=1))
    first, second = forecast_storm(memory, STORM), forecast_storm(twin, STORM)
    assert sorted(first.plan.name.tolist()) == sorted(second.plan.name.tolist())
    order = [np.argsort(found.plan.name) for found in (first, second)]
    assert np.array_equal(first.outcome.done[order[0]], second.outcome.done[order[1]])
    assert first.curve().equals(second.curve())


def test_a_substation_draws_its_own_numbers_whatever_is_damaged_elsewhere(
    twin: gridtwin.Twin,
) -> None:
    found = forecast_storm(twin, STORM)
    zone = int(found.plan.zone[0])
    own = found.plan.name[found.plan.zone == zone]
    own_only = replace(STORM, polygon=None, damaged=tuple(name.decode() for name in own.tolist()))
    many = replace(own_only, response=Response(crews=2_000))
    less = forecast_storm(twin, many)
    more = forecast_storm(twin, replace(many, polygon=AROUND))
    at = np.searchsorted(more.plan.equipment, less.plan.equipment)
    assert np.array_equal(less.outcome.done, more.outcome.done[at])


def test_a_twin_in_memory_is_not_sent_to_other_processes() -> None:
    memory = gridtwin.open(gridtwin.synthesize("houston", meters=500, seed=1))
    with pytest.raises(InputError, match="save it"):
        next(simulate_storms(memory, [STORM]))


def test_an_unknown_scheduler_is_refused(twin: gridtwin.Twin) -> None:
    with pytest.raises(InputError, match="single, processes, distributed"):
        next(simulate_storms(twin, [STORM], scheduler="cloud"))


def test_an_unknown_device_is_not_found(twin: gridtwin.Twin) -> None:
    with pytest.raises(NotFoundError, match="LINE-NONE"):
        forecast_storm(twin, StormScenario(damaged=("LINE-NONE",)))


@pytest.mark.parametrize("draws", [0, 10_001])
def test_too_few_or_too_many_draws_are_refused(twin: gridtwin.Twin, draws: int) -> None:
    with pytest.raises(InputError, match="draws"):
        forecast_storm(twin, replace(STORM, draws=draws))


def test_a_twin_switched_meanwhile_is_refused(twin: gridtwin.Twin) -> None:
    from gridtwin.erm.storms import _open_situation, _Place

    place = _Place(str(twin.store.path), "current", twin.version + 1)
    with pytest.raises(StoreError, match="meanwhile"):
        _open_situation(place)


@pytest.mark.parametrize("rates", [{"ac_line_segment": -1.0}, {"fuse": 1.5}, {"tower": 0.1}])
def test_a_damage_rate_that_cannot_be_is_refused(
    twin: gridtwin.Twin, rates: dict[str, float]
) -> None:
    with pytest.raises(InputError, match=next(iter(rates))):
        forecast_storm(twin, replace(STORM, rates=rates))


def test_underground_lines_are_not_hurt_and_long_lines_more(twin: gridtwin.Twin) -> None:
    storms = [forecast_storm(twin, storm) for storm in STORM.with_seeds(4)]
    equipment = twin.situation().data.equipment
    hit = np.concatenate([storm.plan.equipment for storm in storms])
    hit = hit[equipment.kind[hit] == 0]
    assert (equipment.placement[hit] != 2).all()
    whole = np.flatnonzero((equipment.kind == 0) & (equipment.placement != 2))
    assert equipment.length_m[hit].mean() > equipment.length_m[whole].mean()


def test_priority_customers_are_back_before_the_last_and_sooner_than_without_priority(
    twin: gridtwin.Twin,
) -> None:
    found = forecast_storm(twin, STORM).summary()
    plain = forecast_storm(
        twin, replace(STORM, response=Response(crews=6, priority_weight=1))
    ).summary()
    assert found["priority_customers"] > 0
    assert found["last_priority"]["p50_h"] <= found["last"]["p50_h"]
    assert found["last_priority"]["p50_h"] < plain["last_priority"]["p50_h"]


@pytest.mark.parametrize("by", ["substation", "feeder"])
def test_zone_quantiles_are_those_of_the_table(twin: gridtwin.Twin, by: str) -> None:
    found = forecast_storm(twin, STORM)
    names, p50, p80, p95 = zone_quantiles(found, by)
    table = found.zones(by)
    assert table[by].tolist() == names
    assert np.allclose(table[["p50_h", "p80_h", "p95_h"]].to_numpy() * 3600, np.c_[p50, p80, p95])
    assert table.customers.sum() == found.customers
    assert (p50 <= p80).all()
    assert (p80 <= p95).all()


def test_a_storm_that_puts_nobody_out_is_told_too() -> None:
    grid = network(
        "L1 ac_line_segment S a ABC\nL2 ac_line_segment b c ABC", meters="M@a", sources="S"
    )
    found = forecast_storm(gridtwin.open(grid), StormScenario(damaged=("L2",), draws=5))
    document = found.document()
    assert document["customers"] == 0
    assert document["last"]["p95_h"] == 0
    assert document["zones"] == []
    assert len(document["devices"]) == 1


def test_the_curve_begins_dark_rises_and_ends_with_all_back(twin: gridtwin.Twin) -> None:
    found = forecast_storm(twin, STORM)
    curve = found.curve()
    assert (curve.p10 <= curve.p50).all()
    assert (curve.p50 <= curve.p90).all()
    assert curve["mean"].is_monotonic_increasing
    assert curve.p10.iloc[-1] > 0.9 * found.customers
    assert found.curve(until_h=5.0).hours.iloc[-1] == 5.0


def test_the_frame_has_a_row_for_every_usage_point_out(twin: gridtwin.Twin) -> None:
    found = forecast_storm(twin, STORM)
    frame = found.to_geodataframe()
    assert len(frame) == len(found.plan.points)
    assert frame.customers.sum() == found.customers
    assert frame.crs is not None
