"""Take over how the switches stand in a file that another program exported."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from gridtwin.model import phases
from gridtwin.model.operation import with_switches
from gridtwin.model.state import CURRENT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gridtwin.model.network import Network
    from gridtwin.model.notices import Notice
    from gridtwin.store.protocol import Store

RECORDED_BY = "source"  # who operated what a reader found in another position, for the log


MadeStore = TypeVar("MadeStore", bound="Store")


class LoadedState(NamedTuple):
    """What was taken over from a file of switch states."""

    switches: int  # of which it says how they stand
    open: int  # of those, that have an open phase
    operated: int  # of those, that stood otherwise and were operated
    notices: Sequence[Notice]


def load_state(store: Store, path: Path, name: str, *, actor: str) -> LoadedState:
    """
    Keep the switch positions of a file as an overlay, or operate the switches so.

    Parameters
    ----------
    store
        Where the twin is kept.
    path
        An SSH profile of CGMES, alone, zipped, or with the rest of its model.
    name
        The overlay; empty to write the current state, one logged operation for each switch that
        stands otherwise.
    actor
        Who operates, for the log.

    Raises
    ------
    SourceError
        If the file is broken, or tells nothing of the twin's switches.
    InputError
        If a switch has no such phase, or the name is none of an overlay.
    """
    from gridtwin.sources.cim import read_cim_states

    network = store.network
    positions, notices = read_cim_states(path, network)
    state = store.states.read_state(CURRENT)
    wanted = with_switches(network, {}, positions)
    operated = 0
    if name:
        store.states.save_overlay(name, {**state.deviations, **wanted})
    else:
        mask = state.open_mask(network)
        rows = network.ids.find_rows("equipment", wanted)
        for row, (mrid, opened) in zip(rows, wanted.items(), strict=True):
            if phases.parse_phases(opened) != mask[row]:
                store.states.operate(mrid, opened, actor=actor)
                operated += 1
    return LoadedState(
        len(wanted), sum(bool(opened) for opened in wanted.values()), operated, notices
    )


def operate_recorded(store: MadeStore, network: Network) -> MadeStore:
    """Return a new store whose current state is the one the reader of its network found."""
    for mrid, open_phases in with_switches(network, {}, network.operated).items():
        store.states.operate(mrid, open_phases, actor=RECORDED_BY)
    return store
