"""Keep how long a repair takes, by kind of equipment, in one table with its sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.model import cim

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.schema import Equipment

# Spread of the logarithm: that of the time from engineer on site to restored in the public records
# of a British utility (SSEN, 2022 to 2024; 422 unplanned high-voltage faults in calm weather).
WORK_SPREAD = 0.95


class RepairTime(NamedTuple):
    """The mean work of one crew on one kind of equipment."""

    kind: str
    mean_h: float
    source: str


# RBTS: Allan, Billinton, Sjarief, Goel and So, "A reliability test system for educational purposes:
# basic distribution system data and results", IEEE Transactions on Power Systems 6(2), 1991, table
# of component data: figures as usually quoted, not checked against the paper. "assumed" has no
# source. Replace both with your own records.
REPAIR_TIMES: tuple[RepairTime, ...] = (
    RepairTime("ac_line_segment", 5.0, "RBTS, 11 kV overhead line"),
    RepairTime("busbar", 2.0, "RBTS, 11 kV busbar"),
    RepairTime("breaker", 4.0, "RBTS, 11 kV breaker"),
    RepairTime("recloser", 4.0, "as a breaker"),
    RepairTime("fuse", 2.0, "assumed"),
    RepairTime("sectionaliser", 4.0, "as a breaker"),
    RepairTime("load_break_switch", 4.0, "as a breaker"),
    RepairTime("disconnector", 4.0, "as a breaker"),
    RepairTime("jumper", 2.0, "assumed"),
    RepairTime("power_transformer", 10.0, "RBTS, replacing an 11/0.415 kV transformer"),
    RepairTime("voltage_regulator", 10.0, "as a transformer"),
    RepairTime("series_reactor", 10.0, "as a transformer"),
    RepairTime("service_drop", 2.0, "assumed"),
)
UNDERGROUND_FACTOR = 6.0  # RBTS: an 11 kV cable takes 30 h, a line 5 h

MEAN_REPAIR_H: NDArray[np.float64] = np.array(
    [{row.kind: row.mean_h for row in REPAIR_TIMES}[kind] for kind in cim.KIND_NAMES]
)


def look_up_repair_s(equipment: Equipment, rows: NDArray[np.int32]) -> NDArray[np.float64]:
    """
    Return the mean time of repair of pieces of equipment, in seconds.

    Parameters
    ----------
    equipment
        The network's equipment.
    rows
        Rows of it, shape (jobs,).
    """
    kind = equipment.kind[rows]
    buried = equipment.placement[rows] == cim.PLACEMENTS.index("underground")
    buried &= np.isin(kind, cim.LINES)
    return MEAN_REPAIR_H[kind] * np.where(buried, UNDERGROUND_FACTOR, 1.0) * 3600.0


def make_lognormal(
    normal: NDArray[np.float64], mean: NDArray[np.float64] | float, spread: float
) -> NDArray[np.float64]:
    """Return lognormal numbers of a mean and a spread of the logarithm, from normal ones."""
    return mean * np.exp(spread * normal - 0.5 * spread**2)
