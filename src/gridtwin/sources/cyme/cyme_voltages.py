"""Say the nominal voltage of each node: that of its source, changed by transformers on the way."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gridtwin.sources.cyme.cyme_equipment import CymeEquipment
    from gridtwin.sources.cyme.cyme_tables import CymeTables

PHASE_TO_PHASE_VOLTAGES = ("desiredvoltage", "voltage")
VOLTS_PER_KV = 1e3
_ROOT_OF_THREE = 3**0.5


def find_cyme_voltages(tables: CymeTables, equipment: CymeEquipment) -> dict[str, float]:
    """
    Return the nominal voltage of each node, V from phase to phase, where anything tells it.

    Open switches count as closed: what lies behind them has the same voltage.
    """
    volts = _read_source_voltages(tables)
    columns: dict[str, list[Any]] = equipment.rows.columns
    beside: dict[str, list[tuple[str, int]]] = {}
    for row, (a, b) in enumerate(zip(columns["node_a"], columns["node_b"], strict=True)):
        beside.setdefault(a, []).append((b, row))
        beside.setdefault(b, []).append((a, row))
    queue = deque(volts)
    while queue:
        node = queue.popleft()
        for other, row in beside.get(node, ()):
            if other in volts:
                continue
            value = volts[node]
            if columns["kind"][row] == "power_transformer":
                primary, far = equipment.changes.get(columns["mrid"][row], ("", 0.0))
                if primary != node or not far > 0:
                    continue  # nobody says what the other side has
                value = far * VOLTS_PER_KV
            volts[other] = value
            queue.append(other)
    for star, node in equipment.stars.items():
        if node in volts:
            volts.setdefault(star, volts[node])
    return volts


def _read_source_voltages(tables: CymeTables) -> dict[str, float]:
    volts: dict[str, float] = {}
    for row in (*tables["source"], *tables["sourceequivalent"]):
        stated = [tables.read_amount(row, name) for name in PHASE_TO_PHASE_VOLTAGES]
        stated.append(tables.read_amount(row, "operatingvoltagea") * _ROOT_OF_THREE)
        known = next((value for value in stated if value > 0), None)
        if known is not None:
            volts.setdefault(row.read_text("nodeid"), known * VOLTS_PER_KV)
    return volts
