"""Crews do what a plain simulation of one draw after the other does."""

from __future__ import annotations

import heapq

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import scale_examples
from gridtwin.analysis.storm.dispatch import CrewClock, compute_travel_times, dispatch_crews
from gridtwin.analysis.storm.response import Response

HOUR = 3600.0


def plain(
    work: np.ndarray, known: np.ndarray, starts: np.ndarray, travel: np.ndarray, clock: CrewClock
) -> tuple[list[float], float]:
    """Return when jobs end and how long crews were busy, in one draw, event by event."""
    jobs = len(work)
    crews = [(float(start), crew, jobs, float(start)) for crew, start in enumerate(starts)]
    heapq.heapify(crews)
    left, end, busy = list(range(jobs)), [0.0] * jobs, 0.0
    while left:
        free, crew, place, since = heapq.heappop(crews)
        ready = [job for job in left if known[job] <= free]
        job = ready[0] if ready else min(left, key=lambda job: known[job])
        left.remove(job)
        now = max(free, float(known[job]))
        spent = 0.0
        takes = None
        while takes is None or spent < takes - 1e-9:
            shift, within = divmod(now - since, clock.work_s + clock.rest_s)
            if within >= clock.work_s - 1e-9 and clock.rest_s:
                now = since + (shift + 1) * (clock.work_s + clock.rest_s)
                within = 0.0
            if takes is None:
                arrival = now + travel[place, job]
                hour = (arrival + clock.begin_s) % 86_400 / HOUR
                late, early = clock.night_from_s / HOUR, clock.night_to_s / HOUR
                night = late <= hour < early if late <= early else hour >= late or hour < early
                takes = float(travel[place, job] + work[job] * (clock.night_factor if night else 1))
            room = clock.work_s - within if clock.rest_s else np.inf
            step = min(room, takes - spent)
            now, spent = now + step, spent + step
        end[job], busy = now, busy + takes
        heapq.heappush(crews, (now, crew, job, since))
    return end, busy


@settings(max_examples=scale_examples(60), derandomize=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_dispatch_equals_a_plain_simulation_of_every_draw(seed: int) -> None:
    rng = np.random.default_rng(seed)
    jobs, crews, draws = int(rng.integers(1, 12)), int(rng.integers(1, 5)), 4
    work = rng.exponential(5 * HOUR, (jobs, draws))
    known = rng.exponential(2 * HOUR, (jobs, draws))
    starts = np.sort(rng.choice([0.0, 0.0, 10 * HOUR, 30 * HOUR], crews))
    xy = rng.uniform(0, 30_000, (jobs + 1, 2))
    travel = compute_travel_times(xy, geographic=False, speed_kmh=40, detour=1.3)
    response = Response(
        work_h=float(rng.choice([8, 16])),
        rest_h=float(rng.choice([0, 8])),
        begin_hour=float(rng.integers(0, 24)),
        night_factor=1.5,
        night_begin_hour=float(rng.choice([21, 0])),
        night_end_hour=6.0,
    )
    clock = CrewClock.from_response(response)
    found = dispatch_crews(work, known, starts, travel, clock)
    for draw in range(draws):
        end, busy = plain(work[:, draw], known[:, draw], starts, travel, clock)
        assert found.end[:, draw] == pytest.approx(end)
        assert found.busy[draw] == pytest.approx(busy)


def steady(**figures: float) -> CrewClock:
    return CrewClock.from_response(Response(rest_h=0.0, night_factor=1.0, **figures))


def one(
    work: list[float], known: list[float], starts: list[float], clock: CrewClock
) -> list[float]:
    jobs = len(work)
    near = np.zeros((jobs + 1, jobs + 1))
    columns = np.array(work)[:, None] * HOUR, np.array(known)[:, None] * HOUR
    return (
        dispatch_crews(*columns, np.array(starts) * HOUR, near, clock).end[:, 0] / HOUR
    ).tolist()


def test_two_crews_take_the_list_in_order() -> None:
    assert one([3, 1, 1], [0, 0, 0], [0, 0], steady()) == [3, 1, 2]


def test_a_job_that_is_not_known_yet_is_passed_over() -> None:
    assert one([1, 2], [5, 0], [0], steady()) == [6, 2]


def test_a_crew_with_nothing_known_waits_for_the_first_that_will_be() -> None:
    assert one([1, 1], [4, 3], [0], steady()) == [5, 4]


def test_aid_begins_when_it_comes() -> None:
    assert one([10, 10], [0, 0], [0, 4], steady()) == [10, 14]


def test_a_crew_rests_between_shifts_and_goes_on_with_its_job() -> None:
    clock = CrewClock.from_response(Response(work_h=16, rest_h=8, night_factor=1.0))
    assert one([16, 4], [0, 0], [0], clock) == [16, 28]
    assert one([20], [0], [0], clock) == [28]


def test_work_that_just_fills_a_shift_is_done_by_its_end() -> None:
    clock = CrewClock.from_response(Response(work_h=0.7, rest_h=8, night_factor=1.0))
    assert one([0.1] * 7, [0] * 7, [0], clock)[-1] == pytest.approx(0.7)


def test_a_repair_begun_at_night_takes_longer() -> None:
    clock = CrewClock.from_response(Response(rest_h=0, begin_hour=22, night_factor=2.0))
    assert one([3, 3, 3], [0, 0, 0], [0], clock) == [6, 12, 15]


def test_a_degree_of_latitude_takes_its_length_over_the_speed() -> None:
    times = compute_travel_times(
        np.array([[0.0, 0.0], [0.0, 1.0]]), geographic=True, speed_kmh=100, detour=1
    )
    assert times[0, 1] / HOUR == pytest.approx(1.112, abs=0.001)
