"""
Say which asset group and type of the electric domain each piece of a network is.

Codes and their meanings are those of Esri's Electric Utility Network Foundation: asset groups and
asset types of ElectricLine, ElectricDevice and ElectricJunction by voltage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.analysis.state.situation import MEDIUM_VOLTAGE_V
from gridtwin.model import cim, phases

if TYPE_CHECKING:
    from numpy.typing import NDArray

HIGH, MEDIUM, LOW = "high", "medium", "low"
PHASESNORMAL_BITS = (
    (phases.A, 4),
    (phases.B, 2),
    (phases.C, 1),
)  # of the model, and of phasesnormal
IN_SERVICE, OUT_OF_SERVICE = 8, 32  # of lifecyclestatus
CLOSED, OPEN_DEVICE = 0, 1  # of normaldevicestatus and currentdevicestatus


class AssetCodes(NamedTuple):
    """An asset group, and its types by number of phases, above ground and below."""

    group: int
    overhead: tuple[int, int, int]  # of one, two and three phases
    underground: tuple[int, int, int] = (0, 0, 0)  # zeros where they are those above ground

    def find_type(self, count: int, *, is_underground: bool) -> int:
        """Return the asset type for so many phases; of an unknown number, three."""
        types = self.underground if is_underground and self.underground[0] else self.overhead
        return types[min(count or 3, 3) - 1]


def _same(group: int, code: int, underground: int = 0) -> AssetCodes:
    return AssetCodes(group, (code,) * 3, (underground,) * 3)


# Lines, by kind and voltage. A service drop is a connector: the one class of line that is no
# conductor of a feeder.
LINE_CODES: dict[str, dict[str, AssetCodes]] = {
    "ac_line_segment": {
        HIGH: _same(2, 20, 22),
        MEDIUM: AssetCodes(9, (160, 162, 161), (165, 167, 166)),
        LOW: _same(6, 100, 102),
    },
    "busbar": {
        HIGH: AssetCodes(1, (1, 2, 2)),
        MEDIUM: AssetCodes(8, (142, 143, 143)),
        LOW: _same(5, 81),
    },
    "service_drop": {
        HIGH: _same(3, 40),
        MEDIUM: AssetCodes(10, (180, 182, 181)),
        LOW: _same(7, 120),
    },
}
_HIGH_DISCONNECT, _HIGH_BREAKER = _same(10, 182), _same(10, 181)
# Devices, by kind and voltage.
DEVICE_CODES: dict[str, dict[str, AssetCodes]] = {
    "breaker": {
        HIGH: _HIGH_BREAKER,
        MEDIUM: AssetCodes(26, (502, 504, 503)),
        LOW: _same(26, 361),
    },
    "recloser": {
        HIGH: _HIGH_BREAKER,
        MEDIUM: AssetCodes(37, (730, 763, 744), (747, 748, 748)),
        LOW: AssetCodes(37, (730, 763, 744), (747, 748, 748)),
    },
    "fuse": {HIGH: _same(29, 565, 571), MEDIUM: _same(29, 565, 571), LOW: _same(14, 261, 262)},
    "sectionaliser": {
        HIGH: _HIGH_DISCONNECT,
        MEDIUM: AssetCodes(37, (731, 764, 745), (749, 750, 750)),
        LOW: AssetCodes(37, (731, 764, 745), (749, 750, 750)),
    },
    "load_break_switch": {
        HIGH: _HIGH_DISCONNECT,
        MEDIUM: AssetCodes(37, (729, 733, 733), (758, 760, 760)),
        LOW: _same(23, 441, 445),
    },
    "disconnector": {
        HIGH: _HIGH_DISCONNECT,
        MEDIUM: AssetCodes(37, (728, 732, 732), (755, 759, 759)),
        LOW: _same(23, 442, 446),
    },
    "jumper": {HIGH: _same(37, 726), MEDIUM: _same(37, 726), LOW: _same(23, 454)},
    "power_transformer": {
        HIGH: AssetCodes(11, (201, 202, 202)),
        MEDIUM: AssetCodes(38, (785, 788, 788), (789, 792, 792)),
        LOW: AssetCodes(24, (461, 462, 462)),
    },
    "voltage_regulator": {
        HIGH: AssetCodes(8, (141, 142, 142)),
        MEDIUM: AssetCodes(35, (681, 683, 683), (685, 687, 687)),
        LOW: AssetCodes(35, (681, 683, 683), (685, 687, 687)),
    },
    "series_reactor": {HIGH: _same(7, 123), MEDIUM: _same(34, 411), LOW: _same(21, 411)},
}
SERVICE_CODES = {
    HIGH: _same(9, 161),
    MEDIUM: _same(36, 701),
    LOW: AssetCodes(22, (422, 424, 424)),
}
COMMERCIAL_CODES = {**SERVICE_CODES, LOW: AssetCodes(22, (421, 423, 423))}
GENERATION_CODES = {HIGH: _same(4, 64), MEDIUM: _same(30, 283), LOW: _same(15, 283)}
# Junctions: where two ends meet, where more do, and where one ends.
JUNCTION_CODES = {
    HIGH: (2, 3, (20, 21, 41)),
    MEDIUM: (8, 9, (81, 82, 100)),
    LOW: (5, 6, (81, 82, 100)),
}
TERMINALS = {  # of a kind: what its terminal configuration is called
    **dict.fromkeys(("breaker",), "CB"),
    **dict.fromkeys(("power_transformer",), "XFR"),
    **dict.fromkeys(("voltage_regulator",), "VR"),
}
SWITCH_TERMINALS, SINGLE_TERMINAL = "SS", "Single Terminal"


def find_levels(volts: NDArray[np.float32]) -> NDArray[np.object_]:
    """Return the level of each voltage; what is not known is taken for medium voltage."""
    levels = np.full(len(volts), MEDIUM, dtype=object)
    levels[volts > MEDIUM_VOLTAGE_V] = HIGH
    levels[volts <= cim.LOW_VOLTAGE_V] = LOW
    return levels


def encode_phases(bits: NDArray[np.uint8]) -> NDArray[np.int16]:
    """
    Return phases as ``phasesnormal`` has them: A 4, B 2, C 1, and 0 for what is not known.

    Examples
    --------
    >>> encode_phases(np.array([phases.ABC, phases.A | phases.N, phases.S1], np.uint8)).tolist()
    [7, 4, 0]
    """
    codes = np.zeros(len(bits), dtype=np.int16)
    for bit, code in PHASESNORMAL_BITS:
        codes[(bits & bit) != 0] += code
    return codes


def count_phases(bits: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return of how many of A, B and C each is; 0 where none is recorded."""
    return sum(((bits & bit) != 0).astype(np.int64) for bit, _ in PHASESNORMAL_BITS)
