"""Write the script of a storm: what is damaged, who switches what and when, when it is repaired."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import shapely

from gridtwin.analysis.place.polygon import read_polygon
from gridtwin.analysis.storm.damage import draw_damage
from gridtwin.analysis.storm.storm_situation import StormSituation
from gridtwin.erm.storms import DAMAGE_RATES
from gridtwin.errors import InputError
from gridtwin.model.state import NORMAL
from gridtwin.model.tables import decode_texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.results.plan_result import SwitchingPlan
    from gridtwin.twin import Twin

ActKind = Literal["trip", "confirm", "open", "close", "repair", "restore", "end"]

MOST_DAMAGES = 24  # damages
RESTORABLE_SHARE = 3  # one in so many takes switching to bring customers back, if there are enough
FRONT_MIN = 40.0  # a storm front crosses its area in
SEEN_MIN = (3.0, 12.0)  # until somebody confirms what meters reported
ON_SITE_MIN = (20.0, 45.0)  # until a crew is there where nothing is switched
REPAIR_MIN, REPAIR_SIGMA = 60.0, 0.5  # log-normal: median, and sigma of the logarithm
HAND_BACK_MIN = 1.0  # one switching operation after the repair
CLOSED_MIN = 4.0  # from the last customer back to the outage closed
COINCIDENCE = 0.5  # share of the sum of peaks that stands while it is switched
DAMAGE_CAUSES = ("vegetation", "wind", "vegetation", "lightning", "flying debris")


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that happens to one damage; a script's acts are in the order of time."""

    at_min: float  # from the start of the storm
    damage: int  # its place in the script
    number: int  # of the damage's acts, from 1
    what: ActKind
    moves: tuple[tuple[str, bool], ...] = ()  # equipment, and whether it opens
    back: tuple[str, ...] = ()  # usage points that have supply again
    words: str = ""


@dataclass(frozen=True, slots=True)
class Damage:
    """One damaged piece of equipment, and who is out when protection has tripped."""

    device: str
    cause: str
    tripped: tuple[str, ...]
    usage_points: tuple[str, ...]
    customers: int
    acts: int


@dataclass(frozen=True, slots=True)
class StormScript:
    """What happens in a storm."""

    seed: int
    damages: tuple[Damage, ...]
    acts: tuple[Act, ...]

    @property
    def minutes(self) -> float:
        """How long the storm takes."""
        return self.acts[-1].at_min

    @property
    def customers(self) -> int:
        """Customers that lose their supply, each counted once."""
        return sum(damage.customers for damage in self.damages)


def write_script(
    twin: Twin,
    area: object = None,
    *,
    seed: int = 0,
    most: int = MOST_DAMAGES,
    rates: Mapping[str, float] | None = None,
) -> StormScript:
    """
    Write the script of a storm over an area.

    Parameters
    ----------
    twin
        The twin; the script begins from its normal state and ends in it.
    area
        Polygon as `Twin.storm` takes it; by default a circle that holds half of the usage points.
    seed
        The same seed writes the same script.
    most
        Damages at most. Those kept do not touch one another: nobody is out twice, no feeder
        takes part in the switching for two of them, and none lends supply that another takes.
    rates
        Damages per km of line or chances per piece, by kind; by default
        `gridtwin.erm.storms.DAMAGE_RATES`.

    Raises
    ------
    InputError
        If the storm damages nothing that can be switched off and on again.

    Notes
    -----
    Durations are round planning values for a storm that can be followed, not estimates.
    """
    ground = StormSituation(twin.situation(NORMAL))
    polygon = _circle_middle(ground.situation) if area is None else area
    given = read_polygon(polygon, geographic=ground.situation.network.crs is not None)
    exposed = ground.find_inside(given.geometry)
    rows = draw_damage(
        ground.situation, exposed, DAMAGE_RATES if rates is None else rates, seed=seed
    )
    random = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(2,)))
    plans = _DamageChoice(twin, most).choose_plans(random.permutation(rows))
    if not plans:
        msg = f"the storm of seed {seed} damages nothing that switching can follow: take another"
        raise InputError(msg)
    arrival = _time_front(ground.situation, plans, random)
    acts_by_damage = [
        _list_acts(number, plan, float(arrival[number]), random)
        for number, plan in enumerate(plans)
    ]
    acts = sorted(
        (act for acts in acts_by_damage for act in acts),
        key=lambda act: (act.at_min, act.damage, act.number),
    )
    damages = tuple(
        _describe_damage(plan, len(acts), str(random.choice(DAMAGE_CAUSES)))
        for plan, acts in zip(plans, acts_by_damage, strict=True)
    )
    return StormScript(seed, damages, tuple(acts))


def _circle_middle(situation: Situation) -> shapely.Polygon:
    """Return a circle around the middle of the usage points that holds half of them."""
    xy = situation.data.usage_points.xy
    middle = np.median(xy, axis=0)
    reach = float(np.median(np.hypot(*(xy - middle).T)))
    return shapely.Point(*middle).buffer(max(reach, 1e-6))


@dataclass
class _DamageChoice:
    """Choose damages that do not touch one another."""

    twin: Twin
    most: int
    plans: list[SwitchingPlan] = field(default_factory=list)
    _out: set[int] = field(default_factory=set)
    _feeders: set[int] = field(default_factory=set)
    _dark: set[int] = field(default_factory=set)  # nodes without supply when protection has tripped
    _lent: set[int] = field(default_factory=set)  # nodes from which switching brings supply back

    def choose_plans(self, rows: NDArray[np.int32]) -> list[SwitchingPlan]:
        """Return the plans of the damages that are kept."""
        wanted = {
            True: -(-self.most // RESTORABLE_SHARE),
            False: self.most - self.most // RESTORABLE_SHARE,
        }
        for plan in self._plan_faults(rows):
            large = plan.customers_restored > 0
            if wanted[large] and len(self.plans) < self.most and self._take_plan(plan, large=large):
                wanted[large] -= 1
                self.plans.append(plan)
            if len(self.plans) >= self.most or not any(wanted.values()):
                break
        return self.plans

    def _plan_faults(self, rows: NDArray[np.int32]) -> Iterator[SwitchingPlan]:
        names = decode_texts(self.twin.store.network.data.equipment.mrid[rows]).tolist()
        for name in names:
            fault = self.twin.store.network.ids.write_id("equipment", name)
            yield self.twin.restore(fault, state=NORMAL, alternatives=0, coincidence=COINCIDENCE)

    def _take_plan(self, plan: SwitchingPlan, *, large: bool) -> bool:
        """Take a damage in, unless it cannot be followed or touches another."""
        rows = plan.rows
        if not len(rows.tripped) or len(rows.sources_lost) or not len(rows.out_at_start):
            return False
        moved = _collect_moved_rows(plan)
        if not _stands_whole(plan.situation, moved):
            return False
        out = set(rows.out_at_start.tolist())
        feeders = self._find_feeders(plan.situation, moved) if large else set()
        dark = _find_dark_nodes(plan)
        lent = set(_find_end_nodes(plan.situation, moved).tolist()) - dark if large else set()
        if out & self._out or feeders & self._feeders or dark & self._lent or lent & self._dark:
            return False
        self._out |= out
        self._feeders |= feeders
        self._dark |= dark
        self._lent |= lent
        return True

    @staticmethod
    def _find_feeders(situation: Situation, rows: NDArray[np.int32]) -> set[int]:
        ends = _find_end_nodes(situation, rows)
        return set(situation.feeder_of_nodes[0][ends].tolist()) - {-1}


def _find_end_nodes(situation: Situation, rows: NDArray[np.int32]) -> NDArray[np.int32]:
    equipment = situation.data.equipment
    return np.concatenate([equipment.node_a[rows], equipment.node_b[rows]])


def _find_dark_nodes(plan: SwitchingPlan) -> set[int]:
    """Return the nodes that lose their supply when protection trips."""
    situation = plan.situation
    fed = [situation.find_fed_node(row) for row in plan.rows.tripped.tolist()]
    parts = [situation.index.find_dependents(node) for node in fed if node >= 0]
    return set(np.concatenate(parts).tolist()) if parts else set()


def _collect_moved_rows(plan: SwitchingPlan) -> NDArray[np.int32]:
    moved = [step.row for step in plan.rows.steps if step.table == "equipment"]
    return np.unique(np.concatenate([plan.rows.tripped, moved]).astype(np.int32))


def _stands_whole(situation: Situation, rows: NDArray[np.int32]) -> bool:
    """Return whether each stands, as designed, open or closed on all its phases."""
    equipment = situation.data.equipment
    open_, own = equipment.normal_open[rows], equipment.phases[rows]
    return bool((((open_ & own) == 0) | ((open_ & own) == own)).all())


def _time_front(
    situation: Situation, plans: list[SwitchingPlan], random: np.random.Generator
) -> NDArray[np.float64]:
    """Return when the front, which comes from the west, reaches each damage, in minutes."""
    data = situation.data
    first = np.array([plan.rows.section[0] for plan in plans], dtype=np.int32)
    x = data.nodes.xy[data.equipment.node_a[first], 0]
    along = (x - x.min()) / max(float(np.ptp(x)), 1e-9)
    minutes = along * FRONT_MIN + random.uniform(0, FRONT_MIN / 8, len(plans))
    return minutes - minutes.min()


def _list_acts(
    damage: int, plan: SwitchingPlan, begins_min: float, random: np.random.Generator
) -> list[Act]:
    """Return what happens to one damage: trip, confirm, switch, repair, hand back, end."""
    tripped = tuple(plan.tripped)
    acts: list[dict[str, Any]] = [
        {
            "at_min": begins_min,
            "what": "trip",
            "moves": tuple((mrid, True) for mrid in tripped),
            "words": f"{_name_few(tripped)} tripped",
        }
    ]
    clock = begins_min + float(random.uniform(*SEEN_MIN))
    acts.append({"at_min": clock, "what": "confirm", "words": "crew assigned"})
    stands = dict.fromkeys(tripped, True)
    switched = clock
    for step in sorted(plan.steps(), key=lambda step: (step["done_min"], step["step"])):
        if step["action"] == "verify_and_tag":
            continue
        opens = stands[step["mrid"]] = step["action"] == "open"
        switched = clock + step["done_min"]
        back = tuple(step["usage_points_restored"])
        acts.append(_describe_operation(switched, step["mrid"], opens=opens, back=back))
    there = max(switched, clock + float(random.uniform(*ON_SITE_MIN)))
    repaired = there + REPAIR_MIN * float(np.exp(REPAIR_SIGMA * random.standard_normal()))
    acts.append({"at_min": there, "what": "repair", "words": "crew on site"})
    acts += _hand_back(stands, _read_designed_positions(plan), repaired)
    return [Act(damage=damage, number=number, **each) for number, each in enumerate(acts, 1)]


def _hand_back(
    stands: dict[str, bool], designed: dict[str, bool], at_min: float
) -> list[dict[str, Any]]:
    """Return how the network is put back: what was opened closes, then what was closed opens."""
    differs = [mrid for mrid, opened in stands.items() if opened != designed[mrid]]
    acts: list[dict[str, Any]] = []
    for mrid in [mrid for mrid in differs if not designed[mrid]]:
        at_min += HAND_BACK_MIN
        acts.append(_describe_operation(at_min, mrid, opens=False))
    acts.append({"at_min": at_min, "what": "restore", "words": "repaired; all are back"})
    for mrid in [mrid for mrid in differs if designed[mrid]]:
        at_min += HAND_BACK_MIN
        acts.append(_describe_operation(at_min, mrid, opens=True))
    acts.append({"at_min": at_min + CLOSED_MIN, "what": "end", "words": "field complete"})
    return acts


def _describe_operation(
    at_min: float, mrid: str, *, opens: bool, back: tuple[str, ...] = ()
) -> dict[str, Any]:
    return {
        "at_min": at_min,
        "what": "open" if opens else "close",
        "moves": ((mrid, opens),),
        "back": back,
        "words": f"{'opened' if opens else 'closed'} {mrid}",
    }


def _read_designed_positions(plan: SwitchingPlan) -> dict[str, bool]:
    """Return whether each device of a plan stands open as designed."""
    equipment = plan.situation.data.equipment
    rows = _collect_moved_rows(plan)
    names = decode_texts(equipment.mrid[rows]).tolist()
    return dict(zip(names, (equipment.normal_open[rows] != 0).tolist(), strict=True))


def _describe_damage(plan: SwitchingPlan, acts: int, cause: str) -> Damage:
    situation, out = plan.situation, plan.rows.out_at_start
    return Damage(
        device=plan.of[0],
        cause=cause,
        tripped=tuple(plan.tripped),
        usage_points=tuple(decode_texts(situation.data.usage_points.mrid[out]).tolist()),
        customers=situation.customers_of(out),
        acts=acts,
    )


def _name_few(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return ", ".join(names[:2]) + more
