"""
Forecast storms: one in this process, or thousands spread over Dask.

>>> import gridtwin
>>> from gridtwin.erm.storms import StormScenario, forecast_storm
>>> twin = gridtwin.open(gridtwin.synthesize("houston", meters=500, seed=1))
>>> lines = twin.network.equipment.query("kind == 'ac_line_segment' and placement == 'overhead'")
>>> storm = forecast_storm(twin, StormScenario(damaged=tuple(lines.mrid[:5]), draws=50))
>>> storm.customers > 0
True
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.analysis.place.polygon import read_polygon
from gridtwin.analysis.storm.damage import draw_damage
from gridtwin.analysis.storm.repair_plan import RepairPlan, plan_repairs
from gridtwin.analysis.storm.response import Aid, Response
from gridtwin.analysis.storm.storm_simulation import (
    Allotment,
    DistrictWork,
    divide_districts,
    join_districts,
    simulate_district,
)
from gridtwin.analysis.storm.storm_situation import StormSituation
from gridtwin.errors import InputError, MissingExtraError, StoreError
from gridtwin.model.state import CURRENT
from gridtwin.results.storm_forecast import StormForecast, zone_quantiles
from gridtwin.store.local_store import LocalStore
from gridtwin.twin import Twin, open_twin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from gridtwin.results.documents.storm_documents import StormDocument

__all__ = [
    "Aid",
    "Response",
    "StormForecast",
    "StormScenario",
    "forecast_storm",
    "simulate_storms",
    "zone_quantiles",
]

MOST_STORM_DRAWS = 10_000
MOST_CELLS = 20_000_000  # jobs times draws: 160 MB for each thing that is drawn
# Damages per km of overhead line, and chances per piece of other equipment, inside the polygon:
# assumptions for a first look, to be replaced by rates fitted to a utility's own storms.
DAMAGE_RATES: Mapping[str, float] = {"ac_line_segment": 0.2, "power_transformer": 0.005}
SCHEDULERS = ("single", "processes", "distributed")


@dataclass(frozen=True)
class StormScenario:
    """One storm: what is damaged, or where, and how the utility answers."""

    name: str = "storm"
    damaged: tuple[str, ...] = ()  # mRIDs of equipment; beside them what the polygon yields
    polygon: object = None  # GeoJSON text or mapping, WKT, or a shapely polygon
    rates: Mapping[str, float] = field(default_factory=lambda: dict(DAMAGE_RATES))
    priority: tuple[str, ...] = ()  # mRIDs of usage points
    response: Response = field(default_factory=Response)
    draws: int = 1000
    seed: int = 0

    def with_seeds(self, count: int) -> list[StormScenario]:
        """Return so many of this scenario, each with a seed of its own: damage is drawn anew."""
        seeds = range(self.seed, self.seed + count)
        return [replace(self, name=f"{self.name}-{seed}", seed=seed) for seed in seeds]


def forecast_storm(
    twin: Twin,
    scenario: StormScenario,
    *,
    state: str = CURRENT,
    progress: Callable[[int, int], None] | None = None,
) -> StormForecast:
    """
    Forecast one storm in this process.

    Parameters
    ----------
    twin
        The network.
    scenario
        The storm.
    state
        ``current``, ``normal``, or the name of an overlay: the state before the storm.
    progress
        Called with how many of how many steps are done.

    Raises
    ------
    InputError
        If nothing is damaged, or a figure cannot be.
    NotFoundError
        If an mRID or a state is not there.
    """
    return _run_forecast(StormSituation(twin.situation(state)), scenario, progress)


def _run_forecast(
    ground: StormSituation,
    scenario: StormScenario,
    progress: Callable[[int, int], None] | None = None,
) -> StormForecast:
    tell = progress or (lambda _done, _steps: None)
    tell(0, 1)
    prepared = _prepare_plan(ground, scenario)
    allotment = divide_districts(prepared, scenario.response)
    count = len(allotment.districts)
    worked = []
    for number in range(count):
        tell(number + 1, count + 2)
        worked.append(_work_district(prepared, scenario, allotment, number))
    tell(count + 1, count + 2)
    result = _finish_forecast(ground, scenario, prepared, worked)
    tell(count + 2, count + 2)
    return result


def simulate_storms(
    twin: Twin,
    scenarios: Sequence[StormScenario],
    *,
    state: str = CURRENT,
    scheduler: Any = "processes",
    partitions: int = 1,
    zone: str = "substation",
) -> Iterator[StormDocument]:
    """
    Forecast many storms; yield the document ``gridtwin.storm/1`` of each, in order.

    Parameters
    ----------
    twin
        The network; to use more than this process it must be kept in a directory that all can read.
    scenarios
        The storms.
    state
        As for `forecast_storm`.
    scheduler
        ``single`` (this process), ``processes`` (Dask on this machine), ``distributed`` (a local
        Dask cluster), or a `distributed.Client`.
    partitions
        Into how many tasks to part the crews' work of each storm, by substation: 1 is best for
        many storms, the number of cores for few large ones. The answer is the same.
    zone
        The zones of the documents: ``substation`` or ``feeder``.

    Raises
    ------
    InputError
        If there is no such scheduler, or the twin is in memory only.
    """
    if scheduler == "single":
        ground = StormSituation(twin.situation(state))
        for scenario in scenarios:
            yield _run_forecast(ground, scenario).document(zone=zone)
        return
    if isinstance(scheduler, str) and scheduler not in SCHEDULERS:
        msg = f"no scheduler is called {scheduler!r}: use one of {', '.join(SCHEDULERS)}"
        raise InputError(msg)
    place = _Place(_get_address(twin), state, twin.version)
    tasks = [_make_task(place, scenario, partitions, zone) for scenario in scenarios]
    yield from _compute_tasks(tasks, scheduler)


@dataclass(frozen=True)
class _Place:
    """Where a worker finds the network."""

    address: str
    state: str
    version: int


@lru_cache(maxsize=2)
def _open_situation(place: _Place) -> StormSituation:
    """Return the network of a place, opened once per process, unless it has moved on."""
    twin = open_twin(place.address)
    if twin.version != place.version:
        msg = f"{place.address}: was switched to version {twin.version} meanwhile; begin again"
        raise StoreError(msg)
    return StormSituation(twin.situation(place.state))


def _get_address(twin: Twin) -> str:
    if isinstance(twin.store, LocalStore):
        return str(twin.store.path.resolve())
    msg = "only a twin kept in a directory is read by several processes: save it, or use 'single'"
    raise InputError(msg)


def _prepare_plan(ground: StormSituation, scenario: StormScenario) -> RepairPlan:
    if not 1 <= scenario.draws <= MOST_STORM_DRAWS:
        allowed = f"a number from 1 to {MOST_STORM_DRAWS:,}"
        msg = f"{scenario.name}: draws is {scenario.draws}; give {allowed}"
        raise InputError(msg)
    situation = ground.situation
    ids = situation.network.ids
    rows = ids.find_rows("equipment", scenario.damaged)
    if scenario.polygon is not None:
        rows = np.union1d(rows, _draw_damage(ground, scenario)).astype(np.int32)
    if len(rows) * scenario.draws > MOST_CELLS:
        fit = MOST_CELLS // len(rows)
        msg = f"{scenario.name}: with {len(rows):,} damaged devices give at most {fit:,} draws"
        raise InputError(msg)
    priority = ids.find_rows("usage_points", scenario.priority)
    return plan_repairs(ground, rows, scenario.response, priority=priority)


def _draw_damage(ground: StormSituation, scenario: StormScenario) -> NDArray[np.int32]:
    situation = ground.situation
    given = read_polygon(scenario.polygon, geographic=situation.network.crs is not None)
    rows = ground.find_inside(given.geometry)
    return draw_damage(situation, rows, scenario.rates, seed=scenario.seed)


def _work_district(
    prepared: RepairPlan, scenario: StormScenario, allotment: Allotment, number: int
) -> DistrictWork:
    response, draws, seed = scenario.response, scenario.draws, scenario.seed
    return simulate_district(prepared, response, allotment, number, draws=draws, seed=seed)


def _finish_forecast(
    ground: StormSituation,
    scenario: StormScenario,
    prepared: RepairPlan,
    worked: Sequence[DistrictWork],
) -> StormForecast:
    outcome = join_districts(prepared, scenario.response, worked, seed=scenario.seed)
    return StormForecast(prepared, scenario.response, outcome, ground.situation, scenario.seed)


def _make_task(place: _Place, scenario: StormScenario, partitions: int, zone: str) -> Any:
    """Return one storm as a task, or as several: prepare, work in each part, finish."""
    try:
        from dask.delayed import delayed
    except ModuleNotFoundError as error:
        need = "spreading storms over processes"
        raise MissingExtraError(need, "dask") from error
    if partitions == 1:  # nothing travels between processes but the answer
        return delayed(_run_whole, pure=False)(place, scenario, zone)
    prepared = delayed(_run_prepare, pure=False)(place, scenario)
    worked = [
        delayed(_run_work, pure=False)(prepared, scenario, part, partitions)
        for part in range(partitions)
    ]
    return delayed(_run_finish, pure=False)(place, scenario, prepared, worked, zone)


def _run_whole(place: _Place, scenario: StormScenario, zone: str) -> StormDocument:
    return _run_forecast(_open_situation(place), scenario).document(zone=zone)


def _run_prepare(place: _Place, scenario: StormScenario) -> RepairPlan:
    return _prepare_plan(_open_situation(place), scenario)


def _run_work(
    prepared: RepairPlan, scenario: StormScenario, part: int, parts: int
) -> list[DistrictWork]:
    allotment = divide_districts(prepared, scenario.response)
    own = range(part, len(allotment.districts), parts)
    return [_work_district(prepared, scenario, allotment, number) for number in own]


def _run_finish(
    place: _Place,
    scenario: StormScenario,
    prepared: RepairPlan,
    worked: list[list[DistrictWork]],
    zone: str,
) -> StormDocument:
    flat = [part for parts in worked for part in parts]
    return _finish_forecast(_open_situation(place), scenario, prepared, flat).document(zone=zone)


def _compute_tasks(tasks: list[Any], scheduler: Any) -> Iterator[StormDocument]:
    """Yield the answers of tasks in order, a batch at a time, so that few are held at once."""
    if scheduler == "processes":
        yield from _compute_in_processes(tasks)
        return
    if scheduler != "distributed":
        yield from _gather_batches(tasks, scheduler)
        return
    from distributed import Client, LocalCluster

    cluster = LocalCluster(dashboard_address=None)  # type: ignore[no-untyped-call]
    with cluster, Client(cluster) as client:  # type: ignore[no-untyped-call]
        yield from _gather_batches(tasks, client)


def _compute_in_processes(tasks: list[Any]) -> Iterator[StormDocument]:
    """Yield the answers of tasks from processes that stay until all are done."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from dask.base import compute

    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        for start in range(0, len(tasks), _BATCH):
            batch = tasks[start : start + _BATCH]
            options = {"scheduler": "processes", "pool": pool}
            yield from compute(*batch, **options)  # type: ignore[no-untyped-call]


_BATCH = 64  # tasks at a time, so that few answers are held at once


def _gather_batches(tasks: list[Any], client: Any) -> Iterator[StormDocument]:
    for start in range(0, len(tasks), _BATCH):
        yield from client.gather(client.compute(tasks[start : start + _BATCH]))
