"""Give the equipment of a network invented makers and models, as own columns of its owner."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from gridtwin.errors import InputError
from gridtwin.manuals.simulate.invented_corpus import EQUIPMENT_FILE
from gridtwin.model.network import Network
from gridtwin.model.schema import SCHEMA

if TYPE_CHECKING:
    from pathlib import Path

# Kinds of a network, and which invented equipment stands for them.
INVENTED_KINDS = {
    "recloser": "recloser",
    "power_transformer": "distribution transformer",
    "regulator": "voltage regulator",
    "load_break_switch": "load break switch",
    "capacitor": "capacitor bank",
    "breaker": "padmounted switchgear",
    "fuse": "surge arrester",
}
ASSET_COLUMNS = ("manufacturer", "model", "catalog_number")


def assign_invented_models(network: Network, corpus: Path) -> Network:
    """
    Return a network whose equipment is of the makers and models of a corpus, in turn.

    Parameters
    ----------
    network
        It stays as it is.
    corpus
        What `simulate_manuals` wrote.

    Raises
    ------
    InputError
        If there is no corpus.
    """
    file = corpus / EQUIPMENT_FILE
    if not file.is_file():
        msg = f"{corpus} holds no {EQUIPMENT_FILE}: write it with gridtwin manuals simulate"
        raise InputError(msg)
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    frames = {name: getattr(network, name) for name in SCHEMA}
    equipment = frames["equipment"].copy()
    for column in ASSET_COLUMNS:
        values = [""] * len(equipment)
        for kind, invented in INVENTED_KINDS.items():
            known = [row[column] for row in rows if row["kind"] == invented]
            at = (equipment["kind"] == kind).to_numpy().nonzero()[0] if known else ()
            for number, row in enumerate(at):
                values[row] = known[number % len(known)]
        equipment[column] = values
    return Network.from_frames(**{**frames, "equipment": equipment}, crs=network.crs)
