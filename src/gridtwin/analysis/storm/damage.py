"""Draw what a storm damages: lines by their length, other equipment by the piece."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.errors import InputError
from gridtwin.model import cim

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation


def compute_damage_chances(
    situation: Situation, rows: NDArray[np.int32], rates: Mapping[str, float]
) -> NDArray[np.float64]:
    """
    Return the chance that each piece of equipment is damaged.

    Parameters
    ----------
    situation
        The network before the storm.
    rows
        Equipment exposed to the storm.
    rates
        By kind: damages per kilometer of overhead line (`ac_line_segment`, `service_drop`), or the
        chance that a piece of any other kind is damaged.

    Raises
    ------
    InputError
        If a kind or a rate cannot be.

    Notes
    -----
    Damages along a line are taken for a Poisson process, so a line of length l stays whole with
    chance ``exp(-rate * l)``. Underground lines are not hurt.
    """
    equipment = situation.data.equipment
    chances = np.zeros(len(rows))
    kind = equipment.kind[rows]
    for name, rate in rates.items():
        code = cim.kind_code(name)
        own = np.flatnonzero(kind == code)
        if code in cim.LINES:
            if not 0 <= rate <= 1000:
                msg = f"the damage rate of {name} is {rate!r}; give damages per km from 0 to 1000"
                raise InputError(msg)
            km = np.nan_to_num(equipment.length_m[rows[own]].astype(np.float64)) / 1000.0
            chances[own] = -np.expm1(-rate * km)
        elif 0 <= rate <= 1:
            chances[own] = rate
        else:
            msg = f"the damage rate of {name} is {rate!r}; give a chance from 0 to 1"
            raise InputError(msg)
    underground = equipment.placement[rows] == cim.PLACEMENTS.index("underground")
    chances[underground & np.isin(kind, cim.LINES)] = 0.0
    chances[~equipment.in_service[rows]] = 0.0
    return chances


def draw_damage(
    situation: Situation, rows: NDArray[np.int32], rates: Mapping[str, float], *, seed: int = 0
) -> NDArray[np.int32]:
    """
    Return which of distinct rows one storm damages, ascending; see `compute_damage_chances`.

    The same seed damages the same pieces whatever the order of their rows.
    """
    chances = compute_damage_chances(situation, rows, rates)
    rows, chances = rows[chances > 0], chances[chances > 0]
    order = np.argsort(situation.data.equipment.mrid[rows], kind="stable")
    rows, chances = rows[order], chances[order]
    stream = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1,)))
    return np.sort(rows[stream.random(len(rows)) < chances])
