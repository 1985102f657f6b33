"""Read how switches stand from an SSH profile alone, or from a whole model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.errors import SourceError
from gridtwin.model import phases
from gridtwin.model.cim import IS_SWITCH
from gridtwin.sources.cim.cim_classes import CIM_SWITCH_KINDS
from gridtwin.sources.cim.cim_frames import load_model
from gridtwin.sources.cim.cim_phases import CimPhases

if TYPE_CHECKING:
    from pathlib import Path

    from gridtwin.model.network import Network
    from gridtwin.model.notices import Notice
    from gridtwin.sources.cim.cim_merging import CimModel

Positions = dict[str, bool | str]


def read_cim_states(path: Path, network: Network) -> tuple[Positions, list[Notice]]:
    """
    Return how the switches of a network stand, by mRID, and what could not be told of any.

    Parameters
    ----------
    path
        A file, a zip or a folder with an SSH profile.
    network
        The network, whose ids are those of the model.

    Returns
    -------
        True for open, False for closed, or the phases that stand open, as `Twin.overlay` takes it.

    Raises
    ------
    SourceError
        If the file is broken, says of no switch how it stands, or names none of the network.
    """
    if not path.exists():
        msg = f"{path}: there is no such file or folder"
        raise SourceError(msg)
    model = load_model(path)
    _require_owners(model)
    stated = _read_positions(model)
    if not stated:
        msg = f"{path}: it says of no switch how it stands: give an SSH profile with Switch.open"
        raise SourceError(msg)
    equipment = network.data.equipment
    rows = network.ids.tables["equipment"]
    found: Positions = {}
    unknown: list[str] = []
    for mrid, position in stated.items():
        row = rows.find_row(mrid.encode())
        if row < 0:
            unknown.append(mrid)
        elif not equipment.in_service[row] or not IS_SWITCH[equipment.kind[row]]:
            why = "is no switch in service of this twin: left out"
            model.add_notice("unread_state", f"{mrid} {why}", "load the model anew if it changed")
        else:
            found[mrid] = position
    if not found:
        msg = f"{path}: none of its {len(stated):,} switches is in this twin ({next(iter(stated))}"
        msg = f"{msg} the first): give the state of the model that was loaded"
        raise SourceError(msg)
    if unknown:
        model.add_notice(
            "unknown_switch",
            f"{path}: {len(unknown):,} switches are not in this twin, {unknown[0]} the first",
            "load the model anew if it grew",
        )
    return found, model.notices


def _require_owners(model: CimModel) -> None:
    """Refuse poles whose switch no file names: an SSH profile names it nowhere."""
    table = model["phase"]
    for mrid, row in table.rows.items():
        if table.kinds[row] == "SwitchPhase" and not table.read_cell(row, "Switch"):
            msg = (
                f"{model.where}: SwitchPhase {mrid} stands alone: give the EQ profile too, in one"
                " folder or zip, which says whose pole it is"
            )
            raise SourceError(msg)


def _read_positions(model: CimModel) -> Positions:
    recorded = CimPhases(model, None)
    table = model["equipment"]
    found: Positions = {}
    for mrid, row in table.rows.items():
        if table.kinds[row] not in CIM_SWITCH_KINDS:
            continue
        mask = recorded.read_mask(mrid)
        opened = recorded.read_current_open(mrid, mask)
        if opened is not None:
            whole = opened in {0, mask}
            found[mrid] = bool(opened) if whole else phases.format_phases(opened)
    return found
