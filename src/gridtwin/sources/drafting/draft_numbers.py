"""Guess which columns hold lengths, ratings, voltages, loads and places, and in which unit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.sources.drafting.draft_text import write_column
from gridtwin.sources.drafting.draft_words import (
    LENGTH_NAMES,
    POWER_NAMES,
    find_placement,
    fold_text,
    squash_layer,
)
from gridtwin.sources.drafting.profile_places import LENGTH_UNITS, find_length_unit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gridtwin.sources.drafting.mapping_profile import ColumnProfile, LayerProfile
    from gridtwin.sources.drafting.profile_places import PlaceEvidence

CLASS_NAMES = r"clas|sector|rateclass|tarif|custclass|categor"
COUNT_NAMES = r"customercount|numcust|custcount|ncustomers|nclientes|qtd?cons|nuc$|numcons"
LOAD_NAMES = r"kw$|loadkw|demand|peakload|peak"
VOLT_NAMES = r"volt|tensao|tension|spannung|vnom|^kv$|ten_nom"
X_NAMES, Y_NAMES = r"x|lon|long|longitude|easting|este", r"y|lat|latitude|northing|norte"
MOST_CLASSES = 40
MOST_KVA, LEAST_KVA = 20_000.0, 1.0


class GuessedNumber(NamedTuple):
    """An expression for a number of the model, and why."""

    expression: str
    why: str


def scale_column(column: ColumnProfile, factor: float, owner: str = "") -> str:
    """Return a column as SQL, in the unit of the model; CSV files hold numbers as text."""
    name = write_column(column.name, owner)
    number = f"try_cast({name} as double)" if column.kind == "text" else name
    return name if factor == 1.0 else f"{number} * {factor:g}"


def guess_length(layer: LayerProfile, evidence: PlaceEvidence) -> GuessedNumber | None:
    """Return the recorded length in meters, its unit by comparison with the drawn lines."""
    placed = evidence.placed.get(layer.name)
    for column in _list_numbers(layer, LENGTH_NAMES):
        if placed is None or re.search(r"shape", fold_text(column.name)):
            continue
        unit, why = find_length_unit(placed, layer.list_texts(column.name))
        if unit:
            return GuessedNumber(scale_column(column, LENGTH_UNITS[unit]), f"{why}: {unit}")
    return None


def guess_power(
    layer: LayerProfile, alike: Iterable[LayerProfile], owner: str = ""
) -> GuessedNumber | None:
    """
    Return the rated power in volt-amperes, its unit by the size of the numbers.

    Parameters
    ----------
    layer
        The layer.
    alike
        All layers of transformers: one unit holds for a column in all of them.
    owner
        How expressions call the table.
    """
    for column in _list_numbers(layer, POWER_NAMES):
        same = [other.find_column(column.name) for other in alike]
        numbers = _read_numbers(each for each in (*same, column) if each is not None)
        if not len(numbers):
            continue
        median = float(np.median(numbers))
        name = fold_text(column.name)
        if "mva" in name or median < LEAST_KVA:
            unit, factor = "MVA", 1e6
        elif "kva" in name or median <= MOST_KVA:
            unit, factor = "kVA", 1e3
        else:
            unit, factor = "VA", 1.0
        why = f"{column.name} has a median of {median:,.4g}, taken as {unit}"
        return GuessedNumber(scale_column(column, factor, owner), why)
    return None


def guess_voltage(layer: LayerProfile) -> GuessedNumber | None:
    """Return the nominal voltage in volts, where its numbers leave no doubt of their unit."""
    for column in _list_numbers(layer, VOLT_NAMES):
        numbers = _read_numbers([column])
        if not len(numbers):
            continue
        least, most = float(numbers.min()), float(numbers.max())
        if most > 1_000:
            return GuessedNumber(write_column(column.name), f"up to {most:,g}: volts")
        if most <= 60 or (least < 1 and most < 800):
            why = f"{least:g} to {most:g}: kilovolts"
            return GuessedNumber(scale_column(column, 1e3), why)
    return None


def guess_load(layer: LayerProfile) -> GuessedNumber | None:
    """Return the peak load in watts, where the name of the column says its unit."""
    for column in _list_numbers(layer, LOAD_NAMES):
        name = fold_text(column.name)
        if name.endswith("kw"):
            return GuessedNumber(scale_column(column, 1e3), f"{column.name} says kW")
    return None


def guess_count(layer: LayerProfile) -> str:
    """Return the column of how many customers a row serves; empty if there is none."""
    found = [each.name for each in layer.columns if re.search(COUNT_NAMES, squash_layer(each.name))]
    return found[0] if found else ""


def guess_class(layer: LayerProfile) -> str:
    """Return the column of the class of customers; empty if there is none."""
    for column in layer.columns:
        named = re.search(CLASS_NAMES, fold_text(column.name))
        if named and column.kind == "text" and 1 < column.distinct <= MOST_CLASSES:
            return column.name
    return ""


def guess_placement(layer: LayerProfile) -> GuessedNumber | None:
    """Return where lines run, by the name of the layer or by the words of a column."""
    word = find_placement(layer.name)
    if word:
        return GuessedNumber(word, f"{layer.name} is called so")
    for column in layer.columns:
        if not 1 <= column.distinct <= MOST_CLASSES or column.kind != "text":
            continue
        told = {value: find_placement(column.words.get(value, value)) for value in column.values}
        if all(told.values()) and not column.personal:
            cases = " ".join(
                f"when '{value.replace(chr(39), chr(39) * 2)}' then '{where}'"
                for value, where in sorted(told.items())
            )
            why = f"{column.name} holds {column.show_top()}"
            return GuessedNumber(f"case {write_column(column.name)} {cases} end", why)
    return None


def guess_xy(layer: LayerProfile) -> tuple[str, str, bool] | None:
    """Return the columns of coordinates, and whether they can be degrees; None without them."""
    found = []
    for pattern in (X_NAMES, Y_NAMES):
        columns = [
            each
            for each in layer.columns
            if each.is_numeric and re.fullmatch(pattern, fold_text(each.name))
        ]
        if not columns:
            return None
        found.append(columns[0])
    x, y = (_read_numbers([column], positive=False) for column in found)
    if not len(x) or not len(y):
        return None
    degrees = bool(np.abs(x).max() <= 180 and np.abs(y).max() <= 90)
    return found[0].name, found[1].name, degrees


def _list_numbers(layer: LayerProfile, names: str) -> list[ColumnProfile]:
    return [
        column
        for column in layer.columns
        if column.is_numeric
        and not column.is_fid
        and not column.words
        and re.search(names, fold_text(column.name))
    ]


def _read_numbers(columns: Iterable[ColumnProfile], *, positive: bool = True) -> np.ndarray:
    numbers = np.array(
        [float(value) for column in columns for value in column.values], dtype=np.float64
    )
    return numbers[numbers > 0] if positive else numbers
