"""Judge the figures of a network: voltages, ratings, peaks and lengths that a wrong unit spoils."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model import cim
from gridtwin.model.lengths import EARTH_RADIUS_M
from gridtwin.sources.mapping.mapping_judged import FEWEST_JUDGED, MANY, MOST, Implausible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from gridtwin.sources.mapping.mapping_judged import JudgedNetwork

# Between what is common anywhere and what only a wrong unit or column makes of it.
VOLTAGES_V = (50.0, 1_200_000.0)
RATING_VA = (1_000.0, 1e9)  # of a transformer, in the median
RATING_OF_CUSTOMER_VA = (200.0, 500_000.0)
PEAK_OF_CUSTOMER_W = (50.0, 1e6)
LOADING = (0.02, 4.0)  # peaks below a transformer to its rating, in the median
OVERLOAD = 5.0  # peaks below one piece of equipment to its rating: they do not fall together
LENGTH_RATIO = (0.67, 1.5)  # recorded to drawn, in the median
SINGLE_RATIO = (0.5, 2.0)  # the same of one line
UNDRAWN_RATIO = 5.0  # recorded to the straight way between two nodes
CUSTOMERS_OF_POINT = 50
CATALOG_SHARE = 0.25  # ratings are those of a catalog: more different ones are something else
SHORTEST_M = 5.0  # lines that are drawn shorter say little of their length
DEVICE_COURSE_M = 20.0


def judge_voltages(judged: JudgedNetwork) -> Iterator[Implausible]:
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


def judge_ratings(judged: JudgedNetwork) -> Iterator[Implausible]:
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
        is_one = different == 1 and what == "transformers"
        if len(values) >= FEWEST_JUDGED and (
            is_one or different > max(CATALOG_SHARE * len(values), FEWEST_JUDGED)
        ):
            yield Implausible(
                "ratings_of_no_catalog",
                f"{different:,} of {len(values):,} ratings of {what} are different",
                "take another column for rated_va: this looks like a code or a measured value",
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
        yield from _judge_loading(judged, rated, below)
    each = float(points.customers.mean()) if len(points.mrid) else 0.0
    if each > CUSTOMERS_OF_POINT:
        yield Implausible(
            "implausible_customers",
            f"a usage point stands for {each:,.0f} customers in the mean",
            "take another column for customers",
        )


def _judge_loading(
    judged: JudgedNetwork, rated: NDArray[np.float64], below: NDArray[np.int64]
) -> Iterator[Implausible]:
    """Tell of ratings that do not fit the peaks below them."""
    equipment, child = judged.data.equipment, judged.index.child
    rows = np.flatnonzero((rated > 0) & (child >= 0))
    rows = rows[below[child[rows]] > 0]
    loading = below[child[rows]] / rated[rows]
    middles = loading[equipment.kind[rows] == cim.TRANSFORMER]
    mend = "say the units of rated_va and peak_w in [units], or take another column"
    if len(middles) and _is_beyond(float(np.median(middles)), LOADING):
        yield Implausible(
            "implausible_loading",
            f"the peaks below a transformer are {float(np.median(middles)):,.2%} of its rating in"
            " the median",
            mend,
        )
    over = rows[loading > OVERLOAD]
    if len(over):
        yield Implausible(
            "rating_below_peaks",
            f"the peaks below {len(over):,} pieces of equipment, such as"
            f" {judged.name_row(int(over[0]))}, are more than {OVERLOAD:g} times their rating",
            mend,
        )


def judge_lengths(judged: JudgedNetwork) -> Iterator[Implausible]:
    """Tell of lengths that are not those of the drawing: another unit, or another column."""
    equipment = judged.data.equipment
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
    values = said[lines & (said > 0)]
    if len(values) >= FEWEST_JUDGED and len(np.unique(values)) == 1:
        yield Implausible("lengths_alike", f"{len(values):,} lines are of one length", mend)
    placed = judged.placed[equipment.node_a] & judged.placed[equipment.node_b]
    rows = np.flatnonzero(lines & placed & (drawn == 0) & (straight > 0) & (said > 0))
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
    busbars = equipment.kind == cim.KIND_CODE["busbar"]
    share = float(drawn[busbars].sum()) / max(float(drawn[lines | busbars].sum()), SHORTEST_M)
    if busbars.sum() >= FEWEST_JUDGED and share > MANY:
        yield Implausible(
            "busbars_drawn_as_lines",
            f"{int(busbars.sum()):,} busbars are {share:.0%} of what is drawn of them and of lines",
            "say another kind if these are lines",
        )
    devices = ~lines & ~busbars
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


def _is_beyond(value: float, limits: tuple[float, float]) -> bool:
    return not limits[0] <= value <= limits[1]
