"""Make the tables of a Utility Network that join its layers: associations and subnetworks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model import cim
from gridtwin.model.tables import decode_texts
from gridtwin.publish.esri.esri_pieces import make_guid

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from gridtwin.publish.esri.esri_pieces import EsriPieces

DOMAIN, FEEDER_TIER, SOURCE_TIER = "Electric", "Electric Distribution", "Electric Transmission"
TIER_RANKS = {FEEDER_TIER: 5, SOURCE_TIER: 2}
# How a Utility Network numbers its classes: as associations name the class of each end.
SOURCE_IDS = {"ElectricDevice": 6, "ElectricLine": 7, "ElectricJunction": 9}
CONNECTIVITY = 1  # the associationtype that conducts


def make_associations(pieces: EsriPieces, devices: NDArray[np.int32]) -> pd.DataFrame:
    """Return which terminals of devices meet junctions, or terminals of other devices."""
    import pandas as pd

    equipment = pieces.data.equipment
    rows: list[tuple[str, int, str, str, int]] = []
    for row in devices.tolist():
        guid = pieces.guids["equipment"][row]
        for terminal, ends in ((1, equipment.node_a), (2, equipment.node_b)):
            node = int(ends[row])
            if int(pieces.places.owner[node]) != row:
                rows.append((guid, terminal, *pieces.find_end(node)))
    for table, nodes, part in (
        ("usage_points", pieces.data.usage_points.node, pieces.part.points),
        ("sources", pieces.data.sources.node, pieces.part.sources),
    ):
        rows += [
            (pieces.guids[table][row], 1, *pieces.find_end(int(nodes[row])))
            for row in part.tolist()
        ]
    columns = ("FROMGLOBALID", "FROMTERMINALID", "to", "TOGLOBALID", "TOTERMINALID")
    frame = pd.DataFrame(rows, columns=list(columns))
    made = pd.DataFrame(
        {
            "ASSOCIATIONTYPE": CONNECTIVITY,
            "FROMNETWORKSOURCEID": SOURCE_IDS["ElectricDevice"],
            **{name: frame[name] for name in columns[:2]},
            "TONETWORKSOURCEID": frame["to"].map(SOURCE_IDS),
            **{name: frame[name] for name in columns[3:]},
            "GLOBALID": [
                make_guid("association", f"{row[0]} {row[1]} {row[3]} {row[4]}") for row in rows
            ],
        },
        index=frame.index,
    )
    return made.astype({name: "int32" for name in made if "GLOBALID" not in str(name)})


def make_subnetworks(pieces: EsriPieces) -> pd.DataFrame:
    """Return the controllers of the feeders, and above them of the sources."""
    import pandas as pd

    there = set(pieces.part.equipment.tolist())
    rows = []
    for head, name in pieces.names.of_heads.items():
        terminal = _find_leaving_terminal(pieces, head)
        if head in there and terminal:
            rows.append((FEEDER_TIER, name, pieces.guids["equipment"][head], terminal))
    sources = pieces.data.sources
    mrids = decode_texts(sources.mrid)
    rows += [
        (SOURCE_TIER, str(mrids[row]), pieces.guids["sources"][row], 1)
        for row in pieces.part.sources.tolist()
        if sources.kind[row] != cim.SOURCE_KINDS.index("der")
    ]
    return pd.DataFrame(
        {
            "DOMAINNETWORKNAME": [DOMAIN] * len(rows),
            "TIERNAME": [tier for tier, *_ in rows],
            "TIERRANK": np.array([TIER_RANKS[tier] for tier, *_ in rows], np.int16),
            "SUBNETWORKNAME": [name for _, name, *_ in rows],
            "SUBNETWORKCONTROLLERNAME": [name for _, name, *_ in rows],
            "FEATUREGLOBALID": [guid for *_, guid, _ in rows],
            "TERMINALID": np.array([terminal for *_, terminal in rows], np.int32),
            "ISDIRTY": np.zeros(len(rows), np.int16),
        }
    )


def _find_leaving_terminal(pieces: EsriPieces, head: int) -> int:
    """Return the terminal by which a feeder leaves its head; 0 for one that is not supplied."""
    normal, (a, b) = pieces.normal, pieces.normal.find_ends(head)
    is_live = normal.is_supplied[a] or normal.is_supplied[b]
    if not (is_live and pieces.data.equipment.in_service[head]):
        return 0  # what controls a subnetwork supplies it
    fed = normal.find_fed_node(head)
    return 1 if fed == a or (fed < 0 and not normal.is_supplied[a]) else 2
