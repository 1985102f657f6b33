"""Draw a storm many times: find, switch, repair, and see who is back when."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.storm.dispatch import CrewClock, compute_travel_times, dispatch_crews
from gridtwin.analysis.storm.districts import District, allot_districts
from gridtwin.analysis.storm.repair_plan import MANUAL, REMOTE
from gridtwin.analysis.storm.repair_times import WORK_SPREAD, make_lognormal
from gridtwin.model.moments import HOUR_S

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from gridtwin.analysis.storm.repair_plan import RepairPlan
    from gridtwin.analysis.storm.response import Response


@dataclass(frozen=True, slots=True)
class DistrictWork:
    """What the crews of one district did, in every draw; seconds after the storm."""

    district: int
    jobs: NDArray[np.int32]
    found: NDArray[np.float64]  # (jobs, draws) when the damage is known
    switched: NDArray[np.float64]  # (jobs, draws) when it is isolated by hand
    done: NDArray[np.float64]  # (jobs, draws) when it is repaired
    busy: NDArray[np.float64]  # (draws,) crew time at work or on the way
    crew_start: NDArray[np.float64]  # (crews,)


@dataclass(frozen=True, slots=True)
class StormOutcome:
    """A storm, drawn many times; seconds after the storm, shapes (jobs | groups, draws)."""

    found: NDArray[np.float64]
    switched: NDArray[np.float64]
    done: NDArray[np.float64]
    back: NDArray[np.float64]  # per group
    crews: NDArray[np.int32]  # (districts,)
    utilization: NDArray[np.float64]  # (districts, draws) share of the time crews are there
    district: NDArray[np.int32]  # (jobs,)


@dataclass(frozen=True, slots=True)
class Allotment:
    """The districts of a storm, and whose each job is."""

    districts: list[District]
    of_job: NDArray[np.int32]  # (jobs,) place in `districts`


def divide_districts(plan: RepairPlan, response: Response) -> Allotment:
    """Part the jobs of a plan among districts."""
    zones, place = np.unique(plan.zone, return_inverse=True)
    takes = plan.mean_s * response.repair_factor
    work = np.bincount(place, takes).astype(np.float64)
    middle = np.stack([np.bincount(place, takes * plan.xy[:, axis]) for axis in (0, 1)]) / work
    districts = allot_districts(work, middle.T, response)
    of_zone = np.empty(len(zones), dtype=np.int32)
    for number, district in enumerate(districts):
        of_zone[district.zones] = number
    return Allotment(districts, of_zone[place])


def simulate_storm(
    plan: RepairPlan, response: Response, *, draws: int = 1000, seed: int = 0
) -> StormOutcome:
    """
    Draw a storm many times.

    Parameters
    ----------
    plan
        Jobs and customer groups.
    response
        How the utility answers.
    draws
        How often.
    seed
        The same seed gives the same outcome, however the districts are spread over processes.
    """
    allotment = divide_districts(plan, response)
    worked = [
        simulate_district(plan, response, allotment, number, draws=draws, seed=seed)
        for number in range(len(allotment.districts))
    ]
    return join_districts(plan, response, worked, seed=seed)


def simulate_district(
    plan: RepairPlan,
    response: Response,
    allotment: Allotment,
    number: int,
    *,
    draws: int,
    seed: int,
) -> DistrictWork:
    """
    Return what the crews of one district do.

    Notes
    -----
    Random numbers come from a stream of its own for each substation, keyed by its mRID, so they do
    not depend on what is reckoned before, elsewhere, or at the same time.
    """
    district = allotment.districts[number]
    own = np.flatnonzero(allotment.of_job == number)
    jobs = own[np.argsort(plan.rank[own])].astype(np.int32)
    drawn = draw_work(plan, response, jobs, draws=draws, seed=seed)
    clock = CrewClock.from_response(response)
    road = compute_travel_times(
        np.vstack([plan.xy[jobs], _locate_depot(plan, jobs)]),
        geographic=plan.geographic,
        speed_kmh=response.speed_kmh,
        detour=response.detour,
    )
    teams = np.zeros(district.assessors)
    found_s = dispatch_crews(drawn.finding, np.zeros_like(drawn.finding), teams, road, clock).end
    schedule = dispatch_crews(drawn.repair, found_s, district.crew_start, road, clock)
    return DistrictWork(
        district=number,
        jobs=jobs,
        found=found_s,
        switched=np.minimum(found_s + drawn.switching, schedule.end),
        done=schedule.end,
        busy=schedule.busy,
        crew_start=district.crew_start,
    )


def _make_rng(seed: int, name: bytes) -> np.random.Generator:
    digest = hashlib.blake2b(name, digest_size=16).digest()
    words = tuple(np.frombuffer(digest, dtype="<u4").tolist())
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=words)))


@dataclass(frozen=True, slots=True)
class WorkTimes:
    """How long things take, s, shapes (jobs, draws)."""

    finding: NDArray[np.float64]
    repair: NDArray[np.float64]
    switching: NDArray[np.float64]


def draw_work(
    plan: RepairPlan, response: Response, jobs: NDArray[np.int32], *, draws: int, seed: int
) -> WorkTimes:
    """Return how long finding, repairing and switching by hand take for jobs, in every draw."""
    finding, repair, switching = _draw_normals(plan, jobs, draws, seed)
    mean_s = plan.mean_s[jobs, None] * response.repair_factor
    return WorkTimes(
        make_lognormal(finding, response.assess_h * HOUR_S, response.assess_spread),
        make_lognormal(repair, mean_s, WORK_SPREAD),
        make_lognormal(switching, response.manual_h * HOUR_S, response.switch_spread),
    )


def _draw_normals(
    plan: RepairPlan, jobs: NDArray[np.int32], draws: int, seed: int
) -> NDArray[np.float64]:
    """Return normal numbers, shape (3, jobs, draws): for finding, repairing, switching."""
    normal = np.empty((3, len(jobs), draws))
    for zone in np.unique(plan.zone[jobs]).tolist():
        stream = _make_rng(seed, b"jobs:" + plan.zones[zone])
        own = np.flatnonzero(plan.zone[jobs] == zone)
        own = own[np.argsort(plan.name[jobs[own]], kind="stable")]
        for at in own.tolist():
            normal[:, at] = stream.standard_normal((3, draws))
    return normal


def _locate_depot(plan: RepairPlan, jobs: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return where the crews of a district start: amid its substations, or amid its jobs."""
    depots = plan.depot[np.unique(plan.zone[jobs])]
    known = depots[np.isfinite(depots).all(axis=1)]
    return known.mean(axis=0) if len(known) else plan.xy[jobs].mean(axis=0)


def join_districts(
    plan: RepairPlan, response: Response, worked: Iterable[DistrictWork], *, seed: int
) -> StormOutcome:
    """Join what all districts did, and say when each customer group is back."""
    parts = sorted(worked, key=lambda part: part.district)
    draws = parts[0].done.shape[1]
    found_s, switched, done = (np.empty((len(plan.mean_s), draws)) for _ in range(3))
    of_job = np.empty(len(plan.mean_s), dtype=np.int32)
    utilization = np.empty((len(parts), draws))
    for part in parts:
        found_s[part.jobs], switched[part.jobs] = part.found, part.switched
        done[part.jobs], of_job[part.jobs] = part.done, part.district
        there = np.maximum(part.done.max(axis=0) - part.crew_start[:, None], 0).sum(axis=0)
        utilization[part.district] = part.busy / there
    return StormOutcome(
        found=found_s,
        switched=switched,
        done=done,
        back=_find_return_times(plan, response, (switched, done), seed),
        crews=np.array([len(part.crew_start) for part in parts], dtype=np.int32),
        utilization=utilization,
        district=of_job,
    )


def _find_return_times(
    plan: RepairPlan,
    response: Response,
    times: tuple[NDArray[np.float64], NDArray[np.float64]],
    seed: int,
) -> NDArray[np.float64]:
    """Return when each group is back: by the control room, by hand, by repair, or by the first."""
    switched, done = times
    groups, draws = plan.groups, done.shape[1]
    isolated, repaired = plan.isolated.compute_times(switched), plan.repaired.compute_times(done)
    remote = np.stack(
        [_make_rng(seed, b"remote:" + name).standard_normal(draws) for name in plan.zones]
    )
    remote = make_lognormal(remote, response.remote_h * HOUR_S, response.switch_spread)
    back = np.full((len(groups.stage), draws), np.inf)
    at = np.flatnonzero(groups.stage == REMOTE)
    back[at] = remote[groups.zone[at]]
    at = np.flatnonzero((groups.stage == MANUAL) & (groups.isolated >= 0))
    back[at] = np.maximum(isolated[groups.isolated[at]], remote[groups.zone[at]])
    at = np.flatnonzero((groups.stage != REMOTE) & (groups.repaired >= 0))
    back[at] = np.minimum(back[at], repaired[groups.repaired[at]])
    return back
