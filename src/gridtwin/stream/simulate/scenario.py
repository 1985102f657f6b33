"""Say what happens to the network while meters measure: nothing, a storm, or a script."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.demand.storm_operations import (
    MessageModel,
    SupplyMessages,
    draw_messages,
    draw_storm,
)
from gridtwin.analysis.demand.supply_changes import (
    Operations,
    PointInterruptions,
    find_interruptions,
)
from gridtwin.errors import SourceError
from gridtwin.model.readings import FAULT, SCADA_STATUS, SWITCH_OPERATION, GridEvents
from gridtwin.model.tables import encode_texts
from gridtwin.stream.decoding import decode_grid_events

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation

LARGEST_SCRIPT = 64 * 1024**2  # bytes
REMOTE = 2  # row of `cim.CONTROLS`
POLL_S = 2.0  # after which SCADA has asked a device that moved how it stands
EVENT_ID_PREFIX = {SWITCH_OPERATION: "SW", FAULT: "FLT", SCADA_STATUS: "ST"}
STORM_SPAN = 0.5  # of the time simulated, within which the devices of a storm open


@dataclass(frozen=True, slots=True)
class Scenario:
    """What truly happens, and what is told of it."""

    operations: Operations
    dark: PointInterruptions
    told: SupplyMessages  # by meters
    events: GridEvents  # by control room and crews, in order of time


def build_quiet_scenario(situation: Situation) -> Scenario:
    """Return the scenario in which nothing happens."""
    none = np.empty(0)
    return build_operated_scenario(
        situation, Operations(none, none.astype(np.int32), none.astype(np.uint8)), seed=0
    )


def build_storm_scenario(
    situation: Situation, faults: int, *, seed: int, from_s: float, to_s: float
) -> Scenario:
    """
    Return a storm.

    Nobody is told that a fuse blew, but by its meters; remote devices and their faults are told at
    once, how they stand then soon after, and what crews close when they close it.
    """
    end_s = from_s + STORM_SPAN * (to_s - from_s)
    operations = draw_storm(situation, faults, seed=seed, from_s=from_s, to_s=end_s)
    return build_operated_scenario(situation, operations, seed=seed)


def build_operated_scenario(situation: Situation, operations: Operations, *, seed: int) -> Scenario:
    """Return the scenario in which switches are operated so."""
    dark = find_interruptions(situation, operations)
    told = draw_messages(dark, MessageModel(), seed=seed)
    return Scenario(operations, dark, told, _build_events(situation, operations))


def read_script(situation: Situation, path: str | Path, *, seed: int) -> Scenario:
    """
    Return the scenario of a file: messages of ``grid_events``, one a line.

    Raises
    ------
    SourceError
        If the file is missing, too large, or a line breaks the contract of the topic.
    NotFoundError
        If it operates equipment that is not there.
    """
    path = Path(path)
    if not path.is_file():
        msg = f"{path}: there is no such file"
        raise SourceError(msg)
    if path.stat().st_size > LARGEST_SCRIPT:
        msg = f"{path}: larger than {LARGEST_SCRIPT // 1024**2} MB; cut it in parts"
        raise SourceError(msg)
    lines = path.read_bytes().splitlines()
    filled = [number for number, line in enumerate(lines) if line.strip()]
    decoded = decode_grid_events([lines[number] for number in filled])
    if decoded.rejected:
        first = decoded.rejected[0]
        msg = f"{path}: line {filled[first.row] + 1}: {first.reason}"
        raise SourceError(msg)
    events = decoded.values
    events = events.take_rows(np.argsort(events.at_s, kind="stable"))
    moves = events.take_rows(events.kind != FAULT)
    rows = situation.network.ids.find_rows("equipment", [name.decode() for name in moves.equipment])
    operations = Operations(moves.at_s, rows, moves.open_phases)
    dark = find_interruptions(situation, operations)
    return Scenario(operations, dark, draw_messages(dark, MessageModel(), seed=seed), events)


def _build_events(situation: Situation, operations: Operations) -> GridEvents:
    """Return what is told of operations: see `build_storm_scenario`."""
    equipment = situation.data.equipment
    remote = equipment.control[operations.row] == REMOTE
    opened = operations.open_phases != 0
    told = np.flatnonzero(remote | ~opened)
    faults = np.flatnonzero(remote & opened)
    polled = np.flatnonzero(remote)
    below = _find_line_below(situation, operations.row[faults])
    row = np.concatenate([operations.row[told], below, operations.row[polled]])
    counts = [len(told), len(faults), len(polled)]
    which = np.concatenate([told, faults, polled])
    kind = np.repeat([SWITCH_OPERATION, FAULT, SCADA_STATUS], counts).astype(np.uint8)
    at_s = operations.at_s[which] + np.where(kind == SCADA_STATUS, POLL_S, 0.0)
    phases = operations.open_phases[which]
    actor = np.where(kind == FAULT, "relay", np.where(remote[which], "scada", "crew"))
    names = equipment.mrid[row]
    ids = [
        f"{EVENT_ID_PREFIX[code]}-{name.decode()}-{round(at * 1000)}"
        for code, name, at in zip(kind.tolist(), names.tolist(), at_s.tolist(), strict=True)
    ]
    order = np.lexsort((kind, at_s))
    events = GridEvents(
        encode_texts(ids),
        at_s,
        kind,
        names,
        phases,
        encode_texts(actor),
        np.zeros(len(row), dtype="S1"),
    )
    return events.take_rows(order)


def _find_line_below(situation: Situation, rows: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return some equipment that each device feeds: where its fault is; itself if none."""
    child = situation.index.child[rows]
    feed, parent = situation.index.feed, situation.index.parent
    below = np.flatnonzero(np.isin(parent, child[child >= 0]))
    first = dict(zip(parent[below][::-1].tolist(), feed[below][::-1].tolist(), strict=True))
    return np.array(
        [first.get(node, row) for node, row in zip(child.tolist(), rows.tolist(), strict=True)],
        dtype=np.int32,
    )
