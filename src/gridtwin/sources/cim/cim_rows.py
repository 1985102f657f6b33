"""Say in which units a model is written, and put back what it says beside CIM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from gridtwin.sources.cim.cim_classes import OWN_COLUMNS

if TYPE_CHECKING:
    from gridtwin.sources.cim.cim_merging import CimModel

HIGHEST_KV = 1_500.0  # no line is above it: a larger nominal voltage is in volts
LOWEST_V = 50.0  # no grid is below it: a smaller nominal voltage is in kilovolts


class CimUnits(NamedTuple):
    """By what the numbers of a model are multiplied to be V, W, VA and m."""

    volts: float = 1.0
    watts: float = 1.0
    meters: float = 1.0


def read_units(model: CimModel) -> CimUnits:
    """
    Return the units of a model: kV, MW and km in CGMES, V, W and m in distribution files.

    The nominal voltages tell; where they could be either, a FullModel with profiles means CGMES.
    """
    table = model["base_voltage"]
    stated = [model.read_amount("base_voltage", mrid, "nominalVoltage") for mrid in table.rows]
    known = [volts for volts in stated if volts > 0]
    exchanged = any(True for _ in model["model"].iterate_pairs("profile"))
    if any(volts > HIGHEST_KV for volts in known):
        return CimUnits()
    if exchanged or any(volts < LOWEST_V for volts in known):
        return CimUnits(1e3, 1e6, 1e3)
    return CimUnits()


def restore_own_columns(model: CimModel, columns: dict[str, list[Any]]) -> None:
    """Put in place what a file written by this program says beside CIM, where it has no word."""
    rows = {mrid: row for row, mrid in enumerate(columns["mrid"])}
    for said, column in OWN_COLUMNS.items():
        if column in columns:
            for mrid, value in model["equipment"].iterate_pairs(said):
                if mrid in rows:
                    columns[column][rows[mrid]] = value
