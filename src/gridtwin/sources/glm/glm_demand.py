"""Say what a load of a GLM model draws: power, or a current or an impedance at its voltage."""

from __future__ import annotations

import cmath
import math
import re
from typing import TYPE_CHECKING

from gridtwin.sources.glm.glm_values import DELTA, VOLTS_PER_UNIT, read_glm_power

if TYPE_CHECKING:
    from gridtwin.sources.glm.glm_model import GlmModel
    from gridtwin.sources.glm.glm_parsing import GlmObject

# power_12, constant_power_A, constant_current_AB, base_power_1, ...
_DEMAND = re.compile(
    r"(?:constant_)?(power|current|impedance)_(a|b|c|ab|bc|ca|1|2|12)(?:_real)?"
    r"|base_(power)_(a|b|c|1|2|12)"
)
DELTA_PAIRS = {"a": "ab", "b": "bc", "c": "ca"}
_ANGLES = {"a": 0.0, "b": -120.0, "c": 120.0, "ab": 30.0, "bc": -90.0, "ca": 150.0}
_FACTORS = {"ab": math.sqrt(3), "bc": math.sqrt(3), "ca": math.sqrt(3), "12": 2.0}


def read_demands(model: GlmModel, each: GlmObject, marks: frozenset[str]) -> dict[str, float]:
    """
    Return what is drawn on each phase, pair of phases or leg, W; NaN where that is not said.

    Parameters
    ----------
    model
        The model.
    each
        The load.
    marks
        What its phases say beside letters: a delta load draws between phases.
    """
    found: dict[str, float] = {}
    volts = model.read_quantity(each, "nominal_voltage", VOLTS_PER_UNIT)
    for name, text in each.values.items():
        parts = _DEMAND.fullmatch(name)
        if parts is None:
            continue
        quantity, where = parts[1] or parts[3], parts[2] or parts[4]
        where = DELTA_PAIRS.get(where, where) if DELTA in marks else where
        value = read_glm_power(text)
        if value == 0:
            continue
        if cmath.isnan(value) and re.match(r"[A-Za-z_(]", text) is None:
            model.note_odd(each, name, text, f"no {quantity}")  # no schedule or player either
        found[where] = found.get(where, 0.0) + _find_watts(quantity, where, value, volts)
    return found


def _find_watts(quantity: str, where: str, value: complex, volts: float) -> float:
    """Return the power of what is drawn, at the nominal voltage and its usual angle."""
    if quantity == "power":
        return value.real
    angle = math.radians(_ANGLES.get(where, 0.0))
    across = cmath.rect(volts * _FACTORS.get(where, 1.0), angle)
    if quantity == "current":
        return (across * value.conjugate()).real
    return abs(across) ** 2 * value.real / abs(value) ** 2
