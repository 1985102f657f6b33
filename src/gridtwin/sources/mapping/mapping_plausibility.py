"""Judge whether a network is one that a utility could have: figures that a wrong mapping spoils."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.model import cim
from gridtwin.model.lengths import EARTH_RADIUS_M
from gridtwin.model.notices import Notice
from gridtwin.model.phases import ABC
from gridtwin.model.tables import decode_texts
from gridtwin.sources.mapping.mapping_places import number_groups
from gridtwin.topology.forest import DEAD
from gridtwin.topology.topology_index import build_index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from gridtwin.model.network import Network
    from gridtwin.model.tables import NetworkData
    from gridtwin.topology.topology_index import TopologyIndex

# Between what is common anywhere and what only a wrong unit or column makes of it.
VOLTAGES_V = (50.0, 1_200_000.0)
RATING_VA = (1_000.0, 1e9)  # of a transformer, in the median
RATING_OF_CUSTOMER_VA = (200.0, 500_000.0)
PEAK_OF_CUSTOMER_W = (50.0, 1e6)
LOADING = (0.02, 4.0)  # peaks below a transformer to its rating, in the median
LENGTH_RATIO = (0.67, 1.5)  # recorded to drawn, in the median
SINGLE_RATIO = (0.5, 2.0)  # the same of one line
UNDRAWN_RATIO = 5.0  # recorded to the straight way between two nodes
CUSTOMERS_OF_POINT = 50
CUSTOMERS_OF_TRANSFORMER = 1_000
CATALOG_SHARE = 0.25  # ratings are those of a catalog: more different ones are something else
FEW = 20  # below this many, shares say little
SHORTEST_M = 5.0  # lines that are drawn shorter say little of their length
DEVICE_COURSE_M = 20.0
SOME, MANY, MOST = 0.02, 0.2, 0.5  # shares


class Implausible(NamedTuple):
    """What is odd about a network, and what in the mapping makes it so."""

    rule: str
    evidence: str
    mend: str


@dataclass(frozen=True, slots=True)
class JudgedNetwork:
    """A network as it is judged: its tables, its supply, and what its source says itself."""

    data: NetworkData
    index: TopologyIndex
    length_m: NDArray[np.float64]  # as the source says; NaN where it does not
    placed: NDArray[np.bool_]  # which nodes have a place of their own, and not a neighbor's
    planar: bool

    def name_row(self, row: int) -> str:
        """Return the mRID of a piece of equipment."""
        return str(decode_texts(self.data.equipment.mrid[[row]])[0])


def judge_plausibility(
    network: Network, lengths: NDArray[np.float64], placed: NDArray[np.bool_], name: str
) -> list[Notice]:
    """
    Return what is odd about a network that a mapping made.

    Parameters
    ----------
    network
        What was made.
    lengths
        The length of each piece of equipment as the source says it, shape (equipment,); NaN where
        it does not.
    placed
        Which nodes the source places, shape (nodes,).
    name
        The mapping file, for messages.
    """
    data = network.data
    index = build_index(data, data.equipment.normal_open)
    judged = JudgedNetwork(data, index, lengths, placed, network.crs is None)
    return [
        Notice(each.rule, f"{name}: {each.evidence}", each.mend)
        for judge in JUDGES
        for each in judge(judged)
    ]


def _judge_supply(judged: JudgedNetwork) -> Iterator[Implausible]:
    """Tell of customers and sources that are missing, and of loops that no switch opens."""
    data, index = judged.data, judged.index
    if not len(data.usage_points.mrid):
        yield Implausible("no_customers", "there are none", "map them to usage_points")
        return
    if not len(data.sources.mrid):
        yield Implausible("no_sources", "there are none", "say [[heads]], or map them to sources")
    dark = np.flatnonzero(index.parent[data.usage_points.node] == DEAD)
    if len(dark):
        first = decode_texts(data.usage_points.mrid[dark[:1]])[0]
        yield Implausible(
            "unsupplied_customers",
            f"{len(dark):,} of {len(data.usage_points.mrid):,} customers have no way to a source"
            f" while all switches stand as designed, such as {first}",
            "look for a join, a position or a filter that parts them",
        )
    switches = cim.IS_SWITCH[data.equipment.kind]
    closed = switches & (data.equipment.normal_open == 0)
    loops = len(index.extra) - _count_parallel(judged)
    if switches.any() and closed.sum() == switches.sum() and loops > 0:
        yield Implausible(
            "loops_without_open_switch",
            f"{loops:,} loops are closed, and none of {int(switches.sum()):,} switches stands open",
            "say which words of normal_open mean open",
        )


def _count_parallel(judged: JudgedNetwork) -> int:
    """Return how much equipment closes a loop with one other piece between the same two nodes."""
    equipment, extra = judged.data.equipment, judged.index.extra
    ends = np.sort(np.stack([equipment.node_a, equipment.node_b], axis=1).astype(np.int64), axis=1)
    pairs = ends[:, 0] * (int(ends.max(initial=0)) + 1) + ends[:, 1]
    _, back, counts = np.unique(pairs, return_inverse=True, return_counts=True)
    return int((counts[back[extra]] > 1).sum())


def _judge_voltages(judged: JudgedNetwork) -> Iterator[Implausible]:
    """Tell of voltages that no grid has, and of those that do not fit what stands between them."""
    data = judged.data
    volts, equipment = data.nodes.nominal_v.astype(float), data.equipment
    known = np.isfinite(volts)
    odd = known & ((volts < VOLTAGES_V[0]) | (volts > VOLTAGES_V[1]))
    if odd.any():
        yield Implausible(
            "implausible_voltage",
            f"{int(odd.sum()):,} of {int(known.sum()):,} nodes have a voltage such as"
            f" {volts[odd][0]:,.4g} V",
            "say the unit of nominal_v in [units], or take another column",
        )
    ends = volts[equipment.node_a], volts[equipment.node_b]
    both = np.isfinite(ends[0]) & np.isfinite(ends[1])
    same = np.isclose(*ends, rtol=0.05)
    stepping = both & (equipment.kind == cim.TRANSFORMER)
    alike = int((stepping & same).sum())
    if alike > MOST * stepping.sum():
        yield Implausible(
            "transformer_of_one_voltage",
            f"{alike:,} of {int(stepping.sum()):,} transformers have one voltage on both sides",
            "take another column for nominal_v, or another kind for these",
        )
    steps = np.flatnonzero(both & ~same & np.isin(equipment.kind, cim.LINES))
    if len(steps):
        yield Implausible(
            "voltage_along_line",
            f"{len(steps):,} lines join two voltages, such as {judged.name_row(int(steps[0]))}",
            "take another column for nominal_v, or for the nodes at the ends of lines",
        )


def _judge_ratings(judged: JudgedNetwork) -> Iterator[Implausible]:
    """Tell of ratings and peaks that only another unit or another column can have."""
    data = judged.data
    of_transformers = data.equipment.kind == cim.TRANSFORMER
    rated = data.equipment.rated_va.astype(float)
    known = rated[of_transformers & (rated > 0)]
    customers = int(data.usage_points.customers.sum())
    mend = "say the unit of rated_va in [units], or take another column"
    if len(known):
        middle = float(np.median(known))
        each = middle * len(known) / max(customers, 1)
        if _is_beyond(middle, RATING_VA) or (customers and _is_beyond(each, RATING_OF_CUSTOMER_VA)):
            yield Implausible(
                "implausible_rating",
                f"transformers are rated {middle / 1e3:,.4g} kVA in the median, and there are"
                f" {each / 1e3:,.4g} kVA for each customer",
                mend,
            )
    for what, chosen in (("transformers", of_transformers), ("lines", ~of_transformers)):
        values = rated[chosen & (rated > 0)]
        different = len(np.unique(values))
        if len(values) >= FEW and different > max(CATALOG_SHARE * len(values), FEW):
            yield Implausible(
                "ratings_of_no_catalog",
                f"{different:,} of {len(values):,} ratings of {what} are different",
                "take another column for rated_va: this looks like a number or a measured value",
            )
    yield from _judge_peaks(judged, rated)


def _judge_peaks(judged: JudgedNetwork, rated: NDArray[np.float64]) -> Iterator[Implausible]:
    """Tell of peaks that no customer has, or that do not fit the ratings above them."""
    data, index = judged.data, judged.index
    points = data.usage_points
    peaks = points.peak_w.astype(float)
    known = peaks > 0
    if known.any():
        middle = float(np.median(peaks[known] / np.maximum(points.customers[known], 1)))
        if _is_beyond(middle, PEAK_OF_CUSTOMER_W):
            yield Implausible(
                "implausible_peak",
                f"a customer's peak is {middle / 1e3:,.4g} kW in the median",
                "say the unit of peak_w in [units], or take another column",
            )
        loads = np.bincount(points.node[known], peaks[known], len(index.parent))
        below = index.sum_dependents(np.minimum(loads, 2**31 - 1).astype(np.int32))
        rows = np.flatnonzero((data.equipment.kind == cim.TRANSFORMER) & (rated > 0))
        rows = rows[index.child[rows] >= 0]
        rows = rows[below[index.child[rows]] > 0]
        loading = below[index.child[rows]] / rated[rows]
        if len(rows) and _is_beyond(float(np.median(loading)), LOADING):
            yield Implausible(
                "implausible_loading",
                f"the peaks below a transformer are {float(np.median(loading)):,.2%} of its rating"
                " in the median",
                "say the units of rated_va and peak_w in [units], or take another column",
            )
    each = float(points.customers.mean()) if len(points.mrid) else 0.0
    if each > CUSTOMERS_OF_POINT:
        yield Implausible(
            "implausible_customers",
            f"a usage point stands for {each:,.0f} customers in the mean",
            "take another column for customers",
        )


def _judge_lengths(judged: JudgedNetwork) -> Iterator[Implausible]:
    """Tell of lengths that are not those of the drawing: another unit, or another column."""
    data, equipment = judged.data, judged.data.equipment
    drawn, straight = _measure_courses(judged)
    lines = np.isin(equipment.kind, cim.LINES)
    said = judged.length_m
    mend = "say the unit of length_m in [units], or take another column, or the right [source] crs"
    rows = np.flatnonzero(lines & (drawn > SHORTEST_M) & (said > 0))
    if len(rows):
        ratios = said[rows] / drawn[rows]
        middle = float(np.median(ratios))
        off = (ratios < SINGLE_RATIO[0]) | (ratios > SINGLE_RATIO[1])
        if _is_beyond(middle, LENGTH_RATIO) or off.mean() > MANY:
            yield Implausible(
                "length_off_drawing",
                f"a line is recorded {middle:,.3g} times as long as it is drawn in the median, and"
                f" {off.mean():.0%} of {len(rows):,} are off by more than twice",
                mend,
            )
    placed = judged.placed[equipment.node_a] & judged.placed[equipment.node_b]
    rows = np.flatnonzero(lines & placed & (drawn == 0) & (straight > SHORTEST_M) & (said > 0))
    if len(rows):
        ratios = said[rows] / straight[rows]
        short, middle = (ratios < 0.95).mean(), float(np.median(ratios))
        if short > MANY or middle > UNDRAWN_RATIO:
            yield Implausible(
                "length_off_places",
                f"{short:.0%} of {len(rows):,} lines are recorded shorter than the straight way"
                f" between their nodes; {middle:,.3g} times as long in the median",
                mend,
            )
    rows = np.flatnonzero((equipment.kind == cim.LINES[0]) & (drawn == 0) & ~(said > 0))
    if len(rows) and len(rows) < (equipment.kind == cim.LINES[0]).sum():
        yield Implausible(
            "line_without_course",
            f"{len(rows):,} lines are neither drawn nor have a length, as others have, such as"
            f" {judged.name_row(int(rows[0]))}",
            "say another kind if these are devices",
        )
    devices = ~lines & (equipment.kind != cim.KIND_CODE["busbar"])
    long = int((devices & (drawn > DEVICE_COURSE_M)).sum())
    if long > MANY * devices.sum():
        yield Implausible(
            "device_drawn_as_line",
            f"{long:,} of {int(devices.sum()):,} devices are drawn longer than"
            f" {DEVICE_COURSE_M:g} m",
            "say another kind if these are lines",
        )


def _measure_courses(judged: JudgedNetwork) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return in meters how long each piece is drawn, 0 if it is not, and how far its nodes lie."""
    data, equipment = judged.data, judged.data.equipment
    steps = _measure_steps(equipment.line_xy[:-1], equipment.line_xy[1:], planar=judged.planar)
    sums = np.concatenate([[0.0], np.cumsum(steps), [0.0]])
    start, stop = equipment.line_start[:-1], equipment.line_start[1:]
    drawn = np.where(stop - start > 1, sums[np.maximum(stop - 1, 0)] - sums[start], 0.0)
    ends = data.nodes.xy[equipment.node_a], data.nodes.xy[equipment.node_b]
    return drawn, _measure_steps(*ends, planar=judged.planar)


def _measure_steps(
    first: NDArray[np.float64], second: NDArray[np.float64], *, planar: bool
) -> NDArray[np.float64]:
    """Return how far two points lie apart, in meters; good for what is near."""
    step = second - first
    if planar:
        return np.hypot(step[:, 0], step[:, 1])
    step = np.radians(step) * EARTH_RADIUS_M
    return np.hypot(step[:, 0] * np.cos(np.radians(first[:, 1])), step[:, 1])


def _judge_transformers(judged: JudgedNetwork) -> Iterator[Implausible]:
    """Tell of transformers that are fed from behind, or that are missing above customers."""
    data, index = judged.data, judged.index
    equipment = data.equipment
    rows = np.flatnonzero(equipment.kind == cim.TRANSFORMER)
    fed = rows[index.child[rows] >= 0]
    back = fed[index.child[fed] == equipment.node_a[fed]]
    if len(back) > MANY * len(fed):
        yield Implausible(
            "transformer_fed_from_behind",
            f"{len(back):,} of {len(fed):,} transformers are fed from their side b, such as"
            f" {judged.name_row(int(back[0]))}",
            "exchange node_a and node_b, or the sides, or look where the source stands",
        )
    closed = index.conduction.passes != 0
    closed[rows] = False
    groups = number_groups(
        len(data.nodes.mrid), equipment.node_a[closed], equipment.node_b[closed]
    )
    points = data.usage_points
    sizes = np.bincount(groups[points.node], points.customers, len(groups))
    crowded = sizes[groups[points.node]] > CUSTOMERS_OF_TRANSFORMER
    share = float(points.customers[crowded].sum()) / max(int(points.customers.sum()), 1)
    if share > MANY:
        yield Implausible(
            "customers_without_transformer",
            f"{share:.0%} of the customers hang on a place with more than"
            f" {CUSTOMERS_OF_TRANSFORMER:,} of them and no transformer in between",
            "map the transformers, as power_transformer",
        )


def _judge_devices(judged: JudgedNetwork) -> Iterator[Implausible]:
    """Tell of devices that bridge nothing or lead nowhere."""
    data, equipment = judged.data, judged.data.equipment
    same = np.flatnonzero(equipment.node_a == equipment.node_b)
    if len(same):
        yield Implausible(
            "equipment_at_one_node",
            f"{len(same):,} pieces of equipment have one node at both ends, such as"
            f" {judged.name_row(int(same[0]))}",
            "take another column for one of its nodes",
        )
    others = (data.usage_points.node, data.sources.node)
    there = np.concatenate([equipment.node_a, equipment.node_b, *others])
    counts = np.bincount(there[there >= 0], minlength=len(data.nodes.mrid))
    blind = (counts[equipment.node_a] == 1) | (counts[equipment.node_b] == 1)
    devices = ~np.isin(equipment.kind, cim.LINES)
    is_open = equipment.normal_open != 0
    for what, chosen in (("open", devices & is_open), ("closed", devices & ~is_open)):
        lost = np.flatnonzero(chosen & blind)
        if len(lost) > MOST * chosen.sum():
            yield Implausible(
                "device_to_nowhere",
                f"{len(lost):,} of {int(chosen.sum()):,} {what} devices have nothing at one end,"
                f" such as {judged.name_row(int(lost[0]))}",
                "look at the columns of their nodes, or how their ends meet",
            )


def _judge_phases(judged: JudgedNetwork) -> Iterator[Implausible]:
    """Tell of phases that what is upstream does not carry."""
    data, index = judged.data, judged.index
    rows = index.feed[index.feed >= 0]
    own = data.equipment.phases[rows] & ABC
    above = index.mask[index.parent[index.feed >= 0]] & ABC
    lost = rows[(own & ~above) != 0]
    if len(lost) > SOME * len(rows):
        yield Implausible(
            "phases_not_carried",
            f"{len(lost):,} of {len(rows):,} pieces of equipment have a phase that does not reach"
            f" them, such as {judged.name_row(int(lost[0]))}",
            "look at the column of the phases, or their decoder",
        )
    points = data.usage_points
    wanted = points.phases & ABC
    live = index.parent[points.node] != DEAD
    missing = live & ((wanted & ~index.mask[points.node]) != 0)
    if missing.sum() > SOME * max(int(live.sum()), 1):
        first = decode_texts(points.mrid[missing][:1])[0]
        yield Implausible(
            "phases_not_supplied",
            f"{int(missing.sum()):,} of {int(live.sum()):,} customers have a phase that does not"
            f" reach them, such as {first}",
            "look at the column of the phases, or their decoder",
        )


def _is_beyond(value: float, limits: tuple[float, float]) -> bool:
    return not limits[0] <= value <= limits[1]


JUDGES: tuple[Callable[[JudgedNetwork], Iterator[Implausible]], ...] = (
    _judge_supply,
    _judge_voltages,
    _judge_ratings,
    _judge_lengths,
    _judge_transformers,
    _judge_devices,
    _judge_phases,
)
