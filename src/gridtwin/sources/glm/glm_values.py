"""Read the values of GLM properties: quantities with units, complex powers, phases, positions."""

from __future__ import annotations

import math
import re

from gridtwin.model import phases

METERS_PER_GLM_UNIT = {
    "": 0.3048, "ft": 0.3048, "m": 1.0, "km": 1_000.0, "mile": 1_609.344, "mi": 1_609.344,
    "in": 0.0254, "yd": 0.9144, "cm": 0.01,
}  # fmt: skip
WATTS_PER_UNIT = {
    unit: factor
    for prefix, factor in (("", 1.0), ("k", 1e3), ("m", 1e6), ("g", 1e9))
    for unit in (f"{prefix}w", f"{prefix}va", f"{prefix}var")
} | {"": 1.0}
VOLTS_PER_UNIT = {"": 1.0, "v": 1.0, "kv": 1e3, "mv": 1e6}
AMPERES_PER_UNIT = {"": 1.0, "a": 1.0, "ka": 1e3}
RATED_VA_PER_UNIT = {**WATTS_PER_UNIT, "": 1e3}  # a rating without a unit is in kVA
LARGEST_GLM_QUANTITY = 1e30  # beyond is no quantity of a grid
_REAL = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_QUANTITY = re.compile(rf"({_REAL})\s*([A-Za-z]*)")
_COMPLEX = re.compile(
    rf"({_REAL})\s*(?:([+-]\s*(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([ijdr]))?\s*([A-Za-z]*)"
)
_LETTERS = {"A": phases.A, "B": phases.B, "C": phases.C, "N": phases.N}
SPLIT = "S"  # the legs of a split-phase secondary, beside the phase that feeds them
DELTA = "D"


def read_glm_quantity(text: str, units: dict[str, float]) -> float:
    """
    Return a real quantity; NaN where the text is none.

    Examples
    --------
    >>> read_glm_quantity("30", METERS_PER_GLM_UNIT)
    9.144
    >>> read_glm_quantity("1.5 km", METERS_PER_GLM_UNIT)
    1500.0
    >>> read_glm_quantity("sched * 2", METERS_PER_GLM_UNIT)
    nan
    """
    parts = _QUANTITY.fullmatch(text.strip())
    if parts is None or parts[2].casefold() not in units:
        return math.nan
    return _bounded(float(parts[1]) * units[parts[2].casefold()])


def read_glm_power(text: str) -> complex:
    """
    Return a complex power, W and var; NaN where the text is none.

    Examples
    --------
    >>> read_glm_power("40000+20000j"), read_glm_power("4 kW"), read_glm_power("2.0-1.5e1i")
    ((40000+20000j), (4000+0j), (2-15j))
    """
    parts = _COMPLEX.fullmatch(text.strip())
    if parts is None or parts[4].casefold() not in WATTS_PER_UNIT:
        return complex(math.nan)
    size, other, notation, unit = parts.groups()
    second = float((other or "0").replace(" ", ""))
    real, imaginary = float(size), second
    if notation in {"d", "r"}:  # magnitude, and angle in degrees or radians
        angle = math.radians(second) if notation == "d" else math.fmod(second, math.tau)
        real, imaginary = float(size) * math.cos(angle), float(size) * math.sin(angle)
    factor = WATTS_PER_UNIT[unit.casefold()]
    return complex(_bounded(real * factor), _bounded(imaginary * factor))


def _bounded(value: float) -> float:
    return value if abs(value) <= LARGEST_GLM_QUANTITY else math.nan


def read_glm_phases(text: str) -> tuple[int, frozenset[str]]:
    """
    Return phases as bits, and which of ``S`` (split) and ``D`` (delta) are said.

    Raises
    ------
    ValueError
        If a letter is neither.

    Examples
    --------
    >>> read_glm_phases("ABCN"), read_glm_phases("A|S") == (1, frozenset("S"))
    ((15, frozenset()), True)
    """
    letters = re.sub(r"[\s|,]", "", text).upper()
    mask, marks = 0, set()
    for letter in letters:
        if letter in _LETTERS:
            mask |= _LETTERS[letter]
        elif letter in {SPLIT, DELTA}:
            marks.add(letter)
        elif letter != "G":  # grounded
            msg = f"{text[:40]!r} is no phase code: use letters of ABCN, S and D"
            raise ValueError(msg)
    return mask, frozenset(marks)


def read_degrees(text: str) -> float:
    """
    Return degrees of latitude or longitude, also as ``35N30:15``; NaN where the text is none.

    Examples
    --------
    >>> read_degrees("-95.5"), read_degrees("35N30"), read_degrees("95W15:36")
    (-95.5, 35.5, -95.26)
    """
    parts = re.fullmatch(r"(\d{1,3})([NSEW])(\d{1,2}(?:\.\d*)?)(?::(\d{1,2}(?:\.\d*)?))?", text)
    if parts is not None:
        size = int(parts[1]) + float(parts[3]) / 60 + float(parts[4] or 0) / 3600
        return -size if parts[2] in "SW" else size
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return _bounded(value)
