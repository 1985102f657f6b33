"""
Make the events of outages whose truth is known, to measure an inference by.

The world made here is on purpose not the one that `likelihood` assumes: delays are log-normal with
a share that waits in a mesh network, losses differ from transformer to transformer, clocks jitter,
and meters that have power send stray gasps at a rate of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.analysis.inference.evidence import EventRows
from gridtwin.model import cim
from gridtwin.model.events import CALL, LAST_GASP, POWER_RESTORED, READING
from gridtwin.model.phases import PHASE_COUNT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gridtwin.analysis.inference.device_tree import DeviceTree
    from gridtwin.analysis.state.situation import Situation

HOUR_S = 3_600.0
# Shares of the devices that operate in a storm, by kind; scaled to the kinds there are.
MIX: dict[str, float] = {
    "fuse": 0.45,
    "power_transformer": 0.30,
    "recloser": 0.08,
    "breaker": 0.03,
    "sectionaliser": 0.04,
    "load_break_switch": 0.05,
}


@dataclass(frozen=True)
class World:
    """What truly happens to meters and messages."""

    outages: int = 20
    singles: int = 2  # usage points that go dark alone
    mix: Mapping[str, float] = field(default_factory=lambda: MIX)
    loss: float = 0.2  # mean share of last gasps that never arrive
    loss_spread: float = 4.0  # a transformer's own share is beta distributed; larger: more alike
    median_delay_s: float = 12.0
    delay_sigma: float = 1.0  # of the logarithm of the delay
    held_share: float = 0.08  # gasps that wait for a path through the mesh network
    held_s: float = 420.0  # at most, evenly
    jitter_s: float = 1.0  # of a meter's clock
    window_s: float = HOUR_S  # outages begin evenly within it
    spurious: float = 2e-5  # stray gasps of a meter with power, in the window
    momentary: int = 3  # devices that open and come back within a minute
    lost_restored: float = 0.03  # share of meters back on that do not say so
    one_pole: float = 0.3  # share of three-phase fuses of which one pole opens
    nested: float = 0.1  # share of outages with an earlier one inside
    callers: float = 0.15  # share of customers in the dark who call within the hour
    stray_calls: float = 1e-5  # calls of a customer with power, in the window
    readings: float = 0.02  # share of meters with power that are read after the window
    wrong_readings: float = 2e-4  # share of meters in the dark that are read as on
    fewest: int = 2  # usage points that an operating device darkens at least
    most: float = 0.5  # share of the largest loss set that it darkens at most


@dataclass(frozen=True, slots=True)
class TrueOutage:
    """One outage that did happen."""

    equipment: int  # -1 for a usage point that failed by itself
    phases: int  # poles that opened, as bits of A, B, C
    began_s: float
    out: NDArray[np.int32]  # usage points it holds in the dark, without those of inner outages


@dataclass(frozen=True, slots=True)
class Simulated:
    """Events, and what truly happened."""

    heard: EventRows
    truth: tuple[TrueOutage, ...]
    now_s: float


def simulate(
    situation: Situation, devices: DeviceTree, world: World, *, seed: int, start_s: float = 1.7e9
) -> Simulated:
    """
    Return the events of some outages.

    Parameters
    ----------
    situation
        The network before them.
    devices
        Its devices, for who hangs on which.
    world
        What happens.
    seed
        The same seed gives the same events.
    start_s
        When the window begins, in seconds since 1970 UTC.
    """
    rng = np.random.default_rng(seed)
    drawn = _draw(situation, devices, world, rng)
    dark_s = np.full(len(devices.need), np.inf)
    truth: list[TrueOutage] = []
    for row, poles, began in sorted(drawn, key=lambda item: item[2]):
        out = _behind(situation, devices, row, poles)
        out = out[np.isinf(dark_s[out])]
        if not len(out):
            continue
        dark_s[out] = start_s + began
        truth.append(TrueOutage(row, poles, start_s + began, out))
    truth += _singles(devices, dark_s, world, (rng, start_s))
    now_s = start_s + world.window_s + 600.0
    parts = [
        *_gasps(situation, dark_s, world, rng),
        *_momentaries(situation, devices, dark_s, world, (rng, start_s)),
        *_strays(devices, dark_s, world, (rng, start_s)),
        *_calls_and_readings(devices, dark_s, world, (rng, now_s)),
    ]
    heard = EventRows.make_empty()
    for point, kind, at_s in parts:
        heard = heard.merge_with(
            EventRows(
                point.astype(np.int32),
                np.full(len(point), kind, dtype=np.uint8),
                np.round(at_s, 3),
                np.zeros(len(point), dtype=np.uint8),
            )
        )
    return Simulated(heard.select_until(now_s), tuple(truth), now_s)


def world_of(situation: Situation, **changes: Any) -> World:
    """Return a world whose devices are of the kinds a network has; lines where it has no fuses."""
    kinds = situation.data.equipment.kind
    mix = {name: share for name, share in MIX.items() if (kinds == cim.KIND_CODE[name]).any()}
    if "fuse" not in mix:
        mix["ac_line_segment"] = MIX["fuse"]  # whose fuses or jumpers were not recorded
    return replace(World(mix=mix), **changes)


def _draw(
    situation: Situation, devices: DeviceTree, world: World, rng: np.random.Generator
) -> list[tuple[int, int, float]]:
    """Return equipment, poles and seconds into the window; none inside another but the nested."""
    equipment = situation.data.equipment
    owner = np.repeat(np.arange(len(devices.node)), np.diff(devices.member_start))
    size = devices.total.sum(axis=1)[owner]
    kind = equipment.kind[devices.member]
    names = list(world.mix)
    shares = np.array([world.mix[name] for name in names])
    fits = (size >= world.fewest) & (size <= max(world.most * size.max(initial=0), world.fewest))
    pools = [np.flatnonzero((kind == cim.KIND_CODE[name]) & fits) for name in names]
    shares = np.where([len(pool) > 0 for pool in pools], shares, 0.0)
    shares /= shares.sum()
    taken = np.zeros(len(devices.need), dtype=bool)
    drawn: list[tuple[int, int, float]] = []
    for _ in range(20 * world.outages):
        if len(drawn) >= world.outages:
            break
        member = int(rng.choice(pools[rng.choice(len(names), p=shares)]))
        row, mask = int(devices.member[member]), int(devices.mask[owner[member]])
        points = _behind(situation, devices, row, 7)
        if taken[points].any():
            continue
        taken[points] = True
        began = float(rng.uniform(0.0, world.window_s))
        poles = mask
        is_fuse = kind[member] in {cim.KIND_CODE["fuse"], cim.KIND_CODE["ac_line_segment"]}
        parted = devices.log_prior[owner[member], 2] > -np.inf
        if is_fuse and parted and PHASE_COUNT[mask] > 1 and rng.random() < world.one_pole:
            poles = int(rng.choice([bit for bit in (1, 2, 4) if mask & bit]))
        drawn.append((row, poles, began))
        if rng.random() < world.nested:
            inner = _inner(devices, int(owner[member]), rng)
            if inner >= 0:
                drawn.append((inner, 7, max(began - float(rng.uniform(60, 900)), 0.0)))
    return drawn


def _inner(devices: DeviceTree, outer: int, rng: np.random.Generator) -> int:
    """Return some device below another; -1 if there is none with two usage points."""
    child = np.flatnonzero(devices.parent == outer)
    child = child[devices.total[child].sum(axis=1) > 1]
    if not len(child):
        return -1
    return int(devices.list_members(int(rng.choice(child)))[0])


def _singles(
    devices: DeviceTree,
    dark_s: NDArray[np.float64],
    world: World,
    draw: tuple[np.random.Generator, float],
) -> list[TrueOutage]:
    """Return outages of usage points by themselves, and mark them dark."""
    rng, start_s = draw
    lit = np.flatnonzero(np.isinf(dark_s) & (devices.need != 0)).astype(np.int32)
    points = rng.choice(lit, min(world.singles, len(lit)), replace=False)
    dark_s[points] = start_s + rng.uniform(0, world.window_s, len(points))
    return [
        TrueOutage(-1, int(devices.need[point]), float(dark_s[point]), np.array([point]))
        for point in points.tolist()
    ]


def _behind(situation: Situation, devices: DeviceTree, row: int, poles: int) -> NDArray[np.int32]:
    """Return the usage points that go dark when poles of a device open."""
    nodes = situation.index.find_dependents(int(situation.index.child[row]))
    points = situation.points_at(nodes)
    need = devices.need[points]
    return points[(need != 0) & (need & ~np.uint8(poles) == 0)]


Part = tuple["NDArray[np.integer]", int, "NDArray[np.float64]"]


def _sent(
    situation: Situation,
    point: NDArray[np.integer],
    at_s: NDArray[np.float64],
    world: World,
    rng: np.random.Generator,
) -> tuple[NDArray[np.integer], NDArray[np.float64]]:
    """Return which messages arrive, and when."""
    group = situation.data.usage_points.transformer[point]
    group = np.where(group < 0, situation.data.usage_points.node[point], group)
    spread = world.loss_spread
    own, whose = np.unique(group, return_inverse=True)
    share = rng.beta(spread * world.loss, spread * (1 - world.loss), len(own))
    arrives = rng.random(len(point)) >= share[whose]
    delay = world.median_delay_s * np.exp(world.delay_sigma * rng.standard_normal(len(point)))
    held = rng.random(len(point)) < world.held_share
    delay += held * rng.uniform(0, world.held_s, len(point))
    delay += world.jitter_s * rng.standard_normal(len(point))
    return point[arrives], (at_s + np.maximum(delay, -2.0))[arrives]


def _gasps(
    situation: Situation, dark_s: NDArray[np.float64], world: World, rng: np.random.Generator
) -> list[Part]:
    point = np.flatnonzero(np.isfinite(dark_s))
    arrived, at_s = _sent(situation, point, dark_s[point], world, rng)
    return [(arrived, LAST_GASP, at_s)]


def _momentaries(
    situation: Situation,
    devices: DeviceTree,
    dark_s: NDArray[np.float64],
    world: World,
    draw: tuple[np.random.Generator, float],
) -> list[Part]:
    rng, start_s = draw
    parts: list[Part] = []
    kind = situation.data.equipment.kind[devices.member]
    pool = devices.member[(cim.IS_SWITCH[kind]) & (kind != cim.KIND_CODE["fuse"])]
    if not len(pool):
        return parts
    for row in rng.choice(pool, min(world.momentary, len(pool)), replace=False).tolist():
        point = _behind(situation, devices, row, 7)
        point = point[np.isinf(dark_s[point])]
        opened = start_s + rng.uniform(0, world.window_s)
        gasped, at_s = _sent(situation, point, np.full(len(point), opened), world, rng)
        back = point[rng.random(len(point)) >= world.lost_restored]
        back_s = opened + 45.0 + rng.gamma(2.0, 30.0, len(back))
        parts += [(gasped, LAST_GASP, at_s), (back, POWER_RESTORED, back_s)]
    return parts


def _strays(
    devices: DeviceTree,
    dark_s: NDArray[np.float64],
    world: World,
    draw: tuple[np.random.Generator, float],
) -> list[Part]:
    rng, start_s = draw
    lit = np.flatnonzero(np.isinf(dark_s) & (devices.need != 0))
    point = lit[rng.random(len(lit)) < world.spurious]
    return [(point, LAST_GASP, start_s + rng.uniform(0, world.window_s, len(point)))]


def _calls_and_readings(
    devices: DeviceTree,
    dark_s: NDArray[np.float64],
    world: World,
    draw: tuple[np.random.Generator, float],
) -> list[Part]:
    rng, now_s = draw
    dark = np.flatnonzero(np.isfinite(dark_s))
    lit = np.flatnonzero(np.isinf(dark_s) & (devices.need != 0))
    caller = dark[rng.random(len(dark)) < world.callers]
    stray = lit[rng.random(len(lit)) < world.stray_calls]
    read = lit[rng.random(len(lit)) < world.readings]
    wrong = dark[rng.random(len(dark)) < world.wrong_readings]
    return [
        (caller, CALL, dark_s[caller] + rng.gamma(2.0, 600.0, len(caller))),
        (stray, CALL, now_s - rng.uniform(0, world.window_s, len(stray))),
        (read, READING, now_s - rng.uniform(0, 300.0, len(read))),
        (wrong, READING, now_s - rng.uniform(0, 300.0, len(wrong))),
    ]
